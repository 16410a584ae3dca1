"""Departures by month: recorded all at once, or missing before a day on which old leavers were deleted."""

from __future__ import annotations

from math import exp
from statistics import median

import numpy as np
from scipy.special import betainc

from workbench.check.findings import Finding, share_of
from workbench.check.key_figures import departures_by_month
from workbench.check.leavers import began, leavers
from workbench.check.queries import connection, one_row
from workbench.crm import Crm

_ENOUGH_MONTHS = 6
_FEWEST = 5
"""Fewer departures than this in a month are looked at by name, not counted."""
_AROUND = 3
"""Months on each side that a month is compared with."""
_OVER_USUAL, _OVER_NEIGHBOURS = 2, 1.5
"""How many times the months around, and the two beside it, a jump is: a season or a steady growth is none."""
_FALSE_ALARMS = 0.05
"""The chance that months which differ by chance alone hold a jump, at the most."""
_QUARTILE, _CHI2_QUARTILE = 0.75, 1.3233
"""The upper quartile of what months differ otherwise, and that of a chi-square of one degree of freedom."""
_SILENT_MONTHS, _SILENT_BY_CHANCE = 6, 0.001
_FIRST_LEAVERS = 0.1
"""After how long this share of the leavers had left: before, terms may bind customers, so that none could leave."""


def check_departures(crm: Crm) -> list[Finding]:
    """Return months with far more departures than others, and a long beginning without any."""
    by_month = departures_by_month(crm)
    begins, until = crm.facts.begins_at, crm.facts.known_until
    months = _months(begins.year * 12 + begins.month - 1, until.year * 12 + until.month - 1)
    counts = {month: by_month.get(month, 0) for month in months}
    if not any(counts.values()) or len(months) < _ENOUGH_MONTHS:
        return []
    return [*jumps(counts), *_silent_beginning(crm, counts)]


def _months(first: int, last: int) -> list[str]:
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(first, last + 1)]


def jumps(counts: dict[str, int]) -> list[Finding]:
    """Return the months far above those around them, by more than chance and than months differ otherwise.

    Of departures that come at one rate each of the month and of the k months around it falls into the month with the
    chance 1 / (k + 1), so that its count is binomial among theirs: an exact test also where one or two are usual.
    Counts are first divided by how many times more the other months vary than such departures do (their upper
    quartile, which a second jump hardly moves). The level is shared among the months. Of a thousand invented companies
    with a steady rate of 1.5 to 20 a month 2 to 19 had a false finding, with rates that vary by 30 to 50 % 56 to 160;
    9 departures where 1.5 are usual were found in 87 % of the years, 45 where 20 are in 81 %.

    >>> year = [1, 2, 1, 2, 1, 9, 2, 1, 1, 2, 1, 2]
    >>> [f.sentence for f in jumps({f"2024-{month:02d}": n for month, n in enumerate(year, 1)})]
    ['9 of 25 departures (36.0 %) fall into 2024-06: 9; a usual month has 1.']
    """
    months, every = list(counts), list(counts.values())
    first = _first(counts)
    around = [float(median(_around(every, place, first))) for place in range(len(every))]
    found = {
        months[place]: every[place]
        for place in range(first, len(every))
        if every[place] >= _FEWEST
        and every[place] > _OVER_USUAL * around[place]
        and every[place] > _OVER_NEIGHBOURS * max([*every[max(place - 1, 0) : place], *every[place + 1 : place + 2]])
        and _by_chance(every, place, first) < _FALSE_ALARMS / (len(every) - first)
    }
    if not found:
        return []
    rows, total, usual = sum(found.values()), sum(every), around[months.index(next(iter(found)))]
    listed = ", ".join(f"{month}: {n:,}" for month, n in list(found.items())[:3])
    sentence = f"{share_of(rows, total, 'departures')} fall into {listed}; a usual month has {usual:,.0f}."
    cure = "Ask what happened then: a clean-up or a migration records many old departures at once, on the wrong day."
    return [Finding("departures", "customers that left", "", rows, total, sentence, cure)]


def _around(every: list[int], place: int, first: int) -> list[int]:
    """Return the months on both sides of a month, since the first with a departure."""
    return [*every[max(place - _AROUND, first) : place], *every[place + 1 : place + 1 + _AROUND]] or [0]


def _by_chance(every: list[int], place: int, first: int) -> float:
    """Return the chance of so many departures in a month or more, given those of the months around it."""
    beside, varies = _around(every, place, first), _varies(every, place, first)
    return float(betainc(every[place] / varies, sum(beside) / varies + 1, 1 / (len(beside) + 1)))


def _varies(every: list[int], place: int, first: int) -> float:
    """Return how many times more the months but one vary than counts of departures at one rate, 1 at the least."""
    squares = []
    for other in (p for p in range(first, len(every)) if p != place):
        beside = _around(every, other, first)
        usual = max(sum(beside) / len(beside), 1)
        squares.append((every[other] - usual) ** 2 / (usual * (1 + 1 / len(beside))))
    return max(1.0, float(np.quantile(squares, _QUARTILE)) / _CHI2_QUARTILE) if squares else 1.0


def _silent_beginning(crm: Crm, counts: dict[str, int]) -> list[Finding]:
    """A beginning without departures, of so many customers that at the rate of later months some must have left."""
    first, months = _first(counts), list(counts)
    if first < _SILENT_MONTHS:
        return []
    expected = _expected_before(crm, f"{months[first]}-01")
    if exp(-expected) >= _SILENT_BY_CHANCE:
        return []
    sentence = (
        f"No departure is recorded in the first {first} months, from {months[0]} to {months[first - 1]}, where about "
        f"{expected:,.0f} would be at the later rate."
    )
    cure = f"Customers that left then were probably deleted: ask for them, or start after {months[first - 1]}."
    return [Finding("departures", "customers that left", "", first, len(months), sentence, cure)]


def _expected_before(crm: Crm, day: str) -> float:
    """Return how many departures to expect before a day at the rate after it, by the days of those who may leave."""
    until = f"TIMESTAMP '{crm.facts.known_until}'"
    (expected,) = one_row(
        connection(crm),
        f"WITH j AS (SELECT began_at, left_at FROM ({began(crm)}) LEFT JOIN ({leavers(crm)}) USING (customer_id)), "
        f"q AS (SELECT quantile_cont(date_diff('day', began_at, left_at), {_FIRST_LEAVERS})::INT AS d FROM j), "
        f"f AS (SELECT began_at + to_days(d) AS may_leave, least(left_at, {until}) AS gone FROM j, q), "
        f"s AS (SELECT date_diff('day', may_leave, TIMESTAMP '{day}') AS early, gone < {until} AS lost, "
        f"date_diff('day', greatest(may_leave, TIMESTAMP '{day}'), coalesce(gone, {until})) AS late FROM f), "
        "r AS (SELECT count(*) FILTER (lost AND late >= 0) / nullif(sum(greatest(late, 0)), 0) AS rate FROM s) "
        "SELECT sum(1 - exp(-rate * greatest(early, 0))) FROM s, r",
    )
    return float(expected or 0)


def _first(counts: dict[str, int]) -> int:
    """The place of the first month with a departure."""
    return next(place for place, n in enumerate(counts.values()) if n)
