"""A raw file of exchange rates: it is no table of customers, and says into which currency amounts are changed."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.propose.fitting.links import customer_likeness
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.sources import RATE_WORDS, rate_columns

_MORE = 2
"""Columns that a file of rates may have beside currency, date and rate, such as the one into which they lead."""


def rates_file(tables: Iterable[RawTable]) -> RawTable | None:
    """Return the file with columns for currency, date and rate that hold such values; None without one."""
    for table in tables:
        named = rate_columns([column.name for column in table.columns])
        others = [c for c in table.columns if c.name not in named.values()]
        if len(named) == len(RATE_WORDS) and len(others) <= _MORE and all(map(_may_stand_beside, others)):
            code, day, rate = (table[named[what]] for what in RATE_WORDS)
            if code.is_currency and day.time_sql and rate.number_sql and rate.low > 0:
                return table
    return None


def _may_stand_beside(column: RawColumn) -> bool:
    """Whether a column may stand beside rates: a price list has plans there, and subscriptions have customers."""
    return column.is_currency or column.distinct <= 1 or (bool(column.number_sql) and not customer_likeness(column))


def without_rates(tables: Iterable[RawTable]) -> list[RawTable]:
    """Return the files without that of the rates."""
    rates = rates_file(tables := list(tables))
    return [table for table in tables if table is not rates]


def base_currency(rates: RawTable, found: Iterable[str]) -> str | None:
    """Return which of the currencies found is the one that has no rate: the others are changed into it."""
    code = rate_columns([column.name for column in rates.columns])["currency"]
    rated = {value.upper() for value in rates[code].values}
    return next((code for code in found if code not in rated), None)
