"""Recurring revenue: what customers pay per month at an instant, how it moved over a period, and how much was kept.

Monthly recurring revenue (MRR) is that of the service spans at an instant, so a subscription in notice counts until its
service ends. A paused one brings nothing while paused, and its customer is not lost: a pause is a contraction, its end
an expansion; net retention leaves customers paused at the start out, of whom it has nothing to retain. What happened
and was undone within a period cancels out. Service ends by the subscriptions' own dates;
``closed_by_rules`` gives a Crm whose dates are those that the labels believe, where a gap within the days of grace (a
switch of plan a day apart) is no departure: figures of it agree with ``lives`` on who left.
"""

from __future__ import annotations

from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Moment, remembered, service_spans
from workbench.engines import attach
from workbench.errors import DataError
from workbench.metrics.definitions import Metric, ratio_of_sums
from workbench.metrics.period_check import instant, period
from workbench.metrics.population import paid_subscriptions


def mrr(crm: Crm, at: Moment) -> ir.Table:
    """Return one row per customer with a paid subscription live at ``at``: customer_id, mrr, live, todays, unknown.

    ``mrr`` (DECIMAL, currency/month) sums the amounts of the service spans at that instant. A subscription without any
    change takes subscriptions.mrr, which is *today's* value: ``todays`` counts them. ``unknown`` counts those with no
    amount at all: before their first recorded change, or without either. ``live`` counts subscriptions.

    Raises DataError for a source without subscriptions, SettingError for an instant outside the data.
    """
    paid_subscriptions(crm)
    now = instant(crm.facts, at, name="at")
    return _live(service_spans(crm.counted()), ibis.timestamp(str(now))).drop("paused")


def _live(spans: ir.Table, now: ir.TimestampScalar) -> ir.Table:
    """Sum per customer the spans that count at an instant."""
    there = spans.filter((spans.started_at < now) & (spans.ended_at.isnull() | (spans.ended_at >= now)))
    return there.group_by("customer_id").aggregate(
        mrr=there.mrr.sum().fill_null(Decimal(0)),
        live=there.count(),
        paused=there.paused.cast("int64").sum(),
        todays=there.todays.cast("int64").sum(),
        unknown=there.mrr.isnull().cast("int64").sum(),
    )


@remembered
def copies(crm: Crm) -> int:
    """Return how many paid subscriptions are probable copies: of the customer, plan and start of another one."""
    served = paid_subscriptions(crm)
    if "plan" not in served.columns:
        return 0
    known = served.filter(served["plan"].notnull())
    alike = known.group_by("customer_id", "plan", "started_at").aggregate(n=known.count())
    return int((alike.n - 1).sum().fill_null(0).to_pandas())


def mrr_movements(crm: Crm, start: Moment, end: Moment) -> ir.Table:
    """Return one row per customer paying at the start or the end: customer_id, movement, mrr_start, mrr_end, todays.

    And live_start, live_end (subscriptions), paused_start (bool: all of them paused at the start).
    ``movement`` is new, reactivation (had a paid subscription before the start, none live at it), expansion,
    contraction, churn, unchanged, or unknown, where an amount is not known at either end.
    """
    served = paid_subscriptions(crm)
    begin, finish = period(crm.facts, start, end)
    ends = _both_ends(service_spans(crm.counted()), begin, finish)
    old = served.filter(served.started_at < begin).select("customer_id").distinct()
    ends = attach(ends, old.mutate(old=True), ["customer_id"])
    at_start, at_end = ends.live_start > 0, ends.live_end > 0
    movement = ibis.cases(
        (ends.unknown_start + ends.unknown_end > 0, "unknown"),
        (at_start & ~at_end, "churn"),
        (~at_start & ends.old.fill_null(False), "reactivation"),
        (~at_start, "new"),
        (ends.mrr_end > ends.mrr_start, "expansion"),
        (ends.mrr_end < ends.mrr_start, "contraction"),
        else_="unchanged",
    )
    todays = (ends.todays_start + ends.todays_end > 0).cast("int64")
    return ends.select(
        "customer_id", "mrr_start", "mrr_end", "live_start", "live_end", movement=movement, todays=todays,
        paused_start=at_start & (ends.paused_start == ends.live_start),
    )  # fmt: skip


def _both_ends(spans: ir.Table, begin: ir.TimestampScalar, finish: ir.TimestampScalar) -> ir.Table:
    """Put the two instants side by side, with 0 for a customer who was not there."""
    both = ibis.union(_side(_live(spans, begin), "start", "end"), _side(_live(spans, finish), "end", "start"))
    return both.group_by("customer_id").aggregate(**{n: both[n].sum() for n in both.columns if n != "customer_id"})


def _side(there: ir.Table, own: str, other: str) -> ir.Table:
    types = {"mrr": "decimal(38, 4)", "live": "int64", "paused": "int64", "todays": "int64", "unknown": "int64"}
    named = {f"{n}_{own}": there[n].cast(kind) for n, kind in types.items()}
    named |= {f"{n}_{other}": ibis.literal(0).cast(kind) for n, kind in types.items()}
    return there.select("customer_id", **dict(sorted(named.items())))


def gross_revenue_retention(crm: Crm, start: Moment, end: Moment) -> Metric:
    """Return the share of the MRR at ``start`` still paid at ``end``, no customer counting for more than before.

    (start − churn − contraction) / start, capped per customer at 100 %; bootstrap interval by customer.

    Raises DataError for a source without subscriptions, or where no amount is known, of all or of those who left.
    """
    moved = _known(crm, start, end)
    kept = moved[["mrr_start", "mrr_end"]].min(axis=1)
    words = "(MRR at the start − churn − contraction) / MRR at the start, per customer 100 % at most"
    return _revenue_share("gross revenue retention", kept, moved, words, crm.facts.currency)


def net_revenue_retention(crm: Crm, start: Moment, end: Moment, *, reactivation: bool = False) -> Metric:
    """Return what the customers of ``start`` pay at ``end``, over what they paid then; can exceed 100 %.

    (start − churn − contraction + expansion) / start; with ``reactivation`` what returning customers pay is added, and
    what customers paused at the start pay again, who are left out otherwise.
    Bootstrap interval by customer.

    Raises DataError for a source without subscriptions, or where no amount is known, of all or of those who left.
    """
    moved = _known(crm, start, end)
    counts = (moved["live_start"] > 0) & ~moved["paused_start"]
    if reactivation:
        counts |= (moved["movement"] == "reactivation") | moved["paused_start"]
    words = "(MRR at the start − churn − contraction + expansion{}) / MRR at the start"
    named = f"reactivation {'in' if reactivation else 'out'}"
    words = words.format(" + reactivation" if reactivation else "")
    kept = moved["mrr_end"].where(counts, 0.0)
    return _revenue_share("net revenue retention", kept, moved, words, crm.facts.currency, named=named)


@remembered
def _known(crm: Crm, start: Moment, end: Moment) -> pd.DataFrame:
    """Fetch the customers whose amounts are known; the attribute notes has what a reader must know of the others."""
    moved = mrr_movements(crm, start, end)
    amounts = {n: moved[n].cast("float64") for n in ("mrr_start", "mrr_end")}
    found = moved.mutate(**amounts).order_by("customer_id").to_pandas()
    known = found[found["movement"] != "unknown"]
    unknown, todays, copied = len(found) - len(known), int(known["todays"].sum()), copies(crm)
    check_amounts(known=len(known), unknown=unknown)
    check_leavers(known=_leavers(known), all_=_leavers(found))
    notes = {
        f"today's amount taken for {todays:,} customers without a history": todays,
        f"{unknown:,} customers left out, because their amount is not known": unknown,
        f"{copied:,} {'subscription is probably a copy' if copied == 1 else 'subscriptions are probably copies'} of "
        "another (same customer, plan and start)": copied,
    }
    known.attrs["notes"] = "".join(f"; {words}" for words, n in notes.items() if n)
    return known


def _leavers(moved: pd.DataFrame) -> int:
    return int(((moved["live_start"] > 0) & (moved["live_end"] == 0)).sum())


def check_leavers(*, known: int, all_: int) -> None:
    """Raise DataError when customers left, and what they paid is known of none: lost revenue would be stated as 0."""
    if all_ and not known:
        raise DataError(
            f"what they paid is known of none of the {all_} customers who left in the period: map subscriptions.mrr to "
            "what they paid before they left, or subscription_changes with changed_at and mrr."
        )


def check_amounts(*, known: int, unknown: int) -> None:
    """Raise DataError when there are customers, and no amount of any is known."""
    if unknown and not known:
        raise DataError(
            f"no MRR is known of any of the {unknown} subscribing customers: subscriptions.mrr is taken for today's "
            "price. Where each subscription has kept its price since it began, state mrr_is: price_since_start in the "
            "source file; else map subscription_changes with changed_at and mrr, with a row at each subscription's "
            "start."
        )


def _revenue_share(
    name: str, kept: pd.Series, moved: pd.DataFrame, words: str, currency: str, *, named: str = ""
) -> Metric:
    n = int(((moved["live_start"] > 0) & ~moved["paused_start"]).sum())
    definition = f"{words}, {currency}{moved.attrs['notes']}"
    return ratio_of_sums(name, kept, moved["mrr_start"], definition, n=n, named=named)
