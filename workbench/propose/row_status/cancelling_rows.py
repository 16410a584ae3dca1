"""Rows of a list of payments that say of themselves that they cancel: they are no sales."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.row_status.status import Found
from workbench.propose.words.naming import means, tokens
from workbench.sources import TRUE_WORDS

_MOST = 0.9
"""A share of the customers with a row that cancels who have other rows too, from which on it is no fact about them."""
_FEWEST = 3
_NO_MORE = {"cancel", "flag"}
"""Meanings of the words of a flag that says of its row that it cancels: a free cancellation, or one at the end of a
period, is something else."""


def cancelling_rows(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, read: Collection[str]
) -> list[Found]:
    """Return the flags of cancelling that differ between the rows of one customer, with what each value says.

    A flag that all rows of a customer share says who left. The columns ``read`` are read already.
    """
    customer = table.columns.get("customer_id")
    if customer is None or not customer.raw:
        return []
    found = list[Found]()
    for column in (c for c in raw.columns if c.flag and len(c.values) > 1 and _says_that_it_cancels(c.name)):
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


def _says_that_it_cancels(name: str) -> bool:
    """Whether a name says no more than that something is cancelled.

    >>> [_says_that_it_cancels(name) for name in ("is_cancel", "free_cancellation", "cancel_at_period_end")]
    [True, False, False]
    """
    return means(name, "cancel") and all(token & _NO_MORE for token in tokens(name))
