"""How far a distribution has moved: the population stability index beside what chance alone would give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import DataError
from workbench.metrics.definitions import DRAWS
from workbench.stats import Floats

BINS = 10


@dataclass(frozen=True)
class Drift:
    """A PSI, on how many values it rests, and what two samples of those sizes from one population give.

    ``chance_median`` and ``chance_95`` are quantiles of that null distribution, ``p_value`` the chance of a PSI at
    least as large. The usual bands of 0.1 and 0.25 hold for no sample size in particular; these do for this one.
    """

    value: float
    n_before: int
    n_after: int
    bins: int
    chance_median: float
    chance_95: float
    p_value: float
    definition: str = "Σ (after − before) × ln(after / before) over bins, half a value added to each bin"


def psi(before: pd.Series, after: pd.Series) -> Drift:
    """Return the population stability index Σ(a − e)·ln(a/e) of a column between two periods.

    Numbers are cut at the tenths of ``before``, texts and flags count by value; missing values are a bin of their own.
    The null distribution is simulated: both samples drawn from the pooled bins (for many values it is χ² with bins − 1
    degrees of freedom times 1/n + 1/m).

    >>> drift = psi(pd.Series(["a"] * 50 + ["b"] * 50), pd.Series(["a"] * 70 + ["b"] * 30))
    >>> f"{drift.value:.3f}, by chance up to {drift.chance_95:.3f}"
    '0.166, by chance up to 0.086'

    Raises DataError for an empty column.
    """
    if not len(before) or not len(after):
        raise DataError("psi compares two columns, and one is empty; choose periods with customers.")
    counts = _binned(before, after)
    pooled = counts.sum(axis=0) / counts.sum()
    rng = np.random.default_rng(0)
    chance = np.array([_psi(np.array([rng.multinomial(n, pooled) for n in counts.sum(axis=1)])) for _ in range(DRAWS)])
    value = _psi(counts)
    return Drift(
        value, len(before), len(after), counts.shape[1], float(np.median(chance)), float(np.quantile(chance, 0.95)),
        float((1 + (chance >= value).sum()) / (1 + DRAWS)),
    )  # fmt: skip


def _psi(counts: NDArray[np.int64]) -> float:
    shares: Floats = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def _binned(before: pd.Series, after: pd.Series) -> NDArray[np.int64]:
    """Count the values of both per bin: two rows, one column per bin."""
    both = pd.concat([before, after], ignore_index=True)
    if pd.api.types.is_numeric_dtype(both) and not pd.api.types.is_bool_dtype(both):
        edges = np.unique(before.dropna().quantile(np.arange(1, BINS) / BINS).to_numpy(float))
        both = pd.Series(np.searchsorted(edges, both.to_numpy(float), side="right")).where(both.notna(), -1)
    codes = pd.factorize(both, use_na_sentinel=False)[0]
    old = np.arange(len(both)) < len(before)
    return np.array([np.bincount(codes[which], minlength=codes.max() + 1) for which in (old, ~old)])
