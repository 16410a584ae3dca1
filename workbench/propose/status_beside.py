"""A second status beside the one that is read: what it says of rows whose own word nobody knows."""

from __future__ import annotations

import duckdb

from workbench.engines import identifier
from workbench.propose.naming import means, words
from workbench.propose.proposal import TableProposal
from workbench.propose.raw_columns import RawColumn, RawTable
from workbench.propose.status_words import Action, of_sale

_NEARLY_ALL = 0.95
_MOST_WORDS = 12


def refused_beside(
    con: duckdb.DuckDBPyConnection,
    raw: RawTable,
    table: TableProposal,
    column: RawColumn,
    actions: dict[str, Action | None],
) -> dict[str, Action | None]:
    """Return the actions with refuse for the words that nobody knows, where another status refuses their rows."""
    if table.table != "orders" or None not in actions.values():
        return actions
    refused = _never_paid(con, raw, table, column)
    for other in (c for c in raw.columns if _is_another_status(c, column)):
        refused |= _refused_by(con, table, column, [word for word in other.values if of_sale(word) == "refuse"], other)
    return {word: "refuse" if action is None and word in refused else action for word, action in actions.items()}


def bounced_beside(
    con: duckdb.DuckDBPyConnection, table: TableProposal, column: RawColumn, actions: dict[str, Action | None]
) -> dict[str, Action | None]:
    """Return the actions with keep for invoices that came back unpaid, as a direct debit does: they are still owed.

    Where the others have a day of payment, one that was taken back has one too.
    """
    back, paid = [word for word, action in actions.items() if action == "return"], table.columns.get("paid_at")
    if table.table != "invoices" or paid is None or not back:
        return actions
    own = f"lower(trim({identifier(column.name)}::VARCHAR))"
    rows = con.execute(
        f"SELECT {own}, avg(({paid.sql} IS NOT NULL)::INT) FROM {table.rows_here} WHERE {own} IS NOT NULL GROUP BY 1"
    ).fetchall()
    shares: dict[str, float] = dict(rows)
    if not any(shares.get(word, 0) >= _NEARLY_ALL for word, action in actions.items() if action == "keep"):
        return actions
    bounced = {word for word in back if shares.get(word, 1) <= 1 - _NEARLY_ALL}
    return {word: "keep" if word in bounced else action for word, action in actions.items()}


def _never_paid(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, column: RawColumn) -> set[str]:
    """Return the words of a column whose orders have no day of payment, where nearly all orders of another have one."""
    if means(table.file, "invoice"):
        return set()  # what is owed is a sale
    for day in (c for c in raw.columns if c.time_sql and means(c.name, "pay") and not words(c.name) & _NO_PAYMENT):
        own = f"lower(trim({identifier(column.name)}::VARCHAR))"
        paid = f"avg(({day.time_sql} IS NOT NULL)::INT)"
        rows = con.execute(f"SELECT {own}, {paid} FROM {table.rows_here} WHERE {own} IS NOT NULL GROUP BY 1").fetchall()
        shares: dict[str, float] = dict(rows)
        if any(share >= _NEARLY_ALL for share in shares.values()):
            return {word for word, share in shares.items() if share == 0}
    return set()


_NO_PAYMENT = {"due", "deadline", "next", "until", "method"}
"""Words of dates that are of no payment made."""


def _is_another_status(other: RawColumn, column: RawColumn) -> bool:
    return other.name != column.name and means(other.name, "status") and 1 < len(other.values) <= _MOST_WORDS


def _refused_by(
    con: duckdb.DuckDBPyConnection, table: TableProposal, column: RawColumn, refusing: list[str], other: RawColumn
) -> set[str]:
    """Return the words of a column nearly all rows of which have one of the refusing words in the other one."""
    own, beside = (f"lower(trim({identifier(c.name)}::VARCHAR))" for c in (column, other))
    rows = con.execute(
        f"SELECT {own} FROM {table.rows_here} WHERE {own} IS NOT NULL GROUP BY 1 "
        f"HAVING avg(coalesce(list_contains(?::VARCHAR[], {beside}), false)::INT) >= {_NEARLY_ALL}",
        [refusing],
    ).fetchall()
    return {row[0] for row in rows}
