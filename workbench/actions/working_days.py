"""Days on which people work: Monday to Friday; holidays are not known."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd


def or_after(days: pd.Series) -> pd.Series:
    """Return each day, or the Monday after where it is a Saturday or Sunday; empty stays empty.

    >>> or_after(pd.to_datetime(pd.Series(["2024-07-05", "2024-07-06", None]))).dt.day_name().tolist()
    ['Friday', 'Monday', nan]
    """
    return days.where(days.dt.day_of_week < 5, days + pd.to_timedelta(7 - days.dt.day_of_week, unit="D"))


def or_before(days: pd.Series) -> pd.Series:
    """Return each day, or the Friday before where it is a Saturday or Sunday; empty stays empty.

    >>> or_before(pd.to_datetime(pd.Series(["2024-07-05", "2024-07-07", None]))).dt.day.tolist()
    [5.0, 5.0, nan]
    """
    return days.where(days.dt.day_of_week < 5, days - pd.to_timedelta(days.dt.day_of_week - 4, unit="D"))


def days_until(due: pd.Series, at: datetime) -> pd.Series:
    """Return on which working day from ``at`` on each day falls: 0 is the first.

    >>> days_until(pd.to_datetime(pd.Series(["2024-07-06", "2024-07-08"])), datetime(2024, 7, 5)).tolist()
    [1, 1]
    """
    return pd.Series(np.busday_count(np.datetime64(at, "D"), due.to_numpy("datetime64[D]")), index=due.index)


def nth_day(places: pd.Series, at: datetime) -> pd.Series:
    """Return the working day of each place from ``at`` on: 0 is the first.

    >>> nth_day(pd.Series([0, 1]), datetime(2024, 7, 5)).dt.day_name().tolist()
    ['Friday', 'Monday']
    """
    days = np.busday_offset(np.datetime64(at, "D"), places.to_numpy(int), roll="forward")
    return pd.Series(pd.to_datetime(days), index=places.index)
