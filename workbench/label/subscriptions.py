"""Customers who subscribe: when their paid service was on, as the rules believe it, and the state that puts them in."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.crm import KEY, AsOf, keys, last_and_next, pauses, remembered
from workbench.engines import attach, first_of, materialized
from workbench.label.billing import delinquent, lapses
from workbench.label.closings import Tables, closed
from workbench.label.evidence import day
from workbench.label.rules import Rules


@remembered
def segments(tables: Tables, rules: Rules) -> ir.Table:
    """Return the paid subscriptions as served: each cut where the customer was lost for not paying, and taken up again.

    Columns of ``closed``, and debt_id and unpaid_since where a segment was cut.
    """
    subs = closed(tables, rules)
    lost = lapses(tables.crm if isinstance(tables, AsOf) else tables, rules)
    if lost is None:
        return subs.mutate(debt_id=ibis.null("string"), unpaid_since=ibis.null("timestamp"))
    subs = materialized(subs)
    if isinstance(tables, AsOf):
        lost = _seen(lost, tables)
    by = keys(tables)
    resumed = lost.filter(lost.back_at.notnull()).select(*by, "back_at").distinct()
    again = subs.join(resumed, by)
    close = ibis.least(again.cancelled_at, again.ended_at)
    again = again.filter((again.started_at < again.back_at) & (close.isnull() | (close > again.back_at)))
    again = again.mutate(started_at=again.back_at).select(subs.columns)
    return materialized(_cut(ibis.union(*(t.cast(_times(t)) for t in (subs, again))), lost, by))


def _seen(lost: ir.Table, view: AsOf) -> ir.Table:
    pairs = lost.cross_join(view.snapshots)
    pairs = pairs.filter(pairs.lapsed_at < pairs.as_of)
    return pairs.mutate(back_at=ibis.ifelse(pairs.back_at < pairs.as_of, pairs.back_at, None))


def _times(table: ir.Table) -> dict[str, str]:
    """Engines differ in the precision they give to computed instants."""
    return {name: "timestamp" for name, kind in table.schema().items() if kind.is_timestamp()}


def _cut(served: ir.Table, lost: ir.Table, by: list[str]) -> ir.Table:
    one = [*by, "subscription_id", "started_at"]
    pairs = served.select(*one, "ended_at").join(lost.select(*by, "lapsed_at", "since", "debt_id"), by)
    # What ran out when the subscription began is no debt of its own; at its end the debt counts, not the notice.
    inside = (pairs.lapsed_at > pairs.started_at) & (pairs.ended_at.isnull() | (pairs.lapsed_at <= pairs.ended_at))
    first = first_of(pairs.filter(inside), one, "lapsed_at").select(*one, "lapsed_at", "debt_id", unpaid_since="since")
    met = attach(served, first, one)
    early = met.lapsed_at.notnull() & (met.cancelled_at >= met.lapsed_at)
    return met.mutate(
        cancelled_at=ibis.ifelse(early.fill_null(False), None, met.cancelled_at),
        ended_at=met.lapsed_at.coalesce(met.ended_at),
    ).drop("lapsed_at")


@remembered
def states(view: AsOf, rules: Rules) -> ir.Table:
    """Return the state of every customer who had a paid subscription before each snapshot.

    paying, dormant (paying, no event for ``inactive_days``) and delinquent are at risk; paused, in notice and gone not.
    Columns: customer_id, as_of, first_at, last_at, last_record_id, last_end_at, left_at (the last closing), state, why.
    """
    served = segments(view, rules)
    live, open_ = served.ended_at.isnull(), served.ended_at.isnull() & served.cancelled_at.isnull()
    customers = served.group_by(*KEY).aggregate(
        first_at=served.started_at.min(),
        last_record_id=served.subscription_id.max(),
        last_end_at=served.ended_at.max(),
        unpaid_since=served.unpaid_since.max(),
        left_at=ibis.least(served.cancelled_at, served.ended_at).max(),
        n_live=live.cast("int64").sum(),
        n_open=open_.cast("int64").sum(),
    )
    customers = _with_pauses(customers, view, served.filter(open_))
    owed = delinquent(view, rules)
    customers = customers.mutate(debt_id=ibis.null("string")) if owed is None else _add(customers, owed)
    return _named(_with_last_sign(customers, view), "events" in view, rules)


def _named(customers: ir.Table, has_events: bool, rules: Rules) -> ir.Table:
    days = rules.inactive_days
    silent = ibis.literal(False)
    if has_events and days is not None:
        silent = customers.last_at < customers.as_of - ibis.interval(days=days)
    lost = (customers.unpaid_since.notnull() & (customers.last_end_at > customers.unpaid_since)).fill_null(False)
    steps = [
        (
            (customers.n_live == 0) & lost,
            "gone",
            ibis.literal("unpaid, and no activity since ") + day(customers.unpaid_since),
        ),
        (customers.n_live == 0, "gone", ibis.literal("no paid subscription is left")),
        (customers.n_open == 0, "in notice", ibis.literal("cancelled, and the service is not over")),
        (customers.n_paused >= customers.n_open, "paused", ibis.literal("paused")),
        (customers.debt_id.notnull(), "delinquent", ibis.literal("unpaid for too long: ") + customers.debt_id),
        (silent, "dormant", ibis.literal(f"paying, and no event for more than {days} days")),
    ]
    named = customers.mutate(
        state=ibis.cases(*((when, name) for when, name, _ in steps), else_="paying"),
        why=ibis.cases(*((when, why) for when, _, why in steps), else_="paying"),
    )
    return materialized(
        named.select(*KEY, "first_at", "last_at", "last_record_id", "last_end_at", "left_at", "state", "why")
    )


def _with_pauses(customers: ir.Table, view: AsOf, open_: ir.Table) -> ir.Table:
    """Add n_paused, how many open subscriptions are paused, and resumed_at, when one was last resumed."""
    if "subscription_changes" not in view:
        return customers.mutate(n_paused=ibis.literal(0, "int64"), resumed_at=ibis.null("timestamp"))
    now = open_.join(materialized(pauses(view)), ["subscription_id", "as_of"])
    counted = now.group_by(*KEY).aggregate(
        n_paused=now.paused.cast("int64").sum(), resumed_at=now.changed_at.max(where=~now.paused)
    )
    return _add(customers, counted, n_paused=0)


def _with_last_sign(customers: ir.Table, view: AsOf) -> ir.Table:
    """Add last_at: the last event, or the resumption after a pause (which stops the clock), else the first start."""
    if "events" not in view:
        return customers.mutate(last_at=customers.first_at)
    used = last_and_next(view.crm.lasting("events").rename(at="occurred_at"), view.moments, codes=view.crm.codes)
    customers = _add(customers, used.select(*KEY, last_used_at="last_at"))
    seen = customers.last_used_at.coalesce(customers.first_at)
    return customers.mutate(last_at=ibis.greatest(seen, customers.resumed_at.coalesce(seen)))


def _add(left: ir.Table, right: ir.Table, **otherwise: int) -> ir.Table:
    joined = attach(left, right, KEY)
    return joined.mutate(**{n: joined[n].fill_null(value) for n, value in otherwise.items()})
