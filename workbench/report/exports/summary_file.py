"""``summary.json``: every figure of the report for programs, by a schema that is published beside the reports."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from workbench.metrics import Metric, Trend
from workbench.report.findings.changes import Changes
from workbench.report.findings.contents import Findings
from workbench.report.findings.details import Details
from workbench.report.privacy.privacy_counts import FEW, few_unknown, list_sizes, shown_lists, shown_moves
from workbench.report.privacy.private_findings import shown_effort

Row = dict[str, Any]
"""A row of a table: a value per column, null where it is not known or hidden."""


class Plain(BaseModel):
    """A part of the summary; it has no keys beside those stated."""

    model_config = ConfigDict(extra="forbid")


class Figure(Plain):
    """A figure with its 95 % interval, what was counted, on what it rests, and its definition."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    count: float | None
    of: float | None
    definition: str
    n: int
    n_of: str = Field(description="of which things n is the number")
    unit: str = Field(description="share (0 to 1), points, hours, days or currency")
    named: str = Field(description="whose definition it is, where there are several")


class TrendOf(Plain):
    """A figure of the last period beside those of the periods before."""

    values: list[float | None] = Field(description="of all periods, oldest first")
    before: Figure | None
    change: Figure | None
    yearly: Figure | None = Field(description="what it comes to in a year at the same pace")


class ChangesOf(Plain):
    """What changed since the run before."""

    since: str = Field(description="the day the run before looked from")
    figures: list[Row]
    segments: list[Row] = Field(description="expected churn per segment, before and now")
    risk: dict[str, float | None] = Field(description="customers who entered and left high risk; threshold: from which")
    definitions: list[Row] = Field(description="settings, files and definitions that changed")
    data: list[Row] = Field(description="rows per table, before and now")
    drift: list[Row] = Field(description="how far each feature's distribution moved, and by chance (95 %)")
    columns: list[Row] = Field(description="columns of the source that came, went or changed their type")
    predictions: list[Row] = Field(description="an earlier run's predictions whose outcome is known now, and it")


class DetailsOf(Plain):
    """The tables of single sections."""

    reasons: list[Row] = Field(description="customers lost in the periods shown, by the reason given")
    split: list[Row] = Field(description="the same by involuntary and by avoidable, with interval and common claim")
    signs: list[Row] = Field(description="churn of the last period with and without each sign")
    revenue_lost: list[float | None] = Field(description="yearly revenue of the customers lost, per period")
    movements: list[Row] = Field(description="recurring revenue per period: start, movements, end")
    survival: list[Row] = Field(description="share still customers by days since the start")
    service: dict[str, dict[str, Figure]] = Field(description="waiting times of the last period")
    bands: list[Row] = Field(description="customers at risk by risk")
    activation: list[Row] = Field(description="new customers who used a key feature within 30 days, by month")
    spending: list[Row] = Field(description="customers won, and the cost of winning and of keeping, per period")
    groups: list[Row] = Field(description="customers at risk in groups, as the simulator takes them")


class ValueOf(Plain):
    """What customers are worth: margin still to come within ``horizon_months``."""

    segments: list[Row] = Field(description="mean per customer with bounds, against the cost of winning one")
    figures: dict[str, Figure]
    inputs: dict[str, float | None] = Field(description="what scenarios are computed from")
    horizon_months: int
    missing: str = Field(description="why there is no value; empty where there is")


class ForecastOf(Plain):
    """What is expected within the horizon, and how earlier forecasts did."""

    rows: list[Row] = Field(description="customers and revenue, in all and per kind, with interval")
    backtest: list[Row] = Field(description="each labelled period forecast from those before it")
    tested: int
    covered: int = Field(description="how many of those tested held what came")


class Summary(Plain):
    """Every figure of a report."""

    run: str
    source: str
    as_of: str = Field(description="the day the report looks from; nothing later is used")
    horizon_days: int
    inactive_days: int
    currency: str | None = Field(description="ISO 4217; null: the source does not state it")
    min_cell: int = Field(description="figures of groups with fewer customers are null; 0: none is hidden")
    data: Row = Field(description="first and last record, rows loaded per table")
    customers: dict[str, int] = Field(description="known, at_risk, lapsed")
    not_at_risk: dict[str, int] = Field(description="customers in other states")
    metrics: dict[str, Figure] = Field(description="of the last period, and expected of the next")
    other_definitions: dict[str, Figure] = Field(description="churn and retention as others define them")
    trends: dict[str, TrendOf]
    goals: dict[str, float | None] = Field(description="churn of a year: the analyst's target, the industry's")
    periods: list[Row] = Field(description="churn per period, oldest first")
    kinds: list[Row] = Field(description="customers lost per kind; periods in which few left so are taken together")
    kinds_last_period: dict[str, int | None]
    revenue_bridge: list[Row] | None = Field(description="movements of monthly recurring revenue; amounts as text")
    segments: list[Row]
    moves: list[Row] = Field(description="customers who entered and left each segment between two snapshots")
    cohorts: list[Row] = Field(description="cohort, customers, and the share per month since")
    details: DetailsOf
    campaigns: list[Row] = Field(description="churn of the treated against the control group")
    value: ValueOf
    forecast: ForecastOf
    feedback: dict[str, Figure] = Field(description="transfers, goals, referrals and the like, where recorded")
    feedback_tables: dict[str, list[Row]] = Field(description="comments, ease of help, contact and response")
    not_known: dict[str, str] = Field(description="figures that this source cannot give, and why")
    model: Row = Field(description="verdict, comparison, drivers, calibration, and how accurate the health score was")
    lists: dict[str, int | None] = Field(description="customers on each list; without_consent: left out of all")
    lists_by_cause: list[Row] = Field(description="the lists by line of the playbook, with the gain expected")
    effort: list[Row] = Field(description="what the lists ask for by value of the customer, in tasks and currency")
    left_out: list[Row] = Field(description="customers left off each list, and why")
    held_out: dict[str, int | None] = Field(
        description="customers left alone to measure what contacting brings, per list"
    )
    expected_gain_scenario: float | None
    assumptions: Row
    refused: list[Row] = Field(description="rows that were not loaded: table, reason, rows")
    alerts: list[Row] = Field(description="what was to be reported unasked: alert, what, n for which it holds")
    changes: ChangesOf | None = Field(description="null: the first run of this name")
    history: list[Row] = Field(description="the figures of this run and those before it, oldest first")


def write_summary(findings: Findings, path: Path) -> None:
    """Write ``summary.json``, checked against its schema; null is unknown or hidden, never 0."""
    checked = Summary.model_validate(plain(summarize(findings)))
    path.write_text(json.dumps(checked.model_dump(), indent=2, default=str) + "\n", encoding="utf-8")


def summary_schema() -> dict[str, Any]:
    """Return the JSON schema of ``summary.json``."""
    return Summary.model_json_schema()


def summarize(f: Findings) -> dict[str, Any]:
    """Return all that the summary holds, by key."""
    return {
        **_about(f),
        **_figures(f),
        "model": {**f.evaluation, "health_score": {"auc": f.health.auc, "customers": f.health.tested}},
        "lists": {
            "keep": 0, "win_back": 0, "health": 0, "without_consent": few_unknown(f.without_consent, f.min_cell),
            **{name.replace(" ", "_"): n for name, n in list_sizes(f).items()},
        },
        "lists_by_cause": shown_lists(f),
        "effort": shown_effort(f),
        "left_out": f.left_out,
        "held_out": {
            str(name): few_unknown(int(n), f.min_cell)
            for name, n in f.held_out["list"].value_counts(sort=False).items()
        },
        # no amounts: not known, rather than 0
        "expected_gain_scenario": round(float(f.keep["expected_gain"].sum(min_count=0 if f.amounts_known else 1)), 2),
        "assumptions": {**asdict(f.money), "vip_share": f.vip_share},
        "refused": f.facts.refused,
        "alerts": _alerts(f),
        "changes": f.changes and _changes(f.changes),
        "history": list(f.history),
    }  # fmt: skip


def _about(f: Findings) -> dict[str, Any]:
    return {
        "run": f.run,
        "source": f.facts.name,
        "as_of": f.as_of.date().isoformat(),
        "horizon_days": f.horizon_days,
        "inactive_days": f.inactive_days,
        "currency": f.currency or None,
        "min_cell": f.min_cell,
        "data": {"begins_at": f.facts.begins_at, "last_record_at": f.facts.last_record_at, "rows": f.facts.loaded},
        "customers": {"known": f.n_known, "at_risk": f.n_at_risk, "lapsed": f.n_lapsed},
        "not_at_risk": dict(f.not_judged),
    }


def _figures(f: Findings) -> dict[str, Any]:
    kinds = f.kinds.reset_index(names="start")
    return {
        "metrics": {**f.metrics, **f.outlook},
        "other_definitions": dict(f.other_definitions),
        "trends": {key: _trend(found) for key, found in f.trends.items()},
        "goals": asdict(f.goals),
        "periods": f.periods,
        "kinds": kinds,
        "kinds_last_period": {
            str(kind): int(n) if len(f.kinds) == len(f.periods) else None
            for kind, n in f.kinds.iloc[-1].items()
            if kind != FEW
        },
        "revenue_bridge": None if f.bridge is None else f.bridge.astype({"amount": "str", "level": "str"}),
        "segments": f.segments.assign(title=f.segments["segmentation"].map(f.segmentations)),
        "moves": shown_moves(f),
        "cohorts": _cohorts(f.cohorts),
        "details": _details(f.details),
        "campaigns": f.campaigns,
        "value": {name: getattr(f.value, name) for name in ValueOf.model_fields},
        "forecast": {name: getattr(f.forecast, name) for name in ForecastOf.model_fields},
        "feedback": dict(f.feedback),
        "feedback_tables": dict(f.feedback_tables),
        "not_known": dict(f.missing),
    }


def _alerts(f: Findings) -> pd.DataFrame:
    """Return how often each alert holds; of few customers, not how many."""
    few = {alert.name for alert in f.alerts.found if alert.about == "customers" and 0 < len(alert.causes) < f.min_cell}
    counts = f.alerts.counts()
    return counts.assign(n=counts["n"].astype("float64").mask(counts["alert"].isin(few)))


def _details(found: Details) -> dict[str, Any]:
    tables = {field.name: getattr(found, field.name) for field in fields(found)}
    named = {
        "reasons": found.reasons.rename_axis("reason").reset_index(),
        "split": found.split.rename_axis("part").reset_index(),
    }
    return tables | named


def _trend(found: Trend) -> dict[str, Any]:
    return {"values": found.values, "before": found.before, "change": found.change, "yearly": found.yearly}


def _cohorts(cohorts: pd.DataFrame) -> pd.DataFrame:
    if not len(cohorts):
        return cohorts
    sizes = cohorts.attrs["sizes"]
    rows = cohorts.reset_index(names="cohort").rename(columns=str)
    rows.insert(1, "customers", [sizes[f"{month:%Y-%m-%d}"] for month in cohorts.index])
    return rows


CHANGED = ("figures", "segments", "definitions", "data", "drift", "columns", "predictions")


def _changes(changes: Changes) -> dict[str, Any]:
    tables = {name: getattr(changes, name) for name in CHANGED}
    return {"since": changes.since.date().isoformat(), "risk": dict(changes.risk), **tables}


def plain(content: Any) -> Any:
    """Return values as JSON has them: records for a table, ISO dates, null for what is not known.

    >>> plain({"churn": float("nan"), "rows": pd.DataFrame({"day": [pd.Timestamp("2024-05-01")], "n": [3]})})
    {'churn': None, 'rows': [{'day': '2024-05-01', 'n': 3}]}
    """
    if isinstance(content, pd.DataFrame):
        return [plain({str(key): value for key, value in row.items()}) for row in content.to_dict("records")]
    if isinstance(content, Metric) or (is_dataclass(content) and not isinstance(content, type)):
        return plain(asdict(content))
    if isinstance(content, Mapping):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    return _plain_value(content)


def _plain_value(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if hasattr(value, "item"):  # a number of numpy's
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) or math.isinf(value) else value
    if hasattr(value, "isoformat"):
        return value.isoformat().removesuffix("T00:00:00")
    return value
