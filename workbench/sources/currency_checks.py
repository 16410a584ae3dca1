"""Amounts of several currencies in one column: asked about, never added up."""

from __future__ import annotations

import re

import duckdb

from workbench.contract import Table
from workbench.engines import identifier, literal
from workbench.errors import SourceError
from workbench.sources.currencies import CODES
from workbench.sources.numbers import currency_text
from workbench.sources.source import Source, TableMapping

_NAMES = re.compile(r"(^|[^a-z])(currenc|curr(?![a-z])|ccy|valuta|währung|waehrung|devise|moneda|para_?birimi)", re.I)
UNSTATED = "XXX"
"""The currency of data frames, which state none."""
_CURE = "state currency_column (rows in other currencies are set aside), and rates to change them into"


def check_currencies(
    con: duckdb.DuckDBPyConnection, spec: Table, mapping: TableMapping, source: Source, rows: str, texts: dict[str, str]
) -> None:
    """Raise SourceError where amounts are of another currency than the source states, and nothing says which row's.

    ``texts`` is SQL for the text of each amount that is text.
    """
    amounts = [name for name in mapping.columns if spec[name].type == "amount"]
    if mapping.currency_column is not None or not amounts:
        return
    found = {column: _codes(con, rows, column) for column in _currency_columns(con, mapping, rows)}
    found |= {name: _signs(con, rows, text) for name, text in texts.items() if name in amounts}
    wrong = [
        _sentence(source, column, several) for column, several in found.items() if set(several) - {source.currency}
    ]
    if wrong:
        raise SourceError(" ".join(f"tables.{spec.name}: {sentence}" for sentence in wrong))


def _currency_columns(con: duckdb.DuckDBPyConnection, mapping: TableMapping, rows: str) -> list[str]:
    """Return the raw columns named like a currency that no expression of the source file reads."""
    names = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]
    written = " ".join((mapping.sql or "", *mapping.expressions.values())).lower()
    return [name for name in names if _NAMES.search(name) and name.lower() not in written]


def _codes(con: duckdb.DuckDBPyConnection, rows: str, column: str) -> dict[str, int]:
    text = f"upper(trim({identifier(column)}::VARCHAR))"
    found = con.execute(
        f"SELECT {text}, count(*) FROM {rows} WHERE {text} <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200"
    ).fetchall()
    return dict(found) if {code for code, _ in found} <= set(CODES) else {}


def _signs(con: duckdb.DuckDBPyConnection, rows: str, text: str) -> dict[str, int]:
    """Return the currencies written beside amounts; signs that several countries share only beside others."""
    odd = f"WHERE NOT regexp_full_match({text}, {literal('[-+0-9.,]*')}) GROUP BY 1"
    found = con.execute(
        f"SELECT {currency_text('text')} AS sign, sum(n)::BIGINT "
        f"FROM (SELECT {text} AS text, count(*) AS n FROM {rows} {odd}) "
        "GROUP BY 1 HAVING sign IS NOT NULL ORDER BY 2 DESC, 1"
    ).fetchall()
    shared = [sign for sign, _ in found if sign not in CODES]
    return {} if len(found) == 1 and shared else dict(found)


def _sentence(source: Source, column: str, several: dict[str, int]) -> str:
    listed = ", ".join(f"{code} ({n:,})" for code, n in list(several.items())[:5])
    if len(several) == 1:
        (code,) = several
        return f"by {column} the amounts are in {listed}, the source says {source.currency}; state currency: {code}."
    return f"{column} has amounts in {listed}; {_CURE} {source.currency}."
