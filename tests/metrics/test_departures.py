"""Departures counted and compared, renewals due, and which sources record departures."""

import pandas as pd
import pytest

import workbench as wb
from workbench.crm.asof import Crm
from workbench.errors import DataError


def company(**tables: list[dict[str, object]]) -> Crm:
    return wb.load_tables({name: pd.DataFrame(rows) for name, rows in tables.items()})


def subscription(customer: str, started: str, ended: str | None = None, **more: object) -> dict[str, object]:
    return {"subscription_id": f"s-{customer}-{started}", "customer_id": customer, "started_at": started,
            "cancelled_at": None, "ended_at": ended, **more}  # fmt: skip


def test_the_claim_of_the_articles_stands_beside_shares_that_count_the_unknown() -> None:
    events = pd.DataFrame(
        {"billing_outcome": ["voluntary"] * 6 + ["none"] * 4, "avoidable": ["yes"] * 3 + ["no"] + ["unknown"] * 6}
    )
    split = wb.avoidable_split(events)
    assert split["n"].to_dict() == {
        "involuntary": 0, "voluntary": 6, "neither": 4, "avoidable": 3, "not avoidable": 1, "unknown": 6,
    }  # fmt: skip
    assert split.loc[["involuntary", "avoidable"], "claimed"].tolist() == [0.2, 0.8]
    assert split.loc["avoidable", ["share", "low", "high"]].round(3).tolist() == [0.3, 0.108, 0.603]


def test_departures_may_be_handed_over_as_the_expression_that_a_verb_returns() -> None:
    lives = [subscription("ann", "2023-01-01", "2023-06-01"), subscription("bob", "2023-10-01", "2024-06-01")]
    events = wb.churn_events(company(subscriptions=lives), left_by=("subscriptions",))
    assert wb.departures_by_reason(events)["n"].to_dict() == {"not given": 1}
    assert wb.avoidable_split(events)["of"].unique().tolist() == [1]
    assert wb.kinds_by_month(events).to_numpy().sum() == 1


def test_reasons_are_counted_with_those_who_gave_none() -> None:
    events = pd.DataFrame(
        {
            "reason": ["price", "price", None],
            "avoidable": ["yes", "yes", "unknown"],
            "kind": ["active", "passive", "passive"],
        }
    )
    counted = wb.departures_by_reason(events)
    assert counted["n"].to_dict() == {"price": 2, "not given": 1}
    assert counted.loc["price", ["active", "passive"]].tolist() == [1, 1]


def test_no_departure_at_all_gives_empty_tables() -> None:
    none = pd.DataFrame(
        {"occurred_at": pd.to_datetime([]), "kind": [], "billing_outcome": [], "avoidable": [], "reason": []}
    )
    assert wb.avoidable_split(none)["n"].sum() == 0
    assert wb.departures_by_reason(none).empty
    assert wb.kinds_by_month(none).empty


def test_comparing_settings_shows_who_is_at_risk_under_one_of_them_only() -> None:
    t = pd.Timestamp("2024-01-01")
    one = pd.DataFrame(
        {"customer_id": ["a", "b"], "as_of": t, "churned": [True, False], "kind": ["passive", None], "rule": "r"}
    )
    counts, changed = wb.compare_labels(one, one[one["customer_id"] == "a"])
    assert counts.loc["stayed", "not at risk"] == 1
    assert changed[["customer_id", "one", "other"]].to_numpy().tolist() == [["b", "stayed", "not at risk"]]


def test_settings_that_give_no_label_at_all_are_compared_too() -> None:
    crm = company(subscriptions=[subscription("left", "2024-01-01", "2024-02-01"), subscription("last", "2024-12-30")])
    nobody = wb.label_churn(crm, "2024-07-01", horizon_days=30).to_pandas()
    counts, changed = wb.compare_labels(nobody, nobody)
    assert (len(nobody), len(counts), len(changed)) == (0, 0, 0)


def test_renewals_due_are_those_of_open_contracts_of_customers_at_risk() -> None:
    crm = company(
        subscriptions=[
            subscription("due", "2024-01-01", renews_at="2024-06-10"),
            subscription("edge", "2024-01-01", renews_at="2024-07-31"),
            subscription("later", "2024-01-01", renews_at="2024-08-01"),
            subscription("past", "2024-01-01", renews_at="2024-05-31"),
            subscription("left", "2024-01-01", "2024-05-01", renews_at="2024-06-10"),
            subscription("notice", "2024-01-01", "2024-12-01", renews_at="2024-06-10") | {"cancelled_at": "2024-05-05"},
            subscription("last", "2024-12-30", renews_at="2025-01-30"),
        ]
    )
    counted = wb.renewals_due(crm, "2024-06-01", within_days=61).order_by("customer_id").to_pandas()
    assert counted[["customer_id", "days_left"]].to_numpy().tolist() == [["due", 9], ["edge", 60]]


def test_renewals_of_a_source_that_does_not_know_its_terms_are_refused() -> None:
    with pytest.raises(DataError, match="need the column renews_at of subscriptions"):
        wb.renewals_due(
            company(subscriptions=[subscription("a", "2024-01-01"), subscription("b", "2024-02-01")]), "2024-02-02"
        )


def test_sources_of_departures_are_compared_customer_by_customer() -> None:
    crm = company(
        subscriptions=[subscription("both", "2024-01-01", "2024-03-01"), subscription("own", "2024-01-01", "2024-03-01"),
                       subscription("said", "2024-01-01"), subscription("last", "2024-12-30")],
        cancellations=[{"customer_id": "both", "occurred_at": "2024-03-20"}, {"customer_id": "said", "occurred_at": "2024-04-01"}],
    )  # fmt: skip
    counted = wb.disagreements(crm).set_index("source")
    assert counted.loc["subscriptions", ["closings", "agree", "alone"]].tolist() == [2, 1, 1]
    assert counted.loc["cancellations", ["closings", "agree", "alone"]].tolist() == [2, 1, 1]
