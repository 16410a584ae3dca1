"""Who the simulated customers are: drawn once, before the first month."""

from __future__ import annotations

from datetime import datetime

import duckdb

from workbench.demo import scenario

EXISTING_SHARE = 0.45
"""Share of customers who signed up before the data begin."""

COHORT_BY_SEASON = (1.2, 1.1, 1.1, 1.0, 1.0, 0.9, 0.8, 0.7, 1.2, 1.2, 1.1, 0.7)

MACROS = """
CREATE MACRO u(purpose, a, b) AS
    (hash(hash(a::BIGINT, b::BIGINT, purpose, {seed}::BIGINT)) >> 11)::DOUBLE / 9007199254740992.0;
CREATE MACRO pick(x, choices) AS choices[1 + floor(x * len(choices))::INTEGER];
CREATE MACRO day_at(first_of_month, from_day, to_day, x) AS
    first_of_month + to_seconds(floor(86400 * (from_day - 1 + x * (to_day - from_day + 1)))::BIGINT);
CREATE MACRO month_start(m) AS TIMESTAMP '{begins_at}' + to_months(m::INTEGER);
CREATE MACRO billed_at(m, bill_day) AS month_start(m) + to_days((bill_day - 1)::INTEGER) + INTERVAL 6 HOUR;
CREATE MACRO mrr(plan, seats, level) AS
    round({prices}[plan + 1] * seats * pow({rise}, level), 2)::DECIMAL(18, 4);
CREATE MACRO last_name(n, no) AS pick(u('last name', n, no),
    ['Adler', 'Bianchi', 'Costa', 'Dubois', 'Engel', 'Ferrari', 'Garcia', 'Hansen', 'Ivanova', 'Jansen',
     'Keller', 'Laurent', 'Moreau', 'Novak', 'Ortega', 'Petrov', 'Rossi', 'Weber']);
CREATE MACRO person_called(n, no) AS pick(u('first name', n, no),
    ['Ada', 'Bruno', 'Chiara', 'David', 'Emma', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jan', 'Lea', 'Marek', 'Nora',
     'Omar', 'Paula', 'Rosa', 'Sven', 'Tessa'])
    || ' ' || last_name(n, no);
CREATE MACRO company_called(n) AS last_name(n, 1) || ' ' || pick(u('firm', n, 0),
    ['Foods', 'Labs', 'Logistics', 'Media', 'Partners', 'Software', 'Systems', 'Tools', 'Trading', 'Works']);
CREATE MACRO subscription_name(n, life) AS 'S' || lpad(n::VARCHAR, 8, '0') || '-' || life;
CREATE MACRO within(begins_at, ends_at, x) AS
    begins_at + to_seconds(floor(x * date_diff('second', begins_at, ends_at))::BIGINT);
CREATE MACRO at_work(instant, x) AS
    date_trunc('day', instant) + to_seconds(36000 + floor(x * 25200)::BIGINT);
CREATE MACRO later(instant, from_hours, to_hours, x) AS
    instant + to_seconds(floor(3600 * (from_hours + x * (to_hours - from_hours)))::BIGINT);
CREATE MACRO customer_name(n) AS 'C' || lpad(n::VARCHAR, 8, '0');
CREATE MACRO preferred(n) AS pick(u('channel', n, 0), ['email', 'email', 'email', 'phone', 'chat']);
CREATE MACRO owner_name(n) AS 'owner-' || (1 + floor(u('owner', n, 0) * 8)::INTEGER);
CREATE MACRO contact_name(n, number) AS 'P' || lpad(n::VARCHAR, 8, '0') || '-' || number;
"""

PEOPLE = """
CREATE TABLE people AS
WITH numbered AS (
    SELECT n, customer_name(n) AS customer_id, cohort AS signup_month, n <= {existing} AS existing,
        CASE WHEN u('size', n, 0) < {small} THEN 0 WHEN u('size', n, 0) < {small} + {middle} THEN 1 ELSE 2 END AS size
    FROM range(1, {customers} + 1) AS numbers(n) JOIN cohorts ON n BETWEEN first_n AND last_n
)
SELECT n::BIGINT AS n, customer_id, existing, size, signup_month::BIGINT AS signup_month,
    CASE WHEN existing
        THEN TIMESTAMP '{begins_at}' - to_seconds(floor(86400 * (20 - 500 * ln(1 - u('age', n, 0))))::BIGINT)
        ELSE day_at(month_start(signup_month), 1, 25, u('signup', n, 0)) END AS signup_at,
    CASE WHEN u('path', n, 0) < 0.06 THEN 'free'
        WHEN existing OR u('path', n, 0) < 0.45 THEN 'paid'
        WHEN u('path', n, 0) < 0.82 THEN 'trial_paid'
        WHEN u('path', n, 0) < 0.95 THEN 'trial_lost' ELSE 'trial_free' END AS path,
    CASE WHEN u('term', n, 0) < [0.75, 0.60, 0.35][size + 1] THEN 1
        WHEN u('term', n, 0) < [0.85, 0.70, 0.50][size + 1] THEN 3 ELSE 12 END::BIGINT AS term,
    CASE WHEN u('renewal', n, 0) < 0.20 THEN 0 WHEN u('renewal', n, 0) < 0.60 THEN 1 ELSE 2 END AS renewal,
    NOT existing AND u('onboarding', n, 0) < {poor} AS poor,
    u('responds', n, 0) < {responders}[size + 1] AS responds,
    u('internal', n, 0) < 0.01 AS internal,
    {bill_from} + floor(u('bill', n, 0) * {bill_days})::BIGINT AS bill_day,
    exp(1.1 * (u('use', n, 1) + u('use', n, 2) + u('use', n, 3) - 1.5)) AS busy,
    preferred(n) AS preferred_channel,
    CASE WHEN u('plan', n, 0) < [0.7, 0.3, 0.1][size + 1] THEN 0
        WHEN u('plan', n, 0) < [0.95, 0.8, 0.4][size + 1] THEN 1 ELSE 2 END AS first_plan,
    1 + floor(u('seats', n, 0) * [3, 8, 30][size + 1])::BIGINT AS first_seats
FROM numbered ORDER BY n
"""

STATE = """
CREATE TEMP TABLE state AS
SELECT n, 1::BIGINT AS life,
    CASE WHEN NOT existing THEN 'waiting' WHEN path = 'free' THEN 'free' ELSE 'paid' END AS status,
    CASE WHEN NOT existing THEN signup_at END AS next_at, NULL::TIMESTAMP AS return_at,
    CASE WHEN existing THEN -floor(u('phase', n, 0) * term)::BIGINT ELSE 0 END AS phase0,
    0::BIGINT AS mask, false AS wishes, first_plan AS plan, first_seats AS seats, 0::BIGINT AS level,
    1::BIGINT AS contact_no, false AS reached, {responders}[size + 1]::DOUBLE AS belief
FROM people
"""


def draw_people(con: duckdb.DuckDBPyConnection, *, customers: int, months: int, seed: int, begins_at: datetime) -> None:
    """Create the macros of the scenario, ``people`` (one row per customer) and ``state`` as the first month begins.

    Every random number is a hash of the seed, the customer, the month and the purpose, so that neither threads nor the
    order of rows matter. ``u`` hashes twice: DuckDB combines columns by XOR, and two purposes would else be correlated.
    """
    existing = max(1, round(customers * EXISTING_SHARE))
    words = {
        "seed": seed,
        "begins_at": begins_at,
        "prices": list(scenario.PRICES),
        "rise": scenario.PRICE_RISE,
        "customers": customers,
        "existing": existing,
        "small": scenario.SIZE_SHARES[0],
        "middle": scenario.SIZE_SHARES[1],
        "poor": scenario.POOR_ONBOARDING,
        "responders": list(scenario.RESPONDERS),
        "bill_from": scenario.BILL_DAYS[0],
        "bill_days": scenario.BILL_DAYS[1] - scenario.BILL_DAYS[0] + 1,
    }
    con.execute(MACROS.format(**words))
    cohorts = ", ".join(str(cohort) for cohort in _cohorts(customers, existing, months, begins_at.month))
    con.execute(f"CREATE TABLE cohorts AS FROM (VALUES {cohorts}) AS rows(cohort, first_n, last_n)")
    con.execute(PEOPLE.format(**words))
    con.execute(STATE.format(**words))


def _cohorts(customers: int, existing: int, months: int, first_month: int) -> list[tuple[int, int, int]]:
    """Return month, first and last number of the customers who sign up; earlier customers count as month -1."""
    weights = [COHORT_BY_SEASON[(first_month - 1 + month) % 12] for month in range(months)]
    shares = [sum(weights[: month + 1]) / sum(weights) for month in range(months)]
    ends = [existing, *(existing + round((customers - existing) * share) for share in shares)]
    return [(-1, 1, existing), *((m, ends[m] + 1, ends[m + 1]) for m in range(months) if ends[m + 1] > ends[m])]
