"""When customers left, as the tables record it: no grace; and who fell silent where no table records an end."""

from __future__ import annotations

from datetime import timedelta

from workbench import contract
from workbench.check.queries import relation
from workbench.crm import Crm


def leavers(crm: Crm) -> str | None:
    """Return the SQL of one row per customer with a recorded end: customer_id, left_at, gone; None without any.

    That is the last cancellation; of customers without one the closed account; without either the end of the last paid
    subscription of those with none that runs on. Those whom a column marks may have left in any of these ways; ``gone``
    are those whose account is closed or of whom no paid subscription runs on: not those who cancelled and came back.
    """
    found = [rows for rows in (_cancelled(crm), _closed(crm), _ended(crm)) if rows]
    if not found:
        return None
    ways = " UNION ALL ".join(f"SELECT *, {place} AS way FROM ({rows})" for place, rows in enumerate(found))
    return f"SELECT customer_id, arg_min(left_at, way) AS left_at, bool_or(way > 0) AS gone FROM ({ways}) GROUP BY 1"


SILENT_DAYS = 182
"""Who has been silent for so long has left, where no end is recorded: long, as no rule was chosen yet."""


def silent(crm: Crm) -> str | None:
    """Return what :func:`leavers` does of a source that records no end, by the last order, or else the last use.

    None for a source whose data are no twice as long as the silence.
    """
    table = next((name for name in ("orders", "events") if name in crm), None)
    long_ago = crm.facts.known_until - timedelta(days=SILENT_DAYS)
    if table is None or crm.facts.begins_at > long_ago - timedelta(days=SILENT_DAYS):
        return None
    last = f"max({contract.TABLES[table].dated_by})"
    return (
        f"SELECT customer_id, {last} + INTERVAL 1 DAY AS left_at, true AS gone FROM {relation(crm, table)} "
        f"WHERE customer_id IS NOT NULL GROUP BY 1 HAVING {last} < TIMESTAMP '{long_ago}'"
    )


def _cancelled(crm: Crm) -> str | None:
    return _last(relation(crm, "cancellations"), "occurred_at") if "cancellations" in crm else None


def _closed(crm: Crm) -> str | None:
    known = "customers" in crm and "closed_at" in crm["customers"].columns
    return _last(relation(crm, "customers"), "closed_at") if known else None


def _ended(crm: Crm) -> str | None:
    if "subscriptions" not in crm or "ended_at" not in crm["subscriptions"].columns:
        return None
    paid = " WHERE kind IS NULL OR kind = 'paid'" if "kind" in crm["subscriptions"].columns else ""
    rows = f"(SELECT * FROM {relation(crm, 'subscriptions')}{paid})"
    return f"{_last(rows, 'ended_at')} AND count(*) = count(ended_at)"


def _last(rows: str, column: str) -> str:
    return (
        f"SELECT customer_id, max({column}) AS left_at FROM {rows} WHERE customer_id IS NOT NULL "
        f"GROUP BY 1 HAVING max({column}) IS NOT NULL"
    )
