"""Features that look like the answer: they predict departures better than anything known before them could."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.crm import KEY
from workbench.errors import DataError
from workbench.features.catalogue import FEATURES
from workbench.features.declare import Words
from workbench.stats import Floats, auc

WARN_AUC, STOP_AUC = 0.80, 0.95
LATER_AUC = 0.75
"""Habits that last predict departures half a year ahead with up to 0.735 in a real shop; what was written after the
departure, with 0.75 to 0.96 in simulated companies."""
LATER_DAYS = (182, 365)
FEWEST = 20
"""Fewer leavers or stayers than this judge no feature."""


def leaks(panel: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the features that alone predict departures too well, the worst first.

    Input: the panel, or a sample of its customers, and labels (customer_id, as_of, churned). Columns: auc, of the
    feature or of whether it is empty, for departures in the window of its snapshot; auc_later, for those in windows
    that begin 6 to 12 months later (NaN: too few); index: feature. Both lie between 0.5 and 1. Listed from an auc of
    0.80 or an auc_later of 0.75 on.

    >>> panel = pd.DataFrame({"customer_id": [str(i) for i in range(40)], "as_of": 1, "n": range(40)})
    >>> labels = panel[["customer_id", "as_of"]].assign(churned=[False] * 20 + [True] * 20)
    >>> leaks(panel.assign(fair=[0, 1] * 20), labels)["auc"].to_dict()
    {'n': 1.0}
    """
    judged = labels[[*KEY, "churned"]]
    soon = panel.merge(judged, on=KEY)
    later = _later(panel, judged)
    names = [str(c) for c in panel.select_dtypes("number") if c not in KEY]
    found = pd.DataFrame({"auc": _each(soon, names), "auc_later": _each(later, names)}, index=names)
    found = found[(found["auc"] >= WARN_AUC) | (found["auc_later"] >= LATER_AUC)]
    return found.sort_values("auc", ascending=False).rename_axis("feature")


def refuse_leaks(found: pd.DataFrame, words: Mapping[str, Words] = FEATURES) -> None:
    """Raise DataError naming every feature of :func:`leaks` with an auc of 0.95 or more, its table, and the cure."""
    answers = found[found["auc"] >= STOP_AUC]
    if len(answers):
        named = [f"{name} ({_origin(words.get(str(name)))}, AUC {a:.3f})" for name, a in answers["auc"].items()]
        raise DataError(
            f"features that look like the answer: {', '.join(named)}. Alone they predict who leaves. Correct the raw "
            f"column they are made from, or leave them out: leave_out: [{', '.join(map(str, answers.index))}]."
        )


def _origin(word: Words | None) -> str:
    return f"from {word.table}" if word and word.table else "made from other features"


def _later(panel: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Each row with the outcomes of its customer at the snapshots 6 to 12 months later."""
    if not pd.api.types.is_datetime64_any_dtype(panel["as_of"]):
        return panel.iloc[:0].assign(churned=[])
    low, high = (pd.Timedelta(days=days) for days in LATER_DAYS)
    moments = panel["as_of"].unique()
    pairs = [(s, t) for s in moments for t in judged["as_of"].unique() if low <= t - s <= high]
    parts = [
        panel[panel["as_of"] == s].merge(judged.loc[judged["as_of"] == t, ["customer_id", "churned"]], on="customer_id")
        for s, t in pairs
    ]
    return pd.concat(parts) if parts else panel.iloc[:0].assign(churned=[])


def _each(rows: pd.DataFrame, names: list[str]) -> list[float]:
    churned = rows["churned"].to_numpy(float)
    if min(churned.sum(), (1 - churned).sum()) < FEWEST:
        return [np.nan] * len(names)
    return [_alone(churned, rows[name].to_numpy(float)) for name in names]


def _alone(churned: Floats, values: Floats) -> float:
    areas = [auc(churned, values), auc(churned, np.isnan(values).astype(float))]
    return max(max(area, 1 - area) for area in areas)
