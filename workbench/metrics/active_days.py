"""What customers did and when: the acts that silences, cohorts and activity are counted from."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Facts
from workbench.errors import DataError

Activity = Literal["orders", "events"]


def active_days(crm: Crm, activity: Activity | None = None) -> ir.Table:
    """Return one row per customer and day with an act on it: customer_id, day (a date, up to the last whole day).

    Acts are orders (returns do not count), or events where the source has no orders or ``activity`` says so. Excluded
    accounts are left out. Raises DataError when the source has neither, or lacks the one asked for.
    """
    name = choose_activity(crm, activity)
    rows = crm.counted()[name]
    if name == "orders":
        rows = rows.filter(rows.amount >= 0)
    at = rows.ordered_at if name == "orders" else rows.occurred_at
    acts = rows.select("customer_id", day=at.date()).distinct()
    return acts.filter(acts.day <= ibis.date(str(last_whole_day(crm.facts).date())))


def choose_activity(crm: Crm, activity: Activity | None) -> Activity:
    """Return the table to count acts from: the one asked for, else orders, else events."""
    wanted: tuple[Activity, ...] = ("orders", "events") if activity is None else (activity,)
    for name in wanted:
        if name in crm:
            return name
    raise DataError(
        f"acts are counted from the table {' or '.join(wanted)}; this source has {', '.join(crm)}. "
        "Map one in the source file."
    )


def with_segment(rows: ir.Table, segments: pd.DataFrame | None) -> ir.Table:
    """Add the column segment from a frame of customer_id and segment: 'all' without one, else 'unknown' where empty."""
    if segments is None:
        return rows.mutate(segment=ibis.literal("all"))
    joined = rows.left_join(ibis.memtable(one_segment_each(segments)), "customer_id").drop("customer_id_right")
    return joined.mutate(segment=joined.segment.fill_null("unknown"))


def one_segment_each(segments: pd.DataFrame) -> pd.DataFrame:
    """Return customer_id and segment (text) of whoever has one.

    Raises DataError when a column is missing or a customer stands there twice.

    >>> one_segment_each(pd.DataFrame({"customer_id": ["a", "b"], "segment": ["VIP", None]})).to_numpy().tolist()
    [['a', 'VIP']]
    """
    if missing := {"customer_id", "segment"} - {*segments.columns}:
        raise DataError(f"segments: the column {min(missing)} is missing; it has {', '.join(segments.columns)}.")
    known = segments[["customer_id", "segment"]].dropna()
    twice = known.loc[known["customer_id"].duplicated(), "customer_id"]
    if len(twice):
        raise DataError(f"segments: customer_id {twice.iloc[0]!r} stands there more than once; give each one segment.")
    return known.astype({"segment": str})


def last_whole_day(facts: Facts) -> datetime:
    """Return the midnight at which the last day known from beginning to end began."""
    return datetime.combine(facts.known_until.date(), time()) - timedelta(days=1)
