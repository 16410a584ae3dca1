"""What other assumptions would bring: customers in groups, so that a page can compute without any single customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.model.value import Money

GROUPS = 40
FEWEST = 10
"""Customers in a group at the least."""
COLUMNS = ["customers", "leavers", "lost_revenue", "lost_margin"]


def simulation_groups(now: pd.DataFrame) -> pd.DataFrame:
    """Return the customers at risk in groups of like expected loss: customers, leavers, lost_revenue, lost_margin.

    Input: at_risk, churn_probability, yearly_revenue and margin_if_retained (currency; customers of whom either is not
    known are left out). Groups are equal parts ordered by probability times margin, the largest first, at most 40 and
    of 10 customers at the least; ``leavers`` sums the probabilities, the last two columns probability times revenue and
    times margin. No figure is that of one customer.

    >>> now = pd.DataFrame({"at_risk": True, "churn_probability": 0.5, "yearly_revenue": [10.0] * 10 + [30.0] * 10})
    >>> simulation_groups(now.assign(margin_if_retained=now["yearly_revenue"] / 5)).values.tolist()
    [[10.0, 5.0, 150.0, 30.0], [10.0, 5.0, 50.0, 10.0]]
    """
    known = now[now["at_risk"] & now["yearly_revenue"].notna() & now["margin_if_retained"].notna()]
    if len(known) < FEWEST:
        return pd.DataFrame(columns=COLUMNS, dtype="float64")
    risk = known["churn_probability"].to_numpy(float)
    revenue = risk * known["yearly_revenue"].clip(lower=0).to_numpy(float)
    margin = risk * known["margin_if_retained"].to_numpy(float)
    parts = np.array_split(np.argsort(-margin, kind="stable"), min(GROUPS, len(known) // FEWEST))
    return pd.DataFrame([(len(p), risk[p].sum(), revenue[p].sum(), margin[p].sum()) for p in parts], columns=COLUMNS)


@dataclass(frozen=True)
class Simulated:
    """What contacting the groups for whom it pays would bring: customers and amounts (currency), a scenario."""

    contacted: float
    kept: float
    revenue_kept: float
    cost: float
    gain: float


def simulate(groups: pd.DataFrame, money: Money) -> Simulated:
    """Return what contacting every group brings in which contacts are expected to gain more than they cost.

    Per group: γ·(lost margin − d·leavers) − a·d·stayers − c·customers, as :func:`expected_gain` of its customers
    together.

    >>> groups = pd.DataFrame({"customers": [10.0, 10.0], "leavers": [5.0, 1.0], "lost_revenue": [5000.0, 100.0],
    ...                        "lost_margin": [1500.0, 30.0]})
    >>> round(simulate(groups, Money(0.3, 0.1, 10, 0.3, 5, 0.0)).gain, 2)
    80.0
    """
    leavers, stayers = groups["leavers"], groups["customers"] - groups["leavers"]
    taken = money.save_share * leavers + money.taken_by_stayers * stayers
    cost = money.offer_cost * taken + money.contact_cost * groups["customers"]
    gain = money.save_share * groups["lost_margin"] - cost
    pays = gain > 0
    return Simulated(
        contacted=float(groups.loc[pays, "customers"].sum()),
        kept=float(money.save_share * leavers[pays].sum()),
        revenue_kept=float(money.save_share * groups.loc[pays, "lost_revenue"].sum()),
        cost=float(cost[pays].sum()),
        gain=float(gain[pays].sum()),
    )
