"""The YAML that a live control prints gives, read as a run reads it, the numbers that the control showed."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from workbench.actions.health import STARTERS, HealthReport, fitting, health, health_warnings, read_health
from workbench.errors import SettingError
from workbench.model import Money, MoneyBasis
from workbench.runs.live import choices
from workbench.segments import read_segments
from workbench.stats import Estimate

NOW = pd.DataFrame(
    {
        "customer_id": list("abcd"), "as_of": pd.Timestamp("2024-05-01"), "at_risk": [True, True, True, False],
        "churn_probability": [0.8, 0.5, 0.1, 0.0], "margin_if_retained": [100.0, 40.0, 100.0, 10.0],
        "plan": ["pro: max", "pro: max", "it's", "it's"], "days_since_order": [80.0, 10.0, 20.0, 200.0],
    }
)  # fmt: skip
MONEY = Money(0.3, 0.5, 2.0, 0.1, 6.0, 0.1)


@pytest.mark.parametrize("when", ["churn_probability >= 0.5", "plan = 'pro: max'", "plan = 'it''s'"])
def test_a_rule_read_from_the_printed_yaml_holds_for_the_same_customers(when: str, tmp_path: Path) -> None:
    answer = choices.segment_answer(NOW, when, name="likely", meaning="likely: to go")
    (tmp_path / "segments.yaml").write_text(answer.yaml)
    (mine,) = read_segments(tmp_path / "segments.yaml")
    assert (mine.of(NOW) == "likely").sum() == answer.tables[0]["customers"].iloc[0] == 2
    assert mine.meaning == "likely: to go"


def test_a_name_that_no_file_may_have_is_refused_before_it_is_printed() -> None:
    with pytest.raises(SettingError, match="likely: to go: a segment's name has letters, digits and _ only"):
        choices.segment_answer(NOW, "at_risk = true", name="likely: to go")


def test_the_printed_points_give_as_many_warnings_as_the_control_counted(tmp_path: Path) -> None:
    score, _ = fitting(read_health(STARTERS["orders"]), NOW)
    scored = health(score, NOW)
    report = HealthReport(score, scored[NOW["at_risk"]], scored.iloc[:0], 0.5, 3, ())
    assert not choices.health_answer(report, NOW, score.below).yaml
    answer = choices.health_answer(report, NOW, 61)
    (tmp_path / "points.yaml").write_text(answer.yaml)
    mine = read_health(tmp_path / "points.yaml")
    assert (mine.below, mine.fall, mine.behaviours[0].points) == (61, score.fall, score.behaviours[0].points)
    warned = health_warnings(mine, health(mine, NOW[NOW["at_risk"]]), NOW["as_of"].max())
    assert len(warned) == answer.tables[0]["customers"].iloc[1]


def test_what_campaigns_measured_is_not_kept_as_a_parameter() -> None:
    measured = MoneyBasis(MONEY, MONEY, save_share=Estimate(0.5, 0.3, 0.7, 900), cost_each=6.0)
    answer = choices.offer_answer(NOW, measured, budget=20.0, save_share=0.4, contact_cost=5.0)
    assert yaml.safe_load(answer.yaml) == {"budget": 20.0}
    assert answer.sentence.endswith("what campaigns measured, not a parameter, for save_share, contact_cost.")


def test_a_budget_counts_the_offers_each_customer_is_expected_to_take() -> None:
    own = NOW.assign(save_share=[1.0, 0.5, 0.5, 0.5])
    cost = choices.offer_answer(own, MoneyBasis(MONEY, MONEY)).tables[0]["cost"].iloc[0]
    assert cost == pytest.approx((6 + 2 * (0.8 * 1.0 + 0.2 * 0.1)) + (6 + 2 * (0.5 * 0.5 + 0.5 * 0.1)))
