"""How a customer is likely to leave: one calibrated probability per kind of churn, which add up to that of leaving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.features import FEATURES, Words
from workbench.model.boosting import fit_boosting
from workbench.model.estimators import Constant, Model, from_dict
from workbench.model.examples import FEWEST_LOST, OTHERS_PER_CASE, WEIGHT, weights
from workbench.model.explain import drivers
from workbench.model.verdict import TINY, judge
from workbench.stats import Floats

FEWEST_TESTED = 5
"""Fewer cases of a kind than this in the last period test nothing."""
FEWEST_OTHERS = 15_000
"""Up to so many, all are learned from."""
SHARED = "its share of all departures"
"""The rule of a kind with too few cases for a model of its own."""


@dataclass(frozen=True)
class Kinds:
    """A model per kind of churn; a :class:`Constant` is the kind's share of all departures."""

    models: dict[str, Model]

    def __repr__(self) -> str:
        return "\n".join(["A model per kind of churn", *(f"  {kind}: {model}" for kind, model in self.models.items())])

    def probability(self, panel: pd.DataFrame, whole: Floats) -> pd.DataFrame:
        """Return one column per kind: each row's probabilities of leaving in that way, which add up to ``whole``."""
        parts = {kind: self._raw(model, panel, whole) for kind, model in self.models.items()}
        raw = pd.DataFrame(parts, index=panel.index)
        return raw.div(raw.sum(axis=1), axis=0).mul(whole, axis=0)

    def as_dict(self) -> dict[str, Any]:
        """Return the models as plain values."""
        return {kind: model.as_dict() for kind, model in self.models.items()}

    @staticmethod
    def _raw(model: Model, panel: pd.DataFrame, whole: Floats) -> Floats:
        found = model.share * whole if isinstance(model, Constant) else model.probability(panel)
        return np.maximum(found, TINY)


def kinds_from(content: Mapping[str, Any]) -> Kinds:
    """Return the kinds that :meth:`Kinds.as_dict` of some returned."""
    return Kinds({kind: from_dict(model) for kind, model in content.items()})


def fit_kinds(
    rows: pd.DataFrame,
    columns: list[str],
    *,
    seed: int,
    words: Mapping[str, Words] = FEATURES,
    shape: str = "",
    like: Kinds | None = None,
) -> Kinds | None:
    """Return a model per kind of churn, fitted on customers at risk; None where they leave in one way only.

    Input: ``rows`` with features, at_risk and kind (empty: stayed). A kind with fewer than 20 cases, and each without
    columns, gets its share of all departures. ``shape``: the form of the trees, as of a trial's model; empty: the best
    is looked for. ``like``: kinds fitted on nearly the same rows, of whose models number of trees and calibration are
    taken where the rows are many.
    """
    at_risk = rows[rows["at_risk"]]
    counts = at_risk["kind"].value_counts().sort_index() if "kind" in at_risk else pd.Series(dtype=int)
    if len(counts) < 2:
        return None
    known = like.models if like else {}
    fitted: dict[str, Model] = {}
    for kind, n in counts.items():
        if n < FEWEST_LOST or not columns:
            fitted[str(kind)] = Constant(float(n / counts.sum()))
        else:
            learned = thinned(at_risk, _cases(at_risk, kind), seed=seed)
            outcome = _cases(learned, kind)
            fitted[str(kind)] = fit_boosting(
                learned, columns, outcome, seed=seed, words=words, form=shape, like=known.get(str(kind))
            )
    return Kinds(fitted)


def judge_kinds(
    kinds: Kinds, earlier: pd.DataFrame, at_risk: pd.DataFrame, whole: Floats, *, seed: int
) -> pd.DataFrame:
    """Return one row per kind: what it rests on, cases, AUC and log-loss gain in the last period, and its verdict.

    Columns: kind, rule, train_cases, cases, auc, auc_low, auc_high, gain, gain_low, gain_high, p_value (of an AUC above
    chance, Holm-adjusted over the kinds), verdict. The baseline is the kind's share of all departures times the
    probability of leaving. *Better* needs that p-value under 0.05 besides; a kind without 5 cases in the last period
    has *not enough data*.
    """
    shares = earlier.loc[earlier["at_risk"], "kind"].value_counts()
    predicted = kinds.probability(at_risk, whole)
    rows = [_judged(kind, kinds, shares, predicted, at_risk, whole, seed) for kind in kinds.models]
    frame = pd.DataFrame(rows)
    frame["p_value"] = holm(frame["p_value"].to_numpy(float))
    unsure = (frame["verdict"] == "better") & ~(frame["p_value"] < 0.05)
    return frame.assign(verdict=frame["verdict"].mask(unsure, "not better"))


def kind_drivers(kinds: Kinds, at_risk: pd.DataFrame, words: Mapping[str, Words] = FEATURES) -> dict[str, pd.DataFrame]:
    """Return the :func:`drivers` of each kind of churn; no rows for a kind without a model of its own."""
    return {kind: drivers(model.contributions(at_risk), at_risk, words) for kind, model in kinds.models.items()}


def thinned(rows: pd.DataFrame, outcome: Floats, *, seed: int) -> pd.DataFrame:
    """Return every case of an outcome, and of all others a sample where they are many, weighted to stand for them.

    >>> rows = pd.DataFrame({"kind": ["active"] * 10_000 + [None] * 60_000})
    >>> fewer = thinned(rows, np.repeat([1.0, 0.0], [10_000, 60_000]), seed=1)
    >>> fewer.groupby("kind", dropna=False)["weight"].agg(["size", "sum"]).to_numpy().tolist()
    [[10000.0, 10000.0], [40000.0, 60000.0]]
    """
    others = np.flatnonzero(outcome == 0)
    room = max(OTHERS_PER_CASE * (len(outcome) - len(others)), FEWEST_OTHERS)
    if len(others) <= room:
        return rows
    drawn = np.random.default_rng(seed).choice(others, room, replace=False)
    weight = weights(rows) * np.where(outcome == 0, len(others) / room, 1.0)
    places = np.sort(np.concatenate([np.flatnonzero(outcome), drawn]))
    return rows.iloc[places].assign(**{WEIGHT: weight[places]})


def _cases(at_risk: pd.DataFrame, kind: object) -> Floats:
    return np.asarray(at_risk["kind"] == kind, dtype=np.float64)


def _judged(
    kind: str, kinds: Kinds, shares: pd.Series, predicted: pd.DataFrame, at_risk: pd.DataFrame, whole: Floats, seed: int
) -> dict[str, Any]:
    outcome = _cases(at_risk, kind)
    own = not isinstance(kinds.models[kind], Constant)
    about = {"kind": kind, "rule": "a model of its own" if own else SHARED, "train_cases": int(shares.get(kind, 0)),
             "cases": int(outcome.sum())}  # fmt: skip
    if outcome.sum() < FEWEST_TESTED:
        nothing = dict.fromkeys(["auc", "auc_low", "auc_high", "gain", "gain_low", "gain_high", "p_value"], np.nan)
        return {**about, **nothing, "verdict": "not enough data"}
    rule = {SHARED: whole * shares.get(kind, 0) / shares.sum()}
    found = judge(outcome, predicted[kind].to_numpy(), rule, seed=seed)
    return {
        **about, "auc": found.auc.value, "auc_low": found.auc.low, "auc_high": found.auc.high,
        "gain": found.gain.value, "gain_low": found.gain.low, "gain_high": found.gain.high,
        "p_value": found.p_value, "verdict": found.word if own else "shares the whole",
    }  # fmt: skip


def holm(p_values: Floats) -> Floats:
    """Return p-values adjusted by Holm's step-down rule (1979); what is not known stays so and does not count.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    adjusted = np.full(len(p_values), np.nan)
    order = [i for i in np.argsort(p_values) if not np.isnan(p_values[i])]
    scaled = [p_values[i] * (len(order) - k) for k, i in enumerate(order)]
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1) if order else []
    return adjusted
