"""Lists of people with their addresses, as mailing and tracking tools keep them: they pay, say and do nothing there."""

from __future__ import annotations

from workbench import contract
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.words.naming import means, table_likeness, words

_NAMED = 0.5
_FEWEST = 20
"""Rows from which on people that never recur are a list of people, and not what they did."""
_OF_OPT_INS = {"optin", "unsub", "optout"}
_OF_SERVICE = {"ended_at", "cancelled_at", "renews_at", "mrr"}
_OF_MESSAGES = {"campaign", "channel", "direction", "event", "opened_at", "replied_at"}


def lists_people(evidence: Evidence, file: str, table: str) -> bool:
    """Return whether a file lists addresses, with a consent or the day of each, and so is no such table."""
    raw, label = evidence.tables[file], evidence.labels[file]
    if table_likeness(label, table) > _NAMED and table != "customers":
        return False
    mailed = _is_mailing_list(raw)
    if table in ("tickets", "surveys", "cancellations"):
        return mailed
    if table == "subscriptions":
        return (mailed or _asks_for_consent(raw)) and not _serves(evidence, file)
    if table == "customers":
        return (mailed or _asks_for_consent(raw)) and _has_customers_beside(evidence, file)
    if table in ("events", "messages"):
        return mailed or (_knows_each_once(raw) and not evidence.columns(file, table).keys() & _OF_MESSAGES)
    return False


def _serves(evidence: Evidence, file: str) -> bool:
    """Whether rows state a price or an end of service, which the day of an opt-out is not."""
    found = evidence.columns(file, "subscriptions").items()
    return any(name in _OF_SERVICE and not words(column) & _OF_OPT_INS for name, (column, _) in found)


def _is_mailing_list(raw: RawTable) -> bool:
    """Whether rows are addresses with the day on which each was confirmed or taken off."""
    return any(words(c.name) & _OF_OPT_INS and c.time_sql for c in raw.columns) and _has_addresses(raw)


def _asks_for_consent(raw: RawTable) -> bool:
    """Whether a column is called consent and says of each address what was answered."""
    return any("consent" in words(c.name) and c.values for c in raw.columns) and _has_addresses(raw)


def _has_addresses(raw: RawTable) -> bool:
    return any(means(c.name, "email") and c.unique == 1 for c in raw.columns)


def _knows_each_once(raw: RawTable) -> bool:
    """Whether each row has a customer and an address of its own."""
    people = [c for c in raw.columns if c.unique == 1 and c.filled == raw.rows]
    named = any(means(c.name, "customer") and c.keylike for c in people)
    return raw.rows >= _FEWEST and named and any(means(c.name, "email") for c in people)


def _has_customers_beside(evidence: Evidence, file: str) -> bool:
    """Whether another file is called customers, and neither by another word, as their orders, nor a mailing list."""
    labels = {name: label for name, label in evidence.labels.items() if name in evidence.tables and name != file}
    others = (name for name, label in labels.items() if means(label, "customer") and not _is_of_others(label))
    return any(not _is_mailing_list(evidence.tables[name]) for name in others)


def _is_of_others(label: str) -> bool:
    own = table_likeness(label, "customers")
    return any(table_likeness(label, table) >= own for table in contract.TABLES if table != "customers")
