"""Are the probabilities honest: predicted against observed shares, and what chance alone would show."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from workbench.stats import Floats, wilson


def calibration_error(outcome: Floats, probability: Floats, *, bins: int = 10) -> float:
    """Return the expected calibration error: the mean gap of predicted and observed share over equal-count bins.

    NaN without rows.

    >>> calibration_error(np.array([0, 1.0]), np.array([0.5, 0.5]), bins=1)
    0.0
    """
    return _error(outcome, probability, equal_bins(probability, bins))


def calibration_bins(outcome: Floats, probability: Floats, *, bins: int = 10) -> pd.DataFrame:
    """Return predicted (mean probability), observed (share) and n per equal-count bin of the probability."""
    rows = pd.DataFrame({"bin": equal_bins(probability, bins), "predicted": probability, "observed": outcome})
    return rows.groupby("bin").agg(predicted=("predicted", "mean"), observed=("observed", "mean"), n=("bin", "size"))


def calibration_with_intervals(outcome: Floats, probability: Floats) -> pd.DataFrame:
    """Return the calibration bins with the 95 % Wilson interval (low, high) of each observed share."""
    bins = calibration_bins(outcome, probability)
    shares = [wilson(share * n, int(n)) for share, n in zip(bins["observed"], bins["n"], strict=True)]
    return bins.assign(low=[s.low for s in shares], high=[s.high for s in shares])


def calibration_error_if_perfect(probability: Floats, *, seed: int, draws: int = 500) -> float:
    """Return the calibration error that a perfectly calibrated model of this size would show by chance alone."""
    rng, bins = np.random.default_rng(seed), equal_bins(probability, 10)
    chance = [
        _error((rng.random(len(probability)) < probability).astype(float), probability, bins) for _ in range(draws)
    ]
    return float(np.mean(chance))


def equal_bins(probability: Floats, bins: int) -> NDArray[np.int64]:
    """Return each row's bin of equally many, from 0 for the lowest probabilities up."""
    rank = rankdata(probability, "ordinal").astype(int) - 1
    return np.asarray(np.minimum(rank * bins // max(len(probability), 1), bins - 1))


def _error(outcome: Floats, probability: Floats, bins: NDArray[np.int64]) -> float:
    off = np.abs(np.bincount(bins, outcome - probability)).sum()
    return float(off / len(outcome)) if len(outcome) else np.nan
