"""Calibrated gradient boosting of the form, and of as many trees, as cross-fitting finds best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.engines import progress
from workbench.features import FEATURES, Words
from workbench.model.estimators import Boosted, binned, known_categories, matrix
from workbench.model.examples import weights
from workbench.model.verdict import losses
from workbench.stats import Floats

if TYPE_CHECKING:
    from xgboost import DMatrix

FOLDS, FEWER_FOLDS, MANY_ROWS = 5, 3, 20_000
"""Of many rows two thirds teach as much as four fifths, at half the cost."""
MOST_TREES = 600
PATIENCE = 20
"""Boosting ends when so many trees more have not lowered the log-loss of customers left out."""
SHALLOW: dict[str, Any] = {"max_depth": 3, "learning_rate": 0.05, "min_child_weight": 5}
"""At 5 % churn a leaf of a hundred customers; 20 hid what only some of them show."""
STUMPS: dict[str, Any] = {"max_depth": 1, "learning_rate": 0.1, "min_child_weight": 5}
"""One question a tree: the signs add up, and each works only in its declared direction; for few departures."""
FORMS = ("one question a tree", "three questions a tree")
WORRY = {"high": 1, "low": -1, "neither": 0}


@dataclass(frozen=True)
class CrossFitted:
    """A form's number of trees, and the margin of every row by a booster that did not see its customer."""

    trees: int
    margin: Floats
    loss: float


def fit_boosting(
    rows: pd.DataFrame,
    columns: list[str],
    outcome: Floats,
    *,
    seed: int,
    words: Mapping[str, Words] = FEATURES,
    form: str = "",
) -> Boosted:
    """Return boosting on ``outcome`` (0 or 1 per row) in the form named, else in that of least cross-fitted log-loss.

    The forms: trees of one question in the direction that worries; trees of three questions in any. All snapshots of a
    customer stay in one fold, so no form is judged on a customer it was fitted on. The log-odds are calibrated by a
    line fitted to the cross-fitted ones.
    """
    return best_boosting(rows, columns, outcome, seed=seed, words=words, form=form)[0]


def best_boosting(
    rows: pd.DataFrame,
    columns: list[str],
    outcome: Floats,
    *,
    seed: int,
    words: Mapping[str, Words] = FEATURES,
    form: str = "",
) -> tuple[Boosted, Floats]:
    """Return what :func:`fit_boosting` does, and each row's probability by boosters and a line that did not see it."""
    folds = customer_folds(rows["customer_id"], outcome, seed=seed)
    categories = known_categories(rows[columns])
    settings = {name: _settings(name, columns, words, seed) for name in ([form] if form else FORMS)}
    weight = weights(rows)
    parts = folded(rows[columns], categories, outcome, weight, folds)
    each = progress(list(settings.items()), "Forms of the model")
    tried = {name: cross_fit(parts, outcome, weight, how) for name, how in each}
    best = min(tried, key=lambda name: tried[name].loss)
    parts.clear()
    booster = _train(binned(rows[columns], categories, outcome, weight), settings[best], tried[best].trees)
    slope, intercept = _line(tried[best].margin, outcome, weight)
    unseen = _calibrated(tried[best].margin, outcome, weight, folds)
    return Boosted(columns, categories, best, booster, slope, intercept), unseen


def _calibrated(margin: Floats, outcome: Floats, weight: Floats, folds: NDArray[np.int64]) -> Floats:
    """Return probabilities, each fold's margins calibrated by the line fitted to the other folds'."""
    odds = np.empty(len(margin))
    for k in np.unique(folds):
        others = folds != k
        slope, intercept = _line(margin[others], outcome[others], weight[others])
        odds[folds == k] = intercept + slope * margin[folds == k]
    return 1 / (1 + np.exp(-odds))


def customer_folds(customers: pd.Series, outcome: Floats, *, seed: int) -> NDArray[np.int64]:
    """Return each row's fold, of five or of three: a customer's rows in one, departures and rows spread evenly.

    Customers are dealt out, those of most departures and then of most rows first, to and fro.

    >>> customer_folds(pd.Series(["ann", "bob", "ann"]), np.array([1.0, 0.0, 0.0]), seed=1).tolist()
    [0, 1, 0]
    """
    customer = pd.factorize(customers)[0]
    departures, rows = np.bincount(customer, outcome), np.bincount(customer)
    drawn = np.random.default_rng(seed).random(len(rows))
    dealt = np.lexsort((drawn, -rows, -departures))
    fold = np.empty(len(rows), dtype=np.int64)
    folds = range(FOLDS if len(outcome) < MANY_ROWS else FEWER_FOLDS)
    fold[dealt] = np.resize([*folds, *reversed(folds)], len(rows))
    return fold[customer]


@dataclass(frozen=True)
class Fold:
    """The rows of all other folds, to fit on, and those of this one, whose places in all rows are ``left_out``."""

    train: DMatrix
    test: DMatrix
    left_out: NDArray[np.int64]


def folded(
    features: pd.DataFrame,
    categories: dict[str, list[str]],
    outcome: Floats,
    weight: Floats,
    folds: NDArray[np.int64],
) -> list[Fold]:
    """Return the folds as xgboost reads them, which serve every form."""
    parts = []
    for k in np.unique(folds):
        others, left_out = folds != k, np.flatnonzero(folds == k)
        train = binned(features[others], categories, outcome[others], weight[others])
        parts.append(Fold(train, matrix(features.iloc[left_out], categories), left_out))
    return parts


def cross_fit(parts: Sequence[Fold], outcome: Floats, weight: Floats, form: dict[str, Any]) -> CrossFitted:
    """Return how many trees are best for the rows left out of each fold's fit, and their margins with that many."""
    from xgboost import Booster

    boosters = [Booster(form, cache=[part.train, part.test]) for part in parts]

    def grow(k: int, tree: int) -> Floats:
        boosters[k].update(parts[k].train, tree)
        return np.asarray(boosters[k].predict(parts[k].test, output_margin=True))

    margin, best = np.zeros(len(outcome)), CrossFitted(0, np.zeros(len(outcome)), np.inf)
    with ExitStack() as stack:
        # A thread of its own for each: xgboost's random draws belong to the thread, so that they stay the same.
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in parts]
        for tree in range(MOST_TREES):
            grown = [thread.submit(grow, k, tree) for k, thread in enumerate(threads)]
            for part, found in zip(parts, grown, strict=True):
                margin[part.left_out] = found.result()
            loss = float(np.average(losses(outcome, 1 / (1 + np.exp(-margin))), weights=weight))
            if loss < best.loss:
                best = CrossFitted(tree + 1, margin.copy(), loss)
            elif tree - best.trees >= PATIENCE:
                break
    return best


def _settings(form: str, columns: list[str], words: Mapping[str, Words], seed: int) -> dict[str, Any]:
    shape = SHALLOW if form == FORMS[1] else STUMPS | _constraints(columns, words)
    # Threads that wait for a busy core made one fit 25 times slower on a loaded server.
    return {
        "objective": "binary:logistic", "subsample": 0.8, "colsample_bytree": 0.5, "nthread": 1, "seed": seed, **shape,
    }  # fmt: skip


def _constraints(columns: list[str], words: Mapping[str, Words]) -> dict[str, Any]:
    """Let each feature work in its declared direction only; those of no declared direction work in both."""
    worry = [WORRY[words[c].worry] if c in words else 0 for c in columns]
    return {"monotone_constraints": f"({','.join(map(str, worry))})"}


def _train(data: Any, form: dict[str, Any], trees: int) -> Any:
    from xgboost import train

    return train(form, data, num_boost_round=trees)


def _line(margin: Floats, outcome: Floats, weight: Floats) -> tuple[float, float]:
    """Return slope and intercept of the logistic regression of the outcome on the margin.

    Where the margin is flat, or leavers have the lower ones, it says nothing: slope 0, and the share of leavers.
    """
    from sklearn.linear_model import LogisticRegression

    if np.ptp(margin) > 0:
        fitted = LogisticRegression(C=1e6).fit(margin[:, None], outcome, sample_weight=weight)
        if fitted.coef_[0, 0] > 0:
            return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    share = np.clip(np.average(outcome, weights=weight), 1e-6, 1 - 1e-6)
    return 0.0, float(np.log(share / (1 - share)))
