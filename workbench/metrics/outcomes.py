"""Churn as the model predicts it and the segments show it: of those at risk on a day, who was lost in the days after.

Input everywhere: one row per customer at risk and snapshot, with as_of, churned and kind (empty: stayed).
"""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from workbench.metrics.definitions import Metric, ratio_of_sums, share

LOST = "customers at risk at the start who were lost in the period / customers at risk at the start"
STAYED = "customers at risk at the start who were not lost in the period / customers at risk at the start"
PAID = "revenue of the year before, of customers at risk at the start"


def outcome_churn(outcomes: pd.DataFrame) -> Metric:
    """Return the share of the customers at risk who were lost, with its Wilson interval.

    >>> outcome_churn(pd.DataFrame({"churned": [True, False, False, False]})).value
    0.25
    """
    return share("churn rate", outcomes["churned"].sum(), len(outcomes), LOST, named="of those at risk")


def outcome_retention(outcomes: pd.DataFrame) -> Metric:
    """Return the share of the customers at risk who stayed: what :func:`outcome_churn` leaves of 1."""
    return share("retention rate", (~outcomes["churned"]).sum(), len(outcomes), STAYED, named="of those at risk")


def revenue_kept(outcomes: pd.DataFrame) -> Metric:
    """Return the share of the revenue of customers at risk that was that of those who stayed; bootstrap by customer.

    Input columns also: yearly_revenue (currency, of the year before the snapshot; the unknown are left out).

    >>> revenue_kept(pd.DataFrame({"churned": [True, False], "yearly_revenue": [10.0, 30.0]})).value
    0.75
    """
    known = outcomes[outcomes["yearly_revenue"].notna()]
    revenue = known["yearly_revenue"].clip(lower=0)
    return ratio_of_sums(
        "revenue retention", revenue.where(~known["churned"], 0.0), revenue, f"{PAID}: that of those who stayed / all",
        named="revenue of customers who stay",
    )  # fmt: skip


def revenue_lost(outcomes: pd.DataFrame) -> tuple[float, ...]:
    """Return the yearly revenue of the customers lost, per period, oldest first; nothing where no amount is known.

    >>> t = pd.Timestamp("2024-01-01")
    >>> revenue_lost(pd.DataFrame({"as_of": t, "churned": [True, False], "yearly_revenue": [10.0, 30.0]}))
    (10.0,)
    """
    if outcomes["yearly_revenue"].isna().all():
        return ()
    lost = outcomes["yearly_revenue"].clip(lower=0).where(outcomes["churned"], 0.0)
    return tuple(float(total) for total in lost.groupby(outcomes["as_of"], sort=True).sum())


def churn_by_snapshot(outcomes: pd.DataFrame, *, horizon_days: int) -> pd.DataFrame:
    """Return churn per period, oldest first: start, end, churn, low, high (Wilson, 95 %), lost, at_start.

    >>> t = pd.Timestamp("2024-01-01")
    >>> churn_by_snapshot(pd.DataFrame({"as_of": t, "churned": [True, False]}), horizon_days=31)["end"].item()
    Timestamp('2024-02-01 00:00:00')
    """
    rows = []
    for _, part in outcomes.groupby("as_of", sort=True):
        start = part["as_of"].iloc[0]
        rate = outcome_churn(part)
        rows.append(
            {
                "start": start, "end": start + timedelta(days=horizon_days), "churn": rate.value, "low": rate.low,
                "high": rate.high, "lost": int(rate.count), "at_start": int(rate.of),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def kinds_by_snapshot(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return how many were lost per period (rows: its start, oldest first) and kind (columns).

    >>> t = pd.Timestamp("2024-01-01")
    >>> outcomes = pd.DataFrame({"as_of": t, "churned": [True, False], "kind": ["active", None]})
    >>> kinds_by_snapshot(outcomes)["active"].tolist()
    [1]
    """
    lost = outcomes[outcomes["churned"]]
    counted = lost.groupby(["as_of", "kind"]).size().unstack(fill_value=0)
    starts = pd.DatetimeIndex(sorted(outcomes["as_of"].unique()), name="start")
    return counted.reindex(starts, fill_value=0).rename_axis(columns=None)
