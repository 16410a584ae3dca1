"""SQL that reads one raw value as a type of the contract: text, time, amount, number, whole, flag.

What cannot be read becomes NULL and a problem with a reason; what can be read in two ways is a doubt.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from workbench import contract
from workbench.engines import literal
from workbench.sources.numbers import number_text, plain_number
from workbench.sources.source import MISSING, MISSING_TEXT, DateOrder, Decimal, Source, TableMapping

# Spaces of all kinds, and the invisible marks that come along when right-to-left text is copied.
_EDGES = " \t\n\r\u00a0\ufeff\u200b\u200e\u200f"
_FOREIGN = "۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩−"
_WESTERN = "01234567890123456789-"
_FLOATING = ("FLOAT", "DOUBLE")
# DuckDB's types of numbers begin so; the unsigned ones with U.
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "U")
# 03/04/2024 and its like; a time with a zone, as 10:00Z, 10:00+02:00 or 10:00 Europe/Berlin.
_SLASHED = r"^\d{1,2}[-./]\d{1,2}[-./](\d{4}|\d{2})\b"
_OFFSET = r"\d:\d\d.*?(Z|[+-]\d{2}(:?\d{2})?| ?[A-Z][A-Za-z_]+(/[A-Za-z_]+)*)$"
NO_VALUE = "''"
"""SQL for the offending value where there is none to show."""
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True)
class Reading:
    """How the text of one table is read; of a column of numbers also whether all are written plainly."""

    zone: str = "UTC"
    raw_zone: str = "UTC"
    dates: DateOrder | None = None
    decimal: Decimal | None = None
    nulls: tuple[str, ...] | None = None
    plain: bool = False


@dataclass(frozen=True)
class Problem:
    """Why a row is refused: a condition, the rule it breaks, and SQL for the offending value.

    A stated one says all of its row: of a payment that was skipped nobody asks when it was tried.
    """

    condition: str
    rule: str
    value: str = NO_VALUE
    stated: bool = False


@dataclass(frozen=True)
class Value:
    """How one column is read, in layers: ``raw_x`` as mapped, ``text_x`` trimmed, ``x`` typed.

    The problems and the doubt (SQL for a text that can be read in two ways, with the cure) look at all three.
    """

    sql: str
    text: str = "NULL"
    problems: tuple[Problem, ...] = ()
    doubt: str = "NULL"
    cure: str = ""


def reading(source: Source, mapping: TableMapping) -> Reading:
    """Return how one table is read: what the table states, else what the source states."""
    nulls = source.nulls if mapping.nulls is None else mapping.nulls
    return Reading(
        zone=source.zone,
        raw_zone=mapping.time_zone or source.zone,
        dates=mapping.dates or source.dates,
        decimal=mapping.decimal or source.decimal,
        nulls=None if nulls is None else tuple(nulls),
    )


def read_value(column: contract.Column, sql_type: str, how: Reading) -> Value:
    """Return how a raw value of a DuckDB type is read as the column's contract type.

    Raises ValueError when a value of that type can never be one.
    """
    raw, name = f'"raw_{column.name}"', f'"{column.name}"'
    value = _typed(column, sql_type, how)
    missing = f"({_missing(column, sql_type)})"
    problems = list(value.problems)
    if column.type != "text" and value.sql != raw:
        rule = f"{column.name} is no {'whole number' if column.type == 'whole' else column.type}"
        problems.insert(0, Problem(f"NOT {missing} AND {name} IS NULL", rule, f"left({raw}::VARCHAR, 60)"))
    if column.required:
        problems.append(Problem(missing, f"{column.name} is missing"))
    return dataclasses.replace(value, problems=tuple(problems))


def _missing(column: contract.Column, sql_type: str) -> str:
    if column.type == "text":
        return f'"{column.name}" IS NULL'
    if sql_type in _FLOATING:
        return f'"raw_{column.name}" IS NULL OR isnan("raw_{column.name}")'
    return f'"{"text" if is_text(sql_type) else "raw"}_{column.name}" IS NULL'


def _typed(column: contract.Column, sql_type: str, how: Reading) -> Value:
    raw = f'"raw_{column.name}"'
    if column.type == "text":
        return Value(_as_text(column, raw, sql_type, how))
    text = _as_text(column, raw, sql_type, how) if is_text(sql_type) else "NULL"
    if column.type == "time":
        value = _time(column, raw, sql_type, how)
    elif column.type == "flag":
        value = Value(raw if sql_type == "BOOLEAN" else _flag(column, sql_type))
    else:
        value = _number(column, raw, sql_type, how)
    return dataclasses.replace(value, text=text)


def is_text(sql_type: str) -> bool:
    """Return whether a DuckDB type is read as text."""
    return sql_type in ("VARCHAR", "JSON", "UUID", '"NULL"') or sql_type.startswith("ENUM")


def _as_text(column: contract.Column, raw: str, sql_type: str, how: Reading) -> str:
    if sql_type in _FLOATING:
        # pandas and Excel keep whole numbers with a gap among them as 17850.0: as an id that is 17850.
        whole = f"CASE WHEN isnan({raw}) THEN NULL WHEN {raw} = trunc({raw}) AND abs({raw}) < 1e15 "
        return f"{whole} THEN {raw}::BIGINT::VARCHAR ELSE {raw}::VARCHAR END"
    if not is_text(sql_type):
        return f"{raw}::VARCHAR"
    return trimmed(column, raw if sql_type == "VARCHAR" else f"{raw}::VARCHAR", how)


def trimmed(column: contract.Column, sql: str, how: Reading) -> str:
    """Return SQL for a column's text without the spaces around it, NULL for the words that stand for nothing."""
    words = how.nulls
    if words is None:
        words = MISSING if column.type != "text" or column.time_class == "key" else MISSING_TEXT
    return plain_text(sql, words)


def plain_text(sql: str, words: tuple[str, ...]) -> str:
    """Return SQL for trimmed text, NULL for the empty one and for ``words``.

    Trimming every kind of space is slow, and so is looking at a last character by its place; text that begins with a
    letter or digit as no word does, or is longer than the words, and ends with no space passes first.
    """
    longest = max((len(word.encode()) for word in words), default=0)
    ends = " OR ".join(f"ends_with({sql}, {literal(space)})" for space in _EDGES)
    no_word = f"strlen({sql}) > {longest}"
    if not any(word[:1].isdigit() for word in words):
        no_word = f"(({sql}) < ':' OR {no_word})"
    edges = f"({sql}) >= '0' AND ({sql}) < '{{' AND NOT ({ends})"
    trimmed = f"trim({sql}, {literal(_EDGES)})"
    return (
        f"CASE WHEN {no_word} AND {edges} THEN {sql} WHEN {_among(trimmed, ('', *words))} THEN NULL ELSE {trimmed} END"
    )


def _among(sql: str, words: tuple[str, ...]) -> str:
    # DuckDB turns IN with many words into a join, once for every time it is written.
    return f"list_contains([{', '.join(literal(word) for word in words)}]::VARCHAR[], {sql})"


def _is_number(sql_type: str) -> bool:
    return sql_type.startswith(_NUMBERS) and not sql_type.startswith(("UUID", "UNION"))


_TRUE = (
    "true t yes y 1 1.0 ja j evet bale oui si sí sì s sim tak ano igen da wahr vrai x "
    "بله بلی آری نعم да так ναι はい 是 예"
)
_FALSE = (
    "false f no n 0 0.0 nee nein nej nei non não nao nie ne nem nu hayır hayir falsch faux "
    "خیر نه لا нет ні όχι いいえ 否 아니요"
)
TRUE_WORDS, FALSE_WORDS = tuple(_TRUE.split()), tuple(_FALSE.split())
"""What flags are written as; x marks a box."""


def _flag(column: contract.Column, sql_type: str) -> str:
    text = f'"text_{column.name}"' if is_text(sql_type) else f'"raw_{column.name}"::VARCHAR'
    return (
        f"CASE WHEN {_among(f'lower({text})', TRUE_WORDS)} THEN true "
        f"WHEN {_among(f'lower({text})', FALSE_WORDS)} THEN false END"
    )


def _number(column: contract.Column, raw: str, sql_type: str, how: Reading) -> Value:
    target = contract.SQL_TYPES[column.type]
    if sql_type == target:
        return Value(f"CASE WHEN isfinite({raw}) THEN {raw} END" if sql_type == "DOUBLE" else raw)
    if _is_number(sql_type):
        whole = f"CASE WHEN {raw} = trunc({raw}) THEN TRY_CAST({raw} AS {target}) END"
        return Value(whole if column.type == "whole" else f"TRY_CAST({raw} AS {target})")
    if not is_text(sql_type):
        raise ValueError(f"gives {sql_type}, where a number is needed")
    text = f'"text_{column.name}"'
    number = plain_number(text, how.decimal) if how.plain else number_text(text, how.decimal)
    if column.type == "whole":
        # A whole number beside a gap is written 2.0 by pandas; three zeros may be a thousand.
        number = f"CASE WHEN regexp_full_match({number}, '[-+]?\\d+(\\.00?)?') THEN {number} END"
    return Value(f"TRY_CAST({number} AS {target})")


def _time(column: contract.Column, raw: str, sql_type: str, how: Reading) -> Value:
    if sql_type == "TIMESTAMP WITH TIME ZONE":
        return _in_range(column, f"timezone({literal(how.zone)}, {raw})")
    if sql_type.startswith("TIMESTAMP") or sql_type == "DATE":
        return _wall_clock(column, raw if sql_type == "TIMESTAMP" else f"{raw}::TIMESTAMP", how)
    if not is_text(sql_type):
        raise ValueError(f"gives {sql_type}, where a time is needed; write to_timestamp(…) for seconds since 1970")
    text = f'"text_{column.name}"'
    value = _wall_clock(column, time_text(text, how), how)
    if how.dates is not None:
        return value
    doubt = f"CASE WHEN regexp_matches({_western(text)}, '{_SLASHED}') THEN {text} END"
    return dataclasses.replace(
        value, doubt=doubt, cure="can be read in two ways: state dates: day_first or month_first"
    )


def time_text(text: str, how: Reading) -> str:
    """Return SQL for the wall-clock time, in the raw zone, that a text states; NULL when it states none."""
    western = _western(text)
    # As 10:00:00 +0100 is written in exports, DuckDB wants 10:00:00+01:00.
    zoned = f"regexp_replace({western}, ' ?([-+]\\d{{2}})(\\d{{2}})$', '\\1:\\2')"
    offset = f"timezone({literal(how.raw_zone)}, TRY_CAST({zoned} AS TIMESTAMPTZ))"
    iso = f"CASE WHEN regexp_matches({western}, '{_OFFSET}') THEN {offset} ELSE TRY_CAST({western} AS TIMESTAMP) END"
    if how.dates not in ("day_first", "month_first"):
        return iso
    order = "%d-%m-" if how.dates == "day_first" else "%m-%d-"
    formats = ", ".join(literal(f"{order}{year}{clock}") for clock in _CLOCKS for year in ("%y", "%Y"))
    dashed = rf"regexp_replace({western}, '^(\d{{1,2}})[-./](\d{{1,2}})[-./]', '\1-\2-')"
    ordered = f"try_strptime({dashed}, [{formats}])"
    return f"CASE WHEN regexp_matches({western}, '{_SLASHED}') THEN {ordered} ELSE {iso} END"


def _western(text: str) -> str:
    digits = f"translate({text}, {literal(_FOREIGN)}, {literal(_WESTERN)})"
    return f"CASE WHEN {text} < ':' THEN {text} ELSE {digits} END"


def _wall_clock(column: contract.Column, sql: str, how: Reading) -> Value:
    """A naive time of the raw zone, moved to the source's zone; refused where clocks skipped it."""
    moved = sql
    if how.raw_zone != how.zone:
        moved = f"timezone({literal(how.zone)}, timezone({literal(how.raw_zone)}, {sql}))"
    value = _in_range(column, moved)
    days = skipped_days(how.raw_zone)
    if not days:
        return value
    raw = literal(how.raw_zone)
    listed = f"list_contains({list(days)}::DATE[], ({sql})::DATE)"
    # A date without a time is midnight, and stands for its day where clocks skip that hour too.
    skipped = (
        f"CASE WHEN {listed} AND ({sql})::TIME <> '00:00:00' THEN timezone({raw}, timezone({raw}, {sql})) <> {sql} END"
    )
    gap = Problem(skipped, f"{column.name} falls into an hour that {how.raw_zone} skipped", f"({sql})::VARCHAR")
    return dataclasses.replace(value, problems=(*value.problems, gap))


def _in_range(column: contract.Column, sql: str) -> Value:
    # Dates such as 9999-12-31 stand for "never" and would stretch the history to it.
    name = f'"{column.name}"'
    outside = f"{name} < TIMESTAMP '1900-01-01' OR {name} >= TIMESTAMP '2200-01-01'"
    return Value(sql, problems=(Problem(outside, f"{column.name} is outside 1900 to 2199", f"{name}::VARCHAR"),))


@cache
def skipped_days(zone: str) -> tuple[str, ...]:
    """Return the days, 1970 to 2099, in which a zone's clocks went forward.

    >>> skipped_days("UTC"), skipped_days("Europe/Berlin")[-2:]
    ((), ('2099-03-29', '2099-03-30'))
    """
    days = []
    at, before = datetime(1970, 1, 1, tzinfo=UTC), timedelta.max
    while at.year < 2100:
        offset = at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
        if offset > before:
            # The clocks went forward within the last day, by UTC: by the wall it may be either day.
            days += [str((at + offset - timedelta(days=back)).date()) for back in (1, 0)]
        at, before = at + timedelta(days=1), offset
    return tuple(sorted(set(days)))
