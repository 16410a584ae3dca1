"""What a model learned from, as counts: enough to notice that today's customers differ, without any customer's row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.features import Words
from workbench.model.examples import WEIGHT, is_text
from workbench.stats import PSI_BINS


@dataclass(frozen=True)
class Bins:
    """How a feature's values lay: ``edges`` between bins, ``counts`` per bin (the last: missing), their ``mean``."""

    edges: list[float]
    counts: list[int]
    mean: float

    def counts_of(self, values: pd.Series) -> list[int]:
        """Return how many of other values lie in each bin."""
        return _counts(np.array(self.edges), values.to_numpy(float))


@dataclass(frozen=True)
class Learned:
    """What a model learned from: ``customers``, the share that left in the test period, and features within windows."""

    customers: int = 0
    lost_share: float = 0.0
    features: Mapping[str, Bins] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def from_plain(plain: Mapping[str, Any]) -> Learned:
    """Return what :meth:`Learned.as_dict` made plain."""
    bins = {name: Bins(**each) for name, each in plain["features"].items()}
    return Learned(plain["customers"], plain["lost_share"], bins)


def learned_from(
    rows: pd.DataFrame, columns: Iterable[str], words: Mapping[str, Words], *, lost_share: float
) -> Learned:
    """Return what is kept of the rows at risk that a model read ``columns`` of.

    Only features that count within a window are judged later: what counts everything so far grows anyway.

    >>> words = {"n": Words("n", "silence", "orders", 30, "orders", "orders of 30 days", "low", "{value}")}
    >>> rows = pd.DataFrame({"customer_id": list("abc"), "n": [1.0, 2, None]})
    >>> learned_from(rows, ["n"], words, lost_share=0.1).features["n"].counts[-1]
    1
    """
    if WEIGHT in rows:  # a sample that holds more leavers than there were
        rows = rows.sample(len(rows), weights=WEIGHT, replace=True, random_state=0)
    judged = [name for name in columns if _within_window(rows[name], words.get(name))]
    return Learned(rows["customer_id"].nunique(), float(lost_share), {name: _bins(rows[name]) for name in judged})


def _within_window(column: pd.Series, words: Words | None) -> bool:
    return words is not None and words.window_days is not None and not is_text(column)


def _bins(values: pd.Series) -> Bins:
    edges = np.unique(values.dropna().quantile(np.arange(1, PSI_BINS) / PSI_BINS).to_numpy(float))
    return Bins(edges.tolist(), _counts(edges, values.to_numpy("float64")), float(values.mean()))


def _counts(edges: NDArray[Any], values: NDArray[Any]) -> list[int]:
    places = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    counts: list[int] = np.bincount(places, minlength=len(edges) + 2).tolist()
    return counts
