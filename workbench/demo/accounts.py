"""The tables of the contract as SELECTs over the panel: accounts, subscriptions, money and treatments.

They hold everything that ever happens; ``export`` hides what had not happened yet. ``seen`` is the panel up to then,
``{at}`` the instant of the export.
"""

from __future__ import annotations

from workbench.demo import scenario
from workbench.demo.customer_lives import ADDON_MRR

REASON = """CASE WHEN kind = 'financial' THEN 'payment failed' WHEN u('reason', n, life) < 0.2 THEN 'other'
    ELSE CASE cause WHEN 'support' THEN 'poor support' WHEN 'complaint' THEN 'too many problems'
        WHEN 'onboarding' THEN 'too hard to use' WHEN 'contact' THEN 'change of team' WHEN 'silence' THEN 'not needed'
        WHEN 'payment' THEN 'too expensive' WHEN 'intent' THEN 'competitor' WHEN 'nps' THEN 'missing features'
        WHEN 'channel' THEN 'poor communication' ELSE 'other' END END"""

_PLAN = f"{list(scenario.PLANS)}[{{plan}} + 1]"
_TERM = f"{list(scenario.TERM_NAMES)}[CASE term WHEN 1 THEN 1 WHEN 3 THEN 2 ELSE 3 END]"
_LATE = scenario.BIT["payment"]

_COMPANY = "(size > 0 OR u('type', n, 0) >= 0.5)"

CUSTOMERS = f"""
WITH closed AS (
    SELECT n, max(ended_at) AS closed_at FROM lives
    WHERE kind = 'active' AND returned_at IS NULL AND u('close', n, life) < 0.3 GROUP BY n
)
SELECT people.customer_id, people.name, signed_up_at, closed_at, parents.customer_id AS parent_id, exclude_reason,
    country, segment, industry, company_size, acquisition_channel, acquisition_cost, preferred_channel, contact_hours,
    owner, customer_type, budget,
    CASE WHEN acquisition_channel = 'referral' THEN referrers.customer_id END AS referred_by
FROM (
    SELECT n, customer_id, signup_at AS signed_up_at, preferred_channel,
        CASE WHEN {_COMPANY} THEN company_called(n) ELSE person_called(n, 1) END AS name,
        CASE WHEN NOT existing AND u('parent', n, 0) < 0.05
            THEN 1 + floor(u('parent', n, 1) * (SELECT count(*) FROM people WHERE existing))::BIGINT END AS parent,
        CASE WHEN internal THEN pick(u('internal', n, 1), ['test', 'internal']) END AS exclude_reason,
        pick(u('country', n, 0), ['Germany', 'Germany', 'France', 'Italy', 'Spain', 'Poland']) AS country,
        ['self-serve', 'mid-market', 'enterprise'][size + 1] AS segment,
        pick(u('industry', n, 0), ['retail', 'health', 'software', 'education', 'logistics', 'finance']) AS industry,
        {list(scenario.SIZES)}[size + 1] AS company_size,
        pick(u('won', n, 0), ['search', 'search', 'referral', 'partner', 'outbound', 'event']) AS acquisition_channel,
        round([90, 400, 2500][size + 1] * (0.5 + u('cac', n, 0)), 2)::DECIMAL(18, 4) AS acquisition_cost,
        pick(u('hours', n, 0), ['09:00-17:00', '10:00-18:00']) AS contact_hours,
        owner_name(n) AS owner, CASE WHEN {_COMPANY} THEN 'company' ELSE 'person' END AS customer_type,
        pick(u('budget', n, 0), [['under 1k', 'under 1k', '1k-10k'], ['1k-10k', '1k-10k', 'over 10k'],
            ['over 10k', 'over 10k', '1k-10k']][size + 1]) AS budget,
        CASE WHEN NOT existing
            THEN 1 + floor(u('referrer', n, 0) * (SELECT count(*) FROM people WHERE existing))::BIGINT END AS referrer
    FROM people
) AS people LEFT JOIN closed USING (n) LEFT JOIN (SELECT n AS parent, customer_id FROM people) AS parents USING (parent)
    LEFT JOIN (SELECT n AS referrer, customer_id FROM people) AS referrers USING (referrer)
"""

SUBSCRIPTIONS = f"""
WITH latest AS (
    SELECT subscription_id, arg_max(plan, changed_at) AS plan, arg_max(mrr, changed_at) AS mrr,
        arg_max(auto_renew, changed_at) AS auto_renew
    FROM changes WHERE changed_at < {{at}} GROUP BY subscription_id
)
SELECT subscription_id, customer_id, 'paid' AS kind, {_PLAN.format(plan="latest.plan")} AS plan, started_at,
    NULL::TIMESTAMP AS trial_ends_at, CASE WHEN lives.kind = 'active' THEN left_at END AS cancelled_at, ended_at,
    renews_at, latest.auto_renew, {_TERM} AS billing_period, latest.mrr,
    CASE WHEN lives.kind = 'active' THEN {REASON.replace("kind", "lives.kind")} END AS cancel_reason
FROM lives JOIN people USING (n) LEFT JOIN latest USING (subscription_id)
UNION ALL
SELECT subscription_id, customer_id, 'paid', 'add-on', started_at, NULL, cancelled_at, ended_at,
    started_at + INTERVAL 1 MONTH, true, 'month', {ADDON_MRR}, CASE WHEN dropped THEN 'not needed' ELSE 'other' END
FROM addons JOIN people USING (n)
UNION ALL
SELECT subscription_name(n, 't'), customer_id, 'trial', {_PLAN.format(plan="first_plan")}, signup_at,
    signup_at + to_days({scenario.TRIAL_DAYS}), NULL, signup_at + to_days({scenario.TRIAL_DAYS}), NULL, false, 'month',
    0, NULL
FROM people WHERE path LIKE 'trial%' AND NOT existing
UNION ALL
SELECT subscription_name(n, 'f'), customer_id, 'free', 'free', CASE WHEN existing THEN month_start(0)
    WHEN path = 'free' THEN signup_at ELSE signup_at + to_days({scenario.TRIAL_DAYS}) END,
    NULL, NULL, NULL, NULL, true, 'month', 0, NULL
FROM people WHERE path = 'free' OR (path = 'trial_free' AND NOT existing)
"""

SUBSCRIPTION_CHANGES = f"""
SELECT subscription_id, changed_at, change, {_PLAN.format(plan="plan")} AS plan, mrr FROM changes
UNION ALL
SELECT subscription_id, started_at, 'plan', 'add-on', {ADDON_MRR} FROM addons
"""

CANCELLATIONS = f"""
SELECT customer_id, left_at AS occurred_at, CASE kind WHEN 'active' THEN 'voluntary' ELSE 'involuntary' END AS kind,
    {REASON} AS reason, CASE WHEN u('words', n, life) < 0.4 THEN 'We leave: ' || reason END AS comment
FROM lives JOIN people USING (n)
WHERE kind = 'active' OR (kind = 'financial' AND u('recorded', n, life) < 0.5)
"""

ORDERS = """
WITH lines AS (
    SELECT n, m, customer_id, mask | mask_now AS mask, unnest(range(1, 2 + (u('lines', n, m) < 0.4)::INTEGER)) AS line,
        within(active_from, last_at, 0.05 + 0.3 * u('ordered', n, m)) AS ordered_at,
        within(active_from, last_at, 0.45 + 0.5 * u('sent_back', n, m)) AS back_at,
        u('returned', n, m) < 0.06 AS returned
    FROM seen JOIN people USING (n) WHERE status = 'paid' AND u('order', n, m) < 0.22
), priced AS NOT MATERIALIZED (
    SELECT *, 'O' || lpad(n::VARCHAR, 8, '0') || '-' || lpad(m::VARCHAR, 3, '0') AS id,
        1 + floor(u('product', n, m * 10 + line) * 8)::INTEGER AS product,
        (product * 12.5 * (1 + floor(u('pieces', n, m * 10 + line) * 4)))::DECIMAL(18, 4) AS amount
    FROM lines
)
SELECT id AS order_id, customer_id, ordered_at, amount, (amount * 0.4)::DECIMAL(18, 4) AS margin_amount,
    'product-' || product AS product, NULL AS returns_order_id,
    CASE WHEN u('cancelled', n, m) < CASE WHEN mask & {support} > 0 THEN 0.2 ELSE 0.03 END
        THEN later(ordered_at, 2, 60, u('cancelled_at', n, m)) END AS cancelled_at
FROM priced
UNION ALL
SELECT id || '-R', customer_id, back_at, -amount, -(amount * 0.4)::DECIMAL(18, 4), 'product-' || product, id, NULL
FROM priced WHERE returned AND line = 1
""".replace("{support}", str(scenario.BIT["support"]))

BILLED = f"""
SELECT 'I' || lpad(n::VARCHAR, 8, '0') || '-' || lpad(m::VARCHAR, 3, '0') AS invoice_id, n, m, customer_id,
    subscription_name(n, life) AS subscription_id, coalesce(paid_from, billed_at(m, bill_day)) AS issued_at,
    false AS late,
    coalesce(fate = 'financial', false) AS lost, ended_at,
    CASE WHEN lost THEN NULL WHEN u('void', n, m) < 0.004 THEN NULL
        WHEN u('dispute', n, m) < 0.006 THEN later(issued_at, 120, 160, u('paid', n, m))
        ELSE later(issued_at, 3, 140, u('paid', n, m)) END AS paid_at,
    CASE WHEN u('void', n, m) < 0.004 AND NOT lost THEN later(issued_at, 24, 48, u('void_day', n, m)) END AS voided_at,
    CASE WHEN u('void', n, m) >= 0.004 AND u('dispute', n, m) < 0.006 AND NOT lost
        THEN later(issued_at, 24, 72, 0.5) END AS disputed_at,
    (term * CASE WHEN paid_from IS NULL THEN mrr(plan, seats, level) ELSE mrr(plan_now, seats_now, level_now) END)
        ::DECIMAL(18, 4) AS amount
FROM seen JOIN people USING (n, term)
WHERE paid_from IS NOT NULL
    OR (status = 'paid' AND phase = 0 AND fate <> 'passive' AND mask_now & {_LATE} = 0)
UNION ALL
SELECT 'I' || lpad(n::VARCHAR, 8, '0') || '-' || lpad(earlier.m::VARCHAR, 3, '0'), n, earlier.m, customer_id,
    subscription_name(n, earlier.life), billed_at(earlier.m, bill_day), true, following.fate = 'financial',
    following.ended_at,
    CASE WHEN following.fate <> 'financial'
        THEN day_at(following.t0, 1, CASE following.fate WHEN 'passive' THEN 3 ELSE 9 END, u('paid', n, earlier.m)) END,
    NULL, NULL,
    (earlier.term * mrr(earlier.plan, earlier.seats, earlier.level))::DECIMAL(18, 4)
FROM (SELECT * FROM seen WHERE status = 'paid' AND mask_now & {_LATE} > 0) AS earlier
JOIN people USING (n) JOIN (SELECT * FROM panel WHERE status = 'paid' AND mask & {_LATE} > 0) AS following
    ON earlier.n = following.n AND following.m = earlier.m + 1
UNION ALL
SELECT 'A' || lpad(n::VARCHAR, 8, '0') || '-' || lpad(m::VARCHAR, 3, '0'), n, m, customer_id, addons.subscription_id,
    billed_at(m, bill_day), false, false, NULL, later(billed_at(m, bill_day), 3, 140, u('addon_paid', n, m)), NULL,
    NULL, {ADDON_MRR}
FROM seen JOIN addons USING (n) JOIN people USING (n)
WHERE status IN ('paid', 'notice') AND billed_at(m, bill_day) >= addons.started_at
    AND billed_at(m, bill_day) < coalesce(addons.ended_at, TIMESTAMP '9999-01-01')
"""

INVOICES = f"""
SELECT invoice_id, customer_id, subscription_id, issued_at, issued_at + to_days({scenario.DUE_DAYS}) AS due_at, paid_at,
    voided_at, CASE WHEN lost THEN ended_at + to_days(60) END AS written_off_at, disputed_at, amount
FROM ({BILLED})
"""

CHARGES = f"""
WITH billed AS NOT MATERIALIZED (
    SELECT *, issued_at + to_days({scenario.DUE_DAYS}) AS due_at,
        pick(u('method', n, 0), ['card', 'card', 'card', 'debit', 'transfer']) AS method,
        CASE WHEN method = 'card' THEN month_start(m + 2 + (36 + floor(u('card', n, 0) * 36)::BIGINT - m % 36) % 36) END
            AS expires_at
    FROM ({BILLED}) WHERE voided_at IS NULL
)
SELECT invoice_id || '-1' AS charge_id, invoice_id, customer_id, paid_at AS attempted_at, true AS succeeded,
    NULL AS failure_code, CASE WHEN late THEN CASE method WHEN 'card' THEN 'transfer' ELSE 'card' END ELSE method END
        AS method, CASE WHEN NOT late THEN expires_at END AS card_expires_at, amount
FROM billed WHERE paid_at IS NOT NULL
UNION ALL
SELECT invoice_id || '-0', invoice_id, customer_id, later(issued_at, 1, 2, u('first_try', n, m)), false,
    'network_error', method, expires_at, amount
FROM billed WHERE NOT late AND NOT lost AND u('first_fails', n, m) < 0.05
UNION ALL
SELECT invoice_id || '-f' || attempt, invoice_id, customer_id, due_at + to_days(3 * attempt::INTEGER), false,
    pick(u('code', n, m), ['insufficient_funds', 'card_declined', 'account_closed']), method, expires_at, amount
FROM billed CROSS JOIN (SELECT unnest(range(3)) AS attempt)
WHERE (late OR lost) AND due_at + to_days(3 * attempt::INTEGER) < coalesce(ended_at, TIMESTAMP '9999-01-01')
"""

TREATMENTS = """
SELECT customer_id, t0 + to_days(27) AS treated_at, 'offer-' || strftime(t0, '%Y-%m') AS campaign, arm,
    CASE WHEN reached_now THEN later(treated_at, 8, 18, u('call', n, m)) END AS contacted_at,
    CASE WHEN reached_now THEN 25 END::DECIMAL(18, 4) AS cost,
    CASE WHEN reached_now THEN pick(u('outcome', n, m), ['talked', 'talked', 'left a message']) END AS outcome
FROM seen JOIN people USING (n) WHERE arm IS NOT NULL
"""
