"""Columns whose dates are written in two ways."""

from __future__ import annotations

import duckdb

from workbench import contract
from workbench.check.findings import Finding, share_of
from workbench.check.queries import one_row
from workbench.check.raw_rows import RawRows
from workbench.engines import identifier

_ISO = r"^\s*\d{4}-\d{1,2}-\d{1,2}"
_PARTS = r"^\s*(\d{1,2})[./-](\d{1,2})[./-]\d{4}"
_LOCAL = r"^\s*\d{1,2}[./-]\d{1,2}[./-]\d{4}"


def check_date_spelling(con: duckdb.DuckDBPyConnection, rows: RawRows) -> list[Finding]:
    """Return the mapped text columns in which some dates begin with the year and some with the day or month."""
    types = {row[0]: row[1] for row in con.execute(f"DESCRIBE {rows.select}").fetchall()}
    spec = contract.TABLES[rows.table]
    dates = [(c, name) for c in rows.columns if (name := rows.mapped_as(c)) and spec[name].type == "time"]
    texts = [(column, name) for column, name in dates if types[column] == "VARCHAR"]
    return [
        f for check in (_two_formats, _two_orders) for column, name in texts for f in check(con, rows, column, name)
    ]


def _two_formats(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str, name: str) -> list[Finding]:
    value = identifier(column)
    iso, local, of, one, other = one_row(
        con,
        f"SELECT count(*) FILTER (iso), count(*) FILTER (loc), count({value}), any_value({value}) FILTER (iso), "
        f"any_value({value}) FILTER (loc) FROM (SELECT {value}, regexp_matches({value}, '{_ISO}') AS iso, "
        f"regexp_matches({value}, '{_LOCAL}') AS loc FROM ({rows.select}))",
    )
    if not iso or not local:
        return []
    sentence = f"{share_of(local, of)} have {column} written as {other}, {iso:,} as {one}."
    cure = "Two systems or two settings wrote this column. Check dates in the source file against days you know."
    return [Finding("two date formats", rows.table, name, min(iso, local), of, sentence, cure, (str(one), str(other)))]


def _two_orders(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str, name: str) -> list[Finding]:
    value = identifier(column)
    one, two = (f"TRY_CAST(regexp_extract({value}, '{_PARTS}', {place}) AS INT)" for place in (1, 2))
    day, month, of, some, other = one_row(
        con,
        f"SELECT count(*) FILTER (one > 12), count(*) FILTER (two > 12), count(*), min(v) FILTER (one > 12), "
        f"min(v) FILTER (two > 12) FROM (SELECT {value} AS v, {one} AS one, {two} AS two FROM ({rows.select}))",
    )
    if not day or not month:
        return []
    sentence = f"{day:,} dates of {column} can only be day first, as {some}, {month:,} only month first, as {other}."
    cure = "Those with a day up to 12 can be either: export the column with the year first."
    return [Finding("two date formats", rows.table, name, min(day, month), of, sentence, cure, (str(some), str(other)))]
