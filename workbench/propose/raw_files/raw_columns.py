"""What the values of a raw file look like: types, shapes, uniqueness, frequent values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import duckdb
import numpy as np

from workbench.engines import identifier, literal
from workbench.propose.raw_files.date_forms import (
    PLAIN_TIME,
    Mixed,
    likely_forms,
    mixed_dates,
    mixed_orders,
    month_forms,
    swap_days,
)
from workbench.propose.raw_files.samples import Sample, look_at, seen, some_of
from workbench.propose.raw_files.texts import count_letters, has_digits, share
from workbench.propose.words.lexicon import FLAG_WORDS
from workbench.propose.words.naming import means
from workbench.sources import (
    CODES,
    MISSING,
    Decimal,
    DecimalMark,
    calendar_of,
    currency_text,
    define_called,
    infer_decimal,
    is_number,
    may_be_number,
    names_month,
    number_text,
    western_digits,
)

NO_MARK = DecimalMark(None)
_ORDER_ROWS = 20_000
_ENOUGH = 0.95
_CURRENCIES = frozenset(CODES)
_PLAIN_CODES = {"eur", "usd", "gbp", "chf", "cad", "aud"}
"""Codes that billing systems write in small letters, and that are no words."""
_MOST_LETTERS = 5
_MARKS: tuple[Decimal | None, ...] = (None, "comma", "point")
TERM_DAYS = {"week": (6, 8), "month": (27, 32), "quarter": (88, 93), "year": (363, 367)}
"""The fewest and most days of a term of each billing period, the shortest first."""
_BRIEF = (0, 1)
_NEVER = "(9999|2999)"
_NO_DATE = re.compile(f"([0:. -]+|{_NEVER}[-/.]?[0-9][0-9].*|[0-9]+[-/.][0-9]+[-/.]{_NEVER}.*)")
"""What systems write where there is no date: 0, 0000-00-00 00:00:00, or the last day there is, 31.12.9999."""
_MONTH = re.compile(r"\D{3,12}\d\d|\d{6}")
"""A month that is written without its day: Jan-24, 202401."""
_FOREIGN_DIGIT = re.compile(r".*(?![0-9])\d.*")
_YEAR_FIRST = re.compile(r"\s*\d{4}-")
_SPACE, _SEVERAL = re.compile(".* .*", re.DOTALL), re.compile(r"\w+(;\w+)+", re.ASCII)
_PLAIN_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_UNSIGNED = re.compile(r"[0-9]{1,12}(\.[0-9]{1,3})?")
_DIGITS = re.compile(r"\d+")
_WHOLE, _FLOATING = re.compile(r"[-+]?[0-9]+"), re.compile(r"[0-9]+\.0")
_SHORTENED = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+[0-9]{1,3}")
_MAYBE_NUMBER = re.compile(r"(?=.*\d)[^_#/:@]*")
_DATED = ("date", "start", "end", "signup", "create", "close", "cancel", "renew")
_ZONE = re.compile(r".*\d{2}:\d{2}.*(Z|UTC|GMT|[+-]\d{2}:?\d{0,2})\s*", re.ASCII)
"""A time of day with an offset, or with the letter of UTC."""
_CLOCK = re.compile(r"\s*\d{1,2}[:.h]\d{2}([:.]\d{2}(\.\d+)?)?\s*([aApP]\.?[mM]\.?|Uhr)?\s*")
"""A time of day beside its date."""
_WEEK = re.compile(r"\d{4}-?W\d{2}")
"""A week of the ISO calendar, which begins on its Monday."""
_CENTS = r"-?\d+(00|90|99|50|95)"


@dataclass(frozen=True)
class RawColumn:
    """One raw column: counts over the rows looked at, and the SQL that reads it as a time or number, if any does."""

    name: str
    rows: int
    filled: int
    distinct: int
    time_sql: str = ""
    number_sql: str = ""
    ambiguous_days: bool = False
    days_as: str = ""
    mixed: str = ""
    readings: tuple[tuple[str, str], ...] = ()
    whole: bool = False
    low: float = 0.0
    high: float = 0.0
    negative: float = 0.0
    zoned: float = 0.0
    spaces: float = 0.0
    length: float = 0.0
    several: bool = False
    no_dates: tuple[str, ...] = ()
    mark: DecimalMark = NO_MARK
    sign: str = ""
    like_cents: bool = False
    has_clock: bool = False
    example: str = ""
    values: dict[str, float] = field(default_factory=dict)
    texts: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether no row has a value."""
        return self.filled == 0

    @property
    def is_all_in_texts(self) -> bool:
        """Whether ``texts``, a sample of its different values, has them all."""
        return len(self.texts) == self.distinct

    @property
    def unique(self) -> float:
        """Distinct values per filled row."""
        return self.distinct / self.filled if self.filled else 0.0

    @cached_property
    def flag(self) -> bool:
        """Whether its values are yes and no; those of a country are Norway and Slovenia."""
        answers = 0 < self.distinct <= 2 and set(self.values) <= set(FLAG_WORDS.split())
        return answers and not means(self.name, "country")

    @cached_property
    def floating(self) -> bool:
        """Whether whole numbers are written as floating ones, as a column of ids with gaps may be: 17.0 for 17."""
        return bool(self.number_sql) and not self.whole and all(map(_FLOATING.fullmatch, self.texts))

    @property
    def _shortened(self) -> bool:
        """Whether some of its whole numbers are written as a spreadsheet shortens long ones: 8.00125E+11."""
        spelled = [bool(_SHORTENED.fullmatch(text)) for text in self.texts]
        whole = all(s or _WHOLE.fullmatch(text) for s, text in zip(spelled, self.texts, strict=True))
        return any(spelled) and not all(spelled) and whole

    @property
    def separator(self) -> str:
        """What parts several ids in one cell; empty when each cell holds one."""
        return ";" if self.several else ""

    @cached_property
    def is_currency(self) -> bool:
        """Whether its values are codes of currencies; Bob, cup and pen are none where no name says so."""
        codes = bool(self.values) and {value.upper() for value in self.values} <= _CURRENCIES
        return codes and (means(self.name, "currency") or self.example.isupper() or self.example in _PLAIN_CODES)

    @cached_property
    def keylike(self) -> bool:
        """Whether it could name a row or what the row belongs to."""
        whole = self.whole or self.floating or self._shortened
        number = bool(self.number_sql) and not whole and not means(self.name, "id")
        prose = self.spaces > 0.5 and self.length > 25
        flat = self.empty or self.flag or self.is_currency
        clock = bool(self.texts) and all(map(_CLOCK.fullmatch, self.texts))
        return not (flat or self.time_sql or number or prose or self.low < 0 or clock)


@dataclass(frozen=True)
class RawTable:
    """One raw file as seen: its rows and columns.

    For each two times: the share of rows in which the first is not later, and the shares of rows in which the time
    between them is that of each usual billing period.
    """

    name: str
    rows: int
    columns: tuple[RawColumn, ...]
    in_order: dict[tuple[str, str], float]
    spans: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    brief: dict[tuple[str, str], float] = field(default_factory=dict)
    """For each two times, the share of rows in which the second is of the same day as the first or the next."""
    listed: frozenset[str] = frozenset()
    """The columns that a list of prices adds."""

    def __getitem__(self, column: str) -> RawColumn:
        return {c.name: c for c in self.columns}[column]


def profile_table(con: duckdb.DuckDBPyConnection, name: str, select: str = "") -> RawTable:
    """Return what the first million rows of a relation, or of the SELECT that reads it, look like.

    Leaves them as a text table, and samples of its columns as another (see ``look_at``).
    """
    rows, samples = look_at(con, name, select)
    columns = tuple(_describe(con, name, rows, sample) for sample in samples)
    in_order, spans, brief = order_of_times(con, name, [c for c in columns if c.time_sql])
    return RawTable(name, rows, columns, in_order, spans, brief)


def _row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    return tuple(con.execute(sql).fetchone() or ())


def _describe(con: duckdb.DuckDBPyConnection, table: str, rows: int, sample: Sample) -> RawColumn:
    texts = sample.texts
    column = RawColumn(sample.column, rows, sample.filled, sample.distinct, values=sample.values, texts=texts)
    if column.empty:
        return column
    column = replace(
        column,
        spaces=share(texts, _SPACE),
        length=sum(map(len, texts)) / len(texts),
        several=not share(texts, _SPACE) and share(texts, _SEVERAL) > 0,
        example=min(texts),
    )
    column = _with_time(con, table, texts, column)
    if column.time_sql:
        column = replace(column, zoned=share(texts, _ZONE))
    return _with_number(con, table, texts, column)


def _with_time(con: duckdb.DuckDBPyConnection, table: str, texts: tuple[str, ...], column: RawColumn) -> RawColumn:
    no_dates = _no_dates(texts)
    dates = [text for text in texts if not _NO_DATE.fullmatch(text) and text not in no_dates]
    if column.flag or not has_digits(dates):
        return column
    # In Parquet it may be a number.
    value = _without_blanks(f"{identifier(column.name)}::VARCHAR", texts, no_dates)
    found = _read_times(con, table, texts, column, value)
    if not found.time_sql:
        return found
    return _without_no_dates(con, table, texts, replace(found, no_dates=no_dates))


def _without_no_dates(
    con: duckdb.DuckDBPyConnection, table: str, texts: tuple[str, ...], column: RawColumn
) -> RawColumn:
    """Count what stands for no date as empty: 99991231 fills no row."""
    none = {text for text in texts if _NO_DATE.fullmatch(text) or text in column.no_dates}
    if not none or len(none) == len(texts):
        return column
    filled = _row(con, f"SELECT count({column.time_sql}) FROM {seen(table)}")[0]
    return replace(column, filled=filled, distinct=max(column.distinct - len(none), 1))


def _read_times(
    con: duckdb.DuckDBPyConnection, table: str, texts: tuple[str, ...], column: RawColumn, value: str
) -> RawColumn:
    some, own = some_of(table), f"{identifier(column.name)}::VARCHAR"
    if calendar := _other_calendar(column, texts):
        define_called(con, "other_calendar")
        return _read_as(con, some, column, f"coalesce(other_calendar({value})::VARCHAR, {value})", mixed=calendar)
    iso, has_clock = _plain_times(con, some, value) if _has_year(texts) else (0, False)
    if 0 < iso < 1 and (mixed := mixed_dates(con, some, seen(table), value)):
        return _read_as(con, some, column, mixed.sql, ambiguous_days=mixed.ambiguous, mixed=mixed.text)
    if iso >= _ENOUGH:
        return replace(column, time_sql=identifier(column.name) if value == own else value, has_clock=has_clock)
    formats = likely_forms([text for text in texts if not _NO_DATE.fullmatch(text)])
    tries = [f"try_strptime({value}, '{f}')" for f in formats] + _other_forms(con, some, texts, column, value)
    if not tries:
        return column
    wanted = ", ".join(f"count({t}) / greatest(count({value}), 1)" for t in tries)
    shares = con.execute(f"SELECT {wanted} FROM {some}").fetchone() or ()
    best = max(range(len(tries)), key=lambda i: (shares[i], -i))
    if shares[best] > 0 and (two := _two_orders(con, table, value, dict(zip(formats, shares, strict=False)))):
        return _read_as(con, some, column, two.sql, mixed=two.text, readings=two.readings)
    if shares[best] < _ENOUGH or (tries[best].find("%Y%m%d") > 0 and not _recent_years(con, some, tries[best])):
        return column
    twin = swap_days(tries[best])
    ambiguous = twin != tries[best] and twin in tries and shares[tries.index(twin)] == shares[best]
    return _read_as(con, some, column, f"coalesce({tries[best]}::VARCHAR, {value})", ambiguous_days=ambiguous)


def _plain_times(con: duckdb.DuckDBPyConnection, some: str, value: str) -> tuple[float, bool]:
    """Return the share of texts that are times as SQL writes them, and whether any is another than midnight."""
    plain = PLAIN_TIME.format(value)
    share_of, clock = _row(con, f"SELECT count({plain}) / greatest(count({value}), 1), {_clock(plain)} FROM {some}")
    return share_of, bool(clock)


def _read_as(con: duckdb.DuckDBPyConnection, some: str, column: RawColumn, sql: str, **facts: Any) -> RawColumn:
    """Return a column with the SQL that reads its times, and whether any is another than midnight."""
    (has_clock,) = _row(con, f"SELECT {_clock(PLAIN_TIME.format(f'({sql})'))} FROM {some}")
    return replace(column, time_sql=sql, has_clock=bool(has_clock), **facts)


def _clock(time: str) -> str:
    return f"count(*) FILTER (({time})::TIME <> TIME '00:00') > 0"


def _other_forms(
    con: duckdb.DuckDBPyConnection, some: str, texts: tuple[str, ...], column: RawColumn, value: str
) -> list[str]:
    """Return SQL for times with a zone, counts of seconds or days, and months by their name or without a day."""
    zoned = f"(try_strptime({value}, ['%Y-%m-%d %H:%M:%S %z', '%Y-%m-%dT%H:%M:%S%z']) AT TIME ZONE 'UTC')"
    seconds = share(texts, _DIGITS) and not means(column.name, "id")  # ids may be as long
    tries = ([zoned] if share(texts, _ZONE) else []) + (_epochs(value) if seconds else [])
    dated = any(means(column.name, meaning) for meaning in _DATED)
    tries += [_spreadsheet_day(value)] if dated else []
    if any(map(names_month, texts)):
        define_called(con, "spelled_time")
        tries.append(f"spelled_time({value})")
    tries += [f"try_strptime(replace({value}, '-', '') || '1', '%GW%V%u')"] if share(texts, _WEEK) else []
    return tries + (month_forms(con, some, value) if dated and any(map(_MONTH.fullmatch, texts)) else [])


def _other_calendar(column: RawColumn, texts: tuple[str, ...]) -> str:
    """Return what a person should know of dates of another calendar than ours; empty for all others."""
    dates = [text for text in texts if not _NO_DATE.fullmatch(text)]
    named = [calendar for text in dates if (calendar := calendar_of(text))]
    joined = share(tuple(dates), _DIGITS) and not any(means(column.name, meaning) for meaning in _DATED)
    if not named or joined or len(named) < _ENOUGH * len(dates):
        return ""
    return f"is of the {named[0]} calendar (such as {min(dates)}): each date is read as its day in the Gregorian one"


def _has_year(texts: tuple[str, ...]) -> bool:
    return any(_YEAR_FIRST.match(text) for text in texts)


_MOST_NO_DATES = 5
"""Different words beside the dates of a column up to which they stand for no date, as ongoing does."""


def _no_dates(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words without a digit among dates: they stand for no date, as ongoing does, or for an unknown one."""
    words = sorted(
        t for t in texts if re.search(r"[^\W\d_]", t) and not re.search(r"\d", t) and t.strip() not in MISSING
    )
    return () if len(words) > _MOST_NO_DATES or len(words) == len(texts) else tuple(words)


def _without_blanks(value: str, texts: tuple[str, ...], no_dates: tuple[str, ...] = ()) -> str:
    """Return SQL for a text without what stands for no date, in our digits."""
    if no_dates:
        value = f"CASE WHEN {value} NOT IN ({', '.join(map(literal, no_dates))}) THEN {value} END"
    if share(texts, _NO_DATE):
        value = f"nullif(regexp_replace({value}, '^{_NO_DATE.pattern}$', ''), '')"
    return western_digits(value) if share(texts, _FOREIGN_DIGIT) else value


def _two_orders(con: duckdb.DuckDBPyConnection, table: str, value: str, shares: dict[str, float]) -> Mixed | None:
    """Return how to read days before months beside months before days, where neither order reads all dates."""
    form = max(shares, key=lambda f: shares[f])
    twin = shares.get(swap_days(form), 0.0)
    if swap_days(form) == form or shares[form] + twin < _ENOUGH:
        return None
    return mixed_orders(con, seen(table), value, form)


def _epochs(value: str) -> list[str]:
    """Return SQL for seconds, milliseconds and microseconds since 1970."""
    number = f"TRY_CAST({value} AS BIGINT)"
    return [
        f"CASE WHEN regexp_full_match({value}, '[0-9]+') "
        f"AND {number} BETWEEN {946684800 * parts} AND {2200000000 * parts} "
        f"THEN make_timestamp({number} * {1000000 // parts}) END"
        for parts in (1, 1000, 1000000)
    ]


def _spreadsheet_day(value: str) -> str:
    """Return SQL for the days since 1899-12-30 as which spreadsheets hold a date, from 1982 to 2064."""
    number = f"TRY_CAST({value} AS DOUBLE)"
    return f"CASE WHEN {number} BETWEEN 30000 AND 60000 THEN DATE '1899-12-30' + CAST(floor({number}) AS INTEGER) END"


def _recent_years(con: duckdb.DuckDBPyConnection, some: str, sql: str) -> bool:
    """Eight digits may as well be an order number."""
    return bool(_row(con, f"SELECT count(*) FILTER (year({sql}) BETWEEN 1970 AND 2100) = count({sql}) FROM {some}")[0])


def _with_number(con: duckdb.DuckDBPyConnection, table: str, texts: tuple[str, ...], column: RawColumn) -> RawColumn:
    value, some = identifier(column.name), some_of(table)
    plain, longest = share(texts, _PLAIN_NUMBER), sum(map(count_letters, texts)) / len(texts)
    likely = sum(map(may_be_number, texts)) >= _ENOUGH * len(texts) and share(texts, _MAYBE_NUMBER) >= _ENOUGH
    if not likely or longest > _MOST_LETTERS or (column.time_sql and plain < 1):
        return column
    if plain < 1 and _row(con, f"SELECT avg(({is_number(value)})::INT) FROM {some}")[0] < _ENOUGH:
        return column
    whole = column.is_all_in_texts and share(texts, _WHOLE) == 1
    mark = NO_MARK if whole else infer_decimal(con, seen(table), value)
    if column.is_all_in_texts and share(texts, _UNSIGNED) == 1:
        return replace(column, number_sql=value, mark=mark, whole=whole, **_figures(texts))
    number = f"SELECT {value} AS v, {_number(value, mark, plain == 1)} AS n FROM"
    sign = f"mode({currency_text('v')})" if longest or plain < 1 else "NULL"
    is_whole, low, high, negative, written, cents, least = con.execute(
        f"SELECT bool_and(regexp_full_match(v, '[-+]?\\d+')), min(n), max(n), "
        f"(SELECT avg((n < 0)::INT) FROM ({number} {seen(table)})), "
        f"{sign}, bool_and(regexp_full_match(v, {literal(_CENTS)})) FILTER (n <> 0), "
        f"min(abs(n)) FILTER (n <> 0) FROM ({number} {some})"
    ).fetchone() or (False, 0, 0, 0, "", False, 0)
    return replace(
        column,
        number_sql=value,
        mark=mark,
        whole=bool(is_whole),
        low=low or 0.0,
        high=high or 0.0,
        negative=negative or 0.0,
        sign=written or "",
        like_cents=bool(cents) and (least or 0.0) >= 100,
    )


def _figures(texts: tuple[str, ...]) -> dict[str, Any]:
    """Return what a query finds of texts that are all plain numbers without a sign, none of them negative."""
    numbers = [float(text) for text in texts]
    some = [(text, number) for text, number in zip(texts, numbers, strict=True) if number]
    cents = bool(some) and all(re.fullmatch(_CENTS, text) for text, _ in some)
    like_cents = cents and min(number for _, number in some) >= 100
    return {"low": min(numbers), "high": max(numbers), "like_cents": like_cents}


def _number(value: str, mark: DecimalMark, plain: bool) -> str:
    """Return SQL for the number in a text; where its mark is ambiguous, as any of them reads it."""
    if plain:
        return f"TRY_CAST({value} AS DOUBLE)"
    marks = _MARKS if mark.ambiguous else (mark.mark,)
    return f"coalesce({', '.join(f'TRY_CAST({number_text(value, m)} AS DOUBLE)' for m in marks)})"


def order_of_times(
    con: duckdb.DuckDBPyConnection, table: str, times: list[RawColumn]
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], dict[str, float]], dict[tuple[str, str], float]]:
    """Return, for each two times, the share of rows in which the first is not later, a term is between, or a day."""
    pairs = [(a, b) for a in times for b in times if a.name != b.name][:90]
    if not pairs:
        return {}, {}, {}
    at, day = _times_of_some(con, table, times)
    in_order, spans, brief = {}, {}, {}
    for pair in ((a.name, b.name) for a, b in pairs):
        first, second = pair
        known = ~np.isnan(at[first]) & ~np.isnan(at[second])
        later, days = (each[second][known] - each[first][known] for each in (at, day))
        in_order[pair] = float((later >= 0).mean()) if known.any() else 0.5
        spans[pair] = {term: _share_between(days, *most) for term, most in TERM_DAYS.items()}
        brief[pair] = _share_between(days, *_BRIEF)
    return in_order, spans, brief


def _share_between(days: np.ndarray, fewest: int, most: int) -> float:
    return float(((days >= fewest) & (days <= most)).mean()) if len(days) else 0.0


def _times_of_some(
    con: duckdb.DuckDBPyConnection, table: str, times: list[RawColumn]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the times of some rows by column, in microseconds and in days since 1970; NaN where there is none."""
    read = [PLAIN_TIME.format(f"({column.time_sql})") for column in times]
    values = ", ".join(f"({time})::TIMESTAMP AS t{place}" for place, time in enumerate(read))
    wanted = ", ".join(
        f"epoch_us(t{i})::DOUBLE AS at{i}, epoch(t{i}::DATE) / 86400 AS day{i}" for i in range(len(read))
    )
    some = f"(SELECT {values} FROM {seen(table)} USING SAMPLE {_ORDER_ROWS} ROWS (reservoir, 1))"
    rows = np.array(con.execute(f"SELECT {wanted} FROM {some}").fetchall(), dtype=float).reshape(-1, 2 * len(times)).T
    names = [column.name for column in times]
    return dict(zip(names, rows[::2], strict=True)), dict(zip(names, rows[1::2], strict=True))
