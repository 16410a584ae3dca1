"""What the tables say of a customer by name: the card, the last contact, whether the contract renews."""

from datetime import datetime

import pandas as pd
import pytest

import workbench as wb
from workbench.actions.particulars import particulars

AT = datetime(2024, 7, 1)


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    """ann's card expired after it was charged, bob pays by debit by now, cho's old card is still charged; dee has but a
    note of this week, eve a call. ann's complaint was opened again, bob's was and is solved, cho's waits since it was opened.
    """  # fmt: skip
    charges = pd.DataFrame(
        {"charge_id": ["1", "2", "3", "4"], "customer_id": ["ann", "bob", "bob", "cho"],
         "attempted_at": ["2024-05-01", "2024-05-01", "2024-06-01", "2024-06-01"], "succeeded": True,
         "card_expires_at": ["2024-06-01", "2024-07-15", None, "2024-05-15"]}
    )  # fmt: skip
    messages = pd.DataFrame(
        {"customer_id": ["dee", "dee", "eve"], "sent_at": ["2024-03-01", "2024-06-28", "2024-06-28"],
         "direction": ["out", "out", " Out"], "kind": ["message", "note", "message"]}
    )  # fmt: skip
    subscriptions = pd.DataFrame(
        {"subscription_id": ["1", "2", "3"], "customer_id": ["ann", "bob", "cho"], "started_at": "2023-08-01",
         "renews_at": "2024-08-01", "billing_period": "year", "auto_renew": [True, False, None]}
    )  # fmt: skip
    tickets = pd.DataFrame(
        {"ticket_id": ["t1", "t2", "t3", "t4", "t5"], "customer_id": ["ann", "bob", "cho", "cho", "dee"],
         "opened_at": ["2024-06-01", "2024-06-01", "2024-06-01", "2023-02-01", "2023-02-01"],
         "resolved_at": ["2024-06-05", "2024-06-20", None, None, None],
         "reopened_at": ["2024-06-11", "2024-06-11", None, None, None], "kind": "complaint"}
    )  # fmt: skip
    crm = wb.load_tables({"charges": charges, "messages": messages, "subscriptions": subscriptions, "tickets": tickets})
    return particulars(crm, AT, pd.Series(["ann", "bob", "cho", "dee", "eve"])).set_index("customer_id")


def test_what_was_cancelled_was_not_bought() -> None:
    rows = {"order_id": ["1", "2"], "customer_id": "ann", "ordered_at": ["2024-05-01", "2024-06-01"], "amount": 30,
            "product": ["tea", "cups"], "cancelled_at": [None, "2024-06-02"]}  # fmt: skip
    crm = wb.load_tables({"orders": pd.DataFrame(rows)})
    assert list(particulars(crm, AT, pd.Series(["ann"]))["last_product"]) == ["tea"]


def test_a_card_ends_unless_the_customer_pays_by_other_means_or_it_was_charged_since(known: pd.DataFrame) -> None:
    assert known["days_to_card_end"].dropna().to_dict() == {"ann": -30}


def test_a_note_of_our_own_is_no_contact(known: pd.DataFrame) -> None:
    assert known["days_since_contacted"].dropna().to_dict() == {"dee": 122, "eve": 3}


def test_a_contract_says_whether_it_renews_by_itself_where_that_is_recorded(known: pd.DataFrame) -> None:
    assert known["contract_renews"].dropna().to_dict() == {"ann": "yes", "bob": "no"}


def test_a_ticket_opened_again_waits_since_then_until_it_is_solved_again(known: pd.DataFrame) -> None:
    assert known["ticket_days"].drop("dee").dropna().to_dict() == {"ann": 20, "cho": 30}
    assert known["complaint_days"].drop("dee").dropna().to_dict() == {"ann": 20, "cho": 30}


def test_a_forgotten_ticket_hides_no_newer_one_that_waits(known: pd.DataFrame) -> None:
    assert known.loc[["cho", "dee"], ["ticket", "complaint"]].values.tolist() == [["t3", "t3"], ["t5", "t5"]]


def test_what_comes_first_of_equals_rests_on_no_order_of_rows() -> None:
    """Of features used equally often the first by name, of codes of one moment the last by name."""
    uses = [
        ("ann", day, event) for event in ("feature_b", "feature_a", "feature_c") for day in ("2024-06-01", "2024-06-02")
    ]
    codes = [("1", "no_funds"), ("2", "expired"), ("3", "lost")]
    for order in (1, -1):
        events = pd.DataFrame(uses[::order], columns=["customer_id", "occurred_at", "event"])
        charges = pd.DataFrame(codes[::order], columns=["charge_id", "failure_code"])
        charges = charges.assign(customer_id="ann", attempted_at="2024-06-01", succeeded=False)
        crm = wb.load_tables({"events": events, "charges": charges})
        found = particulars(crm, AT, pd.Series(["ann"])).iloc[0]
        assert (found["top_feature"], found["failure_code"], found["failed_in_row"]) == ("a", "no funds", 3)
