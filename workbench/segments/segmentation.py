"""Segments: named groups of customers, and their numbers beside those of all others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.contract import is_own
from workbench.stats import adjusted, differs_from_rest, wilson

FEWEST_IN_SEGMENT = 30
NO_REVENUE = "no revenue"
NEW_DAYS = 60
STATIC = [
    "segment", "customer_type", "company_size", "budget", "industry", "country", "region", "acquisition_channel",
    "preferred_channel", "owner",
]  # fmt: skip
"""The static texts of customers by which they are grouped."""
ORDERS_RFM = ("days_since_order", "n_orders", "net_revenue", "tenure_days")
SUBSCRIBERS_RFM = ("days_since_event", "n_active_days_90d", "yearly_revenue", "subscription_days")
"""Recency, frequency, money, and the days since the start."""
FIRST_RECORDS = ("tenure_days", "subscription_days", "usage_days")
SORTED_BY = {
    *ORDERS_RFM, *SUBSCRIBERS_RFM, *FIRST_RECORDS, "account_days", "existing_at_begin", "activated_by_day_30",
    "days_since_first_key_use", "single_agent",
}  # fmt: skip
"""The features that the segmentations of :func:`segment_all` read."""
STAGES = {"first 90 days": 90, "90 days to a year": 365, "1 to 2 years": 730}
NOBODY = pd.Series(index=pd.MultiIndex.from_arrays([[], []], names=["segmentation", "segment"]), dtype="int64")
REPORTED = [
    "segmentation", "segment", "customers", "at_risk", "expected_churn", "expected_lost", "yearly_revenue",
    "revenue_at_risk", "n", "lost", "churn", "low", "high", "p_adjusted", "differs",
]  # fmt: skip
"""The columns of a segment report."""


def value_segment(revenue: pd.Series, *, vip_share: float) -> pd.Series:
    """Return 'VIP' for the smallest group that brings ``vip_share`` of all positive revenue (Pareto), else 'other'.

    Those who brought nothing are 'no revenue', those whose revenue is not known 'unknown'.

    >>> value_segment(pd.Series([80.0, 10, 5, 5, 0]), vip_share=0.8).tolist()
    ['VIP', 'other', 'other', 'other', 'no revenue']
    """
    positive = revenue.fillna(0).clip(lower=0).sort_values(ascending=False, kind="stable")
    before = positive.cumsum() - positive
    vip = (before < vip_share * positive.sum()) & (positive > 0)
    names = vip.reindex(revenue.index).map({True: "VIP", False: "other"})
    return names.where(revenue > 0, NO_REVENUE).where(revenue.notna(), "unknown")


def without_few(value: pd.Series, at_risk: pd.Series) -> pd.Series:
    """Return the segments by value, those without revenue as 'other' where they are fewer than 30 customers at risk.

    >>> without_few(pd.Series(["VIP", "no revenue"]), pd.Series([True, True])).tolist()
    ['VIP', 'other']
    """
    few = ((value == NO_REVENUE) & at_risk).sum() < FEWEST_IN_SEGMENT
    return value.replace(NO_REVENUE, "other") if few else value


def rfm_segment(customers: pd.DataFrame) -> pd.Series:
    """Return a named group per customer from recency, frequency and money, each in fifths of the customers at risk.

    Input columns: at_risk and, of a business of orders, days_since_order, n_orders, net_revenue and tenure_days; of
    subscribers days_since_event, n_active_days_90d, yearly_revenue and subscription_days: how long ago and how often
    they use the product, and what they pay. The first rule that fits gives the name: Lapsed (not at risk), New (the
    first 60 days; orders: with one order), Champions (R, F and M in the top two fifths), Loyal (F in the top two
    fifths, R not in the bottom two), Slipping big spenders (R in the bottom two, M in the top two), Slipping (R in the
    bottom two), Occasional (all others).
    """
    at_risk = customers["at_risk"]
    subscribers = "subscription_days" in customers
    columns = SUBSCRIBERS_RFM if subscribers else ORDERS_RFM
    days, often, paid, since = (customers[name].where(at_risk) for name in columns)
    recency, frequency, money = _fifths(-days), _fifths(often), _fifths(paid)
    is_new = (since <= NEW_DAYS) & (subscribers | (often == 1))
    rules = {
        "Lapsed": ~at_risk,
        "New": is_new,
        "Champions": (recency >= 4) & (frequency >= 4) & (money >= 4),
        "Loyal": (frequency >= 4) & (recency >= 3),
        "Slipping big spenders": (recency <= 2) & (money >= 4),
        "Slipping": recency <= 2,
    }
    return pd.Series(np.select(list(rules.values()), list(rules), "Occasional"), index=customers.index)


def _fifths(values: pd.Series) -> pd.Series:
    """Score 1 (low) to 5 (high); equal values share a score, so it does not depend on the rows' order."""
    return pd.Series(np.ceil(values.rank(method="average", pct=True) * 5), index=values.index).clip(1, 5)


def stage_segment(customers: pd.DataFrame) -> pd.Series:
    """Return how long each has been a customer: the first 90 days, to one year, to two, longer.

    Days since the sign-up, else since the first record; who was there when the data begin, without a date of sign-up,
    stands apart. Input columns: any of account_days, tenure_days, subscription_days and usage_days, existing_at_begin.

    >>> stage_segment(pd.DataFrame({"tenure_days": [30.0, 800, 800], "existing_at_begin": [0.0, 0, 1]})).tolist()
    ['first 90 days', 'over 2 years', 'there when the data begin']
    """
    account = customers.get("account_days", pd.Series(np.nan, index=customers.index))
    records = customers[[c for c in FIRST_RECORDS if c in customers]].max(axis=1)
    days = account.fillna(records)
    existing = account.isna() & customers.get("existing_at_begin", pd.Series(0.0, index=customers.index)).eq(1)
    conditions = [existing, days.isna(), *(days <= most for most in STAGES.values())]
    names = ["there when the data begin", "unknown", *STAGES]
    return pd.Series(np.select(conditions, names, "over 2 years"), index=customers.index)


def activation_segment(customers: pd.DataFrame) -> pd.Series:
    """Return how far each got with the product's key features: by day 30, later, not yet.

    Input columns: days_since_first_key_use, activated_by_day_30 (1, 0 or empty).

    >>> known = pd.DataFrame({"days_since_first_key_use": [9.0, 9, None], "activated_by_day_30": [1.0, None, 0]})
    >>> activation_segment(known).tolist()
    ['within 30 days', 'later, or start not known', 'no key feature used']
    """
    conditions = [customers["activated_by_day_30"].eq(1), customers["days_since_first_key_use"].notna()]
    names = ["within 30 days", "later, or start not known"]
    return pd.Series(np.select(conditions, names, "no key feature used"), index=customers.index)


def static_columns(columns: Iterable[Hashable]) -> list[str]:
    """Return the static texts of customers among the columns by which they are grouped, the company's own last.

    >>> static_columns(["own_home_club", "customer_id", "country"])
    ['country', 'own_home_club']
    """
    names = [*map(str, columns)]
    return [name for name in STATIC if name in names] + sorted(filter(is_own, names))


def grouped_by(columns: Iterable[Hashable]) -> list[str]:
    """Return the columns of which every value is a segment: the plan and the static ones."""
    return [*(name for name in columns if name == "plan"), *static_columns(columns)]


def static_segment(column: pd.Series) -> pd.Series:
    """Return the column's own values, or 'others' for those that fewer than 30 customers have; 'unknown' for none."""
    known = column.fillna("unknown").astype("str")
    size = known.map(known.value_counts())
    return known.where((size >= FEWEST_IN_SEGMENT) | column.isna(), "others")


def as_grouped(column: pd.Series, groups: pd.Series) -> pd.Series:
    """Return the column's values where ``groups`` has them, else 'others': the same groups at another snapshot."""
    known = column.fillna("unknown").astype("str")
    return known.where(known.isin(groups) | column.isna(), "others")


def segment_all(customers: pd.DataFrame, *, vip_share: float) -> pd.DataFrame:
    """Return one column per segmentation for the customers of one snapshot.

    value where any revenue is known (those who brought nothing apart only where they are 30 or more); rfm where orders,
    or use and payments, are recorded; risk_kind (the likeliest kind of departure) where it was predicted; stage;
    activation where use is recorded; agents (whether one of our own people held all contact of a year); plan and every
    static column of customers, the company's own too, where known.
    """
    segments = pd.DataFrame(index=customers.index)
    if (customers["yearly_revenue"] > 0).any():
        value = value_segment(customers["yearly_revenue"], vip_share=vip_share)
        segments["value"] = without_few(value, customers["at_risk"])
    if {*(SUBSCRIBERS_RFM if "subscription_days" in customers else ORDERS_RFM)} <= {*customers}:
        segments["rfm"] = rfm_segment(customers)
    if "likely_kind" in customers and customers["likely_kind"].notna().any():
        segments["risk_kind"] = customers["likely_kind"].where(customers["at_risk"]).fillna("lapsed")
    segments = segments.assign(**_by_records(customers))
    for column in grouped_by(customers):
        if customers[column].notna().any():
            segments[column] = static_segment(customers[column])
    return segments


def _by_records(customers: pd.DataFrame) -> dict[str, pd.Series]:
    found = {}
    if {*FIRST_RECORDS} & {*customers}:
        found["stage"] = stage_segment(customers)
    if "activated_by_day_30" in customers and customers["days_since_first_key_use"].notna().any():
        found["activation"] = activation_segment(customers)
    if "single_agent" in customers and customers["single_agent"].notna().any():
        held = customers["single_agent"].map({1.0: "one of our people", 0.0: "several"})
        found["agents"] = held.fillna("no contact recorded")
    return found


def segment_history(then: pd.DataFrame, now: pd.DataFrame, segmentations: Sequence[str]) -> pd.DataFrame:
    """Return how each segment changed between two snapshots, the segments that moved most first.

    Input: customer_id and a column per segmentation, one row per customer. Columns: segmentation, segment,
    customers_then, entered (in it now, not then), left (in it then, not now), customers_now.

    >>> then = pd.DataFrame({"customer_id": ["a", "b"], "value": ["VIP", "other"]})
    >>> now = pd.DataFrame({"customer_id": ["a", "c"], "value": ["other", "VIP"]})
    >>> segment_history(then, now, ["value"]).to_numpy().tolist()
    [['value', 'VIP', 1, 1, 1, 1], ['value', 'other', 1, 1, 1, 1]]
    """
    before, after = (frame.set_index("customer_id")[[*segmentations]] for frame in (then, now))
    stayed = after.where(before.reindex(after.index) == after)
    sizes = {"customers_then": before, "customers_now": after, "stayed": stayed}
    counts = (
        pd.DataFrame({name: _sizes(frame) for name, frame in sizes.items()}).fillna(0).astype("int64").reset_index()
    )
    counts["entered"] = counts["customers_now"] - counts["stayed"]
    counts["left"] = counts["customers_then"] - counts["stayed"]
    place = counts["segmentation"].map({name: i for i, name in enumerate(segmentations)})
    ordered = counts.assign(place=place, order=-(counts["entered"] + counts["left"]))
    ordered = ordered.sort_values(["place", "order", "segment"], ignore_index=True)
    return ordered[["segmentation", "segment", "customers_then", "entered", "left", "customers_now"]]


def _sizes(segmented: pd.DataFrame) -> pd.Series:
    """Return how many customers are in each segment of each column: index segmentation, segment."""
    of_each = {name: segmented[name].value_counts() for name in segmented}
    return pd.concat(of_each, names=["segmentation", "segment"]) if of_each else NOBODY


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
    together = adjusted(p)
    return counts.assign(p_adjusted=together, differs=together < 0.05)


def outlook(now: pd.DataFrame, segmentations: Sequence[str]) -> pd.DataFrame:
    """Return what to expect per segment at ``as_of``: customers, at risk, expected churn, revenue and revenue at risk.

    Revenue is that of the customers at risk, as in every other figure: who gave back more than they bought brought
    nothing. ``customers`` counts the lapsed too.

    Input: one row per customer with at_risk, churn_probability (empty for the lapsed), yearly_revenue, revenue_at_risk.
    """
    at_risk = now["at_risk"].astype(bool)
    risk, revenue = now["churn_probability"].where(at_risk), ["yearly_revenue", "revenue_at_risk"]
    figures = (
        now[revenue]
        .clip(lower=0)
        .where(at_risk)
        .assign(customers=1, at_risk=at_risk.astype(int), churn_probability=risk)
    )
    return by_segments(figures, now, segmentations, _outlook)


def _outlook(of_each: Any) -> pd.DataFrame:
    revenue, risk = ["yearly_revenue", "revenue_at_risk"], of_each["churn_probability"]
    rows = of_each[["customers", "at_risk"]].sum().join(of_each[revenue].sum(min_count=1))
    return rows.assign(expected_churn=risk.mean(), expected_lost=risk.sum())


def by_segments(
    figures: pd.DataFrame,
    customers: pd.DataFrame,
    segmentations: Sequence[str],
    counted: Callable[[Any], pd.DataFrame],
) -> pd.DataFrame:
    """Return the rows of ``counted``, which takes the grouped figures, by segmentation and segment.

    ``customers`` has the column of each segmentation, for the same rows. One segmentation is grouped at a time: of a
    large company the rows of all of them together take a gigabyte.
    """
    each = {name: counted(figures.groupby(customers[name].rename("segment"))) for name in segmentations}
    return pd.concat(each, names=["segmentation"]).reset_index()


def segment_report(past: pd.DataFrame, now: pd.DataFrame, segmentations: Sequence[str]) -> pd.DataFrame:
    """Return observed churn and outlook side by side, one row per segment, most revenue at risk first.

    Where no revenue is known, most expected losses first. A segmentation that only today's customers have (such as the
    likeliest kind of departure) has no observed churn.
    """
    if not segmentations:
        return pd.DataFrame(columns=REPORTED)
    both = outlook(now, segmentations).merge(
        observed_churn(past, [name for name in segmentations if name in past]),
        on=["segmentation", "segment"],
        how="left",
    )
    both["differs"] = both["differs"].eq(True)
    order = both["segmentation"].map({name: i for i, name in enumerate(segmentations)})
    return (
        both.assign(order=order)
        .sort_values(
            ["order", "revenue_at_risk", "expected_lost", "segment"],
            ascending=[True, False, False, True],
            ignore_index=True,
        )
        .drop(columns="order")
    )
