"""Items of orders in a file of their own, beside orders that have their totals: each item is a line of its order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.columns.derive import priced_lines
from workbench.propose.fitting.fit import ACCEPTED, WEAK, column_fit
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.exact_numbers import EXACT
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means

_FOUND = 0.8
"""A share of the orders that items name which must be there."""
_SHARE = "share_of_order"


def with_items(evidence: Evidence, tables: tuple[TableProposal, ...]) -> tuple[TableProposal, ...]:
    """Return the tables with orders parted into their items, where another file has these.

    An item's amount is its part of the order's: so all amounts add up to what the orders say, discounts included.
    """
    used = {table.file for table in tables} | {part.file for table in tables for part in table.more}
    return tuple(_parted(evidence, table, used) if table.table == "orders" else table for table in tables)


def _parted(evidence: Evidence, orders: TableProposal, used: set[str]) -> TableProposal:
    order, amount = orders.columns.get("order_id"), orders.columns.get("amount")
    if "product" in orders.columns or not order or not amount or len(order.raw) != 1:
        return orders
    found = next(_items(evidence, orders.file, order.raw[0], used), None)
    plain = order.base == identifier(order.raw[0])
    if found is None or not plain or evidence.tables[orders.file][order.raw[0]].unique < 1:
        return orders
    file, key, product = found
    value = _value(evidence.tables[file])
    part = f"OVER (PARTITION BY {identifier(key)})"
    select = (
        f"SELECT own.*, items.item_of_order, items.{_SHARE} FROM {orders.rows} AS own LEFT JOIN (SELECT "
        f"{identifier(key)}::VARCHAR AS order_of_item, {identifier(product)} AS item_of_order, coalesce(sum({value}) / "
        f"nullif(sum(sum({value})) {part}, 0), 1.0 / count(*) {part}) AS {_SHARE} FROM {identifier(file)} "
        f"GROUP BY {identifier(key)}, {identifier(product)}) AS items "
        f"ON own.{order.sql}::VARCHAR = items.order_of_item"
    )
    step = ("items", f"CAST({EXACT} * coalesce({_SHARE}, 1) AS DECIMAL(18, 4))")
    columns = orders.columns | {
        "amount": replace(amount, steps=(*amount.steps, step)),
        "product": Mapped("item_of_order", (), 0.8, f"{product} of {file}"),
    }
    ordered = {name: columns[name] for name in contract.TABLES["orders"].names if name in columns}
    text = f"the items of each order are those of {file}, which share its amount by what they cost"
    doubts = (*orders.doubts, Doubt("items", text, "column"))
    return replace(orders, select=select, columns=ordered, doubts=doubts)


def _items(evidence: Evidence, orders: str, key: str, used: set[str]) -> Iterator[tuple[str, str, str]]:
    """Yield files whose rows name orders and a product: the file, its column of orders, and that of products."""
    spec = contract.TABLES["orders"]
    for link in evidence.links:
        if (link.parent, link.key) != (orders, key) or link.file in used or link.contained < _FOUND:
            continue
        raw = evidence.tables[link.file]
        recurring = (c for c in raw.columns if c.name != link.column and c.unique < 1)  # not the id of the row
        fits = {c.name: max(column_fit(c, raw, spec, spec["product"]), _of_name(c)) for c in recurring}
        product = max(fits, key=lambda name: fits[name], default="")
        if product and fits[product] >= ACCEPTED and raw[link.column].unique < 1:
            yield link.file, link.column, product


def _of_name(column: RawColumn) -> float:
    """A name in a list of items is that of the item, where no column is plainly the product."""
    return ACCEPTED if means(column.name, "name") and not column.number_sql else 0.0


def _value(raw: RawTable) -> str:
    """SQL for what an item cost: quantity times price, else its total; 1 where neither is there."""
    if priced := priced_lines(raw):
        return f"({' * '.join(_number(raw[name]) for name in priced)})"
    spec = contract.TABLES["orders"]
    totals = [c for c in raw.columns if column_fit(c, raw, spec, spec["amount"]) >= WEAK]
    return _number(totals[0]) if totals else "1.0"


def _number(column: RawColumn) -> str:
    return f"spelled_number({identifier(column.name)}, {literal(column.mark.mark or 'point')})::DOUBLE"
