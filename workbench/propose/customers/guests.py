"""Sales that name no customer: guests, known by their e-mail address, and refunds, by the order they take back."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.customers.nobody import FEW, NOBODY
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import SAME, Choice, Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.raw_files.samples import seen
from workbench.propose.words.naming import means, words

_COVERED = 0.9


def with_guests(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Return the orders with each guest by e-mail address, where the id of a share of the rows stands for nobody."""
    key = table.columns.get("customer_id")
    if table.table != "orders" or key is None or len(key.raw) != 1 or key.sql != identifier(key.raw[0]):
        return table
    parent = _parent(con, evidence.tables[table.file], table)
    return _with_parents(_with_emails(con, evidence.tables[table.file], table, parent), parent)


def _with_emails(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, parent: str) -> TableProposal:
    """Return the orders with each guest by e-mail address; what belongs to another order is asked of that one."""
    key = table.columns["customer_id"]
    email = _email(raw, key.raw[0])
    if email is None:
        return table
    nobody = _is_nobody(key.sql)
    own = f"{nobody} AND {parent or 'NULL'} IS NULL"
    share, covered, example = con.execute(
        f"SELECT avg({nobody}::INT), coalesce(avg(({identifier(email)} IS NOT NULL)::INT) FILTER ({own}), 0), "
        f"max({key.sql}) FILTER ({nobody}) FROM {seen(table.file)}"
    ).fetchone() or (0, 0, None)
    if (share or 0) < FEW or covered < _COVERED:
        return table
    text = f"{share:.0%} of the rows have no {key.raw[0]} ({example or 'empty'}): guests, known by their {email}"
    by_email = f"CASE WHEN {nobody} THEN lower(trim({identifier(email)})) ELSE {SAME} END"
    choices = (Choice(f"guests by {email}", by_email), Choice("guests are left out"))
    columns = {**table.columns, "customer_id": replace(key, raw=(*key.raw, email)).doubted(_doubt(text, choices))}
    return replace(table, columns=columns)


def _with_parents(table: TableProposal, parent: str) -> TableProposal:
    """Return the orders with the customer of the order that a row without one belongs to."""
    if not parent:
        return table
    key, order = table.columns["customer_id"], table.columns["order_id"]
    text = f"rows that name no customer are those of the customer of the order in {parent.split(chr(34))[1]}"
    of_order = f"max({SAME}) OVER (PARTITION BY coalesce({parent}, {order.sql}))"
    named = f"CASE WHEN coalesce({SAME}, '0') = '0' THEN {of_order} ELSE {SAME} END"
    choices = (Choice("the customer of that order", named), Choice("left out"))
    found = key.doubted(Doubt("parents", text, "customers", choices))
    return replace(table, columns={**table.columns, "customer_id": found})


def _is_nobody(sql: str) -> str:
    return f"({sql} IS NULL OR lower({sql}) IN ({', '.join(map(literal, sorted(NOBODY)))}))"


def _parent(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> str:
    """Return SQL for the order that a row belongs to, as a refund does, where such rows name no customer themselves."""
    key, order = table.columns["customer_id"], table.columns.get("order_id")
    if order is None or len(order.raw) != 1:
        return ""
    for column in (c for c in raw.columns if words(c.name) & _OF_ANOTHER and means(c.name, "order")):
        name = identifier(column.name)
        parent = f"nullif({name}, '0')"
        ids = f"SELECT {order.sql} FROM {seen(table.file)}"
        nameless, known = con.execute(
            f"SELECT avg({_is_nobody(key.sql)}::INT), avg(({name} IN ({ids}))::INT) "
            f"FROM {seen(table.file)} WHERE {parent} IS NOT NULL"
        ).fetchone() or (0, 0)
        if (nameless or 0) >= _COVERED and (known or 0) >= _COVERED:
            return parent
    return ""


_OF_ANOTHER = {"parent", "original", "refunded", "returned", "related"}
"""Words of the order that a row belongs to."""


def _doubt(text: str, choices: tuple[Choice, ...]) -> Doubt:
    return Doubt("guests", text, "customers", choices)


def _email(raw: RawTable, key: str) -> str | None:
    """Return the column of e-mail addresses, the one of the bill before that of the delivery."""
    named = [c.name for c in raw.columns if means(c.name, "email") and c.keylike and c.distinct > 1 and c.name != key]
    return min(named, key=lambda name: "bill" not in name.lower(), default=None)
