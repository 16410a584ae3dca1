"""The manager's report: one self-contained page, an Excel workbook, an action list and a summary."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from workbench.metrics import share_of_period
from workbench.report.drawing import charts as charts
from workbench.report.drawing.charts import draw as draw
from workbench.report.exports.files import harmless as harmless
from workbench.report.exports.files import harmless_id as harmless_id
from workbench.report.exports.files import write_actions, write_alerts, write_held_out
from workbench.report.exports.summary_file import summary_schema as summary_schema
from workbench.report.exports.summary_file import write_summary
from workbench.report.exports.workbook import write_workbook
from workbench.report.findings.changes import Changes as Changes
from workbench.report.findings.changes import changes_between as changes_between
from workbench.report.findings.contents import Findings as Findings
from workbench.report.findings.contents import most_revealing
from workbench.report.findings.found import Found as Found
from workbench.report.findings.found import read_found as read_found
from workbench.report.findings.gather import gather as gather
from workbench.report.findings.headline import Goals as Goals
from workbench.report.formats.number_texts import based_on as based_on
from workbench.report.formats.number_texts import figure as figure
from workbench.report.formats.number_texts import interval as interval
from workbench.report.formats.shown_tables import show as show
from workbench.report.html_page.company_names import named as named
from workbench.report.html_page.language import Language as Language
from workbench.report.html_page.localized import localized as localized
from workbench.report.html_page.localized import write_localized
from workbench.report.html_page.page import render_page
from workbench.report.html_page.page_style import PLAIN as PLAIN
from workbench.report.html_page.page_style import PageStyle
from workbench.report.html_page.page_style import read_style as read_style
from workbench.report.html_page.printing import print_page as print_page
from workbench.report.html_page.quick_report import Quick as Quick
from workbench.report.html_page.quick_report import quick as quick
from workbench.report.html_page.quick_report import write_quick as write_quick
from workbench.report.privacy.private_findings import private as private
from workbench.report.sentences.summary import in_two_minutes as in_two_minutes
from workbench.report.sentences.wording import money_rests_on as money_rests_on
from workbench.report.text_tables.change_tables import figure_changes as figure_changes

SIGNS_SHOWN = 8
"""Warning signs drawn; the table under the chart has all."""
SMALLEST_SHARE = 0.01
"""The smallest share of all movement that is drawn."""


def write_report(findings: Findings, folder: str | Path, style: PageStyle = PLAIN, *, min_cell: int = 10) -> None:
    """Write index.html, segments.xlsx, actions.csv, held_out.csv and summary.json into ``folder``; alerts.csv if asked.

    No file but those of customers (lists, held out, alerts) is about a group of fewer than ``min_cell`` customers; 0
    hides nothing.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shown = private(findings, min_cell)
    if style.language is None:
        (folder / "index.html").write_text(render_page(shown, draw_charts(shown), style), encoding="utf-8")
        write_workbook(shown, folder / "segments.xlsx")
    else:
        write_localized(shown, folder, style, draw_charts)
    write_actions(shown, folder / "actions.csv")
    write_held_out(shown, folder / "held_out.csv")
    if shown.alerts.found:
        write_alerts(shown, folder / "alerts.csv")
    write_summary(shown, folder / "summary.json")


def draw_charts(findings: Findings) -> dict[str, Figure | None]:
    """Return the page's charts by name; None where there is nothing to draw."""
    evaluation = findings.evaluation
    segments, revealing = findings.segments.dropna(subset="churn"), most_revealing(findings.segments)
    drivers, calibration = pd.DataFrame(evaluation["drivers"]), pd.DataFrame(evaluation["calibration"])
    drivers = drivers[drivers["share"] >= SMALLEST_SHARE] if len(drivers) else drivers
    lines = {key: found.values for key, found in findings.trends.items()}
    sparks = {
        f"spark-{key}": charts.draw(charts.spark, values, width=1.2, height=0.5)
        for key, values in {**lines, "revenue_lost": findings.details.revenue_lost}.items()
        if len(values) > 1
    }
    target = findings.goals.target
    goal = None if target is None else share_of_period(target, findings.horizon_days)
    return sparks | {
        "periods": charts.draw(charts.churn_by_period, findings.periods, goal=goal),
        "kinds": charts.draw(charts.kinds_by_period, findings.kinds, findings.kinds_until)
        if len(findings.kinds.columns) > 1 and len(findings.kinds) > 1
        else None,
        "segments": None
        if revealing is None
        else charts.draw(
            charts.segment_churn,
            segments[segments["segmentation"] == revealing],
            overall=findings.metrics["churn_rate"],
        ),
        "bridge": None
        if findings.bridge is None
        else charts.draw(charts.mrr_bridge, findings.bridge, currency=findings.currency),
        "movements": charts.draw(charts.revenue_movements, findings.details.movements, currency=findings.currency)
        if len(findings.details.movements) > 1
        else None,
        "survival": charts.draw(charts.survival_curves, findings.details.survival)
        if len(findings.details.survival) > 1
        else None,
        "drivers": charts.draw(charts.driver_bars, drivers.head(SIGNS_SHOWN)) if len(drivers) > 1 else None,
        "calibration": charts.draw(charts.calibration, calibration) if _differ(calibration) else None,
    }


def _differ(calibration: pd.DataFrame) -> bool:
    """Whether the predicted shares differ by more than what is observed of one of them could."""
    if calibration.empty:
        return False
    predicted = calibration["predicted"]
    return bool(predicted.max() - predicted.min() > (calibration["high"] - calibration["low"]).min())
