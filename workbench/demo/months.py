"""The months of the simulation: one set-based step per month advances every customer and leaves a row in ``panel``.

A row of ``panel`` is a customer's month: what held when it began (``status``, ``mask`` of the signs shown before, plan,
seats, price level), what happened in it (``fate``, ``mask_now``), and the probabilities of leaving as they truly were.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import numpy as np

from workbench.demo import scenario
from workbench.demo.chances import CELL_SQL, chance_table

PLACED = f"""
CREATE OR REPLACE TEMP TABLE placed AS
SELECT *, CASE WHEN status = 'paid' THEN ({CELL_SQL}) * {scenario.MASKS} + mask END AS key, (m - phase0) % term AS phase
FROM (
    SELECT state.*, size, term, renewal, signup_month, poor, responds, bill_day, busy,
        {{m}}::BIGINT AS m, month_start({{m}}) AS t0, month_start({{m}} + 1) AS t1,
        CASE WHEN life > 1 THEN 'paid' ELSE path END AS way,
        CASE WHEN poor AND life = 1 AND {{m}} - signup_month BETWEEN 1 AND {scenario.ONBOARDING_MONTHS}
            THEN {scenario.ONBOARDING_MONTHS} + 1 - ({{m}} - signup_month) ELSE 0 END AS onboarding_left
    FROM state JOIN people USING (n)
)
"""

FATED = """
WITH odds AS (
    SELECT placed.*, u('fate', n, m) AS draw, reached AND responds AS helped,
        CASE WHEN helped THEN active_helped ELSE active_plain END AS p_active,
        CASE WHEN helped THEN financial_helped ELSE financial_plain END AS p_financial,
        CASE WHEN helped THEN passive_helped ELSE passive_plain END AS p_passive,
        CASE WHEN helped THEN pause_helped ELSE pause_plain END AS p_pause,
        1 - active_plain - financial_plain - passive_plain - pause_plain AS stay_plain,
        1 - active_helped - financial_helped - passive_helped - pause_helped AS stay_helped,
        (1 - belief) * p30_nobody + belief * CASE WHEN reached THEN p30_reached ELSE p30_untouched END AS p30,
        (1 - belief) * p91_nobody + belief * CASE WHEN reached THEN p91_reached ELSE p91_untouched END AS p91
    FROM placed LEFT JOIN chances ON placed.key = chances.key
), drawn AS (
    SELECT *, CASE WHEN status <> 'paid' THEN NULL
            WHEN draw < p_active THEN 'active'
            WHEN draw < p_active + p_financial THEN 'financial'
            WHEN draw < p_active + p_financial + p_passive THEN 'passive'
            WHEN draw < p_active + p_financial + p_passive + p_pause THEN 'pause' ELSE 'stay' END AS fate,
        status = 'waiting' AND next_at < t1 AS enters,
        CASE WHEN status = 'waiting' AND next_at < t1 AND way LIKE 'trial%' THEN next_at + to_days({trial_days})
            WHEN status = 'trial' THEN next_at END AS trial_end
    FROM odds
), dated AS (
    SELECT *, CASE fate WHEN 'active' THEN day_at(t0, 10, 28, u('notice', n, m))
            WHEN 'financial' THEN day_at(t0, 20, 28, u('shut', n, m))
            WHEN 'passive' THEN billed_at(m, bill_day) END AS left_at,
        CASE WHEN fate = 'pause' THEN day_at(t0, 10, 24, u('pause', n, m)) END AS paused_at,
        CASE WHEN enters AND way = 'paid' THEN next_at
            WHEN way = 'trial_paid' AND trial_end < t1 THEN trial_end END AS paid_from
    FROM drawn
), ended AS (
    SELECT *, CASE WHEN fate = 'active' AND NOT (term = 1 AND u('at_once', n, m) < 0.3)
            THEN billed_at(m + term - phase, bill_day) ELSE left_at END AS ended_at,
        u('back', n, m) AS back, fate = 'stay' AND {campaign} AND u('campaign', n, m) < {campaign_share} AS assigned
    FROM dated
)
SELECT *, CASE WHEN left_at IS NULL THEN NULL
        WHEN fate <> 'financial' AND back < {quick}
        THEN day_at(date_trunc('month', ended_at) + to_months(1), 1, 2, u('back_day', n, m))
        WHEN back < {quick} + {late} THEN day_at(
            date_trunc('month', ended_at) + to_months(3 + floor(u('back_month', n, m) * 8)::INTEGER),
            4, 25, u('back_day', n, m)) END AS returned_at,
    CASE WHEN assigned THEN CASE WHEN u('arm', n, m) < {control} THEN 'control' ELSE 'treated' END END AS arm,
    coalesce(arm = 'treated' AND u('reached', n, m) < {reached_share}, false) AS reached_now
FROM ended
"""

STEPPED = f"""
CREATE OR REPLACE TEMP TABLE stepped AS
WITH fated AS ({FATED}), signs AS (
    SELECT *, CASE WHEN status = 'paid' AND fate <> 'pause' THEN {{mask_now}} ELSE 0 END AS mask_now,
        status = 'paid' AND u('wishes', n, m) < CASE WHEN wishes THEN {{wishes_stay}} ELSE {{wishes_start}} END
            AS wishes_now
    FROM fated
), ends AS (
    SELECT *, CASE
            WHEN status = 'waiting' AND NOT enters THEN 'waiting'
            WHEN paid_from IS NOT NULL OR fate = 'stay' OR (status = 'paused' AND next_at < t1) THEN 'paid'
            WHEN status = 'free' OR (enters AND way = 'free') OR (way = 'trial_free' AND trial_end < t1) THEN 'free'
            WHEN trial_end >= t1 THEN 'trial'
            WHEN trial_end < t1 THEN 'gone'
            WHEN status = 'paused' OR fate = 'pause' THEN 'paused'
            WHEN coalesce(ended_at, next_at) >= t1 THEN 'notice'
            WHEN coalesce(returned_at, return_at) IS NOT NULL THEN 'waiting' ELSE 'gone' END AS became,
        CASE WHEN fate = 'stay' THEN mask_now ELSE 0 END AS mask_next,
        CASE WHEN fate = 'stay'
                AND u('plan_change', n, m) < CASE WHEN mask_now & {{intent}} > 0 THEN 0.25 ELSE 0.003 END
            THEN greatest(plan - 1, 0)
            WHEN fate = 'stay' AND u('plan_change', n, m) > 0.992 THEN least(plan + 1, 2) ELSE plan END AS plan_now,
        CASE WHEN fate = 'stay' AND u('seats_change', n, m) < 0.008 THEN greatest(seats - 1, 1)
            WHEN fate = 'stay' AND u('seats_change', n, m) > 0.98 THEN seats + 1 ELSE seats END AS seats_now,
        CASE WHEN paid_from IS NOT NULL THEN {{level}} WHEN fate = 'stay' AND {{rises}} THEN level + 1 ELSE level END
            AS level_now,
        CASE WHEN enters OR (status = 'paused' AND next_at < t1) THEN next_at ELSE t0 END AS active_from,
        CASE WHEN way = 'trial_lost' THEN least(t1, trial_end)
            WHEN status = 'notice' THEN least(t1, next_at)
            WHEN status = 'paused' AND next_at >= t1 THEN t0
            ELSE least(t1, ended_at, paused_at) END AS last_at,
        renewal > 0 AND NOT (renewal = 1 AND mask & {{intent}} > 0) AS auto_renew
    FROM signs
)
SELECT *, renewal > 0 AND NOT (renewal = 1 AND mask_next & {{intent}} > 0) AS auto_next,
    (0.4 + 1.2 * u('uses', n, m)) * {{uses}} * busy * {{season}}
        * CASE WHEN status IN ('paid', 'paused', 'waiting') THEN 1 ELSE 0.5 END
        * CASE WHEN mask_now & {{silence}} > 0 THEN 0.6 ELSE 1 END
        * CASE WHEN mask_now & {{intent}} > 0 THEN 0.7 ELSE 1 END
        * CASE WHEN u('dip', n, m) < 0.04 THEN 0.25 ELSE 1 END
        * date_diff('second', active_from, last_at) / 2629800.0 + u('uses_rest', n, m) AS uses
FROM ends
"""

PANEL_COLUMNS = """n, m, t0, life, status, fate, phase, term, mask, mask_now, wishes, wishes_now, plan, plan_now,
    seats, seats_now, level, level_now, auto_renew, auto_next, contact_no, active_from, last_at, paid_from,
    paused_at, enters AND life = 1 AND NOT poor AS activates, poor AND m <= signup_month + 1 AS unactivated,
    CASE WHEN status = 'paused' AND became = 'paid' THEN next_at END AS resumed_at,
    left_at, ended_at, returned_at, arm, reached_now, onboarding_left, p30, p91, floor(uses)::INTEGER AS uses"""

NEXT_STATE = """
CREATE OR REPLACE TEMP TABLE state AS
SELECT n, life + (became = 'waiting' AND status <> 'waiting')::BIGINT AS life,
    became AS status,
    CASE WHEN became = 'trial' THEN trial_end
        WHEN became = 'notice' THEN coalesce(ended_at, next_at)
        WHEN became = 'waiting' AND status <> 'waiting' THEN coalesce(returned_at, return_at)
        WHEN fate = 'pause' THEN day_at(t0 + to_months(2 + (u('pause_months', n, m) < 0.5)::INTEGER), 2, 3, 0.5)
        ELSE next_at END AS next_at,
    coalesce(returned_at, CASE WHEN status = 'notice' THEN return_at END) AS return_at,
    CASE WHEN paid_from IS NOT NULL THEN m ELSE phase0 END AS phase0, mask_next AS mask, wishes_now AS wishes,
    plan_now AS plan, seats_now AS seats, level_now AS level,
    contact_no + (mask & {contact} > 0 AND mask_now & {contact} = 0)::BIGINT AS contact_no,
    CASE WHEN {campaign} THEN reached_now ELSE reached END AS reached,
    CASE WHEN fate = 'stay' AND reached
        THEN belief * stay_helped / (belief * stay_helped + (1 - belief) * stay_plain) ELSE belief END AS belief
FROM stepped WHERE became <> 'gone'
"""

USES_A_MONTH = 9.0


def live_months(con: duckdb.DuckDBPyConnection, *, months: int, begins_at: datetime) -> None:
    """Advance ``state`` month by month and fill ``panel``."""
    level = 0
    for month in range(months):
        calendar_month = (begins_at.month - 1 + month) % 12 + 1
        level += calendar_month == 1
        words = _words(month, calendar_month, level)
        con.execute(PLACED.format(m=month))
        codes = con.sql(f"SELECT DISTINCT key // {scenario.MASKS} AS cell FROM placed WHERE status = 'paid'")
        chances = chance_table(np.asarray(codes.fetchnumpy()["cell"], dtype=np.int64), month, calendar_month)
        con.register("chances", chances)
        con.execute(STEPPED.format(**words))
        con.unregister("chances")
        target = "INSERT INTO panel" if month else "CREATE TABLE panel AS"
        con.execute(f"{target} SELECT {PANEL_COLUMNS} FROM stepped WHERE status <> 'waiting' OR enters ORDER BY n")
        con.execute(NEXT_STATE.format(**words))
    con.execute("DROP TABLE placed; DROP TABLE stepped; DROP TABLE state")


def _words(month: int, calendar_month: int, level: int) -> dict[str, object]:
    """Return the scenario's numbers for one month, as the SQL names them."""
    return {
        "trial_days": scenario.TRIAL_DAYS,
        "campaign": str(scenario.is_campaign(month)),
        "campaign_share": scenario.CAMPAIGN_SHARE,
        "control": scenario.CONTROL_SHARE,
        "reached_share": scenario.REACHED_SHARE,
        "quick": scenario.QUICK_RETURN,
        "late": scenario.LATE_RETURN,
        "mask_now": " + ".join(_sign_sql(sign) for sign in scenario.SIGNS),
        "wishes_start": scenario.NOISE.starts,
        "wishes_stay": scenario.NOISE.stays,
        "level": level,
        "rises": str(calendar_month == 1),
        "season": scenario.USE_BY_SEASON[calendar_month - 1],
        "uses": USES_A_MONTH,
        **scenario.BIT,
    }


def _sign_sql(sign: scenario.Sign) -> str:
    """Return the SQL of a sign's bit this month; a customer who leaves changes neither contact nor debt."""
    bit = scenario.BIT[sign.name]
    possible = {"payment": " AND fate = 'stay' AND phase = 0", "contact": " AND fate = 'stay'"}.get(sign.name, "")
    chance = f"CASE WHEN mask & {bit} > 0 THEN {sign.stays} ELSE {sign.starts} END"
    return f"CASE WHEN u('{sign.name}', n, m) < {chance}{possible} THEN {bit} ELSE 0 END"
