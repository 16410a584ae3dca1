"""Use that was measured rather than logged: how much there was, which rows are none, and since when it is known."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.propose.columns.derive import mapped_column
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.month_files import PICTURE
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means

_FEWEST_VALUES = 3
"""Fewer different numbers are a flag or a class."""
_LIKELY = 0.8


def with_measured_use(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Return use with its quantity, without rows of none, and dated at the end of the month that was measured."""
    if table.table != "events" or table.more or "occurred_at" not in table.columns:
        return table
    table = _known_at_the_end(table)
    measures = _measures(evidence.tables[table.file], table)
    if not measures or "event" in table.columns:
        return table
    if "quantity" not in table.columns:
        table = _measured(evidence.tables[table.file], table, measures)
    return _without_none(con, table, measures)


def is_by_month(table: TableProposal) -> bool:
    """Return whether a table is use of which each file holds a month."""
    return table.table == "events" and PICTURE in table.select


def _known_at_the_end(table: TableProposal) -> TableProposal:
    """Date the use of a month at its last day: how much it was nobody knew before."""
    if not is_by_month(table):
        return table
    dated = table.columns["occurred_at"]
    last = f"(({dated.base})::DATE + INTERVAL 1 MONTH - INTERVAL 1 DAY)::DATE::VARCHAR"
    at = replace(dated, base=last, why="the last day of the file's month: how much was used is known then")
    return replace(table, columns={**table.columns, "occurred_at": at})


def _measured(raw: RawTable, table: TableProposal, measures: list[RawColumn]) -> TableProposal:
    """Take the first measure for how much was used, and ask where there are several."""
    spec = contract.TABLES["events"]
    found = [mapped_column(raw, c.name, spec, spec["quantity"], _LIKELY) for c in measures]
    quantity = replace(found[0], why="how much was used")
    if len(found) > 1:
        others = zip(measures[1:], found[1:], strict=True)
        choices = (Choice(measures[0].name), *(Choice(c.name, mapped.sql) for c, mapped in others))
        names = ", ".join(c.name for c in measures)
        text = f"each row measures use in {names}: {measures[0].name} is how much was used, for there is one quantity"
        quantity = quantity.doubted(Doubt("measure", text, "column", choices))
    columns = {**table.columns, "quantity": quantity}
    unmapped = {name: why for name, why in table.unmapped.items() if name != measures[0].name}
    return replace(table, columns=columns, unmapped=unmapped)


def _without_none(con: duckdb.DuckDBPyConnection, table: TableProposal, measures: list[RawColumn]) -> TableProposal:
    """Leave out the rows in which every measure is 0 or empty: a customer who used nothing was not active."""
    quantity = table.columns["quantity"]
    some = " OR ".join(f"TRY_CAST({sql} AS DOUBLE) <> 0" for sql in [quantity.sql, *(c.number_sql for c in measures)])
    none = con.execute(f"SELECT count(*) FROM {table.rows} WHERE ({some}) IS NOT TRUE").fetchone() or (0,)
    if not none[0]:
        return table
    names = " and ".join(dict.fromkeys([*quantity.raw, *(c.name for c in measures)]))
    text = f"{none[0]:,} rows with nothing in {names} are no use and left out"
    doubt = Doubt("no use", text, "column")
    source = table.select or f"SELECT * FROM {identifier(table.file)}"
    select = f"SELECT * FROM ({source}) WHERE {some}"
    return replace(table, select=select, doubts=(*table.doubts, doubt))


def _measures(raw: RawTable, table: TableProposal) -> list[RawColumn]:
    """Return the columns of numbers that measure something: neither ids, money, flags nor marks."""
    used = {name for mapped in table.columns.values() for name in mapped.raw}
    return [
        c
        for c in raw.columns
        if c.number_sql and not c.time_sql and c.name not in used and c.distinct >= _FEWEST_VALUES
        if c.low >= 0 and not any(means(c.name, word) for word in _NO_MEASURE)
    ]


_NO_MEASURE = ("id", "amount", "price", "score", "birth", "period", "customer", "status", "kind", "order")
