"""What contacting more customers brings, ranked one way or another, on customers whose gains can be added by hand."""

import numpy as np
import pandas as pd
import pytest

from workbench.model import Money, expected_maximum_profit, money_curves, sensitivity

MONEY = Money(1.0, 0.5, 0.0, 0.0, 2.0, 0.0)


def customers() -> pd.DataFrame:
    """Gains of 3, 8 and −1; riskiest first, richest second."""
    return pd.DataFrame(
        {"at_risk": [True, True, True, False], "churn_probability": [0.5, 0.2, 0.1, np.nan],
         "margin_if_retained": [20.0, 100.0, 20.0, 900.0]}
    )  # fmt: skip


def test_ranking_by_expected_gain_is_never_below_any_other() -> None:
    rng = np.random.default_rng(0)
    many = pd.DataFrame(
        {"at_risk": True, "churn_probability": rng.random(300), "margin_if_retained": rng.gamma(1, 50, 300)}
    )
    curves = money_curves(many, MONEY)
    others = curves[["risk", "value", "random"]]
    assert (others.le(curves["expected_gain"] + 1e-9, axis=0)).all().all()
    assert np.ptp(curves.iloc[-1, 1:].to_numpy(float)) == pytest.approx(0, abs=1e-6)


def test_each_curve_adds_up_the_gains_in_its_order() -> None:
    curves = money_curves(customers(), MONEY, points=3).set_index("contacted")
    assert curves["expected_gain"].tolist() == pytest.approx([0, 8, 11, 10])
    assert curves["risk"].tolist() == pytest.approx([0, 3, 11, 10])
    assert curves["random"].tolist() == pytest.approx([0, 10 / 3, 20 / 3, 10])


def test_a_figure_that_would_change_the_list_shows_how() -> None:
    found = sensitivity(customers(), MONEY).set_index(["figure", "factor"])
    assert found.loc[("as it is", 1.0), "listed"] == 2
    dearer = found.loc[("contact_cost", 2.0)]
    assert (dearer["value"], dearer["listed"], dearer["stay"]) == (4.0, 2, 1.0)
    assert found.loc[("save_share", 0.5), "listed"] == 2
    assert found.loc[("save_share", 2.0), "value"] == 1.0
    assert found.loc[("margin_rate", 2.0), "gain"] == found.loc[("as it is", 1.0), "gain"], "no margin above revenue"


def test_nobody_at_risk_gives_curves_of_nothing() -> None:
    assert money_curves(customers().iloc[3:], MONEY)["expected_gain"].tolist() == [0.0]


def test_the_maximum_profit_of_a_perfect_model_contacts_those_who_leave() -> None:
    outcome = np.repeat([1.0, 0.0], [20, 80])
    profit, share = expected_maximum_profit(outcome, outcome, value=200, offer_cost=10, contact_cost=1)
    assert share == pytest.approx(0.2, abs=0.001)
    assert profit == pytest.approx(0.2 * (0.3 * 190 - 1), rel=0.01)  # Beta(6, 14) has the mean 0.3
    chance, _ = expected_maximum_profit(
        outcome, np.random.default_rng(0).random(100), value=200, offer_cost=10, contact_cost=1
    )
    assert chance < profit
