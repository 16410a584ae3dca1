"""CSV and JSON lines as DuckDB tables, in any encoding; a line that cannot be read is set aside, not lost."""

from __future__ import annotations

import codecs
import csv
import gzip
import shutil
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from workbench.errors import SourceError
from workbench.source import RawFile

REFUSALS = "refusals"
_DELIMITERS = ",;\t|"
_SNIFFED = 65_536


@dataclass(frozen=True)
class Opening:
    """One raw input being opened: where to, from what, and a folder for what is needed on the way."""

    con: duckdb.DuckDBPyConnection
    name: str
    file: RawFile
    folder: Path
    scratch: Path

    def fail(self, what: str) -> SourceError:
        """Return the error that says which input is meant."""
        return SourceError(f"files.{self.name}: {what}")


def identifier(name: str) -> str:
    """Return a quoted SQL identifier.

    >>> identifier('the "id"')
    '"the ""id""\"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """Return a SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def distinct_names(header: Iterable[str]) -> list[str]:
    """Return column names, each once whatever its case, a name for the empty ones.

    >>> distinct_names(["id", "ID", ""])
    ['id', 'ID_2', 'column_3']
    """
    seen: Counter[str] = Counter()
    names = []
    for place, title in enumerate(header, start=1):
        name = title.strip(" \ufeff\t\u00a0") or f"column_{place}"
        seen[name.lower()] += 1
        names.append(name if seen[name.lower()] == 1 else f"{name}_{seen[name.lower()]}")
    return names


def first_line(problem: BaseException) -> str:
    """Return the first line of what a library says, as a sentence."""
    line = (str(problem).strip() or type(problem).__name__).splitlines()[0]
    return line if line.endswith(".") else f"{line}."


def open_csv(opening: Opening, paths: list[Path]) -> None:
    """Make a table of text columns from CSV files with the same columns, in whatever order.

    Raises SourceError for an empty, damaged or wrongly described file.
    """
    header: list[str] = []
    for path in paths:
        with _Plain(opening, path) as plain:
            delimiter = _delimiter(opening, path, plain)
            found = distinct_names(_header(plain, delimiter))
            if header and set(found) != set(header):
                odd = ", ".join(sorted(set(found) ^ set(header)))
                raise opening.fail(
                    f"{path.name} has other columns than {paths[0].name}: {odd}. Name it as another file."
                )
            load_csv(opening, path.name, plain, dict.fromkeys(found, "VARCHAR"), delimiter, first=not header)
            header = header or found
    if not _rows(opening.con, opening.name):
        raise opening.fail(f"{paths[0].name} holds a header and no row that can be read; export it again.")


def load_csv(
    opening: Opening, shown: str, plain: Path, types: dict[str, str], delimiter: str, *, first: bool = True
) -> None:
    """Add the lines of one plain UTF-8 file to the table; set the others aside with the reason."""
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    select = (
        f"SELECT * FROM read_csv({literal(plain)}, columns={{{columns}}}, auto_detect=false, header=true, "
        f"delim={literal(delimiter)}, quote='\"', escape='\"', store_rejects=true)"
    )
    table = identifier(opening.name)
    try:
        opening.con.execute(f"CREATE TABLE {table} AS {select}" if first else f"INSERT INTO {table} BY NAME {select}")
    except duckdb.Error as problem:
        said = first_line(problem).replace(str(plain), shown)
        raise opening.fail(f"{shown} cannot be read: {said} State its delimiter and encoding.") from None
    _set_aside(opening, shown)


def _set_aside(opening: Opening, shown: str) -> None:
    con = opening.con
    odd = con.execute("SELECT line FROM reject_errors WHERE error_type = 'INVALID ENCODING' LIMIT 1").fetchone()
    if odd:
        raise opening.fail(
            f"{shown}, line {odd[0]}: is not {opening.file.encoding or 'utf-8'} text; "
            "state its encoding, such as windows-1252, windows-1254 (Turkish) or windows-1256 (Persian, Arabic)."
        )
    con.execute(
        f"INSERT INTO {REFUSALS} SELECT 'files.' || ?, 'the line cannot be read', 'the line cannot be read: ' || "
        "lower(string_agg(DISTINCT error_message, '; ')), "
        "to_json({'file': ?, 'line': line, 'text': any_value(csv_line)}) FROM reject_errors GROUP BY line",
        [opening.name, shown],
    )
    con.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")


def open_json_lines(opening: Opening, paths: list[Path]) -> None:
    """Make a table with one column per key from files with one JSON object a line; numbers stay numbers.

    Raises SourceError for an empty or damaged file, and for one that holds no object a line.
    """
    lines = f"{opening.name} lines"
    raw = Opening(opening.con, lines, opening.file, opening.folder, opening.scratch)
    for number, path in enumerate(paths):
        with _Plain(opening, path) as plain:
            _load_lines(raw, path, plain, first=number == 0)
    table = identifier(lines)
    opening.con.execute(
        f"INSERT INTO {REFUSALS} SELECT ?, 'the line is no JSON object', 'the line is no JSON object', "
        f"to_json({{'file': file, 'text': line}}) FROM {table} WHERE NOT is_object",
        [f"files.{opening.name}"],
    )
    opening.con.execute(f"CREATE TABLE {identifier(opening.name)} AS {_json_select(opening, table, paths[0])}")
    opening.con.execute(f"DROP TABLE {table}")


def _load_lines(raw: Opening, path: Path, plain: Path, *, first: bool) -> None:
    # A line of JSON holds no unescaped control character, so this delimiter parts nothing.
    select = (
        f"SELECT *, CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END AS is_object, "
        f"{literal(path.name)} AS file FROM read_csv({literal(plain)}, columns={{'line': 'VARCHAR'}}, "
        "auto_detect=false, header=false, delim=chr(1), quote='', escape='') WHERE trim(line) <> ''"
    )
    table = identifier(raw.name)
    try:
        raw.con.execute(f"CREATE TABLE {table} AS {select}" if first else f"INSERT INTO {table} {select}")
    except duckdb.Error as problem:
        said = first_line(problem).replace(str(plain), path.name)
        raise SourceError(f"files.{raw.name.split()[0]}: {path.name} cannot be read: {said}") from None


def _json_select(opening: Opening, table: str, path: Path) -> str:
    con = opening.con
    objects = f"FROM {table} WHERE is_object"
    keys = [
        row[0] for row in con.execute(f"SELECT DISTINCT unnest(json_keys(line)) AS k {objects} ORDER BY k").fetchall()
    ]
    if not keys:
        raise opening.fail(f"{path.name} holds no JSON object; write one object a line.")
    pointers = [literal("/" + key.replace("~", "~0").replace("/", "~1")) for key in keys]
    kinds = ", ".join(f"list(DISTINCT json_type(line, {pointer}))" for pointer in pointers)
    types = con.execute(f"SELECT {kinds} {objects}").fetchone() or ()
    columns = ", ".join(
        f"TRY_CAST(json_extract_string(line, {pointer}) AS {_json_type(kind)}) AS {identifier(name)}"
        for name, pointer, kind in zip(distinct_names(keys), pointers, types, strict=True)
    )
    return f"SELECT {columns} {objects}"


def _json_type(kinds: list[str | None]) -> str:
    found = {kind for kind in kinds if kind not in (None, "NULL")}
    if found and found <= {"BIGINT", "UBIGINT"}:
        return "HUGEINT"
    return "DOUBLE" if found and found <= {"BIGINT", "UBIGINT", "DOUBLE"} else "VARCHAR"


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"SELECT count(*) FROM (SELECT 1 FROM {identifier(table)} LIMIT 1)").fetchone()
    return int(row[0]) if row else 0


def _header(plain: Path, delimiter: str) -> list[str]:
    with plain.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return next(csv.reader(lines, delimiter=delimiter), [])


def _delimiter(opening: Opening, path: Path, plain: Path) -> str:
    counts = {mark: len(_header(plain, mark)) for mark in _DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    if opening.file.delimiter is None:
        return best
    stated = "\t" if opening.file.delimiter == "tab" else opening.file.delimiter
    if len(_header(plain, stated)) == 1 and counts[best] > 1:
        raise opening.fail(
            f"{path.name}: with delimiter {opening.file.delimiter!r} the header is one column, "
            f"{_header(plain, stated)[0][:60]!r}; it looks parted by {'tab' if best == chr(9) else best!r}."
        )
    return stated


class _Plain:
    """A text file as plain UTF-8: itself, or a copy for as long as it is needed.

    DuckDB takes half of a cut-off gzip file for the whole, so packed files are unpacked, and checked, here.
    """

    def __init__(self, opening: Opening, path: Path) -> None:
        self.opening, self.path = opening, path
        self.copy: Path | None = None

    def __enter__(self) -> Path:
        encoding = _encoding(self.opening, self.path)
        if encoding == "utf-8" and not _is_gzip(self.path):
            return self.path
        self.copy = self.opening.scratch / f"{self.opening.name}.txt"
        try:
            with self.copy.open("wb") as out:
                _unpack(self.path, encoding, out)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise self.opening.fail(f"{self.path.name} is cut off or damaged gzip; copy it again.") from None
        except UnicodeError as problem:
            said = f"is not {self.opening.file.encoding or encoding} text ({problem.args[-1]})"
            raise self.opening.fail(f"{self.path.name} {said}; state its encoding.") from None
        if self.copy.stat().st_size == 0:
            raise self.opening.fail(f"{self.path.name} is empty; export it again.")
        return self.copy

    def __exit__(self, *_: object) -> None:
        if self.copy is not None:
            self.copy.unlink(missing_ok=True)


def _unpack(path: Path, encoding: str, out: object) -> None:
    with gzip.open(path) if _is_gzip(path) else path.open("rb") as raw:
        if encoding == "utf-8":
            shutil.copyfileobj(raw, out, 1 << 20)  # type: ignore[arg-type]
            return
        for text in codecs.iterdecode(iter(lambda: raw.read(1 << 20), b""), encoding):
            out.write(text.encode("utf-8"))  # type: ignore[attr-defined]


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as raw:
        return raw.read(2) == b"\x1f\x8b"


def _encoding(opening: Opening, path: Path) -> str:
    stated = opening.file.encoding
    if stated is None:
        with gzip.open(path) if _is_gzip(path) else path.open("rb") as raw:
            start = _start(opening, path, raw)
        return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    try:
        return codecs.lookup(stated).name
    except LookupError:
        raise opening.fail(f"encoding {stated!r} is not known; write it as utf-8, utf-16 or windows-1254.") from None


def _start(opening: Opening, path: Path, raw: Iterator[bytes] | object) -> bytes:
    try:
        return raw.read(2)  # type: ignore[union-attr, no-any-return]
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise opening.fail(f"{path.name} is cut off or damaged gzip; copy it again.") from None
