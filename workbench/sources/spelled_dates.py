"""Dates with the month in words, in the languages of exports: ``spelled_time(text)`` in a source file."""

from __future__ import annotations

import re
import unicodedata

from workbench.sources.currencies import listed
from workbench.sources.numbers import once

_MONTHS = (
    "jan gen ene oca ian led янв ιαν sty tammi",
    "feb fev xub subat unor uno фев φεβ lut helmi",
    "mar mrz maa mart brez bre мар μαρ maalis",
    "apr avr abr nis dub апр απρ kwi huhti",
    "may mai mei mag maj kvet kve май мая μαι touko",
    "jun juin giu haz iun cerven cer июн ιουν cze kesa",
    "jul juil lug lugl tem iul cervenec cvc июл ιουλ lip heina",
    "aug aou ago agu srp авг αυγ sie elo",
    "sep set eyl zar сен σεπ wrz syys",
    "oct okt ott out eki rij окт οκτ paz loka",
    "nov kas noi lis ноя νοε marras",
    "dec dez dic des ara pros дек δεκ gru joulu",
)
"""How the names of January to December begin, without the marks on their letters; SUB-2012 is an id, Şub 2012 none."""
_CLOCK = "([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?:[.][0-9]+)?(?: ?([ap])[.]?m[.]?)?(?: ?(?:utc|gmt|z|[+]00:?00))*"
_CLOCKS = ("", "%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
_NUMBERS = {word: f"{number:02}" for number, month in enumerate(_MONTHS, 1) for word in month.split()}
_WORDS = "|".join(sorted(_NUMBERS, key=lambda word: (-len(word), word)))
_NAMED = re.compile(f"(?<![^\\W\\d_])({_WORDS})")
_FROM, _TO = "ışŞ", "ixx"
_YEAR = "(?:19|20|21)[0-9]{2}"
_DAY = f"^[^0-9_]*(?:([0-9]{{1,2}})[^0-9_]+({_YEAR}|[0-9]{{2}})|({_YEAR})[^0-9_]+([0-9]{{1,2}})|({_YEAR}))[^0-9_]*$"
"""Day and year, year and day, or the year alone; nothing else may have a digit, and sub_01h2000 is an id."""
_LONGEST = 48
_WORD = r"[^ -@\[-`{-~]{2}"


def spelled_time_macro() -> str:
    """Return SQL that defines ``spelled_time(text)`` for a connection: the time of a date with its month in words.

    As 5 January 2024, Jan-05-24, 5. März 2024 14:30, le 5 janv. 2024, 5 de enero de 2024 and 5 Oca 2024 are. Without
    a day it is the first of the month. Empty for any other text, and for a time of another zone than UTC.
    """
    parts = {
        "day": f"regexp_extract(regexp_replace(plain, '{_CLOCK}', ' '), '{_DAY}', ['d', 'y', 'y2', 'd2', 'y3'])",
        "clock": f"regexp_extract(plain, '{_CLOCK}', ['c', 'half'])",
        "month": _month("plain"),
    }
    packed = ", ".join(f"{name} := {sql}" for name, sql in parts.items())
    year = "found.day.y || found.day.y2 || found.day.y3"
    time = (
        f"CASE length({year}) WHEN 0 THEN NULL WHEN 2 THEN '20' ELSE '' END || {year} || '-' || found.month || '-' || "
        "coalesce(nullif(found.day.d || found.day.d2, ''), '01') || ' ' || "
        "found.clock.c || CASE WHEN found.clock.half <> '' THEN ' ' || upper(found.clock.half) || 'M' ELSE '' END"
    )
    forms = [f"%Y-%m-%d {clock}" for clock in _CLOCKS]
    read = f"try_strptime({once(f'struct_pack({packed})', 'found', time)}, {forms})"
    # Most texts have no word in them, and taking one apart is slow; asking for letters of Unicode is slow, too.
    worded = f"CASE WHEN length(plain) <= {_LONGEST} AND regexp_matches(plain, '{_WORD}') THEN {read} END"
    plain = f"strip_accents(translate(lower(trim(text::VARCHAR)), '{_FROM}', '{_TO}'))"
    return f"CREATE OR REPLACE TEMP MACRO spelled_time(text) AS {once(plain, 'plain', worded)}"


def _month(plain: str) -> str:
    """Return SQL for the two digits of the last month named in a text."""
    last = f"regexp_extract({plain}, '.*(?:^|[^\\p{{L}}])({_WORDS})', 1)"  # a weekday may stand before it
    return f"{listed(_NUMBERS.values())}[list_position({listed(_NUMBERS)}, {last})]"


def names_month(text: str) -> bool:
    """Return whether a text may be a date with its month in words: most texts are not, and SQL need not look at them.

    >>> names_month("5. März 2024"), names_month("İyun"), names_month("order_7")
    (True, False, False)
    """
    plain = unicodedata.normalize("NFD", text.lower().translate(str.maketrans(_FROM, _TO)))
    return _NAMED.search("".join(c for c in plain if not unicodedata.combining(c))) is not None
