"""Customers who order: passive churn. They cancel nothing; they fall silent."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from workbench.asof import KEY, AsOf, Crm, snapshot_table
from workbench.label.rules import Rules
from workbench.label.subscriptions import paid


def sales(orders: ir.Table, *extra: str) -> ir.Table:
    """Return meaningful activity: customer_id, at, record_id, a row per customer and instant; returns do not count."""
    sold = orders.filter(orders.amount >= 0)
    return sold.group_by("customer_id", *extra, at=sold.ordered_at).aggregate(record_id=sold.order_id.min())


def states(view: AsOf, rules: Rules) -> ir.Table:
    """Return the state of every customer with an order before each snapshot: paying, or lapsed when long silent."""
    acts = sales(view["orders"], "as_of")
    seen = acts.group_by(*KEY).aggregate(
        first_at=acts.at.min(), last_at=acts.at.max(), last_record_id=acts.record_id.argmax(acts.at)
    )
    days = rules.inactive_days
    recent = ibis.literal(True) if days is None else seen.last_at >= seen.as_of - ibis.interval(days=days)
    return seen.mutate(
        at_risk=recent,
        state=ibis.ifelse(recent, "paying", "lapsed"),
        why=ibis.ifelse(recent, "ordered recently enough", f"no order for more than {days} days"),
    )


def first_ahead(crm: Crm, at: list[datetime], horizon_days: int) -> ir.Table:
    """Return per customer and snapshot the first order in the outcome window, or paid subscription begun in it.

    Columns: customer_id, as_of, next_at, next_record_id.
    """
    acts = sales(crm["orders"])
    if "subscriptions" in crm:
        begun = paid(crm["subscriptions"])
        begun = begun.select("customer_id", at=begun.started_at, record_id=begun.subscription_id)
        acts = ibis.union(acts.cast({"at": "timestamp"}), begun.cast({"at": "timestamp"}))
    acts = acts.cross_join(snapshot_table(at))
    inside = (acts.at >= acts.as_of) & (acts.at < acts.as_of + ibis.interval(days=horizon_days))
    ahead = acts.filter(inside)
    return ahead.group_by(*KEY).aggregate(next_at=ahead.at.min(), next_record_id=ahead.record_id.argmin(ahead.at))


def lives(crm: Crm, rules: Rules) -> ir.Table:
    """Return the lives of orders customers: from a first order until silence reaches ``inactive_days``.

    Columns: customer_id, life, started_at, last_at, record_id, ended_at, kind, rule, reason.
    """
    silence = ibis.interval(days=rules.inactive_days or 0)
    acts = sales(crm["orders"])
    order = ibis.window(group_by="customer_id", order_by="at")
    acts = acts.mutate(previous_at=acts.at.lag().over(order))
    acts = acts.mutate(begins=(acts.previous_at.isnull() | (acts.at >= acts.previous_at + silence)).cast("int64"))
    so_far = ibis.cumulative_window(group_by="customer_id", order_by="at")
    acts = acts.mutate(life=acts.begins.sum().over(so_far))
    told = acts.group_by("customer_id", "life").aggregate(
        started_at=acts.at.min(), last_at=acts.at.max(), record_id=acts.record_id.argmax(acts.at)
    )
    end = told.last_at + silence
    known = end <= ibis.timestamp(str(crm.facts.known_until))
    return told.mutate(
        ended_at=ibis.ifelse(known, end, None),
        kind=ibis.ifelse(known, "passive", None),
        rule=ibis.ifelse(known, f"no order for {rules.inactive_days} days", None),
        reason=ibis.null("string"),
    )
