"""Which alerts hold: a rule each, on a handful of customers and figures."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import crm_of
from workbench.actions import read_alerts
from workbench.errors import SettingError
from workbench.metrics import Metric
from workbench.report.findings.alert_findings import Alert, FoundAlerts
from workbench.report.findings.found_alerts import Grounds, find_alerts

AS_OF = datetime(2024, 7, 1)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": list("abcd"), "at_risk": [True, True, True, False], "health": [20, 35, None, 10],
        "churn_probability": [0.9, 0.1, 0.2, None], "value_segment": ["other", "VIP", "other", "VIP"],
        "last_nps": [3.0, 9.0, 6.0, None], "days_since_nps": [2.0, 2.0, 40.0, None],
    }
)  # fmt: skip
SEGMENTS = pd.DataFrame(
    {"segmentation": "value_segment", "segment": ["VIP", "other"], "churn": [0.25, 0.1], "low": [0.2, 0.05],
     "high": [0.3, 0.2], "n": [200, 100]}
)  # fmt: skip
REVENUE = Metric("revenue at risk", 500.0, 400, 600, 500, 1000, "sum", 4, unit="currency")
BUSY = [(f"{month}-{day}", "ann", f"2024-{month:02}-{day:02}", 1) for month in (1, 2, 3, 4) for day in range(1, 8)]


def found(tmp_path: Path, rule: str, **different: Any) -> FoundAlerts:
    (tmp_path / "alerts.yaml").write_text(f"alerts:\n  mine: {rule}\n")
    grounds = Grounds(
        CUSTOMERS, crm_of(*BUSY), AS_OF, {"revenue_at_risk": REVENUE}, SEGMENTS, {"value_segment": "Value"},
        different.get("evaluation", {}),
    )  # fmt: skip
    return find_alerts(read_alerts(tmp_path / "alerts.yaml"), grounds)


def one(tmp_path: Path, rule: str, **different: Any) -> Alert:
    (alert,) = found(tmp_path, rule, **different).found
    return alert


@pytest.mark.parametrize(
    ("rule", "customers"),
    [
        ("{rule: health_below, below: 30}", ["a"]),
        ("{rule: health_below, below: 40}", ["a", "b"]),
        ("{rule: health_below, below: 40, where: value_segment = 'VIP'}", ["b"]),
        ("{rule: entered_high_risk}", ["a"]),
        ("{rule: entered_high_risk, where: value_segment = 'VIP'}", []),
        ("{rule: new_detractor, within_days: 7}", ["a"]),
        ("{rule: new_detractor, within_days: 60}", ["a", "c"]),
        ("{rule: customers, when: churn_probability > 0.15 and at_risk = true}", ["a", "c"]),
    ],
)
def test_a_rule_about_customers_finds_them(rule: str, customers: list[str], tmp_path: Path) -> None:
    assert one(tmp_path, rule).causes == customers


def test_a_segment_above_its_target_is_named_with_its_churn_and_interval(tmp_path: Path) -> None:
    alert = one(tmp_path, "{rule: segment_churn_above, segmentation: value_segment, above: 0.15}")
    assert alert.causes == ["value_segment: VIP"]
    assert alert.sentences == [
        "VIP (value): 25.0\u00a0% of 200 customers left in the last period (95 %: 20.0\u00a0% to 30.0\u00a0%), above 15.0\u00a0%"
    ]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{rule: segment_churn_above, segmentation: value_segmnt, above: 0.1}", r"did you mean value_segment\?"),
        ("{rule: segment_churn_above, segmentation: value_segment, segment: VPI, above: 0.1}", r"did you mean VIP\?"),
        ("{rule: figure, figure: revenu_at_risk, above: 1}", r"did you mean revenue_at_risk\?"),
        ("{rule: customers, when: helth < 3}", r"did you mean health\?"),
    ],
)
def test_a_name_that_there_is_not_is_answered_with_the_nearest(rule: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=message):
        found(tmp_path, rule)


def test_a_figure_beyond_its_bound_is_stated_with_both(tmp_path: Path) -> None:
    (sentence,) = one(tmp_path, "{rule: figure, figure: revenue_at_risk, above: 450}").sentences
    assert sentence == "revenue at risk is 500, above 450"
    assert one(tmp_path, "{rule: figure, figure: revenue_at_risk, below: 450}").causes == []


def test_data_that_end_before_the_day_of_the_report_are_late(tmp_path: Path) -> None:
    (sentence,) = one(tmp_path, "{rule: data_late, days: 3}").sentences
    assert sentence.startswith("nothing is recorded after ")
    assert one(tmp_path, "{rule: data_late, days: 100}").causes == []


def test_a_table_that_had_rows_every_month_and_has_none_lately_is_named(tmp_path: Path) -> None:
    (sentence,) = one(tmp_path, "{rule: months_missing, months: 2}").sentences
    assert sentence == "orders have no row in the last 2 months; the last is of 7 April 2024"
    assert one(tmp_path, "{rule: months_missing, months: 3}").causes == []


def test_a_model_that_expects_too_many_has_lost_its_calibration(tmp_path: Path) -> None:
    lost = {
        "expected_observed": {"off": True},
        "warnings": [{"kind": "level", "sentence": "5 where 50 were expected."}],
    }
    assert one(tmp_path, "{rule: calibration_lost}", evaluation=lost).sentences == ["5 where 50 were expected."]
    sound = {"expected_observed": {"off": False}, "warnings": []}
    assert one(tmp_path, "{rule: calibration_lost}", evaluation=sound).causes == []


def test_a_rule_this_source_cannot_serve_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    missing = found(tmp_path, "{rule: customers, when: n_events_30d < 3}")
    assert (missing.found, missing.unusable) == ([], {"mine": ("n_events_30d",)})
