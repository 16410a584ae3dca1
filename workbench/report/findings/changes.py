"""What changed between two runs: figures, segments, customers at high risk, definitions, data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

from workbench.metrics import Metric, psi
from workbench.report.findings.found import Found, Schemas, read_found
from workbench.report.findings.past_predictions import NO_PREDICTIONS
from workbench.stats import LEVEL, Estimate, Floats, paired_change, paired_change_of_sum

FIGURE_COLUMNS = [
    "key", "name", "unit", "before", "now", "now_low", "now_high", "change", "low", "high", "paired", "clear",
]  # fmt: skip
SEGMENT_COLUMNS = [
    "segmentation", "segment", "at_risk_before", "at_risk", "before", "now", "change", "low", "high", "clear",
]  # fmt: skip
DRIFT_COLUMNS = ["feature", "psi", "chance_95", "drifted"]
NOT_SETTINGS = ("run_name", "as_of", "cell_timeout_minutes", "run_timeout_minutes", "alerts", "report_style")
"""Parameters that change no definition."""
CONTENT = "_sha256"
"""What ends the name of a setting that is the fingerprint of a file."""
WORTH_NAMING = 0.1
"""A population stability index under it is small, however sure."""


@dataclass(frozen=True)
class Changes:
    """What changed since another run.

    ``since`` is the day that run looked from, ``against`` its name. ``figures``: value before, and now with its 95 %
    interval, and the change with its own; paired by customer where customers are known in both, else as of independent
    figures, which is too wide rather than too narrow; ``clear`` where the interval does not hold 0. ``segments``: the
    same of expected churn per segment, clear at a false discovery rate of 5 % within the segmentation. ``risk``:
    numbers of customers (see :func:`moved_risk`). ``definitions``: setting, before, now. ``data``: table, before, now
    (rows; empty: not there). ``drift``: features whose distribution differs most, with the index that chance alone
    stays under in 95 %. ``columns``: those of the source's tables that came, went or changed their type.
    ``predictions``: how an earlier run's came true (see :func:`scored_predictions`); no rows where none is due.
    """

    since: datetime
    against: str
    figures: pd.DataFrame
    segments: pd.DataFrame
    risk: Mapping[str, float]
    definitions: pd.DataFrame
    data: pd.DataFrame
    drift: pd.DataFrame
    columns: pd.DataFrame
    predictions: pd.DataFrame


def changes_between(now: Found, before: Found) -> Changes:
    """Return what changed from one run to another.

    Where a run gives all customers the same chance of leaving, as the base rate does, nothing is said of who came to
    high risk, and of no segment: the chance of all moved, and no customer's own.
    """
    ranked = _ranks(now.base) and _ranks(before.base)
    return Changes(
        since=before.as_of,
        against=before.run,
        figures=_changed_figures(now, before, ranked=ranked),
        segments=_changed_segments(now.base, before.base) if ranked else pd.DataFrame(columns=SEGMENT_COLUMNS),
        risk=moved_risk(now.base, before.base) if ranked else {},
        definitions=_changed_definitions(now, before),
        data=_changed_data(now, before),
        drift=_drifted(now.panel, before.panel),
        columns=_changed_columns(now.columns, before.columns),
        predictions=NO_PREDICTIONS,
    )


def _ranks(base: pd.DataFrame) -> bool:
    """Return whether customers at risk differ in their chance of leaving."""
    chance = base.loc[base["at_risk"], "churn_probability"]
    return bool(chance.min() < chance.max())


def changes_since(now: Found, before: Path) -> Changes | None:
    """Return what changed since the run whose findings lie in the folder ``before``; None where there is none."""
    return changes_between(now, read_found("", before, before)) if before.is_dir() else None


def _changed_figures(now: Found, before: Found, *, ranked: bool) -> pd.DataFrame:
    outlook = _paired_outlook(now.base, before.base) if ranked else {}  # without spread its interval would be a point
    pairs = {**_paired_outcomes(now, before), **outlook}
    rows = []
    for key, metric in now.metrics.items():
        if key in before.metrics and metric.unit == before.metrics[key].unit:
            was = before.metrics[key]
            # the paired change serves only where it is that of the figure stated
            paired = key in pairs and math.isclose(pairs[key].value, metric.value - was.value, abs_tol=1e-9)
            change = pairs[key] if paired else independent_change(was, metric)
            rows.append(
                (key, metric.name, metric.unit, was.value, metric.value, metric.low, metric.high,
                 change.value, change.low, change.high, paired, is_clear(change))
            )  # fmt: skip
    return pd.DataFrame(rows, columns=FIGURE_COLUMNS)


def is_clear(change: Estimate) -> bool:
    """Return whether the interval of a change does not hold 0."""
    return bool(change.low > 0 or change.high < 0)


def independent_change(before: Metric, after: Metric) -> Estimate:
    """Return the change of a figure with a 95 % interval made of theirs, as of independent ones (Zou, Donner 2008)."""
    down = math.hypot(after.value - after.low, before.high - before.value)
    up = math.hypot(after.high - after.value, before.value - before.low)
    change = after.value - before.value
    return Estimate(change, change - down, change + up, min(before.n, after.n))


def _paired_outcomes(now: Found, before: Found) -> dict[str, Estimate]:
    sides = [found.outcomes.set_index("customer_id")["churned"].astype(float) for found in (before, now)]
    was, is_ = _aligned(*(pd.DataFrame({"above": side, "below": 1.0}) for side in sides))
    churn = paired_change(was, is_)
    return {"churn_rate": churn, "retention_rate": Estimate(-churn.value, -churn.high, -churn.low, churn.n)}


def _paired_outlook(now: pd.DataFrame, before: pd.DataFrame) -> dict[str, Estimate]:
    sides = [base[base["at_risk"]].set_index("customer_id") for base in (before, now)]
    chances = _aligned(*(pd.DataFrame({"above": side["churn_probability"], "below": 1.0}) for side in sides))
    revenues = _aligned(*(side[["revenue_at_risk"]] for side in sides))
    return {
        "expected_churn": paired_change(*chances),
        "revenue_at_risk": paired_change_of_sum(*(side[:, 0] for side in revenues)),
    }


def _aligned(before: pd.DataFrame, after: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return both tables with the customers of either, 0 where one lacks a customer."""
    customers = before.index.union(after.index)
    first, second = (table.reindex(customers).fillna(0.0).to_numpy(float) for table in (before, after))
    return first, second


def _changed_segments(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    names = [c for c in now.columns if c.endswith("_segment") and c in before.columns]
    parts = [part for name in names if len(part := _of_segmentation(name, now, before))]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SEGMENT_COLUMNS)


def _of_segmentation(name: str, now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    rows = pd.DataFrame(_segment_rows(name, now, before), columns=[*SEGMENT_COLUMNS[:-1], "p"])
    clear = false_discovery_control(rows["p"]) < 0.05 if len(rows) else []
    return rows.drop(columns="p").assign(clear=clear)


def _segment_rows(name: str, now: pd.DataFrame, before: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    sides = [base[base["at_risk"]].set_index("customer_id") for base in (before, now)]
    for segment in sorted(set(sides[0][name].dropna()) & set(sides[1][name].dropna())):
        parts = [side.loc[side[name] == segment, "churn_probability"] for side in sides]
        pairs = _aligned(*(pd.DataFrame({"above": part, "below": 1.0}) for part in parts))
        change = paired_change(*pairs)
        yield (
            name, segment, len(parts[0]), len(parts[1]), parts[0].mean(), parts[1].mean(), change.value, change.low,
            change.high, _p_value(change),
        )  # fmt: skip


def _p_value(change: Estimate) -> float:
    """Return the p-value of no change, as the interval has it; 1 where there is no change or no interval."""
    if math.isnan(change.low) or math.isclose(change.value, 0.0, abs_tol=1e-12):
        return 1.0
    error = (change.high - change.low) / 2 / norm.ppf((1 + LEVEL) / 2)
    return float(2 * norm.sf(abs(change.value) / error)) if error else 0.0


def high_risk_from(probabilities: pd.Series) -> float:
    """Return the churn probability from which risk is high: twice the odds of the mean.

    >>> round(high_risk_from(pd.Series([0.1, 0.3])), 2)
    0.33
    """
    mean = float(probabilities.mean())
    return 2 * mean / (1 + mean)


def moved_risk(now: pd.DataFrame, before: pd.DataFrame) -> dict[str, float]:
    """Return how many customers entered and left high risk between two customer bases.

    ``threshold``: the churn probability from which risk is high, twice the odds of the mean then. ``high_before`` −
    ``lower`` − ``no_longer_at_risk`` + ``entered`` + ``new_at_risk`` = ``high``: at high risk then; of these now lower,
    or lapsed or gone; entered from lower risk; at high risk now but not at risk at all then; at high risk now.

    >>> was = pd.DataFrame({"customer_id": list("abcd"), "at_risk": True, "churn_probability": [0.6, 0.6, 0.1, 0.1]})
    >>> now = pd.DataFrame({"customer_id": list("acde"), "at_risk": True, "churn_probability": [0.1, 0.7, 0.1, 0.8]})
    >>> moved = moved_risk(now, was)
    >>> round(moved.pop("threshold"), 2), list(moved.values())
    (0.52, [2, 1, 1, 1, 1, 2])
    """
    sides = [base[base["at_risk"]].set_index("customer_id")["churn_probability"] for base in (before, now)]
    threshold = high_risk_from(sides[0])
    was, is_ = ({str(c) for c in side.index[side >= threshold]} for side in sides)
    known_before, known_now = ({str(c) for c in side.index} for side in sides)
    return {
        "threshold": threshold,
        "high_before": len(was),
        "lower": len((was & known_now) - is_),
        "no_longer_at_risk": len(was - known_now),
        "entered": len((is_ & known_before) - was),
        "new_at_risk": len(is_ - known_before),
        "high": len(is_),
    }


def _changed_definitions(now: Found, before: Found) -> pd.DataFrame:
    """Return parameters, files, the release and definitions of figures that differ."""
    settings = [
        {k: v for k, v in found.started.items() if k.removesuffix(CONTENT) not in NOT_SETTINGS}
        | {f"definition of {m.name}": f"{m.definition} {m.named}".strip() for m in found.metrics.values()}
        for found in (before, now)
    ]
    shared = [key for key in settings[0] if key in settings[1]]
    rows = [(key, *(str(side[key]) for side in settings)) for key in shared if settings[0][key] != settings[1][key]]
    return pd.DataFrame(rows, columns=["setting", "before", "now"])


def _changed_data(now: Found, before: Found) -> pd.DataFrame:
    """Return the rows of each table then and now, and of those refused."""
    sides = [{**found.loaded, "refused rows": found.refused} for found in (before, now)]
    rows = [(table, sides[0].get(table), sides[1].get(table)) for table in dict.fromkeys([*sides[0], *sides[1]])]
    return pd.DataFrame(rows, columns=["table", "before", "now"]).astype({"before": "Int64", "now": "Int64"})


def _changed_columns(now: Schemas, before: Schemas) -> pd.DataFrame:
    """Return the columns that only one run's tables have, or with another type; of tables that both have."""
    rows = [
        (table, column, before[table].get(column), now[table].get(column))
        for table in sorted({*now} & {*before})
        for column in sorted({*now[table]} | {*before[table]})
        if before[table].get(column) != now[table].get(column)
    ]
    return pd.DataFrame(rows, columns=["table", "column", "before", "now"], dtype="object")


def _drifted(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return the index of every feature that both panels have and that differs within one of them, largest first."""
    features = [c for c in now.columns if c in before.columns and c not in ("customer_id", "as_of")]
    rows = []
    for name in features:
        if max(now[name].nunique(), before[name].nunique()) > 1:
            found = psi(before[name], now[name])
            drifted = found.value > max(found.chance_95, WORTH_NAMING)
            rows.append((name, found.value, found.chance_95, drifted))
    frame = pd.DataFrame(rows, columns=DRIFT_COLUMNS)
    return frame.sort_values("psi", ascending=False, kind="stable", ignore_index=True).replace({np.inf: np.nan})
