"""Activity month by month, to see gaps before anybody takes them for churn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis.expr.types as ir

from workbench import contract
from workbench.crm.asof import Crm

if TYPE_CHECKING:
    import pandas as pd


def monthly_activity(crm: Crm) -> dict[str, pd.DataFrame]:
    """Return, per table of activity, a frame with the column month, one named like the table, and customers.

    Orders are counted once however many lines they have, and returns are left out.

    >>> import pandas as pd
    >>> from workbench.load import load_tables
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
