"""The alert file: read strictly, explained when wrong, and no address in it or in what is said of it."""

from pathlib import Path

import pandas as pd
import pytest

from workbench.actions.alert_rules import RULES, read_alerts, usable
from workbench.actions.task_customers import column_needs
from workbench.errors import SettingError

CUSTOMERS = pd.DataFrame({"customer_id": ["a"], "at_risk": [True], "churn_probability": [0.2], "high_risk": [False]})


def alerts(tmp_path: Path, rule: str, head: str = "") -> Path:
    path = tmp_path / "alerts.yaml"
    path.write_text(f"{head}alerts:\n  mine: {rule}\n", encoding="utf-8")
    return path


def test_the_file_that_comes_with_the_package_has_every_rule_and_is_sent_nowhere() -> None:
    starter = read_alerts()
    assert {rule.rule for rule in starter.rules.values()} == {*RULES}
    assert (starter.variables, starter.send_file) == ((), None)
    _, missing = usable(starter.conditions(), CUSTOMERS, column_needs())
    assert missing["weak_health"] == ("health",)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "{rule: health_belw, below: 3}",
            "alerts.yaml: mine: rule 'health_belw' is not known; did you mean health_below",
        ),
        ("{below: 3}", "alerts.yaml: mine: needs 'rule:', one of customers, health_below"),
        ("{rule: health_below, blow: 3}", "blow: unknown; did you mean below?"),
        ("{rule: health_below, below: 300}", "below: 300: input should be less than or equal to 100"),
        ("{rule: customers, when: n_orders >}", "is not a condition"),
        ("{rule: customers, when: \"__import__('os').system('x') = 0\"}", "not allowed here|is not a condition"),
        ("{rule: customers, when: at_risk = true) or (1 = 1}", "is not a condition"),
        ("{rule: entered_high_risk, where: at_risk = true) or (at_risk = false}", "is not a condition"),
        ("{rule: data_late, days: 1, where: at_risk = true}", "where: 'at_risk = true'"),
        ("{rule: figure, figure: churn_rate}", "needs 'above:' or 'below:', and one of them"),
        ("{rule: months_missing, tables: [ordrs]}", "table 'ordrs' is not known; did you mean orders?"),
    ],
)
def test_a_rule_that_is_wrong_is_named_with_its_cure(rule: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=message.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")):
        read_alerts(alerts(tmp_path, rule))


def test_an_address_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for head in (
        "send: json://ann:hush@host\n",
        "send: [$OK, 'mailto://ann:hush@host']\n",
        "send_file: json://a:hush@h\n",
    ):
        with pytest.raises(SettingError) as refused:
            read_alerts(alerts(tmp_path, "{rule: calibration_lost}", head))
        assert "hush" not in str(refused.value)


def test_a_column_no_source_has_is_refused_and_one_this_source_lacks_is_named(tmp_path: Path) -> None:
    known = read_alerts(alerts(tmp_path, "{rule: customers, when: last_nps < 3}")).conditions()
    assert usable(known, CUSTOMERS, column_needs()) == ({}, {"mine": ("last_nps",)})
    typo = read_alerts(alerts(tmp_path, "{rule: customers, when: last_nsp < 3}")).conditions()
    with pytest.raises(SettingError, match=r"mine: unknown column 'last_nsp'; did you mean last_nps\?"):
        usable(typo, CUSTOMERS, column_needs())
