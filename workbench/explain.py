"""Why, in words: what a model's probabilities rest on, per customer and over all, grouped into warning signs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.features.declare import Words


def by_family(contributions: pd.DataFrame, features: Mapping[str, Words]) -> pd.DataFrame:
    """Return the contributions (log-odds) summed over each warning sign: rows as given, one column per family."""
    return contributions.T.groupby(lambda name: features[name].family).sum().T


def reasons(
    contributions: pd.DataFrame,
    panel: pd.DataFrame,
    features: Mapping[str, Words],
    *,
    towards: int = 1,
    most: int = 3,
) -> pd.Series:
    """Return per row the strongest reasons for silence (``towards=1``) or buying (``-1``), in the customer's figures.

    One reason per warning sign, strongest first, joined by '; '. Empty where nothing points that way.
    """
    if contributions.empty:
        return pd.Series("", index=contributions.index, dtype="str")
    values = panel[contributions.columns]
    told = (contributions * towards).where(values.notna(), -np.inf)
    families = by_family(contributions, features) * towards
    best = {
        family: told[[n for n in told.columns if features[n].family == family]].idxmax(axis=1) for family in families
    }
    picked, sums = pd.DataFrame(best, index=told.index).to_numpy(), families.to_numpy()
    place = {name: i for i, name in enumerate(told.columns)}
    points, figures = told.to_numpy(), values.to_numpy(dtype=float)

    def words(row: int) -> str:
        strongest = [k for k in np.argsort(-sums[row], kind="stable")[:most] if sums[row, k] > 0]
        names = [str(picked[row, k]) for k in strongest]
        return "; ".join(features[n].in_words(figures[row, place[n]]) for n in names if points[row, place[n]] > 0)

    texts = [words(row) for row in range(len(told))]
    return pd.Series(texts, index=contributions.index, dtype="str")


def main_sign(contributions: pd.DataFrame, features: Mapping[str, Words], *, towards: int = 1) -> pd.Series:
    """Return per row the warning sign that moves it most towards silence (``towards=1``) or towards buying (``-1``)."""
    if contributions.empty:
        return pd.Series("", index=contributions.index, dtype="str")
    return (by_family(contributions, features) * towards).idxmax(axis=1).astype("str")


def drivers(contributions: pd.DataFrame, panel: pd.DataFrame, features: Mapping[str, Words]) -> pd.DataFrame:
    """Return one row per warning sign: family, share of all movement (0 to 1), its main feature and which way it works.

    ``direction`` is 'high values raise the risk' or 'low values raise the risk', by rank correlation of value and
    contribution.
    """
    if contributions.empty:
        return pd.DataFrame(columns=["family", "share", "feature", "meaning", "direction"])
    weight = by_family(contributions, features).abs().mean()
    each = contributions.abs().mean()
    rows = []
    for family, size in weight.sort_values(ascending=False).items():
        main = each[[n for n in each.index if features[n].family == family]].idxmax()
        together = panel[main].rank().corr(contributions[main].rank())
        rows.append(
            {
                "family": family,
                "share": float(size / weight.sum()),
                "feature": main,
                "meaning": features[str(main)].meaning,
                "direction": f"{'high' if together > 0 else 'low'} values raise the risk",
            }
        )
    return pd.DataFrame(rows)
