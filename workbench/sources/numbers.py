"""The one reader of numbers as people and programs write them, and the decimal mark a whole column uses.

Read are ``12,50``, ``1.250,00``, ``12,50 €``, ``R$ 1.037,50``, ``(12.50)``, ``12.50-``, ``1'234.50``, ``1 234,50``,
``1,25,000.50``, ``12,-``, ``١٢٫٥`` and their like. A percentage is no number, nor is a number with a unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from workbench.engines import literal
from workbench.sources.currencies import CODES, SHARED, WORDS, code_sql, sign_pattern
from workbench.sources.source import Decimal

# Digits of other scripts become ours; the Arabic decimal mark becomes _, for it is never anything else; every kind of
# space or apostrophe becomes ', which only parts thousands; what is listed last has no partner and goes.
_DIGITS = "۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩०१२३४५६७८९０１２３４５６７８９"
_MINUS = "−–‒﹣－"
_SPACES = " \t\n\r\u00a0\u202f\u2009\u2007\u2002\u2003\u3000’‘´`ʼ٬"
_MARKS = "٫．，،（）"
_INVISIBLE = "\u200b\u200e\u200f\u061c\ufeff\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
_FROM = _DIGITS + _MINUS + _SPACES + _MARKS + _INVISIBLE
_TO = "0123456789" * 4 + "-" * len(_MINUS) + "'" * len(_SPACES) + "_.,,()"
# Translating takes the longer the more there is to look for, and most texts hold no more than these.
_USUAL, _FEW, _FEW_TO = r"[ -~€£\x{a0}]*", " \u00a0", "''"

_CURRENCY, _SIGN = sign_pattern(), "¤"
_DIGITS_AND_MARKS = r"[.,_]?\d(?:[\d.,_']*\d)?"
# An exponent, a lone mark, or a mark and dashes for no cents (12,-), may end a number.
_NUMBER = rf"{_DIGITS_AND_MARKS}(?:[eE][-+]?\d+|[.,_]-{{0,2}})?"
_SIDE = rf"'*(?:{_SIGN}'*)?"
_POSITIVE = rf"{_SIDE}\+?'*{_NUMBER}{_SIDE}|'*\+{_SIDE}{_NUMBER}{_SIDE}"
_NEGATIVE = (
    rf"{_SIDE}-'*{_NUMBER}{_SIDE}|'*-{_SIDE}{_NUMBER}{_SIDE}|{_SIDE}{_DIGITS_AND_MARKS}{_SIDE}-{_SIDE}"
    rf"|{_SIDE}\({_SIDE}{_NUMBER}{_SIDE}\){_SIDE}"
)

_LATIN, _POINT = re.compile(r"[A-Za-z][^\W\d_ʼ]*(?:\$[A-Za-z]*|/)?"), re.compile(r"([^\W\d_]|/)\.")
_BESIDE = {"e", "E", *CODES, *map(str.lower, CODES), *_LATIN.findall(" ".join((*WORDS.values(), SHARED)))}
_BEFORE_SIGN = re.compile(r"[A-Z]{1,3}(?:\$|(?=[^\x00-\x7f]))")

_PLAIN = {"point": r"[-+]?\d+(\.\d+)?", "comma": r"[-+]?\d+(,\d+)?"}
_SURE = {"point": r"[-+]?\d+(\.(\d{1,2}|\d{4,}))?", "comma": r"[-+]?\d+(,(\d{1,2}|\d{4,}))?"}


def western_digits(text: str) -> str:
    """Return SQL for a text with the digits of other scripts written as ours."""
    return f"translate({text}, {literal(_DIGITS)}, '{'0123456789' * 4}')"


@dataclass(frozen=True)
class DecimalMark:
    """Which decimal mark a column of numbers uses, and what that rests on; ``ambiguous`` where it is not known.

    ``mark`` is None where no value has a mark, and where it is ambiguous. ``plain``: each value is digits, with a
    sign or this mark at the most.
    """

    mark: Decimal | None
    evidence: str = "no value has a decimal mark"
    ambiguous: bool = False
    plain: bool = field(default=False, repr=False)


def plain_number(text: str, decimal: Decimal | None) -> str:
    """Return SQL for a plain number's text as SQL writes it."""
    return f"replace({text}, ',', '.')" if decimal == "comma" else text


def number_text(text: str, decimal: Decimal | None) -> str:
    """Return SQL for a number's text as SQL writes it, or ``no number: …``, which no CAST accepts.

    ``text`` is SQL for trimmed text. Thousands must be parted in threes (or as in 1,25,000), for 9.50 with a decimal
    comma is not 950. With no decimal mark stated, 1,234.50 is read and 1,234 is not.
    """
    mark, part = (",", ".") if decimal == "comma" else (".", ",")
    plain = plain_number(text, decimal)
    joined = f"replace(replace(translate(bare, {literal(part + chr(39))}, ''), '{mark}', '.'), '_', '.')"
    grammar = literal(_grammar(mark, part, stated=decimal is not None))
    other = f"CASE WHEN regexp_full_match(bare, {grammar}) THEN regexp_replace({joined}, '\\.-*$', '') END"
    # Most numbers are plain, and looking closely at each of them would cost ten times the rest.
    return (
        f"CASE WHEN regexp_full_match({text}, '{_PLAIN[decimal or 'point']}') THEN {plain} "
        f"WHEN {text} IS NULL THEN NULL "
        f"ELSE coalesce({once(_bare(text), 'bare', other)}, 'no number: ' || {text}) END"
    )


def spelled_number_macro() -> str:
    """Return SQL that defines ``spelled_number(text, mark)`` for a connection: the number of a text, else nothing.

    ``mark`` is comma or point. It reads as loading does: (12,50) and 12,50- are below 0, and 1.250,00 EUR is 1250.
    """
    marked = f"CASE mark WHEN 'comma' THEN {number_text('plain', 'comma')} ELSE {number_text('plain', 'point')} END"
    read = once("trim(text::VARCHAR)", "plain", f"TRY_CAST({marked} AS DECIMAL(18, 4))")
    return f"CREATE OR REPLACE TEMP MACRO spelled_number(text, mark) AS {read}"


def is_number(text: str) -> str:
    """Return SQL for whether trimmed text is a number, whatever its decimal mark."""
    either = "|".join(
        (_grammar(".", ",", stated=True), _grammar(",", ".", stated=True), _grammar(".", ",", stated=False))
    )
    return once(_bare(text), "bare", f"regexp_full_match(bare, {literal(either)})")


def may_be_number(text: str) -> bool:
    """Return whether a text has no other words of Latin letters than numbers have: most have, and SQL need not look.

    >>> may_be_number("1.250,00 EUR"), may_be_number("kr. 5"), may_be_number("1e3"), may_be_number("NT$ 90")
    (True, True, True, True)
    >>> may_be_number("Firm 7"), may_be_number("S0012")
    (False, False)
    """
    bare = _POINT.sub(r"\1", text)
    return all(found[0] in _BESIDE or _BEFORE_SIGN.match(bare, found.start()) for found in _LATIN.finditer(bare))


def once(sql: str, name: str, use: str) -> str:
    """Return SQL that computes ``sql`` once, however often ``use`` names it."""
    return f"list_transform([{sql}], lambda {name}: {use})[1]"


def _grammar(mark: str, part: str, *, stated: bool) -> str:
    parts = rf"[\{part}']" if stated else "'"
    whole = rf"(\d+|\d{{1,3}}({parts}\d{{3}})+|\d{{1,2}}({parts}\d{{2}})+{parts}\d{{3}})"
    fraction = rf"([\{mark}_](\d*|-{{1,2}}))"
    both = "" if stated else r"|(\d{1,3}(,\d{3})+|\d{1,2}(,\d{2})+,\d{3})\.\d+"
    return rf"[-+]?({whole}{fraction}?|[\{mark}_]\d+{both})([eE][-+]?\d+)?"


def _western(text: str) -> str:
    """Return SQL for a text in our digits and marks, without the points of abbreviations such as kr. or Rs."""
    few = f"translate({text}, {literal(_FEW)}, {literal(_FEW_TO)})"
    every = f"translate({text}, {literal(_FROM)}, {literal(_TO)})"
    west = f"CASE WHEN regexp_full_match({text}, '{_USUAL}') THEN {few} ELSE {every} END"
    return f"regexp_replace({west}, '([\\pL/])\\.', '\\1', 'g')"


def _bare(text: str) -> str:
    """Return SQL for the number in a text: sign first, no currency, its marks as they are written.

    Any currency becomes one sign first: all of them at each of ten places took a pattern ten times as long to read.
    """
    number = f"regexp_extract(west, {literal(_NUMBER)})"
    bare = (
        f"CASE WHEN regexp_full_match(west, {literal(_POSITIVE)}) THEN {number} "
        f"WHEN regexp_full_match(west, {literal(_NEGATIVE)}) THEN '-' || {number} ELSE west END"
    )
    return once(f"regexp_replace({_western(text)}, {literal(_CURRENCY)}, '{_SIGN}', 'g')", "west", bare)


def currency_text(text: str) -> str:
    """Return SQL for the currency written beside a number: its code, or a sign such as $; NULL where there is none."""
    sign = f"nullif(regexp_extract({_western(text)}, {literal(_CURRENCY)}), '')"
    return (
        f"CASE WHEN regexp_full_match({text}, '[-+0-9.,]*') THEN NULL ELSE {once(sign, 'sign', code_sql('sign'))} END"
    )


def _votes(mark: str, part: str) -> str:
    """Return a regular expression for numbers that can only be read with this decimal mark."""
    m, p = rf"\{mark}", rf"\{part}"
    return (
        rf"[-+]?([\d']*{m}(\d{{1,2}}|\d{{4,}}|-{{1,2}})|\d{{4,}}{m}\d+|0*{m}\d+|[\d']*'\d{{3}}{m}\d+"
        rf"|[\d']+({p}\d{{2,3}})+{m}\d*|\d{{1,3}}({p}\d{{2,3}}){{2,}})"
    )


def infer_decimals(con: duckdb.DuckDBPyConnection, rows: str, texts: Mapping[str, str]) -> dict[str, DecimalMark]:
    """Return the decimal mark of each column: name → SQL for its trimmed text, over the relation ``rows``.

    Looked at are the different values: prices repeat, and looking at a text costs ten times grouping it.
    """
    return {
        name: _mark_of(con, f"SELECT {text} AS text, count(*) AS n FROM {rows} GROUP BY 1")
        for name, text in texts.items()
    }


def _mark_of(con: duckdb.DuckDBPyConnection, different: str) -> DecimalMark:
    sure = ", ".join(f"regexp_full_match(text, '{pattern}') AS {mark}" for mark, pattern in _SURE.items())
    found = con.execute(f"SELECT {_SURE_COUNTS} FROM (SELECT *, {sure} FROM ({different}))").fetchone() or ()
    return _weighed(con, different, *found)


def infer_decimal(con: duckdb.DuckDBPyConnection, rows: str, text: str) -> DecimalMark:
    """Return the decimal mark of one column, given SQL for its trimmed text over the relation ``rows``.

    >>> con = duckdb.connect()
    >>> infer_decimal(con, "(VALUES ('1.250'), ('12,50 €')) AS t(v)", "v")
    DecimalMark(mark='comma', evidence='1 of 2 values can only be read so, such as 12,50 €', ambiguous=False)
    >>> infer_decimal(con, "(VALUES ('1.250'), ('3')) AS t(v)", "v").evidence
    'each value with a mark can be read in two ways, such as 1.250'
    """
    return infer_decimals(con, rows, {"v": text})["v"]


def _rows_where(condition: str) -> str:
    return f"coalesce(sum(n) FILTER ({condition}), 0)::BIGINT"


_SURE_COUNTS = ", ".join(
    [_rows_where("NOT point AND NOT comma")]
    + [
        f"{_rows_where(marked)}, min(text) FILTER ({marked})"
        for marked in ("point AND contains(text, '.')", "comma AND contains(text, ',')")
    ]
)
"""SQL for what plain numbers show: how many others there are, and for each mark the sure ones and one."""


def _weighed(
    con: duckdb.DuckDBPyConnection, different: str, others: int, points: int, point: str, commas: int, comma: str
) -> DecimalMark:
    """Weigh the values that are no plain numbers beside the sure ones."""
    either, unclear = 0, ""
    if others:
        more_points, a_point, more_commas, a_comma, either, unclear = _closer(con, different)
        points, point, commas, comma = points + more_points, point or a_point, commas + more_commas, comma or a_comma
    if commas and points:
        evidence = (
            f"{comma[:40]} has a decimal comma ({commas:,} such values), {point[:40]} a decimal point ({points:,})"
        )
        return DecimalMark(None, evidence, ambiguous=True)
    if commas or points:
        mark: Decimal = "comma" if commas else "point"
        votes, example = (commas, comma) if commas else (points, point)
        evidence = f"{votes:,} of {votes + either:,} values can only be read so, such as {example[:40]}"
        return DecimalMark(mark, evidence, plain=not others)
    if either:
        evidence = f"each value with a mark can be read in two ways, such as {unclear[:40]}"
        return DecimalMark(None, evidence, ambiguous=True)
    return DecimalMark(None, plain=not others)


def _closer(con: duckdb.DuckDBPyConnection, different: str) -> tuple[Any, ...]:
    """Count the values that only a decimal point, only a comma, or either explains, with an example of each."""
    tests = (_votes(".", ","), _votes(",", "."), r"[-+]?[1-9]\d{0,2}[.,]\d{3}")
    matches = [f"regexp_full_match(bare, {literal(test)})" for test in tests]
    wanted = ", ".join(f"{_rows_where(m)}, min(text) FILTER ({m})" for m in matches)
    sure = f"regexp_full_match(text, '{'|'.join(_SURE.values())}')"
    odd = f"SELECT * FROM ({different}) WHERE NOT {sure}"
    return con.execute(f"SELECT {wanted} FROM (SELECT *, {_bare('text')} AS bare FROM ({odd}))").fetchone() or ()
