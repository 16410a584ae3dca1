"""Customers who subscribe: active, financial and passive churn, told when the last paid subscription closes."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.asof import KEY, AsOf, Crm
from workbench.label.billing import delinquent, unpaid_at_end
from workbench.label.rules import CANNOT_AFFORD, Rules

FAR = ibis.timestamp("9999-01-01")


def paid(subscriptions: ir.Table) -> ir.Table:
    """Return the paid subscriptions with cancelled_at, ended_at and cancel_reason, whatever the source maps."""
    if "kind" in subscriptions.columns:
        subscriptions = subscriptions.filter(subscriptions.kind.isnull() | (subscriptions.kind == "paid"))
    if "ended_at" not in subscriptions.columns and "cancelled_at" in subscriptions.columns:
        subscriptions = subscriptions.mutate(ended_at=subscriptions.cancelled_at)
    empty = {
        "cancelled_at": ibis.null("timestamp"),
        "ended_at": ibis.null("timestamp"),
        "cancel_reason": ibis.null("string"),
    }
    return subscriptions.mutate(**{n: value for n, value in empty.items() if n not in subscriptions.columns})


def closed_by_record(subscriptions: ir.Table, cancellations: ir.Table) -> ir.Table:
    """Return the subscriptions, each closed by the customer's first recorded cancellation since it started, if any."""
    own = [n for n in subscriptions.columns if n not in ("cancelled_at", "ended_at", "cancel_reason")]
    said = cancellations.mutate(
        cancel_reason=cancellations.reason if "reason" in cancellations.columns else ibis.null("string")
    ).select("customer_id", "occurred_at", "cancel_reason")
    pairs = subscriptions.select("subscription_id", "customer_id", "started_at").join(said, "customer_id")
    later = pairs.filter(pairs.occurred_at >= pairs.started_at)
    first = later.group_by("subscription_id").aggregate(
        cancelled_at=later.occurred_at.min(),
        ended_at=later.occurred_at.min(),
        cancel_reason=later.cancel_reason.argmin(later.occurred_at),
    )
    return subscriptions.select(own).left_join(first, "subscription_id").drop("subscription_id_right")


def states(view: AsOf, rules: Rules) -> ir.Table:
    """Return the state of every customer who had a paid subscription before each snapshot.

    paying, dormant (paying, no event for ``inactive_days``) and delinquent are at risk; paused, in notice and gone not.
    """
    subs = paid(view["subscriptions"])
    live, open_ = subs.ended_at.isnull(), subs.ended_at.isnull() & subs.cancelled_at.isnull()
    told = subs.group_by(*KEY).aggregate(
        first_at=subs.started_at.min(),
        last_record_id=subs.subscription_id.max(),
        n_live=live.cast("int64").sum(),
        n_open=open_.cast("int64").sum(),
    )
    told = _add(told, _paused(view, subs.filter(open_)), n_paused=0)
    told = (
        _add(told, delinquent(view, rules.overdue_days), owed_invoice_id=None)
        if "invoices" in view
        else told.mutate(owed_invoice_id=ibis.null("string"))
    )
    told = _add(told, _last_event(view), last_event_at=None)
    return _named(told, "events" in view, rules)


def _named(told: ir.Table, has_events: bool, rules: Rules) -> ir.Table:
    days = rules.inactive_days
    silent = ibis.literal(False)
    if has_events and days is not None:
        limit = told.as_of - ibis.interval(days=days)
        silent = (told.last_event_at < limit).fill_null(told.first_at < limit)
    steps = [
        (told.n_live == 0, "gone", "no paid subscription is left"),
        (told.n_open == 0, "in notice", "cancelled, and the service is not over"),
        (told.n_paused >= told.n_open, "paused", "paused"),
        (told.owed_invoice_id.notnull(), "delinquent", f"an invoice is more than {rules.overdue_days} days past due"),
        (silent, "dormant", f"paying, and no event for more than {days} days"),
    ]
    state = ibis.cases(*((when, name) for when, name, _ in steps), else_="paying")
    why = ibis.cases(*((when, words) for when, _, words in steps), else_="paying")
    told = told.mutate(state=state, why=why, last_at=told.last_event_at.coalesce(told.first_at))
    at_risk = told.state.isin(["paying", "dormant", "delinquent"])
    return told.select(*KEY, "first_at", "last_at", "last_record_id", "state", "why", at_risk=at_risk)


def _paused(view: AsOf, open_: ir.Table) -> ir.Table:
    """Count, per customer and snapshot, the open subscriptions whose last pause has not been resumed."""
    if "subscription_changes" not in view:
        return open_.select(KEY).distinct().mutate(n_paused=ibis.literal(0, "int64"))
    changes = view["subscription_changes"]
    changes = changes.filter(changes.change.isin(["paused", "resumed"]))
    last = changes.group_by("subscription_id", "as_of").aggregate(last=changes.change.argmax(changes.changed_at))
    now = open_.join(last.filter(last.last == "paused"), ["subscription_id", "as_of"])
    return now.group_by(*KEY).aggregate(n_paused=now.count())


def _last_event(view: AsOf) -> ir.Table:
    if "events" not in view:
        return view["subscriptions"].select(KEY).distinct().mutate(last_event_at=ibis.null("timestamp"))
    events = view["events"]
    return events.group_by(*KEY).aggregate(last_event_at=events.occurred_at.max())


def _add(left: ir.Table, right: ir.Table, **otherwise: int | None) -> ir.Table:
    joined = left.left_join(right, KEY).drop("customer_id_right", "as_of_right")
    return joined.mutate(**{n: joined[n].fill_null(value) for n, value in otherwise.items() if value is not None})


def lives(crm: Crm, rules: Rules) -> ir.Table:
    """Return the lives of subscribers, from a first paid subscription until the last one closes for good.

    Columns as of the orders' lives. A subscription that starts within ``grace_days`` of the closing goes on with the
    same life, unless the closing was financial.
    """
    spells = _spells(paid(crm["subscriptions"]), rules)
    closed = _with_kind(crm, spells, rules)
    order = ibis.window(group_by="customer_id", order_by="life")
    before, kind_before = closed.ended_at.lag().over(order), closed.kind.lag().over(order)
    late = closed.started_at > before + ibis.interval(days=rules.grace_days)
    closed = closed.mutate(begins=(before.isnull() | late | (kind_before == "financial")).cast("int64"))
    so_far = ibis.cumulative_window(group_by="customer_id", order_by="life")
    closed = closed.mutate(spell="life", life=closed.begins.sum().over(so_far))
    last = {n: closed[n].argmax(closed.spell) for n in ("record_id", "kind", "rule", "reason")}
    end = closed.ended_at.fill_null(FAR).max()
    told = closed.group_by("customer_id", "life").aggregate(started_at=closed.started_at.min(), ended_at=end, **last)
    return _settled(told, crm, rules)


def _settled(told: ir.Table, crm: Crm, rules: Rules) -> ir.Table:
    """A closing counts once its days of grace are over; until then the life goes on."""
    known_until = ibis.timestamp(str(crm.facts.known_until))
    final = told.ended_at + ibis.interval(days=rules.grace_days) <= known_until
    final = (told.ended_at < FAR) & final
    kept = {n: ibis.ifelse(final, told[n], None) for n in ("ended_at", "kind", "rule", "reason")}
    return told.mutate(last_at=ibis.ifelse(told.ended_at < FAR, told.ended_at, None), **kept)


def _spells(subs: ir.Table, rules: Rules) -> ir.Table:
    """Join subscriptions that touch or overlap: customer_id, life (running number), started_at, ended_at, record_id."""
    close = ibis.least(subs.cancelled_at, subs.ended_at) if rules.dated == "notice" else subs.ended_at
    order = {"group_by": "customer_id", "order_by": ["started_at", "subscription_id"]}
    subs = subs.mutate(close=close.fill_null(FAR))
    subs = subs.mutate(closed_before=subs.close.max().over(ibis.window(**order, rows=(None, -1))))
    begins = subs.closed_before.isnull() | (subs.started_at > subs.closed_before)
    subs = subs.mutate(begins=begins.cast("int64"))
    subs = subs.mutate(life=subs.begins.sum().over(ibis.cumulative_window(**order)))
    last = subs.close.max()
    return subs.group_by("customer_id", "life").aggregate(
        started_at=subs.started_at.min(),
        ended_at=ibis.ifelse(last < FAR, last, None),
        record_id=subs.subscription_id.argmax(subs.close),
        cancelled=subs.cancelled_at.notnull().argmax(subs.close),
        cancel_reason=subs.cancel_reason.argmax(subs.close),
    )


def _with_kind(crm: Crm, spells: ir.Table, rules: Rules) -> ir.Table:
    """Add kind, rule and reason to closed spells: financial goes before active, active before passive."""
    told = unpaid_at_end(crm, _recorded(crm, spells, rules))
    reason = told.cancel_reason.coalesce(told.recorded_reason)
    poor = reason.strip().lower().isin(CANNOT_AFFORD).fill_null(False)
    steps = [
        (told.ended_at.isnull(), None, None),
        (poor, "financial", ibis.literal("left because of money")),
        (told.unpaid_id.notnull(), "financial", ibis.literal("unpaid when service ended: ") + told.unpaid_id),
        (told.cancelled | told.recorded, "active", ibis.literal("the last paid subscription was cancelled")),
    ]
    kind = ibis.cases(*((when, ibis.literal(kind, "string")) for when, kind, _ in steps), else_="passive")
    rule = ibis.cases(
        *((when, ibis.null("string") if words is None else words) for when, _, words in steps),
        else_="the term ended unrenewed, without notice or debt",
    )
    return told.mutate(kind=kind, rule=rule, reason=reason)


def _recorded(crm: Crm, spells: ir.Table, rules: Rules) -> ir.Table:
    """Add whether a cancellation was recorded around the closing, and its reason."""
    if "cancellations" not in crm:
        return spells.mutate(recorded=ibis.literal(False), recorded_reason=ibis.null("string"))
    said = crm["cancellations"]
    said = said.select(
        "customer_id", "occurred_at",
        recorded_reason=said.reason if "reason" in said.columns else ibis.null("string"),
    )  # fmt: skip
    pairs = spells.select("customer_id", "life", "ended_at").join(said, "customer_id")
    near = (pairs.occurred_at >= pairs.ended_at - ibis.interval(days=rules.grace_days)) & (
        pairs.occurred_at <= pairs.ended_at + ibis.interval(days=1)
    )
    close = pairs.filter(near)
    one = close.group_by("customer_id", "life").aggregate(recorded_reason=close.recorded_reason.max())
    joined = spells.left_join(one.mutate(recorded=True), ["customer_id", "life"])
    return joined.drop("customer_id_right", "life_right").mutate(recorded=joined.recorded.fill_null(False))
