"""A report of findings as one HTML page that needs nothing else: no scripts, readable on a phone and on paper."""

from __future__ import annotations

import jinja2

from workbench.check.findings import LIMITS, Report
from workbench.check.key_figures import shown_count
from workbench.errors import unturned


def render_page(report: Report) -> str:
    """Return the page: the verdict, each finding, what was loaded, and the limits; every value is escaped.

    >>> page = render_page(Report("<shop>", {"orders": 3}, "2024-01-01 to 2024-02-01", ()))
    >>> "&lt;shop&gt;" in page, "<script" in page
    (True, False)
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("workbench.check", "."), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"bound": _bound, "count_text": shown_count}
    return unturned(environment.get_template("check_page.html.j2").render(report=report, limits=LIMITS))


def _bound(limit: float | None, unit: str) -> str:
    if limit is None:
        return "never"
    return f"AUC {limit:.2f}" if unit == "AUC" else f"{limit:.0%}".replace("%", " %")
