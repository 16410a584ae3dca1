"""The day of the export, where ends and notices lie after the last row of every table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb

from workbench import contract
from workbench.engines import literal
from workbench.propose.doubts import Choice, Doubt
from workbench.propose.proposal import TableProposal
from workbench.sources import first_stray

_LIVE = 0.1
"""A share of subscriptions without an end from which on an end is what happened, and no date in the future."""


def export_day(
    con: duckdb.DuckDBPyConnection, tables: tuple[TableProposal, ...]
) -> tuple[dict[str, tuple[str, str]], list[Doubt]]:
    """Return the setting ``exported_at`` with what it rests on, and the doubt about it; nothing when rows say it.

    Departures are recorded before the export: where they lie after all rows of activity, so does the export.
    """
    begun, ended = _days(con, _begins(tables)), _days(con, _ends(con, tables))
    after = first_stray(begun + ended)
    days = [day for day in begun + ended if after is None or day < after]
    stray = first_stray(begun)
    last = max((day for day in begun if stray is None or day < stray), default=None)
    planned = max(_days(con, _changes(tables)), default=None)
    if last is None or not days or max(days) <= last:
        text = f"later changes, up to {planned}, are planned ones"
        return ({"exported_at": (str(last), text)}, []) if planned and last and planned > last else ({}, [])
    latest = max(days)
    late = sum(count for day, count in ended.items() if last < day <= latest)
    text = (
        f"{late:,} departures are recorded after the last row of every table ({last}), up to {latest}: the export is "
        "taken to be of that day"
    )
    choices = (
        Choice(f"exported on {latest}", setting=("exported_at", str(latest))),
        Choice(f"exported on {last}; later dates are terms or plans", setting=("exported_at", str(last))),
    )
    return {"exported_at": (str(latest), text)}, [Doubt("exported", text, "service", choices, "exported_at")]


def _begins(tables: tuple[TableProposal, ...]) -> Iterator[tuple[TableProposal, str, str]]:
    for table in tables:
        dated = contract.TABLES[table.table].dated_by
        if dated in table.columns and table.table != "subscription_changes":
            yield table, table.columns[dated].sql, table.counted


def _changes(tables: tuple[TableProposal, ...]) -> Iterator[tuple[TableProposal, str, str]]:
    """Yield the dates of changes: the end of a pause may lie ahead."""
    for table in tables:
        if table.table == "subscription_changes" and "changed_at" in table.columns:
            yield table, table.columns["changed_at"].sql, "true"


def _ends(
    con: duckdb.DuckDBPyConnection, tables: tuple[TableProposal, ...]
) -> Iterator[tuple[TableProposal, str, str]]:
    for table in tables:
        if table.table == "customers" and "closed_at" in table.columns:
            yield table, table.columns["closed_at"].sql, "true"
        if table.table == "subscriptions":
            named = next((name for name in ("cancelled_at", "ended_at") if _filled(con, table, name)), None)
            if named == "cancelled_at" or (named and _some_live(con, table)):
                yield table, table.columns[named].sql, _left(table) or "true"
            elif named and (left := _left(table)):
                yield table, table.columns[named].sql, left


def _filled(con: duckdb.DuckDBPyConnection, table: TableProposal, column: str) -> bool:
    if column not in table.columns:
        return False
    (rows,) = _query(con, f"SELECT count(TRY_CAST({table.columns[column].sql} AS TIMESTAMP))", table)
    return bool(rows[0])


def _some_live(con: duckdb.DuckDBPyConnection, table: TableProposal) -> bool:
    end = f"TRY_CAST({table.columns['ended_at'].sql} AS TIMESTAMP)"
    (row,) = _query(con, f"SELECT avg(({end} IS NULL)::INT)", table)
    return bool((row[0] or 0) >= _LIVE)


def _query(con: duckdb.DuckDBPyConnection, select: str, table: TableProposal, rest: str = "") -> list[tuple[Any, ...]]:
    return con.execute(f"{select} FROM {table.rows} {rest}").fetchall()


def _left(table: TableProposal) -> str:
    """Return SQL for the rows whose status says that they are over."""
    for status in table.statuses:
        left = [word for word, action in status["values"].items() if action == "cancelled"]
        if left:
            return f"lower(trim(({status['column']})::VARCHAR)) IN ({', '.join(map(literal, left))})"
    return ""


def _days(con: duckdb.DuckDBPyConnection, places: Iterator[tuple[TableProposal, str, str]]) -> Counter[date]:
    found: Counter[date] = Counter()
    for table, sql, rows in places:
        day = f"TRY_CAST({sql} AS TIMESTAMP)::DATE"
        counted = _query(con, f"SELECT {day} AS day, count(*)", table, f"WHERE {day} IS NOT NULL AND {rows} GROUP BY 1")
        found.update(dict(counted))
    return found
