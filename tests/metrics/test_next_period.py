"""The interval of a forecast holds the spread between periods; its backtest uses only what was settled."""

import numpy as np
import pandas as pd
import pytest

from workbench.metrics import backtest_shares, next_share


def test_the_interval_holds_what_comes_as_often_as_it_says_though_periods_differ() -> None:
    rng = np.random.default_rng(0)
    held = []
    for _ in range(400):
        shares = 1 / (1 + np.exp(-(-1 + 0.4 * rng.standard_normal(6))))
        lost = rng.binomial(1000, shares)
        found = next_share(lost[:5].astype(float), np.full(5, 1000.0))
        held.append(found.low <= lost[5] / 1000 <= found.high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_what_the_model_expects_is_the_middle_of_the_interval() -> None:
    found = next_share(np.array([10.0, 20]), np.array([100.0, 100]), expected=0.3)
    assert found.value == pytest.approx(0.3)
    assert found.low < 0.3 < found.high


def test_one_period_says_nothing_of_the_spread() -> None:
    found = next_share(np.array([10.0]), np.array([100.0]))
    assert (found.value, found.n) == (pytest.approx(0.1), 1)
    assert np.isnan(found.low) and np.isnan(found.high)


def test_a_period_is_forecast_from_those_settled_before_it_began() -> None:
    periods = pd.DataFrame(
        {"as_of": pd.to_datetime(["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01"]), "lost": [10.0, 20, 15, 90],
         "of": 100.0}
    )  # fmt: skip
    found = backtest_shares(periods, settle_days=91).set_index("as_of")
    assert found["periods"].tolist() == [1, 2, 3]
    assert found.loc["2024-07-01", "held"]
    assert not found.loc["2024-10-01", "held"]
    late = backtest_shares(periods, settle_days=121).set_index("as_of")
    assert late["periods"].tolist() == [1, 2], "a label can change for thirty days more"
