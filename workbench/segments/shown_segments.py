"""Segmentations side by side: none twice, and no segment without customers who can be lost."""

from __future__ import annotations

import pandas as pd

ALL = "all"
"""The segmentation of all customers together, in one segment."""


def comparable(report: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Return a segment report without empty segments, lone segments, and segmentations that repeat an earlier one.

    Recency, frequency and money sort nobody where nearly all are in one segment, as where use is known by the month.
    Two segmentations are one where they sort every customer at risk alike, whatever they call the segments; equal
    numbers alone may be chance. ``customers``: at_risk, and a column per segmentation.

    >>> customers = pd.DataFrame({"at_risk": True, "plan": list("aab"), "tier": list("xxy"), "land": list("xyy")})
    >>> rows = [(name, segment, 1) for name in ("plan", "tier", "land") for segment in customers[name].unique()]
    >>> report = pd.DataFrame(rows, columns=["segmentation", "segment", "at_risk"])
    >>> comparable(report, customers)["segmentation"].unique().tolist()
    ['plan', 'land']
    """
    active, at_risk = report[report["at_risk"] > 0], customers[customers["at_risk"]]
    kept: dict[bytes, str] = {}
    for name, part in active.groupby("segmentation", sort=False):
        if name == ALL or (len(part) > 1 and not _sorts_nobody(str(name), part["at_risk"])):
            kept.setdefault(_sorting(at_risk, str(name)), str(name))
    return active[active["segmentation"].isin(kept.values())].reset_index(drop=True)


_NEARLY_ALL = 0.95


def _sorts_nobody(segmentation: str, sizes: pd.Series) -> bool:
    return segmentation.startswith("rfm") and bool(sizes.max() > _NEARLY_ALL * sizes.sum())


def _sorting(customers: pd.DataFrame, segmentation: str) -> bytes:
    """Return which customers are together, as numbers in the order in which segments appear."""
    if segmentation not in customers:
        return segmentation.encode()
    return pd.factorize(customers[segmentation])[0].tobytes()
