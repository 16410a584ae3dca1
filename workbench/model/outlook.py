"""What to expect of all customers at risk together: the share that leaves, and the revenue at risk with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.metrics import Metric
from workbench.stats import foreseen


def expected_losses(now: pd.DataFrame, *, priced: bool) -> dict[str, Metric]:
    """Return expected_churn (share of customers at risk) and revenue_at_risk (currency), with 95 % intervals.

    Input columns: at_risk, churn_probability, yearly_revenue (empty where not known). Revenue at risk is empty where no
    amounts are known, and unless customers who churn within the horizon may be ``priced`` as lost.
    """
    at_risk = now[now["at_risk"]]
    risk = at_risk["churn_probability"].to_numpy(float)
    known = at_risk["yearly_revenue"].notna().to_numpy()
    revenue = at_risk["yearly_revenue"].fillna(0).clip(lower=0).to_numpy(float)
    share, total = foreseen(risk, revenue)
    brought = float(revenue.sum())
    if not priced or not brought:
        total = replace(total, value=np.nan, low=np.nan, high=np.nan)
    expected = Metric(
        "expected churn", share.value, share.low, share.high, float(risk.sum()), len(risk),
        "mean probability of churn of the customers at risk; the interval holds chance, and supposes the model right",
        len(risk),
    )  # fmt: skip
    at_stake = Metric(
        "revenue at risk", total.value, total.low, total.high, total.value, brought if known.any() else np.nan,
        "probability of churn times a customer's yearly revenue, summed over the customers at risk; the interval holds "
        "chance, and supposes the model right",
        int(known.sum()), unit="currency",
    )  # fmt: skip
    return {"expected_churn": expected, "revenue_at_risk": at_stake}
