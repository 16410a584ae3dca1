"""Customers known by their names alone, written now in capitals, now with a space too many: one customer."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import identifier
from workbench.propose.customers.customer_way import CUSTOMER_OF_ROW
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import SAME, Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.words.naming import means

_NAMES = 0.5
"""A share of the values with a space in them from which on they are names, whatever their column is called."""
_FOLDED = f"lower(regexp_replace(trim({SAME}), '\\s+', ' ', 'g'))"


def with_one_spelling(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, tables: tuple[TableProposal, ...]
) -> tuple[TableProposal, ...]:
    """Return the tables with names of customers read alike where they differ in capitals and spaces alone."""
    parts = [part for table in tables for part in (table, *table.more) if _is_by_name(evidence, part)]
    if not parts:
        return tables
    names = " UNION ALL ".join(
        f"SELECT {part.columns['customer_id'].base}::VARCHAR AS v FROM {part.rows}" for part in parts
    )
    folded = _FOLDED.replace(SAME, "v")
    found = con.execute(
        f"SELECT list_sort(list(DISTINCT v))[:2], count(*) OVER () FROM ({names}) WHERE v IS NOT NULL "
        f"GROUP BY {folded} HAVING count(DISTINCT v) > 1 ORDER BY ALL LIMIT 1"
    ).fetchone()
    if found is None:
        return tables
    (one, other), count = found
    text = f"{count:,} names differ in capitals or spaces alone, such as {one!r} and {other!r}: each is one customer"
    doubt = Doubt("spelling", text, "customers")
    first = next(table.table for table in tables if any(part in parts for part in (table, *table.more)))
    return tuple(_folded(evidence, table, *([doubt] if table.table == first else [])) for table in tables)


def _folded(evidence: Evidence, table: TableProposal, *doubts: Doubt) -> TableProposal:
    table = replace(table, more=tuple(_folded(evidence, part) for part in table.more))
    key = table.columns.get("customer_id")
    if key is None or not (key.base == CUSTOMER_OF_ROW or _is_by_name(evidence, table)):
        return table
    key = replace(key, base=_FOLDED.replace(SAME, f"{key.base}::VARCHAR")).doubted(*doubts)
    return replace(table, columns={**table.columns, "customer_id": key})


def _is_by_name(evidence: Evidence, table: TableProposal) -> bool:
    key = table.columns.get("customer_id")
    if key is None or len(key.raw) != 1 or key.base != identifier(key.raw[0]):
        return False
    raw = next((c for c in evidence.tables[table.file].columns if c.name == key.raw[0]), None)
    return raw is not None and not raw.number_sql and (raw.spaces > _NAMES or means(raw.name, "name"))
