"""One parameters file for every notebook, and for the scheduled run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import workbench as wb
from workbench.errors import ParameterError
from workbench.runs.live import params_file
from workbench.runs.stages.lineage import record

TEXT = """\
# My shop, every night.
run_name: shop
source: shop.yaml   # the exports
as_of: 2024-05-14
own_features: mine.py
leave_out:
  - n_orders  # the model repeats it
horizon_days: 60
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with a run's own files beside its parameters file."""
    params = tmp_path / "notebooks" / "params"
    params.mkdir(parents=True)
    (tmp_path / "notebooks" / "01_load.ipynb").touch()
    for name in ("shop.yaml", "mine.py"):
        (params / name).touch()
    (params / "nightly.yaml").write_text(TEXT)
    monkeypatch.chdir(tmp_path / "notebooks")
    yield tmp_path
    params_file._used.clear()


in_project = pytest.mark.usefixtures("project")


@in_project
def test_a_file_in_use_counts_before_the_cell_in_every_notebook() -> None:
    wb.use("params/nightly.yaml")
    label = wb.from_cell("02_label", {"run_name": "online_retail", "as_of": "2011-12-09", "horizon_days": 91})
    assert (label.run_name, label.horizon_days, str(label.as_of)) == ("shop", 60, "2024-05-14")
    assert wb.from_cell("03_features", {"run_name": "online_retail"}).leave_out == ["n_orders"]


@in_project
def test_what_papermill_sets_counts_before_the_file() -> None:
    wb.use("params/nightly.yaml")
    cell = {"run_name": "x", "as_of": "2024-01-01", "horizon_days": 30, "In": ["# Parameters\nhorizon_days = 30\n"]}
    label = wb.from_cell("02_label", cell)
    assert (label.run_name, label.horizon_days) == ("shop", 30)


@pytest.fixture
def labelled(project: Path) -> Path:
    """The project with the draft of a run whose customers were labelled with 60 days."""
    run = wb.open_run(wb.from_cell("02_label", {"run_name": "shop", "as_of": "2024-05-14", "horizon_days": 60}))
    (run.derived / "labels.parquet").touch()
    record(run.derived, "labels.parquet", "02_label", run.parameters)
    return project


def given(**values: object) -> dict[str, object]:
    """The names of a notebook to which papermill gave a file of parameters."""
    return values | {"In": ["# Parameters\n" + "".join(f"{name} = 0\n" for name in values)]}


@pytest.mark.usefixtures("labelled")
def test_papermill_gives_each_notebook_the_file_of_all_and_what_was_run_otherwise_is_refused() -> None:
    of_all = {"run_name": "shop", "horizon_days": 60, "inactive_days": 91, "seed": 3, "budget": 500.0}
    assert wb.from_cell("04_train", given(**of_all)).seed == 3
    with pytest.raises(
        ParameterError, match="04_train: horizon_days 45 is not the 60 with which notebook 02_label was run"
    ):
        wb.from_cell("04_train", given(**of_all | {"horizon_days": 45}))
    with pytest.raises(ParameterError, match="budgt: unknown; did you mean budget"):
        wb.from_cell("05_report", given(**of_all, budgt=3))


def test_a_change_is_tried_out_without_touching_the_file(project: Path) -> None:
    assert wb.use("params/nightly.yaml", horizon_days=45).horizon_days == 45
    assert (project / "notebooks" / "params" / "nightly.yaml").read_text() == TEXT


def test_files_are_found_as_a_run_finds_them_wherever_the_notebook_is(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = project / "notebooks" / "params" / "mine.py"
    cell = {"run_name": "shop", "own_features": "mine.py"}
    assert wb.from_cell("03_features", cell).own_features == str(mine)
    monkeypatch.chdir(project)
    assert wb.from_cell("03_features", cell).own_features == "notebooks/params/mine.py"
    with pytest.raises(ParameterError, match=r"own_features: 'mien.py': no such file"):
        wb.from_cell("03_features", cell | {"own_features": "mien.py"})


@in_project
def test_a_file_that_is_not_there_is_named_with_the_nearest_or_the_places_looked_in() -> None:
    with pytest.raises(ParameterError, match=r"params/nightlie.yaml: no such file; did you mean nightly.yaml\?"):
        wb.use("params/nightlie.yaml")
    with pytest.raises(ParameterError, match=r"params/other.yaml: no such file; looked in .*notebooks"):
        wb.use("params/other.yaml")


@in_project
def test_saved_parameters_keep_comments_and_all_other_lines() -> None:
    wb.use("params/nightly.yaml")
    saved = wb.save_params("params/nightly.yaml", horizon_days=45, leave_out=["mrr"], budget=100.0, as_of="latest")
    text = saved.read_text()
    assert yaml.safe_load(text) == yaml.safe_load(TEXT) | {
        "horizon_days": 45, "leave_out": ["mrr"], "budget": 100.0, "as_of": "latest",
    }  # fmt: skip
    assert text.startswith(
        "# My shop, every night.\nrun_name: shop\nsource: shop.yaml   # the exports\nas_of: latest\n"
    )


@in_project
def test_a_new_file_has_the_parameters_in_use() -> None:
    wb.use("params/nightly.yaml")
    saved = yaml.safe_load(wb.save_params("params/strict.yaml", inactive_days=45).read_text())
    assert saved["run_name"] == "strict"
    assert (saved["inactive_days"], saved["horizon_days"], saved["leave_out"]) == (45, 60, ["n_orders"])
    again = yaml.safe_load(wb.save_params("params/strict.yaml", inactive_days=30).read_text())
    assert (again["run_name"], again["inactive_days"], again["horizon_days"]) == ("strict", 30, 60)
    assert wb.use("params/strict.yaml").inactive_days == 30


def test_the_file_of_another_run_is_not_written_unless_asked(project: Path) -> None:
    path = project / "notebooks" / "params" / "nightly.yaml"
    with pytest.raises(ParameterError, match=r"is the file of run 'shop', not of 'other': .* overwrite=True"):
        wb.save_params(path, run_name="other")
    assert path.read_text() == TEXT
    assert yaml.safe_load(wb.save_params(path, run_name="other", overwrite=True).read_text())["run_name"] == "other"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"inactiv_days": 3}, r"the call: inactiv_days: unknown; did you mean inactive_days\?"),
        ({"horizon_days": 0}, "the call: horizon_days: 0: .*greater than or equal to 1"),
    ],
)
def test_parameters_that_a_run_would_refuse_are_not_saved(project: Path, changes: dict[str, int], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        wb.save_params("params/nightly.yaml", **changes)
    assert (project / "notebooks" / "params" / "nightly.yaml").read_text() == TEXT
