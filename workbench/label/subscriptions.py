"""Customers who subscribe: active, financial and passive churn, told when the last paid subscription closes."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.crm import KEY, AsOf, Crm, keys, last_and_next, pauses
from workbench.engines import attach, first_of, materialized
from workbench.label import reasons
from workbench.label.billing import delinquent, lapses, unpaid_at_end
from workbench.label.closings import FAR, Tables, closed, records
from workbench.label.evidence import day, evidence
from workbench.label.rules import LIFE, WHY, Rules


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


def states(view: AsOf, rules: Rules) -> ir.Table:
    """Return the state of every customer who had a paid subscription before each snapshot.

    paying, dormant (paying, no event for ``inactive_days``) and delinquent are at risk; paused, in notice and gone not.
    Columns: customer_id, as_of, first_at, last_at, last_record_id, last_end_at, state, why.
    """
    served = segments(view, rules)
    live, open_ = served.ended_at.isnull(), served.ended_at.isnull() & served.cancelled_at.isnull()
    told = served.group_by(*KEY).aggregate(
        first_at=served.started_at.min(),
        last_record_id=served.subscription_id.max(),
        last_end_at=served.ended_at.max(),
        unpaid_since=served.unpaid_since.max(),
        n_live=live.cast("int64").sum(),
        n_open=open_.cast("int64").sum(),
    )
    told = _with_pauses(told, view, served.filter(open_))
    owed = delinquent(view, rules)
    told = told.mutate(debt_id=ibis.null("string")) if owed is None else _add(told, owed)
    return _named(_with_last_sign(told, view), "events" in view, rules)


def _named(told: ir.Table, has_events: bool, rules: Rules) -> ir.Table:
    days = rules.inactive_days
    silent = ibis.literal(False)
    if has_events and days is not None:
        silent = told.last_at < told.as_of - ibis.interval(days=days)
    lost = (told.unpaid_since.notnull() & (told.last_end_at > told.unpaid_since)).fill_null(False)
    steps = [
        ((told.n_live == 0) & lost, "gone", ibis.literal("unpaid, and no activity since ") + day(told.unpaid_since)),
        (told.n_live == 0, "gone", ibis.literal("no paid subscription is left")),
        (told.n_open == 0, "in notice", ibis.literal("cancelled, and the service is not over")),
        (told.n_paused >= told.n_open, "paused", ibis.literal("paused")),
        (told.debt_id.notnull(), "delinquent", ibis.literal("unpaid for too long: ") + told.debt_id),
        (silent, "dormant", ibis.literal(f"paying, and no event for more than {days} days")),
    ]
    named = told.mutate(
        state=ibis.cases(*((when, name) for when, name, _ in steps), else_="paying"),
        why=ibis.cases(*((when, words) for when, _, words in steps), else_="paying"),
    )
    return materialized(named.select(*KEY, "first_at", "last_at", "last_record_id", "last_end_at", "state", "why"))


def _with_pauses(told: ir.Table, view: AsOf, open_: ir.Table) -> ir.Table:
    """Add n_paused, how many open subscriptions are paused, and resumed_at, when one was last resumed."""
    if "subscription_changes" not in view:
        return told.mutate(n_paused=ibis.literal(0, "int64"), resumed_at=ibis.null("timestamp"))
    now = open_.join(pauses(view), ["subscription_id", "as_of"])
    counted = now.group_by(*KEY).aggregate(
        n_paused=now.paused.cast("int64").sum(), resumed_at=now.changed_at.max(where=~now.paused)
    )
    return _add(told, counted, n_paused=0)


def _with_last_sign(told: ir.Table, view: AsOf) -> ir.Table:
    """Add last_at: the last event, or the resumption after a pause (which stops the clock), else the first start."""
    if "events" not in view:
        return told.mutate(last_at=told.first_at)
    used = last_and_next(view.crm.lasting("events").rename(at="occurred_at"), view.moments, codes=view.crm.codes)
    told = _add(told, used.select(*KEY, last_used_at="last_at"))
    seen = told.last_used_at.coalesce(told.first_at)
    return told.mutate(last_at=ibis.greatest(seen, told.resumed_at.coalesce(seen)))


def _add(left: ir.Table, right: ir.Table, **otherwise: int) -> ir.Table:
    joined = attach(left, right, KEY)
    return joined.mutate(**{n: joined[n].fill_null(value) for n, value in otherwise.items()})


def lives(crm: Crm, rules: Rules) -> ir.Table:
    """Return the lives of subscribers, from a first paid subscription until the last one closes for good.

    Columns as of the orders' lives. A subscription that starts within ``grace_days`` of the closing goes on with the
    same life, unless the closing was financial.
    """
    told = materialized(_with_kind(crm, materialized(_spells(segments(crm, rules), rules)), rules))
    order = ibis.window(group_by="customer_id", order_by="spell")
    before, kind_before = told.ended_at.lag().over(order), told.kind.lag().over(order)
    late = told.started_at > before + ibis.interval(days=rules.grace_days)
    told = told.mutate(begins=(before.isnull() | late | (kind_before == "financial")).cast("int64"))
    told = told.mutate(life=told.begins.sum().over(ibis.cumulative_window(group_by="customer_id", order_by="spell")))
    begun = told.started_at.min().over(ibis.window(group_by=["customer_id", "life"]))
    last = first_of(told.mutate(begun=begun), ["customer_id", "life"], ibis.desc("spell"))
    return _settled(last.mutate(started_at=last.begun), crm, rules)


def _settled(told: ir.Table, crm: Crm, rules: Rules) -> ir.Table:
    """A closing counts once its days of grace are over; until then the life goes on."""
    known_until = ibis.timestamp(str(crm.facts.known_until))
    final = (told.ended_at + ibis.interval(days=rules.grace_days) <= known_until).fill_null(False)
    counted = {n: ibis.ifelse(final, told[n], None) for n in ("ended_at", *WHY)}
    return materialized(told.mutate(last_at=told.ended_at, **counted).select(LIFE))


def _spells(served: ir.Table, rules: Rules) -> ir.Table:
    """Join segments that touch or overlap; each spell ends with the segment that closes last."""
    close = ibis.least(served.cancelled_at, served.ended_at) if rules.dated == "notice" else served.ended_at
    order = {"group_by": "customer_id", "order_by": ["started_at", "subscription_id"]}
    served = served.mutate(close=close.fill_null(FAR))
    served = served.mutate(closed_before=served.close.max().over(ibis.window(**order, rows=(None, -1))))
    begins = served.closed_before.isnull() | (served.started_at > served.closed_before)
    served = served.mutate(begins=begins.cast("int64"))
    served = served.mutate(spell=served.begins.sum().over(ibis.cumulative_window(**order)))
    begun = served.started_at.min().over(ibis.window(group_by=["customer_id", "spell"]))
    last = first_of(served.mutate(begun=begun), ["customer_id", "spell"], ibis.desc("close"), "subscription_id")
    return last.mutate(
        started_at=last.begun,
        ended_at=ibis.ifelse(last.close < FAR, last.close, None),
        # Only what decided: with the notice dated, the end of service may not be known yet.
        service_ended_at=ibis.ifelse(last.close == last.ended_at, last.ended_at, None),
        record_id=last.subscription_id,
        # A segment closed before it was cut ended by notice, not by the debt.
        debt_id=ibis.ifelse(last.close == last.ended_at, last.debt_id, None),
    )


def _with_kind(crm: Crm, spells: ir.Table, rules: Rules) -> ir.Table:
    """Add kind, billing_outcome, rule and reason to closed spells: financial before active, active before passive."""
    told = unpaid_at_end(crm, _recorded(crm, spells, rules))
    told = reasons.told(told.mutate(reason_text=told.cancel_reason.coalesce(told.recorded_reason)), rules.reasons)
    cut, unpaid = told.debt_id.notnull(), told.unpaid_id.notnull()
    noticed = told.cancelled_at <= told.ended_at + ibis.interval(days=1)
    left = noticed.fill_null(False) | told.recorded_at.notnull()
    since = ibis.literal("unpaid since ") + day(told.unpaid_since) + ", and no activity since"
    steps = [
        (told.ended_at.isnull(), None, None, ibis.null("string")),
        (cut, "financial", "involuntary", since),
        ((told.reason_kind == "financial") & unpaid, "financial", "involuntary", ibis.literal("left because of money")),
        (told.reason_kind == "financial", "financial", "voluntary", ibis.literal("left because of money")),
        (unpaid, "financial", "involuntary", ibis.literal("unpaid when the service ended")),
        (left, "active", "voluntary", ibis.literal("the last paid subscription was cancelled")),
        (told.ended_at.notnull(), "passive", "none", ibis.literal("the term ended unrenewed, without notice or debt")),
    ]
    return told.mutate(
        kind=ibis.cases(*((when, ibis.literal(kind, "string")) for when, kind, _, _ in steps), else_=None),
        billing_outcome=ibis.cases(*((when, ibis.literal(how, "string")) for when, _, how, _ in steps), else_=None),
        rule=ibis.cases(*((when, words) for when, *_, words in steps), else_=None),
        evidence=evidence(
            subscription=told.record_id, begun=told.started_at, notice=told.cancelled_at, end=told.service_ended_at,
            told_by=told.told_by.nullif("subscriptions"), owed=told.debt_id.coalesce(told.unpaid_id),
            recorded=told.recorded_at, said=told.reason_text,
        ),
    )  # fmt: skip


def _recorded(crm: Crm, spells: ir.Table, rules: Rules) -> ir.Table:
    """Add the cancellation recorded around the closing, if any: recorded_at, recorded_reason."""
    if "cancellations" not in crm:
        return spells.mutate(recorded_at=ibis.null("timestamp"), recorded_reason=ibis.null("string"))
    by = ["customer_id", "spell"]
    pairs = spells.select(*by, "ended_at").join(records(crm), "customer_id")
    near = (pairs.closed_at >= pairs.ended_at - ibis.interval(days=rules.grace_days)) & (
        pairs.closed_at <= pairs.ended_at + ibis.interval(days=1)
    )
    close = pairs.filter(near)
    one = close.group_by(by).aggregate(recorded_at=close.closed_at.max(), recorded_reason=close.reason_text.max())
    return attach(spells, one, by)
