"""Dates of the Persian and the Buddhist calendar, as public calendars give them in ours."""

from __future__ import annotations

import pytest

from workbench.sources.opening import connect


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1403/01/01", "2024-03-20 00:00:00"),  # new year's days
        ("1400-01-01 10:05", "2021-03-21 10:05:00"),
        ("۱۳۹۹/۱۲/۳۰", "2021-03-20 00:00:00"),  # the last day of a leap year
        ("22/11/1357", "1979-02-11 00:00:00"),
        ("14030701", "2024-09-22 00:00:00"),
        ("15/06/2568 09:30", "2025-06-15 09:30:00"),
        ("2567-12-31", "2024-12-31 00:00:00"),
        ("1403/07/31", "None"),  # its months have 30 days from the seventh on
        ("2024-02-15", "None"),
        ("order 1403/01/01", "None"),
    ],
)
def test_a_date_of_another_calendar_is_its_day_in_ours(text: str, day: str) -> None:
    with connect() as con:
        assert str((con.execute("SELECT other_calendar(?)", [text]).fetchone() or ("",))[0]) == day
