"""A row for each customer and month, as snapshots of recurring revenue have it: read as one paid month per row."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import identifier
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.date_forms import month_forms, one_form
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.words.naming import means, words
from workbench.sources import define_called

_FEWEST = 3
"""Months from which on rows that are dated by them are a series of snapshots."""
_OF_ONE_MONTH = 0.8
"""A share of the rows that are the only one of a customer in a month: a customer may have two plans."""
_MONTH = '"its month"'


def month_rows(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Return the SELECT that gives each row the start and the end of its month; empty where rows are no such months.

    Read as they stand, each month would begin a subscription that never ends. The last month goes on: nothing says
    yet that it was the customer's last.
    """
    amounts = [c for c in columns if means(c, "mrr")] or [c for c in columns if "arr" in words(c)]
    keys = [c for c in columns if means(c, "customer") and not means(c, "name")]
    if len(amounts) != 1 or not keys:
        return ""
    others = [c for c in columns if c not in (*amounts, *keys)]
    dated = [c for c in others if means(c, "date")] or [c for c in others if one_form(con, name, c)]
    if len(dated) != 1:
        return ""
    written = f"nullif(trim({identifier(dated[0])}::VARCHAR), '')"
    define_called(con, "spelled_time")
    forms = [*one_form(con, name, dated[0]), *month_forms(con, identifier(name), written), f"spelled_time({written})"]
    ways = (f"({way})::DATE" for way in forms)
    day = next((way for way in ways if _are_months(con, name, keys[0], way)), "")
    if not day:
        return ""
    kept = ", ".join(identifier(c) for c in columns if c not in (dated[0], amounts[0]))
    end = "CASE WHEN month_of < max(month_of) OVER () THEN (month_of + INTERVAL 1 MONTH)::DATE::VARCHAR END"
    called = "mrr" if means(amounts[0], "mrr") else "arr"
    if called == "arr" and any(_names_the_row(con, name, c) for c in others):
        return ""  # a deal, of a year's worth
    amount = f"{identifier(amounts[0])}::VARCHAR"
    return (
        f"SELECT {kept}, {_MONTH}.started_at, {_MONTH}.ended_at, {_MONTH}.{called} FROM (SELECT *, {{'started_at': "
        f"month_of::VARCHAR, 'ended_at': {end}, '{called}': {amount}}} AS {_MONTH} FROM (SELECT *, "
        f"date_trunc('month', {day})::DATE AS month_of FROM {identifier(name)}) AS dated) AS dated "
        f"WHERE regexp_matches({_MONTH}.{called}, '[1-9]')"
    )


def _names_the_row(con: duckdb.DuckDBPyConnection, name: str, column: str) -> bool:
    row = con.execute(f"SELECT count(DISTINCT {identifier(column)}) = count(*) FROM {identifier(name)}").fetchone()
    return bool(row and row[0])


def _are_months(con: duckdb.DuckDBPyConnection, name: str, key: str, day: str) -> bool:
    """Whether all rows are of the first day of a month, or all of the last, and few customers have two in one."""
    dated = f"(SELECT {identifier(key)} AS key, {day} AS day FROM {identifier(name)})"
    row = con.execute(
        "SELECT count(DISTINCT day), bool_and(day = date_trunc('month', day)) OR bool_and(day = last_day(day)), "
        f"count(DISTINCT (key, day)) / count(*), count(day) = count(*), count(DISTINCT key) < count(*) FROM {dated}"
    ).fetchone() or (0, False, 0, False, False)
    months, ends, alone, filled, repeated = row
    return months >= _FEWEST and bool(ends) and alone >= _OF_ONE_MONTH and bool(filled) and bool(repeated)


def ask_of_months(con: duckdb.DuckDBPyConnection, _: RawTable, table: TableProposal) -> TableProposal:
    """Ask whether the amount of each month is what was paid for it, or what was sold in it."""
    if not any(f"{month}.started_at" in table.select for month in ("month", _MONTH)):
        return table
    customer, (amount,) = table.columns["customer_id"].sql, table.columns["mrr"].raw
    rows = con.execute(
        f"SELECT DISTINCT ({customer})::VARCHAR, started_at::VARCHAR, ended_at::VARCHAR, {amount}::VARCHAR "
        f"FROM {table.rows} ORDER BY ALL LIMIT 3"
    ).fetchall()
    paid = tuple(f"{who} | {amount} -> paid from {start} to {end or 'today'}" for who, start, end, amount in rows)
    sold = tuple(f"{who} | {amount} -> a sale on {start}" for who, start, _, amount in rows)
    choices = (
        Choice("paid for that month", shown=paid),
        Choice("sales of that month", setting=("tables.subscriptions", "orders"), shown=sold),
    )
    text = "the amount of each month is taken as what the customer paid for that month"
    return replace(table, doubts=(*table.doubts, Doubt("months", text, "service", choices)))
