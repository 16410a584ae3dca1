"""Recurring revenue: what customers pay per month at an instant, how it moved over a period, and how much was kept.

Monthly recurring revenue (MRR) is that of the paid subscriptions live at an instant, so one in notice counts until its
service ends. A paused one brings nothing while paused, and its customer is not lost: a pause is a contraction, its end
an expansion. What happened and was undone within a period cancels out. A subscription ends by its own dates: where a
company trusts its recorded cancellations more, hand in a Crm whose subscriptions are closed by them.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm
from workbench.errors import DataError
from workbench.metrics.definitions import Metric, ratio_of_sums
from workbench.metrics.population import check_period, paid_subscriptions

AMOUNT = "decimal(18, 4)"


def mrr(crm: Crm, at: datetime) -> ir.Table:
    """Return one row per customer with a paid subscription live at ``at``: customer_id, mrr, live, todays, unknown.

    ``mrr`` (DECIMAL, currency/month) sums the amount that each subscription's last change before ``at`` left. A
    subscription without any change takes subscriptions.mrr, which is *today's* value: ``todays`` counts them.
    ``unknown`` counts those with no amount at all: before their first recorded change, or without either. ``live``
    counts subscriptions.

    Raises DataError for a source without subscriptions.
    """
    subs = paid_subscriptions(crm)
    now = ibis.timestamp(str(at))
    live = subs.filter((subs.started_at < now) & (subs.ended_at.isnull() | (subs.ended_at >= now)))
    own = live.mrr if "mrr" in live.columns else ibis.null(AMOUNT)
    live = live.select("customer_id", "subscription_id", own=own.cast(AMOUNT))
    changed = _changed(crm, at)
    told = live.left_join(changed, "subscription_id").drop("subscription_id_right")
    history = told.has_history.fill_null(False)
    amount = ibis.cases(
        (told.paused.fill_null(False), ibis.literal(Decimal(0)).cast(AMOUNT)),
        (history, told.changed_to),
        else_=told.own,
    )
    told = told.mutate(amount=amount, todays=~history & told.own.notnull())
    return told.group_by("customer_id").aggregate(
        mrr=told.amount.sum().fill_null(Decimal(0)),
        live=told.count(),
        todays=told.todays.cast("int64").sum(),
        unknown=told.amount.isnull().cast("int64").sum(),
    )


def _changed(crm: Crm, at: datetime) -> ir.Table:
    """Return per subscription with a history: changed_to (its last amount before ``at``), paused, has_history.

    Of several changes at one instant the largest amount holds, and a resumption goes before a pause.
    """
    if "subscription_changes" not in crm or "mrr" not in crm["subscription_changes"].columns:
        empty = {"subscription_id": "string", "changed_to": AMOUNT, "paused": "boolean", "has_history": "boolean"}
        return ibis.memtable([], schema=empty)
    rows = crm["subscription_changes"]
    if "change" not in rows.columns:
        rows = rows.mutate(change=ibis.null("string"))
    before = rows.changed_at < ibis.timestamp(str(at))
    switched = rows.change.isin(["paused", "resumed"]).fill_null(False)
    priced = rows.mrr.notnull() & (rows.change != "paused").fill_null(True)
    known = rows.filter(rows.mrr.notnull()).select("subscription_id").distinct()
    last = _last(rows.filter(before & priced), changed_to="mrr")
    state = _last(rows.filter(before & switched), state="change")
    told = known.left_join(last, "subscription_id").drop("subscription_id_right")
    told = told.left_join(state, "subscription_id").drop("subscription_id_right")
    return told.mutate(
        changed_to=told.changed_to.cast(AMOUNT), paused=told.state == "paused", has_history=ibis.literal(True)
    ).drop("state")


def _last(rows: ir.Table, **column: str) -> ir.Table:
    ((name, source),) = column.items()
    dated = rows.mutate(last_at=rows.changed_at.max().over(group_by="subscription_id"))
    newest = dated.filter(dated.changed_at == dated.last_at)
    return newest.group_by("subscription_id").aggregate(**{name: newest[source].max()})


def mrr_movements(crm: Crm, start: datetime, end: datetime) -> ir.Table:
    """Return one row per customer paying at the start or the end: customer_id, movement, mrr_start, mrr_end, todays.

    ``movement`` is new, reactivation (had a paid subscription before the start, none live at it), expansion,
    contraction, churn, unchanged, or unknown, where an amount is not known at either end.
    """
    subs = paid_subscriptions(crm)
    check_period(crm.facts, start, end)
    told = _both_ends(crm, start, end)
    old = subs.filter(subs.started_at < ibis.timestamp(str(start))).select("customer_id").distinct()
    told = told.left_join(old.mutate(old=True), "customer_id").drop("customer_id_right")
    at_start, at_end = told.live_start > 0, told.live_end > 0
    movement = ibis.cases(
        (told.unknown_start + told.unknown_end > 0, "unknown"),
        (at_start & ~at_end, "churn"),
        (~at_start & told.old.fill_null(False), "reactivation"),
        (~at_start, "new"),
        (told.mrr_end > told.mrr_start, "expansion"),
        (told.mrr_end < told.mrr_start, "contraction"),
        else_="unchanged",
    )
    todays = (told.todays_start + told.todays_end > 0).cast("int64")
    return told.select(
        "customer_id", "mrr_start", "mrr_end", "live_start", "live_end", movement=movement, todays=todays
    )


def _both_ends(crm: Crm, start: datetime, end: datetime) -> ir.Table:
    """Stand the two instants side by side, with 0 for who was not there."""
    both = ibis.union(_side(mrr(crm, start), "start", "end"), _side(mrr(crm, end), "end", "start"))
    return both.group_by("customer_id").aggregate(**{n: both[n].sum() for n in both.columns if n != "customer_id"})


def _side(there: ir.Table, own: str, other: str) -> ir.Table:
    types = {"mrr": "decimal(38, 4)", "live": "int64", "todays": "int64", "unknown": "int64"}
    named = {f"{n}_{own}": there[n].cast(kind) for n, kind in types.items()}
    named |= {f"{n}_{other}": ibis.literal(0).cast(kind) for n, kind in types.items()}
    return there.select("customer_id", **dict(sorted(named.items())))


def gross_revenue_retention(crm: Crm, start: datetime, end: datetime) -> Metric:
    """Return the share of the MRR at ``start`` still paid at ``end``, no customer counting for more than before.

    (start − churn − contraction) / start, capped per customer at 100 %; bootstrap interval by customer.

    Raises DataError for a source without subscriptions, or where no amount is known.
    """
    moved = _known(mrr_movements(crm, start, end))
    kept = moved[["mrr_start", "mrr_end"]].min(axis=1)
    words = "(MRR at the start − churn − contraction) / MRR at the start, per customer 100 % at most"
    return _revenue_share("gross revenue retention", kept, moved, words, crm.facts.currency)


def net_revenue_retention(crm: Crm, start: datetime, end: datetime, *, reactivation: bool = False) -> Metric:
    """Return what the customers of ``start`` pay at ``end``, over what they paid then; can exceed 100 %.

    (start − churn − contraction + expansion) / start; with ``reactivation`` what returning customers pay is added.
    Bootstrap interval by customer.

    Raises DataError for a source without subscriptions, or where no amount is known.
    """
    moved = _known(mrr_movements(crm, start, end))
    counts = moved["live_start"] > 0
    if reactivation:
        counts |= moved["movement"] == "reactivation"
    words = "(MRR at the start − churn − contraction + expansion{}) / MRR at the start"
    named = f"reactivation {'in' if reactivation else 'out'}"
    words = words.format(" + reactivation" if reactivation else "")
    kept = moved["mrr_end"].where(counts, 0.0)
    return _revenue_share("net revenue retention", kept, moved, words, crm.facts.currency, named=named)


def _known(moved: ir.Table) -> pd.DataFrame:
    """Fetch the customers whose amounts are known; the attribute unknown counts the others."""
    amounts = {n: moved[n].cast("float64") for n in ("mrr_start", "mrr_end")}
    told = moved.mutate(**amounts).order_by("customer_id").to_pandas()
    known = told[told["movement"] != "unknown"]
    check_amounts(known=len(known), unknown=len(told) - len(known))
    known.attrs["unknown"] = len(told) - len(known)
    return known


def check_amounts(*, known: int, unknown: int) -> None:
    """Raise DataError when there are customers, and no amount of any is known."""
    if unknown and not known:
        raise DataError(
            f"no MRR is known of any of the {unknown} subscribing customers: map subscription_changes with changed_at "
            "and mrr, with a row at each subscription's start; subscriptions.mrr is today's value, and serves only a "
            "subscription that never changed, looked at as of today."
        )


def _revenue_share(
    name: str, kept: pd.Series, moved: pd.DataFrame, words: str, currency: str, *, named: str = ""
) -> Metric:
    words += f", {currency}"
    if moved["todays"].any():
        words += f"; today's amount taken for {moved['todays'].sum():,} customers without a history"
    if moved.attrs["unknown"]:
        words += f"; {moved.attrs['unknown']:,} customers left out, their amount not being known"
    n = int((moved["live_start"] > 0).sum())
    return ratio_of_sums(name, kept, moved["mrr_start"], words, n=n, named=named)
