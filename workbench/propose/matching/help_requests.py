"""Whether a raw file holds requests for help: each has a beginning and an end, as a subscription has."""

from __future__ import annotations

from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.words.naming import means, table_likeness, words

_SIGNS = (("ticket", "id"), ("first", "respond"), ("priority",), ("score",))
_WORD_SIGNS = ({"agent", "assigned", "assignee", "requester"}, {"resolved", "resolution", "solved"})
_MONEY = ("amount", "price", "mrr", "cost")
_ENOUGH = 2


def holds_help_requests(label: str, table: RawTable) -> bool:
    """Return whether the names of a file and of its columns say that its rows are requests for help.

    Two signs are needed. A close date is none, for a subscription ends too; an amount of money speaks against it,
    for tickets to a concert are sold.
    """
    if max(table_likeness(label, "subscriptions"), table_likeness(label, "orders")) > 0.5:
        return False
    names = [column.name for column in table.columns]
    signs = [any(means(name, *sign) for name in names) for sign in _SIGNS]
    signs += [any(words(name) & sign for name in names) for sign in _WORD_SIGNS]
    money = any(means(name, kind) for name in names for kind in _MONEY)
    return means(label, "ticket") + sum(signs) - money >= _ENOUGH
