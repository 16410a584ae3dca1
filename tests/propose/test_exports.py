"""Exports of well-known systems are read as they are, or with the doubt stated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.propose import export_shapes
from workbench.crm.load import load_tables
from workbench.propose import propose_source, write_source

Keys = dict[str, dict[str, str]]

# Per export: the rows of each table, and the raw columns behind what matters.
READ: dict[str, tuple[dict[str, int], Keys]] = {
    "stripe": (
        {"subscriptions": 12, "charges": 36},
        {
            "subscriptions": {
                "subscription_id": "id",
                "customer_id": "Customer ID",
                "started_at": "Start Date (UTC)",
                "cancelled_at": "Canceled At (UTC)",
                "ended_at": "Ended At (UTC)",
                "mrr": "Amount",
            },
            "charges": {"charge_id": "id", "customer_id": "Customer ID", "succeeded": "Status", "amount": "Amount"},
        },
    ),
    "chargebee": (
        {"customers": 12, "subscriptions": 12},
        {
            "customers": {"customer_id": "customers.id", "signed_up_at": "customers.created_at"},
            "subscriptions": {
                "subscription_id": "subscriptions.id",
                "customer_id": "subscriptions.customer_id",
                "cancelled_at": "subscriptions.cancelled_at",
                "billing_period": "subscriptions.billing_period_unit",
                "mrr": "subscriptions.mrr",
                "cancel_reason": "subscriptions.cancel_reason",
            },
        },
    ),
    "recurly": (
        {"customers": 12, "subscriptions": 12},
        {
            "customers": {"customer_id": "account_code"},
            "subscriptions": {
                "customer_id": "account_code",
                "started_at": "activated_at",
                "cancelled_at": "canceled_at",
                "ended_at": "expires_at",
                "mrr": "unit_amount",
            },
        },
    ),
    "paddle": (
        {"subscriptions": 12},
        {"subscriptions": {"subscription_id": "id", "customer_id": "customer_id", "cancelled_at": "canceled_at"}},
    ),
    "revenuecat": (
        {"customers": 12, "subscriptions": 36},
        {
            "subscriptions": {
                "subscription_id": "store_transaction_id",
                "customer_id": "rc_original_app_user_id",
                "kind": "is_trial_period",
                "started_at": "start_time",
                "ended_at": "effective_end_time",
                "cancelled_at": "unsubscribe_detected_at",
                "billing_period": "product_duration",
                "mrr": "price_in_usd",
            }
        },
    ),
    "shopify": (
        {"orders": 22},
        {"orders": {"order_id": "Name", "customer_id": "Email", "ordered_at": "Created at"}},
    ),
    "woocommerce": (
        {"customers": 8, "orders": 20},
        {"orders": {"order_id": "order_id", "customer_id": "customer_user", "amount": "order_subtotal"}},
    ),
    "hubspot": (
        {"customers": 12, "orders": 18, "tickets": 12},
        {
            "customers": {"customer_id": "Record ID", "owner": "Company owner"},
            "orders": {"order_id": "Record ID", "customer_id": "Associated Company IDs", "ordered_at": "Close Date"},
            "tickets": {"ticket_id": "Ticket ID", "customer_id": "Associated Company IDs"},
        },
    ),
    "salesforce": (
        {"customers": 12, "orders": 12, "tickets": 12},
        {
            "customers": {"customer_id": "Id", "exclude_reason": "IsDeleted"},
            "orders": {"order_id": "Id", "customer_id": "AccountId", "ordered_at": "CloseDate", "amount": "Amount"},
            "tickets": {"customer_id": "AccountId", "opened_at": "CreatedDate", "resolved_at": "ClosedDate"},
        },
    ),
    "zendesk": (
        {"customers": 12, "tickets": 30, "events": 60, "contacts": 20},
        {
            "tickets": {"customer_id": "organization_id", "contact_id": "requester_id", "resolved_at": "solved_at"},
            "events": {"customer_id": "user_id", "contact_id": "user_id", "occurred_at": "viewed_at"},
        },
    ),
    "intercom": (
        {"customers": 8, "tickets": 24, "events": 80},
        {
            "customers": {"customer_id": "User ID", "signed_up_at": "Signed up at"},
            "tickets": {
                "ticket_id": "Conversation ID",
                "customer_id": "User ID",
                "opened_at": "Conversation started at",
                "first_response_at": "First reply at",
                "satisfaction": "Conversation rating",
            },
            "events": {"customer_id": "user_id", "event": "event_name", "occurred_at": "created_at"},
        },
    ),
    "mixpanel": (
        {"events": 60},
        {"events": {"customer_id": "properties.distinct_id", "occurred_at": "properties.time", "event": "event"}},
    ),
    "amplitude": (
        {"events": 60},
        {"events": {"customer_id": "user_id", "occurred_at": "event_time", "event": "event_type"}},
    ),
    "segment": (
        {"customers": 9, "events": 60},
        {"events": {"customer_id": "user_id", "occurred_at": "timestamp", "event": "event"}},
    ),
    "ga4": (
        {"events": 60},
        {"events": {"customer_id": "user_pseudo_id", "occurred_at": "event_timestamp", "event": "event_name"}},
    ),
    "kkbox": (
        {"customers": 12, "orders": 36, "events": 144},
        {
            "customers": {"customer_id": "msno", "signed_up_at": "registration_init_time"},
            "orders": {"customer_id": "msno", "ordered_at": "transaction_date", "amount": "actual_amount_paid"},
            "events": {"customer_id": "msno", "occurred_at": "date"},
        },
    ),
    "olist": (
        {"customers": 8, "orders": 34, "surveys": 24},
        {
            "customers": {"customer_id": "customer_unique_id"},
            "orders": {"order_id": "order_id", "ordered_at": "order_purchase_timestamp", "amount": "price"},
            "surveys": {"answered_at": "review_creation_date", "score": "review_score"},
        },
    ),
}

SUMS = {
    "shopify": 253.0,
    "woocommerce": 480.0,
    "hubspot": 9099.0,
    "salesforce": 12066.0,
    "kkbox": 5364.0,
    "olist": 340.0,
}
MRR = {"stripe": 360.0, "chargebee": 588.0, "recurly": 96.0, "paddle": 348.0, "revenuecat": 239.76}
STATED = {
    "stripe": "Current Period End (UTC) is overwritten at every renewal",
    "recurly": "for how long unit_amount pays",
    "woocommerce": "cancelled: refuse, failed: refuse, refunded: return",
    "hubspot": "closed lost: refuse",
    "olist": "canceled: refuse",
}


@pytest.mark.parametrize("name", READ)
def test_an_export_needs_no_edit(tmp_path: Path, name: str) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for file, text in getattr(export_shapes, name)().items():
        (raw / file).write_text(text, encoding="utf-8")
    proposal = propose_source(raw)
    rows, keys = READ[name]
    found = {t: {c: proposal[t].columns[c].raw[0] for c in cs if c in proposal[t].columns} for t, cs in keys.items()}
    assert found == keys
    assert STATED.get(name, "") in " ".join(proposal.unsure)
    write_source(proposal, tmp_path / "source.yaml")
    crm = load_tables(tmp_path / "source.yaml")
    assert {t: crm.facts.loaded[t] for t in rows} == rows
    assert all(str(refusal["reason"]).startswith(("status is ", "StageName is ")) for refusal in crm.facts.refused)
    if name in SUMS:
        assert float(crm["orders"].amount.sum().execute()) == SUMS[name]
    if name in MRR:
        assert round(float(crm["subscriptions"].mrr.sum().execute()), 2) == MRR[name]
