"""Discounts beside amounts: which amount is already without them, and whose discount it is on an order of lines."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import duckdb

from workbench.engines import identifier
from workbench.propose.columns.discount_columns import discount, discounted, is_discount
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import exact, read_number
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, words

_MOST_NUMBERS, _MOST_LOOKED_AT = 8, 2000
"""Columns of numbers, and rows with a discount, that are looked at."""
_RULE = 0.99
"""A share of the discounted rows in which an amount is another one less the discount, from which on it is so."""


def without_discount(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Return the orders with the amount that customers paid after discounts, where the amounts themselves show it.

    One amount of the file is another less the discount: that one is taken, and the other one asked about. Where the
    discount stands once for an order of several lines, the lines share it.
    """
    table = replace(table, more=tuple(without_discount(con, evidence, part) for part in table.more))
    amount = table.columns.get("amount")
    raw = evidence.tables[table.file]
    if table.table == "subscriptions" and "mrr" in table.columns:
        return replace(table, columns={**table.columns, "mrr": _net_price(con, raw, table, table.columns["mrr"])})
    if table.table != "orders" or amount is None:
        return table
    off = next((c for c in raw.columns if is_discount(c) and max(abs(c.low), c.high) > 1), None)
    if off is None:
        return table
    if any(doubt.topic == "discount" for doubt in amount.doubts):
        found = _shared(con, table, amount, off)
    elif len(amount.raw) == 1 and (less := _less(con, raw, table, raw[amount.raw[0]], off)):
        found = _asked(amount, raw[amount.raw[0]], less, off)
    elif len(amount.raw) == 1 and (off.low >= 0 or off.high <= 0) and not _have_lines(con, table):
        own = raw[amount.raw[0]]
        total = _total_less(con, raw, table, own, off)
        found = amount.doubted(_alone(own, off, total=total))
        found = replace(found, raw=(*found.raw, off.name)) if total else found
    elif len(amount.raw) > 1 and off.name not in amount.sql:  # a price times a count, before what is off the order
        asked = amount.doubted(*discount(raw))
        shared = _shared(con, table, asked, off)
        found = amount if shared is asked else shared
    else:
        return table
    return replace(table, columns={**table.columns, "amount": found})


def _net_price(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, mrr: Mapped) -> Mapped:
    """Return recurring revenue from the price that is another one less the discount, where a column has that."""
    off = next((c for c in raw.columns if is_discount(c) and max(abs(c.low), c.high) > 1), None)
    topics = {doubt.topic for doubt in mrr.doubts}
    if off is None or "discount" not in topics or not mrr.raw or mrr.base != identifier(mrr.raw[0]):
        return mrr
    gross = raw[mrr.raw[0]]
    net = _less(con, raw, table, gross, off)
    if net is None:
        return mrr
    asked = _asked(mrr, gross, net, off)
    steps = tuple(step for step in mrr.steps if step[0] not in ("tax", "discount"))
    doubts = tuple(doubt for doubt in asked.doubts if doubt.topic != "discount" or doubt is asked.doubts[-1])
    return replace(asked, why=mrr.why.replace(gross.name, net.name), doubts=doubts, steps=(*asked.steps[-1:], *steps))


def _less(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, taken: RawColumn, off: RawColumn
) -> RawColumn | None:
    """Return the amount that is the one taken less the discount in all rows that have one."""
    others = [c for c in raw.columns if c.number_sql and not c.time_sql and c not in (taken, off)]
    gross, discount = read_number(taken), read_number(off)
    for other in others:
        row = con.execute(
            f"SELECT count(*), avg((abs(abs({gross}) - abs({discount}) - abs({read_number(other)})) < 0.02)::INT) "
            f"FROM {table.rows} WHERE {discount} <> 0"
        ).fetchone() or (0, 0)
        if row[0] and (row[1] or 0) >= _RULE:
            return other
    return None


def _asked(amount: Mapped, gross: RawColumn, net: RawColumn, off: RawColumn) -> Mapped:
    text = f"{net.name} is {gross.name} less {off.name}, and taken, for that is what was paid"
    choices = (
        Choice(f"less {off.name}: {net.name}"),
        Choice(f"before discounts: {gross.name}", identifier(gross.name)),
    )
    kept = tuple(doubt for doubt in amount.doubts if doubt.topic != "tax")
    steps = tuple(step for step in amount.steps if step[0] != "tax")
    why = f"{gross.name} less {off.name}"
    found = Mapped(identifier(net.name), (net.name,), amount.confidence, why, kept, steps)
    return found.doubted(Doubt("discount", text, "money", choices))


def net_beside_refunds(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Ask whether an amount called net beside one of refunds is without tax: it is, unless it is less by the refund."""
    amount, raw = table.columns.get("amount"), evidence.tables[table.file]
    if table.table != "orders" or amount is None or table.more or len(amount.raw) != 1:
        return table
    own, numbers = raw[amount.raw[0]], [c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag]
    net = next((c for c in numbers if "net" in words(c.name) and c.name != own.name), None)
    back = next((c for c in numbers if words(c.name) & {"refund", "refunded"} and c.high > 0), None)
    fee = any(words(c.name) & {"fee", "fees", "commission"} for c in numbers)
    if net is None or back is None or fee or any(doubt.topic == "tax" for doubt in amount.doubts):
        return table
    gross, less, refund = map(read_number, (own, net, back))
    smaller, by_refund = con.execute(
        f"SELECT avg(({less} < {gross})::INT) FILTER ({gross} > 0 AND coalesce({refund}, 0) = 0), "
        f"avg((abs({gross} - {refund} - {less}) < 0.02)::INT) FILTER ({refund} > 0) FROM {table.rows}"
    ).fetchone() or (0, 0)
    if (smaller or 0) < _RULE or (by_refund or 0) >= _RULE:
        return table
    text = f"{own.name} may hold tax, which {net.name} leaves out also where nothing was refunded"
    choices = (Choice(f"without: {net.name}", identifier(net.name)), Choice(f"all that was paid: {own.name}"))
    return replace(table, columns={**table.columns, "amount": amount.doubted(Doubt("tax", text, "money", choices))})


def _have_lines(con: duckdb.DuckDBPyConnection, table: TableProposal) -> bool:
    order = table.columns["order_id"].sql
    row = con.execute(f"SELECT count(*) > count(DISTINCT {order}) FROM {table.rows}").fetchone()
    return bool(row and row[0])


def _total_less(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, taken: RawColumn, off: RawColumn
) -> str:
    """Return the total that is the amount less the discount and with one thing more, as delivery; empty for none."""
    others = [c for c in raw.columns if c.number_sql and not c.time_sql and c not in (taken, off)][:_MOST_NUMBERS]
    pairs = list(permutations(others, 2))
    if not pairs:
        return ""
    place = {c.name: f"n{i}" for i, c in enumerate(others)}
    read = ", ".join(f"{read_number(c)} AS {place[c.name]}" for c in others)
    some = (
        f"SELECT {read_number(taken)} - abs({read_number(off)}) AS less, {read} FROM {table.rows} "
        f"WHERE {read_number(off)} <> 0 LIMIT {_MOST_LOOKED_AT}"
    )
    shares = ", ".join(
        f"avg((abs(less + {place[more.name]} - {place[total.name]}) < 0.02)::INT)" for more, total in pairs
    )
    row = con.execute(f"SELECT {shares} FROM ({some})").fetchone() or ()
    shown = (total.name for (_, total), share in zip(pairs, row, strict=False) if (share or 0) >= _RULE)
    return next(shown, "")


def _alone(amount: RawColumn, off: RawColumn, *, total: str = "") -> Doubt:
    """Ask whether the only amount is before or after the discount beside it; a price is before it, a total after."""
    choices = (Choice(f"less {off.name}", discounted(off)), Choice(f"as written: {amount.name}"))
    choices = choices if total or means(amount.name, "price") else choices[::-1]
    if total:
        text = f"{off.name} is taken off {amount.name}, as it is in {total}"
        return Doubt("discount", text, "money", choices)
    text = (
        f"{off.name} stands beside {amount.name}, and no amount shows whether it is taken off already: it is taken "
        f"{choices[0].label.split(':')[0]}"
    )
    return Doubt("discount", text, "money", choices)


def _shared(con: duckdb.DuckDBPyConnection, table: TableProposal, amount: Mapped, off: RawColumn) -> Mapped:
    """Let the lines of an order share a discount that stands on one of them."""
    order, discount = table.columns.get("order_id"), read_number(off)
    if order is None:
        return amount
    several, once = con.execute(
        f"SELECT count(*), bool_and(n <= 1) FROM (SELECT count({discount}) AS n FROM {table.rows} "
        f"GROUP BY {order.sql} HAVING count(*) > 1)"
    ).fetchone() or (0, False)
    if not several or not once:
        return amount
    part = f"OVER (PARTITION BY {order.sql})"
    share = f"coalesce(max({exact(off)}) {part}, 0)::DOUBLE / nullif(sum({{}}) {part}, 0)::DOUBLE"
    step = f"CAST(({{}}) * (1 - coalesce({share}, 0)) AS DECIMAL(18, 4))"
    doubts = tuple(_with_step(doubt, step) if doubt.topic == "discount" else doubt for doubt in amount.doubts)
    raw = tuple(dict.fromkeys((*amount.raw, off.name)))
    return replace(amount.answered("discount", step), doubts=doubts, raw=raw)


def _with_step(doubt: Doubt, step: str) -> Doubt:
    first, *rest = doubt.choices
    return replace(doubt, choices=(replace(first, step=step), *rest))
