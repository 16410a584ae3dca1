"""A figure of the newest period beside the same figure of the periods before, and what it comes to in a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

from workbench.metrics.change import change_between
from workbench.metrics.definitions import Metric
from workbench.metrics.retention import rescale

YEAR_DAYS = 365


@dataclass(frozen=True)
class Trend:
    """``metric`` of the newest period and ``values`` of all periods, oldest first (NaN where not known).

    ``before`` is that of the period before and ``change`` the difference with its interval, None where there is none;
    ``yearly`` what the figure comes to in a year at the same pace, None for a figure that does not add up over time.
    """

    metric: Metric
    values: tuple[float, ...]
    before: Metric | None = None
    change: Metric | None = None
    yearly: Metric | None = None

    @property
    def direction(self) -> str:
        """Whether it surely went 'up' or 'down'; 'unclear' where the interval of the change holds 0."""
        if self.change is None:
            return "none"
        if self.change.low > 0:
            return "up"
        return "down" if self.change.high < 0 else "unclear"


def trend(periods: Sequence[Metric | None], *, yearly: Metric | None = None) -> Trend | None:
    """Return the trend of a figure over periods, oldest first; None where the newest is not known.

    >>> from workbench.metrics import share
    >>> found = trend([share("churn", 30, 100, "lost / all"), share("churn", 10, 100, "lost / all")])
    >>> found.values, found.direction
    ((0.3, 0.1), 'down')
    """
    if not periods or not _known(periods[-1]):
        return None
    newest, before = periods[-1], periods[-2] if len(periods) > 1 else None
    assert newest is not None
    change = change_between(before, newest) if before is not None and _known(before) else None
    values = tuple(nan if metric is None else metric.value for metric in periods)
    return Trend(newest, values, before if change else None, change, yearly)


def per_year(lost: Metric, days: int) -> Metric:
    """Return a share lost in so many days as the share lost in a year at that pace: 1 − (1 − share)^(365 / days)."""
    return rescale(lost, YEAR_DAYS / days)


def kept_per_year(kept: Metric, days: int) -> Metric:
    """Return a share kept over so many days as that kept over a year at that pace: share^(365 / days).

    >>> from workbench.metrics import share
    >>> f"{kept_per_year(share('retention', 90, 100, 'stayed / all'), 73).value:.4f}"
    '0.5905'
    """
    periods = YEAR_DAYS / days
    value, low, high = (max(x, 0.0) ** periods for x in (kept.value, kept.low, kept.high))
    words = f"{kept.definition}; over a year at that pace: share^{periods:.3g}"
    return replace(kept, value=value, low=low, high=high, definition=words)


def share_of_period(yearly: float, days: int) -> float:
    """Return the share lost in so many days that comes to ``yearly`` in a year.

    >>> round(share_of_period(0.4096, 73), 4)
    0.1
    """
    return 1 - (1 - yearly) ** (days / YEAR_DAYS)


def _known(metric: Metric | None) -> bool:
    return metric is not None and not isnan(metric.value)
