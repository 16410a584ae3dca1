"""Fit by name: the model, or one of the baselines it must beat."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.features import FEATURES, Words
from workbench.model.baselines import fit_baseline
from workbench.model.boosting import fit_boosting
from workbench.model.estimators import Model

MODEL = "gradient boosting, calibrated"


def fit(
    name: str,
    rows: pd.DataFrame,
    columns: list[str],
    *,
    seed: int,
    words: Mapping[str, Words] = FEATURES,
    like: Model | None = None,
) -> Model:
    """Return the model of that name (``MODEL`` or a baseline's) fitted on the rows.

    ``like``: the trial's model, whose form of trees is taken, and of many rows their number and calibration too.
    """
    if name != MODEL:
        return fit_baseline(name, rows)
    return fit_boosting(
        rows,
        columns,
        rows["silent"].to_numpy(float),
        seed=seed,
        words=words,
        form=getattr(like, "shape", ""),
        like=like,
    )


def fit_model(rows: pd.DataFrame, columns: list[str], *, seed: int, words: Mapping[str, Words] = FEATURES) -> Model:
    """Return calibrated gradient boosting of the form, and of as many trees, as cross-fitting finds best."""
    return fit_boosting(rows, columns, rows["silent"].to_numpy(float), seed=seed, words=words)
