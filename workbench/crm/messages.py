"""What counts as a message: our people's notes about a customer are none."""

from __future__ import annotations

from collections.abc import Mapping

import ibis.expr.types as ir


def is_note(row: Mapping[str, object]) -> bool:
    """Return whether a row of messages is a note of ours about a customer.

    >>> is_note({"kind": " Note"}), is_note({"kind": None}), is_note({})
    (True, False, False)
    """
    return str(row.get("kind")).strip().lower() == "note"


def without_notes(messages: ir.Table) -> ir.Table:
    """Return the messages that went to or came from a customer.

    >>> import ibis
    >>> rows = ibis.memtable({"kind": ["message", " Note", None]})
    >>> without_notes(rows).count().execute()
    2
    """
    if "kind" not in messages.columns:
        return messages
    return messages.filter(messages.kind.isnull() | (messages.kind.strip().lower() != "note"))
