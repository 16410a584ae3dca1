"""The report's findings, gathered from a run's stage tables; every figure is computed by another room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from workbench import actions, label, metrics
from workbench.crm import KEY, Crm, read_crm, tells_amounts
from workbench.errors import DataError
from workbench.features import read_words
from workbench.model import (
    NO_MODEL,
    NOT_LEARNED,
    Money,
    expected_losses,
    forecast,
    learn_uplift,
    money_basis,
    yearly_revenue,
)
from workbench.report.changes import changes_since
from workbench.report.contents import Findings
from workbench.report.details import details
from workbench.report.found import (
    Found,
    history_of,
    kept_base,
    newest_outcomes,
    read_columns,
    read_started,
    refused_rows,
)
from workbench.report.found_alerts import Grounds, find_alerts
from workbench.report.headline import NO_GOALS, Goals, as_forecast, headline_trends, with_revenue
from workbench.report.past_predictions import came_true
from workbench.segments import (
    Segmentation,
    check_segments,
    comparable,
    compare_segments,
    customer_base,
    past_base,
    segment_titles,
    static_segmentations,
    value_report,
)


class Stages(Protocol):
    """The tables that the notebooks before wrote, in a run's folder."""

    @property
    def derived(self) -> Path:
        """The folder they lie in."""

    @property
    def name(self) -> str:
        """The run's name."""

    @property
    def before(self) -> Path:
        """The folder with what the run before found; it need not be there."""

    def read(self, stage: str, *, as_of: Sequence[datetime] | None = None) -> pd.DataFrame:
        """Return a stage's table, or the rows of some snapshots."""

    def read_json(self, name: str) -> Any:
        """Return plain values written beside the tables."""


def gather(
    run: Stages,
    *,
    money: Money,
    vip_share: float,
    own: Sequence[Segmentation] = (),
    points: actions.HealthScore | None = None,
    playbook: Sequence[actions.Line] = (),
    limits: actions.Limits = actions.Limits(),  # noqa: B008 - frozen
    themes: Mapping[str, Sequence[str]] | None = None,
    goals: Goals = NO_GOALS,
    alerts: actions.Alerts | None = None,
) -> Findings:
    """Return the findings of a run whose notebooks 01 to 04 have run.

    ``own`` are segments of the analyst's, ``points`` those of the health score; only with these it makes tasks. The
    ``playbook`` (without lines, the one that comes with the workbench) makes the lists, within the ``limits``.
    ``goals`` are the churn the analyst accepts and that of the industry.

    ``themes`` are the analyst's words for each theme of comments, ``alerts`` what is to be reported unasked.

    Raises DataError naming the notebook that has not.
    """
    labels, states, scores = (run.read(stage) for stage in ("labels", "states", "scores"))
    evaluation = run.read_json("evaluation")
    as_of = scores["as_of"].max().to_pydatetime()
    loaded = read_crm(run.derived / "crm")
    crm = loaded.known_at(as_of)
    rules = run.read_json("rules")
    horizon_days = rules.pop("horizon_days")
    edges = _edges(labels, horizon_days)
    lives = label.lives(crm, **rules)
    closed = label.closed_by_rules(crm, **rules)
    by_period, missing = metrics.figures_by_period(closed, lives, edges)
    judged = states[states["as_of"] == as_of]
    by_subscription = bool(_judged_by(judged, "subscriptions").mean() > 0.5)
    priced = by_subscription or horizon_days >= rules["inactive_days"]
    assigned = metrics.assignments(crm, lives, horizon_days=horizon_days) if metrics.has_campaigns(crm) else None
    uplift = (
        learn_uplift(
            assigned,
            lambda at: run.read("features", as_of=[at]),
            labels["as_of"].unique(),
            as_of,
            horizon_days=horizon_days,
        )
        if assigned is not None
        else NOT_LEARNED
    )
    segmentations = static_segmentations(crm)
    basis = money_basis(money, assigned, horizon_days=horizon_days, segmentations=segmentations, uplift=uplift)
    if basis.learned_by:
        words = read_words(run.read_json("features"))
        basis = replace(basis, learned_by=tuple((words[name].meaning, side) for name, side in basis.learned_by))
    money = basis.money
    by_segment = basis.segments if basis.segments is not None else next(iter(segmentations.values()), None)
    starter = "subscriptions" if by_subscription else "orders"
    looked_at = actions.health_snapshots(points, states["as_of"], labels["as_of"].max(), starter=starter)
    panel = run.read("features", as_of=looked_at)
    with_plan = _with_plan(run, panel)
    now = customer_base(loaded, with_plan, scores, as_of, money=money, vip_share=vip_share, own=own)
    now["save_share"] = basis.share_of(now["customer_id"])
    then = past_base(loaded, with_plan, states, labels, now, money=money, vip_share=vip_share, own=own)
    segments = compare_segments(then, labels, now, own=own)
    usable = priced and evaluation["verdict"]["word"] not in ("no usable signal", NO_MODEL)
    health = actions.health_report(points, panel, now.loc[now["at_risk"], "customer_id"], labels, starter=starter)
    everyone = actions.all_customers(loaded, panel, states, now, as_of, money=money)
    everyone = _with_health(everyone, health, warns=points is not None)
    work = actions.make_lists(
        loaded, everyone, as_of, playbook=playbook or actions.read_playbook(), money=money, limits=limits, scored=usable
    )
    outcomes = with_revenue(loaded, labels)
    trends = headline_trends(outcomes, by_period, horizon_days=horizon_days)
    figures = {key: found.metric for key, found in trends.items()}
    coming = forecast(
        labels,
        now,
        as_of=as_of,
        horizon_days=horizon_days,
        revenue=_past_revenue(loaded, edges[:-1]),
        settle_days=horizon_days + label.Rules.of(crm, rules).settle_days(crm),
    )
    outlook = as_forecast(expected_losses(now, priced=priced), coming)
    base = kept_base(now)
    noticed = find_alerts(
        alerts, Grounds(everyone, crm, as_of, figures | outlook, segments, segment_titles(own), evaluation)
    )
    found = Found(
        run=run.name,
        as_of=as_of,
        metrics=figures | outlook,
        base=base,
        outcomes=newest_outcomes(labels),
        panel=panel[panel["as_of"] == as_of],
        started=read_started(run.derived),
        loaded=crm.facts.loaded,
        refused=refused_rows(crm.facts.refused),
        columns=read_columns(run.derived),
    )
    changes = changes_since(found, run.before)
    if changes is not None:
        changes = replace(changes, predictions=came_true(run.before, crm, rules, horizon_days))
    return Findings(
        facts=crm.facts,
        as_of=as_of,
        horizon_days=horizon_days,
        inactive_days=rules["inactive_days"],
        grace_days=rules["grace_days"],
        by_subscription=by_subscription,
        subscribers=bool(judged["judged_by"].eq("subscriptions").any()),
        recurring=not tells_amounts(crm),
        by_orders=bool(_judged_by(judged, "orders").any()),
        kinds=metrics.kinds_by_snapshot(labels),
        not_judged=_not_judged(judged),
        control_group=actions.has_control_group(crm),
        trends=trends,
        metrics=figures,
        feedback=metrics.feedback_figures(crm, edges[-2], edges[-1]),
        feedback_tables=metrics.feedback_tables(crm, edges[-2], edges[-1], themes=themes),
        other_definitions=metrics.other_definitions(lives, edges[-2], edges[-1]),
        goals=goals,
        details=details(
            crm,
            closed,
            lives,
            edges,
            labels=outcomes,
            panel=panel,
            now=now,
            drivers=evaluation["drivers"],
        ),
        missing=missing,
        bridge=_bridge(closed, edges[-2], edges[-1]),
        outlook=outlook,
        periods=metrics.churn_by_snapshot(labels, horizon_days=horizon_days),
        cohorts=_cohorts(closed, lives, as_of, edges[-1], by_subscription=by_subscription),
        segments=comparable(segments if priced else segments.assign(revenue_at_risk=np.nan)),
        evaluation=evaluation,
        keep=work["keep"],
        win_back=work["win back"],
        check_in=work["health"],
        lists=work.lists,
        left_out=work.left_out,
        held_out=work.held_out,
        playbook_gaps=work.unusable,
        health=health,
        segmentations=segment_titles(own),
        segmented=pd.concat([then, now], ignore_index=True),
        segment_doubts=check_segments(own, now),
        without_consent=work.without_consent,
        n_known=len(judged),
        n_at_risk=int(now["at_risk"].sum()),
        n_lapsed=int((~now["at_risk"]).sum()),
        money=money,
        money_basis=basis,
        value=value_report(crm, lives, now, basis, as_of, segment_titles(own)),
        forecast=coming,
        campaigns=metrics.effects(assigned, horizon_days=horizon_days, segments=by_segment),
        vip_share=vip_share,
        run=run.name,
        min_cell=0,
        base=base,
        alerts=noticed,
        changes=changes,
        history=history_of(found, run.before),
    )


def _edges(labels: pd.DataFrame, horizon_days: int) -> list[datetime]:
    """Return the begin of each labelled period, and the end of the last."""
    starts = [t.to_pydatetime() for t in sorted(labels["as_of"].unique())]
    return [*starts, starts[-1] + timedelta(days=horizon_days)]


def _with_plan(run: Stages, panel: pd.DataFrame) -> pd.DataFrame:
    """Add the plan at each snapshot, where the source has plans."""
    categories = run.read("categories")
    if "plan" not in categories:
        return panel
    plans = panel[KEY].merge(categories[[*KEY, "plan"]], on=KEY, how="left")["plan"]
    return panel.assign(plan=plans.to_numpy())  # unlike a merge it copies no other column


def _past_revenue(crm: Crm, snapshots: list[datetime]) -> pd.DataFrame | None:
    """Return what each customer had brought in the year before each snapshot; None without amounts."""
    return yearly_revenue(crm.counted().as_of(snapshots)).to_pandas() if tells_amounts(crm) else None


def _judged_by(judged: pd.DataFrame, records: str) -> pd.Series:
    return judged.loc[judged["at_risk"], "judged_by"].eq(records)


def _not_judged(judged: pd.DataFrame) -> dict[str, int]:
    elsewhere = judged[~judged["at_risk"] & (judged["state"] != "lapsed")]["state"].value_counts()
    return {str(state): int(n) for state, n in elsewhere.items()}


def _with_health(customers: pd.DataFrame, health: actions.HealthReport, *, warns: bool) -> pd.DataFrame:
    """Add the health score and, where it ``warns``, its warnings."""
    if not health.score.behaviours:
        return customers
    warnings = health.warnings.set_index("customer_id")[["health_fall", "health_warning"]]
    known = health.now.set_index("customer_id")[["health", "health_why"]].join(warnings if warns else warnings.iloc[:0])
    return customers.merge(known.reset_index(), on="customer_id", how="left")


def _cohorts(crm: Crm, lives: ir.Table, as_of: datetime, end: datetime, *, by_subscription: bool) -> pd.DataFrame:
    if by_subscription or "orders" not in crm:
        return metrics.life_cohorts(lives, end)
    return metrics.cohorts(crm, min(as_of, crm.facts.known_until))


def _bridge(crm: Crm, start: datetime, end: datetime) -> pd.DataFrame | None:
    try:
        return metrics.mrr_bridge(crm, start, end)
    except DataError:
        return None
