"""Amounts of several currencies in one column: asked about, never added up."""

from __future__ import annotations

import re

import duckdb

from workbench.contract import UNKNOWN_CURRENCY, Table
from workbench.engines import identifier, literal
from workbench.errors import SourceError
from workbench.sources.currencies import CODES, code_sql
from workbench.sources.numbers import currency_text
from workbench.sources.source import Source, TableMapping

_NAMES = re.compile(r"(^|[^a-z])(currenc|curr(?![a-z])|ccy|valuta|währung|waehrung|devise|moneda|para_?birimi)", re.I)
"""The currency of data frames, which state none."""
_CURE = "state currency_column (rows in other currencies are set aside), and rates to change them into"


def check_currencies(
    con: duckdb.DuckDBPyConnection, spec: Table, mapping: TableMapping, source: Source, rows: str, texts: dict[str, str]
) -> None:
    """Raise SourceError where amounts are of another currency than the source states, and nothing says which row's;
    also where each row says it, and the source does not choose one.

    ``texts`` is SQL for the text of each amount that is text.
    """
    amounts = [name for name in mapping.columns if spec[name].type == "amount"]
    if not amounts:
        return
    if mapping.currency_column is not None:
        _check_one_is_chosen(con, spec, source, rows, mapping.currency_column)
        return
    found = {column: _codes(con, rows, column) for column in _currency_columns(con, mapping, rows)}
    found |= {name: _signs(con, rows, text) for name, text in texts.items() if name in amounts}
    wrong = [
        _sentence(source, column, several) for column, several in found.items() if set(several) - {source.currency}
    ]
    if wrong:
        raise SourceError(" ".join(f"tables.{spec.name}: {sentence}" for sentence in wrong))


def _check_one_is_chosen(con: duckdb.DuckDBPyConnection, spec: Table, source: Source, rows: str, column: str) -> None:
    """Raise SourceError where each row states its currency and the source does not state which one counts."""
    if source.currency != UNKNOWN_CURRENCY:
        return
    several = _counted(con, rows, code_sql(f"trim(({column}\n)::VARCHAR)"))
    if several:
        cannot = "" if len(several) == 1 else ", which cannot be added up"
        how = "rows in other currencies are set aside, or changed into it where rates names a raw file of rates"
        raise SourceError(
            f"tables.{spec.name}: {column} has amounts in {_listed(several)}{cannot}, and the source states no "
            f"currency; choose one, such as currency: {next(iter(several))} ({how})."
        )


def _currency_columns(con: duckdb.DuckDBPyConnection, mapping: TableMapping, rows: str) -> list[str]:
    """Return the raw columns named like a currency that no expression of the source file reads."""
    names = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]
    written = " ".join((mapping.sql or "", *mapping.expressions.values())).lower()
    return [name for name in names if _NAMES.search(name) and name.lower() not in written]


def _codes(con: duckdb.DuckDBPyConnection, rows: str, column: str) -> dict[str, int]:
    found = _counted(con, rows, f"upper(trim({identifier(column)}::VARCHAR))")
    return found if set(found) <= set(CODES) else {}


def _counted(con: duckdb.DuckDBPyConnection, rows: str, text: str) -> dict[str, int]:
    return dict(
        con.execute(
            f"SELECT {text}, count(*) FROM {rows} WHERE {text} <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200"
        ).fetchall()
    )


def _signs(con: duckdb.DuckDBPyConnection, rows: str, text: str) -> dict[str, int]:
    """Return the currencies written beside amounts; signs that several countries share only beside others."""
    odd = f"FROM {rows} WHERE NOT regexp_full_match({text}, {literal('[-+0-9.,]*')})"
    if con.execute(f"SELECT 1 {odd} LIMIT 1").fetchone() is None:
        return {}  # planning what follows takes longer than to look at a small table
    found = con.execute(
        f"SELECT {currency_text('text')} AS sign, sum(n)::BIGINT "
        f"FROM (SELECT {text} AS text, count(*) AS n {odd} GROUP BY 1) "
        "GROUP BY 1 HAVING sign IS NOT NULL ORDER BY 2 DESC, 1"
    ).fetchall()
    shared = [sign for sign, _ in found if sign not in CODES]
    return {} if len(found) == 1 and shared else dict(found)


def _sentence(source: Source, column: str, several: dict[str, int]) -> str:
    listed = _listed(several)
    if len(several) == 1:
        (code,) = several
        or_here = (
            "" if source.currency == UNKNOWN_CURRENCY else ", or currency_column where that is so of this table alone"
        )
        found = f"by {column} the amounts are in {listed}, the source says {source.currency}"
        return f"{found}; state currency: {code}{or_here}."
    return f"{column} has amounts in {listed}; {_CURE} {source.currency}."


def _listed(several: dict[str, int]) -> str:
    return ", ".join(f"{code} ({n:,})" for code, n in list(several.items())[:5])
