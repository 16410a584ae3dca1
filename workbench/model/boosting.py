"""Calibrated gradient boosting of the form, and of as many trees, as cross-fitting finds best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.engines import progress
from workbench.features import FEATURES, Words
from workbench.model.estimators import Boosted, Model, binned, known_categories, matrix
from workbench.model.examples import ENOUGH_LEARNED, weights
from workbench.model.verdict import losses
from workbench.stats import Floats

if TYPE_CHECKING:
    from xgboost import Booster, DMatrix

FOLDS, FEWER_FOLDS, MANY_ROWS = 5, 3, 20_000
"""Of many rows two thirds teach as much as four fifths, at half the cost, and one fold tells which form is better."""
STEP = 10
"""Of many rows so many trees grow between two looks at the customers left out: a look costs as much as a tree."""
MOST_TREES = 600
SHUFFLED = 39
"""What gains more than all of them does so by chance in one of 40 cases."""
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
    """What boosters of a form, one a fold, make of the fold's customers, whom they did not see, every ``step`` trees.

    ``curve`` is the log-loss left in each fold: one row a look, one column a fold, all folds together that of all rows.
    ``margins`` has, per fold, the margins of its rows: one row a look.
    """

    curve: Floats
    margins: Sequence[NDArray[np.float32]]
    step: int

    @property
    def trees(self) -> int:
        """The number of trees that is best for all folds together."""
        return self.best_of(self.curve)

    def best_of(self, curve: Floats) -> int:
        """Return the number of trees at which the folds of a curve have least log-loss."""
        return (int(curve.sum(axis=1).argmin()) + 1) * self.step

    @property
    def loss(self) -> float:
        """The log-loss with that many."""
        return float(self.curve.sum(axis=1).min())

    def margin(self, fold: int, trees: int) -> Floats:
        """Return the margins of a fold's rows by so many trees."""
        return np.asarray(self.margins[fold][trees // self.step - 1], dtype=float)


def fit_boosting(
    rows: pd.DataFrame,
    columns: list[str],
    outcome: Floats,
    *,
    seed: int,
    words: Mapping[str, Words] = FEATURES,
    form: str = "",
    like: Model | None = None,
) -> Boosted:
    """Return boosting on ``outcome`` (0 or 1 per row) in the form named, else in the one that cross-fitting favours.

    The forms: trees of one question in the direction that worries; trees of three questions in any, where their
    cross-fitted log-loss is less by more than one standard error over the customers (Breiman 1984): of forms
    that do about as well the simpler one holds better. All snapshots of a customer stay in one fold, so no form is
    judged on a customer it was fitted on. The log-odds are calibrated by a line fitted to the cross-fitted ones. More
    than 50,000 rows are fitted ``like`` a boosted model of nearly the same rows where it is given: in its form, with as
    many trees and its line, without looking for them anew.
    """
    if isinstance(like, Boosted) and len(rows) > ENOUGH_LEARNED:
        settings = _settings(like.shape, columns, words, seed)
        whole = binned(rows[columns], known_categories(rows[columns]), outcome, weights(rows))
        booster = _train(whole, settings, like.booster.num_boosted_rounds())
        return replace(like, columns=columns, categories=known_categories(rows[columns]), booster=booster)
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
    """Return what :func:`fit_boosting` does, and each row's probability by boosters and a line that did not see it.

    What did not see it did not choose by it either: of each fold form and number of trees are those that the other
    folds find best. Chosen by all rows they would rank even outcomes drawn by chance.
    """
    data = Examples(
        rows[columns], known_categories(rows[columns]), outcome, weights(rows),
        customer_folds(rows["customer_id"], outcome, seed=seed),
    )  # fmt: skip
    choice = Choice(outcome, data.weight, pd.factorize(rows["customer_id"])[0], data.left_out)
    settings = {name: _settings(name, columns, words, seed) for name in ([form] if form else FORMS)}
    if len(rows) < MANY_ROWS:
        parts = data.parts()
        each = progress(list(settings.items()), "Forms of the model")
        tried = {name: cross_fit(parts, outcome, data.weight, how) for name, how in each}
        parts.clear()
        grown = None
    else:
        tried, grown = _fold_by_fold(data, settings, choice)
    best = choice.form(tried, range(len(data.left_out)))
    trees = tried[best].trees
    margin = np.empty(len(rows))
    for k, left_out in enumerate(data.left_out):
        margin[left_out] = tried[best].margin(k, trees)
    slope, intercept = _line(margin, outcome, data.weight)
    unseen = _calibrated(_unseen(choice, tried), outcome, data.weight, data.folds)
    booster = _train(data.whole(), settings[best], trees) if grown is None else grown[:trees]
    return Boosted(columns, data.categories, best, booster, slope, intercept), unseen


def _fold_by_fold(
    data: Examples, settings: dict[str, dict[str, Any]], choice: Choice
) -> tuple[dict[str, CrossFitted], Booster]:
    """Return the form that the first fold finds best, cross-fitted, and what all rows teach it.

    One fold after the other is in memory, beside all rows, whose bins each has. All grow as many trees as the first.
    """
    whole = data.whole()
    first = [data.part(0, like=whole)]
    with ThreadPoolExecutor(len(settings)) as threads:
        begun = {
            name: threads.submit(cross_fit, first, data.outcome, data.weight, how) for name, how in settings.items()
        }
    first.clear()
    fitted = {name: found.result() for name, found in begun.items()}
    best = choice.form(fitted, [0])
    looks = len(fitted[best].curve)
    with ThreadPoolExecutor(1) as beside:
        grown = beside.submit(_train, whole, settings[best], looks * STEP)
        others = [
            cross_fit([data.part(k, like=whole)], data.outcome, data.weight, settings[best], looks=looks)
            for k in range(1, len(data.left_out))
        ]
    of_all = [fitted[best], *others]
    curve, margins = np.hstack([each.curve for each in of_all]), [each.margins[0] for each in of_all]
    return {best: CrossFitted(curve, margins, STEP)}, grown.result()


def shuffled_p(
    rows: pd.DataFrame, columns: list[str], outcome: Floats, unseen: Floats, *, seed: int, words: Mapping[str, Words]
) -> float:
    """Return how likely chance alone gains as much as the ``unseen`` probabilities of :func:`best_boosting`.

    Outcomes are shuffled within the folds and fitted anew, until one gains as much: the k-th gives 1 / k, none of 39
    gives 1 / 40 (Besag and Clifford 1991). Scores cross-fitted on the rows they rank vary more than their shuffled
    ranks, the more so the more columns there are.
    """
    folds = customer_folds(rows["customer_id"], outcome, seed=seed)
    weight, rng = weights(rows), np.random.default_rng(seed)
    parts = Examples(rows[columns], known_categories(rows[columns]), outcome, weight, folds).parts()
    choice = Choice(outcome, weight, pd.factorize(rows["customer_id"])[0], [part.left_out for part in parts])
    forms = [_settings(name, columns, words, seed) for name in FORMS]
    least = _loss(outcome, unseen, weight)
    for k in progress(list(range(1, SHUFFLED + 1)), "Shuffled outcomes"):
        shuffled = outcome.copy()
        for part in parts:
            shuffled[part.left_out] = rng.permutation(outcome[part.left_out])
        for part in parts:
            part.train.set_label(np.delete(shuffled, part.left_out))
        tried = {str(how): cross_fit(parts, shuffled, weight, how) for how in forms}
        unseen = _unseen(replace(choice, outcome=shuffled), tried)
        if _loss(shuffled, _calibrated(unseen, shuffled, weight, folds), weight) <= least:
            return 1 / k
    return 1 / (SHUFFLED + 1)


def _loss(outcome: Floats, probability: Floats, weight: Floats) -> float:
    return float(np.average(losses(outcome, probability), weights=weight))


@dataclass(frozen=True)
class Choice:
    """What a form is chosen by: outcome, weight and customer (a number) of each row, and the places of the folds."""

    outcome: Floats
    weight: Floats
    customer: NDArray[np.int64]
    left_out: Sequence[NDArray[np.int64]]

    def form(self, tried: Mapping[str, CrossFitted], folds: Iterable[int]) -> str:
        """Return the first form, or a later one that loses less by more than a standard error, by these folds alone."""
        kept = list(folds)
        best, *others = tried
        for name in others:
            gains = self._lost(tried[best], kept) - self._lost(tried[name], kept)
            if gains.sum() > np.sqrt(len(gains)) * gains.std():
                best = name
        return best

    def _lost(self, form: CrossFitted, folds: list[int]) -> Floats:
        """Return the log-loss of each customer in some folds, by as many trees as serve these folds best."""
        trees = form.best_of(form.curve[:, folds])
        places = np.concatenate([self.left_out[k] for k in folds])
        margin = np.concatenate([form.margin(k, trees) for k in folds])
        lost = self.weight[places] * losses(self.outcome[places], 1 / (1 + np.exp(-margin)))
        return np.bincount(pd.factorize(self.customer[places])[0], lost).astype(float)


def _unseen(choice: Choice, tried: Mapping[str, CrossFitted]) -> Floats:
    """Return each fold's margins by the form, and as many trees, as serve the other folds best."""
    margin = np.empty(sum(len(some) for some in choice.left_out))
    for k, some in enumerate(choice.left_out):
        others = [fold for fold in range(len(choice.left_out)) if fold != k]
        best = tried[choice.form(tried, others)]
        margin[some] = best.margin(k, best.best_of(best.curve[:, others]))
    return margin


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


@dataclass(frozen=True)
class Examples:
    """Rows to learn from: features, the known values of texts, and per row outcome, weight and fold."""

    features: pd.DataFrame
    categories: dict[str, list[str]]
    outcome: Floats
    weight: Floats
    folds: NDArray[np.int64]

    @property
    def left_out(self) -> list[NDArray[np.int64]]:
        """The places of each fold's rows."""
        return [np.flatnonzero(self.folds == k) for k in np.unique(self.folds)]

    def whole(self) -> DMatrix:
        """Return all rows as xgboost learns from them."""
        return binned(self.features, self.categories, self.outcome, self.weight)

    def parts(self) -> list[Fold]:
        """Return the folds as xgboost reads them, which serve every form."""
        return [self.part(k) for k in range(len(self.left_out))]

    def part(self, k: int, *, like: DMatrix | None = None) -> Fold:
        """Return one fold, in the bins of ``like`` where it is given."""
        left_out = self.left_out[k]
        others = np.setdiff1d(np.arange(len(self.folds)), left_out)
        train = binned(
            self.features.iloc[others], self.categories, self.outcome[others], self.weight[others], like=like
        )
        return Fold(train, matrix(self.features.iloc[left_out], self.categories), left_out)


def cross_fit(
    parts: Sequence[Fold], outcome: Floats, weight: Floats, form: dict[str, Any], *, looks: int | None = None
) -> CrossFitted:
    """Return what boosters of a form make of the rows left out of each one's fit.

    They grow until more trees do not help, or until they were looked at ``looks`` times.
    """
    from xgboost import Booster

    boosters = [Booster(form, cache=[part.train, part.test]) for part in parts]
    each, step = weight / weight.sum(), 1 if len(outcome) < MANY_ROWS else STEP

    def grow(k: int, look: int) -> NDArray[np.float32]:
        for tree in range(look * step, (look + 1) * step):
            boosters[k].update(parts[k].train, tree)
        return np.asarray(boosters[k].predict(parts[k].test, output_margin=True), dtype=np.float32)

    def loss(part: Fold, margin: NDArray[np.float32]) -> float:
        lost = losses(outcome[part.left_out], 1 / (1 + np.exp(-margin.astype(float))))
        return float((each[part.left_out] * lost).sum())

    curve: list[list[float]] = []
    margins: list[list[NDArray[np.float32]]] = [[] for _ in parts]
    best, best_at = np.inf, 0
    with ExitStack() as stack:
        # A thread of its own for each: xgboost's random draws belong to the thread, so that they stay the same.
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in parts]
        for look in range(looks or MOST_TREES // step):
            grown = [thread.submit(grow, k, look) for k, thread in enumerate(threads)]
            found = [each_grown.result() for each_grown in grown]
            curve.append([loss(part, margin) for part, margin in zip(parts, found, strict=True)])
            for kept, margin in zip(margins, found, strict=True):
                kept.append(margin)
            if sum(curve[-1]) < best:
                best, best_at = sum(curve[-1]), look + 1
            elif not looks and (look - best_at) * step >= PATIENCE:
                break
    return CrossFitted(np.array(curve), [np.array(kept) for kept in margins], step)


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
