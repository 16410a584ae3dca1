"""Did earlier predictions come true: the scores that runs of a name kept, once their outcomes are known."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench import label
from workbench.crm import Crm
from workbench.stats import LEVEL, auc

FILE = "predictions.parquet"
COLUMNS = ["as_of", "customers", "expected", "low", "high", "observed", "came_true", "auc"]
NO_PREDICTIONS = pd.DataFrame(columns=COLUMNS)
"""Where no earlier run's horizon is over yet."""


def scored_predictions(predictions: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return one row per day predicted from: as_of, customers, expected, low, high, observed, came_true, auc.

    Input: customer_id, as_of and churn_probability; customer_id, as_of and churned. Counted are the customers in both.
    ``low`` to ``high`` is what 95 % of outcomes would be by chance alone, were every probability right; ``came_true``:
    the number observed lies there; ``auc``: how well they were ordered.

    >>> predictions = pd.DataFrame({"customer_id": list("abcd"), "as_of": 1, "churn_probability": [0.9, 0.6, 0.2, 0.1]})
    >>> outcomes = pd.DataFrame({"customer_id": list("abcd"), "as_of": 1, "churned": [True, False, True, False]})
    >>> row = scored_predictions(predictions, outcomes).iloc[0]
    >>> int(row["customers"]), round(float(row["expected"]), 1), int(row["observed"]), bool(row["came_true"])
    (4, 1.8, 2, True)
    """
    both = predictions.dropna(subset="churn_probability").merge(outcomes, on=["customer_id", "as_of"])
    rows = []
    for as_of, of_day in both.groupby("as_of"):
        chance, left = of_day["churn_probability"].to_numpy(float), of_day["churned"].to_numpy(float)
        expected, observed = float(chance.sum()), int(left.sum())
        width = norm.ppf((1 + LEVEL) / 2) * float(np.sqrt((chance * (1 - chance)).sum()))
        low, high = max(0.0, expected - width), min(float(len(of_day)), expected + width)
        ordered = auc(left, chance) if 0 < observed < len(of_day) else float("nan")
        rows.append((as_of, len(of_day), expected, low, high, observed, low - 0.5 <= observed <= high + 0.5, ordered))
    return pd.DataFrame(rows, columns=COLUMNS) if rows else NO_PREDICTIONS


def came_true(before: Path, crm: Crm, rules: Any, horizon_days: int) -> pd.DataFrame:
    """Return how the newest predictions came true whose horizon is over, of those kept in the folder ``before``.

    ``rules`` are those of the labels. Predictions for another horizon are left out.
    """
    path = before / FILE
    if not path.is_file():
        return NO_PREDICTIONS
    kept = pd.read_parquet(path)
    settled = timedelta(days=horizon_days + label.Rules.of(crm, rules).settle_days(crm))
    due = kept[(kept["horizon_days"] == horizon_days) & (kept["as_of"] + settled <= crm.facts.known_until)]
    if due.empty:
        return NO_PREDICTIONS
    newest = due["as_of"].max()
    outcomes = label.label_churn(crm, newest.to_pydatetime(), horizon_days=horizon_days, **rules)
    outcomes = outcomes.select("customer_id", "as_of", "churned").to_pandas()
    return scored_predictions(due[due["as_of"] == newest], outcomes)
