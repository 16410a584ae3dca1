"""What customers are worth, on a company of four."""

import sys
from datetime import datetime

import ibis
import pandas as pd
import pytest

import workbench as wb
from workbench.metrics import Metric
from workbench.model import Money, MoneyBasis
from workbench.segments.value_report import existing_share, value_report

AT = datetime(2024, 1, 1)
MONEY = Money(0.5, 0.5, 0.0, 0.0, 10.0, 0.0)


def company(*, cac: bool = True) -> wb.crm.Crm:
    """Subscribers a and b since 2022, c since July 2023; d left in 2022."""
    ids = list("abcd")
    served = pd.DataFrame({"subscription_id": ids, "customer_id": ids, "mrr": 10.0,
                           "started_at": ["2022-01-01", "2022-01-01", "2023-07-01", "2022-01-01"],
                           "ended_at": [None, None, None, "2022-07-01"]})  # fmt: skip
    invoices = pd.DataFrame({"invoice_id": ids, "customer_id": ids, "subscription_id": ids, "amount": [60, 20, 20, 9],
                             "issued_at": ["2023-03-01", "2023-03-01", "2023-07-02", "2022-02-01"]})  # fmt: skip
    customers = pd.DataFrame(
        {
            "customer_id": [*ids, "t"],
            "country": ["UK", "UK", "FR", "FR", "FR"],
            "acquisition_cost": [30, 50, 40, 40, 900],
            "exclude_reason": [*[None] * 4, "test"],
        }
    )
    seen = pd.DataFrame({"customer_id": "z", "occurred_at": pd.date_range("2022-01-01", "2023-12-31", freq="5D")})
    tables = {"subscriptions": served, "invoices": invoices, "events": seen}
    return wb.load_tables(tables | ({"customers": customers} if cac else {}))


def now() -> pd.DataFrame:
    return pd.DataFrame(
        {"customer_id": list("abc"), "as_of": AT, "at_risk": True, "churn_probability": [0.5, 0.25, 0.25],
         "yearly_revenue": [60.0, 20, 20], "margin_if_retained": [120.0, 60, 60], "value_segment": ["VIP", "other", "other"]}
    )  # fmt: skip


def test_value_stands_beside_the_cost_of_winning_and_what_contacting_pays() -> None:
    crm = company()
    lives = wb.lives(crm, grace_days=0, recovery_days=0)
    one_plan = now().assign(plan_segment="pro")
    segmentations = {"value_segment": "Value", "plan_segment": "Plan"}
    found = value_report(crm, lives, one_plan, MoneyBasis(MONEY, MONEY), AT, segmentations)
    assert found.missing == ""
    assert {*found.segments["segmentation"]} == {"all", "value_segment"}
    whole = found.segments.set_index("segment").loc["all"]
    assert (whole["customers"], whole["cac"], whole["contacts"]) == (3, 40, 1)
    assert whole["gain"] == pytest.approx(0.5 * 0.5 * 120 - 10)
    assert whole["gain_per_cost"] == pytest.approx(2.0)
    assert found.customers["customer_id"].tolist() == ["a", "b", "c"]
    assert found.inputs["expected_leavers"] == 1
    assert found.inputs["margin_at_risk"] == 0.5 * 120 + 0.5 * 60
    assert found.figures["replacement_cost"].value == 40


def test_what_old_customers_bring_of_the_years_revenue() -> None:
    crm = company()
    found = existing_share(crm, wb.lives(crm, grace_days=0, recovery_days=0), AT)
    assert (found.count, found.of) == (80, 100)


def test_their_interval_does_not_depend_on_the_order_of_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [f"{i:04}" for i in range(2000)]
    brought = pd.DataFrame({"customer_id": ids, "yearly_revenue": [i % 7 + i / 400 for i in range(2000)]})
    lives = ibis.memtable({"customer_id": ids, "started_at": [datetime(2020 + i // 500, 6, 1) for i in range(2000)]})

    def share(rows: pd.DataFrame) -> Metric:
        monkeypatch.setattr(sys.modules[existing_share.__module__], "yearly_revenue", lambda _: ibis.memtable(rows))
        return existing_share(company(), lives, AT)

    assert share(brought) == share(brought[::-1])


def test_without_amounts_there_is_no_value_and_it_says_why() -> None:
    crm = company(cac=False)
    lives = wb.lives(crm, grace_days=0, recovery_days=0)
    unknown = now().assign(margin_if_retained=float("nan"), yearly_revenue=float("nan"))
    found = value_report(crm, lives, unknown, MoneyBasis(MONEY, MONEY), AT, {"value_segment": "Value"})
    assert "no amounts" in found.missing
    assert found.customers.empty
    unknown_too = found.segments[["clv", "contacts", "gain", "cost"]]
    assert unknown_too.isna().all(axis=None), "no amount is no reason to contact nobody"
