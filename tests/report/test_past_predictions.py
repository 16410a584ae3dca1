"""Earlier predictions are scored once their horizon is over, and not before."""

from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import crm_of
from workbench.report.findings.past_predictions import came_true, scored_predictions

RULES = {"inactive_days": 31}
ORDERS = [
    (f"{c}-{m}", c, f"2024-0{m}-10", 1)
    for c, months in (("ann", (1, 2)), ("bob", (1,)), ("cem", (1, 4)))
    for m in months
]


def kept(tmp_path: Path, *days: str, horizon_days: int = 28) -> Path:
    rows = [
        (c, pd.Timestamp(day), p, horizon_days) for day in days for c, p in (("ann", 0.1), ("bob", 0.9), ("cem", 0.8))
    ]
    pd.DataFrame(rows, columns=["customer_id", "as_of", "churn_probability", "horizon_days"]).to_parquet(
        tmp_path / "predictions.parquet"
    )
    return tmp_path


def test_the_newest_predictions_whose_horizon_is_over_are_compared_with_what_came(tmp_path: Path) -> None:
    before = kept(tmp_path, "2024-01-20", "2024-02-01", "2024-04-01")
    (row,) = came_true(before, crm_of(*ORDERS), RULES, 28).itertuples()
    assert (row.as_of, row.customers, row.observed) == (pd.Timestamp("2024-02-01"), 3, 2), "bob and cem bought nothing"
    assert row.expected == pytest.approx(1.8)
    assert (row.came_true, row.auc) == (True, 1.0)


def test_predictions_of_another_horizon_and_a_first_run_have_none_to_score(tmp_path: Path) -> None:
    assert came_true(tmp_path, crm_of(*ORDERS), RULES, 28).empty
    assert came_true(kept(tmp_path, "2024-02-01", horizon_days=14), crm_of(*ORDERS), RULES, 28).empty


def test_far_more_departures_than_expected_are_no_chance() -> None:
    predictions = pd.DataFrame({"customer_id": range(100), "as_of": 1, "churn_probability": 0.1})
    outcomes = pd.DataFrame({"customer_id": range(100), "as_of": 1, "churned": [i < 30 for i in range(100)]})
    (row,) = scored_predictions(predictions, outcomes).itertuples()
    # 10 expected; the standard deviation of 100 tosses at 0.1 is 3
    assert (row.low, row.high) == (pytest.approx(10 - 1.96 * 3, abs=0.01), pytest.approx(10 + 1.96 * 3, abs=0.01))
    assert not row.came_true
