"""A whole run of a small shop through the console command, and all it publishes."""

import csv
import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import workbench as wb
from tests.runs.conftest import EVIL, SECRET, Call, Server, run_notebook
from workbench.errors import UserError
from workbench.runs.publishing.overview import run_rows
from workbench.runs.stages.params import NOTEBOOKS
from workbench.sources import fingerprint

pytestmark = pytest.mark.slow
SCRIPTS = ['<script type="application/json" id="sim-figures">', "<script>", "<script>"]
"""The scripts of the page, all within it: the figures the simulator computes with, the simulator, and the page's own."""


def test_a_run_sends_its_alerts_once_published_and_no_file_or_output_holds_the_address(published: Path) -> None:
    (message,) = json.loads((published / "taken.json").read_text())
    assert message["title"] == "nightly: 2 alerts, 2024-05-14"
    many, revenue, _, link = message["message"].splitlines()
    rows = pd.read_csv(published / "reports" / "nightly" / "alerts.csv", dtype=str, encoding="utf-8-sig")
    assert re.match(rf"14 May 2024: Ordered more than once: {(rows['alert'] == 'many').sum()} customers\. ", many)
    assert revenue.startswith("14 May 2024: Revenue at risk is ")
    assert link == "Report: https://reports.example.com/nightly/index.html"
    files = [path for path in published.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_the_next_night_repeats_nothing(published: Path, workbench: Call) -> None:
    code, out, err = workbench(published, "alerts", "nightly", "--dry-run")
    assert (code, out.splitlines()[0]) == (0, "Nothing new to report."), err
    assert "Not to $SHOP_ALERT_URL: the variable is not set" in out


def test_the_first_notebook_shows_what_was_found_wrong(published: Path) -> None:
    text = (published / "reports" / "nightly" / "notebooks" / "01_load.html").read_text()
    assert "Nothing stops a report; " in text
    assert "ordered_at is no time" in text


def test_a_feature_of_ones_own_is_in_the_panel_and_its_words_are_kept_with_the_run(published: Path) -> None:
    derived = published / "data" / "derived" / "nightly"
    assert pd.read_parquet(derived / "features.parquet")["n_dear_60d"].max() > 0
    (kept,) = [row for row in json.loads((derived / "features.json").read_text()) if row["name"] == "n_dear_60d"]
    assert kept["meaning"] == "dear lines in 60 days"
    assert "dear lines in 60 days" in (published / "reports" / "nightly" / "notebooks" / "03_features.html").read_text()
    manifest = json.loads((published / "reports" / "nightly" / "manifest.json").read_text())
    assert len(manifest["own_features_sha256"]) == 64


def test_progress_is_reported_per_notebook_and_cell_with_elapsed_time(published: Path) -> None:
    text = (published / "progress.txt").read_text().splitlines()[:-1]
    pattern = re.compile(r"(\d\d_\w+) +cell +\d+/\d+ +\d+\.\d s  \S")
    matches = [pattern.match(line) for line in text]
    assert all(matches)
    assert list(dict.fromkeys(m[1] for m in matches if m)) == list(NOTEBOOKS)


def test_a_run_publishes_all_its_files(published: Path) -> None:
    report = published / "reports" / "nightly"
    names = {p.name for p in report.iterdir()}
    pages = {"index.html", "check.html"}
    assert names == pages | {
        "segments.xlsx",
        "actions.csv",
        "held_out.csv",
        "alerts.csv",
        "summary.json",
        "manifest.json",
        "notebooks",
    }
    kinds = {p.suffix for p in (report / "notebooks").iterdir()}
    assert (len(list((report / "notebooks").iterdir())), kinds) == (10, {".ipynb", ".html"})
    for stage in ("labels", "features", "scores"):
        table = pd.read_parquet(published / "data" / "derived" / "nightly" / f"{stage}.parquet")
        assert not table.duplicated(["customer_id", "as_of"]).any()
    for parent in (published / "reports", published / "data" / "derived"):
        assert len(list(parent.glob(".nightly.2*"))) == 1, "the published version and no leftovers"


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
        assert page.name == "manifest.json" or datetime.now(UTC).strftime("%Y-%m-%dT") not in text
        own = SCRIPTS if page.name == "index.html" else []
        assert page.suffix != ".html" or re.findall(r"<script[^>]*>", text) == own, page.name
        for loading in (
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
    assert re.findall(r"<script[^>]*>", page) == SCRIPTS
    assert "alert(1)" not in page
    assert "A shop &lt;b&gt;" in page
    with (report / "actions.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not any(cell.startswith(("=", "@", "\t")) for cell in cells)
    labels = pd.read_parquet(published / "data" / "derived" / "nightly" / "scores.parquet")
    assert {EVIL, "../../etc", "o'neil; DROP TABLE orders", "کوروش", "🙂", "000"} <= set(labels["customer_id"])
    sheets = openpyxl.load_workbook(report / "segments.xlsx")
    assert {"Figures", "Periods", "Segments", "Cohorts", "Risk", "Read me"} <= set(sheets.sheetnames)
    formulas = [cell.value for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert all(formula.startswith("=SUBTOTAL(109,") for formula in formulas)


def test_refused_rows_are_kept_and_counted(published: Path) -> None:
    refused = pd.read_parquet(published / "data" / "derived" / "nightly" / "crm" / "refused.parquet")
    assert refused["reason"].tolist() == ["ordered_at is no time: not a date"]
    summary = json.loads((published / "reports" / "nightly" / "summary.json").read_text())
    assert summary["refused"] == [{"table": "orders", "reason": "ordered_at is no time", "rows": 1}]


def test_the_customers_held_out_are_in_a_file_of_their_own_and_on_no_list_they_are_held_out_of(published: Path) -> None:
    report = published / "reports" / "nightly"
    out, listed = (pd.read_csv(report / f"{n}.csv", dtype=str, encoding="utf-8-sig") for n in ("held_out", "actions"))
    counted = json.loads((report / "summary.json").read_text())["held_out"]
    assert list(out.columns) == ["customer_id", "list", "as_of"]
    assert {name: n if n >= 10 else None for name, n in out["list"].value_counts().items()} == counted != {}
    assert out.merge(listed, on=["customer_id", "list"]).empty


def test_figures_agree_between_summary_tables_and_lists(published: Path) -> None:
    summary = json.loads((published / "reports" / "nightly" / "summary.json").read_text())
    scores = pd.read_parquet(published / "data" / "derived" / "nightly" / "scores.parquet")
    assert summary["customers"]["at_risk"] == scores["at_risk"].sum()
    assert summary["metrics"]["expected_churn"]["count"] == pytest.approx(scores["churn_probability"].sum())
    actions = pd.read_csv(published / "reports" / "nightly" / "actions.csv")
    sizes = actions["list"].value_counts().items()
    listed = {str(name).replace(" ", "_"): n if n >= 10 else None for name, n in sizes}
    assert listed == {k: n for k, n in summary["lists"].items() if n != 0 and k != "without_consent"}
    assert listed


def test_the_manifest_has_what_went_in_and_what_came_out(published: Path) -> None:
    manifest = json.loads((published / "reports" / "nightly" / "manifest.json").read_text())
    assert manifest["parameters"]["horizon_days"] == 60
    assert manifest["inputs"][0]["file"] == "shop.csv"
    assert manifest["source_sha256"] == fingerprint(published / "shop.yaml")
    assert "seasons" in {warning["kind"] for warning in manifest["warnings"]}
    assert (len(manifest["own_features_sha256"]), manifest["reasons_sha256"]) == (64, None)
    tables = published / "data" / "derived" / "nightly"
    assert {"labels.parquet", "crm/orders.parquet", "crm/crm.json"} <= set(manifest["tables"])
    assert all(fingerprint(tables / name) == sha256 for name, sha256 in manifest["tables"].items())
    notebooks = {"01_load", "02_label", "03_features", "04_train", "05_report"}
    assert set(manifest["seconds"]) == set(manifest["peak_mb"]) == notebooks
    assert manifest["run_seconds"] > 0
    assert "index.html" in manifest["outputs"]


def test_the_list_of_runs_has_its_state_and_figures(published: Path) -> None:
    (row,) = [row for row in run_rows(published) if row["run"] == "nightly"]
    scores = pd.read_parquet(published / "data" / "derived" / "nightly" / "scores.parquet")
    assert (row["state"], row["as_of"], row["reason"]) == ("published", "2024-05-14", "")
    assert int(row["at risk"]) == scores["at_risk"].sum()
    metrics = json.loads((published / "reports" / "nightly" / "summary.json").read_text())["metrics"]
    assert row["expected churn"] == f"{metrics['expected_churn']['value']:.1%}"
    assert row["revenue at risk"] == f"{metrics['revenue_at_risk']['value']:,.0f}"


def test_the_page_of_all_runs_links_the_report(published: Path) -> None:
    page = (published / "reports" / "index.html").read_text()
    assert '<a href="nightly/index.html">nightly</a>' in page
    summary = json.loads((published / "reports" / "nightly" / "summary.json").read_text())
    assert f"{summary['metrics']['expected_churn']['value'] * 100:.0f}\xa0%" in page  # its interval bears no digit more
    assert "under way" not in page, "the run is over when its page is written"


def test_two_runs_are_compared_by_the_command(published: Path, workbench: Call) -> None:
    code, out, err = workbench(published, "report", "--run", "nightly", "--against", "nightly", "--out", "c.json")
    assert (code, err) == (0, "")
    compared = json.loads((published / "c.json").read_text())
    assert all(row["change"] == 0 for row in compared["figures"])
    assert "Settings and definitions\nBoth runs have the same settings." in out


def test_a_later_day_is_scored_by_the_models_folder_without_training(published: Path, workbench: Call) -> None:
    code, out, _ = workbench(published, "score", "nightly.yaml", "--as-of", "2024-05-10", "--out", "day.csv")
    scores = pd.read_csv(published / "day.csv", dtype={"customer_id": str})
    assert (code, out) == (0, f"Scores: {len(scores):,} customers in day.csv\n")
    assert scores["churn_probability"].dropna().between(0, 1).all()
    assert set(scores["as_of"]) == {"2024-05-10"}
    code, _, err = workbench(published, "score", "nightly.yaml", "--as-of", "2024-05-14", "--out", "same.csv")
    same = pd.read_csv(published / "same.csv", dtype={"customer_id": str}).set_index("customer_id")
    same.index = same.index.str.removeprefix("'")  # a text that a spreadsheet would run is quoted
    run = pd.read_parquet(published / "data" / "derived" / "nightly" / "scores.parquet").set_index("customer_id")
    assert code == 0, err
    pd.testing.assert_series_equal(
        same["churn_probability"].sort_index(), run["churn_probability"].round(4).sort_index(), check_index_type=False
    )


def test_a_model_of_other_features_or_rules_is_refused_by_name(published: Path, workbench: Call) -> None:
    params = (published / "nightly.yaml").read_text()
    (published / "other.yaml").write_text(
        f"run_name: nightly\n{params}".replace("inactive_days: 60", "inactive_days: 50")
    )
    code, _, err = workbench(published, "score", "other.yaml", "--as-of", "2024-05-14")
    assert (code, "inactive_days 50 (the model: 60)" in err) == (2, True)
    model = published / "data" / "derived" / "nightly" / "model"
    reads = json.loads((model / "manifest.json").read_text())["features"]
    if reads:
        (published / "less.yaml").write_text(f"run_name: nightly\n{params}leave_out: [{reads[0]}]\n")
        code, _, err = workbench(published, "score", "less.yaml", "--as-of", "2024-05-14")
        assert (code, f"not in this panel: {reads[0]}" in err) == (2, True)
    code, _, err = workbench(published, "score", "nightly.yaml", "--model", "nowhere")
    assert (code, "nowhere holds no manifest.json" in err) == (2, True)


def test_a_mistake_found_in_the_data_exits_2_without_a_traceback_and_leaves_the_old_report(
    published: Path, workbench: Call
) -> None:
    before = (published / "reports" / "nightly" / "manifest.json").read_bytes()
    code, _, err = workbench(published, "run", "nightly.yaml", "--as-of", "2026-01-01")
    assert code == 2
    assert "as_of 2026-01-01 is more than 7 days after the data end" in err
    assert "Traceback" not in err
    assert (published / "reports" / "nightly" / "manifest.json").read_bytes() == before


def test_the_page_of_one_customer_has_score_and_history_and_an_unknown_id_its_nearest(
    published: Path, workbench: Call
) -> None:
    assert workbench(published, "customer", "nightly", EVIL, "--out", "evil.html")[:2] == (0, "evil.html\n")
    page = (published / "evil.html").read_text()
    assert "<script" not in page
    assert "ordered" in page
    assert "chance of " in page
    code, _, written = workbench(published, "customer", "nightly", "00-7")
    assert (code, written) == (
        2,
        "Error: customer '00-7' is in no table of A shop <b>; the nearest ids are 0017, 0027, 0037.\n",
    )
    code, _, written = workbench(published, "customer", "nigthly", "007")
    assert (code, written) == (2, "Error: there is no run 'nigthly'; did you mean nightly?\n")


def test_a_notebook_asks_for_a_customer_by_id_alone_or_by_the_name_of_a_run(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(published)
    by_name = wb.customer("nightly", "007")
    alone = wb.customer("007")
    assert (alone.customer_id, alone.score, alone.tasks.equals(by_name.tasks)) == ("007", by_name.score, True)
    assert set(alone.health["health"]) <= set(range(101))
    with pytest.raises(UserError, match=r"there is no run 'nigthly'; did you mean nightly\?"):
        wb.customer("nigthly", "007")


def test_the_tutorial_on_presenting_writes_a_page_of_a_published_run(
    published: Path, shared_server: Server, tmp_path: Path
) -> None:
    (published / "params").mkdir()
    shutil.copy(published / "nightly.yaml", published / "params" / "nightly.yaml")
    tutorial = published / "notebooks" / "tutorials" / "present_to_management.ipynb"
    given = {"run_name": "nightly", "company": "A shop & sons"}
    run_notebook(tutorial, tmp_path / "done.ipynb", shared_server(), cwd=published, parameters=given)
    page = (published / "notebooks" / "own" / "presentation" / "index.html").read_text(encoding="utf-8")
    assert "A shop &amp; sons" in page
