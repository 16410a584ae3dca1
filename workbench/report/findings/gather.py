"""The report's findings, gathered from a run's stage tables; every figure is computed by another room."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from workbench import actions, metrics
from workbench.crm import KEY, Crm, read_crm, tells_amounts
from workbench.errors import DataError
from workbench.features import read_words
from workbench.model import (
    NOT_LEARNED,
    Money,
    MoneyBasis,
    expected_losses,
    forecast,
    learn_uplift,
    money_basis,
    yearly_revenue,
)
from workbench.report.findings.changes import Changes, changes_since
from workbench.report.findings.contents import Company, Customers, Figures, Findings, Work
from workbench.report.findings.details import details
from workbench.report.findings.found import (
    Found,
    history_of,
    kept_base,
    newest_outcomes,
    read_columns,
    read_started,
    refused_rows,
)
from workbench.report.findings.found_alerts import Grounds, find_alerts
from workbench.report.findings.headline import NO_GOALS, Goals, as_forecast, headline_trends, with_revenue
from workbench.report.findings.past_predictions import came_true
from workbench.report.findings.stage_results import StageResults, Stages, read_results
from workbench.segments import (
    Segmentation,
    check_segments,
    comparable,
    compare_segments,
    customer_base,
    past_base,
    segment_titles,
    signs_of_leaving,
    sorted_by,
    static_segmentations,
    value_report,
)


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
    results = read_results(run)
    basis, campaigns = _measured_money(results, money)
    company = _company(results, basis, goals, vip_share)
    lines = playbook or actions.read_playbook()
    read = {*actions.columns_read(lines, alerts), *sorted_by(own)}
    _let_go()
    looked = _look(results, basis, read, vip_share=vip_share, own=own, points=points)
    _let_go()
    figures = _figures(results, looked, campaigns, themes)
    _let_go()
    known = {**figures.metrics, **figures.outlook}
    customers = _customers(results, looked, basis, own)
    found = _found(results, known, customers.base)
    changes, history = _changes(results, found), history_of(found, run.before)
    del found
    everyone = _all_customers(results, looked, basis.money, warns=points is not None)
    _let_go()
    titles = customers.segmentations
    noticed = find_alerts(
        alerts, Grounds(everyone, results.crm, results.as_of, known, looked.segments, titles, results.evaluation)
    )
    as_of, scored = results.as_of, results.scored
    del results, looked  # so that the lists have the room of all tables and of what was computed of them
    _let_go()
    tasks = actions.make_tasks(read_crm(run.derived / "crm"), everyone, as_of, playbook=lines, money=basis.money)
    del everyone
    _let_go()
    work = _work(actions.list_tasks(tasks, limits=limits, scored=scored))
    del tasks
    _let_go()
    parts = (company, figures, customers, work)
    return Findings(
        **{name: value for part in parts for name, value in vars(part).items()},
        changes=changes,
        history=history,
        alerts=noticed,
    )


def _let_go() -> None:
    """Free the rows of queries that have run: their expressions name each other, so only a search finds them unused.

    Of 100,000 customers they take 0.1 GB after each step; and what was freed piece by piece goes back to the system.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not in every C library
        if trim:
            trim(0)


@dataclass(frozen=True)
class _Looked:
    """The customers at risk and lapsed ``now``, with the features read of them, and what was made of earlier snapshots.

    ``segmented`` has the segments of now and of the time when the last known outcome began; ``signs`` those that went
    before leaving, ``segments`` all segments compared.
    """

    now: pd.DataFrame
    segmented: pd.DataFrame
    segments: pd.DataFrame
    signs: pd.DataFrame
    health: actions.HealthReport


def _measured_money(results: StageResults, money: Money) -> tuple[MoneyBasis, pd.DataFrame]:
    """Return the money with what campaigns measured in place of what was assumed, and the effects of campaigns."""
    run, labels, horizon_days, assigned = results.run, results.labels, results.horizon_days, results.assigned
    uplift = NOT_LEARNED
    if assigned is not None:
        uplift = learn_uplift(
            assigned,
            partial(run.read, "features"),
            labels["as_of"].unique(),
            results.as_of,
            horizon_days=horizon_days,
        )
    groups = static_segmentations(results.crm)
    basis = money_basis(money, assigned, horizon_days=horizon_days, segmentations=groups, uplift=uplift)
    if basis.learned_by:
        words = read_words(run.read_json("features"))
        basis = replace(basis, learned_by=tuple((words[name].meaning, side) for name, side in basis.learned_by))
    by_segment = basis.segments if basis.segments is not None else next(iter(groups.values()), None)
    return basis, metrics.effects(assigned, horizon_days=horizon_days, segments=by_segment)


def _company(results: StageResults, basis: MoneyBasis, goals: Goals, vip_share: float) -> Company:
    return Company(
        run=results.run.name,
        facts=results.crm.facts,
        as_of=results.as_of,
        horizon_days=results.horizon_days,
        inactive_days=results.rules["inactive_days"],
        grace_days=results.rules["grace_days"],
        by_subscription=results.by_subscription,
        by_orders=bool(results.at_risk_by("orders").any()),
        subscribers=bool(results.judged["judged_by"].eq("subscriptions").any()),
        recurring=not tells_amounts(results.crm),
        n_known=len(results.judged),
        not_counted_yet=results.not_counted_yet(),
        not_judged=results.not_judged(),
        control_group=actions.has_control_group(results.crm),
        evaluation=results.evaluation,
        money=basis.money,
        money_basis=basis,
        goals=goals,
        vip_share=vip_share,
        min_cell=0,
    )


def _look(
    results: StageResults,
    basis: MoneyBasis,
    features: Collection[str],
    *,
    vip_share: float,
    own: Sequence[Segmentation],
    points: actions.HealthScore | None,
) -> _Looked:
    run, labels, states, loaded, as_of = results.run, results.labels, results.states, results.loaded, results.as_of
    money, drivers = basis.money, results.evaluation["drivers"]
    columns = [str(name) for name in run.read("features", customer_id=[])]
    snapshots = actions.health_snapshots(points, results.snapshots, labels["as_of"].max(), starter=results.starter)
    between = actions.health_between(points, loaded, columns, snapshots, starter=results.starter)
    _let_go()
    unread = {*KEY, *actions.unread(columns, features)}
    panel = _panel(run, as_of, results.scores, [c for c in columns if c not in unread])
    now = customer_base(loaded, panel, results.scores, as_of, money=money, vip_share=vip_share, own=own)
    del panel
    now["save_share"] = basis.share_of(now["customer_id"])
    if not results.priced:
        now["revenue_at_risk"] = np.nan
    last, judged = labels["as_of"].max(), states[states["at_risk"] | (states["state"] == "lapsed")]
    panel = _panel(run, last.to_pydatetime(), judged, [name for name in columns if name in sorted_by(own)])
    then = past_base(loaded, panel, states, labels, now, money=money, vip_share=vip_share, own=own)
    del panel
    at_risk = now.loc[now["at_risk"], "customer_id"]
    sorted_into = [name for name in segment_titles(own, now) if name in now]
    segmented = pd.concat([each.reindex(columns=[*KEY, *sorted_into]) for each in (then, now)], ignore_index=True)
    segments = compare_segments(then, labels, now, own=own)
    del then
    _let_go()
    read = actions.health_columns(points, columns, starter=results.starter)
    signs = dict.fromkeys(d["feature"] for d in drivers if d["feature"] in columns)
    # Of all customers at several snapshots only what is looked at.
    panel = run.read("features", columns=[*dict.fromkeys([*read, *signs])], as_of=snapshots)
    return _Looked(
        now=now,
        segmented=segmented,
        segments=segments,
        signs=_signs(panel, labels, drivers),
        health=actions.health_report(
            points,
            panel,
            at_risk,
            labels,
            starter=results.starter,
            between=between,
        ),
    )


def _signs(panel: pd.DataFrame, labels: pd.DataFrame, drivers: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Return how many left of those who showed a sign at the last snapshot whose outcome is known."""
    last = labels.loc[labels["as_of"] == labels["as_of"].max(), [*KEY, "churned"]]
    shown = dict.fromkeys(d["feature"] for d in drivers if d["feature"] in panel)
    return signs_of_leaving(last.merge(panel[[*KEY, *shown]], on=KEY), drivers)


def _figures(
    results: StageResults,
    looked: _Looked,
    campaigns: pd.DataFrame,
    themes: Mapping[str, Sequence[str]] | None,
) -> Figures:
    crm, closed, lives, edges = results.crm, results.closed, results.lives, results.edges
    labels, horizon_days = results.labels, results.horizon_days
    by_period, missing = metrics.figures_by_period(closed, lives, edges)
    by_period, asked = metrics.with_waves(by_period, crm)
    outcomes = with_revenue(results.loaded, labels)
    trends = headline_trends(outcomes, by_period, horizon_days=horizon_days)
    coming = forecast(
        labels,
        looked.now,
        as_of=results.as_of,
        horizon_days=horizon_days,
        revenue=_past_revenue(results.loaded, edges[:-1]),
        settle_days=results.settle_days,
    )
    return Figures(
        trends=trends,
        metrics={key: found.metric for key, found in trends.items()},
        asked=asked,
        feedback=metrics.feedback_figures(crm, edges[-2], edges[-1]),
        feedback_tables=metrics.feedback_tables(crm, edges[-2], edges[-1], themes=themes),
        other_definitions=metrics.other_definitions(lives, edges[-2], edges[-1]),
        missing=missing,
        bridge=_bridge(closed, edges[-2], edges[-1]),
        periods=metrics.churn_by_snapshot(labels, horizon_days=horizon_days),
        kinds=metrics.kinds_by_snapshot(labels),
        cohorts=_cohorts(closed, lives, results.as_of, edges[-1], by_subscription=results.by_subscription),
        details=details(crm, closed, lives, edges, labels=outcomes, signs=looked.signs, now=looked.now),
        outlook=as_forecast(expected_losses(looked.now, priced=results.priced), coming),
        forecast=coming,
        campaigns=campaigns,
    )


def _customers(results: StageResults, looked: _Looked, basis: MoneyBasis, own: Sequence[Segmentation]) -> Customers:
    now, segments, titles = looked.now, looked.segments, segment_titles(own, looked.now)
    return Customers(
        base=kept_base(now),
        segments=comparable(segments, now),
        segmentations=titles,
        now=now,
        read_features=partial(results.run.read, "features", as_of=[results.as_of]),
        segmented=looked.segmented,
        segment_doubts=check_segments(own, now),
        health=looked.health,
        value=value_report(results.crm, results.lives, now, basis, results.as_of, titles),
        n_at_risk=int(now["at_risk"].sum()),
        n_lapsed=int((~now["at_risk"]).sum()),
    )


def _all_customers(results: StageResults, looked: _Looked, money: Money, *, warns: bool) -> pd.DataFrame:
    """Return all that lists and alerts read of each customer, also of those in notice, on trial and gone."""
    states, as_of, now = results.states, results.as_of, looked.now
    columns = [str(c) for c in results.run.read("features", customer_id=[]) if c in now and c not in KEY]
    ids = results.judged.loc[~results.judged["customer_id"].isin(now["customer_id"]), "customer_id"]
    others = results.run.read("features", columns=columns, as_of=[as_of], customer_id=list(ids))
    known = actions.all_customers(results.loaded, others, states, now, as_of, money=money, lives=results.lives)
    return _with_health(known, looked.health, warns=warns)


def _work(made: actions.Worklists) -> Work:
    return Work(
        keep=made["keep"],
        win_back=made["win back"],
        check_in=made["health"],
        lists=made.lists,
        left_out=made.left_out,
        held_out=made.held_out,
        playbook_gaps=made.unusable,
        without_consent=made.without_consent,
    )


def _found(results: StageResults, known: Mapping[str, metrics.Metric], base: pd.DataFrame) -> Found:
    run, facts = results.run, results.crm.facts
    return Found(
        run=run.name,
        as_of=results.as_of,
        metrics=known,
        base=base,
        outcomes=newest_outcomes(results.labels),
        panel=_compared_panel(run, results.as_of),
        started=read_started(run.derived),
        loaded=facts.loaded,
        refused=refused_rows(facts.refused),
        columns=read_columns(run.derived),
    )


def _compared_panel(run: Stages, at: datetime) -> pd.DataFrame:
    """Return the features of the day; no rows where there is no run before to compare them with."""
    return run.read("features", as_of=[at]) if run.before.is_dir() else run.read("features", customer_id=[])


def _changes(results: StageResults, found: Found) -> Changes | None:
    before = results.run.before
    changes = changes_since(found, before)
    if changes is None:
        return None
    return replace(changes, predictions=came_true(before, results.crm, results.rules, results.horizon_days))


def _panel(run: Stages, at: datetime, customers: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return some features of some customers at a snapshot, with the plan of then where there are plans."""
    ids = list(customers.loc[customers["as_of"] == at, "customer_id"])
    panel = run.read("features", columns=columns, as_of=[at], customer_id=ids)
    categories = run.read("categories", as_of=[at], customer_id=ids)
    if "plan" not in categories:
        return panel
    plans = panel[KEY].merge(categories[[*KEY, "plan"]], on=KEY, how="left")["plan"]
    return panel.assign(plan=plans.to_numpy())  # unlike a merge it copies no other column


def _past_revenue(crm: Crm, snapshots: list[datetime]) -> pd.DataFrame | None:
    """Return what each customer had brought in the year before each snapshot; None without amounts."""
    return yearly_revenue(crm.counted().as_of(snapshots)).to_pandas() if tells_amounts(crm) else None


def _with_health(customers: pd.DataFrame, health: actions.HealthReport, *, warns: bool) -> pd.DataFrame:
    """Add the health score and, where it ``warns``, its warnings."""
    if not health.score.behaviours:
        return customers
    warnings = health.warnings.set_index("customer_id")[["health_fall", "health_warning"]]
    known = health.now.set_index("customer_id")[["health", "health_why"]].join(warnings if warns else warnings.iloc[:0])
    return actions.beside(customers, known.reset_index())


def _cohorts(crm: Crm, lives: ir.Table, as_of: datetime, end: datetime, *, by_subscription: bool) -> pd.DataFrame:
    if by_subscription or "orders" not in crm:
        return metrics.life_cohorts(lives, end)
    return metrics.cohorts(crm, min(as_of, crm.facts.known_until))


def _bridge(crm: Crm, start: datetime, end: datetime) -> pd.DataFrame | None:
    try:
        return metrics.mrr_bridge(crm, start, end)
    except DataError:
        return None
