"""The amount of a sale beside its price for one unit, whatever the unit is called: nights, hours, kilometres."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import duckdb

from workbench.engines import identifier
from workbench.propose.columns.money import doubts_of_amount
from workbench.propose.fitting.fit import is_no_money
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import exact, read_number
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn
from workbench.propose.words.naming import means, words
from workbench.sources import CODES

_RULE = 0.99
_FEW_ROWS, _MOST_COLUMNS, _MOST_UNITS = 20_000, 7, 10_000
_OF_ONE_AMOUNT = {"fit", "tax", "cents"}
"""What is asked of an amount by itself, and is asked anew of the total."""
_NO_SALE = {code.lower() for code in CODES} | {
    *("point", "limit", "weighted", "expected", "weight", "contract", "lifetime")
}
"""Words of products of a price that are no sale, or one in another currency."""


def with_total_of_units(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Take the total that is the price taken times a count beside it, in nearly all rows: a rate of 119 for 3 nights.

    Only of a column called a price, and a total called money in no currency of its own; it is asked about.
    """
    amount, raw = table.columns.get("amount"), evidence.tables[table.file]
    if table.table != "orders" or table.more or amount is None or len(amount.raw) != 1:
        return table
    price = raw[amount.raw[0]]
    if not means(price.name, "price") or {topic for topic, _ in amount.steps} - _OF_ONE_AMOUNT:
        return table
    numbers = [c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag and c.high > 0]
    numbers = [c for c in numbers if c.name != price.name][:_MOST_COLUMNS]
    counts = [c for c in numbers if c.whole and 0 <= c.low <= c.high - 1 < _MOST_UNITS]
    totals = [c for c in numbers if means(c.name, "amount") and not words(c.name) & _NO_SALE and not is_no_money(c)]
    pairs = [(count, total) for count, total in product(counts, totals) if count.name != total.name]
    some = f"(SELECT * FROM {table.rows_here} LIMIT {_FEW_ROWS})"
    found = _fitting(con, some, price, pairs)
    if not found or not _fitting(con, table.rows_here, price, found[:1]):
        return table
    count, total = found[0]
    text = f"{total.name} is {price.name} times {count.name} in nearly all rows, and taken for the sale"
    choices = (Choice(total.name), Choice(f"{price.name} alone", exact(price)))
    taken = Mapped(identifier(total.name), (total.name, price.name), 0.8, f"{price.name} times {count.name}")
    taken = taken.doubted(Doubt("units", text, "money", choices), *doubts_of_amount(raw, total))
    unmapped = {name: why for name, why in table.unmapped.items() if name not in taken.raw}
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
