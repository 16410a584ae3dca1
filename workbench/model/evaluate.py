"""Models beside each other on a later period, and what that period allows to say."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.model.calibration import calibration_error, calibration_error_if_perfect
from workbench.model.verdict import losses
from workbench.stats import Estimate, Floats, auc_of, bootstrap_each, mean_of


def compare(outcome: Floats, predictions: Mapping[str, Floats], *, seed: int) -> pd.DataFrame:
    """Return one row per model: AUC and log-loss with 95 % intervals, Brier score and calibration errors.

    The intervals draw customers with replacement and are conditional on this one period. Without customers no figure
    is known.
    """
    statistics = [
        statistic for p in predictions.values() for statistic in (auc_of(outcome, p), mean_of(losses(outcome, p)))
    ]
    areas_and_losses = iter(bootstrap_each(statistics, len(outcome), seed=seed))
    rows = []
    for name, p in predictions.items():
        area, loss = next(areas_and_losses), next(areas_and_losses)
        rows.append(
            {
                "model": name,
                **_with_bounds("auc", area),
                **_with_bounds("log_loss", loss),
                "brier": float(np.mean((p - outcome) ** 2)) if len(p) else np.nan,
                "calibration_error": calibration_error(outcome, p),
                "calibration_error_if_perfect": calibration_error_if_perfect(p, seed=seed),
            }
        )
    return pd.DataFrame(rows)


def seasons_tested(as_of: pd.Series) -> str:
    """Return what the snapshots allow to say of seasons, as a sentence."""
    periods = as_of.nunique()
    year = (as_of.max() - as_of.min()).days >= 365
    if periods >= 4 and year:
        return f"Trained on {periods - 1} periods and tested on the last; together they span more than a year."
    if periods == 1:
        return "Untested across seasons: there is only one labelled period."
    return f"Untested across seasons: only {periods} labelled periods within a year, and churn differs between them."


def _with_bounds(name: str, e: Estimate) -> dict[str, float]:
    return {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
