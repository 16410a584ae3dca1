"""The playbook's file: read strictly, explained when wrong, and nothing in it run."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from workbench.actions.playbook import CHANNELS, LISTS, Due, read_playbook
from workbench.actions.task_customers import column_needs
from workbench.actions.task_texts import check_text, written
from workbench.errors import SettingError

GOOD = {"list": "keep", "when": "n_orders > 2", "do": "Ask about {last_product}."}


def playbook(tmp_path: Path, **changed: object) -> Path:
    lines = "".join(f"  {name}: {value}\n" for name, value in {**GOOD, **changed}.items())
    path = tmp_path / "mine.yaml"
    path.write_text(f"regular:\n{lines}", encoding="utf-8")
    return path


def test_the_playbook_that_comes_with_the_package_asks_only_for_what_some_source_can_have() -> None:
    for line in read_playbook():
        line.check(column_needs(), CHANNELS)
    assert {line.list for line in read_playbook()} == {*LISTS}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"list": "kep"}, "mine.yaml: regular: list: unknown 'kep'; did you mean keep?"),
        ({"wen": "n_orders > 2"}, "regular: wen: unknown; did you mean when?"),
        ({"when": "n_orders >"}, "is not a condition"),
        ({"when": "exists(select 1)"}, "not allowed here|neither true nor false"),
        ({"when": "__import__('os').system('x') = 0"}, "not allowed here|is not a condition"),
        ({"due": "after last_order_on"}, "no number of days from 0 on"),
        ({"due": -1}, "no number of days from 0 on"),
        ({"due": 3.5}, "regular: due: '3.5' is no number of days from 0 on"),
        ({"due": "[]"}, "no number of days from 0 on"),
        ({"channel": "{phone: 1}"}, "regular: channel: {'phone': 1} is not a channel; write phone"),
        ({"offer_cost": 5}, "is the cost of an offer"),
        ({"allowance": 0}, "greater than 0"),
        ({"days": "['24.12.']"}, "days: '24.12.' is no day; write month and day"),
        ({"days_ahead": 7}, "days_ahead: goes with days"),
        ({"owner": "[ann, bob]"}, "owner: holds several values; write one"),
        ({"when": "true"}, "when: True is no text; put it in quotes"),
        ({"when": ""}, "when: is empty; write a text"),
        ({"do": "{last_product} again?"}, "stands in double quotes"),
        ({"do": "Call.\n\towner: ann"}, "indent with spaces"),
    ],
)
def test_a_mistake_in_a_line_is_explained_with_file_line_and_cure(
    tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        read_playbook(playbook(tmp_path, **changed))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"when": "n_ordrs > 2"}, "unknown column 'n_ordrs'; did you mean n_orders?"),
        ({"when": 'plan = "pro"'}, "names a column; write a text as 'pro'"),
        ({"when": "at_risk = yes"}, "yes is not a value; write true or false"),
        ({"do": "Ask about {last_produkt}."}, "do: unknown field {last_produkt}; did you mean last_product?"),
        ({"due": "before contract_end_on"}, "unknown column 'contract_end_on'; did you mean contract_ends_on?"),
        ({"due": "before plan"}, "due: plan holds no day; the names of those that do end in _on."),
        ({"channel": "fone"}, "channel: unknown 'fone'; did you mean phone?"),
        ({"do": "'{last_product.__class__}'"}, "braces that name no column"),
        ({"do": "'{}'"}, "braces that name no column"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    (line,) = read_playbook(playbook(tmp_path, **changed))
    with pytest.raises(SettingError) as refused:
        line.check(column_needs(), CHANNELS)
    assert message in str(refused.value)


def test_a_due_day_may_be_days_ahead_or_hang_on_a_column_or_be_the_earliest_of_several(tmp_path: Path) -> None:
    (line,) = read_playbook(playbook(tmp_path, due="[7, before contract_ends_on]"))
    assert line.due == (Due(7), Due(-1, "contract_ends_on"))
    assert "contract_ends_on" in line.needed


def test_a_day_of_the_companys_own_is_near_within_so_many_days_before_it(tmp_path: Path) -> None:
    (line,) = read_playbook(
        playbook(tmp_path, days="['02-29', 2026-03-20]", days_ahead=30, do="Greet on {occasion_on}.")
    )
    line.check(column_needs(), CHANNELS)
    assert line.occasion is not None
    near = {
        today: line.occasion.next(date.fromisoformat(today)) for today in ("2026-01-29", "2026-02-01", "2026-03-10")
    }
    assert list(near.values()) == [date(2026, 2, 28), date(2026, 2, 28), date(2026, 3, 20)]
    assert line.occasion.next(date(2025, 6, 1)) is None
    (other,) = read_playbook(playbook(tmp_path, do="Greet on {occasion_on}."))
    with pytest.raises(SettingError, match=r"unknown field \{occasion_on\}"):
        other.check(column_needs(), CHANNELS)


def test_a_text_shows_values_as_a_person_writes_them() -> None:
    one = pd.DataFrame({"n": [2.0], "share_of_it": [0.256], "day": pd.to_datetime(["2024-03-01"]), "plan": [None]})
    assert written("{n} times, {share_of_it}, on {day}, {plan|no} plan", one).tolist() == [
        "2 times, 26 %, on 1 March 2024, no plan"
    ]


def test_a_customers_text_cannot_turn_or_break_a_sentence() -> None:
    hostile = pd.DataFrame({"plan": ["pro\u202eevil\nline\t2"]})
    assert written("the {plan} plan", hostile).tolist() == ["the pro evil line 2 plan"]


def test_a_field_inside_a_customers_value_is_not_filled_in() -> None:
    assert written("{plan}", pd.DataFrame({"plan": ["{secret}"], "secret": ["x"]})).tolist() == ["{secret}"]


def test_an_unclosed_brace_is_refused() -> None:
    with pytest.raises(SettingError, match="braces that name no column"):
        check_text("call {plan", ["plan"], where="mine.yaml: x")
