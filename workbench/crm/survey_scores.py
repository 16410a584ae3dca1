"""Marks that customers give, whatever the scale of the survey."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir

TEN = (0.0, 10.0)


def nps_mark(score: ir.NumericValue, scale: Sequence[float]) -> ir.NumericValue:
    """Return the whole mark of 0 to 10 that is nearest to where a score lies on its scale (lowest, highest mark).

    On a scale of 1 to 5 a 5 is a 10, a 4 an 8 and a 3 a 5; one of 0 to 10 stays as it is.
    """
    low, high = scale
    if (low, high) == TEN:
        return score
    return ((score - low) / (high - low) * TEN[1]).round()
