"""A day until which each member has paid: it moves on with every payment, a period after the last term began."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from workbench.engines import literal
from workbench.propose.proposed.proposal import TableProposal
from workbench.sources import months_of

_ALL, _ONCE = 0.95, 0.98
_AHEAD = 0.05
"""A share of the days that lie after the last start from which on they are days until which something was paid."""


def last_payments(
    con: duckdb.DuckDBPyConnection, tables: tuple[TableProposal, ...]
) -> Iterator[tuple[TableProposal, str, str]]:
    """Yield the SQL of the day on which each subscription's last paid term began, where each has an end."""
    for table in tables:
        needed = [table.columns.get(name) for name in ("customer_id", "started_at", "ended_at", "billing_period")]
        if table.table != "subscriptions" or not all(needed) or "cancelled_at" in table.columns:
            continue
        customer, start, end, period = (mapped.sql for mapped in needed if mapped)
        until, begun = (f"TRY_CAST({sql} AS TIMESTAMP)" for sql in (end, start))
        last = f"(SELECT max({begun}) FROM {table.rows})"
        ends, once, ahead = con.execute(
            f"SELECT avg(({until} IS NOT NULL)::INT), count(DISTINCT {customer}) / count(*), "
            f"avg(({until} > {last})::INT) FROM {table.rows}"
        ).fetchone() or (0, 0, 0)
        if (ends or 0) >= _ALL and (once or 0) >= _ONCE and (ahead or 0) >= _AHEAD:
            yield table, _begun(con, table, until, f"lower({period})"), "true"


def _begun(con: duckdb.DuckDBPyConnection, table: TableProposal, until: str, period: str) -> str:
    """Return SQL for the start of the term that ends on a day."""
    words = [row[0] for row in con.execute(f"SELECT DISTINCT {period} FROM {table.rows}").fetchall() if row[0]]
    months = {word: months_of(word) for word in words}
    whole = {word: int(n) for word, n in months.items() if n and n == int(n)}
    cases = " ".join(f"WHEN {literal(word)} THEN {until} - INTERVAL {n} MONTH" for word, n in whole.items())
    return f"CASE {period} {cases} END" if cases else "NULL"
