"""What follows from the panel once for all tables: paid lives with their ends and causes, add-ons, and all changes."""

from __future__ import annotations

import math

import duckdb

from workbench.demo import scenario

ADDON_SHARE = 0.15
ADDON_MRR = 19

LIVES = """
CREATE TABLE lives AS
WITH starts AS (
    SELECT n, 1::BIGINT AS life, month_start(0) AS started_at, first_plan AS plan, first_seats AS seats, 0 AS level,
        billed_at((term - floor(u('phase', n, 0) * term)::BIGINT) % term, bill_day) AS renews_at
    FROM people WHERE existing AND path = 'paid'
    UNION ALL
    SELECT n, life, paid_from, plan_now, seats_now, level_now, billed_at(m + term, bill_day)
    FROM panel JOIN people USING (n, term) WHERE paid_from IS NOT NULL
), ends AS (
    SELECT n, life, left_at, ended_at, returned_at, fate AS kind, {cause} AS cause,
        coalesce(returned_at < ended_at + to_days({grace_days}), false) AS back_within_grace
    FROM panel WHERE left_at IS NOT NULL
)
SELECT starts.*, ends.* EXCLUDE (n, life), subscription_name(n, life) AS subscription_id
FROM starts LEFT JOIN ends USING (n, life) ORDER BY n, life
"""

ADDONS = """
CREATE TABLE addons AS
WITH starts AS (
    SELECT n, left_at, ended_at, kind, started_at + to_days(30 + floor(u('addon_start', n, 0) * 400)::INTEGER) AS begun,
        CASE WHEN u('addon_stop', n, 0) < 0.4
            THEN begun + to_days(60 + floor(u('addon_stop', n, 1) * 300)::INTEGER) END AS dropped_at
    FROM lives WHERE life = 1 AND u('addon', n, 0) < {addon_share}
)
SELECT n, subscription_name(n, 'a') AS subscription_id, begun AS started_at, dropped_at < left_at IS NOT FALSE
        AND dropped_at IS NOT NULL AS dropped,
    CASE WHEN dropped THEN dropped_at WHEN kind = 'active' THEN left_at END AS cancelled_at,
    CASE WHEN dropped THEN dropped_at ELSE ended_at END AS ended_at
FROM starts WHERE begun < left_at IS NOT FALSE ORDER BY n
"""

CHANGES = """
CREATE TABLE changes AS
WITH dated AS (
    SELECT *, subscription_name(n, life) AS subscription_id FROM panel WHERE status IN ('paid', 'paused')
)
SELECT subscription_id, started_at AS changed_at, 'plan' AS change, plan, mrr(plan, seats, level) AS mrr,
    renewal > 0 AS auto_renew
FROM lives JOIN people USING (n)
UNION ALL
SELECT subscription_id, day_at(t0, 12, 14, u('plan_day', n, m)), 'plan', plan_now, mrr(plan_now, seats, level),
    auto_renew
FROM dated WHERE plan_now <> plan
UNION ALL
SELECT subscription_id, t0 + to_days(14), 'price', plan_now, mrr(plan_now, seats, level_now), auto_renew
FROM dated WHERE level_now <> level
UNION ALL
SELECT subscription_id, day_at(t0, 16, 25, u('seats_day', n, m)), 'quantity', plan_now,
    mrr(plan_now, seats_now, level_now), auto_renew
FROM dated WHERE seats_now <> seats
UNION ALL
SELECT subscription_id, paused_at, 'paused', plan, 0, auto_renew FROM dated WHERE paused_at IS NOT NULL
UNION ALL
SELECT subscription_id, resumed_at, 'resumed', plan, mrr(plan, seats, level), auto_renew
FROM dated WHERE resumed_at IS NOT NULL
UNION ALL
SELECT subscription_id, day_at(t0, 26, 28, u('auto_day', n, m)), 'auto_renew', plan_now,
    CASE WHEN fate = 'pause' THEN 0 ELSE mrr(plan_now, seats_now, level_now) END, auto_next
FROM dated WHERE fate IN ('stay', 'pause') AND auto_next <> auto_renew
"""


def settle_lives(con: duckdb.DuckDBPyConnection) -> None:
    """Create ``lives``, ``addons`` and ``changes`` from ``people`` and ``panel``."""
    con.execute(LIVES.format(cause=_cause_sql(), grace_days=scenario.GRACE_DAYS))
    con.execute(ADDONS.format(addon_share=ADDON_SHARE))
    con.execute(CHANGES)


def _cause_sql() -> str:
    """Return the SQL that draws the cause of a departure.

    A sign multiplies the odds of leaving by e^strength: of so many departures one would have happened anyway, and the
    others are shared among the signs shown, each in proportion to e^strength - 1.
    """
    shown = [
        (s.name, f"CASE WHEN mask & {scenario.BIT[s.name]} > 0 THEN {math.expm1(s.strength)} ELSE 0 END")
        for s in scenario.SIGNS
    ]
    poor = f"CASE WHEN onboarding_left > 0 THEN {math.expm1(scenario.ONBOARDING_STRENGTH)} ELSE 0 END"
    shown.append(("onboarding", poor))
    total = " + ".join(["1", *(weight for _, weight in shown)])
    cases = "WHEN fate = 'financial' THEN 'payment'"
    for place, (name, _) in enumerate(shown):
        upto = " + ".join(weight for _, weight in shown[: place + 1])
        cases += f" WHEN u('cause', n, m) * ({total}) < {upto} THEN '{name}'"
    return f"CASE {cases} ELSE 'none' END"
