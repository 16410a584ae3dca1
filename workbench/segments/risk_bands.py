"""The whole base by risk: how many customers, and how much revenue, stand at which risk of being lost."""

from __future__ import annotations

import numpy as np
import pandas as pd

EDGES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 1.0)
"""Bands of the probability of being lost; each holds its lower edge, the last one 1 as well."""


def risk_bands(now: pd.DataFrame) -> pd.DataFrame:
    """Return one row per band of risk: band, customers, expected_lost, yearly_revenue, revenue_at_risk; riskiest first.

    Input: customers with at_risk, churn_probability, yearly_revenue and revenue_at_risk (both empty where not known);
    only those at risk are counted, and who gave back more than they bought brought nothing. Bands without customers are
    left out.

    >>> now = pd.DataFrame({"at_risk": True, "churn_probability": [0.01, 0.5, 1.0], "yearly_revenue": [1.0, 2, 3],
    ...                     "revenue_at_risk": [0.01, 1, 3]})
    >>> risk_bands(now)[["band", "customers", "expected_lost"]].values.tolist()
    [['60 to 100 %', 1, 1.0], ['40 to 60 %', 1, 0.5], ['0 to 5 %', 1, 0.01]]
    """
    at_risk = now[now["at_risk"]]
    place = np.clip(np.searchsorted(EDGES, at_risk["churn_probability"], side="right") - 1, 0, len(EDGES) - 2)
    by = at_risk.assign(place=place).groupby("place")
    bands = by.agg(
        customers=("churn_probability", "size"),
        expected_lost=("churn_probability", "sum"),
        yearly_revenue=("yearly_revenue", lambda amounts: amounts.clip(lower=0).sum(min_count=1)),
        revenue_at_risk=("revenue_at_risk", lambda amounts: amounts.sum(min_count=1)),
    ).sort_index(ascending=False)
    names = [f"{EDGES[i] * 100:.0f} to {EDGES[i + 1] * 100:.0f} %" for i in bands.index]
    bands.insert(0, "band", names)
    return bands.reset_index(drop=True)
