"""The one reader of numbers as people and programs write them, and the decimal mark a whole column uses.

Read are ``12,50``, ``1.250,00``, ``12,50 €``, ``R$ 1.037,50``, ``(12.50)``, ``12.50-``, ``1'234.50``, ``1 234,50``,
``1,25,000.50``, ``12,-``, ``١٢٫٥`` and their like. A percentage is no number, nor is a number with a unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from workbench.engines import literal
from workbench.sources.currencies import code_sql, sign_pattern
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

_CURRENCY = sign_pattern()
_DIGITS_AND_MARKS = r"[.,_]?\d(?:[\d.,_']*\d)?"
# An exponent, a lone mark, or a mark and dashes for no cents (12,-), may end a number.
_NUMBER = rf"({_DIGITS_AND_MARKS}(?:[eE][-+]?\d+|[.,_]-{{0,2}})?)"
_BEFORE, _AFTER = rf"'*(?:{_CURRENCY}'*)?", rf"'*(?:{_CURRENCY})?'*"
_PARENTHESES = rf"^{_BEFORE}\('*(?:{_CURRENCY}'*)?{_NUMBER}{_AFTER}\){_AFTER}$"
_TRAILING = rf"^{_BEFORE}({_DIGITS_AND_MARKS}){_AFTER}-{_AFTER}$"
_BARE = rf"^'*([-+]?)'*(?:{_CURRENCY}'*)?([-+]?)'*{_NUMBER}{_AFTER}$"

_PLAIN = r"[-+]?\d+(\.\d+)?"
_SURE = r"[-+]?\d+(\.(\d{1,2}|\d{4,}))?"


@dataclass(frozen=True)
class DecimalMark:
    """Which decimal mark a column of numbers uses, and what that rests on; ``ambiguous`` where it is not known.

    ``mark`` is None where no value has a mark, and where it is ambiguous.
    """

    mark: Decimal | None
    evidence: str = "no value has a decimal mark"
    ambiguous: bool = False


def number_text(text: str, decimal: Decimal | None) -> str:
    """Return SQL for a number's text as SQL writes it, or ``no number: …``, which no CAST accepts.

    ``text`` is SQL for trimmed text. Thousands must be parted in threes (or as in 1,25,000), for 9.50 with a decimal
    comma is not 950. With no decimal mark stated, 1,234.50 is read and 1,234 is not.
    """
    mark, part = (",", ".") if decimal == "comma" else (".", ",")
    bare = _bare(text)
    plain = f"replace(replace(replace(replace({bare}, '{part}', ''), '''', ''), '{mark}', '.'), '_', '.')"
    # Most numbers are plain, and translating each of them would cost ten times the rest.
    fast = f"WHEN regexp_full_match({text}, '{_PLAIN}') THEN {text}"
    if decimal == "comma":
        fast = f"WHEN regexp_full_match({text}, '[-+]?\\d+(,\\d+)?') THEN replace({text}, ',', '.')"
    return (
        f"CASE {fast} WHEN {text} IS NULL THEN NULL "
        f"WHEN regexp_full_match({bare}, {literal(_grammar(mark, part, stated=decimal is not None))}) "
        f"THEN regexp_replace({plain}, '\\.-*$', '') ELSE 'no number: ' || {text} END"
    )


def _grammar(mark: str, part: str, *, stated: bool) -> str:
    parts = rf"[\{part}']" if stated else "'"
    whole = rf"(\d+|\d{{1,3}}({parts}\d{{3}})+|\d{{1,2}}({parts}\d{{2}})+{parts}\d{{3}})"
    fraction = rf"([\{mark}_](\d*|-{{1,2}}))"
    both = "" if stated else r"|(\d{1,3}(,\d{3})+|\d{1,2}(,\d{2})+,\d{3})\.\d+"
    return rf"[-+]?({whole}{fraction}?|[\{mark}_]\d+{both})([eE][-+]?\d+)?"


def _translated(text: str) -> str:
    return f"translate({text}, {literal(_FROM)}, {literal(_TO)})"


def _bare(text: str) -> str:
    """Return SQL for the number in a text: sign first, no currency, its marks as they are written."""
    sql = _translated(text)
    for pattern, kept in ((_PARENTHESES, r"-\1"), (_TRAILING, r"-\1"), (_BARE, r"\1\2\3")):
        sql = f"regexp_replace({sql}, {literal(pattern)}, {literal(kept)})"
    return sql


def currency_text(text: str) -> str:
    """Return SQL for the currency written beside a number: its code, or a sign such as $; NULL where there is none."""
    sign = f"nullif(regexp_extract({_translated(text)}, {literal(_CURRENCY)}), '')"
    return f"CASE WHEN {text} < ':' AND regexp_full_match({text}, '[-+\\d.,]*') THEN NULL ELSE {code_sql(sign)} END"


def _votes(mark: str, part: str) -> str:
    """Return a regular expression for numbers that can only be read with this decimal mark."""
    m, p = rf"\{mark}", rf"\{part}"
    return (
        rf"[-+]?([\d']*{m}(\d{{1,2}}|\d{{4,}}|-{{1,2}})|\d{{4,}}{m}\d+|0*{m}\d+|[\d']*'\d{{3}}{m}\d+"
        rf"|[\d']+({p}\d{{2,3}})+{m}\d*|\d{{1,3}}({p}\d{{2,3}}){{2,}})"
    )


def infer_decimals(con: duckdb.DuckDBPyConnection, rows: str, texts: Mapping[str, str]) -> dict[str, DecimalMark]:
    """Return the decimal mark of each column: name → SQL for its trimmed text, over the relation ``rows``.

    One pass over all rows; a second one over the rows that have more than a plain number in them.
    """
    if not texts:
        return {}
    first = ", ".join(
        f"count(*) FILTER ({t} IS NOT NULL AND NOT regexp_full_match({t}, '{_SURE}')), "
        f"count(*) FILTER (contains({t}, '.') AND regexp_full_match({t}, '{_SURE}')), "
        f"min({t}) FILTER (contains({t}, '.') AND regexp_full_match({t}, '{_SURE}'))"
        for t in texts.values()
    )
    found = con.execute(f"SELECT {first} FROM {rows}").fetchone() or ()
    marks = {}
    for place, (name, text) in enumerate(texts.items()):
        others, points, example = found[3 * place : 3 * place + 3]
        marks[name] = _weighed(con, rows, text, points, example) if others else _only_points(points, example)
    return marks


def infer_decimal(con: duckdb.DuckDBPyConnection, rows: str, text: str) -> DecimalMark:
    """Return the decimal mark of one column, given SQL for its trimmed text over the relation ``rows``.

    >>> con = duckdb.connect()
    >>> infer_decimal(con, "(VALUES ('1.250'), ('12,50 €')) AS t(v)", "v")
    DecimalMark(mark='comma', evidence='1 of 2 values can only be read so, such as 12,50 €', ambiguous=False)
    >>> infer_decimal(con, "(VALUES ('1.250'), ('3')) AS t(v)", "v").evidence
    'each value with a mark can be read in two ways, such as 1.250'
    """
    return infer_decimals(con, rows, {"v": text})["v"]


def _only_points(points: int, example: str | None) -> DecimalMark:
    return _settled("point", points, points, str(example)) if points else DecimalMark(None)


def _settled(mark: Decimal, votes: int, marked: int, example: str) -> DecimalMark:
    return DecimalMark(mark, f"{votes:,} of {marked:,} values can only be read so, such as {example[:40]}")


def _weighed(con: duckdb.DuckDBPyConnection, rows: str, text: str, points: int, example: str | None) -> DecimalMark:
    """Weigh the values that are no plain numbers, beside the ``points`` that are sure already."""
    bare = _bare(text)
    tests = {
        "comma": literal(_votes(",", ".")),
        "point": literal(_votes(".", ",")),
        "either": literal(r"[-+]?[1-9]\d{0,2}[.,]\d{3}"),
    }
    wanted = ", ".join(
        f"count(*) FILTER (regexp_full_match(bare, {t})), min(text) FILTER (regexp_full_match(bare, {t}))"
        for t in tests.values()
    )
    odd = f"SELECT {text} AS text, {bare} AS bare FROM {rows} WHERE NOT regexp_full_match({text}, '{_SURE}')"
    commas, comma, more_points, point, either, unclear = con.execute(f"SELECT {wanted} FROM ({odd})").fetchone() or ()
    points, point = points + more_points, point or example
    if commas and points:
        return DecimalMark(
            None,
            f"{str(comma)[:40]} has a decimal comma ({commas:,} such values), {str(point)[:40]} a decimal point "
            f"({points:,})",
            ambiguous=True,
        )
    if commas or points:
        mark: Decimal = "comma" if commas else "point"
        return _settled(mark, commas or points, commas + points + either, str(comma if commas else point))
    if either:
        return DecimalMark(
            None, f"each value with a mark can be read in two ways, such as {str(unclear)[:40]}", ambiguous=True
        )
    return DecimalMark(None)
