"""Contact and what customers say: who wrote last, who reads, who left, the last NPS (S1, S2, G11, G18, K17)."""

from __future__ import annotations

from workbench.features.declare import Feature, count, days_between, recent

FEATURES = [
    Feature(
        "days_since_inbound", "contact", "messages", "days", "whole days since the customer last wrote or called",
        "high", "last heard from {value} days ago",
        lambda t: days_between(t.as_of.max(), t.sent_at.max(where=t.direction == "in")), needs=("direction",),
    ),
    Feature(
        "read_share_90d", "contact", "messages", "share", "share of the messages of 90 days that the customer opened",
        "low", "opened {value} of the messages of 90 days",
        lambda t: t.opened_at.notnull().cast("float64").mean(where=(t.direction == "out") & recent(t, t.sent_at, 90)),
        needs=("direction", "opened_at"),
    ),
    Feature(
        "n_contacts_left_90d", "contact", "contacts", "people", "contact persons who left in the last 90 days",
        "high", "contact persons who left in 90 days: {value}",
        lambda t: count(recent(t, t.left_at, 90)),
        needs=("left_at",), none=0,
    ),
    Feature(
        "last_nps", "feedback", "surveys", "points", "the last answer to 'would you recommend us', 0 to 10",
        "low", "last recommendation: {value} of 10",
        lambda t: t.score.argmax(t.answered_at, where=t.instrument == "nps").cast("float64"),
        needs=("score", "instrument"),
    ),
]  # fmt: skip
