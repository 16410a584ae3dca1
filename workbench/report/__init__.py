"""The manager's report: one self-contained page, an Excel workbook, an action list and a summary."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from workbench.report import charts
from workbench.report.changes import Changes as Changes
from workbench.report.changes import changes_between as changes_between
from workbench.report.charts import draw as draw
from workbench.report.contents import Findings, most_revealing
from workbench.report.files import harmless as harmless
from workbench.report.files import harmless_id as harmless_id
from workbench.report.files import write_actions, write_segments, write_summary
from workbench.report.found import Found as Found
from workbench.report.found import read_found as read_found
from workbench.report.gather import gather as gather
from workbench.report.page import render_page
from workbench.report.quick_report import Quick as Quick
from workbench.report.quick_report import quick as quick
from workbench.report.quick_report import write_quick as write_quick
from workbench.report.wording import based_on as based_on
from workbench.report.wording import figure as figure
from workbench.report.wording import in_two_minutes as in_two_minutes
from workbench.report.wording import interval as interval
from workbench.report.wording import money_rests_on as money_rests_on


def write_report(findings: Findings, folder: Path) -> None:
    """Write index.html, segments.xlsx, actions.csv and summary.json into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(render_page(findings, draw_charts(findings)), encoding="utf-8")
    write_segments(findings, folder / "segments.xlsx")
    write_actions(findings, folder / "actions.csv")
    write_summary(findings, folder / "summary.json")


def draw_charts(findings: Findings) -> dict[str, Figure | None]:
    """Return the page's charts by name; None where there is nothing to draw."""
    evaluation = findings.evaluation
    segments, revealing = findings.segments.dropna(subset="churn"), most_revealing(findings.segments)
    cohorts, drivers = findings.cohorts, pd.DataFrame(evaluation["drivers"])
    calibration = pd.DataFrame(evaluation["calibration"])
    differ = not math.isclose(calibration["predicted"].max(), calibration["predicted"].min())
    return {
        "periods": charts.draw(charts.churn_by_period, findings.periods),
        "segments": None
        if revealing is None
        else charts.draw(
            charts.segment_churn,
            segments[segments["segmentation"] == revealing],
            overall=evaluation["n_lost"] / evaluation["n_test"],
        ),
        "bridge": None
        if findings.bridge is None
        else charts.draw(charts.mrr_bridge, findings.bridge, currency=findings.currency),
        "cohorts": charts.draw(charts.cohort_heatmap, cohorts, width=9, height=4.2) if len(cohorts) else None,
        "drivers": charts.draw(charts.driver_bars, drivers) if len(drivers) else None,
        "calibration": charts.draw(charts.calibration, calibration) if differ else None,
    }
