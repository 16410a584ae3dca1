"""Columns that know the answer: what alone predicts departures too well to have been known before them."""

from __future__ import annotations

import pandas as pd

from workbench.errors import DataError
from workbench.features import STOP_AUC
from workbench.model.estimators import known_categories
from workbench.model.examples import is_text
from workbench.stats import Floats, auc

OTHER = "(other)"


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
    """Return the AUC (0.5 to 1) of a column by itself: of its values, a text's by their shares, or of being empty.

    Texts of fewer rows than a model takes count as one: of a text that each customer has alone, such as a name, the
    share is the outcome itself.

    >>> alone(pd.Series([0.0, 1.0] * 20).to_numpy(), pd.Series([f"name {i}" for i in range(40)]))
    0.5
    """
    if is_text(column):
        (known,) = known_categories(column.to_frame()).values()
        text = column.astype("object").where(column.isin(known) | column.isna(), OTHER)
        column = text.map(pd.Series(outcome, index=column.index).groupby(text).mean())
    views = [column.fillna(column.median()).fillna(0), *([column.isna()] if column.isna().any() else [])]
    areas = [auc(outcome, values.to_numpy(float)) for values in views]
    return max(max(area, 1 - area) for area in areas)
