"""Dates of the Persian and the Buddhist calendar: ``other_calendar(text)`` in a source file."""

from __future__ import annotations

import re

from workbench.engines import literal
from workbench.sources.numbers import once

_YEAR = "1[34][0-9]{2}|2[45][0-9]{2}|260[0-9]"
_CLOCK = "(?:[T ]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?))?"
_FIRST = f"^({_YEAR})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_CLOCK}$"
_LAST = f"^([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]({_YEAR}){_CLOCK}$"
_JOINED = "^(1[34][0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$"
_DATE = re.compile(f"{_FIRST}|{_LAST}|{_JOINED}")
_DIGITS = "۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩๐๑๒๓๔๕๖๗๘๙"
_WESTERN = "0123456789" * 3
_BUDDHA = 543
"""Years by which the Buddhist era is ahead."""


def other_calendar_macro() -> str:
    """Return SQL that defines ``other_calendar(text)`` for a connection: the time of a date of another calendar.

    Years 1300 to 1499 are Persian (solar Hijri), 2400 to 2609 Buddhist; the year stands first, or last behind day and
    month; a Persian date may be eight digits. Empty for any other text.
    """
    parts = (
        f"struct_pack(f := regexp_extract(plain, {literal(_FIRST)}, ['y', 'm', 'd', 'c']), "
        f"l := regexp_extract(plain, {literal(_LAST)}, ['d', 'm', 'y', 'c']), "
        f"j := regexp_extract(plain, {literal(_JOINED)}, ['y', 'm', 'd']))"
    )
    numbers = {part: f"TRY_CAST(found.f.{part} || found.l.{part} || found.j.{part} AS INTEGER)" for part in "ymd"}
    packed = ", ".join([*(f"{part} := {sql}" for part, sql in numbers.items()), "c := found.f.c || found.l.c"])
    persian = f"DATE '2024-03-20' + (({_days('said.y', 'said.m', 'said.d')}) - {_NEW_YEAR})::INTEGER"
    buddhist = f"TRY_CAST(concat_ws('-', said.y - {_BUDDHA}, said.m, said.d) AS DATE)"
    inside = "said.m BETWEEN 1 AND 12 AND said.d BETWEEN 1 AND CASE WHEN said.m > 6 THEN 30 ELSE 31 END"
    day = f"CASE WHEN said.y < 1500 THEN CASE WHEN {inside} THEN {persian} END ELSE {buddhist} END"
    time = f"TRY_CAST(({day})::VARCHAR || ' ' || coalesce(nullif(said.c, ''), '00:00') AS TIMESTAMP)"
    plain = f"translate(trim(text::VARCHAR), '{_DIGITS}', '{_WESTERN}')"
    read = once(plain, "plain", once(parts, "found", once(f"struct_pack({packed})", "said", time)))
    return f"CREATE OR REPLACE TEMP MACRO other_calendar(text) AS {read}"


def _days(year: str, month: str, day: str) -> str:
    """Return SQL for the days until a Persian date: eight of 33 years are leap years, valid from 1178 to 1633."""
    y = f"({year} + 1595)"
    leap = f"({y} // 33) * 8 + (({y} % 33) + 3) // 4"
    return (
        f"365 * {y} + {leap} + {day} + CASE WHEN {month} < 7 THEN ({month} - 1) * 31 ELSE ({month} - 7) * 30 + 186 END"
    )


_NEW_YEAR = 1_094_998
"""The same for 1403-01-01, which was 2024-03-20."""


def calendar_of(text: str) -> str:
    """Return the calendar of a date by its year; empty for the Gregorian one, and for what is no date.

    >>> calendar_of("1403/02/15"), calendar_of("03/06/2568 10:30"), calendar_of("2024-02-15"), calendar_of("۱۴۰۳/۰۱/۰۱")
    ('Persian', 'Buddhist', '', 'Persian')
    """
    found = _DATE.match(text.strip().translate(str.maketrans(_DIGITS, _WESTERN)))
    year = found and (found[1] or found[7] or found[9])
    return ("Persian" if year < "1500" else "Buddhist") if year else ""
