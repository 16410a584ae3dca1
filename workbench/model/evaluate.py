"""Is the model any good: calibrated probabilities against honest baselines on a later period, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from workbench.errors import DataError
from workbench.stats import Estimate, Floats, bootstrap, wilson

USABLE_AUC = 0.60
TINY = 1e-6


@dataclass(frozen=True)
class Verdict:
    """The outcome of the pre-declared test on the last period, in a word and a sentence."""

    word: str
    sentence: str
    best_baseline: str
    auc: Estimate
    gain: Estimate
    p_value: float


def auc(outcome: Floats, score: Floats, weights: Floats | None = None) -> float:
    """Return the area under the ROC curve, ties counted half; NaN when only one outcome occurs.

    >>> auc(np.array([0, 0, 1, 1.0]), np.array([0.1, 0.4, 0.4, 0.8]))
    0.875
    """
    w = np.ones_like(outcome) if weights is None else weights
    _, group = np.unique(score, return_inverse=True)
    lost, stayed = np.bincount(group, w * outcome), np.bincount(group, w * (1 - outcome))
    pairs = lost.sum() * stayed.sum()
    return float(lost @ (np.cumsum(stayed) - stayed / 2) / pairs) if pairs else float("nan")


def losses(outcome: Floats, probability: Floats) -> Floats:
    """Return each row's log-loss in nats; probabilities are kept a millionth away from 0 and 1.

    >>> [round(float(x), 3) for x in losses(np.array([1.0, 0.0]), np.array([0.5, 0.1]))]
    [0.693, 0.105]
    """
    p = np.clip(probability, TINY, 1 - TINY)
    return -(outcome * np.log(p) + (1 - outcome) * np.log(1 - p))


def calibration_error(outcome: Floats, probability: Floats, *, bins: int = 10) -> float:
    """Return the expected calibration error: the mean gap between promised and observed share over equal-count bins.

    >>> calibration_error(np.array([0, 1.0]), np.array([0.5, 0.5]), bins=1)
    0.0
    """
    return _calibration_error(outcome, probability, _bins(probability, bins))


def calibration_bins(outcome: Floats, probability: Floats, *, bins: int = 10) -> pd.DataFrame:
    """Return promised (mean probability), observed (share) and n per equal-count bin of the probability."""
    rows = pd.DataFrame({"bin": _bins(probability, bins), "promised": probability, "observed": outcome})
    return rows.groupby("bin").agg(promised=("promised", "mean"), observed=("observed", "mean"), n=("bin", "size"))


def calibration_with_intervals(outcome: Floats, probability: Floats) -> pd.DataFrame:
    """Return the calibration bins with the 95 % Wilson interval (low, high) of each observed share."""
    bins = calibration_bins(outcome, probability)
    shares = [wilson(share * n, int(n)) for share, n in zip(bins["observed"], bins["n"], strict=True)]
    return bins.assign(low=[s.low for s in shares], high=[s.high for s in shares])


def seasons_tested(as_of: pd.Series) -> str:
    """Return what the snapshots allow to say of seasons, as a sentence."""
    periods = as_of.nunique()
    year = (as_of.max() - as_of.min()).days >= 365
    if periods >= 4 and year:
        return f"Trained on {periods - 1} periods and tested on the last; together they span more than a year."
    return f"Untested across seasons: only {periods} labelled periods within a year, and churn differs between them."


def calibration_error_if_perfect(probability: Floats, *, seed: int, draws: int = 500) -> float:
    """Return the calibration error that a perfectly calibrated model of this size would show by chance alone."""
    rng, bins = np.random.default_rng(seed), _bins(probability, 10)
    chance = [
        _calibration_error((rng.random(len(probability)) < probability).astype(float), probability, bins)
        for _ in range(draws)
    ]
    return float(np.mean(chance))


def _bins(probability: Floats, bins: int) -> NDArray[np.int64]:
    rank = rankdata(probability, "ordinal").astype(int) - 1
    return np.asarray(np.minimum(rank * bins // len(probability), bins - 1))


def _calibration_error(outcome: Floats, probability: Floats, bins: NDArray[np.int64]) -> float:
    return float(np.abs(np.bincount(bins, outcome - probability)).sum() / len(outcome))


def compare(outcome: Floats, predictions: Mapping[str, Floats], *, seed: int) -> pd.DataFrame:
    """Return one row per model: AUC and log-loss with 95 % intervals, Brier score and calibration errors.

    The intervals draw customers with replacement and are conditional on this one period.
    """
    rows = []
    for name, p in predictions.items():
        area = bootstrap(lambda w, p=p: auc(outcome, p, w), len(outcome), seed=seed)  # type: ignore[misc]
        each = losses(outcome, p)
        loss = bootstrap(lambda w, each=each: float(w @ each / w.sum()), len(outcome), seed=seed)  # type: ignore[misc]
        rows.append(
            {
                "model": name,
                **{f"auc{k}": v for k, v in zip(("", "_low", "_high"), _triple(area), strict=True)},
                **{f"log_loss{k}": v for k, v in zip(("", "_low", "_high"), _triple(loss), strict=True)},
                "brier": float(np.mean((p - outcome) ** 2)),
                "calibration_error": calibration_error(outcome, p),
                "calibration_error_if_perfect": calibration_error_if_perfect(p, seed=seed),
            }
        )
    return pd.DataFrame(rows)


def judge(outcome: Floats, model: Floats, baselines: Mapping[str, Floats], *, seed: int) -> Verdict:
    """Return the verdict on the model: better, not better, no usable signal, or not enough data.

    *Better*: the lower 95 % bound of the paired log-loss gain over the best baseline is above 0. *No usable signal*:
    the upper AUC bound is under 0.60. *Not better*: AUC surely above 0.5, but no such gain. *Not enough data*:
    otherwise, with the smallest AUC this sample could tell from chance.

    Raises DataError when only one outcome occurs.
    """
    if len(set(outcome)) < 2:
        raise DataError(
            f"all {len(outcome)} customers of the test period have the same outcome; nothing can be tested. "
            "Choose another horizon_days or as_of."
        )
    best = min(baselines, key=lambda name: float(losses(outcome, baselines[name]).mean()))
    better_by = losses(outcome, baselines[best]) - losses(outcome, model)
    gain = bootstrap(lambda w: float(w @ better_by / w.sum()), len(outcome), seed=seed)
    area = bootstrap(lambda w: auc(outcome, model, w), len(outcome), seed=seed)
    word, sentence = _in_words(outcome, area, gain, best)
    return Verdict(word, sentence, best, area, gain, permutation_p(outcome, model, seed=seed))


def _in_words(outcome: Floats, area: Estimate, gain: Estimate, best: str) -> tuple[str, str]:
    if gain.low > 0:
        return "better", f"It beats the best baseline ({best})."
    if area.low == area.high:
        return "not enough data", "The model found nothing to learn from: it gives every customer the same probability."
    if area.high < USABLE_AUC:
        return "no usable signal", "These data do not tell who leaves: contact nobody because of this score."
    if area.low > 0.5:
        return (
            "not better",
            f"It tells who leaves, but its log-loss does not surely beat the best baseline's ({best}), which is used.",
        )
    return (
        "not enough data",
        f"With {len(outcome):,} customers an AUC under {detectable_auc(outcome):.2f} cannot be told from chance.",
    )


def detectable_auc(outcome: Floats) -> float:
    """Return the smallest AUC this sample tells from 0.5 with 80 % power at 5 % (Hanley, McNeil 1982).

    >>> round(detectable_auc(np.array([0.0] * 50 + [1.0] * 50)), 2)
    0.66
    """
    lost, stayed = outcome.sum(), (1 - outcome).sum()
    chance_sd = np.sqrt((lost + stayed + 1) / (12 * lost * stayed))
    return float(0.5 + (norm.ppf(0.975) + norm.ppf(0.8)) * chance_sd)


def permutation_p(outcome: Floats, score: Floats, *, seed: int, draws: int = 2000) -> float:
    """Return how often shuffled outcomes give an AUC at least as high: the p-value of "no signal"."""
    ranks = rankdata(score)
    lost = int(outcome.sum())
    observed = ranks[outcome == 1].sum()
    rng = np.random.default_rng(seed)
    as_high = sum(rng.permutation(ranks)[:lost].sum() >= observed for _ in range(draws))
    return float((as_high + 1) / (draws + 1))


def choose(verdict: Verdict, model: str) -> str:
    """Return the name of what should give the probabilities: the model where it is better, else the best baseline."""
    return model if verdict.word == "better" else verdict.best_baseline


def as_json(verdict: Verdict) -> dict[str, object]:
    """Return the verdict as plain values."""
    return asdict(verdict)


def _triple(e: Estimate) -> tuple[float, float, float]:
    return e.value, e.low, e.high
