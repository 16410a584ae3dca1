"""Whether a price beside a number of months is that of a month or of the whole term, as the prices themselves show."""

from __future__ import annotations

import math
from dataclasses import replace

import duckdb

from workbench.propose.columns.billing_periods import months_in_numbers
from workbench.propose.proposed.doubts import Choice
from workbench.propose.proposed.exact_numbers import exact, read_number
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import words


def price_by_term(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """Read a price as a month's where that of the longest term is hardly more than that of the shortest one."""
    mrr = table.columns.get("mrr")
    doubt = next((d for d in mrr.doubts if d.topic == "period"), None) if mrr else None
    months = months_in_numbers(raw, raw[mrr.raw[0]]) if mrr and doubt else None
    if not mrr or not doubt or months is None or exact(months) not in doubt.choices[0].step:
        return table
    if words(months.name) & _HOW_OFTEN or _grows(con, table, raw[mrr.raw[0]], months):
        return table
    text = f"{mrr.raw[0]} is about the same whatever {months.name} says, and taken as a month's"
    found = mrr.answered("period", Choice("a month's").step)
    asked = replace(doubt, text=text, choices=doubt.choices[::-1])
    found = replace(found, doubts=tuple(asked if d == doubt else d for d in mrr.doubts))
    return replace(table, columns={**table.columns, "mrr": found})


_HOW_OFTEN = {"interval", "frequency", "every", "delivery", "deliveries", "shipment", "order", "charge"}
"""Words of a number that says how often something is delivered and charged: the price is that of each time."""


def _grows(con: duckdb.DuckDBPyConnection, table: TableProposal, price: RawColumn, months: RawColumn) -> bool:
    """Whether usual prices rise with the months of the term by more than half of the way, on a scale of ratios."""
    rows = con.execute(
        f"SELECT {read_number(months)} AS months, median({read_number(price)}) FROM {table.rows_here} "
        f"WHERE {read_number(price)} > 0 AND {read_number(months)} > 0 GROUP BY months ORDER BY months"
    ).fetchall()
    if len(rows) < 2:
        return True
    (short, cheap), (long, dear) = rows[0], rows[-1]
    return dear / cheap >= math.sqrt(long / short)
