"""What counts as activity, on which days customers were active, and how much there was month by month."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, get_args

import ibis
import ibis.expr.types as ir

from workbench import contract
from workbench.crm.asof import Crm, Facts
from workbench.crm.instants import midnight
from workbench.errors import DataError, check_choice

if TYPE_CHECKING:
    import pandas as pd

Activity = Literal["orders", "events"]


def monthly_activity(crm: Crm) -> dict[str, pd.DataFrame]:
    """Return, per table of activity, a frame with the column month, one named like the table, and customers.

    Orders are counted once however many lines they have, and returns are left out.

    >>> import pandas as pd
    >>> from workbench.crm import load_tables
    >>> events = pd.DataFrame({"customer_id": ["a", "a", "b"],
    ...                        "occurred_at": ["2024-01-01", "2024-01-02", "2024-02-01"]})
    >>> monthly_activity(load_tables({"events": events}))["events"][["events", "customers"]].to_numpy().tolist()
    [[2, 1], [1, 1]]
    """
    return {name: _monthly(name, crm[name]) for name in contract.ACTIVITY_TABLES if name in crm}


def _monthly(name: str, rows: ir.Table) -> pd.DataFrame:
    if name == "orders":
        rows = rows.filter(rows.amount >= 0)
    counted = rows.order_id.nunique() if name == "orders" else rows.count()
    months = rows.group_by(month=rows[contract.TABLES[name].dated_by].truncate("M"))
    monthly = months.aggregate(**{name: counted}, customers=rows.customer_id.nunique())
    return monthly.order_by("month").to_pandas()


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
    if activity is not None:
        check_choice("activity", activity, get_args(Activity))
    wanted: tuple[Activity, ...] = ("orders", "events") if activity is None else (activity,)
    for name in wanted:
        if name in crm:
            return name
    raise DataError(
        f"acts are counted from the table {' or '.join(wanted)}; this source has {', '.join(crm)}. "
        "Map one in the source file."
    )


def last_whole_day(facts: Facts) -> datetime:
    """Return the midnight at which the last day known from beginning to end began."""
    return midnight(facts.known_until) - timedelta(days=1)
