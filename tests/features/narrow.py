"""Panels of a few columns: a whole panel takes seconds to put together, however few its rows."""

from __future__ import annotations

import workbench as wb
from workbench.features.profile import FIRST_SEEN

MAY_READ = {"existing_at_begin": (*FIRST_SEEN.values(), "account_days")}
"""Columns a feature reads where they are there."""


def all_but(*wanted: str) -> list[str]:
    """Return the names of all features that these columns are not made from."""
    needed, waiting = set[str](), [*wanted]
    while waiting:
        name = waiting.pop()
        if name in wb.FEATURES and name not in needed:
            needed.add(name)
            waiting += [*wb.FEATURES[name].feature.needs, *MAY_READ.get(name, ())]
    return [name for name in wb.FEATURES if name not in needed]
