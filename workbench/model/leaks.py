"""Columns that know the answer: what alone predicts departures too well to have been known before them."""

from __future__ import annotations

import pandas as pd

from workbench.errors import DataError
from workbench.features import STOP_AUC
from workbench.model.examples import is_text
from workbench.stats import Floats, auc


def check_leaks(rows: pd.DataFrame, columns: list[str]) -> None:
    """Raise DataError naming every column that alone predicts the outcome too well to have been known before it."""
    rows = rows[rows["at_risk"]]  # silence alone predicts well which lapsed customers stay away, and rightly so
    outcome = rows["silent"].to_numpy()
    if len(set(outcome)) < 2:
        return
    areas = {c: alone(outcome, rows[c]) for c in columns}
    leaks = [f"{c} (AUC {area:.3f})" for c, area in areas.items() if area >= STOP_AUC]
    if leaks:
        raise DataError(
            f"columns that look like the answer: {', '.join(leaks)}. Each alone predicts who leaves; take them out, "
            "or show that they were known at the snapshot."
        )


def alone(outcome: Floats, column: pd.Series) -> float:
    """Return the AUC (0.5 to 1) of a column by itself: of its values, a text's by their shares, or of being empty."""
    if is_text(column):
        column = column.astype("object").map(
            pd.Series(outcome, index=column.index).groupby(column.astype("object")).mean()
        )
    views = [column.fillna(column.median()).fillna(0), *([column.isna()] if column.isna().any() else [])]
    areas = [auc(outcome, values.to_numpy(float)) for values in views]
    return max(max(area, 1 - area) for area in areas)
