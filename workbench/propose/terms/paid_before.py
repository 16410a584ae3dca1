"""Those who paid, left, and are listed as free today."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawTable

_STILL_PAID = 0.1
"""A share of those who left: of more that are paid, the kind is of the past, and the free ones never paid."""


def paid_before_the_end(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """Read those who left as paid until then, where next to none of them is: the kind is that of today."""
    kind, end = table.columns.get("kind"), table.columns.get("ended_at") or table.columns.get("cancelled_at")
    if table.table != "subscriptions" or kind is None or end is None or len(kind.raw) != 1:
        return table
    if not any(c.name == kind.raw[0] and {"free", "paid"} <= c.values.keys() for c in raw.columns):
        return table
    gone = f"TRY_CAST({end.sql} AS TIMESTAMP) IS NOT NULL"
    row = con.execute(
        f"SELECT count(*), count(*) FILTER (lower({kind.sql}) = 'paid') FROM {table.rows} WHERE {gone}"
    ).fetchone() or (0, 0)
    if not row[0] or row[1] > _STILL_PAID * row[0]:
        return table
    text = f"{kind.raw[0]} is of today: free with an end of service is read as paid until then"
    choices = (Choice("paid until the end", f"CASE WHEN {gone} THEN 'paid' ELSE {{}} END"), Choice("free all along"))
    doubted = kind.doubted(Doubt("paid before", text, "service", choices))
    return replace(table, columns={**table.columns, "kind": doubted})
