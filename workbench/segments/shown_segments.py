"""Segmentations side by side: none twice, and no segment without customers who can be lost."""

from __future__ import annotations

import pandas as pd

ALL = "all"
"""The segmentation of all customers together, in one segment."""
ALIKE = ["at_risk", "expected_lost", "n", "lost"]


def comparable(report: pd.DataFrame) -> pd.DataFrame:
    """Return a segment report without empty segments, lone segments, and segmentations that repeat an earlier one.

    Two segmentations are one where their segments have the same numbers of customers, expected and observed losses.

    >>> rows = [("plan", "a", 9, 1.0, 8, 1), ("plan", "b", 5, 2.0, 4, 1), ("tier", "x", 5, 2.0, 4, 1),
    ...         ("tier", "y", 9, 1.0, 8, 1), ("land", "all", 14, 3.0, 12, 2)]
    >>> report = pd.DataFrame(rows, columns=["segmentation", "segment", *ALIKE])
    >>> comparable(report)["segmentation"].unique().tolist()
    ['plan']
    """
    active = report[report["at_risk"] > 0]
    seen: set[tuple[tuple[float, ...], ...]] = set()
    kept = []
    for name, part in active.groupby("segmentation", sort=False):
        numbers = tuple(sorted(map(tuple, part[ALIKE].fillna(-1).round(6).to_numpy(float).tolist())))
        if name == ALL or (len(part) > 1 and numbers not in seen):
            kept.append(name)
            seen.add(numbers)
    return active[active["segmentation"].isin(kept)].reset_index(drop=True)
