"""Who left, how, and with which evidence.

Two products that are never mixed: the dated *history* of lives and departures (:func:`lives`, :func:`churn_events`),
for rates and reports; and the forward *outcome* per customer and snapshot (:func:`label_churn`,
:func:`label_returns`), for models. Taking "silence reaches N days inside the window" as a training target would make
recency a clock that predicts itself.

A customer who has had a paid subscription is judged by subscriptions (active, financial and passive churn), anybody
else by orders (passive churn). A source without the tables for a kind yields no label of that kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import ibis
import ibis.expr.types as ir

from workbench.asof import KEY, AsOf, Crm, Moment, check_mature, moments
from workbench.errors import SettingError
from workbench.label import orders, subscriptions
from workbench.label.rules import Dated as Dated
from workbench.label.rules import LeftBy as LeftBy
from workbench.label.rules import Rules as Rules

STATE = ["first_at", "last_at", "last_record_id", "state", "at_risk", "why"]
OUTCOME = ["churned", "kind", "rule", "reason", "last_at", "last_record_id", "next_at", "next_record_id"]


def label_churn(
    crm: Crm,
    as_of: Moment | Iterable[Moment],
    *,
    horizon_days: int = 91,
    inactive_days: int | None = 91,
    grace_days: int = 30,
    overdue_days: int = 30,
    dated: Dated = "notice",
    left_by: LeftBy = "subscriptions",
) -> ir.Table:
    """Return one row per customer *at risk* and snapshot, with what they did in ``[as_of, as_of + horizon_days)``.

    Columns: customer_id, as_of, horizon_days, matured_at, churned (bool), kind ('active', 'financial', 'passive' or
    empty), and the evidence: rule, reason, last_at and last_record_id (the last order or the subscription before),
    next_at and next_record_id (an orders customer's first order in the window; a subscriber's departure).
    With ``inactive_days=None`` everyone who ever bought is at risk; else only who bought in the last ``inactive_days``.

    Raises SettingError when an outcome window reaches past the data, with the latest ``as_of`` that works.

    >>> import pandas as pd, workbench as wb
    >>> orders = pd.DataFrame({"order_id": ["1", "2", "3"], "customer_id": ["ann", "bob", "ann"],
    ...                        "ordered_at": ["2024-01-10", "2024-01-20", "2024-02-10"], "amount": [1, 1, 1]})
    >>> crm = wb.load_tables({"orders": orders})
    >>> labels = label_churn(crm, as_of="2024-02-01", horizon_days=10, inactive_days=30)
    >>> labels.order_by("customer_id").to_pandas()[["customer_id", "churned", "next_record_id"]].values.tolist()
    [['ann', False, '3'], ['bob', True, nan]]
    """
    rules = Rules(inactive_days, grace_days, overdue_days, dated, left_by)
    at = _checked(crm, as_of, horizon_days, rules)
    at_risk = _known(crm.as_of(at), rules).filter(ibis._.at_risk)
    parts = []
    if "orders" in crm:
        parts.append(_orders_outcome(crm, at_risk.filter(ibis._.judged_by == "orders"), at, horizon_days))
    if "subscriptions" in crm:
        by_contract = at_risk.filter(ibis._.judged_by == "subscriptions")
        parts.append(_subscriptions_outcome(crm, by_contract, horizon_days, rules))
    told = _stacked(parts, [*KEY, *OUTCOME])
    settled = ibis.interval(days=horizon_days + rules.settle_days(crm))
    return told.mutate(horizon_days=ibis.literal(horizon_days, "int64"), matured_at=told.as_of + settled)


def label_returns(
    crm: Crm,
    as_of: Moment | Iterable[Moment],
    *,
    horizon_days: int = 91,
    inactive_days: int = 91,
    left_by: LeftBy = "subscriptions",
) -> ir.Table:
    """Return one row per *lapsed* orders customer and mature snapshot: whether they came back within the horizon.

    Columns: customer_id, as_of, horizon_days, returned (bool), last_at, last_record_id, next_at, next_record_id.
    """
    rules = Rules(inactive_days, left_by=left_by)
    at = _checked(crm, as_of, horizon_days, rules)
    known = _known(crm.as_of(at), rules)
    lapsed = known.filter(known.state == "lapsed")
    told = (
        _ahead(crm, lapsed, at, horizon_days)
        if "orders" in crm
        else lapsed.mutate(next_at=ibis.null("timestamp"), next_record_id=ibis.null("string"))
    )
    return told.select(
        *KEY, "last_at", "last_record_id", "next_at", "next_record_id",
        horizon_days=ibis.literal(horizon_days, "int64"), returned=told.next_at.notnull(),
    )  # fmt: skip


def states(
    crm: Crm,
    as_of: Moment | Iterable[Moment],
    *,
    inactive_days: int | None = 91,
    overdue_days: int = 30,
    left_by: LeftBy = "subscriptions",
) -> ir.Table:
    """Return every known customer's state at each snapshot, and so who is left out of the risk set and why.

    Columns: customer_id, as_of, state, at_risk (bool), why, judged_by ('orders' or 'subscriptions'), inactive_days,
    first_at, last_at, last_record_id, silent_days (whole days since the last order or event). States: paying, dormant,
    delinquent (at risk); lapsed, paused, in notice, gone (not at risk).
    """
    rules = Rules(inactive_days, overdue_days=overdue_days, left_by=left_by)
    told = _known(crm.as_of(as_of), rules)
    return told.mutate(
        inactive_days=ibis.literal(inactive_days, "int64"),
        silent_days=told.as_of.date().delta(told.last_at.date(), unit="day"),
    )


def lives(
    crm: Crm,
    *,
    inactive_days: int = 91,
    grace_days: int = 30,
    dated: Dated = "notice",
    left_by: LeftBy = "subscriptions",
) -> ir.Table:
    """Return the dated history: one row per life of a customer.

    Columns: customer_id, life (1, 2, … per customer), started_at, last_at, record_id, ended_at (empty while the life
    goes on), kind, rule, reason (empty with it), reactivated_at (the next life's start, if any).

    Raises SettingError when a threshold does not fit the history.
    """
    rules = Rules(inactive_days, grace_days, dated=dated, left_by=left_by)
    rules.check(crm)
    crm = _counted(crm, rules)
    parts = []
    if "subscriptions" in crm:
        parts.append(subscriptions.lives(crm, rules))
    if "orders" in crm:
        parts.append(orders.lives(_without_subscribers(crm), rules))
    columns = ["customer_id", "life", "started_at", "last_at", "record_id", "ended_at", "kind", "rule", "reason"]
    told = _stacked(parts, columns)
    following = ibis.window(group_by="customer_id", order_by="life")
    return told.mutate(reactivated_at=told.started_at.lead().over(following))


def churn_events(
    crm: Crm,
    *,
    inactive_days: int = 91,
    grace_days: int = 30,
    dated: Dated = "notice",
    left_by: LeftBy = "subscriptions",
) -> ir.Table:
    """Return one row per departure, dated when it counts: silence reached the limit, or the last subscription closed.

    Columns: customer_id, occurred_at, kind, rule, reason, last_at, last_record_id, reactivated_at (empty: not yet).
    """
    told = lives(crm, inactive_days=inactive_days, grace_days=grace_days, dated=dated, left_by=left_by)
    gone = told.filter(told.ended_at.notnull())
    return gone.select(
        "customer_id", "kind", "rule", "reason", "last_at", "reactivated_at",
        occurred_at=gone.ended_at, last_record_id=gone.record_id,
    )  # fmt: skip


def _checked(crm: Crm, as_of: Moment | Iterable[Moment], horizon_days: int, rules: Rules) -> list[datetime]:
    at = moments(as_of)
    if horizon_days < 1:
        raise SettingError(f"horizon_days {horizon_days} is no time to leave in; use 1 or more.")
    rules.check(crm)
    check_mature(crm.facts, at, horizon_days + rules.settle_days(crm))
    return at


def _known(view: AsOf, rules: Rules) -> ir.Table:
    """States of all customers, each judged by subscriptions if there was one before the snapshot, else by orders."""
    view = AsOf(_counted(view.crm, rules), view.moments)
    parts = []
    if "subscriptions" in view:
        parts.append(subscriptions.states(view, rules).mutate(judged_by=ibis.literal("subscriptions")))
    if "orders" in view:
        by_orders = orders.states(view, rules).mutate(judged_by=ibis.literal("orders"))
        parts.append(by_orders.anti_join(parts[0], KEY) if parts else by_orders)
    columns = [*KEY, *STATE, "judged_by"]
    return _stacked(parts, columns)


def _stacked(parts: list[ir.Table], columns: list[str]) -> ir.Table:
    """Stack parts with the same columns; engines differ in the precision they give to computed instants."""
    times = {n: "timestamp" for n, kind in parts[0].select(columns).schema().items() if kind.is_timestamp()}
    same = [part.select(columns).cast(times) for part in parts]
    return ibis.union(*same) if len(same) > 1 else same[0]


def _counted(crm: Crm, rules: Rules) -> Crm:
    """Return the Crm without excluded accounts, its subscriptions closed by what the rules believe.

    Raises SettingError for a source that shows no activity.
    """
    if "orders" not in crm and "subscriptions" not in crm:
        raise SettingError(f"churn labels need the table orders or subscriptions; this source has {', '.join(crm)}.")
    if rules.left_by == "cancellations":
        rules.check(crm)
        closed = subscriptions.closed_by_record(crm["subscriptions"], crm["cancellations"])
        crm = Crm({**crm.tables, "subscriptions": closed}, crm.facts, crm.refused)
    if "customers" not in crm or "exclude_reason" not in crm["customers"].columns:
        return crm
    customers = crm["customers"]
    excluded = customers.filter(customers.exclude_reason.notnull()).select("customer_id")
    judged = {name: crm[name].anti_join(excluded, "customer_id") for name in ("orders", "subscriptions") if name in crm}
    return Crm({**crm.tables, **judged}, crm.facts, crm.refused)


def _without_subscribers(crm: Crm) -> Crm:
    if "subscriptions" not in crm:
        return crm
    subscribers = subscriptions.paid(crm["subscriptions"]).select("customer_id").distinct()
    return Crm({**crm.tables, "orders": crm["orders"].anti_join(subscribers, "customer_id")}, crm.facts, crm.refused)


def _orders_outcome(crm: Crm, at_risk: ir.Table, at: list[datetime], horizon_days: int) -> ir.Table:
    told = _ahead(crm, at_risk, at, horizon_days)
    churned = told.next_at.isnull()
    return told.mutate(
        churned=churned,
        kind=ibis.ifelse(churned, "passive", ibis.null("string")),
        reason=ibis.null("string"),
        rule=ibis.ifelse(
            churned, f"no order in the {horizon_days} days from as_of", f"ordered within {horizon_days} days of as_of"
        ),
    ).select(*KEY, *OUTCOME)


def _ahead(crm: Crm, known: ir.Table, at: list[datetime], horizon_days: int) -> ir.Table:
    first = orders.first_ahead(crm, at, horizon_days)
    return known.left_join(first, KEY).drop("customer_id_right", "as_of_right")


def _subscriptions_outcome(crm: Crm, at_risk: ir.Table, horizon_days: int, rules: Rules) -> ir.Table:
    """The first departure dated in the window, if any; a life that closes and goes on within its grace is none."""
    gone = subscriptions.lives(_counted(crm, rules), rules)
    gone = gone.filter(gone.ended_at.notnull()).select("customer_id", "ended_at", "kind", "rule", "reason", "record_id")
    pairs = at_risk.select(KEY).join(gone, "customer_id")
    end = pairs.as_of + ibis.interval(days=horizon_days)
    inside = pairs.filter((pairs.ended_at >= pairs.as_of) & (pairs.ended_at < end))
    first = inside.group_by(*KEY).aggregate(
        next_at=inside.ended_at.min(),
        next_record_id=inside.record_id.argmin(inside.ended_at),
        **{n: inside[n].argmin(inside.ended_at) for n in ("kind", "rule", "reason")},
    )
    told = at_risk.left_join(first, KEY).drop("customer_id_right", "as_of_right")
    stayed = f"no departure within {horizon_days} days of as_of"
    return told.mutate(churned=told.next_at.notnull(), rule=told.rule.fill_null(stayed)).select(*KEY, *OUTCOME)
