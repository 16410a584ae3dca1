"""The manager's report: one self-contained page, an Excel workbook, an action list and a summary."""

from __future__ import annotations

from pathlib import Path

from workbench.report.drawing import charts as charts
from workbench.report.drawing.charts import draw as draw
from workbench.report.drawing.page_charts import draw_charts as draw_charts
from workbench.report.exports.files import harmless as harmless
from workbench.report.exports.files import harmless_id as harmless_id
from workbench.report.exports.files import write_actions, write_alerts, write_held_out
from workbench.report.exports.summary_file import summary_schema as summary_schema
from workbench.report.exports.summary_file import write_summary
from workbench.report.exports.workbook import write_workbook
from workbench.report.findings.changes import Changes as Changes
from workbench.report.findings.changes import changes_between as changes_between
from workbench.report.findings.contents import Findings as Findings
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
