"""The simulator's sliders as they stand on the page."""

import re

from workbench.report.findings.contents import Findings
from workbench.report.findings.simulator import retention_slider
from workbench.report.formats import number_texts as texts
from workbench.report.html_page.page import environment

MONEY = {"save_share": 0.634, "offer_cost": 0.0, "taken_by_stayers": 0.125, "contact_cost": 21.2769, "margin_rate": 0.3}
FIRST = dict.fromkeys(("contacted", "kept", "revenue_kept", "cost", "gain"), 1.0)


def test_each_slider_begins_at_the_figure_that_the_page_computes_with(unpriced: Findings) -> None:
    pages = environment()
    pages.filters["three_digits"] = lambda value: texts.scenario(value, "EUR", digits=3)
    pages.filters["about"] = lambda n: texts.scenario(n, "")
    known = {
        "money": MONEY | {"discount_rate": 0.1},
        "ranked": True,
        "first": FIRST,
        "groups": [[1, 1, 1, 1]],
        "points": retention_slider(0.3),
    }
    page = pages.get_template("simulator.html.j2").render(simulator=known, f=unpriced)
    sliders = re.findall(r'name="(\w+)" min="([^"]+)" max="([^"]+)" step="([^"]+)" value="([^"]+)"', page)
    assert {name: float(value) for name, *_, value in sliders} == {
        "points": 5, "save": 63.4, "offer": 0, "stayers": 12.5, "contact": 21.28,
    }  # fmt: skip
    for _, low, high, step, value in sliders:
        steps = (float(value) - float(low)) / float(step)
        assert abs(steps - round(steps)) < 1e-6 and 0 <= float(low) < float(step) and float(value) <= float(high)


def test_retention_cannot_rise_by_more_than_all_who_leave() -> None:
    for churn in (0.004, 0.03, 0.2):
        slider = retention_slider(churn)
        assert slider["value"] <= slider["most"] <= 100 * churn + 1e-9
