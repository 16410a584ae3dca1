"""What subscriptions without a price cost: what was last paid for each, in a file of invoices or payments."""

from __future__ import annotations

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.propose.fitting.fit import column_fit
from workbench.propose.fitting.links import Link
from workbench.propose.fitting.price_lists import has_price
from workbench.propose.raw_files.raw_columns import TERM_DAYS, RawColumn, RawTable
from workbench.propose.raw_files.samples import seen
from workbench.propose.words.naming import means, table_likeness
from workbench.sources import months_of

PAID = "last_paid"
"""How the SELECT calls what was paid."""
_NEARLY_ALL, _NAMED = 0.9, 0.5
_FITS = 0.5
_MOST_PAID_FOR = 0.5
"""A share of the subscriptions for which something was paid."""


def with_last_payments(
    con: duckdb.DuckDBPyConnection, tables: list[RawTable], links: list[Link], labels: dict[str, str]
) -> tuple[str, str] | None:
    """Return subscriptions without an amount, and the SELECT that gives each what was last paid for it, and how often.

    How often is shown by the days between its payments, else by those of the subscriptions that paid as much. What
    differs from bill to bill, as that of water, is no price.
    """
    by_name = {table.name: table for table in tables}
    for link in links:
        payments, rows = by_name[link.file], by_name[link.parent]
        named = means(link.column, "subscription") and table_likeness(labels[rows.name], "subscriptions") > _NAMED
        if payments.name == rows.name or link.contained < _NEARLY_ALL or not named or has_price(rows):
            continue
        if payments[link.column].distinct < _MOST_PAID_FOR * rows.rows or not any(c.time_sql for c in rows.columns):
            continue
        amount, day = (_best(payments, name) for name in ("amount", "issued_at"))
        taken = amount is None or amount.name in {c.name for c in rows.columns}
        if amount is not None and day is not None and not taken and _is_steady(con, payments, link, amount):
            return rows.name, _select(rows, payments, link, amount, day)
    return None


def _is_steady(con: duckdb.DuckDBPyConnection, payments: RawTable, link: Link, amount: RawColumn) -> bool:
    """Whether most subscriptions that were paid several times paid the same most of the time."""
    each = (
        f"SELECT {identifier(link.column)} AS subscription, count(*) AS n FROM {seen(payments.name)} "
        f"GROUP BY subscription, {identifier(amount.name)}"
    )
    row = con.execute(
        "SELECT avg((most * 2 >= n)::INT) FROM (SELECT max(n) AS most, sum(n) AS n "
        f"FROM ({each}) GROUP BY subscription) "
        f"WHERE n >= {_SEVERAL}"
    ).fetchone()
    return row is None or row[0] is None or row[0] >= _FITS


_SEVERAL = 3


def _best(payments: RawTable, name: str) -> RawColumn | None:
    """Return the column that is the amount, or the day, of invoices."""
    spec = contract.TABLES["invoices"]
    fits = {c.name: column_fit(c, payments, spec, spec[name]) for c in payments.columns}
    best = max(fits, key=lambda column: fits[column])
    return payments[best] if fits[best] >= _FITS else None


def _select(rows: RawTable, payments: RawTable, link: Link, amount: RawColumn, day: RawColumn) -> str:
    paid, at = f"{identifier(amount.name)}::VARCHAR", f"TRY_CAST({day.time_sql} AS TIMESTAMP)"
    every = "" if any(_says_period(column) for column in rows.columns) else f", {PAID}.billing_period"
    own = "PARTITION BY subscription ORDER BY paid_at"
    days = " ".join(f"WHEN days BETWEEN {low} AND {high} THEN '{name}'" for name, (low, high) in TERM_DAYS.items())
    taken = (
        f"SELECT {identifier(link.column)}::VARCHAR AS subscription, {paid} AS paid, {at} AS paid_at "
        f"FROM {identifier(payments.name)} WHERE {paid} SIMILAR TO '.*[1-9].*'"
    )
    gaps = f"SELECT *, date_diff('day', lag(paid_at) OVER ({own}), paid_at) AS days FROM ({taken})"
    each = (
        f"SELECT subscription, arg_max(paid, paid_at) AS paid, median(days) AS days FROM ({gaps}) GROUP BY subscription"
    )
    periods = f"SELECT *, CASE {days} END AS own_period FROM ({each})"
    last = (
        f"SELECT *, coalesce(own_period, mode(own_period) OVER (PARTITION BY paid)) AS billing_period FROM ({periods})"
    )
    return (
        f"SELECT own.*, {PAID}.paid AS {identifier(amount.name)}{every} FROM {identifier(rows.name)} AS own "
        f"LEFT JOIN ({last}) AS {PAID} ON own.{identifier(link.key)}::VARCHAR = {PAID}.subscription"
    )


def _says_period(column: RawColumn) -> bool:
    return bool(column.values) and not column.flag and all(map(months_of, column.values))
