"""Tables that stand within the file of another one: purchases among events, pauses in a status, customers' consents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.columns.money import doubts_of_amount
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.shapes.opt_ins import consents_of_customers
from workbench.propose.words.naming import means, words
from workbench.propose.words.status_words import is_paused, of_purchase

_PRICED = 0.5
"""A share of the purchases that have an amount from which on they are sales."""


def second_tables(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, tables: tuple[TableProposal, ...]
) -> tuple[TableProposal, ...]:
    """Return the tables with those that no file holds on its own, each with the doubt whether it is meant."""
    found = {table.table: table for table in tables}
    more = list[TableProposal]()
    if "events" in found and "orders" not in found:
        more += _purchases(con, evidence.tables[found["events"].file], found["events"])
    if "subscriptions" in found and "subscription_changes" not in found:
        more += _paused(con, evidence.tables[found["subscriptions"].file], found["subscriptions"], tables)
    if "customers" in found and "consents" not in found:
        more += consents_of_customers(con, evidence, found["customers"])
    return (*tables, *more)


def _purchases(con: duckdb.DuckDBPyConnection, raw: RawTable, events: TableProposal) -> Iterator[TableProposal]:
    """Take the events of purchases that have an amount for orders."""
    named, keys = events.columns.get("event"), ("customer_id", "occurred_at")
    if named is None or any(key not in events.columns for key in keys) or not named.raw:
        return
    actions: dict[str, str] = {value: action for value in raw[named.raw[0]].values if (action := of_purchase(value))}
    amount = _amount(con, raw, events, named, actions)
    if amount is None and (brought := _revenue(con, raw, events, named)):
        amount, actions = brought
    if amount is None:
        return
    listed = ", ".join(map(literal, actions))
    select = f"SELECT * FROM {events.rows} WHERE lower({named.sql}) IN ({listed})"
    customer, at = (events.columns[key] for key in keys)
    order = next((c.name for c in raw.columns if means(c.name, "order") and words(c.name) & {"id", "number"}), None)
    made = f"concat_ws('-', {customer.sql}, {at.sql})"
    columns = {
        "order_id": Mapped(identifier(order), (order,), 0.8, "names the purchase")
        if order
        else Mapped(made, (), 0.5, "made of customer and time"),
        "customer_id": replace(customer, doubts=()),
        "ordered_at": replace(at, doubts=()),
        "amount": Mapped(identifier(amount.name), (amount.name,), 0.8, "what a purchase brought").doubted(
            *doubts_of_amount(raw, amount)
        ),
    }
    proposed = TableProposal("orders", events.file, columns, select)
    if "credit" in actions.values():
        status = {"column": named.sql, "values": actions}
        proposed = proposed.with_stated("status", status, "refunds count against sales")
    text = f"the events {', '.join(actions)} are taken for orders too, with {amount.name} as their amount"
    choices = (
        Choice("orders and events", shown=_examples(con, select, customer.sql, identifier(amount.name))),
        Choice("events alone", setting=("tables.orders", "")),
    )
    yield replace(proposed, doubts=(Doubt("purchases", text, "money", choices),))


def _amount(
    con: duckdb.DuckDBPyConnection, raw: RawTable, events: TableProposal, named: Mapped, actions: dict[str, str]
) -> RawColumn | None:
    """Return the column that has an amount for most purchases; the one that names revenue first."""
    if "keep" not in actions.values():
        return None
    sales = ", ".join(literal(value) for value, action in actions.items() if action == "keep")
    options = [
        c for c in raw.columns
        if c.number_sql and not c.time_sql and c.high > 0 and (means(c.name, "amount") or means(c.name, "price"))
        and not words(c.name) & {"tax", "shipping", "refund", "discount"}
    ]  # fmt: skip
    for column in sorted(options, key=lambda c: "revenue" not in words(c.name)):
        counts = f"count({identifier(column.name)}), count(*)"
        where = f"lower({named.sql}) IN ({sales})"
        row = con.execute(f"SELECT {counts} FROM {events.rows} WHERE {where}").fetchone() or (0, 0)
        if row[0] > _PRICED * row[1]:
            return column
    return None


def _revenue(
    con: duckdb.DuckDBPyConnection, raw: RawTable, events: TableProposal, named: Mapped
) -> tuple[RawColumn, dict[str, str]] | None:
    """Return the column called revenue that some events have and others lack, and those events, whatever their name."""
    revenue = (c for c in raw.columns if c.number_sql and not c.time_sql and c.high > 0 and "revenue" in words(c.name))
    column = next((c for c in revenue if 0 < c.filled < raw.rows), None)
    if column is None:
        return None
    value = f"TRY_CAST({identifier(column.name)} AS DOUBLE)"
    rows = con.execute(
        f"SELECT lower({named.sql}) AS event FROM {events.rows} GROUP BY 1 "
        f"HAVING avg((coalesce({value}, 0) <> 0)::INT) > {_PRICED} ORDER BY 1"
    ).fetchall()
    return (column, {str(event): "keep" for (event,) in rows}) if rows else None


def _examples(con: duckdb.DuckDBPyConnection, select: str, customer: str, amount: str) -> tuple[str, ...]:
    paid = f"SELECT ({customer})::VARCHAR, {amount}::VARCHAR FROM ({select}) WHERE {amount} IS NOT NULL"
    rows = con.execute(f"{paid} ORDER BY ALL LIMIT 3").fetchall()
    return tuple(f"{who} -> {paid}" for who, paid in rows)


def _paused(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, tables: tuple[TableProposal, ...]
) -> Iterator[TableProposal]:
    """Take the subscriptions that are paused by their status for paused since a date they have, else the last day."""
    status = next((c for c in raw.columns if means(c.name, "status") and any(map(is_paused, c.values))), None)
    if status is None:
        return
    paused = ", ".join(literal(value) for value in status.values if is_paused(value))
    pauses = (c for c in raw.columns if c.time_sql and means(c.name, "pause") and not means(c.name, "end"))
    since, last = next(pauses, None), f"TIMESTAMP '{_last_day(con, tables)}'"
    dated = f"coalesce(TRY_CAST({since.time_sql} AS TIMESTAMP), {last})" if since else last
    select = (
        f"SELECT {table.columns['subscription_id'].sql} AS subscription_id, {dated} AS changed_at, 'paused' AS change "
        f"FROM {table.rows} WHERE lower(trim({identifier(status.name)}::VARCHAR)) IN ({paused})"
    )
    rows = con.execute(f"SELECT subscription_id, count(*) OVER () FROM ({select}) ORDER BY 1 LIMIT 3").fetchall()
    columns = {n: Mapped(n, (), 0.8, f"read from {status.name}") for n in ("subscription_id", "changed_at", "change")}
    text = f"{rows[0][1]:,} subscriptions are paused by their {status.name}, "
    text += f"since {since.name}" if since else "and nothing says since when; they bring nothing on the last day"
    choices = (
        Choice("paused, and paying nothing", shown=tuple(f"{id_} -> paused" for id_, _ in rows)),
        Choice("paying", setting=(_LEFT_OUT, ""), shown=tuple(f"{id_} -> paying" for id_, _ in rows)),
    )
    doubts = (Doubt("paused", text, "money", choices),)
    yield TableProposal("subscription_changes", table.file, columns, select, doubts=doubts)


_LEFT_OUT = "tables.subscription_changes"


def _last_day(con: duckdb.DuckDBPyConnection, tables: tuple[TableProposal, ...]) -> str:
    """Return the last day on which a row that counts is dated, in any table; strays far ahead aside."""
    days = list[str]()
    for table in tables:
        dated = table.columns.get(contract.TABLES[table.table].dated_by)
        if dated is None:
            continue
        at = f"TRY_CAST({dated.sql} AS TIMESTAMP)"
        last = f"SELECT quantile_disc({at}, 0.999)::DATE FROM {table.rows} WHERE {table.counted}"
        row = con.execute(last).fetchone()
        days += [str(row[0])] if row and row[0] else []
    return max(days)
