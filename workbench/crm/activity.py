"""What counts as activity, on which days customers were active, and how much there was month by month."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import ibis
import ibis.expr.types as ir

from workbench.crm.amounts import is_sale
from workbench.crm.asof import CODE, Crm, Facts
from workbench.crm.instants import midnight
from workbench.errors import DataError, check_choice

if TYPE_CHECKING:
    import pandas as pd

Activity = Literal["orders", "events"]
ACTIVITIES: tuple[Activity, ...] = ("orders", "events")


def activity_rows(crm: Crm, table: Activity) -> ir.Table:
    """Return what counts as activity in a table: orders (returns do not count), or events, each a use of the product.

    Columns: customer_id (and customer_code, where there is one), at, record_id (the order's id; empty for an event).

    >>> import pandas as pd
    >>> from workbench.crm import load_tables
    >>> orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": "ann", "amount": [9, -9],
    ...                        "ordered_at": ["2024-01-01", "2024-01-02"]})
    >>> activity_rows(load_tables({"orders": orders}), "orders").record_id.to_pandas().tolist()
    ['1']

    Raises DataError for a source without that table.
    """
    rows = crm.lasting(table)
    if table == "orders":
        rows = rows.filter(is_sale(rows))
    who = [c for c in ("customer_id", CODE) if c in rows.columns]
    at = rows.ordered_at if table == "orders" else rows.occurred_at
    record_id = rows.order_id if table == "orders" else ibis.null("string")
    return rows.select(*who, at=at.cast("timestamp"), record_id=record_id)


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
    found = {name: activity_rows(crm, name) for name in ACTIVITIES if name in crm}
    begun = {"subscriptions": crm["subscriptions"].rename(at="started_at")} if "subscriptions" in crm else {}
    return {name: _monthly(name, rows) for name, rows in (found | begun).items()}


def _monthly(name: str, rows: ir.Table) -> pd.DataFrame:
    counted = rows.record_id.nunique() if name == "orders" else rows.count()
    months = rows.group_by(month=rows["at"].truncate("M"))
    monthly = months.aggregate(**{name: counted}, customers=rows.customer_id.nunique())
    return monthly.order_by("month").to_pandas()


def active_days(crm: Crm, activity: Activity | None = None) -> ir.Table:
    """Return one row per customer and day with activity: customer_id, day (a date, up to the last whole day).

    Activity is orders (returns do not count), or events where the source has no orders or ``activity`` says so.
    Excluded accounts are left out. Raises DataError when the source has neither, or lacks the one asked for.
    """
    rows = activity_rows(crm.counted(), choose_activity(crm, activity))
    days = rows.select("customer_id", day=rows["at"].date()).distinct()
    return days.filter(days.day <= ibis.date(str(last_whole_day(crm.facts).date())))


def choose_activity(crm: Crm, activity: Activity | None) -> Activity:
    """Return the table that activity is counted from: the one asked for, else orders, else events."""
    if activity is not None:
        check_choice("activity", activity, ACTIVITIES)
    wanted: tuple[Activity, ...] = ACTIVITIES if activity is None else (activity,)
    for name in wanted:
        if name in crm:
            return name
    raise DataError(
        f"activity is counted from the table {' or '.join(wanted)}; this source has {', '.join(crm)}. "
        "Map one in the source file."
    )


def last_whole_day(facts: Facts) -> datetime:
    """Return the midnight at which the last day known from beginning to end began."""
    return midnight(facts.known_until) - timedelta(days=1)
