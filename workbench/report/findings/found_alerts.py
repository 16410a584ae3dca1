"""Which alerts hold on the day of the report: for which customers, segments, tables and figures, in a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from workbench.actions import (
    Alerts,
    CalibrationLost,
    DataLate,
    EnteredHighRisk,
    Figure,
    MonthsMissing,
    SegmentChurn,
    column_needs,
    usable,
)
from workbench.contract import TABLES, UNKNOWN_CURRENCY
from workbench.crm import Crm, Facts
from workbench.errors import SettingError, did_you_mean, ended
from workbench.metrics import Metric
from workbench.report.findings.alert_findings import NO_ALERTS, Alert, FoundAlerts
from workbench.report.findings.changes import high_risk_from
from workbench.report.formats.number_texts import counted, day, share, shown
from workbench.segments import hold_each

MONTHLY_ROWS = 5
"""A table with fewer rows a month than this may well miss one by chance."""
NOT_MONTHLY = ("customers", "treatments", "contacts", "consents")
"""Tables that need not have rows in every month."""


@dataclass(frozen=True)
class Grounds:
    """What alerts are judged by, of one run: customers (all that is known of each on a row), figures and segments."""

    customers: pd.DataFrame
    crm: Crm
    as_of: datetime
    metrics: Mapping[str, Metric]
    segments: pd.DataFrame
    segmentations: Mapping[str, str]
    evaluation: Mapping[str, Any]


def find_alerts(alerts: Alerts | None, grounds: Grounds) -> FoundAlerts:
    """Return which alerts of a file hold.

    Raises SettingError for a column, segment or figure that there is not, with the nearest names.
    """
    if alerts is None:
        return NO_ALERTS
    customers = _with_high_risk(grounds.customers)
    conditions, missing = usable(alerts.conditions(), customers, column_needs())
    held = dict(zip(conditions, hold_each(list(conditions.values()), customers), strict=True))
    found = []
    for name, rule in alerts.rules.items():
        at = f"{alerts.path}: {name}"
        if name in held:
            ids = sorted(customers.loc[held[name], "customer_id"].astype(str))
            found.append(Alert(name, rule.words(), "customers", ids, entered=isinstance(rule, EnteredHighRisk)))
        elif name not in missing:
            causes = dict(_causes(rule, grounds, at))
            found.append(Alert(name, rule.meaning, "figures", list(causes), list(causes.values())))
    return FoundAlerts(found, missing)


def _with_high_risk(customers: pd.DataFrame) -> pd.DataFrame:
    """Add whether a customer is at high risk, by the threshold of the changes since the run before."""
    chance = customers["churn_probability"]
    threshold = high_risk_from(chance[customers["at_risk"].fillna(False).astype(bool)])
    return customers.assign(high_risk=(chance >= threshold).astype(bool))


def _causes(rule: object, grounds: Grounds, at: str) -> Iterator[tuple[str, str]]:
    """Yield what makes a rule that is not about customers hold, with a sentence each."""
    if isinstance(rule, SegmentChurn):
        yield from _segments(rule, grounds, at)
    elif isinstance(rule, Figure):
        yield from _figure(rule, grounds, at)
    elif isinstance(rule, DataLate):
        yield from _late(rule, grounds.crm.facts, grounds.as_of)
    elif isinstance(rule, MonthsMissing):
        yield from _months(rule, grounds)
    elif isinstance(rule, CalibrationLost) and grounds.evaluation.get("expected_observed", {}).get("off"):
        lost = [each["sentence"] for each in grounds.evaluation["warnings"] if each["kind"] == "level"]
        yield "calibration", " ".join(lost)


def _segments(rule: SegmentChurn, grounds: Grounds, at: str) -> Iterator[tuple[str, str]]:
    rows = grounds.segments
    known = sorted(set(rows["segmentation"]) | set(grounds.segmentations))
    if rule.segmentation not in known:
        raise SettingError(
            ended(f"{at}: segmentation {rule.segmentation!r} is not known; {did_you_mean(rule.segmentation, known)}")
        )
    rows = rows[rows["segmentation"] == rule.segmentation]
    if rule.segment and rule.segment not in set(rows["segment"]):
        named = did_you_mean(rule.segment, map(str, rows["segment"]))
        raise SettingError(ended(f"{at}: {rule.segmentation} has no segment {rule.segment!r}; {named}"))
    if rule.segment:
        rows = rows[rows["segment"] == rule.segment]
    title = grounds.segmentations.get(rule.segmentation, rule.segmentation).lower()
    for row in rows[rows["churn"] > rule.above].to_dict("records"):
        yield (
            f"{rule.segmentation}: {row['segment']}",
            f"{row['segment']} ({title}): {share(row['churn'])} of {counted(row['n'])} customers left "
            f"in the last period (95 %: {share(row['low'])} to {share(row['high'])}), above {share(rule.above)}",
        )


def _figure(rule: Figure, grounds: Grounds, at: str) -> Iterator[tuple[str, str]]:
    if rule.figure not in grounds.metrics:
        known = did_you_mean(rule.figure, grounds.metrics)
        raise SettingError(ended(f"{at}: figure {rule.figure!r} is not known; {known}"))
    metric = grounds.metrics[rule.figure]
    currency = grounds.crm.facts.currency.replace(UNKNOWN_CURRENCY, "")
    for word, bound in (("above", rule.above), ("below", rule.below)):
        beyond = bound is not None and (metric.value > bound if word == "above" else metric.value < bound)
        if bound is not None and beyond:
            value, limit = (shown(v, metric, currency) for v in (metric.value, bound))
            yield rule.figure, f"{metric.name} is {value}, {word} {limit}"


def _late(rule: DataLate, facts: Facts, as_of: datetime) -> Iterator[tuple[str, str]]:
    late = as_of - facts.known_until
    if late > timedelta(days=rule.days):
        yield "data", f"nothing is recorded after {day(facts.known_until)}, {late.days} days before {day(as_of)}"


def _months(rule: MonthsMissing, grounds: Grounds) -> Iterator[tuple[str, str]]:
    for table in rule.tables or [t for t in grounds.crm.tables if t in TABLES and t not in NOT_MONTHLY]:
        if table not in grounds.crm:
            continue
        dated = grounds.crm[table][TABLES[table].dated_by]
        ends = grounds.crm[table].aggregate(first=dated.min(), last=dated.max(), rows=dated.count()).execute().iloc[0]
        if not ends["rows"]:
            continue
        missing = _month(grounds.as_of) - _month(ends["last"]) - 1  # the month under way may still come
        if missing >= rule.months and ends["rows"] >= MONTHLY_ROWS * (1 + _month(ends["last"]) - _month(ends["first"])):
            months = "the last month" if missing == 1 else f"the last {missing} months"
            yield table, f"{table} have no row in {months}; the last is of {day(ends['last'])}"


def _month(moment: datetime) -> int:
    return moment.year * 12 + moment.month
