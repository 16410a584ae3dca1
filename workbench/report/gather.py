"""The report's findings, gathered from a run's stage tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from workbench import actions, label, metrics
from workbench import segments as segment
from workbench.crm import KEY, Crm, read_crm, tells_amounts
from workbench.errors import DataError
from workbench.metrics import Metric
from workbench.model import Money
from workbench.report.contents import SEGMENTATIONS, Findings
from workbench.segments import customer_base
from workbench.stats import Estimate, foreseen


class Stages(Protocol):
    """The tables that the notebooks before wrote, as a run keeps them."""

    @property
    def derived(self) -> Path:
        """The folder they lie in."""

    def read(self, stage: str) -> pd.DataFrame:
        """Return a stage's table."""

    def read_json(self, name: str) -> Any:
        """Return plain values written beside the tables."""


def gather(run: Stages, *, money: Money, vip_share: float) -> Findings:
    """Return the findings of a run whose notebooks 01 to 04 have run.

    Raises DataError naming the notebook that has not.
    """
    labels, states, panel, scores = (run.read(stage) for stage in ("labels", "states", "features", "scores"))
    evaluation = run.read_json("evaluation")
    as_of = scores["as_of"].max().to_pydatetime()
    loaded = read_crm(run.derived / "crm")
    crm = loaded.known_at(as_of)
    rules = run.read_json("rules")
    horizon_days = rules.pop("horizon_days")
    edges = [t.to_pydatetime() for t in sorted(labels["as_of"].unique())]
    edges.append(edges[-1] + timedelta(days=horizon_days))
    judged = states[states["as_of"] == as_of]
    elsewhere = judged[~judged["at_risk"] & (judged["state"] != "lapsed")]["state"].value_counts()
    by_subscription = bool(judged.loc[judged["at_risk"], "judged_by"].eq("subscriptions").mean() > 0.5)
    lives = label.lives(crm, **rules).cache()
    closed = label.closed_by_rules(crm, **rules)
    figures, not_told = last_period(closed, lives, edges[-2], edges[-1])
    priced = by_subscription or horizon_days >= rules["inactive_days"]
    usable = priced and evaluation["verdict"]["word"] != "no usable signal"
    now = customer_base(loaded, panel, scores, as_of, money=money, vip_share=vip_share)
    segments = _segments(loaded, panel, states, labels, now, money=money, vip_share=vip_share)
    return Findings(
        facts=crm.facts,
        as_of=as_of,
        horizon_days=horizon_days,
        inactive_days=rules["inactive_days"],
        grace_days=rules["grace_days"],
        by_subscription=by_subscription,
        subscribers=bool(judged["judged_by"].eq("subscriptions").any()),
        recurring=not tells_amounts(crm),
        by_orders=bool(judged.loc[judged["at_risk"], "judged_by"].eq("orders").any()),
        kinds=_kinds(lives, edges[-2], edges[-1]),
        not_judged={str(state): int(n) for state, n in elsewhere.items()},
        held_out=held_out(crm),
        metrics=figures,
        not_told=not_told,
        bridge=_bridge(closed, edges[-2], edges[-1]),
        outlook=outlook(now, priced=priced),
        periods=metrics.churn_by_period(lives, edges),
        cohorts=_cohorts(closed, lives, as_of, edges[-1], by_subscription=by_subscription),
        segments=segments if priced else segments.assign(revenue_at_risk=np.nan),
        evaluation=evaluation,
        keep=_if(usable, actions.contact_list(now, money)),
        win_back=_if(usable, actions.win_back_list(now, money)),
        n_known=len(judged),
        n_at_risk=int(now["at_risk"].sum()),
        n_lapsed=int((~now["at_risk"]).sum()),
        money=money,
        vip_share=vip_share,
    )


def held_out(crm: Crm) -> bool:
    """Return whether any campaign the source tells of left a control group alone."""
    if "treatments" not in crm or "arm" not in crm["treatments"].columns:
        return False
    arms = crm["treatments"].arm
    return bool((arms.lower() == "control").any().execute())


def _if(usable: bool, listed: pd.DataFrame) -> pd.DataFrame:
    """A list made from a score that tells nothing would be worse than none."""
    return listed if usable else listed.iloc[:0]


def last_period(crm: Crm, lives: ir.Table, start: datetime, end: datetime) -> tuple[dict[str, Metric], dict[str, str]]:
    """Return the retention metrics of ``[start, end)`` by key, and why the others cannot be told of this source."""
    moved = metrics.movements(lives, start, end)
    told = {
        "churn_rate": metrics.churn_rate(moved),
        "retention_rate": metrics.retention_rate(moved),
        "cohort_retention": metrics.cohort_retention(moved),
        "return_rate": metrics.return_rate(lives, start, end),
    }
    not_told = {}
    for key, metric in _FIGURES.items():
        try:
            told[key] = metric(crm, start, end)
        except DataError as why:
            not_told[key.replace("_", " ")] = str(why)
    return told, not_told


_FIGURES: dict[str, Callable[[Crm, datetime, datetime], Metric]] = {
    "repeat_purchase_rate": lambda crm, *period: metrics.repeat_purchase_rate(crm.counted()["orders"], *period),
    "churn_at_renewal": metrics.renewal_churn,
    "gross_revenue_retention": metrics.gross_revenue_retention,
    "net_revenue_retention": metrics.net_revenue_retention,
    "NPS": metrics.nps,
    "CSAT": metrics.csat,
    "first_response": lambda crm, *period: metrics.first_response(crm, *period)["median"],
}


def _cohorts(crm: Crm, lives: ir.Table, as_of: datetime, end: datetime, *, by_subscription: bool) -> pd.DataFrame:
    if by_subscription or "orders" not in crm:
        return metrics.life_cohorts(lives, end)
    return metrics.cohorts(crm["orders"], as_of)


def _bridge(crm: Crm, start: datetime, end: datetime) -> pd.DataFrame | None:
    try:
        return metrics.mrr_bridge(crm, start, end)
    except DataError:
        return None


def _kinds(lives: ir.Table, start: datetime, end: datetime) -> dict[str, int]:
    """Count the departures of the period by kind, most frequent first."""
    inside = (lives.ended_at >= ibis.timestamp(str(start))) & (lives.ended_at < ibis.timestamp(str(end)))
    counted = lives.filter(inside).group_by("kind").aggregate(n=lambda t: t.count()).to_pandas()
    return {row.kind: int(row.n) for row in counted.sort_values("n", ascending=False).itertuples()}


def outlook(now: pd.DataFrame, *, priced: bool) -> dict[str, Metric]:
    """Return expected churn (share of customers at risk) and revenue at risk (currency), with 95 % intervals.

    Revenue at risk is empty where no amounts are known, and unless who churns within the horizon may be ``priced`` as
    lost.
    """
    at_risk = now[now["at_risk"]]
    risk, revenue = (
        at_risk["churn_probability"].to_numpy(float),
        at_risk["yearly_revenue"].clip(lower=0).to_numpy(float),
    )
    share, total = foreseen(risk, revenue)
    brought = float(revenue.sum())
    if not priced or not brought:
        total = Estimate(np.nan, np.nan, np.nan, len(risk))
    definition = (
        "mean probability of churn of the customers at risk; the interval holds chance, and supposes the model right"
    )
    at_stake = "probability of churn times a customer's yearly revenue, summed over the customers at risk"
    return {
        "expected_churn": Metric(
            "expected churn", share.value, share.low, share.high, float(risk.sum()), len(risk), definition, len(risk)
        ),
        "revenue_at_risk": Metric(
            "revenue at risk",
            total.value,
            total.low,
            total.high,
            total.value,
            brought,
            at_stake,
            len(risk),
            unit="currency",
        ),
    }


def _segments(
    crm: Crm,
    panel: pd.DataFrame,
    states: pd.DataFrame,
    labels: pd.DataFrame,
    now: pd.DataFrame,
    *,
    money: Money,
    vip_share: float,
) -> pd.DataFrame:
    """Compare segments as they stood at the last labelled snapshot; nobody is sorted by what came later."""
    last = labels["as_of"].max()
    scored = states["at_risk"] | (states["state"] == "lapsed")
    unscored = states[scored & (states["as_of"] == last)][[*KEY, "at_risk"]].assign(churn_probability=np.nan)
    then = customer_base(crm, panel, unscored, last.to_pydatetime(), money=money, vip_share=vip_share)
    past = then.merge(labels[[*KEY, "churned"]], on=KEY)
    for column in segment.STATIC:
        if column in past and f"{column}_segment" in now:
            past[f"{column}_segment"] = segment.as_grouped(past[column], now[f"{column}_segment"])
    return segment.segment_report(past, now, [name for name in SEGMENTATIONS if name in now and name in past])
