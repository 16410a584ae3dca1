"""The trial on the last labelled period: model and baselines side by side, the verdict, and what is used then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.features import FEATURES, Words
from workbench.model.baselines import BASE_RATE, fit_baseline, fit_baselines
from workbench.model.boosting import best_boosting
from workbench.model.calibration import calibration_with_intervals
from workbench.model.estimators import Model
from workbench.model.evaluate import compare
from workbench.model.examples import WEIGHT, check_enough
from workbench.model.train import MODEL
from workbench.model.verdict import BY_CHANCE, Verdict, by_chance, choose, judge, untested
from workbench.stats import Floats, auc

LAST_LIST = "last list (the model, from what was known a snapshot earlier)"


@dataclass(frozen=True)
class Trial:
    """What the last labelled period showed.

    ``predictions`` holds each model's probability of every customer at risk then, ``outcome`` what came; ``chosen`` is
    the name of what gives the probabilities; ``auc_all`` the AUC over all customers, the lapsed included; ``boosted``
    the model, None without one; ``lapsed`` the chosen model's chance of return of each customer
    lapsed then (predicted), and whether it came (returned: 1 or 0); ``learned`` as_of, silent, predicted and, of a
    sample, weight of each customer at risk learned from: the trees' probability is that of trees which did not see the
    customer, that of a baseline is as fitted.
    """

    outcome: Floats
    predictions: dict[str, Floats]
    comparison: pd.DataFrame
    calibration: pd.DataFrame
    verdict: Verdict
    chosen: str
    auc_all: dict[str, float]
    boosted: Model | None = None
    lapsed: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["predicted", "returned"]))
    learned: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["as_of", "silent", "predicted"]))

    @property
    def shape(self) -> str:
        """The form of the model's trees, empty without a model."""
        return str(getattr(self.boosted, "shape", ""))

    @property
    def lost_share(self) -> float:
        """The share of the customers at risk that was lost; NaN where nobody was at risk."""
        return float(self.outcome.mean()) if len(self.outcome) else np.nan

    def __repr__(self) -> str:
        compared = self.comparison.round(3).to_string(index=False)
        return f"{self.verdict.word}: {self.verdict.sentence}\nProbabilities by: {self.chosen}\n{compared}"

    def _repr_html_(self) -> str:
        compared = self.comparison.round(3).to_html(index=False, border=0)
        sentence = escape(f"{self.verdict.word}: {self.verdict.sentence} Probabilities by: {self.chosen}.")
        return f"<p>{sentence}</p>{compared}"


def try_models(
    earlier: pd.DataFrame,
    last: pd.DataFrame,
    columns: list[str],
    *,
    seed: int,
    words: Mapping[str, Words] = FEATURES,
    before: pd.DataFrame | None = None,
) -> Trial:
    """Return how the model and the baselines, trained on the earlier snapshots, did on the last.

    A single snapshot, too few departures to learn from, or one outcome only in the last period give a trial of the base
    rate alone, with the verdict *no model* and the reason: rates and reports need no model. ``before``: features of the
    customers a snapshot before the last. The probabilities the model would have given then are compared too, with the
    base rate for who was not there yet: what it brings to score anew. They have no part in the verdict.
    """
    at_risk = last[last["at_risk"]]
    outcome = at_risk["silent"].to_numpy(float)
    reason = _why_no_model(earlier, columns, outcome)
    fitted = _untrained(earlier, last) if reason else _trained(earlier, columns, seed=seed, words=words)
    models = fitted.models
    predictions = {name: model.probability(at_risk) for name, model in models.items()}
    verdict = untested(reason, BASE_RATE) if reason else _judge(outcome, predictions, seed)
    chosen = _chosen(verdict, outcome, predictions, seed)
    if before is not None and not reason:
        predictions[LAST_LIST] = _last_list(models, before, at_risk)
    return Trial(
        outcome,
        predictions,
        compare(outcome, predictions, seed=seed),
        calibration_with_intervals(outcome, predictions[chosen]),
        verdict,
        chosen,
        _auc_all(models, last),
        models.get(MODEL),
        _returns(models[chosen], last[~last["at_risk"]]),
        fitted.learned(chosen, earlier),
    )


@dataclass(frozen=True)
class _Fitted:
    """Models by name, and the boosted one's probabilities, by cross-fitting, of the rows it learned from."""

    models: dict[str, Model]
    unseen: Floats

    def learned(self, chosen: str, earlier: pd.DataFrame) -> pd.DataFrame:
        predicted = self.unseen if chosen == MODEL else self.models[chosen].probability(earlier)
        kept = [c for c in ("as_of", "silent", WEIGHT) if c in earlier]
        return earlier[kept].assign(predicted=predicted)[earlier["at_risk"].to_numpy(bool)]


def _trained(earlier: pd.DataFrame, columns: list[str], *, seed: int, words: Mapping[str, Words]) -> _Fitted:
    outcome = earlier["silent"].to_numpy(float)
    boosted, unseen = best_boosting(earlier, columns, outcome, seed=seed, words=words)
    return _Fitted({MODEL: boosted, **fit_baselines(earlier)}, unseen)


def _untrained(earlier: pd.DataFrame, last: pd.DataFrame) -> _Fitted:
    return _Fitted({BASE_RATE: fit_baseline(BASE_RATE, earlier if len(earlier) else last)}, np.empty(0))


def _last_list(models: Mapping[str, Model], before: pd.DataFrame, at_risk: pd.DataFrame) -> Floats:
    then = pd.Series(models[MODEL].probability(before), index=before["customer_id"])
    unknown = models[BASE_RATE].probability(at_risk)
    known = at_risk["customer_id"].map(then)
    return np.where(known.notna(), known, unknown)


def _returns(model: Model, lapsed: pd.DataFrame) -> pd.DataFrame:
    predicted = 1 - model.probability(lapsed) if len(lapsed) else np.empty(0)
    return pd.DataFrame({"predicted": predicted, "returned": 1 - lapsed["silent"].to_numpy(float)})


def _judge(outcome: Floats, predictions: Mapping[str, Floats], seed: int) -> Verdict:
    baselines = {name: probability for name, probability in predictions.items() if name != MODEL}
    return judge(outcome, predictions[MODEL], baselines, seed=seed)


def _chosen(verdict: Verdict, outcome: Floats, predictions: Mapping[str, Floats], seed: int) -> str:
    """Return the name of what gives the probabilities; where chance does as well as the best, the base rate does."""
    if MODEL in predictions:
        verdict = replace(verdict, p_value=by_chance(outcome, predictions[MODEL], seed=seed))
    name = choose(verdict, MODEL)
    if name in (MODEL, BASE_RATE):
        return name
    baselines = [probability for other, probability in predictions.items() if other != MODEL]
    return name if by_chance(outcome, *baselines, seed=seed) <= BY_CHANCE else BASE_RATE


def _why_no_model(earlier: pd.DataFrame, columns: list[str], outcome: Floats) -> str:
    """Return why nothing can be trained or tested; empty where it can."""
    if earlier.empty:
        return "There is one labelled snapshot; a model needs two, one to learn from and a later one to be tested on."
    try:
        check_enough(earlier)
    except DataError as problem:
        return f"Too few departures for a model: {problem}"
    if not columns:
        return "No feature tells customers apart: each is empty, or the same for all, at the training snapshots."
    if not len(outcome):
        return "Nobody was at risk in the test period, so nothing can be tested."
    if len(np.unique(outcome)) < 2:
        return (
            f"All {len(outcome)} customers at risk in the test period have the same outcome, so nothing can be tested."
        )
    return ""


def _auc_all(models: Mapping[str, Model], last: pd.DataFrame) -> dict[str, float]:
    outcome = last["silent"].to_numpy(float)
    return {name: auc(outcome, model.probability(last)) for name, model in models.items()}
