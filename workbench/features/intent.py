"""Stated intent to leave: pages one leaves by, and requests to cancel (S5, G3)."""

from __future__ import annotations

import ibis.expr.types as ir

from workbench.features.declare import Aggregate, Feature
from workbench.features.usage import named

WINDOWS = (30, 90, 180)
EXPORT = "export.?all"
LEAVING = f"cancel|pricing|{EXPORT}"


def _asks_to_cancel(tickets: ir.Table) -> ir.Value:
    return tickets.kind.lower().re_search("^cancel.?request$")


def _page(name: str, words: str, called: str) -> Feature:
    return Feature(
        name, "intent", "events", "visits", f"visits to {called} in the last {{days}} days",
        "high", f"visits to {called} in {{days}} days: {{value}}",
        Aggregate("count", where=named(words)), windows=WINDOWS, needs=("event",), none=0,
    )  # fmt: skip


FEATURES = [
    _page("n_leaving_pages", LEAVING, "cancel, pricing or export pages"),
    _page("n_cancel_pages", "cancel", "the cancel page"),
    _page("n_pricing_pages", "pricing", "the pricing page"),
    _page("n_exports_of_all", EXPORT, "the export of all data"),
    Feature(
        "days_since_leaving_page", "intent", "events", "days",
        "whole days since the last visit to cancel, pricing or export pages",
        "low", "visited cancel, pricing or export pages {value} days ago",
        Aggregate("days since last", where=named(LEAVING)), needs=("event",),
    ),
    Feature(
        "n_cancel_requests", "intent", "tickets", "tickets", "requests to cancel in the last {days} days",
        "high", "requests to cancel in the last {days} days: {value}",
        Aggregate("count", where=_asks_to_cancel), windows=WINDOWS, needs=("kind",), none=0,
    ),
    Feature(
        "days_since_cancel_request", "intent", "tickets", "days", "whole days since the last request to cancel",
        "low", "asked to cancel {value} days ago",
        Aggregate("days since last", where=_asks_to_cancel), needs=("kind",),
    ),
    Feature(
        "n_cancellations", "intent", "cancellations", "cancellations", "cancellations recorded so far",
        "high", "cancellations recorded so far: {value}", Aggregate("count"), none=0,
    ),
]  # fmt: skip
