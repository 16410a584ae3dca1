"""The report as one HTML file that opens offline: words, tables and charts arranged."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import jinja2
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from workbench.report import wording as words
from workbench.report.contents import Findings, most_revealing

SHOWN = 15
"""Rows of a list shown on the page; all are in actions.csv."""


def render_page(findings: Findings, charts: Mapping[str, Figure | None]) -> str:
    """Return the report's HTML: no scripts, no outside files; every text from the data is escaped."""
    pages = environment()
    pages.filters |= {
        "day": words.day, "interval": words.interval, "based_on": words.based_on,
        "rows": words.rows,
        "figure": lambda metric: words.figure(metric.value, metric.unit),
        "amount": lambda value: words.amount(value, findings.currency),
    }  # fmt: skip
    return pages.get_template("page.html.j2").render(
        f=findings,
        summary=words.in_two_minutes(findings),
        verdict=words.verdict(findings),
        how_lost=words.how_lost(findings),
        how_moved=words.how_revenue_moved(findings),
        missing=words.missing(findings),
        nobody=words.why_nobody(findings),
        has_left=words.has_left(findings),
        segment_churn=words.segment_churn(findings),
        not_the_rate=words.not_the_rate(findings),
        trained_on=words.trained_on(findings),
        charts={name: svg(figure, name) if figure else None for name, figure in charts.items()},
        segmentations=_segment_tables(findings),
        revealing=findings.segmentations.get(most_revealing(findings.segments) or "", "").lower(),
        by_channel=findings.keep["channel"].notna().any() or findings.win_back["channel"].notna().any(),
        keep=_records(findings.keep.head(SHOWN)),
        win_back=_records(findings.win_back.head(SHOWN)),
        comparison=findings.evaluation["comparison"],
    )


def environment() -> jinja2.Environment:
    """Return where the pages' templates lie; every text put into them is escaped."""
    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("workbench.report", "."), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.filters["share"] = words.share
    return pages


def _records(rows: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]


def _segment_tables(findings: Findings) -> dict[str, list[dict[str, object]]]:
    segments = findings.segments
    return {
        title: _records(segments[segments["segmentation"] == name])
        for name, title in findings.segmentations.items()
        if (segments["segmentation"] == name).sum() > 1
    }


def svg(figure: Figure, name: str) -> Markup:
    """Return a figure as inline SVG that scales; ids are made unique, since several stand on one page."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    return Markup(re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'aria-hidden="true" focusable="false"', svg, count=1))
