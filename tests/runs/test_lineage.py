"""A stage that does not fit the stages beside it is refused, with what to run again."""

from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import DataError
from workbench.runs.stages.folders import Run
from workbench.runs.stages.params import NOTEBOOKS, check


def notebook(root: Path, name: str, **parameters: object) -> Run:
    """The run's folders as a notebook opens them."""
    params = check(NOTEBOOKS[name], {"run_name": "shop", **parameters}, where=name)
    return Run("shop", root, "", name, params.model_dump(mode="json", exclude={"run_name"}))


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": ["ann"], "as_of": pd.to_datetime(["2024-01-01"]), **columns})


def label(root: Path, horizon_days: int, churned: bool) -> Run:
    run = notebook(root, "02_label", as_of="2024-01-01", horizon_days=horizon_days)
    run.write("labels", table(churned=churned))
    run.write_json("rules", {"horizon_days": horizon_days})
    return run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A run whose notebooks 01 to 04 have run, in order."""
    loaded = tmp_path / "data" / "derived" / "shop" / "crm"
    loaded.mkdir(parents=True)
    (loaded / "crm.json").write_text("{}")
    label(tmp_path, 91, churned=True)
    notebook(tmp_path, "03_features").write("features", table(n_orders=1))
    notebook(tmp_path, "04_train").write("scores", table(churn_probability=0.5))
    return tmp_path


def test_stages_made_in_order_are_read(root: Path) -> None:
    report = notebook(root, "05_report")
    assert report.read("scores")["churn_probability"].item() == 0.5
    assert report.read_json("rules") == {"horizon_days": 91}


def test_scores_of_other_labels_are_refused_and_the_notebooks_to_run_again_are_named(root: Path) -> None:
    label(root, 45, churned=False)
    report = notebook(root, "05_report")
    assert not report.read("labels")["churned"].item()
    with pytest.raises(DataError, match=r"horizon_days 91 and 45.*: run notebook 04_train again, and those after it\."):
        report.read("scores")
    with pytest.raises(DataError, match=r"features.parquet was made from another .*: run notebook 03_features again"):
        notebook(root, "04_train").read("features")


def test_after_the_named_notebooks_have_run_again_all_is_read(root: Path) -> None:
    label(root, 45, churned=False)
    notebook(root, "03_features").write("features", table(n_orders=1))
    notebook(root, "04_train").write("scores", table(churn_probability=0.4))
    assert notebook(root, "05_report").read("scores")["churn_probability"].item() == 0.4


def test_a_notebook_run_again_with_the_same_result_makes_nothing_stale(root: Path) -> None:
    label(root, 91, churned=True)
    assert len(notebook(root, "05_report").read("scores")) == 1


def test_a_notebook_that_stopped_half_way_with_other_parameters_is_noticed(root: Path) -> None:
    run = notebook(root, "02_label", as_of="2024-01-01", horizon_days=45)
    run.write("labels", table(churned=False))
    with pytest.raises(
        DataError, match=r"labels.parquet and rules.json differ in horizon_days 45 and 91: run notebook 02"
    ):
        notebook(root, "03_features").read("labels")


def test_tables_loaded_anew_from_other_data_make_the_labels_stale(root: Path) -> None:
    (root / "data" / "derived" / "shop" / "crm" / "crm.json").write_text('{"rows": 2}')
    with pytest.raises(DataError, match=r"another crm/crm.json .*\(the same parameters, other data\).*02_label again"):
        notebook(root, "03_features").read("labels")


def test_a_damaged_or_edited_stage_is_refused(root: Path) -> None:
    path = root / "data" / "derived" / "shop" / "scores.parquet"
    path.write_bytes(path.read_bytes()[:-8] + b"\0" * 8)
    with pytest.raises(DataError, match=r"scores.parquet is not as 04_train wrote it, so damaged or edited: run"):
        notebook(root, "05_report").read("scores")


def test_a_table_written_by_hand_is_read_as_it_is(tmp_path: Path) -> None:
    Run("shop", tmp_path, "").write("labels", table(churned=True))
    assert Run("shop", tmp_path, "").read("labels")["churned"].item()


def test_a_notebook_run_again_with_other_parameters_reads_what_it_has_just_written(root: Path) -> None:
    run = label(root, 91, churned=True)
    run.write("returns", table(returned=False))
    again = notebook(root, "02_label", as_of="2024-01-01", horizon_days=45)
    again.write("labels", table(churned=False))
    assert not again.read("labels")["churned"].item()
    with pytest.raises(DataError, match=r"labels.parquet and .* differ in horizon_days"):
        notebook(root, "03_features").read("labels")
