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


def began(crm: Crm) -> str:
    """Return the SQL of when each customer began (began_at): by paid subscriptions, else orders, else use."""
    if "subscriptions" in crm:
        return f"SELECT customer_id, min(started_at) AS began_at FROM {_paid(crm)} GROUP BY 1"
    table = next(name for name in ("orders", "events") if name in crm)
    dated = contract.TABLES[table].dated_by
    return f"SELECT customer_id, min({dated}) AS began_at FROM {relation(crm, table)} GROUP BY 1"


AWAY_DAYS = 30
"""Who was without service for longer left once."""


def returned(crm: Crm) -> str:
    """Return the SQL of the customers whose paid service ended and began anew after ``AWAY_DAYS``: customer_id."""
    end = _end(crm)
    if not end:
        return "SELECT NULL::VARCHAR AS customer_id WHERE false"
    earlier = "OVER (PARTITION BY customer_id ORDER BY started_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    return (
        f"SELECT DISTINCT customer_id FROM (SELECT customer_id, started_at, max({end}) {earlier} AS ended, "
        f"bool_or({end} IS NULL) {earlier} AS runs FROM {_paid(crm)}) "
        f"WHERE NOT runs AND started_at > ended + INTERVAL {AWAY_DAYS} DAY"
    )


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


LATELY_DAYS = 60
"""Who was active within so many days goes on; between this and ``SILENT_DAYS`` nobody knows."""


def undecided(crm: Crm) -> str:
    """Return the SQL of the customers (customer_id) silent for too long to go on, and too short to have left."""
    table = next(name for name in ("orders", "events") if name in crm)
    last, until = f"max({contract.TABLES[table].dated_by})", crm.facts.known_until
    silent_for = (until - timedelta(days=days) for days in (SILENT_DAYS, LATELY_DAYS))
    first, latest = (f"TIMESTAMP '{day}'" for day in silent_for)
    return (
        f"SELECT customer_id FROM {relation(crm, table)} WHERE customer_id IS NOT NULL GROUP BY 1 "
        f"HAVING {last} >= {first} AND {last} < {latest}"
    )


def _cancelled(crm: Crm) -> str | None:
    return _last(relation(crm, "cancellations"), "occurred_at") if "cancellations" in crm else None


def _closed(crm: Crm) -> str | None:
    known = "customers" in crm and "closed_at" in crm["customers"].columns
    return _last(relation(crm, "customers"), "closed_at") if known else None


def _ended(crm: Crm) -> str | None:
    end = _end(crm)
    return f"{_last(_paid(crm), end)} AND count(*) = count({end})" if end else None


def _end(crm: Crm) -> str:
    """Return the column with the end of a subscription: the day of notice where no other is known; empty for none."""
    known = crm["subscriptions"].columns if "subscriptions" in crm else ()
    return next((name for name in ("ended_at", "cancelled_at") if name in known), "")


def _paid(crm: Crm) -> str:
    paid = " WHERE kind IS NULL OR kind = 'paid'" if "kind" in crm["subscriptions"].columns else ""
    return f"(SELECT * FROM {relation(crm, 'subscriptions')}{paid})"


def _last(rows: str, column: str) -> str:
    return (
        f"SELECT customer_id, max({column}) AS left_at FROM {rows} WHERE customer_id IS NOT NULL "
        f"GROUP BY 1 HAVING max({column}) IS NOT NULL"
    )
