"""Which cells of a table of counts are not shown, so that nobody can work out one that is about few customers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linprog

Place = tuple[int, int]
Counts = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
TOLERANCE = 1e-6


def hidden_cells(table: pd.DataFrame, min_cell: int, *, columns_known: bool = True) -> pd.DataFrame:
    """Return which cells of a table of counts are not shown, so that none of few can be had by subtraction.

    The sums of the rows are known, and of the columns too where ``columns_known``. Cells are hidden, as few as go round
    with a small one, until it could as well be ``min_cell`` or more; empty cells count as hidden wherever any is.
    Source: Fischetti, Salazar-González 2000, but not their optimum.

    >>> hidden_cells(pd.DataFrame({"active": [30, 40, 50], "passive": [3, 20, 15]}), 10).to_numpy().tolist()
    [[True, True], [True, True], [False, False]]
    """
    counts = table.to_numpy(float)
    small = (counts >= 1) & (counts < min_cell)
    hidden = small | ((counts == 0) & small.any())
    while (known := _known_small(counts, hidden, small, min_cell, columns_known=columns_known)) is not None:
        ways = _ways_round(counts, known, columns_known=columns_known)
        ways = [(could_be, cells) for could_be, cells in ways if not all(hidden[cell] for cell in cells)]
        if not ways:
            hidden[:] = True
            break
        enough = [cells for could_be, cells in ways if could_be >= min_cell]
        for cell in min(enough, key=lambda cells: _cost(cells, counts, hidden)) if enough else max(ways)[1]:
            hidden[cell] = True
    return pd.DataFrame(hidden, index=table.index, columns=table.columns)


def _known_small(counts: Counts, hidden: Mask, small: Mask, min_cell: int, *, columns_known: bool) -> Place | None:
    """Return a small cell that must be below ``min_cell`` by what is shown and by the sums; None without one."""
    places = np.argwhere(hidden)
    within = np.where(hidden, counts, 0.0)
    sums = [(places[:, 0], within.sum(axis=1)), *([(places[:, 1], within.sum(axis=0))] if columns_known else [])]
    rules = np.vstack([np.asarray(axis == i, float) for axis, total in sums for i in range(len(total))])
    totals = np.concatenate([total for _, total in sums])
    for number, place in enumerate(map(tuple, places)):
        if small[place]:
            most = linprog(-np.asarray(np.arange(len(places)) == number, float), A_eq=rules, b_eq=totals)
            if -most.fun < min_cell - TOLERANCE:
                return int(place[0]), int(place[1])
    return None


def _ways_round(counts: Counts, small: Place, *, columns_known: bool) -> list[tuple[float, tuple[Place, ...]]]:
    """Return the cells that, hidden with a small one, leave open what it is, and how much it could be then."""
    row, column = small
    own = float(counts[small])
    across = [other for other in range(counts.shape[1]) if other != column]
    if not columns_known:
        return [(own + float(counts[row, other]), ((row, other),)) for other in across]
    return [
        (own + float(min(counts[row, other], counts[below, column])), ((row, other), (below, column), (below, other)))
        for other in across
        for below in range(counts.shape[0])
        if below != row
    ]


def _cost(cells: tuple[Place, ...], counts: Counts, hidden: Mask) -> tuple[int, float]:
    """Return how many cells more are hidden, and of how many customers."""
    more = [float(counts[cell]) for cell in cells if not hidden[cell]]
    return len(more), sum(more)
