"""A raw file of exchange rates: it is no table of customers, and says into which currency amounts are changed."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.propose.raw_columns import RawTable

_COLUMNS = {"currency", "date", "rate"}


def rates_file(tables: Iterable[RawTable]) -> RawTable | None:
    """Return the file whose columns are named currency, date and rate and hold such values; None without one."""
    for table in tables:
        named = {column.name.lower(): column for column in table.columns}
        if named.keys() >= _COLUMNS and len(named) <= len(_COLUMNS) + 2:
            code, day, rate = (named[name] for name in ("currency", "date", "rate"))
            if code.is_currency and day.time_sql and rate.number_sql and rate.low > 0:
                return table
    return None


def without_rates(tables: Iterable[RawTable]) -> list[RawTable]:
    """Return the files without that of the rates."""
    rates = rates_file(tables := list(tables))
    return [table for table in tables if table is not rates]


def base_currency(rates: RawTable, found: Iterable[str]) -> str | None:
    """Return which of the currencies found is the one that has no rate: the others are changed into it."""
    rated = {value.upper() for column in rates.columns if column.name.lower() == "currency" for value in column.values}
    return next((code for code in found if code not in rated), None)
