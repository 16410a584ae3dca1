"""Which raw inputs a folder, a file or a database holds: one per file, sheet or table."""

from __future__ import annotations

import contextlib
import glob
import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import python_calamine
from pydantic import ValidationError

from workbench.errors import SourceError
from workbench.propose.raw_files.encodings import encoding_of
from workbench.propose.raw_files.month_files import FILE_OF_ROW, are_pictures
from workbench.propose.raw_files.patterns import one_pattern
from workbench.propose.words.naming import LETTERS
from workbench.propose.words.scripts import in_latin
from workbench.sources import SUFFIXES, Postgres, RawFile, can_be_read, first_line
from workbench.yamlfile import explain, scrub

_PACKED = (".zip", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz", ".zst")
_LIST_TABLES = (
    "SELECT table_schema || '.' || table_name FROM information_schema.tables "
    "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
)


def find_inputs(place: str | Path) -> tuple[dict[str, RawFile], dict[str, str]]:
    """Return the raw inputs of a folder, a file, ``sqlite:///path`` or ``postgresql://user@host/database``, by name.

    Beside them: the files that are not opened, each with its reason. Files of one pattern are one input.

    Raises SourceError when there is no such place, or nothing in it is a table.
    """
    text, skipped = str(place), dict[str, str]()
    if text.startswith(("postgresql://", "postgres://")):
        inputs = [(table, RawFile(postgres=Postgres(dsn=text, table=table))) for table in _postgres_tables(text)]
    elif text.startswith("sqlite:///"):
        inputs = list(_inputs_of(_existing(Path(text.removeprefix("sqlite:///")))))
    elif "://" in text:
        raise SourceError(
            f"{scrub(text)}: init reads a folder, a file, sqlite:/// or postgresql://; export the tables first."
        )
    else:
        paths, skipped = _data_files(_existing(Path(place)))
        groups, alone = one_pattern(paths)
        inputs = [(stem, _parts(pattern, members)) for stem, pattern, members in groups]
        inputs += [found for path in alone for found in _inputs_of(path)]
    if not inputs:
        why = "".join(f" {name}: {reason}." for name, reason in skipped.items())
        raise SourceError(f"{scrub(text)}: no table in it; export the tables into it, as CSV or Parquet.{why}")
    return _named(inputs), skipped


def _existing(path: Path) -> Path:
    if not path.exists():
        raise SourceError(f"{scrub(path)}: no such folder or file; check the path.")
    whole = path.resolve()
    if not _is_text(whole):
        raise SourceError(f"{whole}: its path is no UTF-8 text; rename it.")
    return whole


def _data_files(place: Path) -> tuple[list[Path], dict[str, str]]:
    paths = [place] if place.is_file() else sorted(p for p in place.iterdir() if not p.name.startswith("."))
    why = {path: _why_not(path) for path in paths}
    return [p for p in paths if not why[p]], {p.name: reason for p, reason in why.items() if reason}


def _is_text(path: Path) -> bool:
    """Whether a path is UTF-8, as a source file writes it."""
    return not any("\ud800" <= sign <= "\udfff" for sign in str(path))


def _why_not(path: Path) -> str:
    if not _is_text(path):
        return "its name is no UTF-8 text; rename it"
    if path.is_dir():
        return "a folder; name it to init by itself, or move its files up"
    if _suffix(path) in _PACKED:
        return "a packed archive; unpack it beside the others"
    if _suffix(path) not in SUFFIXES:
        return "its ending is no format that can be read; export it as CSV"
    return _disguised(path) if path.stat().st_size else "is empty; export it again"


def _disguised(path: Path) -> str:
    """Return what a file is that is none of what its ending says; empty where nothing speaks against it."""
    with path.open("rb") as file:
        start = file.read(_START)
    plain, excel = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower(), _suffix(path) in (".xlsx", ".xlsm", ".xls")
    if plain.startswith(b"%pdf"):
        return "a PDF under another ending; export the table as CSV"
    if plain.startswith((b"<!doctype html", b"<html", b"<head", b"<table")) or (
        plain[:1] == b"<" and b"<html" in plain
    ):
        return "a web page under another ending; open it in a spreadsheet and save it as CSV, or export it again"
    if start.startswith(_OLD_OFFICE) and _suffix(path) in (".xlsx", ".xlsm"):
        return "protected by a password, or an old workbook under a new ending; save it as .xlsx without a password"
    if start.startswith((b"PK\x03\x04", _OLD_OFFICE)) and not excel and RawFile(path=path).kind in ("csv", "jsonl"):
        return "a workbook or an archive under another ending; save its sheet as CSV, or give it its own ending"
    return ""


_START = 1000
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""Bytes that are looked at, and those with which old Office files and protected ones begin."""


def _suffix(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _inputs_of(path: Path) -> Iterator[tuple[str, RawFile]]:
    """One input per file; of a database one per table, of a workbook one per sheet. Opening finds what is damaged."""
    stem = path.name.split(".")[0]
    kind = RawFile(path=path).kind
    tables = _database_tables(path, kind) if kind in ("sqlite", "duckdb") else []
    sheets = _sheets(path) if kind == "excel" else []
    for table in tables:
        yield table, RawFile(path=Path(glob.escape(str(path))), table=table)
    for sheet in sheets:
        yield sheet if len(sheets) > 1 else stem, RawFile(path=Path(glob.escape(str(path))), sheet=sheet)
    if not tables and not sheets:
        yield stem, _text_file(path, path)


def _parts(pattern: Path, members: list[Path]) -> RawFile:
    """Return the files of one pattern as one input; pictures of months with the names that say of which."""
    file = _text_file(pattern, members[0])
    return file.model_copy(update={"name_column": FILE_OF_ROW}) if are_pictures(members, file.encoding) else file


def _text_file(path: Path, first: Path) -> RawFile:
    """A name with brackets in it is no pattern, so they are escaped."""
    literal = Path(glob.escape(str(path))) if path == first else path
    return RawFile(path=literal, encoding=encoding_of(first) if RawFile(path=first).kind == "csv" else None)


def _database_tables(path: Path, kind: str) -> list[str]:
    try:
        if kind == "sqlite":
            names = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
            with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
                return [row[0] for row in database.execute(names)]
        with duckdb.connect(str(path), read_only=True) as con:
            return [row[0] for row in con.execute("SHOW TABLES").fetchall()]
    except (sqlite3.Error, duckdb.Error):
        return []


def _sheets(path: Path) -> list[str]:
    try:
        if not can_be_read(path):
            return []
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            return list(book.sheet_names)
    except (python_calamine.CalamineError, python_calamine.PasswordError, python_calamine.ZipError):
        return []


def _postgres_tables(dsn: str) -> list[str]:
    try:
        Postgres(dsn=dsn, table="any")  # refuses a password in the address before it is used
        with psycopg.connect(dsn, connect_timeout=15) as con:
            return [row[0] for row in con.execute(_LIST_TABLES).fetchall()]
    except ValidationError as problem:
        raise SourceError(f"{scrub(dsn)}: {scrub(explain(problem, []))}") from None
    except psycopg.Error as problem:
        said = scrub(first_line(problem))
        raise SourceError(f"{scrub(dsn)}: {said} Check the address, and set PGPASSWORD if it asks for one.") from None


def _named(inputs: list[tuple[str, RawFile]]) -> dict[str, RawFile]:
    names: dict[str, RawFile] = {}
    for title, file in inputs:
        names[_free_name(title, names)] = file
    return names


def _free_name(title: str, taken: dict[str, RawFile]) -> str:
    plain = unicodedata.normalize("NFKD", in_latin(title.removeprefix("public.")).translate(LETTERS))
    name = re.sub(r"\W+", "_", plain.encode("ascii", "ignore").decode().lower()).strip("_")
    if not re.match("[a-z]", name):
        name = f"file_{name}"
    while name in taken:
        name += "_2"
    return name
