"""Help asked for: tickets, complaints, requests to cancel, what is still open, satisfaction (S4, G8, G9, S5)."""

from __future__ import annotations

from workbench.features.declare import Feature, count, recent

FEATURES = [
    Feature(
        "n_tickets_90d", "support", "tickets", "tickets", "tickets opened in the last 90 days",
        "high", "tickets in the last 90 days: {value}",
        lambda t: count(recent(t, t.opened_at, 90)), none=0,
    ),
    Feature(
        "n_complaints_90d", "support", "tickets", "tickets", "complaints in the last 90 days",
        "high", "complaints in the last 90 days: {value}",
        lambda t: count(recent(t, t.opened_at, 90) & (t.kind == "complaint")),
        needs=("kind",), none=0,
    ),
    Feature(
        "n_cancel_requests_90d", "intent", "tickets", "tickets", "requests to cancel in the last 90 days",
        "high", "requests to cancel in the last 90 days: {value}",
        lambda t: count(recent(t, t.opened_at, 90) & (t.kind == "cancel_request")),
        needs=("kind",), none=0,
    ),
    Feature(
        "n_open_tickets", "support", "tickets", "tickets", "tickets still open",
        "high", "tickets still open: {value}",
        lambda t: count(t.resolved_at.isnull()), needs=("resolved_at",), none=0,
    ),
    Feature(
        "satisfaction_90d", "support", "tickets", "points", "mean satisfaction with the answers of 90 days",
        "low", "satisfaction with support in 90 days: {value}",
        lambda t: t.satisfaction.mean(where=recent(t, t.opened_at, 90)), needs=("satisfaction",),
    ),
]  # fmt: skip
