"""Two lists of customers by other ids: the same people or companies, as two systems know them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import duckdb

from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.fitting.links import customer_likeness
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.raw_files.samples import seen
from workbench.propose.words.naming import means

_MOST = 0.5
_ITS_OWN = 0.9
"""Shares of the names of the shorter list that are in the longer one, and of the rows that have one of their own."""
_LIKELY, _SOME, _PAID = 0.5, 0.1, {"mrr"}


def same_people(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal, second: TableProposal
) -> bool:
    """Return whether most names or addresses of one list of customers stand in the other beside another id.

    Where other rows name customers by the ids of both lists, both are needed: accounts that were numbered anew, members
    who left and came back, branches in two countries.
    """
    if "closed_at" in table.columns.keys() | second.columns.keys():
        return False
    return bool(_in_both(con, evidence, table, second)) and not _is_named_elsewhere(con, evidence, table, second)


def counted_twice(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal, second: TableProposal
) -> TableProposal:
    """Return a second list of customers with how many of its names or addresses are in the first, where most are."""
    if not (both := _in_both(con, evidence, table, second)):
        return second
    text = (
        f"{both:,} names or addresses stand in {table.file} too, beside another id: both ids are used, and "
        "each of these people counts as two customers"
    )
    return replace(second, doubts=(*second.doubts, Doubt("same people", text, "customers")))


def _in_both(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal, second: TableProposal) -> int:
    """Return how many names or addresses are in both lists of customers, where most of the shorter one are; else 0."""
    if table.table != "customers":
        return 0
    pairs = product(_names(evidence.tables[table.file]), _names(evidence.tables[second.file]))
    return max((_shared(con, (table.file, one), (second.file, other)) for one, other in pairs), default=0)


def _is_named_elsewhere(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal, second: TableProposal
) -> bool:
    """Whether rows of other files name their customers by the ids of the second list, or it has what they pay."""
    paid = evidence.columns(second.file, "subscriptions").keys() & _PAID
    if paid and second.file in evidence.shapes.get(table.file, ()):
        return True
    own = identifier(second.columns["customer_id"].raw[0])
    others = {name: raw for name, raw in evidence.tables.items() if name not in (table.file, second.file)}
    return any(
        _meets(con, (name, column.name), (second.file, own))
        for name, raw in others.items()
        for column in raw.columns
        if column.keylike and customer_likeness(column) >= _LIKELY
    )


def _meets(con: duckdb.DuckDBPyConnection, rows: tuple[str, str], listed: tuple[str, str]) -> bool:
    """Whether a tenth of the ids of rows are listed."""
    file, column = rows
    both, all_ = con.execute(
        f"SELECT count(*) FILTER (v IN (SELECT {listed[1]}::VARCHAR FROM {seen(listed[0])})), count(*) FROM "
        f"(SELECT DISTINCT {identifier(column)}::VARCHAR AS v FROM {seen(file)})"
    ).fetchone() or (0, 0)
    return bool(both >= _SOME * all_ > 0)


def _names(raw: RawTable) -> list[RawColumn]:
    """Return the columns of names, companies and addresses, each row with its own."""
    own = [c for c in raw.columns if c.keylike and c.unique >= _ITS_OWN and not c.number_sql and not c.time_sql]
    return [c for c in own if any(means(c.name, m) for m in ("email", "name", "customer")) and not means(c.name, "id")]


def _shared(con: duckdb.DuckDBPyConnection, one: tuple[str, RawColumn], other: tuple[str, RawColumn]) -> int:
    listed = [
        f"(SELECT DISTINCT lower(trim({identifier(column.name)}::VARCHAR)) AS v FROM {seen(file)} "
        f"WHERE {identifier(column.name)} IS NOT NULL)"
        for file, column in (one, other)
    ]
    both, first, last = con.execute(
        f"SELECT (SELECT count(*) FROM {listed[0]} JOIN {listed[1]} USING (v)), "
        f"(SELECT count(*) FROM {listed[0]}), (SELECT count(*) FROM {listed[1]})"
    ).fetchone() or (0, 0, 0)
    return int(both) if both > _MOST * min(first, last) else 0
