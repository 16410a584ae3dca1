"""All retention figures of one period at once, and why a source cannot give the others."""

from __future__ import annotations

from collections.abc import Callable

import ibis.expr.types as ir

from workbench.crm import Crm, Moment
from workbench.errors import DataError
from workbench.metrics import retention
from workbench.metrics.definitions import Metric
from workbench.metrics.experience import csat, first_response, nps
from workbench.metrics.period_check import period
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
    """Return the retention metrics of ``[start, end)`` by key, and the reason why of each that cannot be computed."""
    moved = retention.movements(lives, start, end)
    figures = {
        "churn_rate": retention.churn_rate(moved),
        "retention_rate": retention.retention_rate(moved),
        "cohort_retention": retention.cohort_retention(moved),
        "return_rate": retention.return_rate(lives, start, end),
    }
    missing = {}
    for key, metric in FIGURES.items():
        try:
            figures[key] = metric(crm, start, end)
        except DataError as why:
            missing[key.replace("_", " ")] = str(why)
    return figures, missing


def departures_by_kind(lives: ir.Table, start: Moment, end: Moment) -> dict[str, int]:
    """Return the number of departures of ``[start, end)`` by kind, most frequent first."""
    begin, finish = period(lives, start, end)
    inside = (lives.ended_at >= begin) & (lives.ended_at < finish)
    counted = lives.filter(inside).group_by("kind").aggregate(n=lambda t: t.count()).to_pandas()
    return {row.kind: int(row.n) for row in counted.sort_values("n", ascending=False).itertuples()}
