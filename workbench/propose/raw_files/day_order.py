"""Dates that may be day first or month first: read as the other dates of the file, or of the other files, are."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.propose.raw_files.date_forms import swap_days
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable, order_of_times


def with_day_order(con: duckdb.DuckDBPyConnection, tables: list[RawTable]) -> list[RawTable]:
    """Return the files with each ambiguous date read in the order that its own file shows, else the other files.

    Where these show both orders, or none, it stays as it was found.
    """
    everywhere = {f"{t.name}.{c.name}": order for t in tables for c in t.columns if (order := day_order(c))}
    return [_settled(con, table, everywhere) for table in tables]


def day_order(column: RawColumn) -> str:
    """Return whether a column's dates are day first or month first for sure; empty where it does not show."""
    sql = column.time_sql
    if column.ambiguous_days or column.mixed or swap_days(sql) == sql:
        return ""
    return written_order(sql)


def written_order(sql: str) -> str:
    """Return the order in which SQL reads dates.

    >>> written_order("try_strptime(v, '%d/%m/%Y')"), written_order("try_strptime(v, '%m/%d/%Y')")
    ('day', 'month')
    """
    return "day" if sql.find("%d") < sql.find("%m") else "month"


def _settled(con: duckdb.DuckDBPyConnection, table: RawTable, everywhere: dict[str, str]) -> RawTable:
    if not any(c.ambiguous_days for c in table.columns):
        return table
    own = {place: order for place, order in everywhere.items() if place.startswith(f"{table.name}.")}
    columns = tuple(_read_as(c, own) or _read_as(c, everywhere) or c for c in table.columns)
    in_order, spans, brief = order_of_times(con, table.name, [c for c in columns if c.time_sql])
    return replace(table, columns=columns, in_order=in_order, spans=spans, brief=brief)


def _read_as(column: RawColumn, shown: dict[str, str]) -> RawColumn | None:
    if not column.ambiguous_days or len(set(shown.values())) != 1:
        return None
    place, order = next(iter(shown.items()))
    sql = column.time_sql if written_order(column.time_sql) == order else swap_days(column.time_sql)
    return replace(column, time_sql=sql, days_as=f"{order} first is taken, as {place} is written")
