"""Rows of a list of payments that say of themselves that they cancel: they are no sales."""

from __future__ import annotations

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.row_status.status import Found
from workbench.propose.words.naming import means
from workbench.sources import TRUE_WORDS

_MOST = 0.9
"""A share of the customers with a row that cancels who have other rows too, from which on it is no fact about them."""
_FEWEST = 3


def cancelling_rows(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> list[Found]:
    """Return the flags of cancelling that differ between the rows of one customer, with what each value says.

    A flag that all rows of a customer share says who left.
    """
    customer, read = table.columns.get("customer_id"), {name for one in table.statuses for name in [one["column"]]}
    if customer is None or not customer.raw:
        return []
    found = list[Found]()
    for column in (c for c in raw.columns if c.flag and len(c.values) > 1 and means(c.name, "cancel")):
        yes = ", ".join(literal(value) for value in column.values if value in TRUE_WORDS)
        if not yes or identifier(column.name) in read:
            continue
        said = f"coalesce(lower(trim({identifier(column.name)}::VARCHAR)) IN ({yes}), false)"
        both, some = con.execute(
            f"SELECT count(*) FILTER (NOT every), count(*) FROM (SELECT bool_or({said}) AS any_row, "
            f"bool_and({said}) AS every, count(*) AS n FROM {table.rows_here} GROUP BY {customer.sql}) "
            "WHERE any_row AND n > 1"
        ).fetchone() or (0, 0)
        if some >= _FEWEST and both >= _MOST * some:
            found.append((column, {v: "refuse" if v in TRUE_WORDS else "keep" for v in column.values}))
    return found
