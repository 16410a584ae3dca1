"""Subscribers: what labels say of them beside their kind and date, which the hand-typed cases hold."""

import pandas as pd
import pytest

import workbench as wb
from workbench.crm.asof import Crm
from workbench.errors import SettingError

Row = tuple[str, str, str | None, str | None]


def company(*subscriptions: Row, **tables: list[dict[str, object]]) -> Crm:
    """Type subscriptions by hand: customer, started, cancelled, ended; ids count up per row; data run to the end of 2024."""
    rows = [
        {
            "subscription_id": f"s{i}",
            "customer_id": c,
            "kind": "paid",
            "started_at": a,
            "cancelled_at": n,
            "ended_at": e,
        }
        for i, (c, a, n, e) in enumerate([*subscriptions, ("last", "2024-12-30", None, None)])
    ]
    frames = {"subscriptions": pd.DataFrame(rows).astype("str").replace("None", None)}
    return wb.load_tables({**frames, **{name: pd.DataFrame(r) for name, r in tables.items()}})


def test_who_returns_after_the_grace_starts_a_new_life() -> None:
    crm = company(("ann", "2024-01-01", "2024-03-01", "2024-03-01"), ("ann", "2024-04-01", None, None))
    lives = wb.lives(crm).order_by("customer_id", "life").to_pandas()
    assert lives[lives["customer_id"] == "ann"]["life"].tolist() == [1, 2]


def test_the_outcome_is_the_first_departure_in_the_window_with_its_evidence() -> None:
    crm = company(
        ("leaves", "2024-01-01", "2024-06-30", "2024-07-31"), ("edge", "2024-01-01", "2024-07-01", "2024-07-01"),
        ("stays", "2024-01-01", None, None),
    )  # fmt: skip
    labels = wb.label_churn(crm, "2024-06-01", horizon_days=30).to_pandas().set_index("customer_id")
    assert labels["churned"].to_dict() == {"leaves": True, "edge": False, "stays": False}
    assert labels.loc["leaves", ["kind", "next_record_id"]].tolist() == ["active", "s0"]
    assert (labels["matured_at"] == pd.Timestamp("2024-07-31")).all()


def test_the_evidence_of_a_departure_for_money_names_the_notice_and_the_end_of_service_that_dates_it() -> None:
    crm = company(
        ("ann", "2024-01-01", "2024-03-01", "2024-05-10"),
        charges=[{"charge_id": "7", "customer_id": "ann", "attempted_at": "2024-02-20", "succeeded": False}],
    )
    left = wb.churn_events(crm).to_pandas().iloc[0]
    assert (f"{left['occurred_at']:%Y-%m-%d}", left["kind"]) == ("2024-05-10", "financial")
    assert left["evidence"] == (
        "subscription s0; begun 2024-01-01; notice 2024-03-01; owed charge 7; end of service 2024-05-10"
    )


def test_an_orders_customer_who_subscribes_in_the_window_has_that_as_the_next_record() -> None:
    orders = [{"order_id": "1", "customer_id": "ann", "ordered_at": "2024-03-20", "amount": 5}]
    crm = company(("ann", "2024-04-05", None, None), ("old", "2024-01-01", None, None), orders=orders)
    labels = wb.label_churn(crm, "2024-04-01", horizon_days=30).to_pandas().set_index("customer_id")
    assert labels.loc["ann", ["churned", "next_record_id"]].tolist() == [False, "s0"]


def test_believing_cancellations_that_are_not_there_is_refused() -> None:
    with pytest.raises(SettingError, match="this source has no cancellations; it has subscriptions"):
        wb.churn_events(company(("ann", "2024-01-01", None, None)), left_by="cancellations")


def test_departures_within_their_days_of_grace_are_unsettled_by_contract_and_by_closed_account() -> None:
    """The data end on 30 June: of a and b service ended in June, of c in May; b came back. Accounts: e June, f May."""
    contracts = pd.DataFrame(
        {
            "subscription_id": ["1", "2", "3", "4", "5"], "customer_id": ["a", "b", "b", "c", "d"],
            "started_at": ["2024-01-01", "2024-01-01", "2024-06-10", "2024-01-01", "2024-01-01"],
            "ended_at": ["2024-06-20", "2024-06-05", None, "2024-05-20", None],
        }
    )  # fmt: skip
    visits = pd.DataFrame({"customer_id": ["e", "f", "g"], "occurred_at": ["2024-06-01", "2024-05-01", "2024-06-30"]})
    closed = pd.DataFrame({"customer_id": ["e", "f"], "occurred_at": ["2024-06-11", "2024-05-02"]})
    tables = {"subscriptions": contracts, "events": visits}
    found = wb.unsettled_departures(wb.load_tables(tables), grace_days=30, left_by=["subscriptions"]).to_pandas()
    assert found.customer_id.tolist() == ["a"]
    shop = wb.load_tables({"events": visits, "cancellations": closed})
    assert wb.unsettled_departures(shop, grace_days=30, inactive_days=60).customer_id.to_pandas().tolist() == ["e"]
