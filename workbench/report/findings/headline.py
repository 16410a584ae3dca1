"""The figures at the top of the page, each beside those of the periods before, and the goals they are held against."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench import metrics
from workbench.crm import Crm
from workbench.metrics import Metric, Trend
from workbench.model import Forecast
from workbench.segments import revenue_of_a_year

LONG = ("NPS", "CSAT", "first_response", "repeat_purchase_rate", "return_rate", "churn_at_renewal")
"""Figures that do not add up over periods, so none of a year follows from them."""


@dataclass(frozen=True)
class Goals:
    """The churn of a year that the analyst accepts (``target``) and that of the industry; None where not given."""

    target: float | None = None
    benchmark: float | None = None

    @classmethod
    def of(cls, target: float, benchmark: float) -> Goals:
        """Return the goals that two parameters name; 0 stands for none."""
        return cls(target or None, benchmark or None)


NO_GOALS = Goals()


def with_revenue(crm: Crm, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the labels with yearly_revenue: what each customer brought in the year before the snapshot."""
    parts = [
        part.assign(yearly_revenue=revenue_of_a_year(crm, part["as_of"].iloc[0].to_pydatetime(), part["customer_id"]))
        for _, part in labels.groupby("as_of", sort=True)
    ]
    return pd.concat(parts)


def headline_trends(
    labels: pd.DataFrame, by_period: Mapping[str, Sequence[Metric | None]], *, horizon_days: int
) -> dict[str, Trend]:
    """Return the trend of every figure known of the newest period, by key; ``labels`` with yearly_revenue."""
    outcomes: dict[str, Callable[[pd.DataFrame], Metric]] = {
        "churn_rate": metrics.outcome_churn,
        "retention_rate": metrics.outcome_retention,
        "revenue_retention": metrics.revenue_kept,
    }
    snapshots = [part for _, part in labels.groupby("as_of", sort=True)]
    known = labels["yearly_revenue"].notna().any()
    figures = {
        key: [metric(part) for part in snapshots]
        for key, metric in outcomes.items()
        if known or key != "revenue_retention"
    }
    trends = {key: metrics.trend(rows, yearly=_yearly(key, rows[-1], horizon_days))
              for key, rows in {**figures, **by_period}.items()}  # fmt: skip
    return {key: found for key, found in trends.items() if found is not None}


def _yearly(key: str, newest: Metric | None, horizon_days: int) -> Metric | None:
    if newest is None or key in LONG or np.isnan(newest.value):
        return None
    return (metrics.per_year if key == "churn_rate" else metrics.kept_per_year)(newest, horizon_days)


SPREAD = "; the interval holds chance and how far earlier periods differed from one another"


def as_forecast(outlook: Mapping[str, Metric], coming: Forecast) -> dict[str, Metric]:
    """Return what is expected with the forecast's intervals, so that the page has one for each figure.

    A figure that the forecast has no interval of (too few periods) keeps its own. Where the revenue of earlier periods
    is not known, revenue is as uncertain as the number of customers, in odds.
    """
    share, revenue = coming.bounds("customers", share=True), coming.bounds("revenue", share=False)
    churn, at_risk = outlook["expected_churn"], outlook["revenue_at_risk"]
    if math.isnan(revenue[0]) and at_risk.of and not math.isnan(at_risk.value) and not math.isnan(share[0]):
        wide = [at_risk.of * _shifted(at_risk.value / at_risk.of, churn.value, bound) for bound in share]
        revenue = min(wide[0], at_risk.low), max(wide[1], at_risk.high)
    return {"expected_churn": _with_bounds(churn, *share), "revenue_at_risk": _with_bounds(at_risk, *revenue)}


def _shifted(share: float, known: float, bound: float) -> float:
    """Return a share whose odds are to those of ``share`` as the odds of ``bound`` are to those of ``known``.

    >>> round(_shifted(0.5, 0.2, 0.5), 3), _shifted(0.5, 0.2, 1.0)
    (0.8, 1.0)
    """
    if not 0 < share < 1 or not 0 < known < 1:
        return share
    gone, left = share * (1 - known) * bound, (1 - share) * known * (1 - bound)
    return gone / (gone + left)


def _with_bounds(metric: Metric, low: float, high: float) -> Metric:
    if math.isnan(metric.value) or math.isnan(low):
        return metric
    return replace(metric, low=low, high=high, definition=metric.definition.partition(";")[0] + SPREAD)
