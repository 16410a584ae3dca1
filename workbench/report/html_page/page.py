"""The report as one HTML file that opens offline: words, tables and charts arranged."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import jinja2
import matplotlib
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from workbench.errors import in_singular, unturned
from workbench.report.drawing.chart_style import fit_labels
from workbench.report.findings.contents import Findings, most_revealing
from workbench.report.findings.simulator import simulator
from workbench.report.formats import number_texts as texts
from workbench.report.html_page.page_style import PLAIN, PageStyle
from workbench.report.privacy.privacy_counts import few_unknown
from workbench.report.sentences import summary
from workbench.report.sentences import wording as words
from workbench.report.sentences.cards import cards
from workbench.report.sentences.sections import left_out, shown
from workbench.report.text_tables.campaign_tables import campaign_tables
from workbench.report.text_tables.change_tables import change_tables
from workbench.report.text_tables.service_tables import service_tables
from workbench.report.text_tables.tables import Table, chart_tables, other_groupings
from workbench.report.text_tables.value_tables import value_tables
from workbench.report.text_tables.why_tables import why_tables

ROOM = 14
"""Months of a cohort that fit beside each other on a page."""
DEEPEST = 0.5
"""How far the colour of a full cell covers the page: letters stay readable on it."""
THEME = {
    "#333333": "chart-ink", "#0072b2": "c1", "#d55e00": "c2", "#009e73": "c3", "#cc79a7": "c4", "#e69f00": "c5",
    "#767676": "c-grey",
}  # fmt: skip
"""The page's colour for each of the charts': dark on a light screen and light on a dark one."""


_PERCENT = re.compile(r"(?<=\d) (?=%)")
_RANGE = re.compile(r"(?<=\d)–(?=\d)")
"""What must not be parted at the end of a line: a number from its unit, a range of numbers."""


def render_page(findings: Findings, charts: Mapping[str, Figure | None], style: PageStyle = PLAIN) -> str:
    """Return the report's HTML: no outside files; every text from the data is escaped."""
    pages = environment()
    pages.filters |= {
        "day": texts.day, "based_on": texts.based_on, "rows": texts.rows,
        "few": lambda n: texts.few(texts.known(n), findings.min_cell),
        "counted": lambda n: texts.counted(texts.known(n)),
        "interval": lambda metric: texts.interval(metric, findings.currency),
        "figure": lambda metric: texts.figure(metric, findings.currency),
        "amount": lambda value: texts.amount(value, findings.currency),
        "three_digits": lambda value: texts.scenario(value, findings.currency, digits=3),
        "about": lambda n: texts.scenario(n, ""),
    }  # fmt: skip
    page = pages.get_template("page.html.j2").render(
        f=findings,
        words=words,
        texts=texts,
        summary=summary,
        cards=cards(findings),
        sections=shown(findings, style.sections),
        style=style,
        held_out=few_unknown(len(findings.held_out), findings.min_cell),
        left_out=left_out(findings),
        tables=_tables(findings),
        charts={name: svg(figure, name) if figure else None for name, figure in charts.items()},
        simulator=simulator(findings),
        revealing=findings.segmentations.get(most_revealing(findings.segments) or "", "").lower(),
        cohort_months=cohort_months(findings.cohorts),
        other_groupings=[findings.segmentations[name].lower() for name in other_groupings(findings)],
        cohort_rows=_cohorts(findings),
    )
    return unturned(_RANGE.sub("–\N{WORD JOINER}", _PERCENT.sub("\N{NO-BREAK SPACE}", in_singular(page))))


def _tables(findings: Findings) -> dict[str, Table | None]:
    """Return all tables of the page by name, without columns in which nothing is known."""
    parts = (chart_tables, campaign_tables, why_tables, change_tables, value_tables, service_tables)
    return {name: table and table.known_columns() for part in parts for name, table in part(findings).items()}


def environment() -> jinja2.Environment:
    """Return where the pages' templates lie; every text put into them is escaped."""
    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("workbench.report.html_page", "templates"),
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.filters |= {"share": texts.share, "stated": texts.stated}
    return pages


def cohort_months(cohorts: pd.DataFrame) -> list[int]:
    """Return the months after the first that a page has room for: each up to six, then quarters, then years.

    >>> cohort_months(pd.DataFrame(columns=range(20)))
    [1, 2, 3, 4, 5, 6, 9, 12, 15, 18]
    """
    months = [int(month) for month in cohorts.columns if int(month) > 0]
    if len(months) <= ROOM:
        return months
    return [m for m in months if m <= 6 or (m <= 24 and m % 3 == 0) or m % 12 == 0]


def _cohorts(findings: Findings) -> list[dict[str, object]]:
    """Return the cells of the cohorts: percent, and how deep a colour stands for it."""
    if not len(findings.cohorts):
        return []
    shares = findings.cohorts[cohort_months(findings.cohorts)].dropna(how="all")
    return [
        {
            "month": f"{month:%B %Y}",
            "size": f"{findings.cohorts.attrs['sizes'][str(month.date())]:,}",
            "cells": [_cell(value) for value in row],
        }
        for month, row in zip(shares.index, shares.to_numpy(), strict=True)
    ]


def _cell(share: float) -> dict[str, str]:
    return (
        {"text": "", "depth": "0"}
        if share != share
        else {"text": f"{share * 100:.0f}{texts.PERCENT}", "depth": f"{share * DEEPEST:.2f}"}
    )


def svg(figure: Figure, name: str) -> Markup:
    """Return a figure as inline SVG that scales, in the page's colours; ids are made unique on the page."""
    out = io.StringIO()
    fit_labels(figure)
    with matplotlib.rc_context({"svg.hashsalt": name}):  # the same ids for the same chart
        figure.savefig(
            out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")), transparent=True
        )
    drawn = out.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", drawn)
    drawn = re.sub("#[0-9a-f]{6}", lambda found: _themed(found[0]), drawn)
    return Markup(re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'aria-hidden="true" focusable="false"', drawn, count=1))


def _themed(colour: str) -> str:
    return f"var(--{THEME[colour]}, {colour})" if colour in THEME else colour
