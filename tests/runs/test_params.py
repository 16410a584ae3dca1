import ast
import re
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import nbformat
import pytest
import yaml
from typer.testing import CliRunner

from tests.conftest import ROOT
from workbench import cli
from workbench.actions import Limits
from workbench.crm import Facts
from workbench.errors import ParameterError
from workbench.runs.commands.backfill import backfill
from workbench.runs.live.params_file import from_cell, read_params
from workbench.runs.stages.params import NOTEBOOKS, AnyParams, RunParams, check, described, for_notebook

DEFAULT_RUN = ROOT / "notebooks" / "params" / "online_retail.yaml"
GOOD = {"run_name": "x", "source": "s.yaml", "as_of": "2011-12-09"}


def cell(name: str) -> str:
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    (source,) = [c.source for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    return str(source)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_parameters_cell_agrees_with_its_model_in_names_values_and_words(name: str) -> None:
    lines = cell(name).splitlines()
    values = {n.target.id: ast.literal_eval(n.value) for n in ast.parse(cell(name)).body}  # type: ignore[attr-defined]
    run = check(RunParams, yaml.safe_load(DEFAULT_RUN.read_text()), where="the default run")
    assert values == for_notebook(name, run)
    words = dict(zip(values, (line.split("  # ")[1] for line in lines), strict=True))
    assert words == {field: meaning for field, _, _, meaning in described(NOTEBOOKS[name])}


def test_the_default_run_names_every_parameter_and_keeps_the_models_defaults() -> None:
    content = yaml.safe_load(DEFAULT_RUN.read_text())
    assert set(content) == set(RunParams.model_fields)
    defaults = {n: f.default for n, f in RunParams.model_fields.items() if not f.is_required()}
    assert {n: content[n] for n in defaults} == defaults


def test_help_has_every_parameter_with_its_default_and_meaning() -> None:
    written = " ".join(CliRunner().invoke(cli.app, ["run", "--help"], terminal_width=200).output.split())
    for name, kind, default, meaning in described(RunParams):
        assert " ".join(f"{name} {kind} {default} {meaning}".split()) in written


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("horizon_dys", 91, "did you mean horizon_days?"),
        ("horizon_days", "ninety", "horizon_days: 'ninety': input should be a valid integer"),
        ("horizon_days", True, "horizon_days: True: input should be a valid integer"),
        ("horizon_days", 0, "greater than or equal to 1"),
        ("vip_share", 80, "less than or equal to 1"),
        ("contact_cost", float("inf"), "finite"),
        ("as_of", "2011-02-29", "day is out of range"),
        ("as_of", 20111209, "should be a date such as 2011-12-09, latest, or today - 1d"),
        ("as_of", "yesterday", "as_of: 'yesterday': should be a date such as 2011-12-09, latest, or today - 1d."),
        ("run_name", "../../X y", "'../../X y': should be small letters"),
        ("run_name", "../../X y", "write run_name: x_y."),
        ("run_name", "", "write run_name: my_shop."),
    ],
)
def test_an_unknown_or_ill_typed_parameter_is_refused_with_value_and_cure(name: str, value: object, words: str) -> None:
    with pytest.raises(ParameterError) as refused:
        check(RunParams, {**GOOD, name: value}, where="my.yaml")
    assert words in str(refused.value)
    assert str(refused.value).startswith("my.yaml: ")


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(ParameterError, match=r"seed.*horizon_dys"):
        check(RunParams, {**GOOD, "seed": -1, "horizon_dys": 1}, where="my.yaml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run_name: a\nrun_name: b\n", "line 2: 'run_name' stands twice"),
        ("- a\n- b\n", "should hold 'name: value' lines"),
        ("a: [1\n", "fix the YAML"),
        ("", "should hold 'name: value' lines; it is empty."),
        ("source: nowhere.yaml\nas_of: 2011-12-09\n", "'nowhere.yaml': no such file"),
    ],
)
def test_a_parameters_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(text)
    with pytest.raises(ParameterError) as refused:
        read_params(path, {}, as_of=None, name=None)
    assert words in str(refused.value)


def test_the_call_overrides_the_file_and_the_files_name_names_the_run(tmp_path: Path) -> None:
    path = tmp_path / "nightly.yaml"
    path.write_text("source: data/sources/online_retail.yaml\nas_of: 2011-12-09\n")
    params = read_params(path, {"horizon_days": 30}, as_of="2011-11-01", name=None)
    assert (params.run_name, params.horizon_days, str(params.as_of)) == ("nightly", 30, "2011-11-01")


def test_a_file_whose_name_cannot_name_the_run_is_answered_with_what_to_write(tmp_path: Path) -> None:
    path = tmp_path / "My Shop.yaml"
    path.write_text("source: data/sources/online_retail.yaml\nas_of: 2011-12-09\n")
    with pytest.raises(ParameterError, match=r"is the file's name, taken as there is no run_name.*run_name: my_shop\."):
        read_params(path, {}, as_of=None, name=None)


def test_what_was_given_on_the_call_is_not_blamed_on_the_file() -> None:
    with pytest.raises(ParameterError) as refused:
        check(RunParams, {**GOOD, "as_of": "yesterday", "seed": -1}, where="my.yaml", called=["as_of"])
    file, call = str(refused.value).splitlines()
    assert file.startswith("my.yaml: seed: -1:")
    assert call == "the call: as_of: 'yesterday': should be a date such as 2011-12-09, latest, or today - 1d."


def test_today_is_resolved_where_the_sources_clock_stands(tmp_path: Path) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        source = (ROOT / "data" / "sources" / "online_retail.yaml").read_text()
        (tmp_path / "shop.yaml").write_text(re.sub(r"^time_zone:.*\n", "", source, flags=re.M) + f"time_zone: {zone}\n")
        (tmp_path / "my.yaml").write_text("source: shop.yaml\nas_of: today - 2d\n")
        before = datetime.now(ZoneInfo(zone)).date()
        as_of = read_params(tmp_path / "my.yaml", {}, as_of=None, name=None).as_of
        assert as_of in {day - timedelta(days=2) for day in (before, datetime.now(ZoneInfo(zone)).date())}


def test_latest_is_the_first_day_of_which_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text("source: data/sources/online_retail.yaml\n")
    params = read_params(tmp_path / "my.yaml", {}, as_of="latest", name=None)
    assert params.as_of == "latest"
    facts = Facts("shop", "EUR", "", datetime(2024, 1, 1), datetime(2024, 3, 9, 12), datetime(2024, 3, 10))
    assert from_cell("01_load", for_notebook("01_load", params)).day(facts) == date(2024, 3, 10)


def test_dash_p_takes_a_name_and_a_value() -> None:
    assert cli.join_pairs(["run", "x.yaml", "-p", "seed", "-1"])[2:] == ["-p", f"seed{cli.PAIR}-1"]
    with pytest.raises(ParameterError, match="name and a value"):
        cli.join_pairs(["run", "x.yaml", "-p", "seed"])


@pytest.mark.parametrize(
    "typed",
    [
        ("run_name: str = 'x'\nhorizn_days: int = 45  # days ahead", "import workbench as wb"),
        ("run_name: str = 'x'", "# Parameters\nhorizn_days = 45\n", "import workbench as wb"),
    ],
)
def test_a_misspelt_parameter_stops_in_the_notebook_itself(typed: tuple[str, ...]) -> None:
    names = {"run_name": "x", "as_of": "2024-01-01", "horizn_days": 45, "In": ["", *typed]}
    with pytest.raises(ParameterError, match=r"02_label: horizn_days: unknown; did you mean horizon_days\?"):
        from_cell("02_label", names)


def test_other_names_of_a_notebook_are_not_taken_for_parameters() -> None:
    later = {"rules": {}, "shown": [1], "In": ["", "run_name: str = 'x'\nseed: int = 2", "rules = {}\nshown = [1]"]}
    assert from_cell("04_train", {"run_name": "x", "seed": 2, **later}).seed == 2


def test_every_notebook_takes_the_runs_name() -> None:
    assert all(issubclass(model, AnyParams) for model in NOTEBOOKS.values())


def test_a_backfill_is_a_run_a_month_each_as_it_would_have_been_made_then() -> None:
    params = check(RunParams, {**GOOD, "run_name": "shop"}, where="shop.yaml")
    made = [(one.run_name, one.as_of) for one in backfill(params, "2023-11..2024-01")]
    assert made == [
        ("shop_2023-11", date(2023, 12, 1)),
        ("shop_2023-12", date(2024, 1, 1)),
        ("shop_2024-01", date(2024, 2, 1)),
    ]


@pytest.mark.parametrize("months", ["2024-01", "2024-13..2024-14", "2024-02..2024-01", "1990-01..2024-01", "01.2024"])
def test_a_backfill_that_is_no_span_of_months_is_refused(months: str) -> None:
    with pytest.raises(ParameterError, match=f"--backfill {months}: "):
        backfill(check(RunParams, GOOD, where="x.yaml"), months)


def test_a_backfill_sets_as_of_itself() -> None:
    with pytest.raises(ParameterError, match="--backfill sets as_of for each month"):
        cli.run(DEFAULT_RUN, as_of="latest", months="2011-01..2011-02")


def test_limits_of_the_lists_are_by_default_those_of_a_run() -> None:
    run = RunParams.model_validate(GOOD)
    assert asdict(Limits()) == {name: getattr(run, name) for name in asdict(Limits())}
