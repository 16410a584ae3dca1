"""Why, in words: what a model's probabilities rest on, per customer and over all, grouped into warning signs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.features import Words
from workbench.model.examples import is_text

CONTEXT = {"profile", "season"}
"""Warning signs that move the scores but are no reasons: what a customer is, what winning cost, the time of year."""
DATA_BEGIN = "existing_at_begin"
"""It says something of the data, not of the customer."""
WORRY = {"high": 1, "low": -1}


def by_family(contributions: pd.DataFrame, features: Mapping[str, Words]) -> pd.DataFrame:
    """Return the contributions (log-odds) summed over each warning sign: rows as given, one column per family."""
    names: dict[str, list[str]] = {}
    for name in contributions.columns:
        names.setdefault(features[name].family, []).append(name)
    return pd.DataFrame({family: contributions[names[family]].sum(axis=1) for family in sorted(names)})


def reasons(
    contributions: pd.DataFrame,
    panel: pd.DataFrame,
    features: Mapping[str, Words],
    *,
    towards: int = 1,
    most: int = 3,
) -> pd.Series:
    """Return per row the strongest reasons for leaving (``towards=1``) or staying (``-1``), in the customer's figures.

    One reason per warning sign, strongest first, joined by '; '. Empty where nothing points that way. Only a figure on
    the worrying side of the panel's other rows is a reason to leave, only one on the other side a reason to stay; a
    change has to go that way too, so that none, or one for the better, is no reason to leave. What
    nobody can act on, such as the country, the size or the season, is context and no reason.
    """
    return reasons_and_signs(contributions, panel, features, towards=towards, most=most)["why"]


def reasons_and_signs(
    contributions: pd.DataFrame,
    panel: pd.DataFrame,
    features: Mapping[str, Words],
    *,
    towards: int = 1,
    most: int = 3,
) -> pd.DataFrame:
    """Return per row why, the reasons of :func:`reasons`, and sign, the warning sign of the strongest; empty: none."""
    if contributions.empty:
        return pd.DataFrame("", index=contributions.index, columns=["why", "sign"], dtype="str")
    usable = _usable(contributions, panel, features, towards)
    families = _strength(contributions, usable, features, towards)
    best = {
        family: usable[[n for n in usable.columns if features[n].family == family]].idxmax(axis=1)
        for family in families
    }
    picked, sums = pd.DataFrame(best, index=usable.index).to_numpy(), families.to_numpy()
    figures = {name: panel[name].to_numpy() for name in np.unique(picked)}

    def words(row: int) -> str:
        strongest = [k for k in np.argsort(-sums[row], kind="stable")[:most] if sums[row, k] > 0]
        shown = [str(picked[row, k]) for k in strongest]
        return "; ".join(_one_day(features[n].in_words(_plain(figures[n][row]))) for n in shown)

    why = pd.Series([words(row) for row in range(len(usable))], index=contributions.index, dtype="str")
    sign = families.idxmax(axis=1).where(families.max(axis=1) > 0, "").astype("str")
    return pd.DataFrame({"why": why, "sign": sign})


def _usable(
    contributions: pd.DataFrame, panel: pd.DataFrame, features: Mapping[str, Words], towards: int
) -> pd.DataFrame:
    """Return the contributions that may serve as reasons, 0 elsewhere: towards the outcome, by a figure that fits."""
    # One column after the other: all at once would take as much memory again for each step.
    return pd.DataFrame(
        {
            name: (added * towards).clip(lower=0).where(_fits(panel[name], features[str(name)], towards), 0.0)
            for name, added in contributions.items()
        }
    )


def _fits(column: pd.Series, words: Words, towards: int) -> pd.Series:
    """Return where a figure can be a reason: on the side that points that way, and something to act on."""
    values = _as_numbers(column)
    if words.family in CONTEXT or column.name == DATA_BEGIN:
        return pd.Series(False, index=values.index)
    fits = values.notna() & _changed(values, words, towards)
    if words.worry == "neither":
        return fits & (values.max() > values.min())  # what all share, such as the season, is nobody's reason
    # Above 0 where more rows have less than have more: beyond the median, or at it with most others below.
    side = values.rank() - (values.count() + 1) / 2
    return fits & (side * WORRY[words.worry] * towards > 0)


def _changed(values: pd.Series, words: Words, towards: int) -> pd.Series:
    """Return where a figure about a change shows one, the way that worries (or, towards staying, the other)."""
    if words.unchanged is None or words.worry == "neither":
        return pd.Series(True, index=values.index)
    shown = 0.005 if words.unit == "share" else 0.05  # less is written as none
    return (values - words.unchanged) * WORRY[words.worry] * towards >= shown


def _strength(
    contributions: pd.DataFrame, usable: pd.DataFrame, features: Mapping[str, Words], towards: int
) -> pd.DataFrame:
    """Return each warning sign's usable contributions, summed; 0 where the sign as a whole points the other way."""
    return by_family(usable, features).where(by_family(contributions, features) * towards > 0, 0.0)


def _as_numbers(column: pd.Series) -> pd.Series:
    """Return a column for ranking: texts as codes, which only set equal apart from different."""
    if not is_text(column):
        return column
    codes = pd.Series(pd.factorize(column)[0], index=column.index, dtype=float)
    return codes.where(codes >= 0)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _direction(column: pd.Series, together: float) -> str:
    if is_text(column):
        return "it differs by value"
    return f"{'high' if together > 0 else 'low'} values go with leaving"


def _one_day(text: str) -> str:
    return re.sub(r"(?<![\d.,])1 days\b", "1 day", text)


DRIVERS = ["family", "share", "feature", "meaning", "unit", "direction"]


def drivers(contributions: pd.DataFrame, panel: pd.DataFrame, features: Mapping[str, Words]) -> pd.DataFrame:
    """Return one row per warning sign: family, share of all movement (0 to 1), its main feature, which way it works.

    ``direction`` is 'high values go with leaving' or 'low values go with leaving', by rank correlation of value and
    contribution; of a text, 'it differs by value'.
    """
    if contributions.empty:
        return pd.DataFrame(columns=DRIVERS)
    weight = by_family(contributions, features).abs().mean()
    weight = weight[weight > 0]
    each = contributions.abs().mean()
    rows = []
    for family, size in weight.sort_values(ascending=False).items():
        main = each[[n for n in each.index if features[n].family == family]].idxmax()
        together = _as_numbers(panel[main]).rank().corr(contributions[main].rank())
        rows.append(
            {
                "family": family,
                "share": float(size / weight.sum()),
                "feature": main,
                "meaning": features[str(main)].meaning,
                "unit": features[str(main)].unit,
                "direction": _direction(panel[main], together),
            }
        )
    return pd.DataFrame(rows, columns=DRIVERS)
