"""Where nothing can be learned or tested there is a sentence, a reduced result, and no noise."""

import warnings

import numpy as np
import pandas as pd
import pytest

from workbench.actions.health import health_from, health_report
from workbench.metrics import next_share
from workbench.model.baselines import BASE_RATE
from workbench.model.group_calibration import calibration_by_group
from workbench.model.scores import score_customers
from workbench.model.shift import expected_against_observed
from workbench.model.train import fit
from workbench.model.trial import Trial, try_models
from workbench.report.drawing.page_charts import _differ

DAYS = pd.to_datetime(["2024-01-01", "2024-04-01"])


def rows(*, lost: list[float], at_risk: list[bool], columns: dict[str, list[object]] | None = None) -> pd.DataFrame:
    """Forty customers at two snapshots; ``lost`` and ``at_risk`` are given for each snapshot."""
    frames = [
        pd.DataFrame({"customer_id": [f"c{i}" for i in range(40)], "as_of": day, "silent": share, "at_risk": risk, **(columns or {})})
        for day, share, risk in zip(DAYS, lost, at_risk, strict=True)
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def tried(of: pd.DataFrame) -> Trial:
    """The trial, with every warning of numpy and pandas an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return try_models(of[of["as_of"] == DAYS[0]], of[of["as_of"] == DAYS[1]], ["n_orders"], seed=1)


@pytest.mark.parametrize(
    ("lost", "at_risk", "words"),
    [
        ([0, 0], [True, True], "0 customers at risk left or bought nothing and 40 stayed"),
        ([1, 1], [True, True], "40 customers at risk left or bought nothing and 0 stayed"),
        ([0, 0], [False, False], "0 customers at risk left or bought nothing and 0 stayed"),
    ],
)
def test_without_two_outcomes_among_those_at_risk_the_base_rate_is_used_and_the_reason_said(
    lost: list[float], at_risk: list[bool], words: str
) -> None:
    found = tried(rows(lost=lost, at_risk=at_risk, columns={"n_orders": [1.0, 2.0] * 20}))
    assert found.chosen == BASE_RATE
    assert words in found.verdict.sentence


def test_nobody_at_risk_in_the_test_period_leaves_every_figure_of_it_unknown() -> None:
    of = rows(lost=[0, 0], at_risk=[True, False], columns={"n_orders": [1.0, 2.0] * 20})
    of.loc[of.index < 20, "silent"] = 1.0
    found = tried(of)
    assert found.verdict.sentence == "Nobody was at risk in the test period, so nothing can be tested."
    assert np.isnan(found.lost_share) and found.calibration.empty
    assert found.comparison.drop(columns="model").isna().all(axis=None)
    assert calibration_by_group(found, of[of["as_of"] == DAYS[1]]).empty
    assert expected_against_observed(found.outcome, found.predictions[BASE_RATE])["off"] is False


def test_where_nobody_is_at_risk_on_the_day_of_the_report_only_the_lapsed_are_scored() -> None:
    earlier = rows(lost=[0, 1], at_risk=[True, False])
    states = earlier[earlier["as_of"] == DAYS[1]][["customer_id", "as_of"]].assign(state="lapsed", at_risk=False)
    model = fit(BASE_RATE, earlier, [], seed=1)
    scores = score_customers(model, states[["customer_id", "as_of"]], states, as_of=DAYS[1])
    assert scores["churn_probability"].isna().all() and scores["return_probability"].eq(1.0).all()


def test_a_forecast_where_nobody_is_at_risk_states_no_bounds_and_skips_periods_without_anybody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nobody = next_share(np.array([10.0, 20]), np.array([100.0, 100]), expected=np.nan)
        found = next_share(np.array([10.0, 0, 20]), np.array([100.0, 0, 100]))
    assert np.isnan([nobody.value, nobody.low, nobody.high]).all()
    assert found == next_share(np.array([10.0, 20]), np.array([100.0, 100]))


def test_nobody_at_risk_is_no_warning_of_the_health_score_and_draws_no_chart() -> None:
    panel = pd.DataFrame({"customer_id": ["a"], "as_of": DAYS[1], "n_orders": [1.0]})
    labels = pd.DataFrame({"customer_id": ["a"], "as_of": [DAYS[0]], "churned": [True]})
    points = health_from(
        {"start": 60, "warn": {"below": 40, "fall": 15, "within_days": 91},
         "points": [{"when": "n_orders < 2", "points": -30, "meaning": "few orders"}]}, where="points.yaml"
    )  # fmt: skip
    found = health_report(points, panel, pd.Series([], dtype="str"), labels, starter="orders")
    assert found.warnings.empty and found.sentence.startswith("0 of 0 customers at risk have a warning.")
    assert not _differ(pd.DataFrame())
