"""Whole runs, through the console command, in a copy of the project."""

import csv
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml
from nbclient import NotebookClient

import workbench as wb
from tests.conftest import ROOT
from workbench import cli
from workbench.errors import DataError, UserError
from workbench.runs.execute import _keep_failed, execute
from workbench.runs.folders import Run
from workbench.runs.params import NOTEBOOKS
from workbench.runs.publish import publish, sweep

PARAMS = "notebooks/params/online_retail.yaml"
EVIL = '=HYPERLINK("http://x")<script>alert(1)</script>'


def project(folder: Path) -> Path:
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    (folder / "data").mkdir()
    shutil.copytree(ROOT / "data" / "sources", folder / "data" / "sources")
    (folder / "data" / "online_retail.csv.gz").symlink_to(ROOT / "data" / "online_retail.csv.gz")
    return folder


def workbench(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from workbench.cli import main; main()", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=400, check=False
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a small shop of its own, one of whose customers has a hostile name."""
    folder = project(tmp_path_factory.mktemp("shop"))
    rng = np.random.default_rng(11)
    rate = rng.gamma(1.0, 1 / 40, 400)
    days = [np.sort(rng.uniform(0, 500, rng.poisson(500 * r) + 1)) for r in rate]
    names = [EVIL, "../../etc", "o'neil; DROP TABLE orders", "کوروش", "🙂", *(f"00{i}" for i in range(395))]
    lines = [
        (f"i{c}-{k}", names[c], pd.Timestamp("2023-01-01") + pd.Timedelta(days=float(d)), rng.integers(20, 900))
        for c, when in enumerate(days)
        for k, d in enumerate(when)
    ]
    frame = pd.DataFrame(lines, columns=["invoice", "client", "when", "total"])
    frame["when"] = frame["when"].dt.floor("s").astype(str)
    frame.loc[len(frame)] = ["bad", names[3], "not a date", 5]
    frame.to_csv(folder / "shop.csv", index=False)
    (folder / "shop.yaml").write_text(
        "name: A shop <b>\ncurrency: EUR\nfiles:\n  sales: {path: shop.csv}\ntables:\n  orders:\n    from: sales\n"
        "    columns: {order_id: invoice, customer_id: client, ordered_at: '\"when\"', amount: total}\n"
    )
    (folder / "nightly.yaml").write_text(
        "source: shop.yaml\nas_of: 2024-05-14\nhorizon_days: 60\ninactive_days: 60\nown_features: mine.py\n"
    )
    (folder / "mine.py").write_text(
        "import workbench as wb\n"
        "FEATURES = [wb.Feature('n_dear', 'money', 'orders', 'lines', 'dear lines in {days} days', 'low',\n"
        "                       'dear lines in {days} days: {value}',\n"
        "                       wb.Aggregate('count', where=lambda t: t.amount > 500), windows=(60,))]\n"
    )
    return folder


@pytest.fixture(scope="module")
def published(shop: Path) -> Iterator[Path]:
    done = workbench(shop, "run", "nightly.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Report: reports/nightly/index.html"
    (shop / "progress.txt").write_text(done.stdout)
    yield shop


def test_the_real_data_give_the_known_answers_and_a_whole_report(tmp_path: Path) -> None:
    folder = project(tmp_path)
    done = workbench(folder, "run", PARAMS)
    assert done.returncode == 0, done.stderr
    report = folder / "reports" / "online_retail"
    printed = (report / "notebooks" / "02_label.ipynb").read_text()
    assert "of 3,362 customers who ever bought, 1,443 (42.92%)" in printed
    assert "of the 1,907 active in the 91 days before, 590 (30.9%)" in printed
    assert "United Kingdom" in printed, "countries are compared where the company has no segments of its own"
    model = json.loads((report / "summary.json").read_text())["model"]
    assert model["auc_everyone"] == pytest.approx(0.73, abs=0.015)
    frequency = next(r for r in model["comparison"] if r["model"].startswith("frequency"))
    assert frequency["auc"] == pytest.approx(0.7425, abs=0.001)
    assert model["verdict"]["word"] == "not better"
    manifest = json.loads((report / "manifest.json").read_text())
    assert manifest["rows"]["crm/orders"] + manifest["rows"]["refused"] == 541909
    page = (report / "index.html").read_text()
    assert "135,080 rows of orders set aside: customer_id is missing" in page
    assert '<th scope="col">Bought nothing in 91 days</th>' in page
    assert {"actions.csv", "segments.xlsx", "check.html"} == {*re.findall('href="([^"#]+)"', page)}
    assert all((report / name).is_file() for name in ("actions.csv", "segments.xlsx", "check.html"))


def test_a_parameter_out_of_range_is_refused_before_anything_runs(published: Path) -> None:
    told = workbench(published, "run", "nightly.yaml", "-p", "horizon_days", "9999")
    assert told.returncode == 2
    assert told.stdout == ""


def test_the_first_notebook_shows_what_was_found_wrong(published: Path) -> None:
    told = (published / "reports" / "nightly" / "notebooks" / "01_load.html").read_text()
    assert "Nothing stops a report; " in told
    assert "ordered_at is no time" in told


def test_a_feature_of_ones_own_is_in_the_panel_and_its_words_are_kept_with_the_run(published: Path) -> None:
    derived = published / "data" / "derived" / "nightly"
    assert pd.read_parquet(derived / "features.parquet")["n_dear_60d"].max() > 0
    (kept,) = [row for row in json.loads((derived / "features.json").read_text()) if row["name"] == "n_dear_60d"]
    assert kept["meaning"] == "dear lines in 60 days"
    assert "dear lines in 60 days" in (published / "reports" / "nightly" / "notebooks" / "03_features.html").read_text()
    manifest = json.loads((published / "reports" / "nightly" / "manifest.json").read_text())
    assert len(manifest["own_features_sha256"]) == 64


def test_a_file_of_features_that_does_not_work_ends_the_run_with_2(published: Path) -> None:
    told = workbench(published, "run", "nightly.yaml", "-p", "own_features", "nowhere.py")
    assert told.returncode == 2
    assert "own_features: 'nowhere.py': no such file" in told.stderr


def test_a_stopping_finding_ends_the_run_with_2_and_is_told_with_its_cure(shop: Path) -> None:
    (shop / "stays.csv").write_text("id,who,a,b\n1,a,2024-02-01,2024-01-01\n2,b,2024-01-05,\n")
    (shop / "stays.yaml").write_text(
        "name: hotel\ncurrency: EUR\nfiles: {stays: {path: stays.csv}}\ntables:\n  subscriptions:\n    from: stays\n"
        "    columns: {subscription_id: id, customer_id: who, started_at: a, ended_at: b}\n"
    )
    (shop / "hotel.yaml").write_text("source: stays.yaml\nas_of: 2024-02-01\n")
    done = workbench(shop, "run", "hotel.yaml")
    assert done.returncode == 2
    assert "01_load: the data stop a report:\nsubscriptions.ended_at: 1 of 1 rows" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (shop / "reports" / ".failed").exists()


def test_a_company_of_subscriptions_and_many_segments_gets_a_report_of_its_own_kinds_of_churn(tmp_path: Path) -> None:
    folder = project(tmp_path)
    wb.simulate(folder / "company", customers=900, months=24, seed=4)
    source = (folder / "company" / "source.yaml").read_text()
    content = yaml.safe_load(source)
    customers = content["tables"]["customers"]
    customers["columns"] = {"customer_id": "customer_id", "segment": "'plan ' || (hash(customer_id) % 14)"}
    content["tables"] = {"subscriptions": content["tables"]["subscriptions"], "customers": customers}
    (folder / "company.yaml").write_text(
        yaml.safe_dump(
            {**content, "files": {name: {"path": f"company/{file['path']}"} for name, file in content["files"].items()}}
        )
    )
    (folder / "nightly.yaml").write_text("source: company.yaml\nas_of: 2026-01-01\n")
    done = workbench(folder, "run", "nightly.yaml")
    assert done.returncode == 0, done.stderr
    summary = json.loads((folder / "reports" / "nightly" / "summary.json").read_text())
    assert set(summary["kinds_last_period"]) <= {"active", "passive"}
    assert summary["not_at_risk"]["gone"] > 0
    page = (folder / "reports" / "nightly" / "index.html").read_text()
    assert "that active customers pay in a year." in page
    assert "A subscriber is lost when" in page
    assert "days have passed without an order" not in page


def test_visits_alone_give_a_whole_report(tmp_path: Path) -> None:
    folder = project(tmp_path)
    rng = np.random.default_rng(5)
    visits = [
        (f"u{i}", pd.Timestamp("2023-01-01") + pd.Timedelta(days=float(d)))
        for i, gap in enumerate(rng.gamma(2, 6, 250))
        for d in np.arange(rng.uniform(0, 300), 365 + rng.uniform(0, 335), gap)
    ]
    pd.DataFrame(visits, columns=["who", "at"]).to_csv(folder / "visits.csv", index=False, date_format="%Y-%m-%d %H:%M")
    (folder / "visits.yaml").write_text(
        "name: club\ncurrency: EUR\nfiles: {visits: {path: visits.csv}}\n"
        "tables:\n  events: {from: visits, columns: {customer_id: who, occurred_at: '\"at\"'}}\n"
    )
    (folder / "club.yaml").write_text("source: visits.yaml\nas_of: 2024-12-01\nhorizon_days: 60\ninactive_days: 60\n")
    done = workbench(folder, "run", "club.yaml")
    assert done.returncode == 0, done.stderr
    page = (folder / "reports" / "club" / "index.html").read_text()
    assert "The source tells no amounts, so what is at stake is not known." in page
    assert "Nothing in this source sorts customers into segments." in page


def test_the_first_notebook_works_without_customers_and_orders(shop: Path) -> None:
    days = pd.date_range("2024-01-01", periods=60).strftime("%Y-%m-%d")
    pd.DataFrame({"who": [f"u{i % 7}" for i in range(60)], "day": days}).to_csv(shop / "visits.csv", index=False)
    (shop / "visits.yaml").write_text(
        "name: club\ncurrency: EUR\nfiles: {visits: {path: visits.csv}}\n"
        "tables:\n  events: {from: visits, columns: {customer_id: who, occurred_at: day}}\n"
    )
    notebook = nbformat.read(shop / "notebooks" / "01_load.ipynb", as_version=4)
    (parameters,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    parameters.source = "run_name, source, as_of = 'club', 'visits.yaml', '2024-03-01'"
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": shop}}).execute()
    assert pd.read_parquet(shop / "data" / "derived" / "club" / "crm" / "events.parquet").shape[0] == 60
    for folder in ("data/derived", "reports"):
        shutil.rmtree(shop / folder / "club")


def test_progress_is_told_per_notebook_and_cell_with_elapsed_time(published: Path) -> None:
    told = (published / "progress.txt").read_text().splitlines()[:-1]
    pattern = re.compile(r"(\d\d_\w+) +cell +\d+/\d+ +\d+\.\d s  \S")
    matches = [pattern.match(line) for line in told]
    assert all(matches)
    assert list(dict.fromkeys(m[1] for m in matches if m)) == list(NOTEBOOKS)


def test_a_run_publishes_everything_it_promises(published: Path) -> None:
    report = published / "reports" / "nightly"
    names = {p.name for p in report.iterdir()}
    pages = {"index.html", "check.html"}
    assert names == pages | {"segments.xlsx", "actions.csv", "summary.json", "manifest.json", "notebooks"}
    kinds = {p.suffix for p in (report / "notebooks").iterdir()}
    assert (len(list((report / "notebooks").iterdir())), kinds) == (10, {".ipynb", ".html"})
    for stage in ("labels", "features", "scores"):
        table = pd.read_parquet(published / "data" / "derived" / "nightly" / f"{stage}.parquet")
        assert not table.duplicated(["customer_id", "as_of"]).any()
    assert not list((published / "reports").glob(".*"))
    assert not list((published / "data" / "derived").glob(".*"))


def test_pages_open_offline_and_name_no_path_of_the_machine(published: Path) -> None:
    report = published / "reports" / "nightly"
    for page in [
        report / "index.html",
        report / "check.html",
        *(report / "notebooks").iterdir(),
        report / "manifest.json",
    ]:
        text = page.read_text()
        assert str(published) not in text
        for loading in (
            "<script",
            "cdnjs",
            'src="http',
            "src='http",
            'href="http',
            "url(http",
            "@import",
            'from "http',
            "from 'http",
            "import('http",
        ):
            if page.suffix == ".html":
                assert loading not in text, (page.name, loading)


def test_hostile_names_are_shown_and_never_run(published: Path) -> None:
    report = published / "reports" / "nightly"
    page = (report / "index.html").read_text()
    assert "<script" not in page
    assert "A shop &lt;b&gt;" in page
    with (report / "actions.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not any(cell.startswith(("=", "@", "\t")) for cell in cells)
    labels = pd.read_parquet(published / "data" / "derived" / "nightly" / "scores.parquet")
    assert {EVIL, "../../etc", "o'neil; DROP TABLE orders", "کوروش", "🙂", "000"} <= set(labels["customer_id"])
    sheets = openpyxl.load_workbook(report / "segments.xlsx")
    assert sheets.sheetnames == ["Figures", "Segments", "Periods", "Read me"]
    assert all(cell.data_type != "f" for sheet in sheets for row in sheet.iter_rows() for cell in row)


def test_refused_rows_are_kept_and_counted(published: Path) -> None:
    refused = pd.read_parquet(published / "data" / "derived" / "nightly" / "crm" / "refused.parquet")
    assert refused["reason"].tolist() == ["ordered_at is no time: not a date"]
    summary = json.loads((published / "reports" / "nightly" / "summary.json").read_text())
    assert summary["refused"] == [{"table": "orders", "reason": "ordered_at is no time", "rows": 1}]


def test_figures_agree_between_summary_tables_and_lists(published: Path) -> None:
    summary = json.loads((published / "reports" / "nightly" / "summary.json").read_text())
    scores = pd.read_parquet(published / "data" / "derived" / "nightly" / "scores.parquet")
    assert summary["customers"]["at_risk"] == scores["at_risk"].sum()
    assert summary["metrics"]["expected_churn"]["count"] == pytest.approx(scores["churn_probability"].sum())
    actions = pd.read_csv(published / "reports" / "nightly" / "actions.csv")
    assert actions["list"].value_counts().to_dict() == {
        k: v for k, v in [("keep", summary["lists"]["keep"]), ("win back", summary["lists"]["win_back"])] if v
    }


def test_the_manifest_tells_what_went_in_and_what_came_out(published: Path) -> None:
    manifest = json.loads((published / "reports" / "nightly" / "manifest.json").read_text())
    assert manifest["parameters"]["horizon_days"] == 60
    assert manifest["inputs"][0]["file"] == "shop.csv"
    assert set(manifest["seconds"]) == {"01_load", "02_label", "03_features", "04_train", "05_report"}
    assert "index.html" in manifest["outputs"]


def test_a_mistake_found_in_the_data_exits_2_without_a_traceback_and_leaves_the_old_report(published: Path) -> None:
    before = (published / "reports" / "nightly" / "manifest.json").read_bytes()
    done = workbench(published, "run", "nightly.yaml", "--as-of", "2026-01-01")
    assert done.returncode == 2
    assert "as_of 2026-01-01 is more than 7 days after the data end" in done.stderr
    assert "Traceback" not in done.stderr
    assert (published / "reports" / "nightly" / "manifest.json").read_bytes() == before


def test_a_failing_notebook_exits_1_names_notebook_and_cell_and_keeps_the_partly_run_one(shop: Path) -> None:
    path = shop / "notebooks" / "01_load.ipynb"
    whole = path.read_text()
    notebook = nbformat.reads(whole, as_version=4)
    notebook.cells[4].source = "1 / 0"
    nbformat.write(notebook, path)
    try:
        done = workbench(shop, "run", "nightly.yaml", "--name", "broken")
    finally:
        path.write_text(whole)
    assert done.returncode == 1
    kept = "reports/.failed/broken/01_load.ipynb"
    assert f"01_load, cell 6: ZeroDivisionError: division by zero. Partly run notebook: {kept}" in done.stderr
    assert (shop / kept).is_file()
    assert not (shop / "reports" / "broken").exists()
    assert not (shop / "data" / "derived" / "broken").exists()
    shutil.rmtree(shop / "reports" / ".failed")


def test_a_folder_that_cannot_be_written_ends_the_run_with_2_and_a_sentence(shop: Path, tmp_path: Path) -> None:
    whole = tmp_path / "reports"
    if (shop / "reports").exists():
        (shop / "reports").rename(whole)
    (shop / "reports").write_text("a file where the folder should be")
    try:
        done = workbench(shop, "run", "nightly.yaml", "--name", "nowhere")
    finally:
        (shop / "reports").unlink()
        if whole.exists():
            whole.rename(shop / "reports")
    assert done.returncode == 2
    assert done.stderr == (
        f"Error: {shop / 'reports'} cannot be written (Not a directory): free space, or mend its rights, and run again.\n"
    )


def test_a_full_disk_is_told_and_leaves_nothing_behind(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> float:
        raise OSError(errno.ENOSPC, "No space left on device", str(shop / "data" / "derived" / "x.parquet"))

    monkeypatch.chdir(shop)
    monkeypatch.setattr(sys.modules[execute.__module__], "_execute_one", full)
    params = cli.read_params(Path("nightly.yaml"), {}, as_of=None, name="full")
    with pytest.raises(UserError, match=r"data/derived cannot be written \(No space left on device\): free space"):
        execute(params, on_cell=lambda *_: None)
    assert not list((shop / "reports").glob(".full*"))


def test_a_failed_notebook_that_cannot_be_kept_is_still_told(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file where the folder should be")
    told = _keep_failed(tmp_path / "01_load.ipynb", Run("nightly", tmp_path, "1.part"))
    assert told == "could not be kept (Not a directory)"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_so_and_leaves_nothing_behind(shop: Path, stop: signal.Signals) -> None:
    command = [
        sys.executable,
        "-c",
        "from workbench.cli import main; main()",
        "run",
        "nightly.yaml",
        "--name",
        "stopped",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=shop, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running_one:
        assert running_one.stdout is not None
        running_one.stdout.readline()
        running_one.send_signal(stop)
        _, told = running_one.communicate(timeout=60)
    assert (running_one.returncode, told) == (130, "Interrupted; nothing was published.\n")
    assert not list((shop / "reports").glob("*stopped*"))


def test_an_edited_parameters_cell_is_refused_before_anything_runs(shop: Path) -> None:
    path = shop / "notebooks" / "04_train.ipynb"
    whole = path.read_text()
    path.write_text(whole.replace("seed: int = 1", "sed: int = 1"))
    try:
        done = workbench(shop, "run", "nightly.yaml", "--name", "edited")
    finally:
        path.write_text(whole)
    assert done.returncode == 2
    assert "04_train.ipynb" in done.stderr
    assert done.stdout == ""


def test_publishing_swaps_an_old_folder_for_the_new_one(tmp_path: Path) -> None:
    old, new = tmp_path / "run", tmp_path / ".run.part"
    for folder, text in ((old, "old"), (new, "new")):
        folder.mkdir()
        (folder / "index.html").write_text(text)
    publish(new, old)
    assert (old / "index.html").read_text() == "new"


def test_what_a_killed_run_left_behind_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / "reports" / ".nightly.999999999.part").mkdir(parents=True)
    (tmp_path / "data" / "derived").mkdir(parents=True)
    sweep(Run("nightly", tmp_path, "1.part"))
    assert not list((tmp_path / "reports").iterdir())


def test_a_stage_table_that_is_not_there_yet_is_named_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no labels.parquet yet: run the notebooks before"):
        Run("nightly", tmp_path, "").read("labels")
