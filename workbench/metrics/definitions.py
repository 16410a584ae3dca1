"""What a metric is: a figure with its interval, what was counted, on whom it rests, and by which definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from workbench.stats import LEVEL, Floats, bootstrap_weights, wilson

Unit = Literal["share", "points", "hours", "currency", "days"]
DRAWS = 1000
FEW = 1000


@dataclass(frozen=True)
class Metric:
    """A figure a person reads: ``value`` and its 95 % interval ``low`` to ``high``, in ``unit`` (shares as 0 to 1).

    ``count`` was counted of ``of`` (numerator and denominator); it rests on ``n`` of the things named in ``n_of``.
    ``definition`` is the formula in words, ``named`` whose it is where vendors differ, such as ChartMogul.
    """

    name: str
    value: float
    low: float
    high: float
    count: float
    of: float
    definition: str
    n: int
    n_of: str = "customers"
    unit: Unit = "share"
    named: str = ""


def share(name: str, count: float, of: float, definition: str, **told: Any) -> Metric:
    """Return a share of things counted once each, with its Wilson interval.

    >>> kept = share("cohort retention", 92, 100, "at start and end / at start")
    >>> f"{kept.value:.2f} ({kept.low:.3f} to {kept.high:.3f}) of {kept.n} {kept.n_of}"
    '0.92 (0.850 to 0.959) of 100 customers'
    """
    estimate = wilson(float(count), int(of))
    return Metric(
        name, estimate.value, estimate.low, estimate.high, float(count), float(of), definition, int(of), **told
    )


def ratio_of_sums(
    name: str, above: ArrayLike, below: ArrayLike, definition: str, *, scale: float = 1.0, **told: Any
) -> Metric:
    """Return Σ above / Σ below × ``scale`` over customers, with a percentile bootstrap interval by customer.

    ``n`` is the number of customers unless told otherwise; empty sums below give no figure (NaN).

    >>> rate = ratio_of_sums("churn rate", [1, 0, 0, 1], [1, 1, 1, 1], "all lost / customers at the start")
    >>> rate.value, rate.count, rate.of, rate.n
    (0.5, 2.0, 4.0, 4)
    """
    pairs = np.column_stack([np.asarray(above, float), np.asarray(below, float)])
    count, of = (float(x) for x in pairs.sum(axis=0))
    low, high = _interval(pairs) if of else (np.nan, np.nan)
    value = count / of if of else np.nan
    told = {"n": len(pairs), **told}
    return Metric(name, scale * value, scale * low, scale * high, count, of, definition, **told)


def _interval(pairs: Floats) -> tuple[float, float]:
    above, below = _drawn_sums(pairs).T
    low, high = np.quantile(above[below != 0] / below[below != 0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _drawn_sums(pairs: Floats) -> Floats:
    """Return, per draw of the customers with replacement, the sums of both columns.

    Customers with the same two numbers are drawn together where few differ: the same bootstrap, and faster.
    """
    n = len(pairs)
    distinct, times = np.unique(pairs, axis=0, return_counts=True)
    if len(distinct) <= FEW:
        return np.random.default_rng(0).multinomial(n, times / n, size=DRAWS) @ distinct
    return np.array([weights @ pairs for weights in bootstrap_weights(n, draws=DRAWS, seed=0)])
