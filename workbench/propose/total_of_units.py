"""The amount of a sale beside its price for one unit, whatever the unit is called: nights, hours, kilometres."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import duckdb

from workbench.engines import identifier
from workbench.propose.exact_numbers import read_number
from workbench.propose.folder_evidence import Evidence
from workbench.propose.mapped import Mapped
from workbench.propose.naming import words
from workbench.propose.proposal import TableProposal
from workbench.propose.raw_columns import RawColumn

_RULE = 0.99
_FEW_ROWS, _MOST_COLUMNS, _MOST_UNITS = 20_000, 7, 10_000
_RATES = {"rate", "fx", "exchange", "kurs", "wechselkurs", "cours", "tax", "vat", "factor", "percent"}
"""Words of what an amount is multiplied by that counts nothing: the amount stays the sale."""


def with_total_of_units(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Take the amount that is the one taken times a count beside it: that one is the price of a unit.

    In nearly all rows, of which some count more than one; a rate of 119 for 3 nights is a sale of 357.
    """
    amount, raw = table.columns.get("amount"), evidence.tables[table.file]
    if table.table != "orders" or table.more or amount is None or len(amount.raw) != 1:
        return table
    if any(topic != "fit" for topic, _ in amount.steps):
        return table
    price = raw[amount.raw[0]]
    numbers = [c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag and c.high > 0]
    numbers = [c for c in numbers if c.name != price.name][:_MOST_COLUMNS]
    counts = [c for c in numbers if 0 <= c.low <= c.high - 1 < _MOST_UNITS and not words(c.name) & _RATES]
    pairs = [(count, total) for count, total in product(counts, numbers) if count.name != total.name]
    some = f"(SELECT * FROM {table.rows_here} LIMIT {_FEW_ROWS})"
    found = _fitting(con, some, price, pairs)
    if not found or not _fitting(con, table.rows_here, price, found[:1]):
        return table
    count, total = found[0]
    taken = Mapped(identifier(total.name), (total.name,), 0.8, f"{price.name} times {count.name} in nearly all rows")
    unmapped = {name: why for name, why in table.unmapped.items() if name != total.name}
    unmapped[price.name] = f"the price of a unit; {total.name} is the sale"
    return replace(table, columns={**table.columns, "amount": taken}, unmapped=unmapped)


def _fitting(
    con: duckdb.DuckDBPyConnection, rows: str, price: RawColumn, pairs: list[tuple[RawColumn, RawColumn]]
) -> list[tuple[RawColumn, RawColumn]]:
    """Return the pairs of a count and a total of which the total is the price times the count."""
    one, read = f"{read_number(price)}::DOUBLE", {c.name: f"{read_number(c)}::DOUBLE" for pair in pairs for c in pair}
    wanted = [
        f"avg((abs({read[total.name]} - {one} * {read[count.name]}) <= 0.01)::INT), "
        f"avg((abs({read[total.name]} - {one}) > 0.01)::INT)"
        for count, total in pairs
    ]
    if not wanted:
        return []
    row = con.execute(f"SELECT {', '.join(wanted)} FROM {rows} WHERE {one} <> 0").fetchone() or ()
    shares = [row[place : place + 2] for place in range(0, len(row), 2)]
    return [pair for pair, (fits, more) in zip(pairs, shares, strict=True) if (fits or 0) >= _RULE and (more or 0) > 0]
