"""Segments: named groups of customers, and their numbers beside those of all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from workbench.stats import differs_from_rest, wilson

FEWEST_IN_SEGMENT = 30
NEW_DAYS = 60
STATIC = ["country", "segment", "industry", "company_size"]
REPORTED = [
    "segmentation", "segment", "customers", "at_risk", "expected_churn", "expected_lost", "yearly_revenue",
    "revenue_at_risk", "n", "lost", "churn", "low", "high", "p_adjusted", "differs",
]  # fmt: skip
"""The columns of a segment report."""


def value_segment(revenue: pd.Series, *, vip_share: float) -> pd.Series:
    """Return 'VIP' for the smallest group that brings ``vip_share`` of all positive revenue (Pareto), else 'other'.

    >>> value_segment(pd.Series([80.0, 10, 5, 5]), vip_share=0.8).tolist()
    ['VIP', 'other', 'other', 'other']
    """
    positive = revenue.fillna(0).clip(lower=0).sort_values(ascending=False, kind="stable")
    before = positive.cumsum() - positive
    vip = (before < vip_share * positive.sum()) & (positive > 0)
    return vip.reindex(revenue.index).map({True: "VIP", False: "other"}).where(revenue.notna(), "unknown")


def rfm_segment(panel: pd.DataFrame) -> pd.Series:
    """Return a named group per customer from recency, frequency and money, each in fifths of this snapshot's customers.

    Input columns: days_since_order, n_orders, net_revenue, tenure_days, at_risk. The first rule that fits gives the
    name: New (first order in the last 60 days, one order), Champions (R, F and M in the top two fifths), Loyal (F in
    the top two fifths, R not in the bottom two), Slipping big spenders (R in the bottom two, or lapsed; M in the top
    two), Slipping (R in the bottom two, or lapsed), Occasional (all others). The lapsed are never New, Champions or
    Loyal.
    """
    recency = _fifths(-panel["days_since_order"])
    frequency, money = _fifths(panel["n_orders"]), _fifths(panel["net_revenue"])
    names = ["New", "Champions", "Loyal", "Slipping big spenders", "Slipping"]
    slipping = (recency <= 2) | ~panel["at_risk"]
    rules = [
        panel["at_risk"] & (panel["tenure_days"] <= NEW_DAYS) & (panel["n_orders"] == 1),
        panel["at_risk"] & (recency >= 4) & (frequency >= 4) & (money >= 4),
        panel["at_risk"] & (frequency >= 4) & (recency >= 3),
        slipping & (money >= 4),
        slipping,
    ]
    return pd.Series(np.select(rules, names, "Occasional"), index=panel.index)


def _fifths(values: pd.Series) -> pd.Series:
    """Score 1 (low) to 5 (high); equal values share a score, so it does not depend on the rows' order."""
    return pd.Series(np.ceil(values.rank(method="average", pct=True) * 5), index=values.index).clip(1, 5)


def static_segment(column: pd.Series) -> pd.Series:
    """Return the column's own values, or 'others' for those that fewer than 30 customers have."""
    known = column.fillna("unknown").astype("str")
    size = known.map(known.value_counts())
    return known.where(size >= FEWEST_IN_SEGMENT, "others")


def as_grouped(column: pd.Series, groups: pd.Series) -> pd.Series:
    """Return the column's values where ``groups`` has them, else 'others': the same groups at another snapshot."""
    known = column.fillna("unknown").astype("str")
    return known.where(known.isin(groups), "others")


def segment_all(customers: pd.DataFrame, *, vip_share: float) -> pd.DataFrame:
    """Return one column per segmentation for the customers of one snapshot.

    Value where any revenue is known; rfm for a business of orders alone; country, segment, industry and company_size
    where known.
    """
    segments = pd.DataFrame(index=customers.index)
    if (customers["yearly_revenue"] > 0).any():
        segments["value"] = value_segment(customers["yearly_revenue"], vip_share=vip_share)
    if "days_since_order" in customers and "subscription_days" not in customers:
        segments["rfm"] = rfm_segment(customers)
    for column in STATIC:
        if column in customers and customers[column].notna().any():
            segments[column] = static_segment(customers[column])
    return segments


def observed_churn(past: pd.DataFrame, segmentations: Sequence[str]) -> pd.DataFrame:
    """Return observed churn per segment at the last labelled snapshot, compared with all other customers at risk.

    Input: one row per customer at risk with ``churned`` and one column per segmentation. Output columns: segmentation,
    segment, n, lost, churn, low, high (Wilson, 95 %), p_adjusted (Benjamini–Hochberg within the segmentation), differs.
    """
    return pd.concat([_observed(past, name) for name in segmentations], ignore_index=True)


def _observed(past: pd.DataFrame, segmentation: str) -> pd.DataFrame:
    counts = past.groupby(segmentation)["churned"].agg(n="size", lost="sum").rename_axis("segment").reset_index()
    shares = [wilson(lost, n) for lost, n in zip(counts["lost"], counts["n"], strict=True)]
    counts = counts.assign(
        segmentation=segmentation,
        churn=[s.value for s in shares],
        low=[s.low for s in shares],
        high=[s.high for s in shares],
    )
    total = (past["churned"].sum(), len(past))
    p = [differs_from_rest(lost, n, *total) for lost, n in zip(counts["lost"], counts["n"], strict=True)]
    adjusted = false_discovery_control(p)
    return counts.assign(p_adjusted=adjusted, differs=adjusted < 0.05)


def outlook(now: pd.DataFrame, segmentations: Sequence[str]) -> pd.DataFrame:
    """Return what to expect per segment at ``as_of``: customers, at risk, expected churn, revenue and revenue at risk.

    Input: one row per customer with at_risk, churn_probability (empty for the lapsed), yearly_revenue, revenue_at_risk.
    """
    parts = []
    for name in segmentations:
        at_risk = now[now["at_risk"]]
        part = now.groupby(name).agg(customers=("at_risk", "size"), yearly_revenue=("yearly_revenue", _known_sum))
        risk = at_risk.groupby(name).agg(
            at_risk=("at_risk", "size"),
            expected_churn=("churn_probability", "mean"),
            expected_lost=("churn_probability", "sum"),
            revenue_at_risk=("revenue_at_risk", _known_sum),
        )
        parts.append(part.join(risk).reset_index(names="segment").assign(segmentation=name))
    both = pd.concat(parts, ignore_index=True).fillna({"at_risk": 0, "expected_lost": 0.0})
    none_at_risk = (both["at_risk"] == 0) & both["yearly_revenue"].notna()
    both["revenue_at_risk"] = both["revenue_at_risk"].where(~none_at_risk, 0.0)
    return both.astype({"at_risk": int})


def _known_sum(amounts: pd.Series) -> float:
    """Return the sum of what is known; empty where nothing is."""
    return float(amounts.sum(min_count=1))


def segment_report(past: pd.DataFrame, now: pd.DataFrame, segmentations: Sequence[str]) -> pd.DataFrame:
    """Return observed churn and outlook side by side, one row per segment, most revenue at risk first."""
    if not segmentations:
        return pd.DataFrame(columns=REPORTED)
    both = outlook(now, segmentations).merge(
        observed_churn(past, segmentations), on=["segmentation", "segment"], how="left"
    )
    both["differs"] = both["differs"].eq(True)
    order = both["segmentation"].map({name: i for i, name in enumerate(segmentations)})
    return (
        both.assign(order=order)
        .sort_values(["order", "revenue_at_risk", "segment"], ascending=[True, False, True], ignore_index=True)
        .drop(columns="order")
    )
