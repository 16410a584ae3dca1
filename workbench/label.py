"""Who left, how, and with which evidence.

Two products that are never mixed: the dated *history* of lives and departures (:func:`lives`, :func:`churn_events`),
for rates and reports; and the forward *outcome* per customer and snapshot (:func:`label_churn`,
:func:`label_returns`), for models. Taking "silence reaches N days inside the window" as a training target would make
recency a clock that predicts itself.

Only passive churn of an orders business is told so far: customers who stop buying without a word.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import ibis
import ibis.expr.types as ir

from workbench.asof import KEY, AsOf, Crm, Moment, check_mature, moments, snapshot_table
from workbench.errors import SettingError


def label_churn(
    crm: Crm, as_of: Moment | Iterable[Moment], *, horizon_days: int = 91, inactive_days: int | None = 91
) -> ir.Table:
    """Return one row per customer *at risk* and snapshot, with what they did in ``[as_of, as_of + horizon_days)``.

    Columns: customer_id, as_of, horizon_days, matured_at, churned (bool), kind ('passive' or empty), and the evidence:
    rule, last_at and last_record_id (the last order before), next_at and next_record_id (the first in the window).
    With ``inactive_days=None`` everyone who ever bought is at risk; else only who bought in the last
    ``inactive_days``.

    Raises SettingError when an outcome window reaches past the data, with the latest ``as_of`` that works.

    >>> import pandas as pd, workbench as wb
    >>> orders = pd.DataFrame({"order_id": ["1", "2", "3"], "customer_id": ["ann", "bob", "ann"],
    ...                        "ordered_at": ["2024-01-10", "2024-01-20", "2024-02-10"], "amount": [1, 1, 1]})
    >>> crm = wb.load_tables({"orders": orders})
    >>> labels = label_churn(crm, as_of="2024-02-01", horizon_days=10, inactive_days=30)
    >>> labels.order_by("customer_id").to_pandas()[["customer_id", "churned", "next_record_id"]].values.tolist()
    [['ann', False, '3'], ['bob', True, nan]]
    """
    outcome = _outcome(crm, as_of, horizon_days, inactive_days)
    at_risk = outcome.filter(outcome.at_risk)
    churned = at_risk.next_at.isnull()
    return at_risk.select(
        *KEY,
        horizon_days=ibis.literal(horizon_days, "int64"),
        matured_at=at_risk.as_of + ibis.interval(days=horizon_days),
        churned=churned,
        kind=ibis.ifelse(churned, "passive", ibis.null("string")),
        rule=ibis.ifelse(
            churned, f"no order in the {horizon_days} days from as_of", f"ordered within {horizon_days} days of as_of"
        ),
        last_at=at_risk.last_at,
        last_record_id=at_risk.last_record_id,
        next_at=at_risk.next_at,
        next_record_id=at_risk.next_record_id,
    )


def label_returns(
    crm: Crm, as_of: Moment | Iterable[Moment], *, horizon_days: int = 91, inactive_days: int = 91
) -> ir.Table:
    """Return one row per *lapsed* customer and mature snapshot: whether they came back within the horizon.

    Columns: customer_id, as_of, horizon_days, returned (bool), last_at, last_record_id, next_at, next_record_id.
    """
    outcome = _outcome(crm, as_of, horizon_days, inactive_days)
    lapsed = outcome.filter(~outcome.at_risk)
    return lapsed.select(
        *KEY,
        "last_at",
        "last_record_id",
        "next_at",
        "next_record_id",
        horizon_days=ibis.literal(horizon_days, "int64"),
        returned=lapsed.next_at.notnull(),
    )


def states(crm: Crm, as_of: Moment | Iterable[Moment], *, inactive_days: int | None = 91) -> ir.Table:
    """Return every known customer's state at each snapshot, and so who is left out of the risk set and why.

    Columns: customer_id, as_of, state ('paying' or 'lapsed'), at_risk (bool), why, inactive_days, first_at, last_at,
    last_record_id, silent_days (whole days since the last order).
    """
    view = crm.as_of(as_of)
    seen = _known_activity(view)
    limit = seen.as_of - ibis.interval(days=inactive_days or 0)
    at_risk = ibis.literal(True) if inactive_days is None else seen.last_at >= limit
    return seen.mutate(
        at_risk=at_risk,
        state=ibis.ifelse(at_risk, "paying", "lapsed"),
        inactive_days=ibis.literal(inactive_days, "int64"),
        silent_days=seen.as_of.date().delta(seen.last_at.date(), unit="day"),
        why=ibis.ifelse(at_risk, "ordered recently enough", f"silent for more than {inactive_days} days"),
    )


def lives(crm: Crm, *, inactive_days: int = 91) -> ir.Table:
    """Return the dated history: one row per life of a customer, from a first order until silence reached the limit.

    Columns: customer_id, life (1, 2, … per customer), started_at, last_at, last_record_id, ended_at (empty while the
    life goes on: ``last_at + inactive_days`` otherwise), reactivated_at (the next life's start, if any).

    Raises SettingError when the limit is longer than the history.
    """
    _check_limit(crm, inactive_days)
    silence = ibis.interval(days=inactive_days)
    acts = activity(crm)
    order = ibis.window(group_by="customer_id", order_by="at")
    acts = acts.mutate(previous_at=acts.at.lag().over(order))
    acts = acts.mutate(begins=(acts.previous_at.isnull() | (acts.at >= acts.previous_at + silence)).cast("int64"))
    so_far = ibis.cumulative_window(group_by="customer_id", order_by="at")
    acts = acts.mutate(life=acts.begins.sum().over(so_far))
    told = acts.group_by("customer_id", "life").aggregate(
        started_at=acts.at.min(), last_at=acts.at.max(), last_record_id=acts.record_id.argmax(acts.at)
    )
    known_until = ibis.timestamp(str(crm.facts.known_until))
    end = told.last_at + silence
    return told.mutate(
        ended_at=ibis.ifelse(end <= known_until, end, None),
        reactivated_at=told.started_at.lead().over(group_by="customer_id", order_by="life"),
    )


def churn_events(crm: Crm, *, inactive_days: int = 91) -> ir.Table:
    """Return one row per departure, dated when silence reached the limit.

    Columns: customer_id, occurred_at, kind ('passive'), rule, last_at, last_record_id, reactivated_at (empty: not yet).
    """
    told = lives(crm, inactive_days=inactive_days)
    gone = told.filter(told.ended_at.notnull())
    return gone.select(
        "customer_id",
        "last_at",
        "last_record_id",
        "reactivated_at",
        occurred_at=gone.ended_at,
        kind=ibis.literal("passive"),
        rule=ibis.literal(f"silent for {inactive_days} days"),
    )


def activity(crm: Crm) -> ir.Table:
    """Return meaningful activity: customer_id, at, record_id; one row per customer and instant. Returns do not count.

    Accounts with an ``exclude_reason`` are left out.

    Raises SettingError for a source without orders.
    """
    if "orders" not in crm:
        raise SettingError(f"churn labels need the table orders; this source has {', '.join(crm)}.")
    return _activity(crm["orders"], _excluded(crm))


def _activity(orders: ir.Table, excluded: ir.Table | None, *extra: str) -> ir.Table:
    sales = orders.filter(orders.amount >= 0)
    if excluded is not None:
        sales = sales.anti_join(excluded, "customer_id")
    return sales.group_by("customer_id", *extra, at=sales.ordered_at).aggregate(record_id=sales.order_id.min())


def _excluded(crm: Crm) -> ir.Table | None:
    if "customers" not in crm or "exclude_reason" not in crm["customers"].columns:
        return None
    customers = crm["customers"]
    return customers.filter(customers.exclude_reason.notnull()).select("customer_id")


def _known_activity(view: AsOf) -> ir.Table:
    if "orders" not in view:
        activity(view.crm)  # says what is missing
    acts = _activity(view["orders"], _excluded(view.crm), "as_of")
    return acts.group_by(*KEY).aggregate(
        first_at=acts.at.min(), last_at=acts.at.max(), last_record_id=acts.record_id.argmax(acts.at)
    )


def _outcome(crm: Crm, as_of: Moment | Iterable[Moment], horizon_days: int, inactive_days: int | None) -> ir.Table:
    at = moments(as_of)
    if horizon_days < 1:
        raise SettingError(f"horizon_days {horizon_days} is no time to leave in; use 1 or more.")
    if inactive_days is not None:
        _check_limit(crm, inactive_days)
    check_mature(crm.facts, at, horizon_days)
    acts = activity(crm).cross_join(snapshot_table(at))
    ahead = acts.filter((acts.at >= acts.as_of) & (acts.at < acts.as_of + ibis.interval(days=horizon_days)))
    first = ahead.group_by(*KEY).aggregate(next_at=ahead.at.min(), next_record_id=ahead.record_id.argmin(ahead.at))
    return states(crm, at, inactive_days=inactive_days).left_join(first, KEY).drop("customer_id_right", "as_of_right")


def _check_limit(crm: Crm, inactive_days: int) -> None:
    history = crm.facts.known_until - crm.facts.begins_at
    longest = max((history - timedelta(microseconds=1)).days, 1)
    if not 1 <= inactive_days <= longest:
        raise SettingError(
            f"inactive_days {inactive_days} does not fit a history of {history.days} days; use 1 to {longest}."
        )
