"""Channel: messages by another way than the customer prefers, or outside contact hours, and consent (G16, G17)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.features.declare import Aggregate, Feature

HOURS = r"^\s*(\d{1,2}):?(\d\d)?\s*-\s*(\d{1,2}):?(\d\d)?\s*$"
PERSONAL = ("direction", "channel", "campaign", "preferred_channel")


def _is_personal(messages: ir.Table) -> ir.Value:
    return (messages.direction.lower() == "out") & messages.campaign.isnull()


def _off_channel(messages: ir.Table) -> ir.Value:
    return messages.channel.lower() != messages.preferred_channel.lower()


def _minute(messages: ir.Table, group: int) -> ir.Value:
    """One of the two times in contact_hours, in minutes of the day; empty where it is not written so."""
    hour, minute = (messages.contact_hours.re_extract(HOURS, group + i).nullif("").cast("int64") for i in (0, 1))
    return hour * 60 + minute.fill_null(0)


def _off_hours(messages: ir.Table) -> ir.Value:
    """Sent before the first or from the second time in contact_hours on: 09:00-17:00, or 22:00-06:00 by night."""
    at = messages.sent_at.hour() * 60 + messages.sent_at.minute()
    begin, end = _minute(messages, 1), _minute(messages, 3)
    return ibis.ifelse(begin <= end, (at < begin) | (at >= end), (at < begin) & (at >= end))


FEATURES = [
    Feature(
        "off_channel_share", "channel", "messages", "share",
        "share of the personal messages of {days} days by another way than the preferred one",
        "high", "{value} of the personal messages of {days} days by another way than preferred",
        Aggregate("mean", of=_off_channel, where=_is_personal), windows=(30, 90, 180), needs=PERSONAL,
    ),
    Feature(
        "n_off_channel", "channel", "messages", "messages",
        "personal messages of {days} days by another way than the preferred one",
        "high", "personal messages of {days} days by another way than preferred: {value}",
        Aggregate("count", where=lambda t: _is_personal(t) & _off_channel(t)), windows=(30, 90, 180),
        needs=PERSONAL, none=0,
    ),
    Feature(
        "off_hours_share", "channel", "messages", "share",
        "share of the personal messages of {days} days outside contact hours",
        "high", "{value} of the personal messages of {days} days outside contact hours",
        Aggregate("mean", of=_off_hours, where=_is_personal), windows=(30, 90, 180),
        needs=("direction", "campaign", "contact_hours"),
    ),
    Feature(
        "n_consents", "channel", "consents", "channels", "channels with consent to be contacted",
        "low", "channels with consent: {value}",
        Aggregate("count distinct", of=lambda t: t.channel.lower(), where=lambda t: t.withdrawn_at.isnull()),
        needs=("withdrawn_at",), none=0,
    ),
    Feature(
        "n_consents_withdrawn", "channel", "consents", "channels", "consents withdrawn in the last {days} days",
        "high", "consents withdrawn in {days} days: {value}",
        Aggregate("count", dated_by="withdrawn_at"), windows=(90, 365), needs=("withdrawn_at",), none=0,
    ),
]  # fmt: skip
