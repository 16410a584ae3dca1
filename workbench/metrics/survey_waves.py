"""Marks of surveys that are sent now and then: a figure for each wave of answers rather than for each period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from workbench.crm import Crm, Moment
from workbench.metrics.definitions import Metric
from workbench.metrics.experience import csat, nps

QUIET_DAYS = 30
"""Days without an answer that part two waves."""
_FIGURES: dict[str, Callable[[Crm, Moment, Moment], Metric]] = {"NPS": nps, "CSAT": csat}


def with_waves(
    by_period: Mapping[str, Sequence[Metric | None]], crm: Crm
) -> tuple[dict[str, list[Metric | None]], dict[str, tuple[date, date]]]:
    """Return the figures, NPS and CSAT by wave where the newest period has no answer, and the days of the last wave.

    A wave is a run of days with answers, parted from others by ``QUIET_DAYS`` without one. There are as many of them as
    periods at the most, oldest first; beside them stand the first and the last day of the newest, by figure.
    """
    found = {key: list(rows) for key, rows in by_period.items()}
    days = dict[str, tuple[date, date]]()
    for key, metric in _FIGURES.items():
        rows = found.get(key, [])
        if not rows or (rows[-1] is not None and rows[-1].n):
            continue
        waves = _waves(crm, key.lower())[-len(rows) :]
        if waves:
            found[key] = [metric(crm, first, last + timedelta(days=1)) for first, last in waves]
            days[key] = waves[-1]
    return found, days


def _waves(crm: Crm, instrument: str) -> list[tuple[date, date]]:
    """Return the first and the last day of each wave of answers with a mark."""
    rows = crm.counted()["surveys"]
    asked = rows.filter((rows.instrument.strip().lower() == instrument) & rows.score.notnull())
    days = sorted(asked.select(day=asked.answered_at.date()).distinct().to_pandas()["day"])
    waves = list[tuple[date, date]]()
    for day in (date(each.year, each.month, each.day) for each in days):
        if waves and day - waves[-1][1] <= timedelta(days=QUIET_DAYS):
            waves[-1] = (waves[-1][0], day)
        else:
            waves.append((day, day))
    return waves
