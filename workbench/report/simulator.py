"""The simulator on the page: the company's own figures in groups of customers, and what they first come to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from workbench.model import NO_MODEL, simulate
from workbench.report.contents import Findings


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
        "first": asdict(simulate(groups, f.money)),
    }
