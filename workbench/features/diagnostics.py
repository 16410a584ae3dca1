"""A look at a finished panel: how much is known, what repeats another feature, what sets leavers apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.crm import KEY
from workbench.features.declare import Words
from workbench.stats import auc


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


def signs(covered: pd.DataFrame, apart: pd.DataFrame) -> pd.DataFrame:
    """Return per warning sign its number of features, mean share known, and the feature that sets leavers most apart.

    Input: :func:`coverage` and :func:`by_kind`. Columns: features, known (0 to 1), strongest (its name; empty: none),
    apart (0.5 to 1); index: family, the widest apart first.
    """
    joined = covered.join(apart["apart"])
    grouped = joined.groupby("family")
    strongest = joined.dropna(subset="apart").sort_values("apart").groupby("family").tail(1)
    best = strongest.rename_axis("strongest").reset_index().set_index("family")[["strongest", "apart"]]
    found = grouped.agg(features=("known", "size"), known=("known", "mean")).join(best)
    return found.sort_values("apart", ascending=False)


def coverage_by_table(covered: pd.DataFrame) -> pd.DataFrame:
    """Return per table: number of features, mean share known, and how many are known nowhere."""
    empty = covered["known"].eq(0)
    grouped = covered.assign(empty=empty).groupby("table")
    return grouped.agg(features=("known", "size"), known=("known", "mean"), known_nowhere=("empty", "sum"))


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
    ranks = np.empty(values.shape, np.float32)
    for place, name in enumerate(values):
        ranks[:, place] = _centred_ranks(values[name])
    known = (~np.isnan(ranks)).astype(np.float32)
    filled = np.nan_to_num(ranks, copy=False)
    n = known.T @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        sums, squares = filled.T @ known, (filled**2).T @ known
        mean, mean_other = sums / n, sums.T / n
        covariance = filled.T @ filled / n - mean * mean_other
        spread = np.sqrt((squares / n - mean**2) * (squares.T / n - mean_other**2))
        correlation = np.where(n >= len(values) / 2, (covariance / spread).clip(-1, 1), np.nan)
    one, other = np.triu_indices(len(values.columns), 1)
    pairs = pd.DataFrame(
        {"one": values.columns[one], "other": values.columns[other], "correlation": correlation[one, other]}
    )
    strong = pairs[pairs["correlation"].abs() >= at_least]
    return strong.sort_values("correlation", key=abs, ascending=False, ignore_index=True)


def _centred_ranks(column: pd.Series) -> pd.Series:
    """Return ranks from -0.5 to 0.5: of these four bytes are enough for sums of products."""
    return column.rank(pct=True) - 0.5


def by_kind(labelled: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Return each feature's median for stayers and for each churn kind, and how far apart leavers and stayers are.

    Input: the panel joined with ``churned`` and ``kind``. ``apart`` is the AUC of the feature alone, turned to lie
    between 0.5 (the same) and 1, where a customer without a value ties with every other; sorted by it.

    >>> labelled = pd.DataFrame({"n": [1.0, 2, 3, 4], "churned": [True, True, False, False], "kind": ["active"] * 4})
    >>> by_kind(labelled, ["n"]).to_dict("list")
    {'active': [1.5], 'stayed': [3.5], 'apart': [1.0]}
    """
    group = labelled["kind"].where(labelled["churned"], "stayed")
    medians = labelled[list(features)].groupby(group).median().T.rename_axis(columns=None)
    churned = labelled["churned"].to_numpy(float)
    alone = [auc(churned, labelled[name].to_numpy(float)) for name in features]
    return medians.assign(apart=[max(area, 1 - area) for area in alone]).sort_values("apart", ascending=False)
