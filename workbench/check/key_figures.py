"""Figures that people know by heart: how many customers, orders and revenue by month, recurring revenue, departures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis

from workbench.check.leavers import leavers
from workbench.check.queries import connection, customer_ids, one_row, relation
from workbench.contract import UNKNOWN_CURRENCY
from workbench.crm import Crm, net_amounts, service_spans, tells_amounts
from workbench.errors import in_singular

SETTLING_DAYS = 30
RECENT_DAYS = 91
_MONTHS = 24
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Figure:
    """One figure: its name, its value as text, and what it rests on."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Month:
    """One month: what was counted in it, by name; None where the data have none of it."""

    month: str
    counts: dict[str, float]


@dataclass(frozen=True)
class KeyFigures:
    """Figures to compare with what the company knows, and the last months."""

    figures: tuple[Figure, ...] = ()
    months: tuple[Month, ...] = ()

    @property
    def columns(self) -> list[str]:
        """What the months count, each once, in order."""
        return list(dict.fromkeys(name for month in self.months for name in month.counts))


def shown_count(count: float | None) -> str:
    """Return a count or sum as text, a dash where nothing was counted.

    >>> shown_count(1234), shown_count(12.5), shown_count(None)
    ('1,234', '12.50', '–')
    """
    if count is None:
        return "–"
    return f"{count:,.2f}" if isinstance(count, float) else f"{count:,}"


def key_figures(crm: Crm) -> KeyFigures:
    """Return the figures of loaded tables that a person can compare with what they know.

    >>> import pandas as pd
    >>> from workbench.crm import load_tables
    >>> rows = {"order_id": ["1", "2"], "customer_id": ["a", "b"], "ordered_at": ["2024-01-05", "2024-02-01"],
    ...         "amount": [10, 5]}
    >>> figures = key_figures(load_tables({"orders": pd.DataFrame(rows)}))
    >>> figures.figures[0].value, figures.months[0].counts
    ('2', {'orders': 1, 'revenue': 10.0, 'buyers': 1})
    """
    listed = "in the customers table" if "customers" in crm else "with activity"
    if crm.counted() is not crm:
        crm, listed = crm.counted(), f"{listed}, without excluded accounts"
    (customers,) = one_row(connection(crm), f"SELECT count(DISTINCT customer_id) FROM ({customer_ids(crm)})")
    figures = [Figure("customers", f"{customers:,}", listed)]
    figures += _recent_customers(crm) + _recurring(crm) + _largest(crm) + _unsettled(crm)
    return KeyFigures(tuple(figures), _months(crm))


def money(amount: float, currency: str) -> str:
    """Return an amount with its currency, where that is known.

    >>> money(1234.5, "EUR"), money(3, "XXX")
    ('1,234.50 EUR', '3.00')
    """
    return f"{amount:,.2f}" + ("" if currency == UNKNOWN_CURRENCY else f" {currency}")


def _recent_customers(crm: Crm) -> list[Figure]:
    """Customers active lately, for there is no list of customers now."""
    found, until = [], crm.facts.known_until
    recent = f"BETWEEN TIMESTAMP '{until - timedelta(days=RECENT_DAYS)}' AND TIMESTAMP '{until - _MOMENT}'"
    for name, dated, where in (("orders", "ordered_at", "AND amount >= 0"), ("events", "occurred_at", "")):
        if name in crm:
            rows = f"{relation(crm, name)} WHERE {dated} {recent} {where}"
            (n,) = one_row(connection(crm), f"SELECT count(DISTINCT customer_id) FROM {rows}")
            found.append(Figure(f"customers with {name}", f"{n:,}", f"in the last {RECENT_DAYS} days"))
    return found


def _recurring(crm: Crm) -> list[Figure]:
    if "subscriptions" not in crm:
        return []
    customers, subscriptions, mrr, unknown = one_row(
        connection(crm),
        "SELECT count(DISTINCT customer_id), count(DISTINCT subscription_id), sum(mrr), count(*) FILTER (mrr IS NULL) "
        f"FROM ({_live(crm)})",
    )
    at = f"paid and live at {crm.facts.known_until:%Y-%m-%d}"
    found = [Figure("paying customers", f"{customers:,}", at), Figure("active subscriptions", f"{subscriptions:,}", at)]
    if mrr is None:
        return found
    without = in_singular(f"; {unknown:,} subscriptions without an amount") if unknown else ""
    return [*found, Figure("MRR", money(float(mrr), crm.facts.currency), f"of these, a month{without}")]


def _live(crm: Crm) -> str:
    """Return a SELECT of the paid service that is on when the data end, and not paused."""
    now, spans = ibis.timestamp(str(crm.facts.known_until)), service_spans(crm)
    live = spans.filter((spans.started_at < now) & (spans.ended_at.isnull() | (spans.ended_at >= now)) & ~spans.paused)
    if "cancellations" in crm and not {"ended_at", "cancelled_at"} & {*crm["subscriptions"].columns}:
        left = crm["cancellations"].filter(ibis._.occurred_at < now)  # nothing else says when service ends
        live = live.anti_join(left, (live.customer_id == left.customer_id) & (left.occurred_at >= live.started_at))
    return str(ibis.to_sql(live, dialect="duckdb"))


def _largest(crm: Crm) -> list[Figure]:
    """The customer with most of the rows, of use or orders and of subscriptions, and the one with most of the money."""
    counted = [next((n for n in ("orders", "events") if n in crm), ""), "subscriptions"]
    rows = {f"of all rows of {name}": (relation(crm, name), "count(*)") for name in counted if name in crm}
    shares = [share for what, by in rows.items() if (share := _largest_share(crm, *by, what))]
    most = [max(shares, key=lambda found: found[0])] if shares else []
    return [
        Figure("largest customer", f"{share:.1%}".replace("%", " %"), note)
        for share, note in [*most, *_largest_payer(crm)]
    ]


def _largest_payer(crm: Crm) -> list[tuple[float, str]]:
    found = None
    if "subscriptions" in crm:
        found = _largest_share(crm, f"({_live(crm)})", "sum(mrr)::DOUBLE", "of MRR")
    if found is None and tells_amounts(crm):
        amounts = f"({ibis.to_sql(net_amounts(crm), dialect='duckdb')})"
        found = _largest_share(crm, amounts, "sum(amount)::DOUBLE", "of revenue")
    return [found] if found else []


def _largest_share(crm: Crm, rows: str, measure: str, what: str) -> tuple[float, str] | None:
    """Return the largest share of a customer in a measure, and in words whose it is; None where nothing is measured."""
    found = connection(crm).execute(
        f"SELECT customer_id, {measure} AS n, sum(n) OVER () FROM {rows} WHERE customer_id IS NOT NULL "
        "GROUP BY 1 ORDER BY n DESC NULLS LAST, 1 LIMIT 1"
    )
    customer, most, total = found.fetchone() or ("", None, None)
    return (most / total, f"{what}: customer_id {customer}") if most and total and total > 0 else None


def _unsettled(crm: Crm) -> list[Figure]:
    """Departures so young that the customer may still come back."""
    recorded, until = leavers(crm), crm.facts.known_until
    if recorded is None:
        return []
    since = f"TIMESTAMP '{until - timedelta(days=SETTLING_DAYS)}'"
    young, settled = one_row(
        connection(crm),
        f"SELECT count(*) FILTER (left_at >= {since}), count(*) FILTER (left_at < {since}) FROM ({recorded}) "
        f"WHERE left_at < TIMESTAMP '{until}'",
    )
    note = f"and {young:,} in the last {SETTLING_DAYS} days, not settled: those back within grace_days never left"
    return [Figure("recorded departures", f"{settled:,}", note)]


def departures_by_month(crm: Crm) -> dict[str, int]:
    """Return how many customers left in which month before the data end, as recorded."""
    recorded = leavers(crm)
    if recorded is None:
        return {}
    return dict(
        connection(crm)
        .execute(
            f"SELECT strftime(left_at, '%Y-%m') AS month, count(*) FROM ({recorded}) "
            f"WHERE left_at < TIMESTAMP '{crm.facts.known_until}' GROUP BY 1 ORDER BY 1"
        )
        .fetchall()
    )


def _months(crm: Crm) -> tuple[Month, ...]:
    counted = dict[str, dict[str, Any]]()
    orders = f"{relation(crm, 'orders')} WHERE amount >= 0" if "orders" in crm else ""
    if orders:
        counted["orders"] = _by_month(crm, "count(DISTINCT order_id)", orders, "ordered_at")
    if tells_amounts(crm):
        amounts = f"({ibis.to_sql(net_amounts(crm), dialect='duckdb')})"
        counted["revenue"] = _by_month(crm, "sum(amount)::DOUBLE", amounts, '"at"')
    elif "charges" in crm and "amount" in crm["charges"].columns:
        paid = f"{relation(crm, 'charges')} WHERE succeeded"
        counted["collected"] = _by_month(crm, "sum(amount)::DOUBLE", paid, "attempted_at")
    if orders:
        counted["buyers"] = _by_month(crm, "count(DISTINCT customer_id)", orders, "ordered_at")
    if "subscriptions" in crm:
        counted["subscriptions begun"] = _by_month(crm, "count(*)", relation(crm, "subscriptions"), "started_at")
    departures = departures_by_month(crm)
    if departures:
        counted["customers that left"] = departures
    last = crm.facts.known_until - _MOMENT
    months = _last_months(crm.facts.begins_at.date(), last.date())
    rows = (Month(m, {name: by[m] for name, by in counted.items() if m in by}) for m in months)
    return tuple(row for row in rows if counted)


def _by_month(crm: Crm, aggregate: str, rows: str, dated: str) -> dict[str, Any]:
    """Return the aggregate of each month before the data end: an appointment of next week is no revenue yet."""
    found = connection(crm).execute(
        f"SELECT strftime(date_trunc('month', {dated}), '%Y-%m'), {aggregate} FROM (SELECT * FROM {rows}) "
        f"WHERE {dated} < TIMESTAMP '{crm.facts.known_until}' GROUP BY 1"
    )
    return dict(found.fetchall())


def _last_months(begin: date, end: date) -> list[str]:
    last, first = end.year * 12 + end.month - 1, begin.year * 12 + begin.month - 1
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(max(first, last - _MONTHS + 1), last + 1)]
