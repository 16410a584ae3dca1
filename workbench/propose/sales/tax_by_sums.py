"""Which of three amounts is the sale without tax, where the rows show it: one is the sum of the two others."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import duckdb

from workbench.engines import identifier
from workbench.propose.columns.taxes import tax_beside
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import SAME, Choice, Doubt
from workbench.propose.proposed.exact_numbers import read_number
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import words

_RULE = 0.99
_LOWEST, _HIGHEST = 0.01, 0.35
"""Rates of tax."""
_MOST_RATES = 4
_MOST_COLUMNS = 7
_FEW_ROWS = 20_000
_OTHER = {
    "fee", "commission", "payout", "proceed", "earning", "cost", "cogs", "margin", "profit", "tip", "gratuity",
    "shipping", "freight", "delivery", "discount", "refund", "royalty", "gebuhr", "provision", "kosten", "marge",
    "gewinn", "versand", "frais", "livraison", "comision", "comissao", "costo", "margen", "envio", "frete",
}  # fmt: skip
"""Words of parts of a sale that are no tax, though they too may be the same share of each: customers pay them."""


def without_tax_by_sums(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Take the amount without tax where the one taken is that and a tax at a few rates, whatever they are called.

    One that makes up another one together with the tax beside it is without it already.
    """
    amount, raw = table.columns.get("amount"), evidence.tables[table.file]
    if table.table != "orders" or amount is None or table.more or len(amount.raw) != 1 or not amount.base:
        return table
    asked = {doubt.topic for doubt in amount.doubts} & {"tax", "discount", "line", "rate", "kept"}
    own = raw[amount.raw[0]]
    if "tax" in asked and (whole := _with_tax(con, raw, table, own)):
        return replace(table, columns={**table.columns, "amount": _without_already(amount, own, whole)})
    numbers = [c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag and c.name != own.name]
    numbers = [c for c in numbers if not words(c.name) & _OTHER]
    pairs = list(permutations([c for c in numbers if c.high > 0][:_MOST_COLUMNS], 2))
    if asked or not pairs:
        return table
    some = f"(SELECT * FROM {table.rows} LIMIT {_FEW_ROWS})"  # most pairs fail there already: all rows cost seconds
    likely = _fitting(con, some, own, pairs)[:1]
    fitting = _fitting(con, table.rows, own, likely) if likely else []
    if not fitting:
        return table
    ((net, tax),) = fitting
    text = f"{own.name} is {net.name} and {tax.name} together, a tax at a few rates; amounts are without tax here"
    choices = (Choice(f"without: {net.name}", identifier(net.name)), Choice(f"all that was paid: {own.name}"))
    found = amount.doubted(Doubt("tax", text, "money", choices))
    return replace(table, columns={**table.columns, "amount": found})


def _with_tax(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, own: RawColumn) -> RawColumn | None:
    """Return the amount that is the one taken and the tax beside it in all rows that have a tax."""
    tax = tax_beside(raw, own)
    others = [c for c in raw.columns if c.number_sql and not c.time_sql and c.high > own.high]
    if tax is None or not others:
        return None
    taxed = f"{read_number(own)} + {read_number(tax)}"
    shares = ", ".join(f"avg((abs({taxed} - {read_number(c)}) < 0.02)::INT)" for c in others)
    row = con.execute(f"SELECT {shares} FROM {table.rows} WHERE {read_number(tax)} <> 0").fetchone() or ()
    return next((c for c, share in zip(others, row, strict=False) if (share or 0) >= _RULE), None)


def _without_already(amount: Mapped, own: RawColumn, whole: RawColumn) -> Mapped:
    text = f"{own.name} is {whole.name} less the tax, and taken, for amounts are without tax here"
    choices = (Choice(f"without: {own.name}"), Choice(f"all that was paid: {whole.name}", identifier(whole.name)))
    return amount.answered("tax", SAME).doubted(Doubt("tax", text, "money", choices))


def _fitting(
    con: duckdb.DuckDBPyConnection, rows: str, own: RawColumn, pairs: list[tuple[RawColumn, RawColumn]]
) -> list[tuple[RawColumn, RawColumn]]:
    """Return the pairs of which the amount is the sum, and the second one of a few shares of the first."""
    total = read_number(own)
    read = {c.name: read_number(c) for pair in pairs for c in pair}
    wanted = [
        f"avg((abs({total} - {read[net.name]} - {read[tax.name]}) < 0.02)::INT), "
        f"count(DISTINCT round({read[tax.name]} / nullif({read[net.name]}, 0), 2)), "
        f"min({read[tax.name]} / nullif({read[net.name]}, 0)), max({read[tax.name]} / nullif({read[net.name]}, 0))"
        for net, tax in pairs
    ]
    row = con.execute(f"SELECT {', '.join(wanted)} FROM {rows} WHERE {total} > 0").fetchone() or ()
    parts = [row[place : place + 4] for place in range(0, len(row), 4)]
    return [
        pair for pair, (share, rates, low, high) in zip(pairs, parts, strict=True)
        if (share or 0) >= _RULE and rates <= _MOST_RATES
        if low is not None and low >= 0 and _LOWEST <= high <= _HIGHEST
    ]  # fmt: skip
