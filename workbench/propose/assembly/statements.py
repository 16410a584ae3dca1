"""What a table states beside its columns: currency, cents, merged accounts, and what other modules find of it."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.propose.assembly.doubts_of_source import currency_of_amount
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import SAME, Choice, Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.row_status.coded_status import names_of_codes
from workbench.propose.row_status.stated_status import with_status
from workbench.propose.sales.amounts_by_values import cents_by_others, for_one_by_plan
from workbench.propose.sales.row_rates import with_row_rates
from workbench.propose.sales.same_money import once_only
from workbench.propose.shapes.months_below import ask_of_months
from workbench.propose.terms.open_ends import end_days, ends_read_as_terms, undated, unended
from workbench.propose.terms.paid_before import paid_before_the_end
from workbench.propose.terms.planned_ends import in_notice
from workbench.propose.terms.price_by_term import price_by_term
from workbench.propose.terms.terms_ahead import with_terms_of_live, without_terms_ahead
from workbench.propose.terms.todays_price import free_of_charge, price_of_today
from workbench.propose.words.naming import words


def with_statements(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Return the table with what it states, each with its reason, and the doubts about it."""
    raw = evidence.tables[table.file]
    table = replace(table, more=tuple(with_statements(con, evidence, part) for part in table.more))
    table = for_one_by_plan(con, raw, cents_by_others(evidence, table))
    table = with_status(con, raw, ends_read_as_terms(con, table), names_of_codes(con, evidence, raw))
    table = without_terms_ahead(con, raw, ask_of_months(con, raw, with_terms_of_live(con, table)))
    for state in (
        paid_before_the_end, once_only, _currency, with_row_rates, _unit, _merged, undated, unended, end_days,
        in_notice, price_by_term, price_of_today, free_of_charge,
    ):  # fmt: skip
        table = state(con, raw, table)
    return table


def _currency(_: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    has_amount = any(contract.TABLES[table.table][name].type == "amount" for name in table.columns)
    named = currency_of_amount(raw, table)
    codes = [c for c in raw.columns if c.is_currency]
    column = named or next(iter(sorted(codes, key=lambda c: len(c.values) < _SEVERAL)), None)
    if column is None or not has_amount or (len(column.values) < _SEVERAL and named is None):
        return table
    column = _base_currency(raw, table) or column
    listed = ", ".join(f"{code.upper()} {share:.0%}" for code, share in column.values.items())
    return table.with_stated("currency_column", identifier(column.name), listed)


_SEVERAL = 2


def _base_currency(raw: RawTable, table: TableProposal) -> RawColumn | None:
    """Return the column of a shop's own currency, where the amounts are those that it changes into it."""
    columns = [m for name, m in table.columns.items() if contract.TABLES[table.table][name].type == "amount"]
    taken = any("base" in words(name) for mapped in columns for name in mapped.raw)
    return next((c for c in raw.columns if taken and c.is_currency and "base" in words(c.name)), None)


def _unit(con: duckdb.DuckDBPyConnection, _: RawTable, table: TableProposal) -> TableProposal:
    """State cents once for the table where all its amounts may be cents; else each is divided by itself."""
    amounts = [name for name in table.columns if contract.TABLES[table.table][name].type == "amount"]
    doubts = {name: d for name in amounts for d in table.columns[name].doubts if d.topic == "cents"}
    if not amounts or len(doubts) < len(amounts):
        return table
    columns = dict(table.columns)
    for name, doubt in doubts.items():
        columns[name] = _with_unit(con, table, name, doubt)
    table = replace(table, columns=columns)
    if all(doubt.choices[0].step == SAME for doubt in doubts.values()):
        return table
    return table.with_stated("unit", "cents", next(iter(doubts.values())).text)


def _with_unit(con: duckdb.DuckDBPyConnection, table: TableProposal, name: str, doubt: Doubt) -> Mapped:
    """Let the answer state the unit of the table, instead of dividing in the column's SQL."""
    mapped = table.columns[name]
    value = identifier(mapped.raw[-1])
    rows = con.execute(
        f"SELECT DISTINCT {value}::VARCHAR FROM {table.rows} WHERE {value} IS NOT NULL ORDER BY 1 LIMIT 3"
    ).fetchall()
    values = [str(row[0]) for row in rows]
    choices = tuple(
        Choice(
            choice.label,
            setting=(f"{table.table}.unit", "" if choice.step == SAME else "cents"),
            shown=tuple(v if choice.step == SAME else f"{v} -> {_hundredth(v)}" for v in values),
        )
        for choice in doubt.choices
    )
    steps = tuple((topic, SAME if topic == "cents" else step) for topic, step in mapped.steps)
    doubts = tuple(replace(d, choices=choices) if d.topic == "cents" else d for d in mapped.doubts)
    return replace(mapped, steps=steps, doubts=doubts)


def _hundredth(value: str) -> str:
    return f"{int(value) / 100:,.2f}" if re.fullmatch(r"-?\d+", value) else "a hundredth"


_MERGED = {
    "master", "merged", "survivor", "zusammengefuhrt", "zusammengefuehrt", "dublette", "samengevoegd", "fusionne",
    "fusionnee", "fusionado", "fusionada", "mesclado", "accorpato", "unificato", "scalony", "scalono", "polaczony",
    "birlestirildi", "birlestirilen", "sammanslagen", "sammenslatt", "sloucen", "slouceno",
}  # fmt: skip
"""Words of the account that another one became."""


def _merged(_: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    if table.table != "customers":
        return table
    for column in raw.columns:
        named = words(column.name)
        if column.filled and _MERGED & named and not column.flag and not column.time_sql:
            table = table.with_stated("merged_into", identifier(column.name), "the account that another one became")
        if column.flag and "deleted" in named and "true" in {*column.values} | {v for v in column.values if v in "1ty"}:
            table = table.with_stated("deleted", identifier(column.name), "accounts that were deleted")
    return table
