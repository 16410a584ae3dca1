"""Customers kept, lost, won back and buying again, over a period.

Rates are computed from *movements*: per customer, whether alive at the start and the end of ``[start, end)`` and how
often joined or lost in between. Vendors differ in what they divide by what; :func:`churn_rate` knows their definitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal, get_args

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Moment, last_term_end
from workbench.errors import DataError, SettingError, check_choice
from workbench.metrics.definitions import Metric, ratio_of_sums, share
from workbench.metrics.period_check import edges_of, period
from workbench.metrics.population import orders_of, paid_subscriptions, standing_sales

ChurnDefinition = Literal["at start", "ChartMogul", "Baremetrics", "Stripe"]
RepeatDefinition = Literal["in window", "Shopify"]


def movements(lives: ir.Table, start: Moment, end: Moment) -> pd.DataFrame:
    """Return per customer concerned: at_start, at_end (0/1), joined, lost_old, lost_new (times in ``[start, end)``).

    ``lost_new`` counts departures of lives that also began in the period. In sum at_end = at_start + joined − lost.

    Input columns: customer_id, started_at, ended_at (empty: alive).

    Raises SettingError for a period not wholly known, or whose departures may still be undone.
    """
    begin, finish = period(lives, start, end, settled=True)
    born = (lives.started_at >= begin) & (lives.started_at < finish)
    died = (lives.ended_at >= begin) & (lives.ended_at < finish)
    died = died.fill_null(False)
    counted = lives.group_by("customer_id").aggregate(
        at_start=alive(lives, begin).cast("int64").max(),
        at_end=alive(lives, finish).cast("int64").max(),
        joined=born.cast("int64").sum(),
        lost_old=(died & ~born).cast("int64").sum(),
        lost_new=(died & born).cast("int64").sum(),
    )
    concerned = counted.filter((counted.at_start + counted.joined) > 0)
    return concerned.order_by("customer_id").to_pandas()


def alive(lives: ir.Table, at: ir.Value) -> ir.Value:
    """Return whether a life, or a subscription, goes on at an instant: begun before it, and not ended before it."""
    return (lives.started_at < at) & (lives.ended_at.isnull() | (lives.ended_at >= at))


def retention_rate(moved: pd.DataFrame) -> Metric:
    """Return the customer retention rate (E − N)/S; can be negative, so its interval is a bootstrap over customers."""
    return ratio_of_sums(
        "retention rate", moved["at_end"] - moved["joined"], moved["at_start"],
        "(customers at the end − joined in between) / customers at the start", named="(E − N)/S",
    )  # fmt: skip


def cohort_retention(moved: pd.DataFrame) -> Metric:
    """Return the share of the customers at the start who are customers at the end."""
    kept = float((moved["at_start"] * moved["at_end"]).sum())
    words = "customers at start and end / customers at the start"
    return share("cohort retention", kept, moved["at_start"].sum(), words, named="cohort")


def churn_rate(moved: pd.DataFrame, *, definition: ChurnDefinition = "at start") -> Metric:
    """Return the customer churn rate under a definition.

    *at start* and *ChartMogul*: lost of those at the start, over those at the start. *Baremetrics*: everyone lost, over
    those at the start. *Stripe*: everyone lost, over those at the start and the joined.

    >>> old = pd.DataFrame({"at_start": [1] * 100, "joined": 0, "lost_old": [1] * 8 + [0] * 92, "lost_new": 0})
    >>> new = pd.DataFrame({"at_start": [0] * 30, "joined": 1, "lost_old": 0, "lost_new": [1] * 4 + [0] * 26})
    >>> moved = pd.concat([old, new])
    >>> [round(churn_rate(moved, definition=d).value, 4) for d in ("ChartMogul", "Baremetrics", "Stripe")]
    [0.08, 0.12, 0.0923]

    Raises SettingError for an unknown definition.
    """
    check_choice("definition", definition, get_args(ChurnDefinition))
    start, joined = moved["at_start"].to_numpy(float), moved["joined"].to_numpy(float)
    old, new = moved["lost_old"].to_numpy(float), moved["lost_new"].to_numpy(float)
    if definition in ("at start", "ChartMogul"):
        lost_of_start = float(((start > 0) & (old > 0)).sum())
        words = "lost of those at the start / customers at the start"
        return share("churn rate", lost_of_start, start.sum(), words, named=definition)
    base = start + joined if definition == "Stripe" else start
    words = "customers at the start and joined" if definition == "Stripe" else "customers at the start"
    return ratio_of_sums("churn rate", old + new, base, f"all lost / {words}", named=definition)


def rescale(churn: Metric, periods: float) -> Metric:
    """Return a churn rate per ``periods`` as many periods, interval and all: 1 − (1 − rate)^periods, never × periods.

    It supposes that every period loses the same share. Twelve months make a year; 365/91 quarters of 91 days do.

    >>> monthly = share("churn rate", 5, 100, "lost / at the start")
    >>> f"{rescale(monthly, 12).value:.4f}"
    '0.4596'

    Raises SettingError for a rate above 1, of which no such share is left.
    """
    if churn.value > 1:
        raise SettingError(
            f"{churn.name} {churn.value:.2f} is no share of one group; rescale the rate of those at start."
        )
    value, low, high = (1 - (1 - min(x, 1.0)) ** periods for x in (churn.value, churn.low, churn.high))
    words = f"{churn.definition}; rescaled by 1 − (1 − rate)^{periods:g}"
    return replace(churn, value=value, low=low, high=high, definition=words)


def renewal_churn(crm: Crm, start: Moment, end: Moment, *, billing_period: str | None = None) -> Metric:
    """Return the share lost of the contracts *up for renewal*: live at the start, with a term ending in the period.

    Terms end at subscriptions.renews_at and every billing period from it (month, quarter, year; without one, only
    then). Lost is a contract cancelled or ended by the last such day in ``[start, end)``; ``billing_period`` keeps to
    one kind, such as year. ``n`` counts contracts, not customers.

    Raises DataError for a source without subscriptions or without renews_at, SettingError for a billing period that no
    contract has.
    """
    served = paid_subscriptions(crm)
    if "renews_at" not in served.columns:
        raise DataError("subscriptions has no renews_at, so no contract is known to be up for renewal; map it.")
    if billing_period is not None:
        served = _billed(served, billing_period)
    begin, finish = period(crm.facts, start, end)
    live = served.filter(alive(served, begin) & served.renews_at.notnull())
    live = live.mutate(term_ends_at=last_term_end(live, finish))
    due = live.filter(live.term_ends_at >= begin)
    closed = ibis.least(due.cancelled_at, due.ended_at)
    lost = (closed <= due.term_ends_at).fill_null(False).cast("int64").sum().fill_null(0)
    counts = due.aggregate(due=due.count(), lost=lost).to_pandas()
    words = "contracts cancelled or ended by the end of their term / live contracts whose term ends in the period"
    return share("churn at renewal", counts["lost"].iloc[0], counts["due"].iloc[0], words, n_of="contracts")


def _billed(served: ir.Table, billing_period: str) -> ir.Table:
    if "billing_period" not in served.columns:
        raise DataError("subscriptions has no billing_period to choose by; map it in the source file.")
    known = served.select("billing_period").distinct().to_pandas()["billing_period"].dropna()
    check_choice("billing_period", billing_period, known)
    return served.filter(served.billing_period == billing_period)


def repeat_purchase_rate(
    orders: Crm | ir.Table, start: Moment, end: Moment, *, definition: RepeatDefinition = "in window"
) -> Metric:
    """Return the share of the buyers in ``[start, end)`` who bought repeatedly; returns do not count as orders.

    Nor do orders that were cancelled, or taken back whole, before the end.

    ``orders`` is a Crm, or the table alone, of which it is less sure until when it is known.

    *in window*: with two or more orders in the period. *Shopify* (its "returning customers"): with two or more orders
    by its end, so the first may lie before.

    Raises SettingError for an unknown definition.
    """
    check_choice("definition", definition, get_args(RepeatDefinition))
    rows, known = orders_of(orders)
    begin, finish = period(known, start, end, stock=False)
    sales = standing_sales(rows.filter(rows.ordered_at < finish), finish)
    if definition == "in window":
        sales = sales.filter(sales.ordered_at >= begin)
    buyers = sales.group_by("customer_id").aggregate(n=sales.order_id.nunique(), last_at=sales.ordered_at.max())
    buyers = buyers.filter(buyers.last_at >= begin)
    counts = buyers.aggregate(
        buyers=buyers.count(), repeat=(buyers.n >= 2).cast("int64").sum().fill_null(0)
    ).to_pandas()
    when = "in the period" if definition == "in window" else "by its end"
    words = f"buyers with two or more orders {when} / buyers in the period"
    return share("repeat purchase rate", counts["repeat"].iloc[0], counts["buyers"].iloc[0], words, named=definition)


def return_rate(lives: ir.Table, start: Moment, end: Moment) -> Metric:
    """Return the share of the customers away at ``start`` who came back in ``[start, end)``."""
    begin, finish = period(lives, start, end)
    away = lives.filter((lives.ended_at < begin) & (lives.reactivated_at.isnull() | (lives.reactivated_at >= begin)))
    back = (away.reactivated_at < finish).fill_null(False).cast("int64").sum().fill_null(0)
    counts = away.aggregate(away=away.count(), back=back).to_pandas()
    definition = "churned customers who came back in the period / customers away at its start"
    return share("return rate", float(counts["back"].iloc[0]), float(counts["away"].iloc[0]), definition)


def churn_by_period(lives: ir.Table, edges: Sequence[Moment]) -> pd.DataFrame:
    """Return churn per disjoint period between consecutive edges: start, end, churn, low, high, lost, at_start."""
    rows = []
    for start, end in pairwise(edges_of(edges)):
        rate = churn_rate(movements(lives, start, end))
        rows.append(
            {
                "start": start, "end": end, "churn": rate.value, "low": rate.low, "high": rate.high,
                "lost": int(rate.count), "at_start": int(rate.of),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
