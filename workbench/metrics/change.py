"""How a rate changed between two periods: because segments grew or shrank (mix), or behave otherwise (rate)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.metrics.definitions import DRAWS, Metric
from workbench.stats import LEVEL, Floats

COUNTS = ["segment", "count", "of"]
PARTS = {
    "mix": ("change by mix", "Σ change of a segment's share × its mean rate (Kitagawa)"),
    "rate": ("change by rate", "Σ change of a segment's rate × its mean share (Kitagawa)"),
    "change": ("change of the rate", "rate after − rate before"),
}


def change_between(before: Metric, after: Metric) -> Metric:
    """Return ``after`` − ``before`` of the same figure, with a 95 % interval made of theirs.

    Each bound is as far from the difference as the nearer bounds of both figures together, as for independent ones
    (Newcombe 1998; Zou, Donner 2008): of two Wilson intervals it is Newcombe's.

    >>> from workbench.metrics import share
    >>> change = change_between(share("churn", 48, 80, "lost / all"), share("churn", 56, 70, "lost / all"))
    >>> f"{change.value:.4f} ({change.low:.4f} to {change.high:.4f})"
    '0.2000 (0.0524 to 0.3339)'
    """
    gap = after.value - before.value
    down = float(np.hypot(after.value - after.low, before.high - before.value))
    up = float(np.hypot(after.high - after.value, before.value - before.low))
    words = f"{after.name} of the period − that of the period before"
    return replace(
        after, name=f"change of the {after.name}", value=gap, low=gap - down, high=gap + up, definition=words
    )


def mix_and_rate(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Split the change of a rate over segments into mix (they grew or shrank) and rate (they behave otherwise).

    Input: one row per segment and period with segment, count (lost) and of (all), such as ``by_segment`` gives. Output
    columns: segment, share_before, share_after, rate_before, rate_after, mix, rate, change; over all segments mix +
    rate = change of the whole rate, exactly. A segment's mix is the change of its share times how far its mean rate
    lies from the whole's, its rate the change of its rate times its mean share (Kitagawa 1955).

    >>> before = pd.DataFrame({"segment": ["small", "big"], "count": [20, 5], "of": [100, 100]})
    >>> after = pd.DataFrame({"segment": ["small", "big"], "count": [40, 2], "of": [200, 40]})
    >>> mix_and_rate(before, after)[["segment", "mix", "rate"]].round(4).values.tolist()
    [['small', 0.0167, 0.0], ['big', 0.0333, 0.0]]

    Raises DataError when a column is missing, a segment stands twice, counts more than it holds, or nobody is counted.
    """
    segments, *sides = _sides(before, after)
    (share_before, rate_before), (share_after, rate_after) = (_shares(side) for side in sides)
    mix, rate = _kitagawa(*sides)
    return pd.DataFrame(
        {
            "segment": segments, "share_before": share_before, "share_after": share_after,
            "rate_before": rate_before, "rate_after": rate_after, "mix": mix, "rate": rate, "change": mix + rate,
        }
    )  # fmt: skip


def change_of_rate(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, Metric]:
    """Return the metrics change, mix and rate of a rate between two periods, from counts as for ``mix_and_rate``.

    ``n`` counts the customers of both periods. Intervals: percentiles of both periods' counts drawn anew, each
    customer being in one segment and lost or not; the periods are taken as independent.
    """
    _, *sides = _sides(before, after)
    rng = np.random.default_rng(0)
    drawn = np.array([_totals(*(_redrawn(side, rng) for side in sides)) for _ in range(DRAWS)])
    bounds = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0).T
    count, of = sides[1].sum(axis=1)
    figures = zip(PARTS.items(), _totals(*sides), bounds, strict=True)
    return {
        part: Metric(name, value, float(low), float(high), count, of, words, int(sides[0][1].sum() + of))
        for (part, (name, words)), value, (low, high) in figures
    }


def _sides(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.Index, Floats, Floats]:
    """Return the segments, and count and of (rows) per segment of either period, 0 for one that a period lacks."""
    tables = [_counts(before, "before"), _counts(after, "after")]
    segments = tables[0].index.union(tables[1].index)
    first, second = (table.reindex(segments, fill_value=0).to_numpy(float).T for table in tables)
    return segments, first, second


def _counts(rows: pd.DataFrame, which: str) -> pd.DataFrame:
    missing = [c for c in COUNTS if c not in rows.columns]
    if missing:
        raise DataError(f"the counts {which} have no column {', '.join(missing)}; they need segment, count and of.")
    if rows["segment"].duplicated().any():
        twice = rows.loc[rows["segment"].duplicated(), "segment"].iloc[0]
        raise DataError(f"the counts {which} name segment {twice!r} twice; keep one row per segment.")
    if not rows["count"].between(0, rows["of"]).all():
        worst = rows.loc[~rows["count"].between(0, rows["of"]), "segment"].iloc[0]
        raise DataError(
            f"the counts {which} have more count than of in segment {worst!r}; take a rate of those at start."
        )
    if not rows["of"].sum():
        raise DataError(f"the counts {which} hold nobody (of is 0); choose a period or segments with customers.")
    return rows.set_index("segment")[["count", "of"]]


def _shares(side: Floats) -> tuple[Floats, Floats]:
    count, of = side
    return of / of.sum(), np.divide(count, of, out=np.full_like(of, np.nan), where=of > 0)


def _kitagawa(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """Return mix and rate per segment; one that is there in one period only keeps its rate, so it is all mix."""
    (share_before, rate_before), (share_after, rate_after) = _shares(before), _shares(after)
    rate_before, rate_after = _filled(rate_before, rate_after), _filled(rate_after, rate_before)
    whole = (share_before @ rate_before + share_after @ rate_after) / 2
    mix = (share_after - share_before) * ((rate_before + rate_after) / 2 - whole)
    return mix, (rate_after - rate_before) * (share_before + share_after) / 2


def _filled(rate: Floats, other: Floats) -> Floats:
    return np.where(np.isnan(rate), np.nan_to_num(other), rate)


def _totals(before: Floats, after: Floats) -> tuple[float, float, float]:
    mix, rate = (float(part.sum()) for part in _kitagawa(before, after))
    return mix, rate, mix + rate


def _redrawn(side: Floats, rng: np.random.Generator) -> Floats:
    """Draw each customer of a period anew, with replacement."""
    count, of = side
    cells = np.concatenate([count, of - count])
    lost, kept = rng.multinomial(int(cells.sum()), cells / cells.sum()).reshape(2, -1).astype(float)
    return np.array([lost, lost + kept])
