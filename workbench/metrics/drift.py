"""How far a distribution has moved: the population stability index beside what chance alone would give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench import stats
from workbench.errors import DataError
from workbench.metrics.definitions import DRAWS


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
    '0.166, by chance up to 0.082'

    Raises DataError for an empty column.
    """
    if not len(before) or not len(after):
        raise DataError("psi compares two columns, and one is empty; choose periods with customers.")
    counts = stats.psi_counts(before, after)
    pooled = counts.sum(axis=0) / counts.sum()
    rng = np.random.default_rng(0)
    drawn = np.stack([rng.multinomial(n, pooled, size=DRAWS) for n in counts.sum(axis=1)], axis=1)
    chance = np.array([stats.psi(both) for both in drawn])
    value = stats.psi(counts)
    return Drift(
        value, len(before), len(after), counts.shape[1], float(np.median(chance)), float(np.quantile(chance, 0.95)),
        float((1 + (chance >= value).sum()) / (1 + DRAWS)),
    )  # fmt: skip
