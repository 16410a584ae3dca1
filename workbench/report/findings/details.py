"""The tables behind single sections of the page: why customers leave, how revenue moved, how support does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import ibis.expr.types as ir
import pandas as pd

from workbench import metrics
from workbench.crm import Crm
from workbench.errors import DataError, SettingError
from workbench.features import key_features
from workbench.metrics import Metric
from workbench.model import simulation_groups
from workbench.segments import risk_bands

FEWEST_FOLLOWED = 30
"""Customers that a curve is drawn for at the least; the rest of it rests on too few."""
MOVES = ["new", "expansion", "reactivation", "contraction", "churn"]


@dataclass(frozen=True)
class Details:
    """What only one section shows.

    ``reasons`` and ``split`` count all customers lost in the periods shown, by the reason given and by whether they
    were involuntary or avoidable; ``revenue_lost`` is the yearly revenue of the customers lost in each period;
    ``signs`` compares, in the last period, customers with a sign before leaving and those without. ``movements`` has
    recurring revenue per period (start, end and an amount per movement), ``survival`` the share still customers by
    days since the start, ``service`` the waiting times of the last period. ``bands`` has the customers at risk by risk,
    ``groups`` the same in groups for computing with other assumptions. ``activation`` has the share of each month's new
    customers who used a key feature within 30 days, ``spending`` what winning and keeping customers cost per period.
    """

    reasons: pd.DataFrame
    revenue_lost: tuple[float, ...]
    split: pd.DataFrame
    signs: pd.DataFrame
    movements: pd.DataFrame
    survival: pd.DataFrame
    service: Mapping[str, Mapping[str, Metric]]
    bands: pd.DataFrame
    groups: pd.DataFrame
    activation: pd.DataFrame
    spending: pd.DataFrame


def details(
    crm: Crm, closed: Crm, lives: ir.Table, edges: Sequence[datetime], *, labels: pd.DataFrame, signs: pd.DataFrame,
    now: pd.DataFrame,
) -> Details:  # fmt: skip
    """Return the tables of the sections; ``closed`` has the dates the labels believe, which have yearly_revenue."""
    lost = labels[labels["churned"]]
    return Details(
        reasons=_reasons(lost),
        revenue_lost=metrics.revenue_lost(labels),
        split=metrics.avoidable_split(lost),
        signs=signs,
        movements=_movements(closed, edges),
        survival=_survival(crm, lives),
        service=metrics.service_figures(closed, edges[-2], edges[-1]),
        bands=risk_bands(now),
        groups=simulation_groups(now),
        activation=_activation(crm),
        spending=metrics.winning_and_keeping(crm, lives, edges),
    )


def _reasons(lost: pd.DataFrame) -> pd.DataFrame:
    """Return departures per reason with their yearly revenue, without any where none is recorded."""
    counted = metrics.departures_by_reason(lost)
    revenue = (
        lost.assign(reason=lost["reason"].fillna("not given")).groupby("reason")["yearly_revenue"].sum(min_count=1)
    )
    counted.insert(2, "revenue", revenue.reindex(counted.index))
    return counted if lost["reason"].notna().any() else counted.iloc[:0]


def _movements(closed: Crm, edges: Sequence[datetime]) -> pd.DataFrame:
    """Return recurring revenue per period: end, start and what each movement brought; no rows where it is not known."""
    rows = []
    for begin, finish in pairwise(edges):
        try:
            bridge = metrics.mrr_bridge(closed, begin, finish).set_index("movement")["amount"].astype(float)
        except DataError:
            continue
        rows.append({"begins": begin, "ends": finish, "start": bridge["start"], **bridge[MOVES], "end": bridge["end"]})
    return pd.DataFrame(rows, columns=["begins", "ends", "start", *MOVES, "end"])


def _activation(crm: Crm) -> pd.DataFrame:
    """Return activation by month of signing up; no rows without a key feature or a month old enough."""
    try:
        return metrics.activation_by_cohort(crm, event=key_features(crm))
    except (DataError, SettingError):
        return pd.DataFrame(columns=["cohort", "new", "activated", "rate", "low", "high"])


def _survival(crm: Crm, lives: ir.Table) -> pd.DataFrame:
    try:
        curve = metrics.survival_curves(metrics.follow_lives(crm, lives))
        return curve[curve["at_risk"] >= FEWEST_FOLLOWED]
    except SettingError:
        return pd.DataFrame(columns=["segment", "day", "survival", "low", "high", "at_risk"])
