"""Live controls: what they compute, what a moved slider shows, and the table that stands where nobody watches."""

from datetime import datetime
from types import SimpleNamespace

import ipywidgets
import pandas as pd
import pytest
import yaml

from tests.conftest import crm_of
from workbench.actions.health import Behaviour, HealthReport, HealthScore
from workbench.errors import SettingError
from workbench.model import Money, MoneyBasis
from workbench.runs import label_choices
from workbench.runs.live import choices, controls
from workbench.segments import condition

NOW = pd.DataFrame(
    {
        "customer_id": list("abcd"),
        "as_of": pd.Timestamp("2024-05-01"),
        "at_risk": [True, True, True, False],
        "churn_probability": [0.8, 0.5, 0.1, 0.0],
        "margin_if_retained": [100.0, 40.0, 100.0, 10.0],
        "yearly_revenue": [300.0, 100.0, 300.0, 30.0],
        "revenue_at_risk": [240.0, 50.0, 30.0, 0.0],
        "save_share": 0.5,
    }
)
MONEY = Money(
    margin_rate=0.3, save_share=0.5, offer_cost=0.0, taken_by_stayers=0.0, contact_cost=6.0, discount_rate=0.1
)
ASSUMED = MoneyBasis(MONEY, MONEY)
# Gains of a, b and c: 0.8 · 0.5 · 100 − 6 = 34, 0.5 · 0.5 · 40 − 6 = 4, 0.1 · 0.5 · 100 − 6 = −1.


def test_the_list_is_of_the_customers_whose_contact_pays() -> None:
    (table,) = choices.offer_answer(NOW, ASSUMED, contact_cost=6.0).tables
    assert table.to_numpy().tolist() == [["present", 2, 12.0, 38.0]]


def test_a_cheaper_contact_makes_the_list_longer_and_the_yaml_reproduces_it() -> None:
    answer = choices.offer_answer(NOW, ASSUMED, contact_cost=4.0)
    assert answer.tables[0].to_numpy().tolist() == [["present", 2, 12.0, 38.0], ["chosen", 3, 12.0, 43.0]]
    assert answer.sentence.startswith("1 customer joins the list, 0 leave it.")
    assert yaml.safe_load(answer.yaml) == {"contact_cost": 4.0}


def test_a_budget_ends_the_list_and_the_best_stay_on_it() -> None:
    chosen = choices.offer_answer(NOW, ASSUMED, budget=7.0).tables[0].iloc[1]
    assert chosen.tolist() == ["chosen", 1, 6.0, 34.0]


def test_the_budget_of_the_run_is_the_present_one() -> None:
    (table,) = choices.offer_answer(NOW, ASSUMED, budget=7.0, present_budget=7.0).tables
    assert table.to_numpy().tolist() == [["present", 1, 6.0, 34.0]]


def test_each_customers_own_share_moves_in_proportion() -> None:
    chosen = choices.offer_answer(NOW, ASSUMED, save_share=1.0).tables[0].iloc[1]
    assert chosen["gain"] == (80 - 6) + (20 - 6) + (10 - 6)


def test_a_rule_is_counted_beside_all_others() -> None:
    answer = choices.segment_answer(NOW, "churn_probability >= 0.5", name="likely")
    (table,) = answer.tables
    assert table.drop(columns="expected_churn").to_numpy().tolist() == [
        ["likely", 2, 2, 400.0, 290.0],
        ["all others", 2, 1, 300.0, 30.0],
    ]
    assert table["expected_churn"].round(2).tolist() == [0.65, 0.1]
    assert yaml.safe_load(answer.yaml)["likely"]["when"] == "churn_probability >= 0.5"


def test_customers_under_a_health_score_are_counted_beside_the_present_threshold() -> None:
    score = HealthScore(60, (Behaviour(condition("n > 9", where="x"), -20, "many complaints"),), 40, 15, 91)
    scored = pd.DataFrame({"customer_id": list("abc"), "health": [30, 55, 70]})
    report = HealthReport(score, scored, scored.iloc[:1], 0.6, 3, ())
    (table,) = choices.health_answer(report, NOW, 60).tables
    assert table[["threshold", "below", "customers"]].to_numpy().tolist() == [["present", 40, 1], ["chosen", 60, 2]]
    with pytest.raises(SettingError, match="below 101 is not a score"):
        choices.health_answer(report, NOW, 101)


def test_thresholds_show_who_changes_and_the_yaml_of_them() -> None:
    crm = crm_of(("1", "ann", "2024-01-01", 1), ("2", "bob", "2024-03-01", 1), ("3", "bob", "2024-07-01", 1))
    known = label_choices(crm, as_of=datetime(2024, 3, 15), horizon_days=60)
    present = choices.label_answer(known, inactive_days=91)
    assert len(present.tables) == 1 and present.yaml == ""
    answer = choices.label_answer(known, inactive_days=30, horizon_days=60)
    assert answer.tables[0][["thresholds", "at_risk", "left"]].to_numpy().tolist() == [
        ["present", 2, 2],
        ["chosen", 1, 1],
    ]
    assert answer.tables[1].to_numpy().tolist() == [["passive", "not at risk", 1]]
    assert yaml.safe_load(answer.yaml) == {"inactive_days": 30, "horizon_days": 60}
    same = choices.label_answer(known, inactive_days=90)
    assert len(same.tables) == 1 and same.sentence.endswith("0 have another outcome.")


def test_a_moved_slider_shows_its_numbers_and_a_mistake_is_shown_in_words() -> None:
    def answer(days: int) -> choices.Answer:
        if days > 5:
            raise SettingError("too many <days>")
        return choices.Answer((), f"{days} days", "")

    slider = ipywidgets.IntSlider(value=1, max=9)
    box = controls.control({"days": slider}, answer)
    assert "1 days" in box.children[-1].value
    slider.value = 4
    assert "4 days" in box.children[-1].value
    slider.value = 7
    assert box.children[-1].value == "<p>too many &lt;days&gt;</p>"


def test_nothing_is_computed_until_something_is_changed() -> None:
    asked: list[int] = []

    def answer(days: int) -> choices.Answer:
        asked.append(days)
        return choices.Answer((), "computed", "")

    slider = ipywidgets.IntSlider(value=1, max=9)
    box = controls.control({"days": slider}, answer, first=choices.Answer((), "as it is", ""))
    assert "as it is" in box.children[-1].value and asked == []
    slider.value = 4
    assert "computed" in box.children[-1].value and asked == [4]


def test_where_nobody_watches_a_control_is_the_table_of_the_present_values() -> None:
    read = NOW[["customer_id", "as_of"]].assign(n_orders=[1, 1, 5, 5])
    findings = SimpleNamespace(now=NOW, money_basis=ASSUMED, read_features=lambda **_: read)
    shown = controls.offer_controls(findings)  # type: ignore[arg-type]
    assert isinstance(shown, choices.Answer)
    assert "present" in repr(shown) and "<table" in shown._repr_html_()
    assert "likely to go" not in repr(controls.segment_editor(findings, "at_risk = true"))  # type: ignore[arg-type]
    answer = controls.segment_editor(findings, "n_orders > 4")  # type: ignore[arg-type]
    assert answer.tables[0]["customers"].tolist() == [2, 2], "by a feature that the report itself does not read"


def test_the_present_labels_of_a_run_are_counted_as_they_are() -> None:
    labels = pd.DataFrame(
        {"customer_id": list("aab"), "as_of": pd.to_datetime(["2023-01-01", "2024-01-01", "2024-01-01"]),
         "kind": ["active", None, "passive"]}
    )  # fmt: skip
    (table,) = choices.present_labels(labels).tables
    assert table[["at_risk", "left", "passive", "rate"]].to_numpy().tolist() == [[2, 1, 1, 0.5]]
