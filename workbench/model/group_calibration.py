"""Are the probabilities honest where it matters: the top tenth, the lapsed, per kind of churn, snapshot and segment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

from workbench.model.calibration import equal_bins
from workbench.model.examples import feature_columns, is_text, weights
from workbench.model.trial import Trial
from workbench.stats import LEVEL, Floats, wilson

FEWEST = 50
"""Smaller segments are left out: their observed share says little."""
TOP = "the tenth most at risk"
RETURN = "chance of return"
LIKELIEST, LAPSED = "the tenth of the lapsed likeliest to return", "all lapsed customers"


def calibration_by_group(trial: Trial, last: pd.DataFrame, kinds: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return predicted and observed churn of groups of customers at risk: by, group, n, predicted, observed, low, high.

    Input: the trial; ``last``, the rows it was tested on (at_risk, kind and text features); ``kinds``, its probability
    of each kind, one column per kind, rows as those at risk. Groups: the tenth most at risk, each kind, each snapshot
    learned from (as in ``trial.learned``) and the one tested on, each value of a text feature that 50 customers share,
    and, of 50 lapsed or more, returns: of the tenth likeliest to return, and of all. ``off`` is *too high*
    or *too low* where predicted and observed differ by more than chance explains (normal approximation of the sum;
    Benjamini and Hochberg 1995 over all groups, 5 %), else empty.
    """
    at_risk = last[last["at_risk"]]
    if at_risk.empty:
        return pd.DataFrame(columns=["by", "group", "n", "predicted", "observed", "low", "high", "off"])
    parts = [
        *_of_test(trial, at_risk), *_of_kinds(at_risk, kinds), *_of_lapsed(trial.lapsed), *_of_snapshots(trial, at_risk)
    ]  # fmt: skip
    return _judged(pd.DataFrame([_row(*part) for part in parts]))


Group = tuple[str, str, Floats, Floats, Floats]
"""By what, which group, and per row: outcome, predicted probability, and how many rows it stands for."""


def _of_test(trial: Trial, at_risk: pd.DataFrame) -> Iterator[Group]:
    predicted, outcome = trial.predictions[trial.chosen], trial.outcome
    one = np.ones(len(outcome))
    most = equal_bins(predicted, 10) == 9
    yield "probability", TOP, outcome[most], predicted[most], one[most]
    for name in (c for c in feature_columns(at_risk) if is_text(at_risk[c])):
        sizes = at_risk[name].value_counts()
        for value in sorted(sizes[sizes >= FEWEST].index, key=str):
            inside = np.asarray(at_risk[name] == value)
            yield name, str(value), outcome[inside], predicted[inside], one[inside]


def _of_kinds(at_risk: pd.DataFrame, kinds: pd.DataFrame | None) -> Iterator[Group]:
    for kind, predicted in {} if kinds is None else kinds.items():
        outcome = np.asarray(at_risk["kind"] == kind, dtype=float)
        yield "kind of churn", str(kind), outcome, predicted.to_numpy(float), np.ones(len(outcome))


def _of_lapsed(lapsed: pd.DataFrame) -> Iterator[Group]:
    if len(lapsed) < FEWEST:
        return
    predicted, returned = lapsed["predicted"].to_numpy(float), lapsed["returned"].to_numpy(float)
    likeliest = equal_bins(predicted, 10) == 9
    for group, some in ((LIKELIEST, likeliest), (LAPSED, np.ones(len(lapsed), dtype=bool))):
        yield RETURN, group, returned[some], predicted[some], np.ones(int(some.sum()))


def _of_snapshots(trial: Trial, at_risk: pd.DataFrame) -> Iterator[Group]:
    for as_of in sorted(trial.learned["as_of"].unique()):
        rows = trial.learned[trial.learned["as_of"] == as_of]
        outcome, predicted = rows["silent"].to_numpy(float), rows["predicted"].to_numpy(float)
        yield "snapshot", f"{as_of:%Y-%m-%d}", outcome, predicted, weights(rows)
    name = f"{at_risk['as_of'].max():%Y-%m-%d} (the test)"
    yield "snapshot", name, trial.outcome, trial.predictions[trial.chosen], np.ones(len(trial.outcome))


def _row(by: str, group: str, outcome: Floats, predicted: Floats, weight: Floats) -> dict[str, object]:
    n, of_one = weight.sum(), weight.sum() / (weight @ weight)
    observed = float(weight @ outcome / n)
    known = round(n * of_one)  # rows of equal weight that would say as much
    bounds = wilson(observed * known, known)
    spread = np.sqrt((weight**2 * predicted * (1 - predicted)).sum())
    z = float(weight @ (predicted - outcome) / spread) if spread else 0.0
    return {
        "by": by, "group": group, "n": round(n), "predicted": float(weight @ predicted / n), "observed": observed,
        "low": bounds.low, "high": bounds.high, "z": z,
    }  # fmt: skip


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    surely = false_discovery_control(2 * norm.sf(rows["z"].abs())) < 1 - LEVEL
    words = np.where(rows["z"] > 0, "too high", "too low")
    return rows.drop(columns="z").assign(off=np.where(surely, words, ""))
