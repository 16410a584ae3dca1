"""Runs that end early: exit code, one sentence, and nothing left behind."""

import errno
import json
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

import nbformat
import pytest

from tests.runs.conftest import Call
from workbench.errors import DataError, RunFailure, UserError
from workbench.runs.commands.execute import _keep_failed, _reported, _with_notebook, execute
from workbench.runs.live.params_file import read_params
from workbench.runs.stages.folders import Run


def test_a_parameter_out_of_range_is_refused_before_anything_runs(shop: Path, workbench: Call) -> None:
    code, out, _err = workbench(shop, "run", "nightly.yaml", "-p", "horizon_days", "9999")
    assert code == 2
    assert out == ""


def test_a_file_of_features_that_does_not_work_ends_the_run_with_2(shop: Path, workbench: Call) -> None:
    code, _, err = workbench(shop, "run", "nightly.yaml", "-p", "own_features", "nowhere.py")
    assert code == 2
    assert "own_features: 'nowhere.py': no such file" in err


@pytest.mark.slow
def test_a_stopping_finding_ends_the_run_with_2_and_is_reported_with_its_cure(shop: Path, workbench: Call) -> None:
    (shop / "stays.csv").write_text("id,who,a,b\n1,a,2024-02-01,2024-01-01\n2,b,2024-01-05,\n")
    (shop / "stays.yaml").write_text(
        "name: hotel\ncurrency: EUR\nfiles: {stays: {path: stays.csv}}\ntables:\n  subscriptions:\n    from: stays\n"
        "    columns: {subscription_id: id, customer_id: who, started_at: a, ended_at: b}\n"
    )
    (shop / "hotel.yaml").write_text("source: stays.yaml\nas_of: 2024-02-01\n")
    code, _, err = workbench(shop, "run", "hotel.yaml")
    assert code == 2
    assert "01_load: " in err
    assert "subscriptions.ended_at: 1 of 1 row" in err
    assert "Traceback" not in err
    assert not (shop / "reports" / ".failed").exists()


@pytest.mark.slow
def test_a_failing_notebook_exits_1_names_notebook_and_cell_and_keeps_the_partly_run_one(
    shop: Path, workbench: Call
) -> None:
    path = shop / "notebooks" / "02_label.ipynb"
    whole = path.read_text()
    notebook = nbformat.reads(whole, as_version=4)
    notebook.cells[4].source = "1 / 0"
    nbformat.write(notebook, path)
    try:
        code, log, err = workbench(shop, "run", "nightly.yaml", "--name", "broken", "--log", "json")
    finally:
        path.write_text(whole)
    assert code == 1
    (stage,) = map(json.loads, log.splitlines())
    assert (stage["event"], stage["run"], stage["notebook"]) == ("stage", "broken", "01_load")
    assert stage["rows"]["crm/orders"] > 0
    assert stage["seconds"] > 0
    kept = "reports/.failed/broken/02_label.ipynb"
    assert f"02_label, cell 6: ZeroDivisionError: division by zero. Partly run notebook: {kept}" in err
    assert (shop / kept).is_file()
    code, out, _ = workbench(shop, "runs")
    (row,) = [line for line in out.splitlines() if line.startswith("broken")]
    assert code == 0
    assert "failed" in row
    assert "ZeroDivisionError" in row
    assert not (shop / "reports" / "broken").exists()
    assert not (shop / "data" / "derived" / "broken").exists()
    shutil.rmtree(shop / "reports" / ".failed")


def test_a_folder_that_cannot_be_written_ends_the_run_with_2_and_a_sentence(
    shop: Path, workbench: Call, tmp_path: Path
) -> None:
    whole = tmp_path / "reports"
    if (shop / "reports").exists():
        (shop / "reports").rename(whole)
    (shop / "reports").write_text("a file where the folder should be")
    try:
        code, _, err = workbench(shop, "run", "nightly.yaml", "--name", "nowhere")
    finally:
        (shop / "reports").unlink()
        if whole.exists():
            whole.rename(shop / "reports")
    assert code == 2
    assert err == (
        f"Error: {shop / 'reports'} cannot be written (Not a directory): free space, or fix its rights, and run again.\n"
    )


def test_a_full_disk_is_reported_and_leaves_nothing_behind(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> float:
        raise OSError(errno.ENOSPC, "No space left on device", str(shop / "data" / "derived" / "x.parquet"))

    monkeypatch.chdir(shop)
    monkeypatch.setattr(sys.modules[execute.__module__], "_execute_one", full)
    params = read_params(Path("nightly.yaml"), {}, as_of=None, name="full")
    with pytest.raises(UserError, match=r"data/derived cannot be written \(No space left on device\): free space"):
        execute(params, on_cell=lambda *_: None)
    assert not list((shop / "reports").glob(".full*"))


def test_a_failed_notebook_that_cannot_be_kept_is_still_reported(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file where the folder should be")
    (tmp_path / "01_load.ipynb").touch()
    answer = _keep_failed(tmp_path / "01_load.ipynb", Run("nightly", tmp_path, "1.part"))
    assert answer == "could not be kept (Not a directory)"


def test_only_of_the_failure_that_is_reported_the_notebook_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "02_label.ipynb"
    out.touch()
    failure, kept = _reported(ValueError("why"), "02_label", out), tmp_path / "reports" / ".failed"
    assert isinstance(failure, RunFailure) and not kept.exists()
    said = _with_notebook(failure, Run("nightly", tmp_path, "1"))
    assert said == "02_label: ValueError: why. Partly run notebook: reports/.failed/nightly/02_label.ipynb"
    assert (kept / "nightly" / "02_label.ipynb").is_file()


@pytest.mark.slow
def test_a_run_that_is_stopped_says_so_and_leaves_nothing_behind(shop: Path, workbench: Call) -> None:
    over = threading.Event()

    def stop() -> None:
        while not over.wait(0.05):
            if left_of(shop, "stopped"):
                os.kill(os.getpid(), signal.SIGTERM)  # what the others do: test_stopping
                return

    thread = threading.Thread(target=stop)
    thread.start()
    code, _, err = workbench(shop, "run", "nightly.yaml", "--name", "stopped")
    over.set()
    thread.join()
    assert (code, err) == (130, "Interrupted; nothing was published.\n")
    assert left_of(shop, "stopped") == []


def left_of(folder: Path, name: str) -> list[str]:
    """What a run has left in the folders of tables and of reports."""
    left = (path for parent in ("reports", "data/derived") for path in (folder / parent).glob(f"*{name}*"))
    return [path.name for path in left if path.suffix != ".lock"]


def test_an_edited_parameters_cell_is_refused_before_anything_runs(shop: Path, workbench: Call) -> None:
    path = shop / "notebooks" / "04_train.ipynb"
    whole = path.read_text()
    path.write_text(whole.replace("seed: int = 1", "sed: int = 1"))
    try:
        code, out, err = workbench(shop, "run", "nightly.yaml", "--name", "edited")
    finally:
        path.write_text(whole)
    assert code == 2
    assert "04_train.ipynb" in err
    assert out == ""


def test_a_stage_table_that_is_not_there_yet_is_named_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no labels.parquet yet: run the notebooks before"):
        Run("nightly", tmp_path, "").read("labels")
