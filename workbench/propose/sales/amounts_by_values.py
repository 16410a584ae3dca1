"""What the values of other columns say of an amount: that it is in cents, or for one piece of several."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb

from workbench import contract
from workbench.propose.columns.money import quantity_beside
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import SAME, Doubt
from workbench.propose.proposed.exact_numbers import read_number
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means

_RULE = 0.9
_FEWEST = 2
"""Different amounts, or rows of several pieces, from which on what they share with others is no chance."""


def cents_by_others(evidence: Evidence, table: TableProposal) -> TableProposal:
    """Take an amount for cents where another column of money has nearly all of its values as hundredths of them."""
    columns = dict(table.columns)
    for name, mapped in table.columns.items():
        asked = next((doubt for doubt in mapped.doubts if doubt.topic == "cents"), None)
        if asked is None or asked.choices[0].step != SAME or contract.TABLES[table.table][name].type != "amount":
            continue
        amount = evidence.tables[table.file][mapped.raw[0]]
        if other := next((place for place in _money(evidence) if _in_units(amount, place[1])), None):
            file, column = other
            text = f"{amount.name} is taken to be in cents: {file}.{column.name} has a hundredth of the same amounts"
            columns[name] = _preferring(mapped, replace(asked, text=text), 1)
    return replace(table, columns=columns)


def _money(evidence: Evidence) -> list[tuple[str, RawColumn]]:
    return [
        (file, column)
        for file, raw in evidence.tables.items()
        for column in raw.columns
        if column.number_sql and not column.time_sql and (means(column.name, "price") or means(column.name, "amount"))
    ]


def _in_units(amount: RawColumn, other: RawColumn) -> bool:
    """Whether nearly all different amounts are a hundred times an amount of the other column, and none is its own."""
    if other.name == amount.name or not other.is_all_in_texts:
        return False
    own, units = _numbers(amount) - {0.0}, _numbers(other)
    in_both = sum(number / 100 in units for number in own)
    return len(own) >= _FEWEST and in_both >= _RULE * len(own) and not own & units


def _numbers(column: RawColumn) -> set[float]:
    """Return the numbers among the texts of a column, with its own decimal mark."""
    found = set()
    for text in column.texts:
        plain = re.sub(r"[^0-9.,-]", "", text)
        plain = plain.replace(".", "").replace(",", ".") if column.mark.mark == "comma" else plain.replace(",", "")
        if re.fullmatch(r"-?\d+(\.\d+)?", plain):
            found.add(float(plain))
    return found


def for_one_by_plan(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """Take a subscription's price for that of one piece, where several pieces have the same one."""
    mapped = table.columns.get("mrr")
    asked = next((d for d in mapped.doubts if d.topic == "quantity"), None) if mapped else None
    if mapped is None or asked is None or asked.choices[0].step != SAME:
        return table
    amount = raw[mapped.raw[0]]
    count = quantity_beside(raw, amount)
    if count is None or means(count.name, "seats"):  # a plan for up to five seats has one price
        return table
    price, pieces = read_number(amount), read_number(count)
    one = f"SELECT {price} FROM {table.rows} WHERE {pieces} = 1"
    several, alike = con.execute(
        f"SELECT count(*), count(*) FILTER ({price} IN ({one})) FROM {table.rows} WHERE {pieces} > 1 AND {price} > 0"
    ).fetchone() or (0, 0)
    if several < _FEWEST or alike < _RULE * several:
        return table
    text = f"{amount.name} is the same for one {count.name} as for several: it is taken for the price of one"
    return replace(table, columns={**table.columns, "mrr": _preferring(mapped, replace(asked, text=text), 1)})


def _preferring(mapped: Mapped, asked: Doubt, place: int) -> Mapped:
    """Return the column with another reading of a doubt proposed."""
    choices = (asked.choices[place], *asked.choices[:place], *asked.choices[place + 1 :])
    steps = tuple((topic, choices[0].step if topic == asked.topic else step) for topic, step in mapped.steps)
    doubts = tuple(replace(asked, choices=choices) if d.topic == asked.topic else d for d in mapped.doubts)
    return replace(mapped, steps=steps, doubts=doubts)
