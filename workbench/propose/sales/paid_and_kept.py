"""Which of several amounts customers paid, where the one that is called revenue is less in nearly every row."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import exact, read_number
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.proposed.share_of_amount import ShareOfAmount
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, names_tax, words

_KEPT = {"revenue", "income", "net"}
_OTHER = {
    "fee", "fees", "commission", "cost", "discount", "refund", "refunded", "list", "original", "regular", "balance",
    "limit", "budget", "lifetime", "subtotal", "catalog", "catalogue", "msrp", "rrp", "before", "cumulative", "ytd",
}  # fmt: skip
_SO_FAR = {"to", "date"}
"""Words of a running total: price to date."""
_RULE, _MOST = 0.99, 0.5
"""Shares of the rows in which what is kept is no more than what was paid, and of those in which it is less."""


def paid_beside_kept(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Ask whether sales are what customers paid or what a service left of it, where both stand in each row."""
    amount, raw = table.columns.get("amount"), evidence.tables[table.file]
    if table.table != "orders" or amount is None or table.more or len(amount.raw) != 1:
        return table
    own = raw[amount.raw[0]]
    if amount.base != identifier(own.name) or {doubt.topic for doubt in amount.doubts} & {"discount", "line", "kept"}:
        return table
    if not words(own.name) & _KEPT:
        return _beside_what_is_taken_off(con, raw, table, own, amount)
    tax = next((c for c in raw.columns if names_tax(c.name) and _is_money(c) and c.high < own.high), None)
    paid = next((c for c in raw.columns if _may_be_paid(c, own) and _is_more(con, table, own, c, tax)), None)
    if paid is None:
        return table
    less = f"{exact(paid)} - coalesce({exact(tax)}, 0)" if tax else exact(paid)
    without = f" less {tax.name}" if tax else ""
    text = f"{paid.name} is what customers paid, and {own.name} what was left after costs; amounts are without tax here"
    choices = (
        Choice(f"what customers paid{without}: {paid.name}", less),
        Choice(f"what was left: {own.name}", exact(own)),
        *((Choice(f"all that was paid: {paid.name}", exact(paid)),) if tax else ()),
    )
    steps = tuple(step for step in amount.steps if step[0] not in ("tax", "cents"))
    cents = tuple(step for step in amount.steps if step[0] == "cents")
    doubts = tuple(doubt for doubt in amount.doubts if doubt.topic != "tax")
    found = replace(amount, doubts=doubts, steps=steps).doubted(Doubt("kept", text, "money", choices))
    found = replace(found, raw=(own.name, paid.name, *((tax.name,) if tax else ())), steps=(*found.steps, *cents))
    table = replace(table, columns={**table.columns, "amount": found})
    back = table.stated.get("returned_amount")
    if back and isinstance(back[0], ShareOfAmount):
        stated = {**table.stated, "returned_amount": (replace(back[0], whole=paid), back[1])}
        table = replace(table, stated=stated)
    return table


def _beside_what_is_taken_off(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, own: RawColumn, amount: Mapped
) -> TableProposal:
    """Take what customers paid where the amount is that less the negative amounts beside it, such as fees."""
    numbers = [c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag and c.name != own.name]
    taken_off = [c for c in numbers if c.low < 0 >= c.high]
    added = [c for c in numbers if c.high > 0 <= c.low]
    if not added or not any(words(c.name) & _FEES for c in taken_off):
        return table
    less = " + ".join(f"coalesce({read_number(c)}, 0)" for c in taken_off)
    sums = [(paid, more) for paid in added for more in (None, *added) if paid is not more]
    shares = ", ".join(
        f"avg((abs({read_number(own)} - {read_number(paid)} - ({less})"
        f"{f' - coalesce({read_number(more)}, 0)' if more else ''}) < 0.02)::INT)"
        for paid, more in sums
    )
    row = con.execute(f"SELECT {shares} FROM {table.rows}").fetchone() or ()
    paid = next((pair[0] for pair, share in zip(sums, row, strict=False) if (share or 0) >= _RULE), None)
    if paid is None:
        return table
    listed = ", ".join(c.name for c in taken_off)
    text = f"{own.name} is {paid.name} less what stands beside it: {listed}"
    choices = (
        Choice(f"what customers paid: {paid.name}", exact(paid)),
        Choice(f"what was left: {own.name}", exact(own)),
    )
    found = replace(amount, raw=(own.name, paid.name)).doubted(Doubt("kept", text, "money", choices))
    return replace(table, columns={**table.columns, "amount": found})


_NAMES_OF_FEES = """
fee commission tarifa tariffa taxa comision comissao commissione commissioni frais gebuhr gebuhren provision provisie
kosten prowizja oplata komisyon
"""
_FEES = frozenset(_NAMES_OF_FEES.split())
"""Words of what a shop or a payment service keeps; a voucher or a saving is what nobody paid."""


def _is_money(column: RawColumn) -> bool:
    return bool(column.number_sql) and not column.time_sql and not column.flag and column.high > 0


def _may_be_paid(column: RawColumn, own: RawColumn) -> bool:
    named = any(means(column.name, meaning) for meaning in ("amount", "price", "charge", "pay"))
    own_words = words(column.name)
    other = own_words & _OTHER or own_words >= _SO_FAR or names_tax(column.name) or means(column.name, "id")
    return _is_money(column) and named and not other and column.high > own.high and column.name != own.name


def _is_more(
    con: duckdb.DuckDBPyConnection, table: TableProposal, own: RawColumn, paid: RawColumn, tax: RawColumn | None
) -> bool:
    """Whether what is called revenue is less than what was paid, also without the tax."""
    kept, all_ = read_number(own), read_number(paid)
    without = f"{all_} - coalesce({read_number(tax)}, 0)" if tax else all_
    row = con.execute(
        f"SELECT avg(({kept} <= {without} + 0.01)::INT), avg(({kept} < {without} - 0.005)::INT) "
        f"FROM {table.rows} WHERE {all_} > 0"
    ).fetchone() or (0, 0)
    return (row[0] or 0) >= _RULE and (row[1] or 0) >= _MOST
