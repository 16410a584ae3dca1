"""The figures of each period at once, and why a source cannot give the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import ibis.expr.types as ir

from workbench.crm import Crm, Moment
from workbench.errors import DataError
from workbench.metrics import retention
from workbench.metrics.definitions import Metric
from workbench.metrics.experience import csat, first_response, nps, resolution, time_to_react
from workbench.metrics.revenue import gross_revenue_retention, net_revenue_retention

FIGURES: dict[str, Callable[[Crm, Moment, Moment], Metric]] = {
    "repeat_purchase_rate": retention.repeat_purchase_rate,
    "churn_at_renewal": retention.renewal_churn,
    "gross_revenue_retention": gross_revenue_retention,
    "net_revenue_retention": net_revenue_retention,
    "NPS": nps,
    "CSAT": csat,
    "first_response": lambda crm, *period: first_response(crm, *period)["median"],
}
"""The figures that not every source can give."""


def period_figures(crm: Crm, lives: ir.Table, start: Moment, end: Moment) -> tuple[dict[str, Metric], dict[str, str]]:
    """Return the figures of ``[start, end)`` that not every source gives, by key, and why each other one is missing."""
    figures = {"return_rate": retention.return_rate(lives, start, end)}
    missing = {}
    for key, metric in FIGURES.items():
        try:
            figures[key] = metric(crm, start, end)
        except DataError as why:
            missing[key.replace("_", " ")] = str(why)
    return figures, missing


def figures_by_period(
    crm: Crm, lives: ir.Table, edges: Sequence[Moment]
) -> tuple[dict[str, list[Metric | None]], dict[str, str]]:
    """Return the figures of each period between consecutive edges, and why the newest lacks some.

    A list per key, oldest period first, with None where a period has no such figure.
    """
    found = [period_figures(crm, lives, start, end) for start, end in pairwise(edges)]
    newest, missing = found[-1]
    return {key: [figures.get(key) for figures, _ in found] for key in newest}, missing


def other_definitions(lives: ir.Table, start: Moment, end: Moment) -> dict[str, Metric]:
    """Return churn and retention of ``[start, end)`` as others define them: by dated departures, new customers too."""
    moved = retention.movements(lives, start, end)
    return {
        "churn_at_start": retention.churn_rate(moved),
        "churn_baremetrics": retention.churn_rate(moved, definition="Baremetrics"),
        "churn_stripe": retention.churn_rate(moved, definition="Stripe"),
        "retention_by_counts": retention.retention_rate(moved),
        "cohort_retention": retention.cohort_retention(moved),
    }


def service_figures(crm: Crm, start: Moment, end: Moment) -> dict[str, dict[str, Metric]]:
    """Return how long customers waited in ``[start, end)``: first response, resolution, reaction to a detractor.

    Each has median, p90 and within, as in :func:`first_response`; what the source cannot show is left out.
    """
    asked = {"first response": first_response, "resolution": resolution, "reaction to a detractor": time_to_react}
    found = {}
    for name, waiting in asked.items():
        try:
            figures = waiting(crm, start, end)
        except DataError:
            continue
        if figures["median"].n:
            found[name] = figures
    return found
