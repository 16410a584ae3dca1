"""Instants: a snapshot's moment from whatever names it, and midnights."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import numpy as np

from workbench.errors import SettingError

Moment = str | date | datetime | np.datetime64


def moment(value: Moment, *, name: str = "as_of") -> datetime:
    """Return an instant: midnight of a date, or the instant given; ``name`` is what an error calls it.

    >>> moment("2011-09-09")
    datetime.datetime(2011, 9, 9, 0, 0)

    Raises SettingError for what is no date, or a text that is no ISO date, and for an instant with a time zone.
    """
    at = _instant(value)
    if not isinstance(at, date) or at != at:  # pandas' missing date is a datetime, and unlike itself
        raise SettingError(f"{name} {value!r} is not a date; write it as 2011-09-09.")
    if not isinstance(at, datetime):
        return midnight(at)
    if at.tzinfo is not None:
        raise SettingError(f"{name} {at} has a time zone; leave it out: the source's time zone is meant.")
    return at


def _instant(value: object) -> object:
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[us]").item()
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None


def moments(as_of: Moment | Iterable[Moment]) -> list[datetime]:
    """Return the snapshots asked for, sorted, each once.

    >>> [str(t.date()) for t in moments(["2011-09-09", "2011-06-10"])]
    ['2011-06-10', '2011-09-09']

    Raises SettingError when there is none, or one is no date.
    """
    several = list(as_of) if isinstance(as_of, Iterable) and not isinstance(as_of, str) else [as_of]
    if not several:
        raise SettingError("as_of is empty; name at least one snapshot, such as 2011-09-09.")
    return sorted({moment(value) for value in several})


def midnight(at: date) -> datetime:
    """Return the midnight with which the day of a date or an instant began.

    >>> midnight(datetime(2024, 3, 1, 15, 30))
    datetime.datetime(2024, 3, 1, 0, 0)
    """
    return datetime(at.year, at.month, at.day)


def midnight_from(at: datetime) -> datetime:
    """Return the first midnight that is not before an instant.

    >>> midnight_from(datetime(2024, 3, 1, 15, 30))
    datetime.datetime(2024, 3, 2, 0, 0)
    """
    return midnight(at) if midnight(at) == at else midnight(at) + timedelta(days=1)
