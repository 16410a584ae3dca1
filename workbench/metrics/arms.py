"""Shares of two arms of a trial compared: differences, ratios and what a trial of this size could have seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtri

from workbench.stats import Floats, Z, wilson

POWER = 0.8


@dataclass(frozen=True)
class Arms:
    """Counts of one or several strata (campaigns): customers and those lost, treated and control."""

    treated: Floats
    lost_treated: Floats
    control: Floats
    lost_control: Floats

    @classmethod
    def of(cls, treated: ArrayLike, lost_treated: ArrayLike, control: ArrayLike, lost_control: ArrayLike) -> Arms:
        """Return the strata in which both arms have customers."""
        counts = np.array([np.atleast_1d(x) for x in (treated, lost_treated, control, lost_control)], dtype=float)
        return cls(*counts[:, (counts[0] > 0) & (counts[2] > 0)])

    def __len__(self) -> int:
        return len(self.treated)


def difference(arms: Arms) -> tuple[float, float, float]:
    """Return the share lost of the treated less that of the control, with its 95 % interval; NaN without two arms.

    One stratum: Newcombe's hybrid score interval (1998, method 10). Several: Mantel and Haenszel's weights, the
    strata's Newcombe bounds combined as squares (Yan, Su 2010).

    >>> [round(x, 4) for x in difference(Arms.of(70, 56, 80, 48))]
    [0.2, 0.0524, 0.3339]
    """
    if not len(arms):
        return np.nan, np.nan, np.nan
    weight = arms.treated * arms.control / (arms.treated + arms.control)
    weight = weight / weight.sum()
    one, below_one, above_one = _with_wilson(arms.lost_treated, arms.treated)
    other, below_other, above_other = _with_wilson(arms.lost_control, arms.control)
    value = float(weight @ (one - other))
    down = np.sqrt(weight**2 @ (below_one**2 + above_other**2))
    up = np.sqrt(weight**2 @ (above_one**2 + below_other**2))
    return value, float(value - down), float(value + up)


def _with_wilson(lost: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    """Return shares and the distances down and up to their Wilson bounds."""
    found = [wilson(float(x), int(m)) for x, m in zip(lost, n, strict=True)]
    share = np.array([e.value for e in found])
    return share, share - np.array([e.low for e in found]), np.array([e.high for e in found]) - share


def share_saved(arms: Arms) -> tuple[float, float, float]:
    """Return the share of those who would have been lost that the treatment kept, with its 95 % interval.

    One less the ratio of the shares lost, treated over control, pooled over strata by Mantel and Haenszel; interval of
    Greenland and Robins (1985). NaN where an arm is missing or no control was lost.

    >>> [round(x, 3) for x in share_saved(Arms.of(200, 8, 200, 16))]
    [0.5, -0.142, 0.781]
    """
    log_ratio, variance = log_ratio_lost(arms)
    half = Z * np.sqrt(variance)
    low, high = 1 - np.exp(log_ratio + half), 1 - np.exp(log_ratio - half)
    return float(1 - np.exp(log_ratio)), float(low), float(high)


def log_ratio_lost(arms: Arms) -> tuple[float, float]:
    """Return the log of the ratio of the shares lost, treated over control, and its variance.

    Where none of an arm was lost, half a customer is added to each (Haldane 1956), for a logarithm of 0 says nothing;
    where everybody was, half a one is taken away, for a few who were all lost do not show that nothing keeps anybody.
    NaN without two arms or where nobody at all was lost.
    """
    lost = arms.lost_treated + arms.lost_control
    if not lost.sum():
        return np.nan, np.nan
    n = arms.treated + arms.control
    some = arms.lost_treated.sum() and arms.lost_control.sum()
    half = 0.0 if some and lost.sum() < n.sum() else 0.5 / len(arms)
    extra = -half if some else half
    above = ((arms.lost_treated + extra) * arms.control / n).sum()
    below = ((arms.lost_control + extra) * arms.treated / n).sum()
    product = (arms.lost_treated + extra) * (arms.lost_control + extra)
    spread = ((arms.treated * arms.control * (lost + 2 * extra) - product * n) / n**2).sum()
    return float(np.log(above / below)), float(spread / (above * below))


def smallest_detectable(share_lost: float, treated: float, control: float, *, power: float = POWER) -> float:
    """Return the smallest fall in the share lost that arms of these sizes show with ``power``, at 5 % two-sided.

    NaN where not even a fall to 0 would be seen. Half a customer kept and half a one lost are added to the control,
    for a few who were all lost do not show that all ever are.

    >>> round(smallest_detectable(0.10, 3210, 3210), 4)
    0.02
    """
    if not treated or not control or np.isnan(share_lost):
        return np.nan
    reach = Z + float(ndtri(power))
    usual = (share_lost * control + 0.5) / (control + 1)

    def seen(fall: float) -> float:
        then = share_lost - fall
        return fall - reach * float(np.sqrt(usual * (1 - usual) / control + then * (1 - then) / treated))

    return float(brentq(seen, 0, share_lost)) if share_lost > 0 and seen(share_lost) > 0 else np.nan
