"""Contact: who wrote last, who reads and answers, and how unusual this silence is (S1, G11)."""

from __future__ import annotations

import ibis.expr.types as ir

from workbench.features.declare import WINDOWS, Aggregate, Feature, against_usual, trend, usual_gap


def _is_in(messages: ir.Table) -> ir.Value:
    return messages.direction.lower() == "in"


def _is_out(messages: ir.Table) -> ir.Value:
    return messages.direction.lower() == "out"


FEATURES = [
    Feature(
        "days_since_inbound", "contact", "messages", "days", "whole days since the customer last wrote or called",
        "high", "last heard from {value} days ago", Aggregate("days since last", where=_is_in), needs=("direction",),
    ),
    Feature(
        "inbound_days", "contact", "messages", "days", "whole days since the customer first wrote or called",
        "low", "first heard from {value} days ago", Aggregate("days since first", where=_is_in), needs=("direction",),
    ),
    Feature(
        "n_inbound_days", "contact", "messages", "days", "days on which the customer wrote or called so far",
        "low", "days heard from so far: {value}",
        Aggregate("count distinct", of=lambda t: t.sent_at.date(), where=_is_in), needs=("direction",), none=0,
    ),
    Feature(
        "usual_inbound_gap_days", "contact", "", "days",
        "usual days between two days on which the customer wrote; empty for who wrote on one day only",
        "high", "usually {value} days between messages from the customer",
        usual_gap("inbound_days", "days_since_inbound", "n_inbound_days"),
        needs=("inbound_days", "days_since_inbound", "n_inbound_days"),
    ),
    Feature(
        "contact_silence_against_usual", "contact", "", "times",
        "days since the customer last wrote against the customer's own usual gap",
        "high", "not heard from for {value} times as long as usual",
        against_usual("days_since_inbound", "usual_inbound_gap_days"),
        needs=("days_since_inbound", "usual_inbound_gap_days"),
    ),
    Feature(
        "n_inbound", "contact", "messages", "messages", "messages from the customer in the last {days} days",
        "low", "messages from the customer in the last {days} days: {value}",
        Aggregate("count", where=_is_in), windows=WINDOWS, needs=("direction",), none=0,
    ),
    Feature(
        "inbound_trend", "contact", "", "times",
        "messages from the customer a day in the last 30 days against the last 90",
        "low", "messages from the customer in the last 30 days are {value} times those of the last 90",
        trend("n_inbound", 30, 90), needs=("n_inbound_30d", "n_inbound_90d"),
    ),
    Feature(
        "n_outbound", "contact", "messages", "messages", "messages to the customer in the last {days} days",
        "neither", "messages to the customer in the last {days} days: {value}",
        Aggregate("count", where=_is_out), windows=(30, 90, 180), needs=("direction",), none=0,
    ),
    Feature(
        "n_unanswered", "contact", "messages", "messages",
        "messages to the customer of the last {days} days without an answer",
        "high", "messages of the last {days} days without an answer: {value}",
        Aggregate("count", where=lambda t: _is_out(t) & t.replied_at.isnull()), windows=(30, 90, 180),
        needs=("direction", "replied_at"), none=0,
    ),
    Feature(
        "read_share", "contact", "messages", "share", "share of the messages of {days} days that the customer opened",
        "low", "opened {value} of the messages of {days} days",
        Aggregate("mean", of=lambda t: t.opened_at.notnull(), where=_is_out), windows=(30, 90, 180),
        needs=("direction", "opened_at"),
    ),
    Feature(
        "reply_share", "contact", "messages", "share",
        "share of the messages of {days} days that the customer answered",
        "low", "answered {value} of the messages of {days} days",
        Aggregate("mean", of=lambda t: t.replied_at.notnull(), where=_is_out), windows=(90, 180),
        needs=("direction", "replied_at"),
    ),
    Feature(
        "days_since_read", "contact", "messages", "days", "whole days since the customer last opened a message",
        "high", "last opened a message {value} days ago",
        Aggregate("days since last", dated_by="opened_at"), needs=("opened_at",),
    ),
    Feature(
        "days_since_contact", "contact", "messages", "days", "whole days since the last message in either direction",
        "high", "last message {value} days ago", Aggregate("days since last"),
    ),
    Feature(
        "n_offers_reached", "contact", "treatments", "offers",
        "offers that reached the customer in the last {days} days",
        "neither", "offers in the last {days} days: {value}",
        Aggregate("count", dated_by="contacted_at"), windows=(90, 180), needs=("contacted_at",), none=0,
    ),
]  # fmt: skip
