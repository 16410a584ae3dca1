"""Dates with the month in words, in the languages of exports: ``spelled_time(text)`` in a source file."""

from __future__ import annotations

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
_SHAPES = (
    ("^[^0-9_]*([0-9]{1,2})[^0-9_]+((?:19|20|21)[0-9]{2}|[0-9]{2})[^0-9_]*$", "d", "y"),
    ("^[^0-9_]*((?:19|20|21)[0-9]{2})[^0-9_]+([0-9]{1,2})[^0-9_]*$", "y", "d"),
    ("^[^0-9_]*((?:19|20|21)[0-9]{2})[^0-9_]*$", "y"),
)
"""Day and year, year and day, or the year alone; nothing else may have a digit, and sub_01h2000 is an id."""
_LONGEST = 48


def spelled_time_macro() -> str:
    """Return SQL that defines ``spelled_time(text)`` for a connection: the time of a date with its month in words.

    As 5 January 2024, Jan-05-24, 5. März 2024 14:30, le 5 janv. 2024, 5 de enero de 2024 and 5 Oca 2024 are. Without
    a day it is the first of the month. Empty for any other text, and for a time of another zone than UTC.
    """
    words = sorted({word for month in _MONTHS for word in month.split()}, key=lambda word: (-len(word), word))
    last = f"regexp_extract(plain, '.*(?:^|[^\\p{{L}}])({'|'.join(words)})', 1)"  # a weekday may stand before it
    cases = " ".join(
        f"WHEN list_contains({month.split()}, {last}) THEN '{number:02}'" for number, month in enumerate(_MONTHS, 1)
    )
    shaped = " ".join(
        f"WHEN regexp_matches(days, '{shape}') THEN spelled_day(regexp_extract(days, '{shape}', {list(parts)}), month)"
        if len(parts) == 2
        else f"WHEN regexp_matches(days, '{shape}') THEN regexp_extract(days, '{shape}', 1) || '-' || month || '-01'"
        for shape, *parts in _SHAPES
    )
    forms = [f"%Y-%m-%d {clock}" for clock in _CLOCKS]
    clock = f"regexp_extract(plain, '{_CLOCK}', ['c', 'half'])"
    return (
        "CREATE OR REPLACE TEMP MACRO spelled_day(found, month) AS "
        "CASE length(found['y']) WHEN 2 THEN '20' ELSE '' END || found['y'] || '-' || month || '-' || found['d']; "
        f"CREATE OR REPLACE TEMP MACRO spelled_date(days, month) AS CASE {shaped} END; "
        f"CREATE OR REPLACE TEMP MACRO spelled_month(plain) AS CASE {cases} END; "
        "CREATE OR REPLACE TEMP MACRO spelled_clock(found) AS "
        "found['c'] || CASE WHEN found['half'] <> '' THEN ' ' || upper(found['half']) || 'M' ELSE '' END; "
        # Most texts have no word in them, and taking one apart is slow.
        f"CREATE OR REPLACE TEMP MACRO spelled_plain(plain) AS CASE WHEN length(plain) <= {_LONGEST} "
        "AND regexp_matches(plain, '\\p{L}{2}') THEN try_strptime("
        f"spelled_date(regexp_replace(plain, '{_CLOCK}', ' '), spelled_month(plain)) || ' ' || "
        f"spelled_clock({clock}), {forms}) END; "
        "CREATE OR REPLACE TEMP MACRO spelled_time(text) AS "
        "spelled_plain(strip_accents(translate(lower(trim(text::VARCHAR)), 'ışŞ', 'ixx')))"
    )
