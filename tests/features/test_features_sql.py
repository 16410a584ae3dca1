"""The features once more, in SQL a competent analyst would write: every window a FILTER over the raw tables.

The rule both follow. A customer without any row in a table known at the snapshot: counts of things every customer may
have none of are 0 (known to be none), all else is NULL (nothing known). A customer with rows, none of which counts:
counts and sums are 0; means, last marks and days since are NULL. A window that begins before its table's first day is
NULL for every customer. Counts, days and DECIMAL sums are equal exactly, quotients to 1e-9.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import duckdb
import pandas as pd
import pytest

import workbench as wb
from workbench.demo.company import Simulated

SNAPSHOTS = ["2024-09-01", "2024-12-01 12:00", "2025-11-01"]
COUNTED = "the count is 0 for a customer without rows"
UNKNOWN = "all is NULL for a customer without rows"

# What was known of each table at $t, by hand: later rows gone, later instants and what hangs on them blank.
KNOWN = {
    "orders": "SELECT * FROM orders WHERE ordered_at < $t",
    "events": "SELECT *, regexp_matches(lower(event), '_(core|key)(_|$)') AS key FROM events WHERE occurred_at < $t",
    "messages": """
        SELECT customer_id, sent_at, direction, channel, campaign, agent, preferred_channel, contact_hours,
            CASE WHEN opened_at < $t THEN opened_at END AS opened_at,
            CASE WHEN replied_at < $t THEN replied_at END AS replied_at
        FROM messages LEFT JOIN customers USING (customer_id) WHERE sent_at < $t AND kind <> 'note'""",
    "tickets": """
        SELECT customer_id, opened_at, kind, priority, CASE WHEN resolved_at < $t THEN n_transfers END AS n_transfers,
            CASE WHEN first_response_at < $t THEN first_response_at END AS first_response_at,
            CASE WHEN resolved_at < $t THEN resolved_at END AS resolved_at,
            CASE WHEN reopened_at < $t THEN reopened_at END AS reopened_at,
            CASE WHEN resolved_at < $t THEN satisfaction END AS satisfaction
        FROM tickets WHERE opened_at < $t""",
    "invoices": """
        SELECT customer_id, issued_at, due_at, amount, CASE WHEN paid_at < $t THEN paid_at END AS paid_at,
            CASE WHEN disputed_at < $t THEN disputed_at END AS disputed_at,
            coalesce(voided_at < $t, false) OR coalesce(disputed_at < $t, false) AS void,
            coalesce(written_off_at < $t, false) AS given_up
        FROM invoices WHERE issued_at < $t""",
    "charges": """
        SELECT *, min(CASE WHEN NOT succeeded THEN attempted_at END) OVER (PARTITION BY customer_id, invoice_id)
            AS failed_at
        FROM charges WHERE attempted_at < $t""",
    "surveys": "SELECT * FROM surveys WHERE answered_at < $t",
    "contacts": """
        SELECT customer_id, joined_at, role, CASE WHEN left_at < $t THEN left_at END AS left_at
        FROM contacts WHERE joined_at < $t OR joined_at IS NULL""",
    "consents": """
        SELECT customer_id, channel, granted_at, CASE WHEN withdrawn_at < $t THEN withdrawn_at END AS withdrawn_at
        FROM consents WHERE granted_at < $t OR granted_at IS NULL""",
    "treatments": """
        SELECT customer_id, treated_at, CASE WHEN contacted_at < $t THEN contacted_at END AS contacted_at
        FROM treatments WHERE treated_at < $t""",
    "cancellations": "SELECT * FROM cancellations WHERE occurred_at < $t",
    "subscriptions": """
        SELECT customer_id, kind, started_at, CASE WHEN ended_at < $t THEN ended_at END AS ended_at,
            CASE WHEN cancelled_at < $t THEN cancelled_at END AS cancelled_at
        FROM subscriptions WHERE started_at < $t""",
    "subscription_changes": """
        SELECT *, lag(price) OVER history AS earlier, lag(paid) OVER history AS paid_earlier FROM (
            SELECT *, CASE WHEN turn = 'paused' THEN 0 ELSE price END AS paid FROM (
                SELECT subscription_id, customer_id, changed_at, change, plan, mrr,
                    CASE WHEN ended_at < $t THEN ended_at END AS ended_at,
                    last_value(CASE WHEN change <> 'paused' THEN mrr END IGNORE NULLS) OVER history AS price,
                    last_value(CASE WHEN change IN ('paused', 'resumed') THEN change END IGNORE NULLS) OVER history AS turn
                FROM subscription_changes
                    JOIN (SELECT subscription_id, customer_id, started_at, ended_at FROM subscriptions) s
                    USING (subscription_id)
                WHERE changed_at < $t AND started_at < $t
                WINDOW history AS (PARTITION BY subscription_id ORDER BY changed_at, change, plan, mrr)
            )
        ) WINDOW history AS (PARTITION BY subscription_id ORDER BY changed_at, change, plan, mrr)""",
    "customers": "SELECT * FROM customers WHERE signed_up_at < $t OR signed_up_at IS NULL",
}

BEGINS = {
    "orders": "ordered_at", "events": "occurred_at", "messages": "sent_at", "tickets": "opened_at",
    "invoices": "issued_at", "charges": "attempted_at", "surveys": "answered_at", "contacts": "joined_at",
    "consents": "granted_at", "treatments": "treated_at", "subscriptions": "started_at",
    "subscription_changes": "changed_at", "cancellations": "occurred_at",
}  # fmt: skip

# ~name~ stands for "in the window by this column": name >= $t - the window's days.
ORDERS = {
    "n_orders": "count(DISTINCT order_id) FILTER (WHERE amount >= 0)",
    "n_orders_*": "count(DISTINCT order_id) FILTER (WHERE amount >= 0 AND ~ordered_at~)",
    "net_revenue": "sum(amount)",
    "net_revenue_*": "coalesce(sum(amount) FILTER (WHERE ~ordered_at~), 0)",
    "gross_revenue": "coalesce(sum(amount) FILTER (WHERE amount >= 0), 0)",
    "gross_revenue_*": "coalesce(sum(amount) FILTER (WHERE amount >= 0 AND ~ordered_at~), 0)",
    "margin_*": "coalesce(sum(margin_amount) FILTER (WHERE ~ordered_at~), 0)",
    "n_products": "count(DISTINCT product) FILTER (WHERE amount >= 0)",
    "n_products_*": "count(DISTINCT product) FILTER (WHERE amount >= 0 AND ~ordered_at~)",
    "n_returns_*": "count(DISTINCT order_id) FILTER (WHERE amount < 0 AND ~ordered_at~)",
    "n_lines": "count(*) FILTER (WHERE amount >= 0)",
    "n_order_days": "count(DISTINCT ordered_at::DATE) FILTER (WHERE amount >= 0)",
    "largest_line": "max(amount) FILTER (WHERE amount >= 0)",
    "days_since_order": "date_diff('day', max(ordered_at) FILTER (WHERE amount >= 0), $t)",
    "tenure_days": "date_diff('day', min(ordered_at) FILTER (WHERE amount >= 0), $t)",
    "weekend_share": "avg((isodow(ordered_at) > 5)::INT) FILTER (WHERE amount >= 0)",
    "average_order": "sum(amount) FILTER (WHERE amount >= 0)::DOUBLE"
    " / nullif(count(DISTINCT order_id) FILTER (WHERE amount >= 0), 0)",
    "returned_share": "1 - sum(amount)::DOUBLE / nullif(sum(amount) FILTER (WHERE amount >= 0), 0)::DOUBLE",
    "usual_gap_days": "date_diff('day', min(ordered_at) FILTER (WHERE amount >= 0), max(ordered_at) "
    "FILTER (WHERE amount >= 0)) / nullif(count(DISTINCT ordered_at::DATE) FILTER (WHERE amount >= 0) - 1, 0)",
}
EVENTS = {
    "n_events_*": "count(*) FILTER (WHERE ~occurred_at~)",
    "n_active_days_*": "count(DISTINCT occurred_at::DATE) FILTER (WHERE ~occurred_at~)",
    "n_use_days": "count(DISTINCT occurred_at::DATE)",
    "quantity_*": "coalesce(sum(quantity) FILTER (WHERE ~occurred_at~), 0)",
    "n_key_uses_*": "count(*) FILTER (WHERE key AND ~occurred_at~)",
    "n_event_kinds_*": "count(DISTINCT event) FILTER (WHERE ~occurred_at~)",
    "n_users_*": "count(DISTINCT contact_id) FILTER (WHERE ~occurred_at~)",
    "n_searches_*": "count(*) FILTER (WHERE event = 'search' AND ~occurred_at~)",
    "n_help_pages_*": "count(*) FILTER (WHERE event = 'page_help' AND ~occurred_at~)",
    "n_carts_*": "count(*) FILTER (WHERE event = 'page_cart' AND ~occurred_at~)",
    "n_leaving_pages_*": "count(*) FILTER (WHERE event IN ('page_cancel', 'page_pricing', 'export_all') AND ~occurred_at~)",
    "n_cancel_pages_*": "count(*) FILTER (WHERE event = 'page_cancel' AND ~occurred_at~)",
    "n_pricing_pages_*": "count(*) FILTER (WHERE event = 'page_pricing' AND ~occurred_at~)",
    "n_exports_of_all_*": "count(*) FILTER (WHERE event = 'export_all' AND ~occurred_at~)",
}
EVENT_DAYS = {
    "days_since_event": "date_diff('day', max(occurred_at), $t)",
    "usage_days": "date_diff('day', min(occurred_at), $t)",
    "days_since_cart": "date_diff('day', max(occurred_at) FILTER (WHERE event = 'page_cart'), $t)",
    "days_since_search": "date_diff('day', max(occurred_at) FILTER (WHERE event = 'search'), $t)",
    "days_since_help": "date_diff('day', max(occurred_at) FILTER (WHERE event = 'page_help'), $t)",
    "days_since_leaving_page": "date_diff('day', max(occurred_at)"
    " FILTER (WHERE event IN ('page_cancel', 'page_pricing', 'export_all')), $t)",
    "days_since_key_use": "date_diff('day', max(occurred_at) FILTER (WHERE key), $t)",
    "days_since_first_key_use": "date_diff('day', min(occurred_at) FILTER (WHERE key), $t)",
    "usage_trend": "3.0 * count(*) FILTER (WHERE occurred_at >= $t - INTERVAL 30 DAY)"
    " / nullif(count(*) FILTER (WHERE occurred_at >= $t - INTERVAL 90 DAY), 0)",
    "usual_use_gap_days": "date_diff('day', min(occurred_at), max(occurred_at))"
    " / nullif(count(DISTINCT occurred_at::DATE) - 1, 0)",
}
MESSAGES = {
    "n_inbound_*": "count(*) FILTER (WHERE direction = 'in' AND ~sent_at~)",
    "n_inbound_days": "count(DISTINCT sent_at::DATE) FILTER (WHERE direction = 'in')",
    "n_outbound_*": "count(*) FILTER (WHERE direction = 'out' AND ~sent_at~)",
    "n_unanswered_*": "count(*) FILTER (WHERE direction = 'out' AND replied_at IS NULL AND ~sent_at~)",
    "n_off_channel_*": "count(*) FILTER (WHERE direction = 'out' AND campaign IS NULL"
    " AND channel <> preferred_channel AND ~sent_at~)",
}
MESSAGE_SHARES = {
    "days_since_inbound": "date_diff('day', max(sent_at) FILTER (WHERE direction = 'in'), $t)",
    "inbound_days": "date_diff('day', min(sent_at) FILTER (WHERE direction = 'in'), $t)",
    "n_agents_*": "count(DISTINCT agent) FILTER (WHERE ~sent_at~)",
    "days_since_contact": "date_diff('day', max(sent_at), $t)",
    "days_since_read": "date_diff('day', max(opened_at), $t)",
    "read_share_*": "avg((opened_at IS NOT NULL)::INT) FILTER (WHERE direction = 'out' AND ~sent_at~)",
    "reply_share_*": "avg((replied_at IS NOT NULL)::INT) FILTER (WHERE direction = 'out' AND ~sent_at~)",
    "off_channel_share_*": "avg((channel <> preferred_channel)::INT)"
    " FILTER (WHERE direction = 'out' AND campaign IS NULL AND ~sent_at~)",
    "off_hours_share_*": "avg((sent_at::TIME < contact_hours[1:5]::TIME OR sent_at::TIME >= contact_hours[7:11]::TIME)"
    "::INT) FILTER (WHERE direction = 'out' AND campaign IS NULL AND ~sent_at~)",
}
OPEN = "(resolved_at IS NULL OR reopened_at > resolved_at)"
TICKETS = {
    "n_tickets_*": "count(*) FILTER (WHERE ~opened_at~)",
    "n_complaints_*": "count(*) FILTER (WHERE kind = 'complaint' AND ~opened_at~)",
    "n_cancel_requests_*": "count(*) FILTER (WHERE kind = 'cancel_request' AND ~opened_at~)",
    "n_urgent_*": "count(*) FILTER (WHERE priority = 'high' AND ~opened_at~)",
    "n_reopened_*": "count(*) FILTER (WHERE ~reopened_at~)",
    "n_transfers_*": "coalesce(sum(n_transfers) FILTER (WHERE ~resolved_at~), 0)",
    "n_open_tickets": f"count(*) FILTER (WHERE {OPEN})",
    "n_unanswered_tickets": "count(*) FILTER (WHERE first_response_at IS NULL)",
}
HOURS = "avg(epoch(date_trunc('second', {})) - epoch(date_trunc('second', opened_at)))"
TICKET_MEANS = {
    "days_since_ticket": "date_diff('day', max(opened_at), $t)",
    "days_since_cancel_request": "date_diff('day', max(opened_at) FILTER (WHERE kind = 'cancel_request'), $t)",
    "longest_open_days": f"max(date_diff('day', coalesce(reopened_at, opened_at), $t)) FILTER (WHERE {OPEN})",
    "first_response_hours": f"{HOURS.format('first_response_at')} / 3600",
    "first_response_hours_*": f"{HOURS.format('first_response_at')} FILTER (WHERE ~opened_at~) / 3600",
    "resolution_hours": f"{HOURS.format('resolved_at')} / 3600",
    "resolution_hours_*": f"{HOURS.format('resolved_at')} FILTER (WHERE ~opened_at~) / 3600",
    "satisfaction": "avg(satisfaction)",
    "satisfaction_*": "avg(satisfaction) FILTER (WHERE ~opened_at~)",
}
LATE = "due_at::DATE < $t::DATE AND NOT void AND (paid_at IS NULL OR paid_at::DATE > due_at::DATE)"
DELAY = "avg(date_diff('day', due_at, coalesce(paid_at, $t))) FILTER (WHERE NOT void AND (due_at < $t OR paid_at < $t)"
INVOICES = {
    "invoiced_*": "coalesce(sum(amount) FILTER (WHERE ~issued_at~), 0)",
    "n_late_invoices_*": f"count(*) FILTER (WHERE {LATE} AND ~issued_at~)",
    "n_owed_invoices": f"count(*) FILTER (WHERE {LATE} AND paid_at IS NULL AND NOT given_up)",
    "owed_amount": f"coalesce(sum(amount) FILTER (WHERE {LATE} AND paid_at IS NULL AND NOT given_up), 0)",
    "n_disputes_*": "count(*) FILTER (WHERE ~disputed_at~)",
}
INVOICE_DELAYS = {
    "longest_owed_days": f"max(date_diff('day', due_at, $t)) FILTER (WHERE {LATE} AND paid_at IS NULL AND NOT given_up)",
    "payment_delay_days": f"{DELAY})",
    "payment_delay_days_*": f"{DELAY} AND ~issued_at~)",
}
CHARGES = {
    "n_failed_charges_*": "count(*) FILTER (WHERE NOT succeeded AND ~attempted_at~)",
    "n_methods_*": "count(DISTINCT method) FILTER (WHERE ~attempted_at~)",
    "n_recovered": "count(DISTINCT CASE WHEN succeeded AND failed_at < attempted_at THEN invoice_id END)",
}
CHARGE_SHARES = {
    "failed_share_*": "avg((NOT succeeded)::INT) FILTER (WHERE ~attempted_at~)",
    "days_since_failed_charge": "date_diff('day', max(attempted_at) FILTER (WHERE NOT succeeded), $t)",
    "days_to_card_expiry": "date_diff('day', $t, arg_max(card_expires_at, attempted_at))",
}
SURVEYS = {
    "n_answers_*": "count(*) FILTER (WHERE ~answered_at~)",
    "n_detractor_answers_*": "count(*) FILTER (WHERE instrument = 'nps' AND score <= 6 AND ~answered_at~)",
}
MARKS = {
    "last_nps": "arg_max(score, answered_at) FILTER (WHERE instrument = 'nps')",
    "mean_nps": "avg(score) FILTER (WHERE instrument = 'nps')",
    "last_csat": "arg_max(score, answered_at) FILTER (WHERE instrument = 'csat')",
    "mean_csat": "avg(score) FILTER (WHERE instrument = 'csat')",
    "days_since_nps": "date_diff('day', max(answered_at) FILTER (WHERE instrument = 'nps'), $t)",
    "days_since_csat": "date_diff('day', max(answered_at) FILTER (WHERE instrument = 'csat'), $t)",
}
CONTACTS = {
    "n_contacts_left_*": "count(*) FILTER (WHERE ~left_at~)",
    "n_contacts_joined_*": "count(*) FILTER (WHERE ~joined_at~)",
}
CONTACTS_THERE = {
    "n_contacts": "count(*) FILTER (WHERE left_at IS NULL)",
    "n_decision_makers": "count(*) FILTER (WHERE left_at IS NULL AND role = 'decision maker')",
    "days_since_contact_left": "date_diff('day', max(left_at), $t)",
    "days_since_contact_joined": "date_diff('day', max(joined_at), $t)",
}
SUBSCRIPTIONS = {
    "n_live_subscriptions": "count(*) FILTER (WHERE ended_at IS NULL)",
    "n_ended_subscriptions": "count(*) FILTER (WHERE ended_at IS NOT NULL)",
    "n_notices_*": "count(*) FILTER (WHERE ~cancelled_at~)",
    "n_trials": "count(*) FILTER (WHERE kind = 'trial')",
}
CHANGES = {
    "mrr_change_*": "coalesce(sum(paid - paid_earlier) FILTER (WHERE ended_at IS NULL AND ~changed_at~), 0)",
    "n_downgrades_*": "count(*) FILTER (WHERE change = 'plan' AND price < earlier AND ~changed_at~)",
    "n_upgrades_*": "count(*) FILTER (WHERE change = 'plan' AND price > earlier AND ~changed_at~)",
    "n_cuts_*": "count(*) FILTER (WHERE change = 'quantity' AND price < earlier AND ~changed_at~)",
    "n_price_rises_*": "count(*) FILTER (WHERE change = 'price' AND price > earlier AND ~changed_at~)",
    "n_pauses_*": "count(*) FILTER (WHERE change = 'paused' AND ~changed_at~)",
    "n_auto_renew_changes_*": "count(*) FILTER (WHERE change = 'auto_renew' AND ~changed_at~)",
}
REFERENCE = [
    ("orders", UNKNOWN, ORDERS),
    ("events", COUNTED, EVENTS),
    ("events", UNKNOWN, EVENT_DAYS),
    ("messages", COUNTED, MESSAGES),
    ("messages", UNKNOWN, MESSAGE_SHARES),
    ("tickets", COUNTED, TICKETS),
    ("tickets", UNKNOWN, TICKET_MEANS),
    ("invoices", COUNTED, INVOICES),
    ("invoices", UNKNOWN, INVOICE_DELAYS),
    ("charges", COUNTED, CHARGES),
    ("charges", UNKNOWN, CHARGE_SHARES),
    ("surveys", COUNTED, SURVEYS),
    ("surveys", UNKNOWN, MARKS),
    ("contacts", COUNTED, CONTACTS),
    ("contacts", UNKNOWN, CONTACTS_THERE),
    ("consents", COUNTED, {
        "n_consents": "count(DISTINCT channel) FILTER (WHERE withdrawn_at IS NULL)",
        "n_consents_withdrawn_*": "count(*) FILTER (WHERE ~withdrawn_at~)",
    }),
    ("treatments", COUNTED, {"n_offers_reached_*": "count(*) FILTER (WHERE ~contacted_at~)"}),
    ("cancellations", COUNTED, {"n_cancellations": "count(*)"}),
    ("subscriptions", COUNTED, SUBSCRIPTIONS),
    ("subscriptions", UNKNOWN, {
        "subscription_days": "date_diff('day', min(started_at), $t)",
        "days_since_new_subscription": "date_diff('day', max(started_at), $t)",
    }),
    ("subscription_changes", COUNTED, CHANGES),
    ("subscription_changes", UNKNOWN, {
        "mrr": "coalesce(sum(paid - coalesce(paid_earlier, 0)) FILTER (WHERE ended_at IS NULL), 0)",
        "days_since_price_change": "date_diff('day', max(changed_at) FILTER (WHERE change = 'price'), $t)",
    }),
    ("customers", COUNTED, {"belongs_to_another": "count(parent_id)"}),
    ("customers", UNKNOWN, {
        "account_days": "date_diff('day', min(signed_up_at), $t)",
        "acquisition_cost": "max(acquisition_cost)",
        "company_size_from": "max(CASE company_size WHEN '1-10' THEN 1 WHEN '11-100' THEN 11 WHEN '101+' THEN 101 END)",
    }),
]  # fmt: skip


@pytest.fixture(scope="module")
def panel(whole_panel: pd.DataFrame) -> pd.DataFrame:
    return whole_panel.sort_values(["as_of", "customer_id"]).set_index(["as_of", "customer_id"])


@pytest.fixture(scope="module")
def raw(company: Simulated) -> duckdb.DuckDBPyConnection:
    """Return the raw tables without the rows of excluded accounts, which count nowhere."""
    con = duckdb.connect()
    excluded = (
        f"SELECT customer_id FROM '{company.source.parent / 'customers'}.parquet' WHERE exclude_reason IS NOT NULL"
    )
    for name in KNOWN:
        con.execute(f"CREATE VIEW {name} AS FROM '{company.source.parent / name}.parquet'")
        if "customer_id" in con.table(name).columns:
            file = company.source.parent / f"{name}.parquet"
            con.execute(f"CREATE OR REPLACE VIEW {name} AS FROM '{file}' WHERE customer_id NOT IN ({excluded})")
    return con


def expanded(columns: dict[str, str], known: pd.DataFrame) -> list[tuple[str, int | None, str]]:
    """Return name, window in days and SQL of each column of the panel that a name with or without * stands for."""
    named = []
    for name, sql in columns.items():
        pattern = re.compile(re.escape(name).replace(r"_\*", r"_(\d+)d") + "$")
        found = [m for c in known.columns if (m := pattern.match(c))]
        assert found, name
        named += [(m[0], int(m[1]) if m.groups() else None, sql) for m in found]
    return named


def by_sql(
    raw: duckdb.DuckDBPyConnection, table: str, rule: str, columns: list[tuple[str, int | None, str]], at: str
) -> pd.DataFrame:
    """Compute the columns of one table at one snapshot, one FILTER per window."""
    instant = f"TIMESTAMP '{at}'"
    begins = raw.sql(f"SELECT min({BEGINS[table]})::DATE FROM {table}").fetchone()[0] if table in BEGINS else None
    parts = []
    for name, days, sql in columns:
        value = re.sub(r"~(\w+)~", rf"\1 >= {instant} - INTERVAL {days} DAY", sql).replace("$t", instant)
        if rule == COUNTED:
            value = f"coalesce({value}, 0)"
        start = datetime.fromisoformat(at) - timedelta(days=days or 0)
        beyond = days is not None and (begins is None or start < datetime.combine(begins, datetime.min.time()))
        parts.append(f'({"NULL" if beyond else value})::DOUBLE AS "{name}"')
    customers = f"""
        SELECT DISTINCT customer_id FROM ({KNOWN["subscriptions"]}) UNION
        SELECT DISTINCT customer_id FROM ({KNOWN["orders"]}) WHERE amount >= 0"""
    inner = KNOWN[table].replace("$t", instant)
    made = raw.sql(f"SELECT customer_id, {', '.join(parts)} FROM ({inner}) GROUP BY customer_id").df()
    everyone = raw.sql(customers.replace("$t", instant)).df()
    joined = everyone.merge(made, on="customer_id", how="left").set_index("customer_id").sort_index()
    if rule == COUNTED:
        unknown = [n for (n, _, _), part in zip(columns, parts, strict=True) if part.startswith("(NULL)")]
        joined = joined.fillna({c: 0.0 for c in joined if c not in unknown})
    return joined


@pytest.mark.parametrize("at", SNAPSHOTS)
@pytest.mark.parametrize(
    ("table", "rule", "columns"), REFERENCE, ids=lambda v: v.split()[0] if isinstance(v, str) else ""
)
def test_the_panel_is_what_naive_sql_over_the_raw_tables_says(
    raw: duckdb.DuckDBPyConnection, panel: pd.DataFrame, table: str, rule: str, columns: dict[str, str], at: str
) -> None:
    wanted = expanded(columns, panel)
    expected = by_sql(raw, table, rule, wanted, at)
    got = panel.loc[pd.Timestamp(at), [name for name, _, _ in wanted]]
    exact = [name for name, _, sql in wanted if "avg(" not in sql and " / " not in sql]
    pd.testing.assert_frame_equal(got[exact], expected[exact], check_exact=True, check_names=False)
    pd.testing.assert_frame_equal(got, expected, rtol=1e-9, atol=1e-12, check_names=False)


def test_every_count_and_sum_of_the_panel_has_its_sql() -> None:
    named = {name.removesuffix("_*") for _, _, columns in REFERENCE for name in columns}
    counted = {
        c.feature.name
        for c in wb.FEATURES.values()
        if isinstance(c.feature.value, wb.Aggregate) and c.feature.value.how in {"count", "sum", "count distinct"}
    }
    assert counted <= named
