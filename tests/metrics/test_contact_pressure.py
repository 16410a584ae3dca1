"""How often customers are written to, how they respond, and what winning and keeping them costs, by hand."""

import pandas as pd
import pytest

import workbench as wb
from workbench.crm.asof import Crm
from workbench.errors import DataError

START, END = "2024-02-01", "2024-03-01"


@pytest.fixture(scope="module")
def crm() -> Crm:
    """Ann gets three e-mails and a call, bob one e-mail; one of each lies outside the period, one is incoming."""
    messages = [
        ["ann", "2024-02-02", "out", "email", "spring", "2024-02-02", "2024-02-03"],
        ["ann", "2024-02-09", "out", "email", "spring", "2024-02-09", None],
        ["ann", "2024-02-16", "out", "email", None, None, None],
        ["ann", "2024-02-20", "out", "phone", None, None, "2024-02-20"],
        ["ann", "2024-02-21", "in", "email", None, None, None],
        ["bob", "2024-02-29", "out", "email", "spring", None, None],
        ["bob", "2024-03-01", "out", "email", "spring", None, None],
    ]
    consents = [
        ["ann", "email", "2024-01-01", "2024-02-05"], ["ann", "phone", "2024-01-01", None],
        ["bob", "email", "2024-01-01", "2024-03-01"], ["cid", "email", "2024-02-02", "2024-02-03"],
        ["dee", "email", "2023-01-01", "2024-01-31"],
    ]  # fmt: skip
    customers = [
        ["ann", "2024-01-05", 10],
        ["bob", "2024-02-05", 30],
        ["cid", "2024-02-06", 50],
        ["dee", "2023-01-01", None],
    ]
    treatments = [
        ["ann", "2024-02-10", "spring", "treated", "2024-02-11", 7],
        ["bob", "2024-01-31", "x", "treated", None, None],
    ]
    sent = ["customer_id", "sent_at", "direction", "channel", "campaign", "opened_at", "replied_at"]
    treated = ["customer_id", "treated_at", "campaign", "arm", "contacted_at", "cost"]
    orders = [[str(n), customer, f"2024-0{n}-10", 5] for n, customer in ((1, "ann"), (2, "ann"), (3, "ann"))]
    return wb.load_tables({
        "customers": pd.DataFrame(customers, columns=["customer_id", "signed_up_at", "acquisition_cost"]),
        "orders": pd.DataFrame(orders, columns=["order_id", "customer_id", "ordered_at", "amount"]),
        "messages": pd.DataFrame(messages, columns=sent),
        "consents": pd.DataFrame(consents, columns=["customer_id", "channel", "granted_at", "withdrawn_at"]),
        "treatments": pd.DataFrame(treatments, columns=treated),
    })  # fmt: skip


def test_messages_out_are_counted_by_channel_with_what_was_opened_and_answered(crm: Crm) -> None:
    email, phone = wb.contact_pressure(crm, START, END).to_dict("records")
    assert (email["channel"], email["messages"], email["customers"], email["per_customer"]) == ("email", 4, 2, 2.0)
    assert (email["opened"], email["replied"], email["most"]) == (0.5, 0.25, 3)
    assert (phone["messages"], phone["replied"]) == (1, 1.0)


def test_messages_of_no_campaign_are_left_out_of_the_response_by_campaign(crm: Crm) -> None:
    (spring,) = wb.contact_pressure(crm, START, END, by="campaign").to_dict("records")
    assert (spring["campaign"], spring["messages"], spring["customers"]) == ("spring", 3, 2)


def test_a_consent_withdrawn_counts_only_where_it_was_held_at_the_start(crm: Crm) -> None:
    asked = wb.opt_outs(crm, START, END)
    # ann withdrew one of two, bob on the day after the end; cid gave it later, dee had withdrawn it before
    assert (asked.count, asked.of) == (1, 2)


def test_what_winning_and_keeping_cost_stands_in_the_period_it_was_spent_in(crm: Crm) -> None:
    lives = wb.lives(crm, inactive_days=30)
    spent = wb.winning_and_keeping(crm, lives, ["2024-01-10", START, END])
    assert spent["cost_of_winning"].tolist() == [0, 80]
    assert spent["cost_of_keeping"].tolist() == [0, 7]
    assert spent["won"].tolist() == [1, 0]  # ann's first order was in January; the others never ordered


def test_a_source_without_costs_has_no_such_rows() -> None:
    orders = pd.DataFrame({"order_id": ["1"], "customer_id": ["ann"], "ordered_at": ["2024-01-10"], "amount": [5]})
    crm = wb.load_tables({"orders": orders})
    assert wb.winning_and_keeping(crm, wb.lives(crm, inactive_days=1), ["2024-01-10", "2024-01-11"]).empty
    with pytest.raises(DataError, match=r"messages\.direction"):
        wb.contact_pressure(crm, "2024-01-10", "2024-01-11")
    with pytest.raises(DataError, match=r"consents\.granted_at"):
        wb.opt_outs(crm, "2024-01-10", "2024-01-11")
