"""The simulator on the page: the company's own figures in groups of customers, and what they first come to."""

from __future__ import annotations

from dataclasses import asdict
from math import floor
from typing import Any

from workbench.model import NO_MODEL, simulate
from workbench.report.findings.contents import Findings


def simulator(f: Findings) -> dict[str, Any] | None:
    """Return what the page computes with and its first result; None where no customer can be priced.

    ``ranked`` is False where the probabilities do not rank customers: only what more retention brings is shown then.
    """
    groups = f.details.groups
    if not (f.priced and f.amounts_known and len(groups)):
        return None
    return {
        "groups": [[round(float(value), 4) for value in row] for row in groups.to_numpy()],
        "ranked": f.evaluation["verdict"]["word"] not in ("no usable signal", NO_MODEL),
        "money": asdict(f.money),
        "customers": f.n_at_risk,
        "revenue": f.outlook["revenue_at_risk"].of,
        "points": retention_slider(f.metrics["churn_rate"].value),
        "first": asdict(simulate(groups, f.money)),
    }


def retention_slider(churn: float) -> dict[str, float]:
    """Return value, most and step, in points, of how much higher retention could be: no more than all who leave.

    >>> retention_slider(0.309), retention_slider(0.03)
    ({'value': 5, 'most': 20, 'step': 1}, {'value': 1, 'most': 3.0, 'step': 0.5})
    """
    for least, value, step in ((5, 5, 1), (1, 1, 0.5)):
        if 100 * churn >= least:
            return {"value": value, "most": min(20, floor(round(100 * churn / step, 6)) * step), "step": step}
    return {"value": 0.1, "most": max(round(100 * churn, 1), 0.1), "step": 0.1}
