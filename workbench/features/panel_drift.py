"""How far each feature has moved between the first and the last snapshot of a panel."""

from __future__ import annotations

import pandas as pd

from workbench.features.diagnostics import numbers
from workbench.stats import psi, psi_counts


def drift(panel: pd.DataFrame) -> pd.DataFrame:
    """Return per feature the medians at the first and last snapshot and the population stability index between them.

    Columns: first, last, psi, expected; index: feature; most drifted first. About 0.1 is usually called a shift worth a
    look and 0.25 a large one; small samples raise it: ``expected`` is its mean if nothing had changed,
    (bins − 1)·(1/n + 1/m) (Yurdakul 2018). Features of which nothing is known at one of the two are left out.

    >>> panel = pd.DataFrame({"customer_id": list("abcd"), "as_of": [1, 1, 2, 2], "n": [1.0, 2.0, 1.0, 2.0]})
    >>> drift(panel)[["first", "last", "psi"]].values.tolist()
    [[1.5, 1.5, 0.0]]
    """
    first, last = (panel[panel["as_of"] == t] for t in (panel["as_of"].min(), panel["as_of"].max()))
    rows = []
    for name in (c for c in numbers(panel) if first[c].notna().any() and last[c].notna().any()):
        counts = psi_counts(first[name], last[name])
        by_chance = (counts.shape[1] - 1) * (1 / len(first) + 1 / len(last))
        rows.append((name, first[name].median(), last[name].median(), psi(counts), by_chance))
    found = pd.DataFrame(rows, columns=["feature", "first", "last", "psi", "expected"])
    return found.sort_values("psi", ascending=False).set_index("feature")
