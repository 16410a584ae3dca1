"""Tickets: which are open, and since when."""

from __future__ import annotations

import ibis.expr.types as ir


def is_open(tickets: ir.Table) -> ir.BooleanValue:
    """Return which tickets are open: not solved, or opened again after they were.

    >>> import ibis, pandas as pd
    >>> days = {"resolved_at": ["2024-05-02", None, "2024-05-02"], "reopened_at": [None, None, "2024-05-09"]}
    >>> is_open(ibis.memtable(pd.DataFrame(days).apply(pd.to_datetime))).to_pandas().tolist()
    [False, True, True]
    """
    unsolved = tickets.resolved_at.isnull()
    if "reopened_at" not in tickets.columns:
        return unsolved
    return unsolved | (tickets.reopened_at > tickets.resolved_at).fill_null(False)


def open_since(tickets: ir.Table) -> ir.TimestampValue:
    """Return since when an open ticket is: since it was opened, or opened again."""
    return tickets.reopened_at.coalesce(tickets.opened_at) if "reopened_at" in tickets.columns else tickets.opened_at
