"""Departures by month: recorded all at once, or missing before a day on which old leavers were deleted."""

from __future__ import annotations

from statistics import median

from workbench.check.findings import Finding, share_of
from workbench.check.key_figures import departures_by_month
from workbench.crm import Crm

_ENOUGH, _ENOUGH_MONTHS = 20, 6
_AROUND = 3
"""Months on each side that a month is compared with."""
_OVER_USUAL, _OVER_NEIGHBOURS, _OVER_SPREAD = 2, 1.5, 4.5
"""How many times the months around and the two beside it a jump is, and how many standard deviations above the former:
counts of rare events vary by the root of their mean, other causes beside."""
_SPREAD_OF_MAD = 1.4826
"""The standard deviation of a normal distribution over the median of its absolute deviations."""
_SILENT_MONTHS = 6


def check_departures(crm: Crm) -> list[Finding]:
    """Return months with far more departures than others, and a long beginning without any."""
    by_month = departures_by_month(crm)
    begins, until = crm.facts.begins_at, crm.facts.known_until
    months = _months(begins.year * 12 + begins.month - 1, until.year * 12 + until.month - 1)
    counts = {month: by_month.get(month, 0) for month in months}
    total = sum(counts.values())
    if total < _ENOUGH or len(months) < _ENOUGH_MONTHS:
        return []
    return [*_jumps(counts, total), *_silent_beginning(counts)]


def _months(first: int, last: int) -> list[str]:
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(first, last + 1)]


def _jumps(counts: dict[str, int], total: int) -> list[Finding]:
    """Months far above those around them, by more than months differ otherwise: what grows steadily is no jump."""
    months, every = list(counts), list(counts.values())
    first = _first(counts)
    around = [_around(every, place, first) for place in range(len(every))]
    spread = _SPREAD_OF_MAD * median(abs(n - m) for n, m in zip(every[first:], around[first:], strict=True))
    jumps = {
        months[place]: every[place]
        for place in range(first, len(every))
        if every[place] >= _ENOUGH / 2
        and every[place] > _OVER_USUAL * around[place]
        and every[place] > _OVER_NEIGHBOURS * max([*every[max(place - 1, 0) : place], *every[place + 1 : place + 2]])
        and every[place] - around[place] > _OVER_SPREAD * max(spread, max(around[place], 1) ** 0.5)
    }
    if not jumps:
        return []
    rows, usual = sum(jumps.values()), around[months.index(next(iter(jumps)))]
    listed = ", ".join(f"{month}: {n:,}" for month, n in list(jumps.items())[:3])
    sentence = f"{share_of(rows, total, 'departures')} fall into {listed}; a usual month has {usual:,.0f}."
    cure = "Ask what happened then: a clean-up or a migration records many old departures at once, on the wrong day."
    return [Finding("departures", "customers that left", "", rows, total, sentence, cure)]


def _around(every: list[int], place: int, first: int) -> float:
    """Return the median of the months on both sides of a month, since the first with a departure."""
    beside = [*every[max(place - _AROUND, first) : place], *every[place + 1 : place + 1 + _AROUND]]
    return float(median(beside)) if beside else 0.0


def _silent_beginning(counts: dict[str, int]) -> list[Finding]:
    first = _first(counts)
    if first < _SILENT_MONTHS:
        return []
    months = list(counts)
    sentence = f"No departure is recorded in the first {first} months, from {months[0]} to {months[first - 1]}."
    cure = "Customers that left then were probably deleted: ask for them, or look only at the time after."
    return [Finding("departures", "customers that left", "", first, len(months), sentence, cure)]


def _first(counts: dict[str, int]) -> int:
    """The place of the first month with a departure."""
    return next(place for place, n in enumerate(counts.values()) if n)
