"""Counts of few customers are not shown: kinds of churn, lists and their lines, states, moves between groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.report.findings.contents import Findings
from workbench.report.privacy.hidden_cells import hidden_cells

FEW = "few, together"
"""The customers of the kinds that are not shown of a period, counted together."""
OTHER_LINES = "other causes"
OTHER_STATES = "in another state"
LISTED = ["list", "line", "customers", "expected_gain"]


def hidden(sizes: pd.Series, min_cell: int, whole: float | None = None) -> pd.Series:
    """Return which groups of one sorting are not shown: the small ones, and those that would give them away.

    Whoever knows the whole can subtract the groups that are shown; so at least two are hidden, with ``min_cell``
    customers among them. An empty group hides nothing. Where ``whole`` is known, those in none of the groups are one.

    >>> hidden(pd.Series([500, 40, 12, 3]), 10).tolist()
    [False, False, True, True]
    >>> hidden(pd.Series([500, 40, 6, 5]), 10).tolist()
    [False, False, True, True]
    >>> hidden(pd.Series([500, 40]), 10, whole=543).tolist()
    [False, True]
    """
    if whole is not None:
        return hidden(pd.Series([*sizes, max(whole - sizes.sum(), 0)]), min_cell)[: len(sizes)].set_axis(sizes.index)
    small = sizes.between(1, min_cell - 1)
    others = sizes[(sizes >= min_cell)].sort_values(kind="stable")
    for group in others.index:
        if not small.any() or (small.sum() > 1 and sizes[small].sum() >= min_cell):
            break
        small[group] = True
    return small


def private_kinds(kinds: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Return customers lost per kind, of so many periods together that no cell is of few; indexed by their first day.

    Where all periods together are not enough, the kinds of few are counted together.

    >>> start = pd.Index([1, 2, 3, 4], name="start")
    >>> kinds = pd.DataFrame({"active": [30, 40, 50, 60], "passive": [7, 20, 15, 12]}, index=start)
    >>> private_kinds(kinds, 10).reset_index().to_numpy().tolist()
    [[1, 70, 27], [3, 110, 27]]
    """
    for several in range(1, len(kinds) + 1):
        joined = _together(kinds, several)
        covered = hidden_cells(joined, min_cell, columns_known=False)
        if not covered.to_numpy().any():
            return joined
    few = joined.where(covered, 0).sum(axis=1)
    shown = joined.drop(columns=[name for name in joined if covered[name].all()])
    return shown.assign(**{FEW: few})


def _together(kinds: pd.DataFrame, several: int) -> pd.DataFrame:
    """Return the sums of so many periods, the newest together; what is left over goes to the oldest."""
    groups = len(kinds) // several
    back = [min((len(kinds) - 1 - i) // several, groups - 1) for i in range(len(kinds))]
    joined = kinds.groupby(back).sum()
    return joined.set_index(pd.Index(kinds.index.to_series().groupby(back).min(), name="start")).sort_index()


def private_states(states: Mapping[str, int], min_cell: int) -> dict[str, int]:
    """Return customers per state, those of few states joined.

    >>> private_states({"gone": 80, "paused": 9, "trial": 6}, 10)
    {'gone': 80, 'in another state': 15}
    """
    few = hidden(pd.Series(dict(states), dtype="int64"), min_cell)
    shown = {name: n for name, n in states.items() if not few[name]}
    joined = sum(n for name, n in states.items() if few[name])
    return shown if joined < min_cell else shown | {OTHER_STATES: joined}


def private_cases(kinds: list[dict[str, Any]], min_cell: int) -> list[dict[str, Any]]:
    """Return the models of the kinds of churn, cases of few customers not known."""
    if not kinds:
        return kinds
    few = {name: hidden(pd.Series([k[name] for k in kinds], dtype="float64"), min_cell) for name in CASES}
    return [{**k, **{name: None if few[name][i] else k[name] for name in CASES}} for i, k in enumerate(kinds)]


CASES = ("cases", "train_cases")


def shown_lists(f: Findings) -> pd.DataFrame:
    """Return list, line, customers and expected_gain (empty: not known, or few customers) per line of the playbook.

    Lines of few customers are joined as other causes; those of a list that is small itself have no figures.
    """
    parts = [_lines(str(name), rows, f.min_cell) for name, rows in f.lists.items() if len(rows)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LISTED)


def _lines(name: str, listed: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    sizes = listed.groupby("line")["customer_id"].nunique()
    few = hidden(sizes, min_cell)
    line = listed["line"].where(~listed["line"].map(few), OTHER_LINES) if few.any() else listed["line"]
    rows = listed.assign(line=line).groupby("line", sort=False).agg(
        customers=("customer_id", "nunique"), expected_gain=("expected_gain", lambda gains: gains.sum(min_count=1))
    )  # fmt: skip
    rows = rows.astype("float64").sort_values("customers", ascending=False, kind="stable")
    rows = rows.loc[sorted(rows.index, key=lambda each: each == OTHER_LINES)]  # last, whatever their number
    rows.loc[rows["customers"] < min_cell] = float("nan")
    return rows.rename_axis("line").reset_index().assign(list=name)[LISTED]


def list_sizes(f: Findings) -> dict[str, float]:
    """Return the number of rows of each list; unknown where they are few."""
    return {name: few_unknown(len(rows), f.min_cell) for name, rows in f.lists.items()}


def few_unknown(n: float, min_cell: int) -> float:
    """Return a number of customers; NaN where they are few.

    >>> few_unknown(12, 10), few_unknown(3, 10), few_unknown(0, 10)
    (12, nan, 0)
    """
    return float("nan") if 0 < n < min_cell else n


def shown_moves(f: Findings) -> pd.DataFrame:
    """Return how many customers entered and left each segment between the last two snapshots.

    Columns: segmentation, segment, customers_then, entered, left, customers_now. Sizes of small segments are empty, and
    of as many more that none can be subtracted; so are small flows: what came and went both, as either follows from the
    other, and from a size that is hidden.
    """
    moves = f.segment_history.astype(dict.fromkeys(MOVES, "float64"))
    of_each = moves.groupby("segmentation", sort=False)
    few = moves[FLOWS].apply(lambda column: column.between(1, f.min_cell - 1))
    for size in SIZES:
        few[size] = of_each[size].transform(hidden, f.min_cell).astype(bool)
    flows = few.any(axis=1)
    few["entered"], few["left"] = flows, flows
    return moves.assign(**{name: moves[name].mask(few[name]) for name in MOVES})


SIZES = ["customers_then", "customers_now"]
FLOWS = ["entered", "left"]
MOVES = ["customers_then", "entered", "left", "customers_now"]
