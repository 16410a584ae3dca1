"""Channels by one name each, however an export spells them."""

from __future__ import annotations

SPELLINGS = {
    "e-mail": "email", "e mail": "email", "telephone": "phone", "tel": "phone", "call": "phone", "phone call": "phone",
    "text message": "sms", "post": "letter",
}  # fmt: skip
"""Other names of channels in exports."""


def channel_name(text: str) -> str:
    """Return a channel by its one name, in small letters.

    >>> channel_name(" E-Mail"), channel_name("Phone")
    ('email', 'phone')
    """
    name = text.strip().lower()
    return SPELLINGS.get(name, name)
