"""What customers are worth: value still to come beside the cost of winning them, and where money for keeping pays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from workbench import metrics
from workbench.crm import Crm, tells_amounts
from workbench.errors import DataError
from workbench.features import FEATURES
from workbench.metrics import Metric, ratio_of_sums
from workbench.model import YEAR, Money, MoneyBasis, expected_gain, money_curves, sensitivity, yearly_revenue
from workbench.segments.customer_base import static_segmentations
from workbench.segments.segmentation import by_segments

MONTHS = 12
CLV_MONTHS = 36
TOP = 0.2
ALL = "all"
A_QUARTER = 91
"""Days after the data begin in which a first order may well be an old customer's."""
WIDE = "; the interval is the mean of theirs, rather too wide"
"""What is said of the interval of a mean value: errors of single customers partly cancel out."""
OWN = ["customer_id", "clv", "clv_low", "clv_high"]
NEW = ["clv_new", "cac", "clv_to_cac", "payback_months", "below_cac"]


@dataclass(frozen=True)
class Value:
    """What the report says of value; amounts in currency, CLV being the margin still to come within ``horizon_months``.

    ``customers``: customer_id, clv, clv_low, clv_high of customers at risk. ``segments``: segmentation and segment
    ('all' first), customers, clv with bounds (mean per customer), the contacts that are expected to pay with their gain
    and cost and gain_per_cost, and where a segmentation never changes clv_new (of a new customer), cac, clv_to_cac,
    payback_months, below_cac. ``figures``: single figures by key. ``inputs``: what scenarios are computed from.
    ``curves`` and ``sensitivity``: what contacting more customers brings, and which figure would change that
    (:func:`money_curves`, :func:`sensitivity`). ``missing``: why there is no CLV; empty where there is.
    """

    customers: pd.DataFrame
    segments: pd.DataFrame
    figures: Mapping[str, Metric]
    inputs: Mapping[str, float]
    curves: pd.DataFrame
    sensitivity: pd.DataFrame
    horizon_months: int = CLV_MONTHS
    missing: str = ""


def value_report(
    crm: Crm, lives: ir.Table, now: pd.DataFrame, basis: MoneyBasis, at: datetime, segmentations: Mapping[str, str]
) -> Value:
    """Return what customers at risk are worth, of the customer base ``now`` at ``at``.

    ``segmentations`` has the columns of segments in ``now`` and their titles, shown where they sort those at risk.
    Where nobody subscribes buyers are valued by the models of repeat buying; all others by survival and the margin of
    today.
    """
    at_risk = now.loc[now["at_risk"], [name for name in now if name not in FEATURES]].assign(all=ALL)
    at_risk["save_share"] = basis.share_of(at_risk["customer_id"])
    missing = ""
    try:
        own, new = _worth(crm, lives, at_risk, basis.money)
    except DataError as why:
        own, new, missing = pd.DataFrame(columns=OWN), pd.DataFrame(columns=["segmentation", "segment", *NEW]), str(why)
    valued = at_risk.merge(own, on="customer_id", how="left")
    names = [ALL, *(name for name in segmentations if name in at_risk and len(at_risk[name].unique()) > 1)]
    segments = _segment_rows(valued, names, basis)
    return Value(
        own,
        segments.merge(new, on=["segmentation", "segment"], how="left"),
        _figures(crm, lives, valued, at),
        _inputs(valued, basis),
        money_curves(valued, basis.money),
        sensitivity(valued, basis.money),
        missing=missing,
    )


def _worth(crm: Crm, lives: ir.Table, at_risk: pd.DataFrame, money: Money) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return each customer's value, and that of a new one beside the cost of winning it."""
    if at_risk["margin_if_retained"].isna().all() or not money.margin_rate:
        raise DataError("no amounts or no margin are known, so nothing says what a customer is worth.")
    rates: dict[str, Any] = {"margin_rate": money.margin_rate, "discount_rate": money.discount_rate}
    rates["horizon_months"] = CLV_MONTHS
    if "subscriptions" not in crm:
        try:
            values = metrics.buyer_value(crm, **rates)[0]
            by_segment = metrics.buyer_value_by_segment
            new = _by_segmentation(crm, lambda segments: by_segment(crm, segments=segments, **rates))
            return values.loc[values["customer_id"].isin(at_risk["customer_id"]), OWN], new
        except DataError:
            pass  # Too few repeat buyers for the models: survival serves them too.
    yearly = at_risk.set_index("customer_id")["margin_if_retained"] * (1 + money.discount_rate) ** 0.5
    margins = (yearly / MONTHS).dropna()
    own = metrics.customer_value(crm, lives, margins, discount_rate=money.discount_rate, horizon_months=CLV_MONTHS)
    new = _by_segmentation(
        crm, lambda segments: metrics.lifetime_value(crm, lives, segments=segments, margins=margins, **rates)
    )
    return own, new


def _by_segmentation(crm: Crm, valued: Callable[[pd.DataFrame | None], pd.DataFrame]) -> pd.DataFrame:
    """Return what a new customer is worth in all, and by each segmentation that never changes."""
    tables = [(ALL, None), *((f"{name}_segment", frame) for name, frame in static_segmentations(crm).items())]
    parts = [valued(segments).assign(segmentation=name) for name, segments in tables]
    return pd.concat(parts, ignore_index=True)[["segmentation", "segment", *NEW]]


def _segment_rows(valued: pd.DataFrame, names: Sequence[str], basis: MoneyBasis) -> pd.DataFrame:
    """Return one row per segmentation and segment: what its customers are worth, and what contacting pays."""
    gain = expected_gain(
        valued["churn_probability"], valued["margin_if_retained"], basis.money,
        save_share=basis.share_of(valued["customer_id"]),
    )  # fmt: skip
    pays = gain > 0
    spent = {"contacts": pays.astype("float64"), "gain": gain.where(pays, 0.0)}
    spent["cost"] = _cost(valued, basis).where(pays, 0.0)
    spent = {name: each.where(gain.notna()) for name, each in spent.items()}  # of an unknown gain nothing is known
    rows = by_segments(valued[OWN[1:]].assign(**spent), valued, names, _worth_of)
    return rows.assign(gain_per_cost=(rows["gain"] / rows["cost"]).where(rows["cost"] > 0))


def _worth_of(of_each: Any) -> pd.DataFrame:
    spent = ["contacts", "gain", "cost"]
    return of_each[OWN[1:]].mean().join(of_each[spent].sum(min_count=1)).assign(customers=of_each.size())


def _cost(valued: pd.DataFrame, basis: MoneyBasis) -> pd.Series:
    """Return what contacting each customer is expected to cost, offers included."""
    money, risk = basis.money, valued["churn_probability"]
    taken = risk * basis.share_of(valued["customer_id"]) + (1 - risk) * money.taken_by_stayers
    cost: pd.Series = money.contact_cost + taken * money.offer_cost
    return cost


def _figures(crm: Crm, lives: ir.Table, valued: pd.DataFrame, at: datetime) -> dict[str, Metric]:
    revenue = valued["yearly_revenue"].fillna(0).clip(lower=0)
    figures = {}
    if revenue.sum() > 0:
        top = revenue.where(revenue.rank(method="first", ascending=False) <= np.ceil(TOP * len(revenue)), 0)
        words = "revenue of the fifth of customers at risk that brings most / revenue of all of them"
        figures["top_share"] = ratio_of_sums("revenue of the top 20 %", top, revenue, words)
    if tells_amounts(crm) and crm.facts.begins_at <= at - timedelta(days=YEAR + A_QUARTER):
        figures["existing_share"] = existing_share(crm, lives, at)
    if valued["clv"].notna().any():
        known = valued.dropna(subset="clv")
        risk = known["churn_probability"]
        figures["value"] = _mean(
            "value of a customer (CLV)", known, risk * 0 + 1, f"mean over the customers at risk{WIDE}"
        )
        lost = f"mean over the customers at risk, each counted with the probability of leaving{WIDE}"
        figures["cost_of_a_lost_customer"] = _mean("what a lost customer would still have brought", known, risk, lost)
    costs = _costs_of_winning(crm, lives)
    if len(costs):
        words = "mean cost of winning a customer, of those who became one and of whom it is known"
        figures["replacement_cost"] = ratio_of_sums(
            "cost of replacing a customer", costs, costs * 0 + 1, words, unit="currency"
        )
    return figures


def _costs_of_winning(crm: Crm, lives: ir.Table) -> pd.Series:
    """Return what winning cost of each who became a customer, as in the cost of a segment's."""
    won = lives.select("customer_id").distinct().to_pandas()
    return won.merge(metrics.acquisition_costs(crm), on="customer_id").sort_values("customer_id")["cac"].dropna()


def _mean(name: str, known: pd.DataFrame, weight: pd.Series, words: str) -> Metric:
    value, low, high = (float((known[column] * weight).sum() / weight.sum()) for column in OWN[1:])
    count = float((known["clv"] * weight).sum())
    return Metric(name, value, low, high, count, float(weight.sum()), words, len(known), unit="currency")


def existing_share(crm: Crm, lives: ir.Table, at: datetime) -> Metric:
    """Return the share of the revenue of the year before ``at`` brought by customers who were there when it began.

    The interval is a bootstrap over customers. Input columns of lives: customer_id, started_at.
    """
    brought = yearly_revenue(crm.counted().as_of(at)).to_pandas()
    first = lives.group_by("customer_id").aggregate(first=lives.started_at.min()).to_pandas()
    met = brought.merge(first, on="customer_id", how="left").sort_values("customer_id")  # drawn the same at every run
    revenue = met["yearly_revenue"].fillna(0).clip(lower=0)
    old = met["first"] < pd.Timestamp(at) - pd.Timedelta(days=YEAR)
    words = "revenue of the last 365 days from customers who were there before them / revenue of all customers"
    return ratio_of_sums("revenue from existing customers", revenue.where(old, 0), revenue, words)


def _inputs(valued: pd.DataFrame, basis: MoneyBasis) -> dict[str, float]:
    """Return what scenarios of better retention are computed from; shares from 0 to 1, amounts in currency."""
    risk, margin = valued["churn_probability"], valued["margin_if_retained"]
    return {
        "n_at_risk": float(len(valued)),
        "expected_leavers": float(risk.sum()),
        "margin_of_a_year": float(margin.sum(min_count=1)),
        "margin_at_risk": float((risk * margin).sum(min_count=1)),
        "clv": float(valued["clv"].mean()),
        "save_share": basis.money.save_share,
        "cost_of_contacting": float(_cost(valued, basis).mean()),
    }
