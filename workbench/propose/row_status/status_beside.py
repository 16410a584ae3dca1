"""A second status beside the one that is read: what it says of rows whose own word nobody knows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, words
from workbench.propose.words.status_words import Action, of_sale

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


def second_status(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, owed: Collection[str]
) -> TableProposal:
    """Ask about sales that their status keeps, and of which another one says that they were not paid or called off.

    Words in ``owed`` say of invoices that they are still to be paid; one that is new is not yet sent.
    """
    if table.table != "orders" or not table.statuses:
        return table
    not_sent = {"new"} if owed else set[str]()
    used = " ".join(str(status["column"]) for status in table.statuses)
    for other in (c for c in raw.columns if 1 < len(c.values) <= _MOST_WORDS and _says_more(c, used)):
        values: dict[str, Action] = {
            word: "refuse" if word in not_sent else "keep" if word in owed else of_sale(word) or "keep"
            for word in other.values
        }
        refusing = [word for word, action in values.items() if action == "refuse"]
        kept = _kept_beside(con, table, other, refusing) if refusing else 0
        if 0 < kept <= _FEW * raw.rows:
            return _asked_about(table, other, values, kept)
    return table


_FEW = 0.5
_OF_ANOTHER_MATTER = {"fulfillment", "fulfilment", "shipping", "shipment", "delivery", "return", "refund", "address"}


def _says_more(column: RawColumn, used: str) -> bool:
    named = means(column.name, "status") and not words(column.name) & _OF_ANOTHER_MATTER
    return named and not column.flag and identifier(column.name) not in used


def _kept_beside(con: duckdb.DuckDBPyConnection, table: TableProposal, other: RawColumn, refusing: list[str]) -> int:
    """Return how many rows the stated statuses keep although the other one has one of the refusing words."""
    read = ", ".join(f"{status['column']} AS s{place}" for place, status in enumerate(table.statuses))
    aside = " OR ".join(
        f"lower(trim(s{place}::VARCHAR)) IN ({', '.join(map(literal, words_)) or 'NULL'})"
        for place, status in enumerate(table.statuses)
        if (words_ := [word for word, action in status["values"].items() if action != "keep"])
    )
    row = con.execute(
        f"SELECT count(*) FROM (SELECT {read}, lower(trim({identifier(other.name)}::VARCHAR)) AS o "
        f"FROM {table.rows_here}) WHERE list_contains(?::VARCHAR[], o) AND ({aside or 'false'}) IS NOT TRUE",
        [refusing],
    ).fetchone()
    return row[0] if row else 0


def _asked_about(table: TableProposal, other: RawColumn, values: dict[str, Action], kept: int) -> TableProposal:
    refusing = ", ".join(word for word, action in values.items() if action == "refuse")
    column = identifier(other.name)
    if " OVER " in str(table.statuses[0]["column"]):  # on the first line of an order only
        column = f"max({column}) OVER {str(table.statuses[0]['column']).partition(' OVER ')[2]}"
    statuses = [*table.statuses, {"column": column, "values": values}]
    text = f"{kept:,} rows that count by their status have {refusing} in {other.name}: they are kept"
    choices = (
        Choice(f"{refusing} in {other.name}: kept"),
        Choice(f"{refusing} in {other.name}: set aside", setting=(f"{table.table}.status", statuses)),
    )
    return replace(table, doubts=(*table.doubts, Doubt(f"status {other.name}", text, "status", choices)))


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
