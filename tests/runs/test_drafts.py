"""Notebooks run by hand write a draft; the published run stays as it is until the draft is published, whole."""

import json
from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import DataError, ParameterError
from workbench.runs.publishing.drafts import open_run, publish_draft
from workbench.runs.publishing.overview import run_rows
from workbench.runs.publishing.publish import publish, sweep
from workbench.runs.stages.folders import Run
from workbench.runs.stages.params import NOTEBOOKS, RunParams, check

PARAMS = {"run_name": "shop", "source": "shop.yaml", "as_of": "2024-05-14", "inactive_days": 60}


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": ["ann"], "as_of": pd.to_datetime(["2024-01-01"]), **columns})


def opened(notebook: str, **changes: object) -> Run:
    """Open a notebook's run as its cell does."""
    model = NOTEBOOKS[notebook]
    values = {name: value for name, value in {**PARAMS, **changes}.items() if name in model.model_fields}
    return open_run(check(model, values, where=notebook))


def label(run: Run, churned: bool) -> None:
    run.write("labels", table(churned=churned))


def report(run: Run, text: str) -> None:
    run.write("customer_base", table(at_risk=True))
    (run.reports / "index.html").write_text(text)


def run_all(runs: dict[str, Run], text: str, *, churned: bool = True) -> None:
    loaded = runs["01_load"].derived / "crm"
    loaded.mkdir(exist_ok=True)
    (loaded / "crm.json").write_text(json.dumps({"files": {}, "loaded": {"orders": 3}, "refused": []}))
    label(runs["02_label"], churned)
    runs["03_features"].write("features", table(n_orders=1))
    runs["04_train"].write("scores", table(churn_probability=0.5))
    report(runs["05_report"], text)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_load.ipynb").touch()
    (tmp_path / "shop.yaml").write_text("name: shop")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scheduled(project: Path, text: str, version: str) -> None:
    """Publish a run as the scheduler does."""
    staged = Run("shop", project, version)
    runs = {name: Run("shop", project, version, name, parameters(name)) for name in NOTEBOOKS}
    (staged.reports / "notebooks").mkdir(parents=True)
    staged.derived.mkdir(parents=True)
    (staged.reports / "manifest.json").write_text("{}")
    started = check(RunParams, PARAMS, where="x").model_dump(mode="json")
    (staged.derived / "started.json").write_text(json.dumps(started))
    run_all(runs, text)
    publish(staged, Run("shop", project, ""))


def parameters(notebook: str) -> dict[str, object]:
    values = check(RunParams, PARAMS, where="x").model_dump(mode="json", include=set(NOTEBOOKS[notebook].model_fields))
    return {name: value for name, value in values.items() if name != "run_name"}


def published(project: Path) -> str:
    return (project / "reports" / "shop" / "index.html").read_text()


def test_running_a_notebook_by_hand_leaves_the_published_run_as_it_is(project: Path) -> None:
    scheduled(project, "nightly", "one")
    label(opened("02_label", inactive_days=30), churned=False)
    report(opened("05_report"), "by hand")
    assert published(project) == "nightly"
    assert Run("shop", project, "").read("labels")["churned"].item()


def test_a_later_notebook_reads_the_draft_where_there_is_one_else_the_published_run(project: Path) -> None:
    scheduled(project, "nightly", "one")
    label(opened("02_label"), churned=False)
    later = opened("03_features")
    assert not later.read("labels")["churned"].item()
    assert not open_run("shop").read("labels")["churned"].item()
    assert later.derived / "crm" / "crm.json" != project / "data" / "derived" / "shop" / "crm" / "crm.json"
    assert (later.derived / "crm" / "crm.json").is_file()


def test_a_draft_is_published_whole_with_its_manifest(project: Path) -> None:
    run_all({name: opened(name, inactive_days=45) for name in NOTEBOOKS}, "by hand")
    assert not (project / "reports" / "shop").exists()
    path = publish_draft("shop")
    assert path.read_text() == published(project) == "by hand"
    manifest = json.loads((project / "reports" / "shop" / "manifest.json").read_text())
    assert manifest["parameters"]["inactive_days"] == 45
    assert manifest["parameters"]["source"] == "shop.yaml"
    assert manifest["rows"]["labels"] == 1
    with pytest.raises(ParameterError, match="run 'shop' has no draft"):
        publish_draft("shop")
    with pytest.raises(ParameterError, match=r"there is no run 'shp'; did you mean shop\?"):
        publish_draft("shp")


def test_a_run_published_by_hand_is_listed_without_a_duration(project: Path) -> None:
    run_all({name: opened(name) for name in NOTEBOOKS}, "by hand")
    publish_draft("shop")
    (row,) = run_rows(project)
    assert (row["state"], row["seconds"]) == ("published", "")
    assert "<td>published</td>" in (project / "reports" / "index.html").read_text()


def test_a_draft_whose_stages_do_not_fit_names_the_notebook_to_run(project: Path) -> None:
    scheduled(project, "nightly", "one")
    label(opened("02_label", inactive_days=30), churned=False)
    with pytest.raises(DataError, match="run notebook 03_features again, and those after it"):
        publish_draft("shop")
    assert published(project) == "nightly"


@pytest.mark.usefixtures("project")
def test_a_draft_without_a_report_names_the_notebook_to_run() -> None:
    (opened("01_load").derived / "crm").mkdir()
    with pytest.raises(DataError, match="no loaded tables: run notebook 01_load"):
        publish_draft("shop")
    (opened("01_load").derived / "crm" / "crm.json").write_text("{}")
    label(opened("02_label"), churned=True)
    with pytest.raises(DataError, match="is not whole: run notebook 03_features, and those after it"):
        publish_draft("shop")


def test_after_the_next_run_the_draft_starts_anew(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scheduled(project, "nightly", "one")
    label(opened("02_label"), churned=False)
    scheduled(project, "next night", "two")
    with pytest.raises(ParameterError, match="a newer run of 'shop' was published since"):
        publish_draft("shop")
    assert open_run("shop").read("labels")["churned"].item()
    assert opened("03_features").read("labels")["churned"].item()
    assert "the draft starts anew from it" in capsys.readouterr().out


def test_a_draft_survives_the_sweeping_of_what_killed_runs_left(project: Path) -> None:
    label(opened("02_label"), churned=False)
    sweep(Run("shop", project, ""))
    assert not open_run("shop").read("labels")["churned"].item()


def test_a_run_that_is_not_there_is_answered_with_the_nearest_one(project: Path) -> None:
    scheduled(project, "nightly", "one")
    with pytest.raises(ParameterError, match=r"there is no run 'shp'; did you mean shop\?"):
        open_run("shp")


def test_without_a_name_the_run_opened_last_is_taken(project: Path) -> None:
    scheduled(project, "nightly", "one")
    assert open_run("shop") is open_run()
