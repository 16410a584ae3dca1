"""Why, in words: what a model's probabilities rest on, per customer and over all, grouped into warning signs."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.features import Words


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

    One reason per warning sign, strongest first, joined by '; '. Empty where nothing points that way. Only a figure on
    the worrying side of the panel's other rows is a reason for silence, only one on the other side a reason to buy.
    """
    if contributions.empty:
        return pd.Series("", index=contributions.index, dtype="str")
    told = _telling(contributions, panel, features, towards)
    families = _strength(contributions, told, features, towards)
    best = {
        family: told[[n for n in told.columns if features[n].family == family]].idxmax(axis=1) for family in families
    }
    picked, sums = pd.DataFrame(best, index=told.index).to_numpy(), families.to_numpy()
    place = {name: i for i, name in enumerate(told.columns)}
    figures = panel[contributions.columns].to_numpy(dtype=float)

    def words(row: int) -> str:
        strongest = [k for k in np.argsort(-sums[row], kind="stable")[:most] if sums[row, k] > 0]
        names = [str(picked[row, k]) for k in strongest]
        return "; ".join(_one_day(features[n].in_words(figures[row, place[n]])) for n in names)

    texts = [words(row) for row in range(len(told))]
    return pd.Series(texts, index=contributions.index, dtype="str")


def main_sign(
    contributions: pd.DataFrame, panel: pd.DataFrame, features: Mapping[str, Words], *, towards: int = 1
) -> pd.Series:
    """Return per row the warning sign of the strongest reason that :func:`reasons` gives; empty where it gives none."""
    if contributions.empty:
        return pd.Series("", index=contributions.index, dtype="str")
    families = _strength(contributions, _telling(contributions, panel, features, towards), features, towards)
    return families.idxmax(axis=1).where(families.max(axis=1) > 0, "").astype("str")


def _telling(
    contributions: pd.DataFrame, panel: pd.DataFrame, features: Mapping[str, Words], towards: int
) -> pd.DataFrame:
    """Return the contributions that may be told as reasons, 0 elsewhere: towards the outcome, by a figure that fits."""
    values = panel[contributions.columns]
    # Above 0 where more rows have less than have more: beyond the median, or at it with most others below.
    side = values.rank() - (values.count() + 1) / 2
    worry = pd.Series({name: {"high": 1, "low": -1, "neither": 0}[features[name].worry] for name in values.columns})
    either_way = (worry == 0) & (values.max() > values.min())  # what all share, such as the season, tells nobody apart
    fits = ((side * worry * towards > 0) | either_way) & values.notna()
    return (contributions * towards).clip(lower=0).where(fits, 0.0)


def _strength(
    contributions: pd.DataFrame, told: pd.DataFrame, features: Mapping[str, Words], towards: int
) -> pd.DataFrame:
    """Return what may be told of each warning sign, summed; 0 where the sign as a whole points the other way."""
    return by_family(told, features).where(by_family(contributions, features) * towards > 0, 0.0)


def _one_day(text: str) -> str:
    return re.sub(r"(?<![\d.,])1 days\b", "1 day", text)


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
