"""Signs before leaving: how many of the customers who showed one were lost, beside all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.stats import differs_from_rest, wilson

WORST = 1 / 3
"""The share of customers taken to show a sign: those furthest on the side that goes with leaving."""
STANDING = ("profile",)
"""Families of features that say who a customer is, not what went before leaving; the segments compare them."""
SIGNS = [
    "family", "meaning", "side", "limit", "unit", "n", "lost", "churn", "low", "high", "others_n", "others_lost",
    "others_churn", "differs",
]  # fmt: skip
"""The columns of :func:`signs_of_leaving`."""


def signs_of_leaving(past: pd.DataFrame, drivers: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return churn with and without each sign: the third of customers at risk furthest on the side of leaving.

    Input: one row per customer at risk at a past snapshot with the features and ``churned``; drivers with family,
    feature, meaning and direction, of which texts, and features that say who a customer is, are left out.

    Output columns: family, meaning, side ('at most' or 'at least'), limit, unit (empty: not known), n, lost, churn,
    low, high (95 %, Wilson), others_n, others_lost, others_churn, differs (two-sided at 5 %); the widest gap first.

    >>> past = pd.DataFrame({"silent": [1.0, 2, 3, 4, 5, 90], "churned": [False] * 5 + [True]})
    >>> driver = {"family": "silence", "feature": "silent", "meaning": "days", "direction": "high values go"}
    >>> signs_of_leaving(past, [driver])[["side", "limit", "n", "lost", "others_lost"]].values.tolist()
    [['at least', 5.0, 2, 1, 0]]
    """
    signs = [driver for driver in drivers if driver["family"] not in STANDING]
    rows = [_sign(past, driver) for driver in signs if _numeric(past, driver["feature"])]
    found = pd.DataFrame([row for row in rows if row], columns=SIGNS)
    gap = found["churn"] - found["others_churn"]
    return found.loc[gap.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def _numeric(past: pd.DataFrame, feature: str) -> bool:
    return feature in past and pd.api.types.is_numeric_dtype(past[feature]) and bool(past[feature].notna().any())


def _sign(past: pd.DataFrame, driver: Mapping[str, Any]) -> dict[str, Any]:
    """Return one row, or nothing where the feature sets no customers apart."""
    values, high = past[driver["feature"]].astype(float), str(driver["direction"]).startswith("high")
    limit = float(values.quantile(1 - WORST if high else WORST, interpolation="higher" if high else "lower"))
    shows = values >= limit if high else values <= limit
    with_sign, others = past.loc[shows, "churned"], past.loc[~shows & values.notna(), "churned"]
    if with_sign.empty or others.empty:
        return {}
    share = wilson(float(with_sign.sum()), len(with_sign))
    n, lost = len(with_sign) + len(others), float(with_sign.sum() + others.sum())
    return {
        "family": driver["family"], "meaning": driver["meaning"], "side": "at least" if high else "at most",
        "limit": limit, "unit": str(driver.get("unit", "")), "n": len(with_sign), "lost": int(with_sign.sum()),
        "churn": share.value, "low": share.low, "high": share.high, "others_n": len(others),
        "others_lost": int(others.sum()), "others_churn": float(others.mean()),
        "differs": differs_from_rest(float(with_sign.sum()), len(with_sign), lost, n) < 0.05,
    }  # fmt: skip
