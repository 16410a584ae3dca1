"""A slip in a file that a run names is reported before the run begins."""

from pathlib import Path

import pytest

from workbench.actions import PLAYBOOK
from workbench.actions.health import STARTERS
from workbench.errors import SettingError
from workbench.runs.stages.named_files import check_files
from workbench.runs.stages.params import RunParams


def named(root: Path, parameter: str, content: str, **others: str) -> None:
    (root / "mine.yaml").write_text(content, encoding="utf-8")
    given = {"run_name": "x", "source": "s.yaml", "as_of": "2024-05-01", parameter: "mine.yaml", **others}
    check_files(RunParams.model_validate(given), root)


@pytest.mark.parametrize(
    ("parameter", "content", "message"),
    [
        ("playbook", "a: {list: keep, when: usage_tren < 1, do: Call.}", "unknown column 'usage_tren'; did you mean"),
        ("playbook", "a: {list: keep, when: plan = 1, do: Call.}", "plan is text and is compared with 1; put it"),
        ("own_segments", "a: {when: company_size < 20, meaning: m}", "texts have no order; name them: company_size in"),
        ("own_segments", "a: {when: n_orders > 1, meaning: new, or few}", "stands in double quotes"),
        ("own_segments", "a: {when: plan in ('a', 'b'), meaning: m}", "stands in double quotes, or on a line of its own"),
        ("playbook", "a: {list: keep, when: usage_trend < 1, do: 'Ask {plann}.'}", "unknown field {plann}; did you"),
        ("own_segments", "a: {when: days_since_ordr > 9, meaning: m}", "unknown column 'days_since_ordr'; did you mean"),
        ("own_segments", "a: {when: days_since_order > '9', meaning: m}", "is a number and is compared with '9'"),
        ("health_points", "start: 9\nwarn: {below: 1, fall: 1, within_days: 1}\npoints:\n- {when: n_ordrs > 1, points: 1, meaning: m}",
         "unknown column 'n_ordrs'; did you mean"),
        ("own_segments", "a: {when: country = \"NL\", meaning: m}", "\"NL\" names a column; write a text as 'NL'"),
        ("own_segments", "value: {when: n_orders > 1, meaning: m}", "value is a grouping that is always made"),
        ("report_style", "colour: red", "colour: unknown; did you mean colours?"),
        ("themes", "price: 5", "price"),
    ],
)  # fmt: skip
def test_a_name_or_a_type_that_is_wrong_is_reported_before_the_run(
    tmp_path: Path, parameter: str, content: str, message: str
) -> None:
    with pytest.raises(SettingError) as refused:
        named(tmp_path, parameter, content)
    assert "mine.yaml" in str(refused.value)
    assert message in str(refused.value)


OWN = """import workbench as wb
FEATURES = [wb.Feature("n_dear", "money", "orders", "lines", "dear lines of {days} days", "low", "dear lines: {value}",
                       wb.Aggregate("count", where=lambda t: t.amount > 9), windows=(30,))]
"""


def test_the_files_that_come_with_the_package_pass_and_own_features_are_known_by_name(tmp_path: Path) -> None:
    named(tmp_path, "playbook", PLAYBOOK.read_text(encoding="utf-8"))
    for starter in STARTERS.values():
        named(tmp_path, "health_points", starter.read_text(encoding="utf-8"))
    (tmp_path / "mine.py").write_text(OWN, encoding="utf-8")
    both = "a: {when: n_dear_30d > 9, meaning: m}\nb: {when: n_dear_30 > 9, meaning: m}"
    with pytest.raises(SettingError, match=r"b: unknown column 'n_dear_30'; did you mean n_dear_30d\?"):
        named(tmp_path, "own_segments", both, own_features="mine.py")


def test_own_features_that_do_not_end_or_end_the_process_hold_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = ("own_segments", "a: {when: n_dear_30d > 9, meaning: m}")
    (tmp_path / "mine.py").write_text("import os\nos._exit(3)", encoding="utf-8")
    named(tmp_path, *rules, own_features="mine.py")
    monkeypatch.setattr("workbench.runs.stages.named_files.LONGEST_S", 0.1)
    (tmp_path / "mine.py").write_text("while True: pass", encoding="utf-8")
    named(tmp_path, *rules, own_features="mine.py")


def test_own_features_that_do_not_run_are_reported_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("FEATURES = [1 / 0]", encoding="utf-8")
    with pytest.raises(
        SettingError, match=r"own_features 'mine.py' does not run: ZeroDivisionError: division by zero\."
    ):
        named(tmp_path, "own_segments", "a: {when: n_orders > 9, meaning: m}", own_features="mine.py")


def test_a_channel_is_one_of_the_usual_or_named_in_the_source(tmp_path: Path) -> None:
    columns = "{customer_id: who, order_id: id, ordered_at: day, amount: n}"
    people = "{customer_id: who, preferred_channel: way}"
    (tmp_path / "s.yaml").write_text(
        "name: shop\ncurrency: EUR\nfiles: {o: {path: o.csv}}\n"
        f"tables: {{orders: {{from: o, columns: {columns}}}, customers: {{from: o, columns: {people}}}}}"
    )
    (tmp_path / "o.csv").write_text("who,id,day,way,n\na,1,2024-01-01,Telegram,5\n")
    line = "a: {list: keep, when: usage_trend < 1, do: Call., channel: %s}"
    for known in ("E-Mail", "telegram"):
        named(tmp_path, "playbook", line % known)
    with pytest.raises(SettingError, match=r"mine.yaml: a: channel: unknown 'fax'; known: app, chat"):
        named(tmp_path, "playbook", line % "fax")


def test_a_line_may_ask_for_a_segment_of_the_analysts_own(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text("quiet: {when: days_since_order > 9, meaning: m}", encoding="utf-8")
    line = "a: {list: keep, when: quiet_segment = 'quiet', do: Call.}"
    named(tmp_path, "playbook", line, own_segments="segments.yaml")
    with pytest.raises(SettingError, match="unknown column 'quiet_segment'"):
        named(tmp_path, "playbook", line)


def test_a_rule_may_ask_for_a_column_of_the_companys_own_that_the_source_names(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(
        "name: shop\nfiles: {o: {path: o.csv}}\ntables: {events: {from: o, columns: {customer_id: who, occurred_at: "
        "day}}, customers: {from: o, columns: {customer_id: who, own_home_club: club}}}"
    )
    line = "a: {list: keep, when: %s = 'North', do: 'Greet {own_home_club}.'}"
    for column in ("own_home_club", "own_home_club_segment"):
        named(tmp_path, "playbook", line % column)
    named(tmp_path, "own_segments", "north: {when: own_home_club = 'North', meaning: of the north}")
    with pytest.raises(SettingError, match=r"unknown column 'own_home_clup'; did you mean own_home_club\?"):
        named(tmp_path, "own_segments", "north: {when: own_home_clup = 'North', meaning: of the north}")
    with pytest.raises(SettingError, match="choose a name without own_"):
        named(tmp_path, "own_segments", "own_north: {when: own_home_club = 'North', meaning: of the north}")
