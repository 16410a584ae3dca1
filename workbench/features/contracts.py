"""The contract: how long it has lasted, what is paid, when it renews, and how that changed (D9, S3, S5)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.features.declare import Aggregate, Category, Feature, days_between, ratio

TERM_MONTHS = {
    "month": 1, "monthly": 1, "quarter": 3, "quarterly": 3, "year": 12, "yearly": 12, "annual": 12, "annually": 12,
}  # fmt: skip
CHANGE_WINDOWS = (90, 180, 365)


def _is_live(rows: ir.Table) -> ir.Value:
    return rows.ended_at.isnull()


def _term_months(subscriptions: ir.Table) -> ir.Value:
    return subscriptions.billing_period.lower().cases(*TERM_MONTHS.items(), else_=None)


def _days_until(date: ir.Value, months: ir.Value, today: ir.Value) -> ir.Value:
    """Days from today to the same day of a later month, or to its last day where it has no such day."""
    first = _first_of(date, months)
    last_day = _first_of(date, months + 1).delta(first, unit="day")
    return (first.delta(today.date(), unit="day") + ibis.least(date.day(), last_day) - 1).cast("float64")


def _first_of(date: ir.Value, months: ir.Value) -> ir.Value:
    count = date.year() * 12 + date.month() - 1 + months
    return ibis.date((count // 12).cast("int32"), (count % 12 + 1).cast("int32"), 1)


def _days_to_renewal(subscriptions: ir.Table) -> ir.Value:
    """The end of the first term, and then of every later one, counted in calendar months."""
    first, today, term = subscriptions.renews_at, subscriptions.as_of, _term_months(subscriptions)
    passed = (today.year() - first.year()) * 12 + today.month() - first.month()
    whole = (passed // term) * term
    this, following = (_days_until(first, months, today) for months in (whole, whole + term))
    later = ibis.ifelse(this < 0, following, this)
    return ibis.ifelse(first.date() < today.date(), later, days_between(first, today))


def _grew(changes: ir.Table) -> ir.Value:
    return changes.price > changes.price_before


def _shrank(changes: ir.Table) -> ir.Value:
    return changes.price < changes.price_before


def _is(change: str) -> Aggregate:
    return Aggregate("count", where=lambda t: t.change == change)


FEATURES = [
    Feature(
        "subscription_days", "tenure", "subscriptions", "days", "whole days since the first subscription began",
        "low", "subscriber for {value} days", Aggregate("days since first"),
    ),
    Feature(
        "days_since_new_subscription", "contract", "subscriptions", "days",
        "whole days since the newest subscription began",
        "neither", "last subscribed {value} days ago", Aggregate("days since last"),
    ),
    Feature(
        "n_live_subscriptions", "contract", "subscriptions", "subscriptions", "subscriptions whose service is not over",
        "low", "live subscriptions: {value}", Aggregate("count", where=_is_live), needs=("ended_at",), none=0,
    ),
    Feature(
        "n_ended_subscriptions", "contract", "subscriptions", "subscriptions", "subscriptions whose service is over",
        "high", "ended subscriptions: {value}",
        Aggregate("count", where=lambda t: t.ended_at.notnull()), needs=("ended_at",), none=0,
    ),
    Feature(
        "n_notices", "intent", "subscriptions", "notices", "notices given in the last {days} days",
        "high", "notices given in the last {days} days: {value}",
        Aggregate("count", dated_by="cancelled_at"), windows=CHANGE_WINDOWS, needs=("cancelled_at",), none=0,
    ),
    Feature(
        "n_trials", "contract", "subscriptions", "trials", "trials so far",
        "neither", "trials so far: {value}", Aggregate("count", where=lambda t: t.kind == "trial"),
        needs=("kind",), none=0,
    ),
    Feature(
        "term_months", "contract", "subscriptions", "months", "longest billing period of the live subscriptions",
        "low", "months billed at a time: {value}",
        Aggregate("max", of=_term_months, where=_is_live),
        needs=("billing_period", "ended_at"),
    ),
    Feature(
        "days_to_renewal", "contract", "subscriptions", "days", "days until the first live subscription's term ends",
        "low", "the term ends in {value} days",
        Aggregate("min", of=_days_to_renewal, where=_is_live), needs=("renews_at", "billing_period", "ended_at"),
    ),
    Feature(
        "mrr", "contract", "subscription_changes", "currency/month",
        "monthly recurring revenue of what is live, 0 while paused",
        "low", "{value} a month",
        Aggregate("sum", of=lambda t: t.paid - t.paid_before.fill_null(0), where=_is_live), needs=("mrr", "ended_at"),
    ),
    Feature(
        "mrr_change", "contract", "subscription_changes", "currency/month",
        "growth of the monthly revenue of subscriptions in the last {days} days; new ones left out",
        "low", "monthly revenue changed by {value} in the last {days} days",
        Aggregate("sum", of=lambda t: t.paid - t.paid_before, where=_is_live), windows=CHANGE_WINDOWS,
        needs=("mrr", "ended_at"), none=0, unchanged=0,
    ),
    Feature(
        "mrr_trend", "contract", "", "share", "growth of the monthly revenue in 180 days as a share of what it is",
        "low", "monthly revenue changed by {value} in 180 days",
        ratio("mrr_change_180d", "mrr"), needs=("mrr", "mrr_change_180d"), unchanged=0,
    ),
    Feature(
        "n_downgrades", "intent", "subscription_changes", "downgrades",
        "steps to a cheaper plan in the last {days} days",
        "high", "downgrades in the last {days} days: {value}",
        Aggregate("count", where=lambda t: (t.change == "plan") & _shrank(t)), windows=CHANGE_WINDOWS,
        needs=("mrr", "change"), none=0,
    ),
    Feature(
        "n_upgrades", "contract", "subscription_changes", "upgrades", "steps to a dearer plan in the last {days} days",
        "low", "upgrades in the last {days} days: {value}",
        Aggregate("count", where=lambda t: (t.change == "plan") & _grew(t)), windows=CHANGE_WINDOWS,
        needs=("mrr", "change"), none=0,
    ),
    Feature(
        "n_cuts", "contract", "subscription_changes", "cuts", "cuts of the quantity (seats) in the last {days} days",
        "high", "cuts of the quantity in the last {days} days: {value}",
        Aggregate("count", where=lambda t: (t.change == "quantity") & _shrank(t)), windows=CHANGE_WINDOWS,
        needs=("mrr", "change"), none=0,
    ),
    Feature(
        "n_price_rises", "contract", "subscription_changes", "rises", "price rises in the last {days} days",
        "high", "price rises in the last {days} days: {value}",
        Aggregate("count", where=lambda t: (t.change == "price") & _grew(t)), windows=CHANGE_WINDOWS,
        needs=("mrr", "change"), none=0,
    ),
    Feature(
        "days_since_price_change", "contract", "subscription_changes", "days",
        "whole days since the price last changed",
        "neither", "price changed {value} days ago",
        Aggregate("days since last", where=lambda t: t.change == "price"), needs=("change",),
    ),
    Feature(
        "n_pauses", "contract", "subscription_changes", "pauses", "pauses in the last {days} days",
        "high", "pauses in the last {days} days: {value}",
        _is("paused"), windows=CHANGE_WINDOWS, needs=("change",), none=0,
    ),
    Feature(
        "n_auto_renew_changes", "intent", "subscription_changes", "changes",
        "switches of automatic renewal in the last {days} days",
        "high", "automatic renewal switched in the last {days} days: {value}",
        _is("auto_renew"), windows=CHANGE_WINDOWS, needs=("change",), none=0,
    ),
    Feature(
        "renewal_switched_off", "intent", "subscription_changes", "yes or no",
        "1 if automatic renewal of a subscription was switched an odd number of times so far",
        "high", "automatic renewal is not as at the start: {value}",
        lambda t: (t.renewal_step.sum() > 0).cast("int64"), needs=("change",), none=0,
    ),
]  # fmt: skip

CATEGORIES = [
    Category(
        "plan", "contract", "subscription_changes",
        "plan of the paid service at the snapshot; of several the dearest, then the one that began last",
    ),
]  # fmt: skip
