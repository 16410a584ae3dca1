"""How much work the lists are, for which customers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.actions.playbook import AUDIENCE

COLUMNS = ["segment", "customers", "tasks", "contacts_cost", "offers_cost", "expected_gain"]


def effort_by_segment(lists: Mapping[str, pd.DataFrame], by: str = "value_segment") -> pd.DataFrame:
    """Return what the lists ask for per segment: segment, customers, tasks, contacts_cost, offers_cost, expected_gain.

    Input: lists of :func:`make_lists` and one of their columns, ``value_segment``, ``rfm_segment``, ``country`` or
    ``owner``. Costs in currency, ``offers_cost`` if every offer is taken; expected_gain is empty where no task has one.
    Mailings (a newsletter's audience) are no task. Most tasks first.

    >>> calls = pd.DataFrame({"customer_id": ["ann", "bob"], "value_segment": ["VIP", "other"], "contact_cost": 5.0,
    ...                       "offer_cost": [10.0, 0.0], "expected_gain": [30.0, None]})
    >>> found = effort_by_segment({"keep": calls, "answer": calls.head(1)})
    >>> found[["segment", "tasks", "contacts_cost"]].values.tolist()
    [['VIP', 2, 10.0], ['other', 1, 5.0]]
    """
    tasks = [rows for name, rows in lists.items() if name != AUDIENCE and len(rows)]
    if not tasks:
        return pd.DataFrame(columns=COLUMNS)
    every = pd.concat([rows[["customer_id", by, "contact_cost", "offer_cost", "expected_gain"]] for rows in tasks])
    grouped = every.assign(segment=every[by].fillna("not known")).groupby("segment")
    found = pd.DataFrame({
        "customers": grouped["customer_id"].nunique(),
        "tasks": grouped.size(),
        "contacts_cost": grouped["contact_cost"].sum(),
        "offers_cost": grouped["offer_cost"].sum(),
        "expected_gain": grouped["expected_gain"].sum(min_count=1),
    }).reset_index()  # fmt: skip
    return found.sort_values(["tasks", "segment"], ascending=[False, True], ignore_index=True)
