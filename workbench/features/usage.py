"""Use of the product, and intent shown in it: activity, breadth, pages one leaves by (K6, G1, G2, G3, S5)."""

from __future__ import annotations

import ibis.expr.types as ir

from workbench.features.declare import Feature, count, days_between, recent

LEAVING_PAGES = "cancel|pricing|export_all"


def _leaving(events: ir.Table) -> ir.Value:
    return events.event.lower().re_search(LEAVING_PAGES)


FEATURES = [
    Feature(
        "days_since_event", "usage", "events", "days", "whole days since the product was last used",
        "high", "last used {value} days ago",
        lambda t: days_between(t.as_of.max(), t.occurred_at.max()),
    ),
    Feature(
        "n_events_30d", "usage", "events", "events", "uses in the last 30 days",
        "low", "uses in the last 30 days: {value}",
        lambda t: count(recent(t, t.occurred_at, 30)), none=0,
    ),
    Feature(
        "n_events_90d", "usage", "events", "events", "uses in the last 90 days",
        "low", "uses in the last 90 days: {value}",
        lambda t: count(recent(t, t.occurred_at, 90)), none=0,
    ),
    Feature(
        "usage_trend", "usage", "", "times", "uses a day in the last 30 days against the last 90",
        "low", "use in the last 30 days is {value} times that of the last 90",
        lambda f: f.n_events_30d * 3 / f.n_events_90d.nullif(0), needs=("n_events_90d",),
    ),
    Feature(
        "n_event_kinds_90d", "usage", "events", "kinds", "different features and pages used in the last 90 days",
        "low", "different features used in 90 days: {value}",
        lambda t: t.event.nunique(where=recent(t, t.occurred_at, 90)).cast("float64"),
        needs=("event",), none=0,
    ),
    Feature(
        "n_leaving_pages_90d", "intent", "events", "visits", "visits to cancel, pricing and export pages in 90 days",
        "high", "visits to cancel, pricing or export pages in 90 days: {value}",
        lambda t: count(_leaving(t) & recent(t, t.occurred_at, 90)),
        needs=("event",), none=0,
    ),
]  # fmt: skip
