"""Two lists of customers by other ids: the same people or companies, as two systems know them."""

from __future__ import annotations

from itertools import product

import duckdb

from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.raw_files.samples import seen
from workbench.propose.words.naming import means

_MOST = 0.5
_ITS_OWN = 0.9
"""Shares of the names of the shorter list that are in the longer one, and of the rows that have one of their own."""


def same_people(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal, second: TableProposal
) -> bool:
    """Return whether most names or addresses of one list of customers stand in the other beside another id."""
    if table.table != "customers":
        return False
    pairs = product(_names(evidence.tables[table.file]), _names(evidence.tables[second.file]))
    return any(_share(con, (table.file, one), (second.file, other)) > _MOST for one, other in pairs)


def _names(raw: RawTable) -> list[RawColumn]:
    """Return the columns of names, companies and addresses, each row with its own."""
    own = [c for c in raw.columns if c.keylike and c.unique >= _ITS_OWN and not c.number_sql and not c.time_sql]
    return [c for c in own if any(means(c.name, m) for m in ("email", "name", "customer")) and not means(c.name, "id")]


def _share(con: duckdb.DuckDBPyConnection, one: tuple[str, RawColumn], other: tuple[str, RawColumn]) -> float:
    listed = [
        f"(SELECT DISTINCT lower(trim({identifier(column.name)}::VARCHAR)) AS v FROM {seen(file)} "
        f"WHERE {identifier(column.name)} IS NOT NULL)"
        for file, column in (one, other)
    ]
    both, first, last = con.execute(
        f"SELECT (SELECT count(*) FROM {listed[0]} JOIN {listed[1]} USING (v)), "
        f"(SELECT count(*) FROM {listed[0]}), (SELECT count(*) FROM {listed[1]})"
    ).fetchone() or (0, 0, 0)
    return both / max(1, min(first, last))
