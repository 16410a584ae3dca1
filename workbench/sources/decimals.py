"""The decimal marks of one table's columns, each inferred from all its values where the source states none."""

from __future__ import annotations

import duckdb

from workbench.contract import Table
from workbench.sources.expressions import cast_text, casts_to_numbers
from workbench.sources.numbers import DecimalMark, infer_decimals
from workbench.sources.source import TableMapping
from workbench.sources.values import Reading, is_text, trimmed

_NUMBERS = ("amount", "number", "whole")


def column_marks(
    con: duckdb.DuckDBPyConnection, spec: Table, mapping: TableMapping, rows: str, types: dict[str, str], how: Reading
) -> dict[str, DecimalMark]:
    """Return the decimal mark of each column that is a number in the contract and text in the raw rows."""
    return _inferred(con, rows, number_texts(spec, mapping, types, how), how)


def number_texts(spec: Table, mapping: TableMapping, types: dict[str, str], how: Reading) -> dict[str, str]:
    """Return SQL for the trimmed text of each column that is a number in the contract and text in the raw rows."""
    return {
        name: trimmed(spec[name], f"({sql}\n)::VARCHAR", how)
        for name, sql in mapping.columns.items()
        if spec[name].type in _NUMBERS and is_text(types[name])
    }


def operand_marks(
    con: duckdb.DuckDBPyConnection, mapping: TableMapping, rows: str, how: Reading
) -> dict[str, DecimalMark]:
    """Return the decimal mark of each text that the mapped expressions cast to a number."""
    casts = [operand for sql in mapping.columns.values() for operand in casts_to_numbers(sql)]
    return _inferred(con, rows, {operand: cast_text(operand, how) for operand in casts}, how)


def _inferred(con: duckdb.DuckDBPyConnection, rows: str, texts: dict[str, str], how: Reading) -> dict[str, DecimalMark]:
    if how.decimal is not None:
        return {}
    try:
        return infer_decimals(con, f"{rows} AS raw_row", texts)
    except duckdb.Error:
        return {}  # what cannot be computed for some row is refused row by row
