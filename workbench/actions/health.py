"""The health score: an analyst's own points per behaviour, added up to a number that anybody can follow.

Unlike the model it is not learnt, so its accuracy is shown beside the model's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.crm import KEY, Crm
from workbench.errors import SettingError
from workbench.features import FEATURES, all_but, feature_batches
from workbench.segments import Condition, condition
from workbench.stats import auc
from workbench.yamlfile import explain, read_yaml

STARTERS = {
    "subscriptions": Path(__file__).with_name("health_subscriptions.yaml"),
    "orders": Path(__file__).with_name("health_orders.yaml"),
}
"""Files to copy, one for a business of subscriptions, one for a business of orders."""
WORST, BEST = 0, 100
LOOKS = 2
"""On so many days, evenly apart, of the time within which a fall warns the score is computed beside the snapshots."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Behaviour(_Strict):
    when: str
    points: Annotated[int, Field(ge=-BEST, le=BEST)]
    meaning: Annotated[str, Field(min_length=1)]


class _Warning(_Strict):
    below: Annotated[int, Field(ge=WORST, le=BEST)]
    fall: Annotated[int, Field(ge=1, le=BEST)]
    within_days: Annotated[int, Field(ge=1, le=3650)]


class _File(_Strict):
    start: Annotated[int, Field(ge=WORST, le=BEST)]
    warn: _Warning
    points: Annotated[list[Any], Field(min_length=1)]


@dataclass(frozen=True)
class Behaviour:
    """Points for a behaviour: they are added where the condition holds."""

    condition: Condition
    points: int
    meaning: str


@dataclass(frozen=True)
class HealthScore:
    """A score from 0 (worst) to 100: ``start`` and the points of each behaviour, and when it is a warning.

    It warns ``below`` a score, and when it falls by ``fall`` points or more since a snapshot up to ``within_days`` ago.
    """

    start: int
    behaviours: tuple[Behaviour, ...]
    below: int
    fall: int
    within_days: int

    def __repr__(self) -> str:
        warns = f"warns below {self.below}, and after a fall of {self.fall} within {self.within_days} days"
        behaviours = [f"  {b.points:+d} {b.meaning}: {b.condition.text}" for b in self.behaviours]
        return "\n".join([f"Health score from {self.start} points; {warns}", *behaviours])

    def as_file(self) -> dict[str, Any]:
        """Return what a file of points holds."""
        points = [{"when": b.condition.text, "points": b.points, "meaning": b.meaning} for b in self.behaviours]
        warn = {"below": self.below, "fall": self.fall, "within_days": self.within_days}
        return {"start": self.start, "warn": warn, "points": points}


def read_health(path: str | Path) -> HealthScore:
    """Return the health score that a file describes.

    >>> read_health(STARTERS["orders"]).start
    60

    Raises SettingError naming file, field and cure.
    """
    return health_from(read_yaml(Path(path), SettingError), where=str(path))


def health_from(content: Mapping[str, Any], *, where: str) -> HealthScore:
    """Return the health score that a file's content describes; ``where`` names it in messages.

    Raises SettingError as :func:`read_health` does.
    """
    try:
        file = _File.model_validate(content)
    except ValidationError as problem:
        raise SettingError(f"{where}: {explain(problem, list(_File.model_fields))}") from None
    behaviours = tuple(_behaviour(line, f"{where}: points, line {i}") for i, line in enumerate(file.points, 1))
    return HealthScore(file.start, behaviours, file.warn.below, file.warn.fall, file.warn.within_days)


def _behaviour(line: object, where: str) -> Behaviour:
    try:
        found = _Behaviour.model_validate(line)
    except ValidationError as problem:
        raise SettingError(f"{where}: {explain(problem, list(_Behaviour.model_fields))}") from None
    return Behaviour(condition(found.when, where=where), found.points, found.meaning)


def fitting(score: HealthScore, columns: Iterable[object]) -> tuple[HealthScore, tuple[str, ...]]:
    """Return the score without the behaviours whose features are not among the columns, and their meanings.

    A name that is no feature stays in, so that :func:`health` refuses it: it is a typing mistake.
    """
    absent = {*FEATURES} - {*columns}
    known = tuple(b for b in score.behaviours if not absent & {*b.condition.columns})
    missing = tuple(b.meaning for b in score.behaviours if b not in known)
    return HealthScore(score.start, known, score.below, score.fall, score.within_days), missing


def health(score: HealthScore, customers: pd.DataFrame) -> pd.DataFrame:
    """Return customer_id, as_of, health (0 to 100) and health_why, the behaviours that cost most points, in words.

    Input: one row per customer and snapshot, with every column the score reads.

    >>> score = HealthScore(60, (Behaviour(condition("n > 9", where="x"), -20, "many complaints"),), 40, 15, 91)
    >>> customers = pd.DataFrame({"customer_id": ["a", "b"], "as_of": 1, "n": [12, 0]})
    >>> health(score, customers)[["health", "health_why"]].to_numpy().tolist()
    [[40, 'many complaints (-20)'], [60, '']]

    Raises SettingError for an unknown column, with the nearest names.
    """
    holds = np.array([b.condition.holds(customers) for b in score.behaviours]).reshape(-1, len(customers))
    points = np.array([b.points for b in score.behaviours])
    total = np.clip(score.start + points @ holds, WORST, BEST).astype(int)
    return customers[KEY].assign(health=total, health_why=_words(score.behaviours, holds))


def _words(behaviours: tuple[Behaviour, ...], holds: Any) -> list[str]:
    costly = sorted((i for i, b in enumerate(behaviours) if b.points < 0), key=lambda i: behaviours[i].points)
    named = [f"{b.meaning} ({b.points})" for b in behaviours]
    return ["; ".join([named[i] for i in costly if row[i]][:3]) for row in holds.T]


def health_warnings(score: HealthScore, scored: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the customers of ``as_of`` with a warning: their rows, health_before, health_fall and health_warning.

    ``scored`` is what :func:`health` returned for several snapshots. The fall is measured from the best score
    within ``within_days`` before; where there is none, only a score under the threshold warns.
    """
    now = scored[scored["as_of"] == as_of]
    since = scored[(scored["as_of"] < as_of) & (scored["as_of"] >= as_of - pd.Timedelta(days=score.within_days))]
    before = since.groupby("customer_id")["health"].max()
    now = now.assign(health_before=now["customer_id"].map(before).astype("float64"))
    now = now.assign(health_fall=now["health_before"] - now["health"])
    low, fell = now["health"] < score.below, now["health_fall"] >= score.fall
    lower, less = f"under {score.below}", f"fell by {score.fall} or more"
    words = np.select([low & fell, low, fell], [f"{lower} and {less}", lower, less], "")
    return now.assign(health_warning=words)[low | fell].reset_index(drop=True)


@dataclass(frozen=True)
class HealthReport:
    """The score of the customers at risk now, their warnings, and how accurate the score was in the last period.

    ``before`` is the last day before with a score, or None; ``missing`` are the behaviours that this source does not
    record; ``tested`` is the number of customers ``auc`` (the chance that a customer who left scored lower than one who
    stayed) rests on.
    """

    score: HealthScore
    now: pd.DataFrame
    warnings: pd.DataFrame
    auc: float
    tested: int
    missing: tuple[str, ...]
    before: pd.Timestamp | None = None

    def __repr__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """How many warn, and how accurate the score is."""
        left_out = f" Not recorded here: {', '.join(self.missing)}." if self.missing else ""
        return (
            f"{len(self.warnings):,} of {len(self.now):,} customers at risk have a warning. AUC of the score in the "
            f"last period: {self.auc:.2f} ({self.tested:,} customers).{self._not_seen}{left_out}"
        )

    @property
    def _not_seen(self) -> str:
        """Why no fall of the score can be seen; empty where it can."""
        as_of = self.now["as_of"].max()
        if self.before is None or self.now.empty or self.before >= as_of - pd.Timedelta(days=self.score.within_days):
            return ""
        days = (as_of - self.before).days
        return f" The last score before is {days} days old: a fall is seen only with within_days of {days} or more."


def health_snapshots(
    points: HealthScore | None, snapshots: pd.Series, tested: pd.Timestamp, *, starter: str
) -> list[datetime]:
    """Return the snapshots that :func:`health_report` looks at.

    They are the last, those before it since which a fall of the score is measured, and the one that tests it.
    """
    score, last = points or read_health(STARTERS[starter]), snapshots.max()
    since = last - pd.Timedelta(days=score.within_days)
    return [t.to_pydatetime() for t in sorted(snapshots.unique()) if t >= since or t == tested]


def health_columns(points: HealthScore | None, columns: Collection[str], *, starter: str) -> list[str]:
    """Return which columns of the panel the score reads.

    Raises SettingError for one that the panel does not have and no source could give it, with the nearest name.
    """
    score, _ = fitting(points or read_health(STARTERS[starter]), columns)
    for behaviour in score.behaviours:
        behaviour.condition.check_names(columns)
    return sorted({name for behaviour in score.behaviours for name in behaviour.condition.columns})


def health_between(
    points: HealthScore | None, crm: Crm, columns: Collection[str], snapshots: Sequence[datetime], *, starter: str
) -> pd.DataFrame:
    """Return what the score reads, on two days of the time in which a fall warns.

    So is a fall since the last snapshot seen, also of who was no customer then. Input: the columns of the panel, and
    its snapshots, the last of which is the day of the report. No rows for a score that reads features of the analyst's
    own.
    """
    score, as_of = points or read_health(STARTERS[starter]), max(snapshots)
    wanted = {*health_columns(score, columns, starter=starter)}
    ago = {round(score.within_days * look / LOOKS) for look in range(1, LOOKS + 1)} - {0}
    inside = sorted({as_of - timedelta(days=days) for days in ago} - {*snapshots})
    inside = [day for day in inside if day > crm.facts.begins_at]
    if not inside or not wanted or not wanted <= {*FEATURES}:
        return pd.DataFrame()
    built = pa.concat_tables(feature_batches(crm, inside, leave_out=all_but(*wanted)))
    return built.select([*KEY, *(c for c in built.column_names if c in wanted)]).to_pandas()


def health_report(
    points: HealthScore | None,
    panel: pd.DataFrame,
    at_risk: pd.Series,
    labels: pd.DataFrame,
    *,
    starter: str,
    between: pd.DataFrame | None = None,
) -> HealthReport:
    """Return the health of the customers ``at_risk`` (ids) at the panel's last snapshot, and the score's accuracy.

    Input: the panel of features; labels with customer_id, as_of and churned, the last snapshot of which tests the
    score. Without ``points`` the ``starter`` of that name is used. What the source does not record is left out. A fall
    is measured since the panel's snapshots, and since the days ``between`` (:func:`health_between`).
    """
    score, missing = fitting(points or read_health(STARTERS[starter]), panel)
    scored = health(score, panel)
    as_of = panel["as_of"].max()
    tested = labels[labels["as_of"] == labels["as_of"].max()].merge(scored, on=KEY)
    accuracy = auc(tested["churned"].to_numpy(float), -tested["health"].to_numpy(float))
    now = scored[(scored["as_of"] == as_of) & scored["customer_id"].isin(at_risk)].reset_index(drop=True)
    earlier = scored if between is None or between.empty else pd.concat([scored, health(score, between)])
    warnings = health_warnings(score, earlier[earlier["customer_id"].isin(at_risk)], as_of)
    warnings = warnings.sort_values("health", ignore_index=True)
    before = earlier.loc[earlier["as_of"] < as_of, "as_of"].max()
    return HealthReport(score, now, warnings, accuracy, len(tested), missing, None if before is pd.NaT else before)
