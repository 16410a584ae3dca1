"""The native charts and colours of the workbook."""

from __future__ import annotations

from typing import Any

from workbench.report.exports.workbook_sheet import Sheet

GRID = {"visible": True, "line": {"color": "#DDDDDD"}}


def draw_periods(book: Any, page: Any, sheet: Sheet) -> None:
    """Draw churn per period with its interval."""
    chart = book.add_chart({"type": "line"})
    for column, colour, width in (("churn", "#0072B2", 2.25), ("low", "#888888", 1), ("high", "#888888", 1)):
        chart.add_series({
            "name": [sheet.name, sheet.first - 1, sheet.place(column)], "categories": sheet.cells("end"),
            "values": sheet.cells(column), "line": {"color": colour, "width": width},
            "marker": {"type": "circle"} if column == "churn" else {"type": "none"},
        })  # fmt: skip
    _finish(chart, sheet.say("Churn per period, with its 95 % interval"))
    chart.set_y_axis({"num_format": "0 %", "major_gridlines": GRID})
    chart.set_x_axis({"text_axis": True, "num_format": "d mmm yyyy", "name": sheet.say("end of the period")})
    page.insert_chart(sheet.last + 4, 0, chart, {"x_scale": 1.4})


def draw_bridge(book: Any, page: Any, sheet: Sheet) -> None:
    """Draw what each movement brought."""
    chart = book.add_chart({"type": "column"})
    chart.add_series({
        "name": sheet.say("amount"), "categories": sheet.cells("movement"), "values": sheet.cells("amount"),
        "fill": {"color": "#0072B2"},
    })  # fmt: skip
    _finish(chart, sheet.say("Monthly recurring revenue by movement"))
    chart.set_y_axis({"num_format": "#,##0", "major_gridlines": GRID})
    page.insert_chart(sheet.last + 4, 0, chart, {"x_scale": 1.4})


def draw_segments(book: Any, page: Any, sheet: Sheet, sorting: str | None) -> None:
    """Draw churn by the sorting that reveals most: its rows stand together."""
    rows = [i for i, title in enumerate(sheet.rows["title"], sheet.first) if title == sorting]
    if not rows:
        return
    chart = book.add_chart({"type": "bar"})
    chart.add_series({
        "name": sheet.say("churn"), "categories": sheet.cells("segment", rows[0], rows[-1]),
        "values": sheet.cells("churn", rows[0], rows[-1]), "fill": {"color": "#0072B2"},
    })  # fmt: skip
    _finish(chart, sheet.say(f"Churn of the last period by {str(sorting).lower()}"))
    chart.set_x_axis({"num_format": "0 %", "major_gridlines": GRID})
    chart.set_y_axis({"reverse": True})
    page.insert_chart(sheet.last + 3, 0, chart, {"x_scale": 1.4})


def draw_cohorts(_: Any, page: Any, sheet: Sheet) -> None:
    """Colour the shares of cohorts, the higher the deeper."""
    last = len(sheet.columns) - 1
    page.conditional_format(sheet.first, 2, sheet.last, max(last, 2), {
        "type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#7FB3D9",
    })  # fmt: skip


def _finish(chart: Any, title: str) -> None:
    chart.set_title({"name": title, "name_font": {"size": 11}})
    chart.set_legend({"position": "bottom"})
