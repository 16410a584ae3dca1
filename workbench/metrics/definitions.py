"""What a metric is: a figure with its interval, what was counted, on whom it rests, and by which definition."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from workbench.metrics.clusters import GROUPS, drawn
from workbench.stats import LEVEL, Floats, wilson

Unit = Literal["share", "points", "hours", "currency", "days", "times"]
DRAWS = 1000
FEW = 1000
SMALL = 300
WIDER = 0.97
MOST_ERRORS = 4.0
"""Standard errors beyond which no bound lies. Draws without the one customer who dominates have next to no spread, and
would put a bound anywhere; in simulated companies of 60 and 183 customers the limit cost coverage a point at most."""


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

    def __repr__(self) -> str:
        """The figure with its interval, what was counted, and by which definition.

        >>> share("churn rate", 590, 1907, "lost / at the start")
        churn rate 30.9 % (95 %: 28.9 to 33.0 %), 590 of 1,907 customers: lost / at the start
        >>> ratio_of_sums("revenue kept", [90.5, 40], [100, 40], "revenue now / revenue then")
        revenue kept 93.2 % (95 %: 0.0 to 100.0 %), 130.5 of 140 by 2 customers: revenue now / revenue then
        """
        value, low, high = (self._shown(figure) for figure in (self.value, self.low, self.high))
        unit = "%" if self.unit == "share" else self.unit
        named = f" ({self.named})" if self.named else ""
        counted = self.n_of if self.of == self.n else f"by {self.n:,} {self.n_of}"
        return (
            f"{self.name} {value} {unit} (95 %: {low} to {high} {unit}), {self.count:,.10g} of {self.of:,.10g} "
            f"{counted}: {self.definition}{named}"
        )

    def _repr_html_(self) -> str:
        """The same sentence, the figure in bold.

        >>> share("churn rate", 590, 1907, "lost / at the start")._repr_html_()[:50]
        '<p><strong>churn rate 30.9 %</strong> (95 %: 28.9 '
        """
        figure, rest = repr(self).split(" (95 %", 1)
        return f"<p><strong>{escape(figure)}</strong> (95 %{escape(rest)}</p>"

    def _shown(self, figure: float) -> str:
        if np.isnan(figure):
            return "–"
        return f"{100 * figure:.1f}" if self.unit == "share" else f"{figure:,.1f}"


def share(name: str, count: float, of: float, definition: str, **details: Any) -> Metric:
    """Return a share of things counted once each, with its Wilson interval.

    >>> kept = share("cohort retention", 92, 100, "at start and end / at start")
    >>> f"{kept.value:.2f} ({kept.low:.3f} to {kept.high:.3f}) of {kept.n} {kept.n_of}"
    '0.92 (0.850 to 0.959) of 100 customers'
    """
    estimate = wilson(float(count), int(of))
    return Metric(
        name, estimate.value, estimate.low, estimate.high, float(count), float(of), definition, int(of), **details
    )


def ratio_of_sums(
    name: str, above: ArrayLike, below: ArrayLike, definition: str, *, scale: float = 1.0, **details: Any
) -> Metric:
    """Return Σ above / Σ below × ``scale`` over customers, with a bootstrap interval by customer.

    Percentiles, widened under 300 customers. ``n`` is the number of customers unless stated otherwise; empty sums below
    give no figure (NaN).

    >>> rate = ratio_of_sums("churn rate", [1, 0, 0, 1], [1, 1, 1, 1], "all lost / customers at the start")
    >>> rate.value, rate.count, rate.of, rate.n
    (0.5, 2.0, 4.0, 4)
    """
    pairs = np.column_stack([np.asarray(above, float), np.asarray(below, float)])
    count, of = (float(x) for x in pairs.sum(axis=0))
    low, high = _interval(pairs) if of else (np.nan, np.nan)
    value = count / of if of else np.nan
    details = {"n": len(pairs), **details}
    return Metric(name, scale * value, scale * low, scale * high, count, of, definition, **details)


def _interval(pairs: Floats) -> tuple[float, float]:
    if len(pairs) < SMALL:
        return _small_sample_interval(pairs)
    above, below = _drawn_sums(pairs).T
    low, high = np.quantile(above[below != 0] / below[below != 0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _small_sample_interval(pairs: Floats) -> tuple[float, float]:
    """Return the wider of the percentile and the studentized bounds (Efron, Tibshirani 1993, chapter 12).

    Under 300 customers of unequal size percentile intervals miss the truth too often: 0.85 where 0.95 is stated, and
    0.63 where hardly anybody is lost. Shares are bounded with one customer more lost and one more kept, of the mean
    size (after Agresti, Coull 1998); other ratios at 97 %. No bound lies outside the customers' own ratios.
    """
    own = _own_ratios(pairs)
    if own.min() < 0 or own.max() > 1:
        return _wider_bounds(pairs, own, WIDER)
    size = float(pairs[:, 1].mean())
    low, high = _wider_bounds(np.vstack([pairs, [[0.0, size], [size, size]]]), np.array([0.0, 1.0]), LEVEL)
    value = float(pairs[:, 0].sum() / pairs[:, 1].sum())
    return min(low, value), max(high, value)


def _wider_bounds(pairs: Floats, own: Floats, level: float) -> tuple[float, float]:
    above, below = pairs.T
    columns = np.column_stack([above, below, above**2, above * below, below**2])
    drawn = _drawn_sums(columns)
    values, spreads = _ratios(drawn[drawn[:, 1] != 0])
    (value,), (spread,) = _ratios(columns.sum(axis=0)[None])
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(values, tails)
    usable = spreads > 0
    if spread > 0 and usable.any():
        least, most = np.quantile((values[usable] - value) / spreads[usable], tails).clip(-MOST_ERRORS, MOST_ERRORS)
        low = min(low, max(value - most * spread, own.min()))
        high = max(high, min(value - least * spread, own.max()))
    return float(low), float(high)


def _ratios(sums: Floats) -> tuple[Floats, Floats]:
    """Return the ratio of sums of each row, and its standard error (linearized), from sums and sums of products."""
    above, below, above_2, product, below_2 = sums.T
    value = above / below
    residuals = above_2 - 2 * value * product + value**2 * below_2
    return value, np.sqrt(residuals.clip(min=0)) / np.abs(below)


def _own_ratios(pairs: Floats) -> Floats:
    above, below = pairs[(pairs != 0).any(axis=1)].T
    return np.divide(above, below, out=np.copysign(np.full_like(above, np.inf), above), where=below != 0)


def _drawn_sums(pairs: Floats) -> Floats:
    """Return, per draw of the customers with replacement, the sums of the columns.

    Customers with the same numbers are drawn together where few differ: the same bootstrap, and faster. Many customers
    who differ are dealt into groups, and these are drawn (see :mod:`workbench.metrics.clusters`).
    """
    n = len(pairs)
    distinct, times = np.unique(pairs, axis=0, return_counts=True)
    if len(distinct) <= FEW:
        return np.random.default_rng(0).multinomial(n, times / n, size=DRAWS) @ distinct
    group = np.arange(n) % GROUPS
    dealt = np.column_stack([np.bincount(group, weights=column, minlength=GROUPS) for column in pairs.T])
    return drawn(GROUPS, draws=DRAWS)[1:] @ dealt
