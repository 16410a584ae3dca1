"""Ids that lost their leading zeros in one file, as spreadsheets take them off: 000013 in one is 13 in another."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.proposal import TableProposal

_MOST = 0.9
"""A share of the ids that are found once they are as long as the others, of which none was found before."""


def with_leading_zeros(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, tables: tuple[TableProposal, ...]
) -> tuple[TableProposal, ...]:
    """Return the tables with the customers' ids as long as where all have the same length and some begin with 0."""
    whole = next((found for table in _first(tables) if (found := _length(con, evidence, table))), None)
    if whole is None:
        return tables
    first, length = whole
    return tuple(
        _padded(con, table, first, length) if table is not first and _shorter(evidence, table, length) else table
        for table in tables
    )


def _texts(evidence: Evidence, table: TableProposal) -> tuple[str, ...]:
    """Return some of the ids: to look at all rows takes long, and few tables need it."""
    name = table.columns["customer_id"].raw[0]
    return next((c.texts for c in evidence.tables[table.file].columns if c.name == name), ())


def _shorter(evidence: Evidence, table: TableProposal, length: int) -> bool:
    return _plain(table) and any(len(text) < length and text.isdecimal() for text in _texts(evidence, table))


def _first(tables: tuple[TableProposal, ...]) -> list[TableProposal]:
    """Return the tables in the order in which their ids are believed: the list of customers, then their activity."""
    named = ("customers", *contract.ACTIVITY_TABLES)
    return [table for name in named for table in tables if table.table == name and _plain(table)]


def _plain(table: TableProposal) -> bool:
    key = table.columns.get("customer_id")
    return key is not None and len(key.raw) == 1 and key.base == identifier(key.raw[0]) and not table.more


def _length(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal
) -> tuple[TableProposal, int] | None:
    texts = _texts(evidence, table)
    if not any(text.startswith("0") for text in texts) or len({len(text) for text in texts if text.isdecimal()}) != 1:
        return None
    id_ = f"trim(({table.columns['customer_id'].sql})::VARCHAR)"
    row = con.execute(
        f"SELECT mode(length({id_})), avg((length({id_}) = (SELECT mode(length({id_})) FROM {table.rows}))::INT), "
        f"bool_or(starts_with({id_}, '0')) FROM {table.rows} WHERE {id_} ~ '^[0-9]+$'"
    ).fetchone() or (0, 0, False)
    length, share, zeros = row
    return (table, int(length)) if zeros and length > 1 and share == 1 else None


def _padded(con: duckdb.DuckDBPyConnection, table: TableProposal, first: TableProposal, length: int) -> TableProposal:
    key = table.columns["customer_id"]
    padded = f"lpad(trim(({key.base})::VARCHAR), {length}, '0')"
    # Without the rows that name nobody: IN a list with one NULL is never false.
    id_ = f"trim(({first.columns['customer_id'].sql})::VARCHAR)"
    known = f"(SELECT id FROM (SELECT {id_} AS id FROM {first.rows}) WHERE id IS NOT NULL)"
    row = con.execute(
        f"SELECT avg((trim(({key.base})::VARCHAR) IN {known})::INT), avg(({padded} IN {known})::INT), "
        f"min(trim(({key.base})::VARCHAR)) FROM {table.rows} "
        f"WHERE length(trim(({key.base})::VARCHAR)) < {length} AND {key.base} IS NOT NULL"
    ).fetchone() or (0, 0, "")
    before, after, example = row
    if before is None or before > 0 or after < _MOST:
        return table
    text = (
        f"{table.file} writes ids without the zeros that they begin with in {first.file}: {example} is read as "
        f"{str(example).zfill(length)}"
    )
    found = replace(key, base=padded).doubted(Doubt("zeros", text, "customers"))
    return replace(table, columns={**table.columns, "customer_id": found})
