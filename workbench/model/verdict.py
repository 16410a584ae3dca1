"""The verdict: a pre-declared test of the model against honest baselines on a later period, and what is used then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from workbench.errors import DataError
from workbench.stats import Estimate, Floats, auc_of, bootstrap_each, mean_of

USABLE_AUC = 0.60
BY_CHANCE = 0.025
"""What shuffled outcomes reach more often shows nothing; of the two bounds of 95 % it is the lower one."""
BEYOND_DOUBT = 5
TINY = 1e-6
NO_MODEL = "no model"
"""The verdict's word where nothing could be trained or tested."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of the pre-declared test on the last period, in a word and a sentence."""

    word: str
    sentence: str
    best_baseline: str
    auc: Estimate
    gain: Estimate
    p_value: float


def losses(outcome: Floats, probability: Floats) -> Floats:
    """Return each row's log-loss in nats; probabilities stay a millionth away from 0 and 1.

    >>> [round(float(x), 3) for x in losses(np.array([1.0, 0.0]), np.array([0.5, 0.1]))]
    [0.693, 0.105]
    """
    p = np.clip(probability, TINY, 1 - TINY)
    return -(outcome * np.log(p) + (1 - outcome) * np.log(1 - p))


def judge(outcome: Floats, model: Floats, baselines: Mapping[str, Floats], *, seed: int) -> Verdict:
    """Return the verdict on the model: better, not better, no usable signal, or not enough data.

    *Better*: the lower 95 % bound of the paired log-loss gain over the best baseline is above 0. *No usable signal*:
    the upper AUC bound is under 0.60. *Not better*: AUC surely above 0.5, but no such gain. *Not enough data*:
    otherwise, with the smallest AUC this sample could distinguish from chance.

    Raises DataError when only one outcome occurs.
    """
    if len(set(outcome)) < 2:
        raise DataError(
            f"all {len(outcome)} customers of the test period have the same outcome; nothing can be tested. "
            "Choose another horizon_days or as_of."
        )
    best = min(baselines, key=lambda name: float(losses(outcome, baselines[name]).mean()))
    better_by = losses(outcome, baselines[best]) - losses(outcome, model)
    gain, area = bootstrap_each([mean_of(better_by), auc_of(outcome, model)], len(outcome), seed=seed)
    word, sentence = _in_words(outcome, area, gain, best)
    return Verdict(word, sentence, best, area, gain, permutation_p(outcome, model, seed=seed))


def choose(verdict: Verdict, model: str) -> str:
    """Return the name of what should give the probabilities.

    What is claimed and what is used are two decisions: the model is used wherever its gain on the test period is above
    zero and chance is not likely to do as well (``p_value``), even where the gain is not sure; else the best baseline
    is. Without the second condition one of ten models of outcomes drawn by chance would be used.

    >>> half = Estimate(0.5, 0.5, 0.5, 90)
    >>> choose(Verdict("not better", "", "rule", half, Estimate(0.1, 0.0, 0.2, 90), p_value=0.01), "model")
    'model'
    """
    used = verdict.gain.value > 0 and verdict.p_value <= BY_CHANCE
    return model if used and verdict.word not in ("no usable signal", NO_MODEL) else verdict.best_baseline


def with_p(verdict: Verdict, p_value: float) -> Verdict:
    """Return the verdict with a stricter p-value, and its word where chance may have made what it claims.

    >>> nothing = Estimate(0.6, 0.55, 0.65, 90)
    >>> with_p(Verdict("better", "It beats all.", "rule", nothing, nothing, 0.01), 0.5).word
    'not enough data'
    """
    if p_value <= BY_CHANCE:
        return replace(verdict, p_value=p_value)
    sentence = "Fitted to shuffled outcomes, it gains as much too often to be more than chance."
    return replace(verdict, p_value=p_value, word="not enough data", sentence=sentence)


def as_json(verdict: Verdict) -> dict[str, object]:
    """Return the verdict as plain values; None for what is not known."""
    return {name: _plain(value) for name, value in asdict(verdict).items()}


def as_records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Return a table as plain values, one dict per row; None for what is not known.

    >>> as_records(pd.DataFrame({"auc": [0.5, np.nan]}))
    [{'auc': 0.5}, {'auc': None}]
    """
    return [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]


def untested(reason: str, best_baseline: str) -> Verdict:
    """Return what stands in the verdict's place where no model could be trained or tested."""
    nothing = Estimate(np.nan, np.nan, np.nan, 0)
    return Verdict(NO_MODEL, reason, best_baseline, nothing, nothing, np.nan)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return None if isinstance(value, float) and np.isnan(value) else value


def _in_words(outcome: Floats, area: Estimate, gain: Estimate, best: str) -> tuple[str, str]:
    if gain.low > 0:
        return "better", f"It beats the best baseline ({best})."
    if area.low == area.high:
        return "not enough data", "The model found nothing to learn from: it gives every customer the same probability."
    if area.high < USABLE_AUC:
        return "no usable signal", "These data do not show who leaves: contact nobody because of this score."
    if area.low > 0.5:
        return "not better", f"It shows who leaves, but {_beside(gain)} the best baseline ({best})."
    return (
        "not enough data",
        f"With {len(outcome):,} customers an AUC under {detectable_auc(outcome):.2f} cannot be distinguished "
        "from chance.",
    )


def _beside(gain: Estimate) -> str:
    if gain.high < 0:
        return "its log-loss is surely worse than that of"
    if gain.value > 0:
        return "its log-loss is lower by no more than chance explains than that of"
    return "its log-loss is no lower than that of"


def detectable_auc(outcome: Floats) -> float:
    """Return the smallest AUC this sample distinguishes from 0.5 with 80 % power at 5 % (Hanley, McNeil 1982).

    >>> round(detectable_auc(np.array([0.0] * 50 + [1.0] * 50)), 2)
    0.66
    """
    return float(0.5 + (norm.ppf(0.975) + norm.ppf(0.8)) * _chance_sd(outcome))


def beyond_doubt(outcome: Floats, area: float) -> bool:
    """Return whether an AUC lies so far above 0.5 that no choice among models makes chance of it: five deviations.

    >>> beyond_doubt(np.array([0.0] * 50 + [1.0] * 50), 0.77), beyond_doubt(np.array([0.0] * 50 + [1.0] * 50), 0.8)
    (False, True)
    """
    return bool(area > 0.5 + BEYOND_DOUBT * _chance_sd(outcome))


def _chance_sd(outcome: Floats) -> float:
    """The standard deviation of the AUC of a ranking by chance."""
    lost, stayed = outcome.sum(), (1 - outcome).sum()
    return float(np.sqrt((lost + stayed + 1) / (12 * lost * stayed)))


def permutation_p(outcome: Floats, score: Floats, *, seed: int, draws: int = 2000) -> float:
    """Return how often shuffled outcomes give an AUC at least as high: the p-value of "no signal"."""
    return _shuffled(outcome, rankdata(score)[None], seed, draws)


def by_chance(outcome: Floats, *probabilities: Floats, seed: int, draws: int = 2000) -> float:
    """Return how often shuffled outcomes give a log-loss at least as low: the p-value of "no gain".

    A rule that names few customers, and rightly, gains much while its AUC is near 0.5. Of several probabilities it is
    the lowest log-loss that counts, of the outcome as of each shuffled one: the best of many gains more by chance.

    >>> found = by_chance(np.array([1.0] * 4 + [0.0] * 96), np.array([0.9] * 4 + [0.05] * 96), seed=1)
    >>> found < 0.01
    True
    """
    p = np.clip(np.stack(probabilities), TINY, 1 - TINY)
    return _shuffled(outcome, np.log(p / (1 - p)), seed, draws, np.log1p(-p).sum(axis=1))


def _shuffled(outcome: Floats, values: Floats, seed: int, draws: int, start: Floats | float = 0.0) -> float:
    """Return how often as many cases drawn by chance have a sum of values as high as those with outcome 1.

    ``values`` has a row for each way to rank the cases, ``start`` what its sum begins with; the highest sum counts.
    """
    lost, observed = int(outcome.sum()), (values[:, outcome == 1].sum(axis=1) + start).max()
    rng = np.random.default_rng(seed)
    places = np.arange(len(outcome))
    drawn = (rng.choice(places, lost, replace=False, shuffle=False) for _ in range(draws))
    as_high = sum((values[:, some].sum(axis=1) + start).max() >= observed - 1e-9 for some in drawn)
    return float((as_high + 1) / (draws + 1))  # sums differ in their last digits with the order
