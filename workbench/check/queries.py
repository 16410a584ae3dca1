"""The DuckDB connection in which the loaded tables live, and short ways to ask it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import ibis

from workbench import contract
from workbench.crm import Crm, remembered

SHOWN_EXAMPLES = 3


def connection(crm: Crm) -> duckdb.DuckDBPyConnection:
    """Return the DuckDB connection in which the tables live."""
    return next(iter(crm.tables.values())).get_backend().con


@remembered
def relation(crm: Crm, name: str) -> str:
    """Return a table as a SQL subquery."""
    return f"({ibis.to_sql(crm[name], dialect='duckdb')})"


def one_row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """Return the first row of a query, empty when there is none."""
    return tuple(con.execute(sql).fetchone() or ())


def before(date: str, other: str) -> str:
    """Return the SQL of whether a date lies before another one; where one has no time of day, the days count.

    >>> day, hour = "TIMESTAMP '2024-03-01'", "TIMESTAMP '2024-03-01 14:08'"
    >>> duckdb.sql("SELECT " + before(day, hour)).fetchone(), duckdb.sql(f"SELECT {day} < {hour}").fetchone()
    ((False,), (True,))
    """
    day, other_day = f"date_trunc('day', {date})", f"date_trunc('day', {other})"
    return f"({other_day} > {day} OR {other} > {date} AND {date} <> {day} AND {other} <> {other_day})"


def dated_tables(crm: Crm) -> list[str]:
    """Return the tables loaded with the column that dates their rows."""
    return [name for name in crm if contract.TABLES[name].dated_by in crm[name].columns]


def customer_ids(crm: Crm) -> str:
    """Return the SQL of all customers, each once: of the customers table, else of the tables of activity."""
    names = ["customers"] if "customers" in crm else [n for n in contract.ACTIVITY_TABLES if n in crm]
    return " UNION ".join(f"SELECT DISTINCT customer_id FROM {relation(crm, name)}" for name in names)


def examples(con: duckdb.DuckDBPyConnection, shown: Mapping[str, str], rows: str) -> tuple[str, ...]:
    """Return the first rows as text, ``shown`` giving what to call each expression; ``rows`` is all after SELECT."""
    columns = ", ".join(f"({sql})::VARCHAR" for sql in shown.values())
    found = con.execute(f"SELECT {columns} {rows} LIMIT {SHOWN_EXAMPLES}").fetchall()
    return tuple(", ".join(f"{n} {v}" for n, v in zip(shown, row, strict=True) if v is not None) for row in found)


def example_rows(con: duckdb.DuckDBPyConnection, crm: Crm, name: str, where: str) -> tuple[str, ...]:
    """Return a few rows of a table as text: what names them, and their date."""
    spec = contract.TABLES[name]
    shown = [c for c in crm[name].columns if c == spec.dated_by or spec[c].time_class == "key"]
    return examples(con, dict(zip(shown, shown, strict=True)), f"FROM {relation(crm, name)} WHERE {where}")
