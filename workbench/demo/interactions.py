"""The tables of the contract as SELECTs over the panel: use, tickets, messages, surveys, contacts and consents."""

from __future__ import annotations

from workbench.demo import scenario
from workbench.demo.accounts import REASON

_BIT = scenario.BIT

# The decision maker answers, except while there is none.
_WHO = f"contact_name(n, CASE WHEN (mask | mask_now) & {_BIT['contact']} > 0 THEN 0 ELSE contact_no END)"
_LIVE = "last_at > active_from"

EVENTS = f"""
WITH drawn AS (
    SELECT n, active_from, last_at, unactivated,
        hash(hash(n, m, unnest(range(uses)), u('events', n, m))) AS bits
    FROM seen WHERE uses > 0 AND {_LIVE}
), dated AS (
    SELECT *, active_from + to_seconds(((bits & 4294967295)::BIGINT * date_diff('second', active_from, last_at)) >> 32)
        AS occurred_at, (bits >> 32) & 255 AS what, (bits >> 40) & 255 AS rest, (bits >> 48) & 255 AS much
    FROM drawn
)
SELECT customer_name(n) AS customer_id, contact_name(n, 0) AS contact_id, occurred_at,
    CASE WHEN what < 115 THEN 'login' WHEN what < 180 THEN CASE WHEN unactivated THEN 'login' ELSE 'feature_core' END
        WHEN what < 205 THEN 'feature_report' WHEN what < 222 THEN 'feature_export' WHEN what < 235 THEN 'search'
        WHEN what < 248 THEN 'page_help' ELSE 'page_pricing' END AS event,
    CASE WHEN what BETWEEN 115 AND 221 THEN 1 + much % 5 ELSE 1 END::DOUBLE AS quantity
FROM dated WHERE isodow(occurred_at) < 6 OR rest < 90
UNION ALL
SELECT customer_name(n), contact_name(n, 0), within(active_from, last_at, 0.1 + 0.8 * u('activation', n, m)),
    'feature_core', 1
FROM seen WHERE activates AND {_LIVE}
UNION ALL
SELECT customer_name(n), contact_name(n, 0), within(active_from, last_at, u('cancel_page', n, m * 10 + visit)),
    'page_cancel', 1
FROM (SELECT *, unnest(range(2)) AS visit FROM seen WHERE mask_now & {_BIT["intent"]} > 0)
"""

_KINDS = ["question", "problem", "complaint", "cancel_request", "feature_request"]

_ASKED = f"""
WITH asked AS (
    SELECT *, unnest(list_filter([
        CASE WHEN status <> 'notice' AND u('question', n, m) < 0.22 THEN 'question' END,
        CASE WHEN mask_now & {_BIT["support"]} > 0 THEN 'problem' END,
        CASE WHEN mask_now & {_BIT["complaint"]} > 0 THEN 'complaint' END,
        CASE WHEN mask_now & {_BIT["intent"]} > 0 AND u('asks_out', n, m) < 0.5 THEN 'cancel_request' END,
        CASE WHEN wishes_now THEN 'feature_request' END], x -> x IS NOT NULL)) AS kind
    FROM seen WHERE {_LIVE}
), opened AS (
    SELECT n, m, kind, kind = 'problem' AS slow, {_WHO} AS contact_id,
        10 * m + list_position({_KINDS}, kind) AS k,
        within(active_from, last_at, 0.55 * u('opened', n, k)) AS opened_at
    FROM asked
), answered AS (
    SELECT *, CASE WHEN slow THEN later(opened_at, 60, 110, u('answer', n, k))
        ELSE later(opened_at, 0.5, 8, u('answer', n, k)) END AS first_response_at,
        CASE WHEN slow THEN later(first_response_at, 72, 200, u('solve', n, k))
            WHEN u('unsolved', n, k) < 0.03 THEN NULL ELSE later(first_response_at, 1, 40, u('solve', n, k)) END
            AS solved_at
    FROM opened
), reopened AS (
    SELECT *, CASE WHEN kind = 'complaint' AND u('again', n, k) < 0.4
        THEN later(solved_at, 12, 60, u('again_at', n, k)) END AS reopened_at
    FROM answered
), solved AS (
    SELECT *, CASE WHEN reopened_at IS NULL OR u('still_open', n, k) < 0.1 THEN solved_at
        ELSE later(reopened_at, 1, 40, u('solve_again', n, k)) END AS resolved_at
    FROM reopened
)
"""

TICKETS = f"""
{_ASKED}
SELECT 'T' || lpad(n::VARCHAR, 8, '0') || '-' || lpad(k::VARCHAR, 4, '0') AS ticket_id, customer_name(n) AS customer_id,
    contact_id, opened_at, first_response_at, resolved_at, reopened_at,
    pick(u('way', n, k), ['email', 'email', 'chat', 'phone']) AS channel,
    'agent-' || (1 + floor(u('agent', n, k) * 6)::INTEGER) AS agent,
    CASE WHEN resolved_at IS NOT NULL THEN 1 + floor(u('steps', n, k) * CASE WHEN slow THEN 6 ELSE 2 END)::BIGINT END
        AS n_replies,
    CASE WHEN resolved_at IS NOT NULL THEN floor(u('moves', n, k) * CASE WHEN slow THEN 4 ELSE 1.3 END)::BIGINT END
        AS n_transfers,
    kind, CASE WHEN kind = 'complaint' THEN 'high'
        ELSE pick(u('priority', n, k), ['low', 'normal', 'normal', 'high']) END AS priority,
    CASE WHEN u('marked', n, k) < 0.6 AND resolved_at IS NOT NULL
        THEN CASE WHEN slow THEN 1 ELSE 3 END + floor(u('mark', n, k) * CASE WHEN slow THEN 2 ELSE 3 END) END
        AS satisfaction
FROM solved
"""

_PERSONAL, _NEWSLETTER, _OFFER = 50, 51, 52

MESSAGES = f"""
WITH monthly AS (
    SELECT n, m, t0, active_from, last_at, preferred(n) AS preferred_channel, {_WHO} AS contact_id,
        mask_now & {_BIT["silence"]} > 0 AS silent, mask_now & {_BIT["channel"]} > 0 AS wrong,
        CASE WHEN silent OR status IN ('free', 'notice') THEN 0
            ELSE 1 + floor(4 * pow(u('writes', n, m) * {list(scenario.USE_BY_SEASON)}[month(t0)], 2))::INTEGER END
            AS written,
        unnest(list_concat(range(written), list_filter([
            CASE WHEN wrong OR u('owner_writes', n, m) < 0.4 THEN {_PERSONAL} END,
            CASE WHEN preferred_channel = 'email' AND active_from < t0 + to_days(9) AND last_at > t0 + to_days(10)
                THEN {_NEWSLETTER} END,
            CASE WHEN reached_now THEN {_OFFER} END], x -> x IS NOT NULL))) AS k
    FROM seen WHERE {_LIVE}
), sent AS (
    SELECT *, m * 100 + k AS message, CASE WHEN k < {_PERSONAL} THEN 'in' ELSE 'out' END AS direction,
        CASE WHEN NOT (wrong AND k = {_PERSONAL}) THEN preferred_channel
            WHEN preferred_channel = 'email' THEN 'phone' WHEN preferred_channel = 'phone' THEN 'chat' ELSE 'email' END
            AS channel,
        CASE k WHEN {_NEWSLETTER} THEN 'newsletter' WHEN {_OFFER} THEN 'offer-' || strftime(t0, '%Y-%m') END
            AS campaign,
        within(active_from, last_at, u('sent', n, message) * CASE WHEN k = {_PERSONAL} THEN 0.8 ELSE 1 END) AS moment,
        CASE WHEN k = {_NEWSLETTER} THEN t0 + to_days(9) + INTERVAL 10 HOUR
            WHEN k = {_OFFER} THEN later(t0 + to_days(27), 8, 18, u('call', n, m))
            WHEN wrong AND k = {_PERSONAL} THEN date_trunc('day', moment) + INTERVAL 20 HOUR
            ELSE greatest(active_from, at_work(moment, u('hour', n, message))) END AS sent_at
    FROM monthly
)
SELECT customer_name(n) AS customer_id, contact_id, sent_at, direction, channel, campaign, 'message' AS kind,
    CASE WHEN campaign IS NULL THEN owner_name(n) END AS agent, NULL AS text,
    CASE WHEN direction = 'out' AND NOT silent AND u('opens', n, message) < 0.6
        THEN later(sent_at, 0.1, 48, u('opens_at', n, message)) END AS opened_at,
    CASE WHEN opened_at IS NOT NULL AND u('replies', n, message) < 0.3
        THEN later(opened_at, 0.1, 24, u('replies_at', n, message)) END AS replied_at
FROM sent
UNION ALL
SELECT customer_name(n), contact_name(n, 0), within(active_from, last_at, u('noted', n, m)),
    NULL, NULL, NULL, 'note', owner_name(n),
    pick(u('note', n, m), ['Asked about the next term.', 'Plans to grow the team.', 'Prefers short calls.']), NULL, NULL
FROM seen WHERE {_LIVE} AND u('notes', n, m) < 0.06
"""

SURVEYS = f"""
SELECT customer_name(n) AS customer_id, {_WHO} AS contact_id,
    within(active_from, last_at, 0.9 * u('nps_at', n, m)) AS answered_at, 'nps' AS instrument,
    mask_now & {_BIT["nps"]} > 0 AS detractor,
    CASE WHEN detractor THEN floor(u('score', n, m) * 7) ELSE 7 + floor(u('score', n, m) * 4) END AS score,
    CASE WHEN detractor THEN pick(u('nps_reason', n, m), ['support', 'price', 'quality']) END AS reason,
    CASE WHEN u('nps_words', n, m) >= 0.5 THEN NULL WHEN detractor THEN CASE reason
        WHEN 'support' THEN 'Waited days for an answer.' WHEN 'price' THEN 'Too expensive for what it does.'
        ELSE 'It crashes too often.' END ELSE 'Easy to use, we like it.' END AS comment, 'email' AS channel
FROM seen
WHERE status = 'paid' AND {_LIVE} AND (xor(mask, mask_now) & {_BIT["nps"]} > 0 OR u('asked_nps', n, m) < 0.1)
UNION ALL
SELECT * FROM ({_ASKED}
    SELECT customer_name(n), contact_id, later(resolved_at, 1, 30, u('csat_at', n, k)), 'csat', slow,
        CASE WHEN slow THEN 1 ELSE 3 END + floor(u('csat', n, k) * CASE WHEN slow THEN 2 ELSE 3 END), kind,
        NULL, 'email'
    FROM solved WHERE resolved_at IS NOT NULL AND u('asked_csat', n, k) < 0.3)
UNION ALL
SELECT customer_id, contact_name(n, 0), later(left_at, 2, 40, u('exit_at', n, life)), 'exit', true,
    floor(u('exit_score', n, life) * 6), {REASON}, 'We leave: ' || ({REASON}), 'web'
FROM lives JOIN people USING (n) WHERE kind = 'active' AND u('asked_exit', n, life) < 0.4
UNION ALL
SELECT customer_name(n), contact_name(n, 0), within(active_from, last_at, u('reviewed', n, m)), 'review', false,
    CASE WHEN mask_now & {_BIT["nps"]} > 0 THEN 1 ELSE 4 END + floor(u('stars', n, m) * 2), NULL,
    CASE WHEN mask_now & {_BIT["nps"]} > 0 THEN 'Support is slow.' ELSE 'Great product, I recommend it.' END,
    'review site'
FROM seen WHERE status = 'paid' AND {_LIVE} AND u('reviews', n, m) < 0.02
"""

GOALS = """
SELECT customer_id, signup_at + to_days(floor(3 + u('states', n, 0) * 20)::INTEGER) AS stated_at,
    pick(u('goal', n, 0), ['shorter month end', 'one place for all reports', 'fewer errors']) AS goal,
    signup_at + to_days(180) AS due_at,
    CASE WHEN u('reaches', n, 0) < CASE WHEN poor THEN 0.3 ELSE 0.7 END
        THEN signup_at + to_days(floor(40 + u('reached_on', n, 0) * 200)::INTEGER) END AS reached_at
FROM people WHERE u('goals', n, 0) < 0.6
"""

CONTACTS = f"""
WITH joined AS (
    SELECT n, 1::BIGINT AS contact_no, signup_at AS joined_at FROM people
    UNION ALL
    SELECT n, contact_no + 1, day_at(t0, 1, 3, u('joins', n, m)) FROM seen
    WHERE mask & {_BIT["contact"]} > 0 AND mask_now & {_BIT["contact"]} = 0
), gone AS (
    SELECT n, contact_no, day_at(t0, 4, 25, u('leaves', n, m)) AS left_at FROM seen
    WHERE mask & {_BIT["contact"]} = 0 AND mask_now & {_BIT["contact"]} > 0
)
SELECT contact_name(n, contact_no) AS contact_id, customer_id, person_called(n, contact_no) AS name,
    'decision maker' AS role, joined_at, left_at
FROM joined LEFT JOIN gone USING (n, contact_no) JOIN people USING (n)
UNION ALL
SELECT contact_name(n, 0), customer_id, person_called(n, 0), 'user', signup_at, NULL FROM people
"""

CONSENTS = """
SELECT customer_id, ['email', 'phone', 'chat'][place + 1] AS channel, signup_at AS granted_at,
    CASE WHEN u('withdraws', n, place) < 0.06
        THEN signup_at + to_days(30 + floor(u('withdrawn', n, place) * 900)::INTEGER) END AS withdrawn_at
FROM people CROSS JOIN (SELECT unnest(range(3)) AS place)
WHERE channel = preferred_channel OR u('consents', n, place) < 0.7
"""
