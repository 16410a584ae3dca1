"""The forecast of a company small enough to add up by hand."""

from datetime import datetime

import pandas as pd
import pytest

from workbench.model import Forecast, forecast


@pytest.fixture(scope="module")
def made() -> Forecast:
    """Ten customers at three snapshots, of whom 2, 4 and 3 leave; ten at risk now at 0.3, half of it on purpose."""
    days = pd.to_datetime(["2024-01-01", "2024-04-01", "2024-07-01"])
    rows = [
        (f"c{i}", day, i < lost, ("active" if i % 2 else "passive") if i < lost else None)
        for day, lost in zip(days, (2, 4, 3), strict=True)
        for i in range(10)
    ]
    labels = pd.DataFrame(rows, columns=["customer_id", "as_of", "churned", "kind"])
    revenue = labels[["customer_id", "as_of"]].assign(yearly_revenue=100.0)
    now = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(11)], "at_risk": [True] * 10 + [False], "yearly_revenue": 100.0,
         "churn_probability": 0.3, "active_probability": 0.15, "passive_probability": 0.15}
    )  # fmt: skip
    return forecast(labels, now, as_of=datetime(2024, 10, 1), horizon_days=91, settle_days=91, revenue=revenue)


def test_expected_numbers_are_sums_of_probabilities_and_kinds_add_up(made: Forecast) -> None:
    rows = made.rows.set_index(["what", "kind"])
    assert rows["expected"].to_dict() == pytest.approx(
        {("customers", "all"): 3, ("customers", "active"): 1.5, ("customers", "passive"): 1.5,
         ("revenue", "all"): 300, ("revenue", "active"): 150, ("revenue", "passive"): 150}
    )  # fmt: skip
    assert (rows["of"].xs("customers", level="what") == 10).all()
    assert (rows["low"] < rows["expected"]).all() and (rows["expected"] < rows["high"]).all()


def test_no_more_are_expected_to_leave_in_one_way_at_the_most_than_in_all() -> None:
    days = pd.to_datetime(["2024-01-01", "2024-04-01", "2024-07-01"])
    rows = [
        (f"c{i}", day, i < 4, None if i >= 4 else "passive" if i < passive else "active")
        for day, passive in zip(days, (0, 3, 0), strict=True)
        for i in range(100)
    ]
    now = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(100)], "at_risk": True, "yearly_revenue": None,
         "churn_probability": 0.04, "active_probability": 0.03, "passive_probability": 0.01}
    )  # fmt: skip
    labels = pd.DataFrame(rows, columns=["customer_id", "as_of", "churned", "kind"])
    found = forecast(labels, now, as_of=datetime(2024, 10, 1), horizon_days=91, settle_days=91).rows.set_index("kind")
    assert found.loc["passive", "high"] == found.loc["all", "high"]
    assert found.loc["passive", "share_high"] == found.loc["all", "share_high"]


def test_forecasts_of_the_past_are_scored_by_what_came(made: Forecast) -> None:
    assert (made.covered, made.tested) == (1, 1)
    assert made.last is not None
    assert (made.last["as_of"], made.last["observed"]) == ("2024-07-01", 0.3)
    assert made.as_json()["rows"][0]["expected"] == pytest.approx(3)


def test_without_amounts_only_customers_are_forecast() -> None:
    labels = pd.DataFrame({"customer_id": ["a"], "as_of": pd.Timestamp("2024-01-01"), "churned": [True]})
    now = pd.DataFrame({"customer_id": ["a"], "at_risk": [True], "churn_probability": [0.5], "yearly_revenue": [None]})
    found = forecast(labels, now, as_of=datetime(2024, 10, 1), horizon_days=91, settle_days=91)
    assert found.rows["what"].tolist() == ["customers"]
    assert found.last is None
