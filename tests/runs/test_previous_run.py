"""What a run keeps of the run before it."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.runs.kept import day, published
from workbench.runs.publishing.previous_run import keep_before
from workbench.runs.stages.folders import Run


@pytest.fixture
def april(tmp_path: Path) -> Run:
    return published(tmp_path, "nightly", "2024-04-01", [True, False, False, False])


def staged_for(run: Run, version: str) -> Run:
    return Run(run.name, run.root, version)


def test_a_run_keeps_what_the_published_run_of_an_earlier_day_found_and_only_its_newest_snapshot(april: Run) -> None:
    may = staged_for(april, "may")
    keep_before(april, may, day("2024-05-01"))
    kept = {str(path.relative_to(may.before)) for path in may.before.rglob("*") if path.is_file()}
    tables = {"customer_base.parquet", "labels.parquet", "features.parquet"}
    assert kept == {"summary.json", "started.json", "crm/crm.json", "columns.json", "predictions.parquet", *tables}
    assert len(pd.read_parquet(april.derived / "features.parquet")) == 8
    assert len(pd.read_parquet(may.before / "features.parquet")) == 4
    assert set(pd.read_parquet(may.before / "labels.parquet")) == {"customer_id", "as_of", "churned"}


def test_the_first_predictions_of_each_month_are_kept_until_they_can_be_scored(tmp_path: Path) -> None:
    for day_before, of_next in (
        ("2024-04-01", "2024-04-02"),
        ("2024-04-02", "2024-05-01"),
        ("2024-05-01", "2024-05-02"),
    ):
        last = published(tmp_path, "nightly", day_before, [False] * 4, horizon_days=91)
        following = staged_for(last, of_next)
        keep_before(last, following, day(of_next))
        shutil.rmtree(last.before, ignore_errors=True)
        shutil.copytree(following.before, last.before)
    kept = pd.read_parquet(last.before / "predictions.parquet")
    assert kept["as_of"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2024-04-01", "2024-05-01"]
    assert (len(kept), kept["horizon_days"].unique().tolist()) == (8, [91])


def test_a_first_run_and_a_run_of_an_earlier_day_keep_nothing(april: Run) -> None:
    keep_before(Run("other", april.root, ""), staged_for(april, "a"), day("2024-05-01"))
    keep_before(april, staged_for(april, "b"), day("2024-03-01"))
    assert not staged_for(april, "a").before.exists()
    assert not staged_for(april, "b").before.exists()


def test_a_run_made_again_for_its_day_keeps_the_same_run_as_the_first_time(april: Run) -> None:
    again = staged_for(april, "again")
    keep_before(april, again, day("2024-04-01"))
    assert not again.before.exists(), "there was none the first time"
    march = published(april.root, "march", "2024-03-01", [False] * 4)
    march.derived.rename(april.before)
    (march.reports / "summary.json").rename(april.before / "summary.json")
    keep_before(april, again, day("2024-04-01"))
    assert '"as_of": "2024-03-01"' in (again.before / "summary.json").read_text()


def test_a_report_of_a_release_that_kept_less_is_no_run_to_compare_with(april: Run) -> None:
    (april.derived / "customer_base.parquet").unlink()
    keep_before(april, staged_for(april, "may"), day("2024-05-01"))
    assert not staged_for(april, "may").before.exists()
