"""Everybody's probability at a snapshot, with the reasons for it in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from workbench.crm import KEY
from workbench.features import FEATURES, Words
from workbench.model.explain import main_sign, reasons
from workbench.model.train import Model, contributions


def score_customers(
    model: Model,
    panel: pd.DataFrame,
    states: pd.DataFrame,
    *,
    as_of: datetime,
    words: Mapping[str, Words] = FEATURES,
) -> pd.DataFrame:
    """Return one row per customer at ``as_of`` with probability and reasons.

    Only who is at risk or lapsed has a score. Columns: customer_id, as_of, state, at_risk, churn_probability (at risk
    only), return_probability (lapsed only), why (reasons in words, for churn or for a return; empty: none) and sign
    (of the main one). ``words`` tell what each feature means; own features need those the run keeps.
    """
    known = ["state", "at_risk"]
    judged = states[states["at_risk"] | (states["state"] == "lapsed")]
    at = panel[panel["as_of"] == as_of].merge(judged[[*KEY, *known]], on=KEY, validate="one_to_one")
    silent, added = pd.Series(model.probability(at)), contributions(model, at)
    # Beside the lapsed, nobody at risk is silent for long, so each is set against customers of the same state.
    groups = [(at[at["at_risk"]], 1), (at[~at["at_risk"]], -1)]
    why = [reasons(added.loc[who.index], who, words, towards=way) for who, way in groups]
    sign = [main_sign(added.loc[who.index], who, words, towards=way) for who, way in groups]
    return at[[*KEY, *known]].assign(
        churn_probability=silent.where(at["at_risk"]),
        return_probability=(1 - silent).where(~at["at_risk"]),
        why=pd.concat(why),
        sign=pd.concat(sign),
    )
