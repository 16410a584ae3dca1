"""When customers left, as the tables record it: no rule of silence, no grace."""

from __future__ import annotations

from workbench.check.queries import relation
from workbench.crm import Crm


def leavers(crm: Crm) -> str | None:
    """Return the SQL of one row per customer with a recorded end: customer_id, left_at; None where none is recorded.

    That is the last cancellation; without such a table the closed account; without one the end of the last
    subscription of customers with none that runs on.
    """
    if "cancellations" in crm:
        return _last(relation(crm, "cancellations"), "occurred_at")
    if "customers" in crm and "closed_at" in crm["customers"].columns:
        return _last(relation(crm, "customers"), "closed_at")
    if "subscriptions" in crm and "ended_at" in crm["subscriptions"].columns:
        return f"{_last(relation(crm, 'subscriptions'), 'ended_at')} AND count(*) = count(ended_at)"
    return None


def _last(rows: str, column: str) -> str:
    return (
        f"SELECT customer_id, max({column}) AS left_at FROM {rows} WHERE customer_id IS NOT NULL "
        f"GROUP BY 1 HAVING max({column}) IS NOT NULL"
    )
