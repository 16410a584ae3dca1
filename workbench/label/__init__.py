"""Who left, how, and with which evidence.

Two products that are never mixed: the dated *history* of lives and departures (:func:`lives`,
:func:`churn_events`), for rates and reports; and the forward *outcome* per customer and snapshot (:func:`label_churn`,
:func:`label_returns`), for models. Taking "silence reaches N days inside the window" as a training target would make
recency a clock that predicts itself.

Who has a paid subscription is judged by it (active, financial and passive churn), anybody else by orders, or where
there are none by use (passive churn, and active where an account is closed). A source without the tables for a kind
yields no label of that kind. All thresholds are keywords, explained at :class:`Rules`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Unpack

import ibis
import ibis.expr.types as ir

from workbench.crm import KEY, Crm, Moment, check_current, check_mature, moments, remembered
from workbench.engines import attach, first_of, materialized, name_settings
from workbench.errors import SettingError, check_whole
from workbench.label import orders, spells, subscriptions
from workbench.label.believed import believed
from workbench.label.closings import disagreements as disagreements
from workbench.label.corrected_lives import correct_lives
from workbench.label.corrections import correct_labels
from workbench.label.customer_states import known, stacked, within
from workbench.label.evidence import dated, evidence
from workbench.label.reasons import read_reasons as read_reasons
from workbench.label.reasons import shipped_reasons as shipped_reasons
from workbench.label.renewals import renewals_due as renewals_due
from workbench.label.rules import LIFE, WHY, Settings
from workbench.label.rules import PRESENT as PRESENT
from workbench.label.rules import Rules as Rules

OUTCOME = ["churned", *WHY, "last_at", "last_record_id", "next_at", "next_record_id"]


def label_churn(
    crm: Crm, as_of: Moment | Iterable[Moment], *, horizon_days: int = 91, **settings: Unpack[Settings]
) -> ir.Table:
    """Return one row per customer *at risk* and snapshot, with what they did in ``[as_of, as_of + horizon_days)``.

    Columns: customer_id, as_of, horizon_days, matured_at, churned (bool); empty for who stayed: kind ('active',
    'financial', 'passive'), billing_outcome ('voluntary', 'involuntary', 'none'), reason (by the mapping),
    reason_text, avoidable ('yes', 'no', 'unknown'); and the evidence: rule, evidence (dates and record ids as text),
    last_at and last_record_id (the last order, use or subscription before), next_at and next_record_id (an orders
    customer's first order in the window; a departure).
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
    crm, rules, at = _asked(crm, as_of, horizon_days, settings)
    at_risk = within(known(crm.as_of(at), rules), horizon_days).filter(ibis._.at_risk)
    plain = rules.uncorrected()
    parts = [_orders_outcome(crm, at_risk.filter(ibis._.judged_by == "orders"), horizon_days, plain)]
    if "subscriptions" in crm:
        by_contract = at_risk.filter(ibis._.judged_by == "subscriptions")
        parts.append(_subscriptions_outcome(crm, by_contract, horizon_days, plain))
    labels = correct_labels(stacked(parts, [*KEY, *OUTCOME]), rules.corrections, horizon_days)
    settled = ibis.interval(days=horizon_days + rules.settle_days(crm))
    return labels.mutate(horizon_days=ibis.literal(horizon_days, "int64"), matured_at=labels.as_of + settled)


def label_returns(
    crm: Crm, as_of: Moment | Iterable[Moment], *, horizon_days: int = 91, **settings: Unpack[Settings]
) -> ir.Table:
    """Return one row per *lapsed* customer and mature snapshot: whether they came back within the horizon.

    Columns: customer_id, as_of, horizon_days, returned (bool), last_at, last_record_id, next_at, next_record_id.
    """
    crm, rules, at = _asked(crm, as_of, horizon_days, settings)
    customers = within(known(crm.as_of(at), rules), horizon_days)
    lapsed = customers.filter(customers.state == "lapsed")
    if "subscriptions" in crm:
        lapsed = orders.first_start_ahead(crm, lapsed, horizon_days)
    return lapsed.select(
        *KEY, "last_at", "last_record_id", "next_at", "next_record_id",
        horizon_days=ibis.literal(horizon_days, "int64"), returned=lapsed.next_at.notnull(),
    )  # fmt: skip


def states(crm: Crm, as_of: Moment | Iterable[Moment], **settings: Unpack[Settings]) -> ir.Table:
    """Return every known customer's state at each snapshot, and so who is left out of the risk set and why.

    Columns: customer_id, as_of, state, at_risk (bool), why, judged_by ('orders', 'subscriptions' or 'nothing yet'),
    inactive_days, first_at, last_at, last_record_id, silent_days (whole days since the last order or event). States:
    paying, dormant, delinquent (at risk); lapsed, paused, in notice, gone, trial, free, prospect (not at risk).

    Raises SettingError for a snapshot before the data begin, or so long after their end that silence is a gap.
    """
    rules = Rules.of(crm, settings)
    for at in moments(as_of):
        check_current(crm.facts, at)
    customers = known(crm.counted().as_of(as_of), rules).drop("next_at", "next_record_id", "left_at")
    return customers.mutate(
        inactive_days=ibis.literal(rules.inactive_days, "int64"),
        silent_days=customers.as_of.date().delta(customers.last_at.date(), unit="day"),
    )


def lives(crm: Crm, **settings: Unpack[Settings]) -> ir.Table:
    """Return the dated history: one row per life of a customer.

    Columns: customer_id, life (1, 2, … per customer), started_at, last_at, record_id, ended_at (empty while the life
    goes on); empty with it: kind, billing_outcome, rule, reason, reason_text, avoidable, evidence; reactivated_at (the
    next life's start, if any), known_from and known_until (of all data, the same in every row),
    settled_until (until then no departure can still be undone within its days of grace).

    Raises SettingError when a threshold does not fit the history.
    """
    rules = Rules.of(crm, settings)
    rules.check_history(crm)
    return _lives(crm.counted(), rules)


def churn_events(crm: Crm, **settings: Unpack[Settings]) -> ir.Table:
    """Return one row per departure, dated when it counts: silence reached the limit, or the last subscription closed.

    Columns: customer_id, occurred_at, kind, billing_outcome, rule, reason, reason_text, avoidable, evidence, last_at,
    last_record_id, reactivated_at (empty: not yet); explained at :func:`label_churn`.
    """
    all_lives = lives(crm, **settings)
    gone = all_lives.filter(all_lives.ended_at.notnull())
    return gone.select(
        "customer_id", *WHY, "last_at", "reactivated_at", occurred_at=gone.ended_at, last_record_id=gone.record_id
    )


def unsettled_departures(crm: Crm, **settings: Unpack[Settings]) -> ir.Table:
    """Return who left so lately that a return would still undo it: customer_id, occurred_at, kind, one row each.

    Their days of grace are not over when the data end, so that no life and no event counts them yet.

    >>> import pandas as pd, workbench as wb
    >>> rows = pd.DataFrame({"subscription_id": ["1", "2", "3"], "customer_id": ["a", "b", "c"],
    ...     "started_at": ["2024-01-01", "2024-01-01", "2024-06-30"], "ended_at": ["2024-06-20", "2024-05-20", None]})
    >>> wb.unsettled_departures(wb.load_tables({"subscriptions": rows}), grace_days=30).customer_id.to_pandas().tolist()
    ['a']
    """
    rules, counted = Rules.of(crm, settings), crm.counted()
    by_orders = orders.settling(counted, rules)
    by_contract = spells.settling(counted, rules) if "subscriptions" in counted else None
    found = [rows for rows in (by_contract, by_orders) if rows is not None]
    columns = {"customer_id": "string", "kind": "string", "occurred_at": "timestamp"}
    if not found:
        return ibis.memtable([], schema=columns)
    return first_of(stacked(found, list(columns)), ["customer_id"], ibis.desc("occurred_at"))


def closed_by_rules(crm: Crm, **settings: Unpack[Settings]) -> Crm:
    """Return the Crm without excluded accounts, its paid subscriptions ended as the settings believe.

    Revenue and renewals counted on it agree with :func:`lives` on who left, and when.
    """
    return believed(crm.counted(), Rules.of(crm, settings))


def _asked(
    crm: Crm, as_of: Moment | Iterable[Moment], horizon_days: int, settings: Settings
) -> tuple[Crm, Rules, list[datetime]]:
    at = moments(as_of)
    check_whole("horizon_days", horizon_days)
    if horizon_days < 1:
        raise SettingError(f"horizon_days {horizon_days} is too short; use 1 or more.")
    rules = Rules.of(crm, settings)
    rules.check_history(crm)
    check_current(crm.facts, at[0])
    check_mature(crm.facts, at, horizon_days + rules.settle_days(crm))
    return crm.counted(), rules, at


@remembered
def _lives(crm: Crm, rules: Rules) -> ir.Table:
    corrected = correct_lives(_lives_by_rules(crm, rules.uncorrected()), rules.corrections, crm)
    order = ibis.window(group_by="customer_id", order_by="started_at")
    dated = corrected.mutate(
        life=ibis.row_number().over(order) + 1,
        reactivated_at=corrected.started_at.lead().over(order),
        known_from=ibis.timestamp(str(crm.facts.begins_at)),
        known_until=ibis.timestamp(str(crm.facts.known_until)),
        settled_until=ibis.timestamp(str(crm.facts.known_until - timedelta(days=rules.settle_days(crm)))),
    )
    return materialized(dated.relocate("life", after="customer_id"))


def _lives_by_rules(crm: Crm, rules: Rules) -> ir.Table:
    if "subscriptions" not in crm:
        return orders.lives(crm, rules).select(LIFE)
    by_contract = spells.lives(crm, rules)
    if "orders" not in crm:
        return by_contract.select(LIFE)
    span = ["customer_id", "started_at", "ended_at"]
    served = subscriptions.segments(crm, rules).select(span)
    subscribed = stacked([served, by_contract.select(span)], span)
    by_orders = orders.lives(crm, rules, subscribed=subscribed)
    return stacked(_joined(by_orders, by_contract), LIFE)


def _joined(by_orders: ir.Table, by_contract: ir.Table) -> list[ir.Table]:
    """A life by orders during which the customer subscribes goes on as the subscription's."""
    until = by_orders.ended_at.coalesce(by_orders.silent_at)
    before = by_orders.mutate(until=until).select("customer_id", "until", begun="started_at")
    pairs = by_contract.select("customer_id", "started_at").join(before, "customer_id")
    inside = pairs.filter((pairs.begun < pairs.started_at) & (pairs.started_at < pairs.until))
    following = first_of(inside, ["customer_id", "begun"], "started_at")
    first = first_of(following, ["customer_id", "started_at"], ibis.desc("begun"))
    first = first.select("customer_id", "started_at", "begun")
    met = attach(by_contract, first, ["customer_id", "started_at"])
    moved = met.mutate(started_at=met.begun.coalesce(met.started_at))
    rest = by_orders.anti_join(first.select("customer_id", started_at="begun"), ["customer_id", "started_at"])
    return [rest, moved]


def _orders_outcome(crm: Crm, at_risk: ir.Table, horizon_days: int, rules: Rules) -> ir.Table:
    begun_at = ibis.null("timestamp")
    if "subscriptions" in crm:
        at_risk = orders.first_start_ahead(crm, at_risk, horizon_days)
        begun_at = at_risk.begun_at
    silent = at_risk.next_at.isnull()
    empty = ibis.null("string")
    stayed, gone = f"active within {horizon_days} days of as_of", f"no activity in the {horizon_days} days from as_of"
    last, following = (dated(at_risk[f"{side}_record_id"], at_risk[f"{side}_at"]) for side in ("last", "next"))
    outcome = at_risk.mutate(
        churned=silent,
        kind=ibis.ifelse(silent, "passive", empty),
        billing_outcome=ibis.ifelse(silent, "none", empty),
        rule=ibis.ifelse(silent, gone, stayed),
        reason=empty,
        reason_text=empty,
        avoidable=ibis.ifelse(silent, "unknown", empty),
        evidence=evidence(last_activity=last, next_activity=following),
        begun_at=begun_at,
    )
    shut = orders.closings(crm, rules)
    return outcome if shut is None else _closed(outcome, shut, horizon_days)


def _closed(outcome: ir.Table, shut: ir.Table, horizon_days: int) -> ir.Table:
    """An account closed in the window is lost, whatever was ordered before; with a new subscription it goes on."""
    pairs = outcome.select(*KEY, "begun_at").join(shut.drop("last_at"), "customer_id")
    end = pairs.as_of + ibis.interval(days=horizon_days)
    inside = pairs.filter((pairs.closed_at >= pairs.as_of) & (pairs.closed_at < end))
    inside = inside.filter(inside.begun_at.isnull() | (inside.closed_at < inside.begun_at))
    first = first_of(inside, KEY, "closed_at").select(*KEY, "closed_at", **{f"shut_{n}": n for n in WHY})
    met = attach(outcome, first, KEY)
    lost = met.closed_at.notnull()
    return met.mutate(
        churned=met.churned | lost,
        next_at=ibis.ifelse(lost, met.closed_at, met.next_at),
        next_record_id=ibis.ifelse(lost, None, met.next_record_id),
        **{n: ibis.ifelse(lost, met[f"shut_{n}"], met[n]) for n in WHY},
    )


def _subscriptions_outcome(crm: Crm, at_risk: ir.Table, horizon_days: int, rules: Rules) -> ir.Table:
    """The first departure dated in the window, if any, by what was known when the label matured."""
    closings = spells.spells(crm, rules).filter(ibis._.ended_at.notnull())
    closings = closings.select("customer_id", "ended_at", "service_end", "next_start", "record_id", *WHY)
    pairs = at_risk.select(KEY).join(closings, "customer_id")
    matured_at = pairs.as_of + ibis.interval(days=horizon_days + rules.settle_days(crm))
    judged = spells.departures(pairs, matured_at, rules)
    end = judged.as_of + ibis.interval(days=horizon_days)
    inside = judged.filter(judged.departed & (judged.left_at >= judged.as_of) & (judged.left_at < end))
    first = first_of(inside, KEY, "left_at").select(*KEY, *WHY, departed_at="left_at", departed_id="record_id")
    met = attach(at_risk, first, KEY)
    stayed = evidence(subscription=met.last_record_id, last_sign=met.last_at)
    return met.mutate(
        churned=met.departed_at.notnull(),
        rule=met.rule.fill_null(f"no departure within {horizon_days} days of as_of"),
        evidence=met.evidence.coalesce(stayed),
        next_at=met.departed_at,
        next_record_id=met.departed_id,
    )


for _verb in (
    label_churn,
    label_returns,
    states,
    lives,
    churn_events,
    unsettled_departures,
    closed_by_rules,
    renewals_due,
):
    name_settings(_verb, PRESENT)
