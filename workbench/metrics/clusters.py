"""Intervals of curves by a bootstrap over customers, fast for millions of them.

A customer's silences, or lives, are no independent draws, so customers are drawn, not rows. They are first dealt into
a few hundred groups, and the groups are drawn (*random groups*; Wolter 2007, chapter 2): the spread of a sum over
customers is that of the sum over groups, whatever each customer adds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.stats import LEVEL, Floats, bootstrap_weights

GROUPS = 499
"""Prime, so that no rhythm in how a company numbers its customers falls in step with the dealing."""
DRAWS = 200


def deal(customer_ids: pd.Series) -> NDArray[np.int64]:
    """Return each row's group: customers in the order of their ids are dealt round, one customer to one group.

    >>> deal(pd.Series(["b", "a", "b"])).tolist()
    [1, 0, 1]
    """
    return pd.factorize(customer_ids, sort=True)[0].astype("int64") % GROUPS


def groups_of(customer_ids: pd.Series) -> int:
    """Return into how many groups these customers are dealt."""
    return min(customer_ids.nunique(), GROUPS)


def tally(group: NDArray[np.int64], day: NDArray[np.int64], *, days: int, n: NDArray[np.int64] | None = None) -> Floats:
    """Return how many rows (or their ``n`` together) each group has on each day from 0: an array groups × days.

    >>> tally(np.array([0, 1, 1]), np.array([0, 2, 2]), days=3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]
    """
    groups = int(group.max()) + 1 if len(group) else 0
    flat = np.bincount(group * days + day, weights=n, minlength=groups * days)
    return flat.reshape(groups, days).astype(float)


def drawn(groups: int, *, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Return how often each group is taken: a first row of ones for the figure itself, then one row per draw."""
    return np.vstack([np.ones(groups), *bootstrap_weights(groups, draws=draws, seed=seed)])


def with_interval(curves: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the first curve, and the 95 % percentile bounds of all others, point by point (empty where unknown).

    A bound never lies on the wrong side of the figure.
    """
    value, others = curves[0], curves[1:]
    known = ~np.isnan(others).all(axis=0) & ~np.isnan(value)
    low, high = np.full_like(value, np.nan), np.full_like(value, np.nan)
    if not known.any():
        return value, low, high
    bounds = _bounds(others[:, known])
    low[known], high[known] = np.minimum(bounds[0], value[known]), np.maximum(bounds[1], value[known])
    return value, low, high


def _bounds(draws: Floats) -> Floats:
    """Return the lower and the upper bound of each column; only gaps cost a look at each column by itself."""
    levels = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    bounds, gaps = np.quantile(draws, levels, axis=0), np.isnan(draws).any(axis=0)
    if gaps.any():
        bounds[:, gaps] = np.nanquantile(draws[:, gaps], levels, axis=0)
    return bounds
