"""All runs of a project: their figures as a table, their list as a page, and two of them side by side."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.runs.kept import published
from workbench.errors import DataError, ParameterError
from workbench.runs.publishing.comparison import Comparison, compare, compare_runs, comparison_json, comparison_text
from workbench.runs.publishing.overview import run_rows
from workbench.runs.publishing.run_history import RunHistory, history, write_index


@pytest.fixture
def project(tmp_path: Path) -> Path:
    published(tmp_path, "april", "2024-04-01", [True, False, False, False])
    published(tmp_path, "may", "2024-05-01", [True, True, False, False], inactive_days=60)
    return tmp_path


def test_the_history_has_a_row_per_run_and_day_with_its_figures(project: Path) -> None:
    rows = history(project)
    assert rows["run"].tolist() == ["april", "april", "may", "may"]
    assert rows["churn_rate"].tolist() == [0.5, 0.25, 0.5, 0.25]
    assert rows["as_of"].tolist()[:2] == [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-04-01")]


def test_a_run_took_what_the_clock_says_as_notebooks_overlap_and_in_an_older_release_what_they_took(
    tmp_path: Path,
) -> None:
    manifest = published(tmp_path, "shop", "2024-05-01", [False] * 4).reports / "manifest.json"
    (row,) = run_rows(tmp_path)
    assert row["seconds"] == "3"
    said = json.loads(manifest.read_text()) | {"seconds": {"01_load": 3.0, "02_label": 3.0}, "run_seconds": 4.2}
    manifest.write_text(json.dumps(said))
    (row,) = run_rows(tmp_path)
    assert row["seconds"] == "4"


def test_a_project_without_runs_has_an_empty_history(tmp_path: Path) -> None:
    assert (len(history(tmp_path)), list(history(tmp_path))) == (0, ["run", "as_of", "at_risk"])


def test_the_list_of_runs_links_each_report_and_shows_its_figures_with_a_line_over_the_runs_before(
    project: Path,
) -> None:
    write_index(project)
    page = (project / "reports" / "index.html").read_text()
    assert '<a href="april/index.html">april</a>' in page
    assert page.count("<polyline") == 4, "churn and active customers of two runs, each over two days"
    assert "25\xa0%" in page
    assert "<script" not in page
    assert "http" not in page


def test_the_list_of_runs_shows_an_amount_as_its_report_does_with_its_currency(project: Path) -> None:
    summary = project / "reports" / "may" / "summary.json"
    known = json.loads(summary.read_text())
    known["currency"] = "EUR"
    known["metrics"]["revenue_at_risk"] = known["metrics"]["churn_rate"] | {
        "value": 891_009.2, "low": 500_000, "high": 1_560_000, "unit": "currency"
    }  # fmt: skip
    known["history"][-1]["revenue_at_risk"] = 891_009.2
    summary.write_text(json.dumps(known))
    write_index(project)
    assert "€890,000" in (project / "reports" / "index.html").read_text()


def test_the_list_of_runs_speaks_the_language_of_the_reports_where_they_share_one(project: Path) -> None:
    (project / "style.yaml").write_text("language: de")
    for name in ("april", "may"):
        write_index(project)
        assert '<html lang="en">' in (project / "reports" / "index.html").read_text(), "one report is still English"
        manifest = project / "reports" / name / "manifest.json"
        known = json.loads(manifest.read_text())
        known["parameters"]["report_style"] = "style.yaml"
        manifest.write_text(json.dumps(known))
    write_index(project)
    page = (project / "reports" / "index.html").read_text()
    assert '<html lang="de"' in page
    assert "veröffentlicht</td><td>1. April 2024</td>" in page
    assert '<a href="april/index.html">april</a>' in page
    assert "25\xa0%" in page


def test_two_runs_are_compared_in_figures_settings_outcomes_and_models(project: Path) -> None:
    found = compare("may", "april", project)
    (churn,) = found["figures"].itertuples()
    assert (churn.before, churn.now, churn.paired) == (0.25, 0.5, True)
    assert found["definitions"].values.tolist() == [["inactive_days", "91", "60"]]
    assert found["labels"].empty, "no snapshot of one is one of the other"
    assert found["models"][["before", "now"]].iloc[0].tolist() == [0.5, 0.5]
    assert comparison_text(found).startswith("may on 2024-05-01 against april on 2024-04-01\n\nFigures\n")
    assert "No customer is at a snapshot of both runs." in comparison_text(found)
    assert json.loads(comparison_json(found))["figures"][0]["change"] == 0.25


def test_outcomes_of_the_same_snapshot_are_counted_by_what_either_run_says(project: Path) -> None:
    published(project, "other", "2024-05-01", [False, True, True, False])
    counted = compare("other", "may", project)["labels"].set_index("before")
    assert counted.loc["stayed", ["active", "stayed"]].tolist() == [1, 1]
    assert counted.loc["active", ["active", "stayed"]].tolist() == [1, 1]


def test_a_name_that_no_run_has_is_answered_with_the_closest(project: Path) -> None:
    with pytest.raises(ParameterError, match=r"run 'aprl' has no report; did you mean april\?"):
        compare("may", "aprl", project)


def test_a_run_that_kept_too_little_is_named(project: Path) -> None:
    (project / "data" / "derived" / "april" / "started.json").unlink()
    with pytest.raises(DataError, match=r"run 'april' cannot be compared: it has no started.json; run it again"):
        compare("may", "april", project)


def test_a_comparison_shows_its_tables_under_their_titles() -> None:
    churn = {"name": "<churn>", "unit": "share", "before": 0.995, "now": 0.9952}
    churn |= {"now_low": 0.993, "now_high": 0.997, "change": 0.0002}
    figures = pd.DataFrame([{**churn, "low": -0.002, "high": 0.0024, "clear": False}])
    drift = pd.DataFrame({"feature": ["mrr", "n"], "drifted": [True, False]})
    shown = Comparison({"figures": figures, "drift": drift}, "may against april")._repr_html_()
    assert shown.startswith("<p>may against april</p><h4>Figures</h4>")
    assert "&lt;churn&gt;" in shown
    assert "99.5" in shown, "each figure in its own unit, as far as its interval supports"
    assert "mrr" in shown and ">n<" not in shown


def test_every_model_of_a_comparison_is_among_the_rows_shown_first() -> None:
    figures = ["auc", "auc_low", "auc_high", "log_loss", "calibration_error"]
    rows = [(f"model {n}", figure, 0.5, 0.6) for n in range(9) for figure in figures]
    models = pd.DataFrame(rows, columns=["model", "figure", "before", "now"])
    assert "model 8" in Comparison({"models": models})._repr_html_()


def test_the_name_a_comparison_had_before_still_works_and_says_the_new_one(tmp_path: Path) -> None:
    with pytest.warns(DeprecationWarning, match=r"wb.compare_runs is now wb.compare"), pytest.raises(ParameterError):
        compare_runs("may", "april", tmp_path)


def test_the_history_of_runs_draws_a_figure_with_a_line_a_run() -> None:
    rows = RunHistory(
        {"run": ["a", "a", "b"], "as_of": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-01-01"]),
         "at_risk": [5, 6, 7], "churn_rate": [0.1, 0.2, None]}
    )  # fmt: skip
    (ax,) = rows[rows["at_risk"] > 4].chart("at_risk").axes
    assert [line.get_ydata().tolist() for line in ax.lines] == [[5, 6], [7]]
    with pytest.raises(ParameterError, match=r"no run has a figure 'churn'; did you mean churn_rate\?"):
        rows.chart("churn")
