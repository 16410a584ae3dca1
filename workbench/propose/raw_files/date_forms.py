"""The forms in which exports write dates, and columns that mix two of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

import duckdb

from workbench.engines import identifier
from workbench.sources import define_called

DATES = (
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%d.%m.%y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y. %m. %d.",
    "%Y.%m.%d.",
    "%d.%m.%Y.",
    "%d. %m. %Y",
    "%Y年%m月%d日",
    "%Y년 %m월 %d일",
    "%Y%m%d",
    "%Y%m%d%H%M%S",
    "%d %b %y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%d %B %Y",
    "%Y-%m",
    "%m/%Y",
    "%b %Y",
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
FORMS = (
    *(day + clock for day in DATES for clock in CLOCKS),
    *(f"%Y-%m-%d{clock}" for clock in CLOCKS if "%I" in clock),
)
"""As ``strptime`` writes them; ISO is read plainly, but for a clock of twelve hours."""
PLAIN_TIME = "CASE WHEN {0} ~ '\\s*[0-9][0-9][0-9][0-9]-.*' THEN TRY_CAST({0} AS TIMESTAMP) END"
"""An ISO date: without four digits of a year, 01/05/23 would be one of the first century."""
_ENOUGH = 0.95
_SOME = 500
"""Values that show which forms all values can have."""


@dataclass(frozen=True)
class Mixed:
    """SQL that reads both forms, whether day and month may be swapped, and the forms with an example of each.

    ``readings`` are other SQL by what it does, where the two forms are day first and month first.
    """

    sql: str
    ambiguous: bool
    text: str
    readings: tuple[tuple[str, str], ...] = ()


def one_form(con: duckdb.DuckDBPyConnection, name: str, column: str) -> list[str]:
    """Return SQL for the instants of a text column, for each form that alone reads all its values.

    >>> con = duckdb.connect()
    >>> _ = con.execute("CREATE TABLE t AS SELECT unnest(['03/02/2024', '15/01/2024']) AS d")
    >>> con.execute(f"SELECT max({one_form(con, 't', 'd')[0]})::DATE::VARCHAR FROM t").fetchone()
    ('2024-02-03',)
    """
    text = f"nullif(trim({identifier(column)}::VARCHAR), '')"
    some = con.execute(f"SELECT {text} FROM {identifier(name)} WHERE {text} IS NOT NULL LIMIT {_SOME}").fetchall()
    forms = (f"try_strptime({text}, '{form}')" for form in likely_forms(value for (value,) in some))
    ways = [PLAIN_TIME.format(text), *forms]
    # Years of four digits are read in 24 too, as those of the first century.
    reads = ", ".join(f"count({way}) = count({text}) AND min({way}) >= DATE '1900-01-01'" for way in ways)
    read = con.execute(f"SELECT {reads} FROM {identifier(name)}").fetchone() or ()
    return [way for way, all_of_them in zip(ways, read, strict=True) if all_of_them]


def month_forms(con: duckdb.DuckDBPyConnection, rows: str, value: str) -> list[str]:
    """Return SQL for the first day of months written as Jan-24, Okt. 24 or 202401; none where a value is no month.

    Days without a year look alike: only months up to next year are taken.

    >>> from workbench.sources import open_raw
    >>> con, _ = open_raw({}, ".")
    >>> _ = con.execute("CREATE TABLE t AS FROM (VALUES ('Jan-24', 'Jan-24'), ('Dez. 24', 'Jan-31')) AS v(m, d)")
    >>> con.execute(f"SELECT max({month_forms(con, 't', 'm')[0]})::DATE::VARCHAR FROM t").fetchone()
    ('2024-12-01',)
    >>> month_forms(con, "t", "d")
    []
    """
    define_called(con, "spelled_time")
    named = f"spelled_time(regexp_replace({value}, '^([^0-9]+?)[-_/ .'']*([0-9]{{2}})$', '\\1 20\\2'))"
    ways = [named, f"try_strptime({value}, '%Y%m')"]
    latest = date(date.today().year + 1, 12, 31)
    reads = ", ".join(f"bool_and({way} BETWEEN DATE '1990-01-01' AND DATE '{latest}')" for way in ways)
    whole = f"bool_and(regexp_full_match({value}, '[^0-9]{{3,12}}[0-9]{{2}}|(19|20)[0-9]{{4}}'))"
    *read, months = con.execute(f"SELECT {reads}, {whole} FROM {rows} WHERE {value} IS NOT NULL").fetchone() or (None,)
    return [way for way, all_of_them in zip(ways, read, strict=True) if months and all_of_them]


def likely_forms(texts: Iterable[str]) -> list[str]:
    """Return the forms of which every mark, and a word where the form has one, is in some of the texts.

    To try a form costs as much as to read the column, and most columns with digits in them are ids and amounts.

    >>> likely_forms(["12.50", "7.25"])
    ['%d.%m.%y', '%d.%m.%Y', '%Y.%m.%d', '%Y.%m.%d.', '%d.%m.%Y.', '%Y%m%d', '%Y%m%d%H%M%S']
    """
    characters = "".join(sorted(set().union(*texts)))
    present = {need for need in frozenset().union(*map(_needed, FORMS)) if re.search(need, characters)}
    return [form for form in FORMS if _needed(form) <= present]


@cache
def _needed(form: str) -> frozenset[str]:
    """Return patterns that a date of this form has.

    >>> sorted(_needed("%d. %b %Y"))
    ['[.]', '[A-Za-z]', '\\\\s']
    """
    marks = {r"\s" if mark.isspace() else f"[{mark}]" for mark in re.sub("%.", "", form)}
    return frozenset(marks | ({"[A-Za-z]"} if re.search("%[bBp]", form) else set()))


def swap_days(sql: str) -> str:
    """Return the SQL of a date with day and month the other way round."""
    return sql.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")


def mixed_orders(con: duckdb.DuckDBPyConnection, rows: str, value: str, form: str) -> Mixed | None:
    """Return how to read a column in which some dates are day first and some month first; None when one order fits.

    A date that can be either, such as 03/04/2023, is set aside, unless one of the readings is chosen. ``rows`` has all
    values, ``form`` is that of most.
    """
    first, second = form, swap_days(form)
    if first.find("%m") < first.find("%d"):
        first, second = second, first
    day, month = (f"try_strptime({value}, '{f}')" for f in (first, second))
    read = ", ".join(f"try_strptime(v, '{f}') AS {name}" for f, name in ((first, "d"), (second, "m")))
    different = f"SELECT {value} AS v, count(*) AS n FROM {rows} WHERE {value} IS NOT NULL GROUP BY 1"
    days, months, both, one, other, either = con.execute(
        "SELECT coalesce(sum(n) FILTER (m IS NULL), 0), coalesce(sum(n) FILTER (d IS NULL), 0), "
        "coalesce(sum(n) FILTER (d <> m), 0), min(v) FILTER (m IS NULL), min(v) FILTER (d IS NULL), "
        f"min(v) FILTER (d <> m) FROM (SELECT v, n, {read} FROM ({different})) WHERE d IS NOT NULL OR m IS NOT NULL"
    ).fetchone() or (0, 0, 0, "", "", "")
    if not days or not months:
        return None
    text = f"mixes {days:,} day-first dates (such as {one}) and {months:,} month-first ones (such as {other})"
    if both:
        text += f"; {both:,} can be either (such as {either}) and are set aside"
    plain = f"coalesce({day}, {month})::VARCHAR"
    aside = f"CASE WHEN {day} <> {month} THEN 'day or month first: ' || {value} ELSE coalesce({plain}, {value}) END"
    readings = tuple(
        (f"those that can be either are read {label} first", f"coalesce(coalesce({a}, {b})::VARCHAR, {value})")
        for label, a, b in (("day", day, month), ("month", month, day))
    )
    return Mixed(aside, False, text, (("those that can be either are set aside", aside), *readings))


def mixed_dates(con: duckdb.DuckDBPyConnection, some: str, rows: str, value: str) -> Mixed | None:
    """Return how to read a column of ISO dates beside dates of one other form; None when that explains too little.

    ``some`` is a sample of its values, ``rows`` has them all.
    """
    plain = PLAIN_TIME.format(value)
    forms = [form for form in FORMS if not form.startswith("%Y")]
    reads = [f"try_strptime({value}, '{form}')" for form in forms]
    counts = ", ".join(f"count({read}) FILTER ({plain} IS NULL) / count({value})" for read in reads)
    iso, *shares = con.execute(f"SELECT count({plain}) / count({value}), {counts} FROM {some}").fetchone() or (0,)
    best = max(range(len(forms)), key=lambda i: (shares[i], -i))
    if not shares[best] or iso + shares[best] < _ENOUGH:
        return None
    twin = swap_days(forms[best])
    ambiguous = twin in forms and twin != forms[best] and shares[forms.index(twin)] == shares[best]
    text = _described(con, rows, value, reads[best], _order(forms[best], ambiguous))
    return Mixed(f"coalesce({reads[best]}::VARCHAR, {value})", ambiguous, text)


def _order(form: str, ambiguous: bool) -> str:
    if "%m" not in form:
        return "spelled-out"
    if ambiguous:
        return "day-first or month-first"
    return "day-first" if form.find("%d") < form.find("%m") else "month-first"


def _described(con: duckdb.DuckDBPyConnection, rows: str, value: str, read: str, order: str) -> str:
    """Name both forms; the example of the other one has the latest day of a month, which shows its order best."""
    plain = PLAIN_TIME.format(value)
    isos, iso, others, other = con.execute(
        f"SELECT count({plain}), min({value}) FILTER ({plain} IS NOT NULL), "
        f"count({read}) FILTER ({plain} IS NULL), arg_max({value}, day({read})) FILTER ({plain} IS NULL) FROM {rows}"
    ).fetchone() or (0, "", 0, "")
    text = f"mixes {isos:,} ISO dates (such as {iso}) and {others:,} {order} ones (such as {other})"
    stated = "" if order == "spelled-out" else f", as the plain column is with dates: {order.replace('-', '_')}"
    return f"{text}; each is read as it is written{stated}"
