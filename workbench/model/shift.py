"""When the future differs: expected against observed departures, features that moved, and what is done about it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import chi2

from workbench.crm import KEY
from workbench.features import Words
from workbench.model.estimators import Model
from workbench.model.group_calibration import RETURN
from workbench.model.learned import Learned
from workbench.stats import Floats, psi

SURE = 3.0
"""Standard deviations beyond which chance does not explain how many left."""
FAR = 1.25
"""A level off by a quarter is worth a warning."""
LARGE_PSI = 0.25
"""The usual bound of a large shift (Siddiqi 2006); a small sample needs more, by chance alone."""
MOVES = 0.02
"""Features with less of all movement in the scores than this do not change them much."""
DRAWN = 20_000
"""Customers on whom it is seen which features move the scores: more change nothing, and each costs a walk of all trees.
"""
MOVED = ["feature", "meaning", "before", "now", "unknown_before", "unknown_now", "psi", "by_chance"]


def expected_against_observed(outcome: Floats, probability: Floats) -> dict[str, Any]:
    """Return how many were expected to leave on the test snapshot and how many did, and whether chance explains it.

    Keys: customers, expected, observed (departures), deviation (in standard deviations of chance, if the probabilities
    are right), off (bool: more than 3 of them, and by a quarter or more).

    >>> expected_against_observed(np.array([1.0, 0.0] * 50), np.full(100, 0.5))["off"]
    False
    """
    expected, observed = float(probability.sum()), float(outcome.sum())
    spread = float(np.sqrt((probability * (1 - probability)).sum()))
    deviation = (observed - expected) / spread if spread else 0.0
    far = max(expected, 0.5) / max(observed, 0.5)
    off = abs(deviation) > SURE and not 1 / FAR < far < FAR
    return {"customers": len(outcome), "expected": expected, "observed": observed, "deviation": deviation, "off": off}


@dataclass(frozen=True)
class Adjusted:
    """Scores, the features that ``moved``, and the ``level`` that scores were brought to (None: left as they were)."""

    scores: pd.DataFrame
    moved: pd.DataFrame
    level: float | None


def adjust(
    scores: pd.DataFrame, panel: pd.DataFrame, model: Model, learned: Learned, words: Mapping[str, Words]
) -> Adjusted:
    """Return scores of a day, damped where the customers differ from those learned from (see :func:`level_to_keep`).

    Runs and scoring without training both go through here. ``panel`` has the features of the day. Which of them move
    the scores is seen on at most 20,000 customers, how far they moved on all.
    """
    at_risk = panel.merge(scores.loc[scores["at_risk"], KEY], on=KEY)
    drawn = at_risk if len(at_risk) <= DRAWN else at_risk.sample(DRAWN, random_state=0)
    moved = moved_features(learned, at_risk, model.contributions(drawn), words)
    level = level_to_keep(scores["churn_probability"], learned.lost_share, moved)
    return Adjusted(damped(scores, level), moved, level)


def moved_features(
    learned: Learned, now: pd.DataFrame, contributions: pd.DataFrame, words: Mapping[str, Words]
) -> pd.DataFrame:
    """Return the features that lie elsewhere today than where the model learned, most moved first.

    Columns: feature, meaning, before and now (means of known values), unknown_before and unknown_now (shares of
    customers), psi (population stability index), by_chance (what it would reach with 5 % probability over all features
    judged if nothing had changed, counting each customer once; Yurdakul 2018). Judged are features that move the scores
    and count within a window.
    """
    moves = contributions.abs().mean() if len(contributions) else pd.Series(dtype=float)
    judged = [str(c) for c in moves.index[moves >= MOVES * moves.sum()] if c in learned.features]
    rows = []
    for name in judged if min(learned.customers, len(now)) else []:
        before = learned.features[name]
        all_bins = np.array([before.counts, before.counts_of(now[name])])
        unknown_before, unknown_now = all_bins[:, -1] / all_bins.sum(axis=1)
        counts = all_bins[:, all_bins.any(axis=0)]
        each = 1 / learned.customers + 1 / len(now)
        certain = chi2.ppf(1 - 0.05 / len(judged), counts.shape[1] - 1) * each
        means, unknown = (before.mean, now[name].mean()), (unknown_before, unknown_now)
        rows.append((name, words[name].meaning, *means, *unknown, psi(counts), float(certain)))
    found = pd.DataFrame(rows, columns=MOVED)
    moved = found[(found["psi"] > LARGE_PSI) & (found["psi"] > found["by_chance"])]
    return moved.sort_values("psi", ascending=False, ignore_index=True)


def level_to_keep(probability: pd.Series, last: float, moved: pd.DataFrame) -> float | None:
    """Return the share that the probabilities are brought to where features moved; None where they stay as they are.

    The rule: where a feature that moves the scores has moved, and the probabilities expect a share of departures that
    differs by a quarter or more from the one last observed, they are brought to the observed one. The order of the
    customers stays.
    """
    known = probability.dropna()
    if moved.empty or known.empty or not 0 < last < 1:
        return None
    return None if 1 / FAR < known.mean() / last < FAR else last


def damped(scores: pd.DataFrame, level: float | None) -> pd.DataFrame:
    """Return the scores with the churn probabilities' log-odds shifted so that their mean is ``level``; None: as given.

    The probabilities of the kinds keep their shares. ``undamped_probability`` holds what the model gave.

    >>> scores = pd.DataFrame({"churn_probability": [0.2, 0.6, None]})
    >>> damped(scores, 0.2)["churn_probability"].round(3).tolist()[:2]
    [0.074, 0.326]
    """
    given = scores["churn_probability"]
    if level is None:
        return scores
    odds = logit(given.dropna().clip(1e-9, 1 - 1e-9))
    by = brentq(lambda d: float(expit(odds + d).mean()) - level, -40, 40)
    shifted = pd.Series(expit(odds + by), index=odds.index).reindex(given.index)
    kinds = {str(c) for c in scores if str(c).endswith("_probability")} - {"churn_probability", "return_probability"}
    parts = {name: scores[name] * shifted / given for name in sorted(kinds)}
    return scores.assign(**parts, churn_probability=shifted, undamped_probability=given)


def warnings(
    level: Mapping[str, Any],
    moved: pd.DataFrame,
    kept: float | None,
    seasons: str,
    *,
    test_as_of: str,
    by_group: pd.DataFrame | None = None,
    suspects: Sequence[str] = (),
) -> list[dict[str, str]]:
    """Return what may make the future differ: rows of kind and sentence.

    Kinds: suspects, level, returns, shift, damped, seasons. ``by_group`` is :func:`calibration_by_group`: chances of
    return that were off are named. ``suspects`` are the meanings of features that look like the answer.
    """
    found = [("suspects", _suspects(suspects))] if suspects else []
    if level["off"]:
        found.append(("level", _level(level, test_as_of)))
    if by_group is not None and len(off := by_group[(by_group["by"] == RETURN) & (by_group["off"] != "")]):
        found.append(("returns", _returns(off.iloc[0], test_as_of)))
    if len(moved):
        found.append(("shift", _shift(moved)))
    if kept is not None:
        found.append(("damped", _damped(kept)))
    if seasons.startswith("Untested"):
        found.append(("seasons", seasons))
    return [{"kind": kind, "sentence": sentence.replace("%", " %")} for kind, sentence in found]


def _suspects(meanings: Sequence[str]) -> str:
    """Return the doubt about features that alone predict departures too well.

    >>> _suspects(["plan", "calls", "notes", "visits"]).partition(".")[0]
    'One feature alone predicts almost too well who leaves: plan; calls; notes and 1 more'
    """
    more = f" and {len(meanings) - 3} more" if len(meanings) > 3 else ""
    return (
        f"One feature alone predicts almost too well who leaves: {'; '.join(meanings[:3])}{more}. Such columns were "
        "often written after the customer left: look at where they come from before you trust the probabilities."
    )


def _level(level: Mapping[str, Any], test_as_of: str) -> str:
    n = level["customers"]
    return (
        f"In the test period from {test_as_of}, {level['observed']:,.0f} of {n:,} customers left where "
        f"{level['expected']:,.0f} were expected: {level['observed'] / n:.1%} against {level['expected'] / n:.1%}. "
        "Chance does not explain it; take the ranking, not the level."
    )


def _returns(off: pd.Series, test_as_of: str) -> str:
    return (
        f"In the test period from {test_as_of}, {off['observed']:.1%} of {off['group']} came back where "
        f"{off['predicted']:.1%} were promised. Chance does not explain it; take the order of the win-back "
        "list, not its chances."
    )


def _shift(moved: pd.DataFrame) -> str:
    named = [f"{row['meaning']} ({_by_how_much(row)})" for row in moved.head(3).to_dict("records")]
    more = f" and {len(moved) - 3} more" if len(moved) > 3 else ""
    return f"Today's customers differ from those the model learned from: {'; '.join(named)}{more}."


def _by_how_much(row: Mapping[Hashable, Any]) -> str:
    """Return a move as shares unknown where these changed more than the mean did, as means otherwise.

    >>> _by_how_much({"before": 2.0, "now": 2.1, "unknown_before": 0.6, "unknown_now": 0.0})
    'unknown for 60% of customers before, 0% now'
    """
    by_mean = abs(row["now"] - row["before"]) / (abs(row["before"]) or 1)
    if not by_mean > abs(row["unknown_now"] - row["unknown_before"]):  # nor where no mean is known
        return f"unknown for {row['unknown_before']:.0%} of customers before, {row['unknown_now']:.0%} now"
    return f"mean {row['before']:,.2f} before, {row['now']:,.2f} now"


def _damped(kept: float) -> str:
    return (
        f"Because of that the probabilities are brought to the share last observed, {kept:.1%}; their order stays. "
        "What the model gave stands in the scores as undamped_probability."
    )
