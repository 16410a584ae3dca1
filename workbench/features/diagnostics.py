"""A look at a finished panel: how much is known, what drifts, what says the same, what sets leavers apart."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from workbench.crm import KEY
from workbench.features.declare import Words

T = TypeVar("T")
BANDS = 10
FLOOR = 0.5
"""Added to each band's count, so that an empty band does not make the index infinite."""


def numbers(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the panel's feature columns of which anything is known and that are not the same for all.

    >>> numbers(pd.DataFrame({"customer_id": ["a", "b"], "as_of": 1, "n": [1, 2], "same": 3.0})).columns.tolist()
    ['n']
    """
    values = panel.drop(columns=KEY)
    return values.loc[:, (values.max() > values.min()).to_numpy()]


def coverage(panel: pd.DataFrame, words: dict[str, Words]) -> pd.DataFrame:
    """Return one row per feature: table, share of rows where it is known (0 to 1), and its quartiles.

    >>> panel = pd.DataFrame({"customer_id": ["a", "b"], "as_of": 1, "n": [1.0, None]})
    >>> word = Words("n", "frequency", "orders", None, "orders", "orders so far", "low", "{value}")
    >>> coverage(panel, {"n": word})[["table", "known", "50%"]].values.tolist()
    [['orders', 0.5, 1.0]]
    """
    values = panel.drop(columns=KEY)
    names = [str(c) for c in values]
    quartiles = values.quantile([0, 0.25, 0.5, 0.75, 1]).T.set_axis(["min", "25%", "50%", "75%", "max"], axis=1)
    return pd.DataFrame(
        {"family": [words[c].family for c in names], "table": [words[c].table or "other features" for c in names]},
        index=names,
    ).assign(known=values.notna().mean(), **quartiles)


def coverage_by_table(covered: pd.DataFrame) -> pd.DataFrame:
    """Return per table: number of features, mean share known, and how many are known nowhere."""
    empty = covered["known"].eq(0)
    grouped = covered.assign(empty=empty).groupby("table")
    return grouped.agg(features=("known", "size"), known=("known", "mean"), known_nowhere=("empty", "sum"))


def drift(panel: pd.DataFrame) -> pd.DataFrame:
    """Return per feature the medians at the first and last snapshot and the population stability index between them.

    PSI = Σ(a − e)·ln(a/e) over tenths of the first snapshot, and one band for "not known". About 0.1 is usually called
    a shift worth a look and 0.25 a large one; small samples raise it: ``expected`` is its mean if nothing had
    changed, (bands − 1)·(1/n + 1/m) (Yurdakul 2018). Sorted, most drifted first. Features of which nothing is known at
    one of the two are left out.

    >>> panel = pd.DataFrame({"customer_id": list("abcd"), "as_of": [1, 1, 2, 2], "n": [1.0, 2.0, 1.0, 2.0]})
    >>> drift(panel)[["first", "last", "psi"]].values.tolist()
    [[1.5, 1.5, 0.0]]
    """
    first, last = (panel[panel["as_of"] == t] for t in (panel["as_of"].min(), panel["as_of"].max()))
    rows = []
    for name in (c for c in numbers(panel) if first[c].notna().any() and last[c].notna().any()):
        bands = _bands(first[name], last[name])
        rows.append((name, first[name].median(), last[name].median(), *_psi(*bands)))
    found = pd.DataFrame(rows, columns=["feature", "first", "last", "psi", "expected"])
    return found.sort_values("psi", ascending=False).set_index("feature")


def _bands(first: pd.Series, last: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Count both in the tenths of the first, one band more for what is not known."""
    edges = np.unique(first.dropna().quantile(np.linspace(0, 1, BANDS + 1)[1:-1]))
    return _counts(edges, first), _counts(edges, last)


def _counts(edges: np.ndarray, values: pd.Series) -> np.ndarray:
    known = values.dropna().to_numpy()
    bands = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    return np.append(bands, len(values) - len(known))


def _psi(expected: np.ndarray, actual: np.ndarray) -> tuple[float, float]:
    used = (expected + actual) > 0
    shares = [(counts[used] + FLOOR) / (counts[used] + FLOOR).sum() for counts in (expected, actual)]
    e, a = shares
    by_chance = (used.sum() - 1) * (1 / max(expected.sum(), 1) + 1 / max(actual.sum(), 1))
    return float(((a - e) * np.log(a / e)).sum()), float(by_chance)


def medians(panel: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Return each feature's median per snapshot as a share of its largest, so that several can stand in one picture.

    >>> medians(pd.DataFrame({"as_of": [1, 2, 2], "n": [1.0, 3.0, 5.0]}), ["n"])["n"].tolist()
    [0.25, 1.0]
    """
    found = panel.groupby("as_of")[list(features)].median()
    return found / found.abs().max()


def alike(panel: pd.DataFrame, *, at_least: float = 0.95) -> pd.DataFrame:
    """Return the pairs of features with a rank correlation of ``at_least``, up or down, strongest first.

    Columns: one, other, correlation (of ranks, over the rows where both are known: at least half of all).
    """
    values = numbers(panel)
    ranks = values.rank().to_numpy()
    known = ~np.isnan(ranks)
    filled = np.where(known, ranks, 0.0)
    n = known.T.astype(float) @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        sums, squares = filled.T @ known, (filled**2).T @ known
        mean, mean_other = sums / n, sums.T / n
        covariance = filled.T @ filled / n - mean * mean_other
        spread = np.sqrt((squares / n - mean**2) * (squares.T / n - mean_other**2))
        correlation = np.where(n >= len(values) / 2, covariance / spread, np.nan)
    one, other = np.triu_indices(len(values.columns), 1)
    pairs = pd.DataFrame(
        {"one": values.columns[one], "other": values.columns[other], "correlation": correlation[one, other]}
    )
    strong = pairs[pairs["correlation"].abs() >= at_least]
    return strong.sort_values("correlation", key=abs, ascending=False, ignore_index=True)


def by_kind(labelled: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Return each feature's median for who stayed and for each churn kind, and how far apart churned and stayed are.

    Input: the panel joined with ``churned`` and ``kind``. ``apart`` is the AUC of the feature alone, turned to lie
    between 0.5 (the same) and 1, where who has no value ties with everybody; sorted by it.

    >>> labelled = pd.DataFrame({"n": [1.0, 2, 3, 4], "churned": [True, True, False, False], "kind": ["active"] * 4})
    >>> by_kind(labelled, ["n"]).to_dict("list")
    {'active': [1.5], 'stayed': [3.5], 'apart': [1.0]}
    """
    group = labelled["kind"].where(labelled["churned"], "stayed")
    medians = labelled[list(features)].groupby(group).median().T.rename_axis(columns=None)
    apart = [_auc(labelled["churned"].to_numpy(bool), labelled[name].to_numpy(float)) for name in features]
    return medians.assign(apart=apart).sort_values("apart", ascending=False)


def _auc(churned: np.ndarray, values: np.ndarray) -> float:
    known = ~np.isnan(values)
    lost, ranks = churned[known], pd.Series(values[known]).rank().to_numpy()
    n_lost, n_stayed = int(lost.sum()), int((~lost).sum())
    more = ranks[lost].sum() - n_lost * (n_lost + 1) / 2 - n_lost * n_stayed / 2
    pairs = int(churned.sum()) * int((~churned).sum())
    return 0.5 + abs(float(more)) / pairs if pairs else float("nan")


@dataclass(frozen=True)
class Cost:
    """What a step took: seconds, and the most memory (MB) this process has held so far; empty where not to be had."""

    seconds: float
    peak_mb: float | None


def timed(make: Callable[[], T]) -> tuple[T, Cost]:
    """Return what ``make()`` returns, and what it cost.

    >>> timed(lambda: 7)[0]
    7
    """
    start = time.perf_counter()
    made = make()
    return made, Cost(time.perf_counter() - start, _peak_mb())


def _peak_mb() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
