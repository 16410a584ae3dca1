"""An exchange rate in each row, 1 for one currency: that is the company's own, and the rate leads from the others."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb

from workbench.engines import identifier
from workbench.propose.proposed.doubts import SAME, Choice, Doubt
from workbench.propose.proposed.exact_numbers import exact
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.raw_files.samples import seen
from workbench.propose.words.naming import means
from workbench.sources import number_text

_WIDEST = 3.0
"""How many times its lowest value the rate of one currency may reach."""


def with_row_rates(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """Read amounts of several currencies in the one whose rate is 1, and ask in which of three ways the rate leads."""
    name = next((n for n in ("amount", "mrr") if n in table.columns), None)
    stated = table.stated.get("currency_column", ("",))[0]
    code = next((c for c in raw.columns if identifier(c.name) == stated and len(c.values) > 1), None)
    if name is None or code is None or not table.columns[name].raw:
        return table
    amount = raw[table.columns[name].raw[0]]
    for rate in filter(_may_be_rate, raw.columns):
        read = _number(rate, amount)
        if base := _base(con, raw, code, read):
            apart = _apart(con, raw, code, _number(amount, amount), read, base)
            return _converted(table, name, code, rate, base, apart)
    return table


def _may_be_rate(column: RawColumn) -> bool:
    number = column.number_sql and not column.time_sql and 0 < column.low < column.high
    return bool(number) and not means(column.name, "id") and not means(column.name, "quantity")


def own_currency(table: TableProposal) -> str:
    """Return the currency into which the rates of the rows lead; empty where there are none.

    >>> own_currency(TableProposal("orders", "o", {}, stated={"currency_column": ("'CZK'", "")}))
    'CZK'
    """
    stated = re.fullmatch("'([A-Z]{3})'", str(table.stated.get("currency_column", ("",))[0]))
    return stated.group(1) if stated else ""


def _base(con: duckdb.DuckDBPyConnection, raw: RawTable, code: RawColumn, value: str) -> str:
    """Return the only currency whose rows have the rate 1; empty where the column is no rate of the currencies."""
    rows = con.execute(
        f"SELECT {_code(code)}, min({value}), max({value}), bool_or({value} = 1) FROM {seen(raw.name)} "
        f"WHERE {_code(code)} <> '' GROUP BY 1"
    ).fetchall()
    if any(low is None or low <= 0 or high > _WIDEST * low for _, low, high, _ in rows):
        return ""
    ones = [str(found) for found, low, high, one in rows if one]
    return ones[0] if len(ones) == 1 and all(low == high == 1 for found, low, high, _ in rows if found in ones) else ""


def _converted(
    table: TableProposal, name: str, code: RawColumn, rate: RawColumn, base: str, apart: list[float]
) -> TableProposal:
    # Without a rate, an amount in another currency is unknown.
    mapped, by = table.columns[name], f"CASE WHEN {_code(code)} = '{base}' THEN 1 ELSE nullif({exact(rate)}, 0) END"
    own = f"CAST({SAME} AS DECIMAL(18, 4))"
    readings = (
        Choice(f"in {base} already", SAME),
        Choice(f"in the currency of the row: times {rate.name}", f"{own} * {by}"),
        Choice(f"in the currency of the row: divided by {rate.name}", f"{own} / {by}"),
    )
    text = (
        f"{rate.name} is 1 for {base} alone: amounts are in {base}, or become it by {rate.name}; proposed is the "
        "reading under which those in all currencies are about as large"
    )
    doubt = Doubt("rate", text, "money", tuple(readings[place] for place in sorted(range(3), key=apart.__getitem__)))
    columns = {**table.columns, name: replace(mapped, raw=(*mapped.raw, rate.name)).doubted(doubt)}
    stated = {**table.stated, "currency_column": (f"'{base}'", f"by the rate 1 in {rate.name}")}
    return replace(table, columns=columns, stated=stated)


def _apart(
    con: duckdb.DuckDBPyConnection, raw: RawTable, code: RawColumn, amount: str, rate: str, base: str
) -> list[float]:
    """Return how far the usual amounts of the currencies lie apart as written, times the rate, and divided by it."""
    rows = con.execute(
        f"SELECT {_code(code)} = '{base}', ln(median({amount})), ln(median({rate})) FROM {seen(raw.name)} "
        f"WHERE {amount} > 0 AND {rate} > 0 AND {_code(code)} <> '' GROUP BY {_code(code)}"
    ).fetchall()
    usual = next((level for own, level, _ in rows if own), 0.0)
    others = [(level - usual, size) for own, level, size in rows if not own]
    return [sum(abs(level + way * size) for level, size in others) for way in (0, 1, -1)]


def _code(column: RawColumn) -> str:
    return f"upper(trim({identifier(column.name)}))"


def _number(column: RawColumn, beside: RawColumn) -> str:
    """Return SQL for a number with its own decimal mark, or that of the amount beside it where its own is unclear."""
    mark = column.mark.mark or beside.mark.mark
    return f"TRY_CAST({number_text(f'{identifier(column.name)}::VARCHAR', mark)} AS DOUBLE)"
