"""``workbench init``: look at a folder of raw files and propose a source file, with what is unsure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.errors import SourceError
from workbench.propose.guess import Evidence, one_way
from workbench.propose.inputs import find_inputs
from workbench.propose.lexicon import FLAG_WORDS as FLAG_WORDS
from workbench.propose.lexicon import TRUE_WORDS as TRUE_WORDS
from workbench.propose.links import find_links
from workbench.propose.naming import means as means
from workbench.propose.raw_columns import MOST_ROWS, RawTable, profile_table
from workbench.propose.table_mapping import Proposal, TableProposal, propose_tables, second_thoughts
from workbench.propose.write import write_source as write_source
from workbench.sources import Postgres, RawFile, open_raw

UNKNOWN_CURRENCY = "XXX"
_CURRENCIES = "USD EUR GBP TRY IRR CAD AUD INR CHF JPY SEK NOK DKK PLN BRL MXN AED SAR CNY ZAR"
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "₺": "TRY"}


def propose_source(folder: str | Path) -> Proposal:
    """Return a proposed mapping of a folder's raw files (or of one file) to the tables of the contract.

    ``folder`` may also be ``sqlite:///path`` or ``postgresql://user@host/database``.
    Raises SourceError when nothing there can be read as a table, or nothing in it fits the contract.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "logins.csv").write_text("user_id,login_date\\na,2024-01-01\\nb,2024-01-02\\na,2024-01-03\\n")
    >>> {name: mapped.sql for name, mapped in propose_source(folder)["events"].columns.items()}
    {'customer_id': '"user_id"', 'occurred_at': '"login_date"'}
    """
    files = find_inputs(folder)
    con, problems = open_raw({name: _part(file) for name, file in files.items()}, Path())
    with con:
        evidence, selects, unused = _look(con, problems, list(files))
        if not evidence.tables:
            told = "; ".join(f"{name}: {why}" for name, why in unused.items())
            raise SourceError(f"{folder}: no file fits a table of the contract ({told}); export the tables as CSV.")
        tables = propose_tables(evidence, selects)
        currency = _currency(list(evidence.tables.values()))
    if not tables:
        raise SourceError(f"{folder}: no file fits a table of the contract; write the source file by hand.")
    used = {t.file for t in tables}
    unused |= {name: "fits no table of the contract" for name in evidence.tables if name not in used}
    unsure = (*_doubts(evidence, tables, currency), *_encoding_doubts(files))
    return Proposal(_title(folder), files, tables, currency, unsure, unused)


def _title(folder: str | Path) -> str:
    return Path(urlsplit(str(folder)).path).resolve().name.split(".")[0] or "source"


def _part(file: RawFile) -> RawFile:
    """Copy no more of a server's table than is looked at."""
    if file.postgres is None or file.postgres.table is None:
        return file
    table = ".".join(identifier(part) for part in file.postgres.table.split("."))
    return RawFile(postgres=Postgres(dsn=file.postgres.dsn, query=f"SELECT * FROM {table} LIMIT {MOST_ROWS}"))


def _encoding_doubts(files: dict[str, RawFile]) -> Iterator[str]:
    for name, file in files.items():
        if file.encoding:
            yield f"{name} is no UTF-8; {file.encoding} is assumed: Turkish is windows-1254, Persian windows-1256"


def _look(
    con: duckdb.DuckDBPyConnection, problems: dict[str, str], names: list[str]
) -> tuple[Evidence, dict[str, str], dict[str, str]]:
    unused, selects, tables = dict(problems), {}, []
    for name in (n for n in names if n not in problems):
        if select := _spaced_columns(con, name):
            selects[name] = select
            con.execute(f'ALTER TABLE {identifier(name)} RENAME TO "as it came"')
            con.execute(
                f"CREATE TABLE {identifier(name)} AS {select.replace(identifier(name), identifier('as it came'))}"
            )
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
    columns = [row[0] for row in con.execute(f"DESCRIBE {identifier(name)}").fetchall()]
    words = columns[0].split()
    if len(columns) > 1 or len(words) < 2:
        return ""
    parts = f"regexp_split_to_array(trim({identifier(columns[0])}), '\\s+')"
    fits = con.execute(f"SELECT avg((len({parts}) = {len(words)})::INT) FROM {identifier(name)}").fetchone()
    if not fits or (fits[0] or 0) < 0.99:
        return ""
    cut = ", ".join(f"parts[{i}] AS {identifier(word)}" for i, word in enumerate(words, start=1))
    return f"SELECT {cut} FROM (SELECT {parts} AS parts FROM {identifier(name)})"


def _labels(tables: list[RawTable]) -> dict[str, str]:
    """File names without the words that all of them share, such as the company's name."""
    split = {t.name: t.name.split("_") for t in tables}
    shared = set.intersection(*(set(words) for words in split.values())) if len(tables) > 1 else set()
    return {name: "_".join(w for w in words if w not in shared) or name for name, words in split.items()}


def _currency(tables: list[RawTable]) -> str:
    for table in tables:
        for column in table.columns:
            codes = [value.upper() for value in column.values if value.upper() in _CURRENCIES.split()]
            if codes and len(codes) == len(column.values):
                return codes[0]
            signs = [code for sign, code in _SIGNS.items() if any(sign in value for value in column.values)]
            named = [w.upper() for w in re.split(r"[^A-Za-z]+", column.name) if w.upper() in _CURRENCIES.split()]
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
    if currency == UNKNOWN_CURRENCY and any(_has_amount(table) for table in tables):
        yield "currency: nothing says in which currency the amounts are; XXX stands for unknown"


def _has_amount(table: TableProposal) -> bool:
    return any(contract.TABLES[table.table][name].type == "amount" for name in table.columns)


def _plain_doubts(table: TableProposal) -> Iterator[str]:
    for name, mapped in table.columns.items():
        if not mapped.unsure and mapped.confidence < 0.8:
            yield f"{table.table}.{name}: read from {', '.join(mapped.raw)}; {mapped.why}"


def init_command(folder: str, out: str | Path) -> int:
    """Write the proposed source file of a folder, print what is unsure; 0, or 2 when it cannot be loaded yet."""
    proposal = propose_source(folder)
    write_source(proposal, out)
    for table in proposal.tables:
        print(f"{table.table}: {table.file}, {len(table.columns)} columns")
    for doubt in proposal.unsure:
        print(f"Unsure: {doubt}")
    print(f"Written: {out}; read it, mend it, then run: workbench check {out}")
    return 0 if proposal.loadable else 2
