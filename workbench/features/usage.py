"""Use of the product: activity, key features, breadth, activation (K6, G1, G2, G4, G12-G14, D21, D22, D24)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.crm import Crm
from workbench.errors import DataError
from workbench.features.declare import (
    WINDOWS,
    Aggregate,
    Expression,
    Feature,
    against_usual,
    difference,
    trend,
    usual_gap,
)

KEY_FEATURES = "(^|[^a-z])(core|key)([^a-z]|$)"
"""Events whose names hold one of these words are uses of what the product is bought for."""

CART = "cart|checkout|basket"
HELP = "help|docs|faq|course|webinar"
ACTIVATION_DAYS = 30


def named(words: str) -> Expression:
    """Return the condition that an event's name holds one of the words (a regular expression)."""
    return lambda events: events.event.lower().re_search(words)


def key_features(crm: Crm) -> list[str]:
    """Return the names of the events that are uses of a key feature, in order.

    Raises DataError for a source without events, or without names of events.
    """
    if "events" not in crm or "event" not in crm["events"].columns:
        raise DataError("key features are read from events.event; map it in the source file.")
    rows = crm["events"]
    found = rows.filter(named(KEY_FEATURES)(rows)).select("event").distinct().order_by("event").to_pandas()["event"]
    if found.empty:
        raise DataError("no event is named core or key, so none is known to be the use of a key feature.")
    return [str(name) for name in found]


def _abandoned(f: ir.Table) -> ir.Value:
    """Whether the cart was visited on a later day than the last order; empty for who left no trace at all."""
    after = f.days_since_cart.notnull() & (f.days_since_order.isnull() | (f.days_since_cart < f.days_since_order))
    return ibis.ifelse(f.days_since_event.isnull(), None, after.cast("float64"))


def _activated(f: ir.Table) -> ir.Value:
    """Key feature used within 30 days of the start; empty before that, and where those days are not on record."""
    after = f.subscription_days - f.days_since_first_key_use
    unrecorded = (f.existing_at_begin == 1) | (f.subscription_days > f.events_data_days)
    unknown = (f.subscription_days < ACTIVATION_DAYS) | unrecorded
    return ibis.ifelse(unknown.fill_null(True), None, (after <= ACTIVATION_DAYS).fill_null(False).cast("float64"))


EVENTS = Aggregate("count")
USE_DAYS = Aggregate("count distinct", of=lambda t: t.occurred_at.date())
FEATURES = [
    Feature(
        "days_since_event", "usage", "events", "days", "whole days since the product was last used",
        "high", "last used {value} days ago", Aggregate("days since last"),
    ),
    Feature(
        "usage_days", "tenure", "events", "days", "whole days since the first use on record",
        "low", "using the product for {value} days", Aggregate("days since first"),
    ),
    Feature(
        "n_events", "usage", "events", "events", "uses in the last {days} days",
        "low", "uses in the last {days} days: {value}", EVENTS, windows=WINDOWS, none=0,
    ),
    Feature(
        "usage_trend", "usage", "", "times", "uses a day in the last 30 days against the last 90",
        "low", "use in the last 30 days is {value} times that of the last 90",
        trend("n_events", 30, 90), needs=("n_events_30d", "n_events_90d"),
    ),
    Feature(
        "usage_against_usual", "usage", "", "times", "uses a day in the last 30 days against the customer's own year",
        "low", "use in the last 30 days is {value} times the customer's usual",
        trend("n_events", 30, 365), needs=("n_events_30d", "n_events_365d"),
    ),
    Feature(
        "n_active_days", "usage", "events", "days", "days with use in the last {days} days",
        "low", "days with use in the last {days} days: {value}",
        USE_DAYS, windows=WINDOWS, none=0,
    ),
    Feature(
        "n_use_days", "usage", "events", "days", "days with use so far",
        "low", "days with use so far: {value}",
        USE_DAYS, none=0,
    ),
    Feature(
        "active_days_trend", "usage", "", "times", "days with use in the last 30 days against the last 90, per day",
        "low", "days with use in the last 30 days are {value} times those of the last 90",
        trend("n_active_days", 30, 90), needs=("n_active_days_30d", "n_active_days_90d"),
    ),
    Feature(
        "usual_use_gap_days", "usage", "", "days",
        "usual days between two days with use; empty for who used it on one day only",
        "high", "usually {value} days between uses",
        usual_gap("usage_days", "days_since_event", "n_use_days"),
        needs=("usage_days", "days_since_event", "n_use_days"),
    ),
    Feature(
        "use_silence_against_usual", "usage", "", "times",
        "days since the last use against the customer's own usual gap",
        "high", "unused {value} times as long as usual",
        against_usual("days_since_event", "usual_use_gap_days"), needs=("days_since_event", "usual_use_gap_days"),
    ),
    Feature(
        "quantity", "usage", "events", "count", "how much was used in the last {days} days",
        "low", "quantity used in the last {days} days: {value}",
        Aggregate("sum", of=lambda t: t.quantity), windows=(30, 90, 365), needs=("quantity",), none=0,
    ),
    Feature(
        "quantity_against_usual", "usage", "", "times",
        "how much was used a day in the last 30 days against the customer's own year",
        "low", "what was used in the last 30 days is {value} times the customer's usual",
        trend("quantity", 30, 365), needs=("quantity_30d", "quantity_365d"),
    ),
    Feature(
        "n_key_uses", "adoption", "events", "uses", "uses of key features in the last {days} days",
        "low", "uses of key features in the last {days} days: {value}",
        Aggregate("count", where=named(KEY_FEATURES)), windows=WINDOWS, needs=("event",), none=0,
    ),
    Feature(
        "days_since_key_use", "adoption", "events", "days", "whole days since a key feature was last used",
        "high", "key features last used {value} days ago",
        Aggregate("days since last", where=named(KEY_FEATURES)), needs=("event",),
    ),
    Feature(
        "days_since_first_key_use", "adoption", "events", "days", "whole days since a key feature was first used",
        "low", "key features first used {value} days ago",
        Aggregate("days since first", where=named(KEY_FEATURES)), needs=("event",),
    ),
    Feature(
        "key_use_trend", "adoption", "", "times", "uses of key features a day in the last 30 days against the last 90",
        "low", "use of key features in the last 30 days is {value} times that of the last 90",
        trend("n_key_uses", 30, 90), needs=("n_key_uses_30d", "n_key_uses_90d"),
    ),
    Feature(
        "activated_by_day_30", "adoption", "", "yes or no",
        "1 if a key feature was used within 30 days of the first subscription; empty before day 30 and for who began "
        "before the data or the record of events",
        "low", "key feature used within 30 days of the start: {value}",
        _activated, needs=("days_since_first_key_use", "subscription_days", "existing_at_begin"),
    ),
    Feature(
        "n_event_kinds", "breadth", "events", "kinds", "different features and pages used in the last {days} days",
        "low", "different features used in {days} days: {value}",
        Aggregate("count distinct", of=lambda t: t.event), windows=(30, 90, 180), needs=("event",), none=0,
    ),
    Feature(
        "n_features_given_up", "breadth", "", "kinds", "features used in the last 180 days but not in the last 30",
        "high", "features of 180 days not used in the last 30: {value}",
        difference("n_event_kinds_180d", "n_event_kinds_30d"), needs=("n_event_kinds_180d", "n_event_kinds_30d"),
    ),
    Feature(
        "n_features_unused_90d", "breadth", "", "kinds",
        "features paid for and not used: how many fewer different ones than the most versatile customer in 90 days",
        "high", "features unused in 90 days, of those the keenest customer uses: {value}",
        lambda f: f.n_event_kinds_90d.max().over(group_by=f.as_of) - f.n_event_kinds_90d, needs=("n_event_kinds_90d",),
    ),
    Feature(
        "n_users", "breadth", "events", "people", "the customer's people who used the product in the last {days} days",
        "low", "people who used the product in {days} days: {value}",
        Aggregate("count distinct", of=lambda t: t.contact_id), windows=(30, 90), needs=("contact_id",), none=0,
    ),
    Feature(
        "n_searches", "usage", "events", "searches", "searches in the last {days} days",
        "neither", "searches in the last {days} days: {value}",
        Aggregate("count", where=named("search")), windows=(30, 90), needs=("event",), none=0,
    ),
    Feature(
        "n_help_pages", "usage", "events", "visits", "visits to help and courses in the last {days} days",
        "neither", "visits to help and courses in the last {days} days: {value}",
        Aggregate("count", where=named(HELP)), windows=(30, 90), needs=("event",), none=0,
    ),
    *(
        Feature(
            f"days_since_{what}", "usage", "events", "days", f"whole days since the last {called}",
            "neither", f"last {called} {{value}} days ago",
            Aggregate("days since last", where=named(words)), needs=("event",),
        )
        for what, words, called in (
            ("search", "search", "search"), ("help", HELP, "visit to help or a course"),
            ("cart", CART, "visit to the cart"),
        )
    ),
    Feature(
        "n_carts", "usage", "events", "visits", "visits to cart and checkout in the last {days} days",
        "neither", "visits to cart and checkout in the last {days} days: {value}",
        Aggregate("count", where=named(CART)), windows=(30, 90), needs=("event",), none=0,
    ),
    Feature(
        "abandoned_cart", "usage", "", "yes or no",
        "1 if the cart or checkout was visited on a later day than the last order",
        "high", "left the cart without an order: {value}", _abandoned,
        needs=("days_since_cart", "days_since_event", "days_since_order"),
    ),
]  # fmt: skip
