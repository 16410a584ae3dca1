"""How long things take when some are still under way: Kaplan–Meier quantiles, by calendar or business hours.

What is still open is *censored*, not dropped: leaving it out would make slow work look fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import SettingError
from workbench.metrics.clusters import GROUPS, drawn, tally
from workbench.metrics.definitions import DRAWS, Metric, Unit
from workbench.stats import LEVEL, Floats

HOUR = 3600.0
FINE = 1000
"""Most hours at which drawn curves are looked at: bounds of what takes weeks need no minutes."""
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class BusinessHours:
    """The hours in which somebody works: from ``opens`` to ``closes`` on ``weekdays`` (Mon, Tue …), but no holidays."""

    opens: time = time(9)
    closes: time = time(17)
    weekdays: str = "Mon Tue Wed Thu Fri"
    holidays: Sequence[date] = ()

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise SettingError(
                f"business hours from {self.opens} to {self.closes} are none; let opens be before closes."
            )
        if not self.weekdays.split() or {*self.weekdays.split()} - {*_WEEKDAYS}:
            raise SettingError(f"weekdays {self.weekdays!r} are not known; write them as {' '.join(_WEEKDAYS)!r}.")

    def between(self, begin: pd.Series, finish: pd.Series) -> Floats:
        """Return the business hours from ``begin`` to ``finish``.

        >>> friday, monday = (pd.Series(pd.to_datetime([t])) for t in ("2024-03-01 16:00", "2024-03-04 10:00"))
        >>> BusinessHours().between(friday, monday).tolist()
        [2.0]
        """
        return self._so_far(finish) - self._so_far(begin)

    def _so_far(self, at: pd.Series) -> Floats:
        """Business hours from a day long ago until each instant."""
        opens, closes = _seconds(self.opens), _seconds(self.closes)
        days = at.to_numpy("datetime64[D]")
        working = np.busdaycalendar(self.weekdays, list(self.holidays))
        whole = np.busday_count(np.datetime64("1970-01-01"), days, busdaycal=working)
        of_day = (at.to_numpy("datetime64[us]") - days) / np.timedelta64(1, "s")
        today = np.clip(of_day - opens, 0, closes - opens) * np.is_busday(days, busdaycal=working)
        return (whole * (closes - opens) + today) / HOUR


def _seconds(of_day: time) -> float:
    return of_day.hour * HOUR + of_day.minute * 60 + of_day.second


def hours_between(begin: pd.Series, finish: pd.Series, office: BusinessHours | None) -> Floats:
    """Return the hours from ``begin`` to ``finish``: by the calendar, or the office's."""
    if office is not None:
        return office.between(begin, finish)
    return np.asarray((finish - begin).dt.total_seconds(), np.float64) / HOUR


@dataclass(frozen=True)
class Waits:
    """Waiting times, sorted: hours, whether they ended (else censored), and the number of each one's customer."""

    hours: Floats
    ended: NDArray[np.bool_]
    customer: NDArray[np.int64]

    @classmethod
    def of(cls, waited: pd.DataFrame) -> Waits:
        """Return the waits of a frame with customer_id, hours and ended; a censored one stays longest at its hour."""
        ordered = waited.assign(customer=pd.factorize(waited["customer_id"])[0])
        ordered = ordered.sort_values(["hours", "ended"], ascending=[True, False], kind="stable")
        return cls(
            ordered["hours"].to_numpy(float), ordered["ended"].to_numpy(bool), ordered["customer"].to_numpy(np.int64)
        )

    def still_open(self, weight: Floats) -> Floats:
        """Return, after each wait, the Kaplan–Meier share still waiting, each customer counted ``weight`` times."""
        own = weight[self.customer]
        at_risk = own[::-1].cumsum()[::-1]
        ended = np.divide(own * self.ended, at_risk, out=np.zeros_like(own), where=at_risk > 0)
        return np.cumprod(1 - ended)


def quantile(hours: Floats, still_open: Floats, share: float) -> float:
    """Return the hours after which ``share`` of all have ended; infinite when so many have not been seen to end."""
    reached = np.flatnonzero(still_open <= 1 - share + 1e-12)
    return float(hours[reached[0]]) if len(reached) else np.inf


def within(hours: Floats, still_open: Floats, limit: float) -> float:
    """Return the share that ends within ``limit`` hours; what was not watched that long and is open counts as late."""
    upto = np.searchsorted(hours, limit, side="right")
    return float(1 - still_open[upto - 1]) if upto else 0.0


def waiting_times(
    name: str, waited: pd.DataFrame, *, sla_hours: float, office: BusinessHours | None, words: str, n_of: str
) -> dict[str, Metric]:
    """Return the metrics median and p90 (hours) and within (share ended in ``sla_hours``), by Kaplan–Meier.

    Input columns: customer_id, begin, finish (empty: still open), until (watched until then). Each metric counts the
    ended of all, within those ended in time; intervals are bootstrapped by customer. A quantile that is not reached is
    empty. Rows that finish before they begin are left out, and the definition says how many.
    """
    kept = waited[waited["finish"].isna() | (waited["finish"] >= waited["begin"])]
    hours = hours_between(kept["begin"], kept["finish"].fillna(kept["until"]), office)
    waits = Waits.of(kept.assign(hours=hours, ended=kept["finish"].notna()))
    words += f", by {'the calendar' if office is None else 'business hours'}; the open count as open (Kaplan–Meier)"
    if len(kept) < len(waited):
        words += f"; {len(waited) - len(kept):,} left out that ended before they began"
    in_time = float((waits.ended & (waits.hours <= sla_hours)).sum())
    counted: dict[str, tuple[str, Unit, float]] = {
        "median": (f"{name}, median", "hours", float(waits.ended.sum())),
        "p90": (f"{name}, 90th percentile", "hours", float(waits.ended.sum())),
        "within": (f"{name} within {sla_hours:g} hours", "share", in_time),
    }
    figures = zip(counted.items(), *_bootstrapped(waits, sla_hours), strict=True)
    return {
        key: Metric(title, float(value), float(low), float(high), count, float(len(kept)), words, len(kept), n_of, unit)
        for (key, (title, unit, count)), value, low, high in figures
    }


def _bootstrapped(waits: Waits, sla_hours: float) -> tuple[Floats, Floats, Floats]:
    """Return value, low and high of median, 90th percentile and share in time; empty where not reached."""
    if not len(waits.hours):
        return (np.full(3, np.nan),) * 3
    whole = waits.still_open(np.ones(int(waits.customer.max()) + 1))
    hours, curves = _drawn_curves(waits, sla_hours)
    draws = np.array([_figures(hours, curve, sla_hours) for curve in curves])
    bounds = [
        _figures(waits.hours, whole, sla_hours),
        np.quantile(draws, (1 - LEVEL) / 2, axis=0, method="lower"),
        np.quantile(draws, (1 + LEVEL) / 2, axis=0, method="higher"),
    ]
    value, low, high = (np.where(np.isfinite(x), x, np.nan) for x in bounds)
    return value, low, high


def _drawn_curves(waits: Waits, sla_hours: float) -> tuple[Floats, Floats]:
    """Return hours, and per draw of the customers the share still waiting after each of them.

    They are all hours at which a wait ends, or so many quantiles of them, and the limit.
    """
    group, known = waits.customer % GROUPS, np.unique(np.append(waits.hours, sla_hours))
    if len(known) > FINE:
        known = np.unique(np.append(np.quantile(waits.hours, np.linspace(0, 1, FINE), method="higher"), sla_hours))
    at, days = np.searchsorted(known, waits.hours), len(known)
    taken = drawn(int(group.max()) + 1, draws=DRAWS)[1:]
    at_risk = (taken @ tally(group, at, days=days))[:, ::-1].cumsum(axis=1)[:, ::-1]
    ended = taken @ tally(group, at, days=days, n=waits.ended.astype("int64"))
    return known, np.cumprod(1 - np.divide(ended, at_risk, out=np.zeros_like(ended), where=at_risk > 0), axis=1)


def _figures(hours: Floats, still_open: Floats, sla_hours: float) -> Floats:
    half, most = (quantile(hours, still_open, share) for share in (0.5, 0.9))
    return np.array([half, most, within(hours, still_open, sla_hours)])
