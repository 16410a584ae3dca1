"""Every customer's probability at a snapshot, with the reasons for it in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from workbench.crm import KEY
from workbench.features import FEATURES, Words
from workbench.model.estimators import Model
from workbench.model.explain import reasons_and_signs
from workbench.model.kinds import Kinds


def score_customers(
    model: Model,
    panel: pd.DataFrame,
    states: pd.DataFrame,
    *,
    as_of: datetime,
    words: Mapping[str, Words] = FEATURES,
    kinds: Kinds | None = None,
) -> pd.DataFrame:
    """Return one row per customer at ``as_of`` with probability and reasons.

    Only customers at risk or lapsed have a score. Columns: customer_id, as_of, state, at_risk, churn_probability (at
    risk only), return_probability (lapsed only), why (reasons in words, for churn or for a return; empty: none) and
    sign (of the main one). With ``kinds`` also likely_kind and one <kind>_probability per kind of churn, which add up
    to churn_probability (at risk only). ``words`` hold what each feature means; own features need those of the run.
    """
    known = ["state", "at_risk"]
    judged = states[(states["as_of"] == as_of) & (states["at_risk"] | (states["state"] == "lapsed"))]
    at = panel[panel["as_of"] == as_of].merge(judged[[*KEY, *known]], on=KEY, validate="one_to_one")
    silent, added = pd.Series(model.probability(at)), model.contributions(at)
    added = added.loc[:, added.any()]  # trees of a large company use a part of the features
    # Beside the lapsed, no customer at risk is silent for long, so each is set against customers of the same state.
    why = [
        reasons_and_signs(added[rows], at.loc[rows, added.columns], words, towards=way)
        for rows, way in ((at["at_risk"], 1), (~at["at_risk"], -1))
    ]
    scores = at[[*KEY, *known]].assign(
        churn_probability=silent.where(at["at_risk"]),
        return_probability=(1 - silent).where(~at["at_risk"]),
        **pd.concat(why),
    )
    return scores if kinds is None else scores.join(_by_kind(kinds, at, silent))


def _by_kind(kinds: Kinds, at: pd.DataFrame, silent: pd.Series) -> pd.DataFrame:
    chances = kinds.probability(at, silent.to_numpy()).where(at["at_risk"])
    likely = chances.fillna(0).idxmax(axis=1).where(at["at_risk"])
    return chances.add_suffix("_probability").assign(likely_kind=likely)
