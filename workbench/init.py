"""``workbench init``: look at a folder of raw files and propose a source file, with what is unsure."""

from __future__ import annotations

import gzip
import os
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb

from workbench import contract
from workbench.errors import SourceError
from workbench.expressions import Mapped
from workbench.guess import Evidence, one_way
from workbench.links import find_links
from workbench.profile import RawTable, profile_table
from workbench.propose import Proposal, TableProposal, propose_tables, second_thoughts
from workbench.raw import open_raw, quoted
from workbench.source import RawFile

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".parquet")
UNKNOWN_CURRENCY = "XXX"
_CURRENCIES = "USD EUR GBP TRY IRR CAD AUD INR CHF JPY SEK NOK DKK PLN BRL MXN AED SAR CNY ZAR".split()
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "₺": "TRY"}
_PROBE_BYTES = 1_000_000


def propose_source(folder: str | Path) -> Proposal:
    """Return a proposed mapping of a folder's raw files (or of one file) to the tables of the contract.

    Raises SourceError when nothing there can be read as a table, or nothing in it fits the contract.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "logins.csv").write_text("user_id,login_date\\na,2024-01-01\\nb,2024-01-02\\na,2024-01-03\\n")
    >>> {name: mapped.sql for name, mapped in propose_source(folder)["events"].columns.items()}
    {'customer_id': '"user_id"', 'occurred_at': '"login_date"'}
    """
    files = _find_files(folder)
    con, problems = open_raw({name: RawFile(path=p, encoding=_encoding(p)) for name, p in files.items()}, Path())
    with con:
        evidence, selects, unused = _look(con, files, problems)
        tables = propose_tables(evidence, selects)
        currency = _currency(list(evidence.tables.values()))
    if not tables:
        raise SourceError(f"{folder}: no file fits a table of the contract; write the source file by hand.")
    used = {t.file for t in tables}
    unused |= {name: "fits no table of the contract" for name in evidence.tables if name not in used}
    return Proposal(
        name=Path(folder).resolve().name,
        files=files,
        encodings={name: _encoding(path) for name, path in files.items()},
        tables=tables,
        currency=currency,
        unsure=tuple(_doubts(evidence, tables, currency)),
        unused=unused,
    )


def _find_files(folder: str | Path) -> dict[str, Path]:
    if "://" in str(folder):
        raise SourceError(
            f"{folder}: init reads a folder of files; export the tables as CSV or Parquet and name the folder."
        )
    root = Path(folder)
    if not root.exists():
        raise SourceError(f"{root}: no such folder; check the path.")
    paths = [root] if root.is_file() else sorted(p for p in root.iterdir() if not p.name.startswith("."))
    found = [p for p in paths if p.name.lower().endswith(SUFFIXES) and p.is_file() and p.stat().st_size > 0]
    if not found:
        raise SourceError(
            f"{root}: no {', '.join(SUFFIXES[:3])} or {SUFFIXES[-1]} file in it; export the tables into it."
        )
    names: dict[str, Path] = {}
    for path in found:
        names[_free_name(path, names)] = path
    return names


def _free_name(path: Path, taken: dict[str, Path]) -> str:
    """A file may not share its name with a table of the contract: both live in one database."""
    stem = re.sub(r"\W+", "_", path.name.split(".")[0].lower()).strip("_") or "file"
    stem = f"file_{stem}" if stem[0].isdigit() or stem in contract.TABLES or stem == "refused" else stem
    while stem in taken:
        stem += "_2"
    return stem


def _encoding(path: Path) -> str:
    if path.suffix == ".parquet":
        return "utf-8"
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        start = file.read(_PROBE_BYTES)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        start[: start.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _look(
    con: duckdb.DuckDBPyConnection, files: dict[str, Path], problems: list[str]
) -> tuple[Evidence, dict[str, str], dict[str, str]]:
    opened = {row[0] for row in con.execute("SHOW TABLES").fetchall()}
    unused = {name: next((p for p in problems if name in p), "cannot be read") for name in files if name not in opened}
    selects, tables = {}, []
    for name in files:
        if name not in opened:
            continue
        if select := _spaced_columns(con, name):
            selects[name] = select
            con.execute(f'ALTER TABLE {quoted(name)} RENAME TO "as it came"')
            con.execute(f"CREATE TABLE {quoted(name)} AS {select.replace(quoted(name), quoted('as it came'))}")
            con.execute('DROP TABLE "as it came"')
        table = profile_table(con, name)
        if len(table.columns) < 2 or table.rows == 0:
            unused[name] = "has no rows" if table.rows == 0 else "has a single column"
        else:
            tables.append(table)
    labels = _labels(tables)
    links = one_way(find_links(con, tables), labels)
    return Evidence({t.name: t for t in tables}, links, labels), selects, unused


def _spaced_columns(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """Return the SELECT that cuts lines aligned with spaces into the columns their header names; else nothing."""
    columns = [row[0] for row in con.execute(f"DESCRIBE {quoted(name)}").fetchall()]
    words = columns[0].split()
    if len(columns) > 1 or len(words) < 2:
        return ""
    parts = f"regexp_split_to_array(trim({quoted(columns[0])}), '\\s+')"
    fits = con.execute(f"SELECT avg((len({parts}) = {len(words)})::INT) FROM {quoted(name)}").fetchone()
    if not fits or (fits[0] or 0) < 0.99:
        return ""
    cut = ", ".join(f"parts[{i}] AS {quoted(word)}" for i, word in enumerate(words, start=1))
    return f"SELECT {cut} FROM (SELECT {parts} AS parts FROM {quoted(name)})"


def _labels(tables: list[RawTable]) -> dict[str, str]:
    """File names without the words that all of them share, such as the company's name."""
    split = {t.name: t.name.split("_") for t in tables}
    shared = set.intersection(*(set(words) for words in split.values())) if len(tables) > 1 else set()
    return {name: "_".join(w for w in words if w not in shared) or name for name, words in split.items()}


def _currency(tables: list[RawTable]) -> str:
    for table in tables:
        for column in table.columns:
            codes = [value.upper() for value in column.values if value.upper() in _CURRENCIES]
            if codes and len(codes) == len(column.values):
                return codes[0]
            signs = [code for sign, code in _SIGNS.items() if any(sign in value for value in column.values)]
            named = [w.upper() for w in re.split(r"[^A-Za-z]+", column.name) if w.upper() in _CURRENCIES]
            if column.number_sql and (signs or named):
                return (signs or named)[0]
    return UNKNOWN_CURRENCY


def _doubts(evidence: Evidence, tables: tuple[TableProposal, ...], currency: str) -> Iterator[str]:
    if not any(t.table in contract.ACTIVITY_TABLES for t in tables):
        yield (
            f"no file shows dated activity ({', '.join(contract.ACTIVITY_TABLES)}); "
            "without dates there is nothing to load yet: add an export that has them"
        )
    for table in tables:
        dated = contract.TABLES[table.table].dated_by
        if dated not in table.columns:
            yield f"{table.table}.{dated}: there is no date in {table.file}; rows are taken as always known"
        if doubt := second_thoughts(evidence, table):
            yield doubt
        yield from (f"{table.table}.{name}: {m.unsure}" for name, m in table.columns.items() if m.unsure)
        yield from _plain_doubts(table)
    if currency == UNKNOWN_CURRENCY:
        yield "currency: nothing says in which currency the amounts are; XXX stands for unknown"


def _plain_doubts(table: TableProposal) -> Iterator[str]:
    for name, mapped in table.columns.items():
        if not mapped.unsure and mapped.confidence < 0.8:
            yield f"{table.table}.{name}: read from {', '.join(mapped.raw)}; {mapped.why}"


def write_source(proposal: Proposal, path: str | Path) -> None:
    """Write a proposal as a commented source file; paths in it are relative to its folder.

    Raises SourceError rather than write over a file that is there.
    """
    path = Path(path)
    if path.exists():
        raise SourceError(f"{path}: there already; choose another name, or move it away.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_lines(proposal, path.parent)) + "\n", encoding="utf-8")


def _lines(proposal: Proposal, folder: Path) -> Iterator[str]:
    yield "# Proposed from the raw files by `workbench init`: read it once, mend it, then run `workbench check`."
    yield "# Left of each colon: a column of the contract. Right: a SQL expression over the raw columns."
    if proposal.unsure:
        yield "#"
        yield "# Unsure of:"
        for doubt in proposal.unsure:
            yield from _comment(f"- {doubt}", "")
    yield f"name: {_text(proposal.name)}"
    yield f"currency: {_text(proposal.currency)}"
    yield ""
    yield "files:"
    used = {t.file for t in proposal.tables} | {
        w for t in proposal.tables for w in proposal.files if quoted(w) in t.select
    }
    for name, file in proposal.files.items():
        if name in used:
            yield f"  {name}:"
            yield f"    path: {_text(os.path.relpath(file.resolve(), folder.resolve()))}"
            if proposal.encodings[name] != "utf-8":
                yield f"    encoding: {proposal.encodings[name]}"
        else:
            yield from _comment(f"{file.name} is not used: {proposal.unused[name]}", "  ")
    yield ""
    yield "tables:"
    for table in proposal.tables:
        yield from _table_lines(table)


def _table_lines(table: TableProposal) -> Iterator[str]:
    yield f"  {table.table}:"
    if table.select:
        yield "    sql: >-"
        yield from (" " * 6 + line for line in _sql_lines(table.select))
    else:
        yield f"    from: {table.file}"
    yield "    columns:"
    for name, mapped in table.columns.items():
        yield f"      {name}: {_text(_bare(mapped.sql))}  # {_sure(mapped)}: {_one_line(mapped.why)}"
    if table.unmapped:
        yield "      # not mapped:"
    for raw, why in table.unmapped.items():
        yield from _comment(f"{raw}: {why}", "      ")
    yield ""


def _sql_lines(sql: str) -> list[str]:
    """Break a SELECT into lines, but never inside a quoted name."""
    lines = [""]
    for word in re.findall(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""", sql):
        if len(lines[-1]) + len(word) > 110:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _bare(sql: str) -> str:
    """Write a plain column name without its quotes."""
    name = sql[1:-1]
    return (
        name if re.fullmatch(r"[A-Za-z_]\w*", name) and sql == quoted(name) and name.lower() not in _reserved() else sql
    )


@cache
def _reserved() -> frozenset[str]:
    found = duckdb.execute(
        "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
    ).fetchall()
    return frozenset(row[0] for row in found)


def _sure(mapped: Mapped) -> str:
    if mapped.confidence >= 0.95:
        return "sure"
    return "likely" if mapped.confidence >= 0.7 else "unsure"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        _one_line(text), 116, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}#   ", break_long_words=False
    )


def _text(value: str) -> str:
    """Quote for YAML unless it is a plain word."""
    plain = re.fullmatch(r"[A-Za-z_][\w./-]*( [\w./-]+)*", value) and value.lower() not in (
        "yes",
        "no",
        "true",
        "false",
        "on",
        "off",
        "null",
        "y",
        "n",
    )
    return value if plain else "'" + value.replace("'", "''") + "'"


def init_command(folder: str, out: str | Path) -> int:
    """Write the proposed source file of a folder, print what is unsure; 0, or 1 when it cannot be loaded yet."""
    proposal = propose_source(folder)
    write_source(proposal, out)
    for table in proposal.tables:
        print(f"{table.table}: {proposal.files[table.file].name}, {len(table.columns)} columns")
    for doubt in proposal.unsure:
        print(f"unsure: {doubt}")
    print(f"written: {out}")
    return 0 if proposal.loadable else 1
