"""A figure over periods: one churn, its parts, and what surely changed."""

import numpy as np
import pandas as pd
import pytest

from workbench import metrics
from workbench.metrics import share

SPRING, SUMMER = pd.Timestamp("2024-03-01"), pd.Timestamp("2024-06-01")
OUTCOMES = pd.DataFrame(
    {
        "as_of": [SPRING] * 4 + [SUMMER] * 2,
        "churned": [True, True, False, False, True, False],
        "kind": ["active", "passive", None, None, "passive", None],
        "yearly_revenue": [10.0, 20.0, 30.0, 40.0, np.nan, 50.0],
    }
)


def test_the_kinds_of_each_period_add_up_to_the_lost_of_that_period() -> None:
    periods = metrics.churn_by_snapshot(OUTCOMES, horizon_days=92)
    kinds = metrics.kinds_by_snapshot(OUTCOMES)
    assert periods["lost"].tolist() == kinds.sum(axis=1).tolist() == [2, 1]
    assert periods["end"].tolist() == [SUMMER, pd.Timestamp("2024-09-01")]


def test_a_period_in_which_nobody_was_lost_has_kinds_of_zero() -> None:
    kept = OUTCOMES.assign(churned=OUTCOMES["churned"] & (OUTCOMES["as_of"] == SPRING))
    assert metrics.kinds_by_snapshot(kept).loc[SUMMER].tolist() == [0, 0]


def test_churn_and_retention_of_a_period_add_up_to_one() -> None:
    lost, kept = metrics.outcome_churn(OUTCOMES), metrics.outcome_retention(OUTCOMES)
    assert (lost.count, kept.count, lost.of) == (3, 3, 6)
    assert (lost.low, lost.high) == pytest.approx((1 - kept.high, 1 - kept.low))


def test_revenue_kept_leaves_out_customers_whose_amount_is_not_known() -> None:
    kept = metrics.revenue_kept(OUTCOMES)
    assert (kept.count, kept.of, kept.n) == (120, 150, 5)
    assert metrics.revenue_kept(OUTCOMES[OUTCOMES["as_of"] == SUMMER]).value == 1


def test_a_figure_that_one_period_lacks_has_a_gap_and_no_change() -> None:
    found = metrics.trend([share("NPS", 1, 2, "x"), None, share("NPS", 3, 4, "x")])
    assert found is not None
    assert (found.values[0], found.values[2], found.change, found.direction) == (0.5, 0.75, None, "none")
    assert np.isnan(found.values[1])


def test_a_figure_unknown_in_the_newest_period_has_no_trend() -> None:
    assert metrics.trend([share("NPS", 1, 2, "x"), share("NPS", 0, 0, "x")]) is None
    assert metrics.trend([]) is None


def test_a_change_whose_interval_holds_zero_has_no_direction() -> None:
    small = metrics.trend([share("churn", 10, 100, "x"), share("churn", 12, 100, "x")])
    large = metrics.trend([share("churn", 10, 100, "x"), share("churn", 40, 100, "x")])
    assert small is not None
    assert large is not None
    assert (small.direction, large.direction) == ("unclear", "up")


def test_the_goal_of_a_year_and_the_churn_of_a_period_come_to_the_same() -> None:
    period = share("churn", metrics.share_of_period(0.4, 91) * 1_000_000, 1_000_000, "x")
    assert metrics.per_year(period, 91).value == pytest.approx(0.4)
    assert metrics.kept_per_year(share("kept", 1_000_000 - period.count, 1_000_000, "x"), 91).value == pytest.approx(
        0.6
    )
