"""The charts of the page, drawn from the findings."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from workbench.metrics import share_of_period
from workbench.report.drawing import charts
from workbench.report.findings.contents import Findings, most_revealing

SIGNS_SHOWN = 8
"""Warning signs drawn; the table under the chart has all."""
SMALLEST_SHARE = 0.01
"""The smallest share of all movement that is drawn."""


def draw_charts(f: Findings) -> dict[str, Figure | None]:
    """Return the page's charts by name; None where there is nothing to draw."""
    found, draw, details = _sparks(f), charts.draw, f.details
    found |= dict.fromkeys(("kinds", "segments", "bridge", "movements", "survival", "drivers", "calibration"))
    goal = None if f.goals.target is None else share_of_period(f.goals.target, f.horizon_days)
    found["periods"] = draw(charts.churn_by_period, f.periods, goal=goal)
    if len(f.kinds.columns) > 1 and len(f.kinds) > 1:
        found["kinds"] = draw(charts.kinds_by_period, f.kinds, f.kinds_until)
    revealing, segments = most_revealing(f.segments), f.segments.dropna(subset="churn")
    if revealing is not None:
        shown = segments[segments["segmentation"] == revealing]
        found["segments"] = draw(charts.segment_churn, shown, overall=f.metrics["churn_rate"])
    if f.bridge is not None:
        found["bridge"] = draw(charts.mrr_bridge, f.bridge, currency=f.currency)
    if len(details.movements) > 1:
        found["movements"] = draw(charts.revenue_movements, details.movements, currency=f.currency)
    if len(details.survival) > 1:
        found["survival"] = draw(charts.survival_curves, details.survival)
    return found | _of_the_model(pd.DataFrame(f.evaluation["drivers"]), pd.DataFrame(f.evaluation["calibration"]))


def _sparks(f: Findings) -> dict[str, Figure | None]:
    """Return the small line of each figure that has a value for two periods or more."""
    lines = {key: trend.values for key, trend in f.trends.items()} | {"revenue_lost": f.details.revenue_lost}
    return {
        f"spark-{key}": charts.draw(charts.spark, values, width=1.2, height=0.5)
        for key, values in lines.items()
        if len(values) > 1
    }


def _of_the_model(drivers: pd.DataFrame, calibration: pd.DataFrame) -> dict[str, Figure | None]:
    """Return what drives the probabilities, and how honest they are, where there is more than one value to compare."""
    found: dict[str, Figure | None] = {}
    drivers = drivers[drivers["share"] >= SMALLEST_SHARE] if len(drivers) else drivers
    if len(drivers) > 1:
        found["drivers"] = charts.draw(charts.driver_bars, drivers.head(SIGNS_SHOWN))
    if _differ(calibration):
        found["calibration"] = charts.draw(charts.calibration, calibration)
    return found


def _differ(calibration: pd.DataFrame) -> bool:
    """Whether the predicted shares differ by more than what is observed of one of them could."""
    if calibration.empty:
        return False
    predicted = calibration["predicted"]
    return bool(predicted.max() - predicted.min() > (calibration["high"] - calibration["low"]).min())
