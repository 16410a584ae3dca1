"""Since when a subscription has its price, where no table holds its changes: asked, or shown by its next terms."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import with_marks
from workbench.propose.proposed.proposal import TableProposal

_KEY = "subscriptions.mrr_is"
_SINCE_START = Choice("the price since each began: it never changes within a row", setting=(_KEY, "price_since_start"))
_TODAY = Choice("the price of today: what was paid before is not known", setting=(_KEY, "price_of_today"))
_FEWEST = 3
"""So many next terms at another price show that a new price begins a new row; so does a row for every term."""
_GAP_DAYS = 31
"""Days without service up to which the next row still goes on from the one before."""


def price_history(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, tables: tuple[TableProposal, ...]
) -> tuple[TableProposal, ...]:
    """Ask of subscriptions with a price and no history of it whether they had it from the start."""
    if any(t.table == "subscription_changes" and "mrr" in t.columns for t in tables):
        return tables
    asked = (t.table == "subscriptions" and _has_price(t) for t in tables)
    return tuple(_asked(con, evidence, t) if yes else t for t, yes in zip(tables, asked, strict=True))


def _has_price(table: TableProposal) -> bool:
    mrr = table.columns.get("mrr")
    return mrr is not None and not table.missing and not any(doubt.topic == "today" for doubt in mrr.doubts)


def _asked(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    mrr = table.columns["mrr"]
    price = " ".join(mrr.raw) or "mrr"
    changed, next_terms, all_ = _next_terms(con, table, with_marks(evidence.tables[table.file], mrr, mrr.sql))
    rows = _examples(con, table)
    since = replace(_SINCE_START, shown=tuple(f"{begun} -> {paid}" for begun, paid in rows))
    today = replace(_TODAY, shown=tuple(f"{begun} -> not known" for begun, _ in rows))
    if changed >= _FEWEST or next_terms > all_ / 2:
        text = f"{next_terms:,} of {all_:,} rows are a next term, {changed:,} at another {price}: each keeps its own"
        return table.with_stated("mrr_is", "price_since_start", text, Doubt("since", text, "column", (since, today)))
    text = f"no table holds changes of {price}; it is taken for today's, so recurring revenue before is not known"
    return replace(table, doubts=(*table.doubts, Doubt("since", text, "column", (today, since))))


def _examples(con: duckdb.DuckDBPyConnection, table: TableProposal) -> list[tuple[str, str]]:
    """Return the starts and prices of the subscriptions that began first."""
    start, price = (table.columns[name].sql for name in ("started_at", "mrr"))
    rows = f"SELECT TRY_CAST({start} AS DATE) AS begun, TRY(({price})::VARCHAR) AS price FROM {table.rows_here}"
    dated = f"SELECT begun::VARCHAR, price FROM ({rows} WHERE {table.counted}) WHERE begun IS NOT NULL AND price <> ''"
    return con.execute(f"{dated} ORDER BY begun, price LIMIT 2").fetchall()


def _next_terms(con: duckdb.DuckDBPyConnection, table: TableProposal, price: str) -> tuple[int, int, int]:
    """Count the rows that follow one of the same customer at another price, all that follow one, and all rows."""
    customer, start = (table.columns[name].sql for name in ("customer_id", "started_at"))
    ended = table.columns["ended_at"].sql if "ended_at" in table.columns else "NULL"
    rows = (
        f"SELECT {customer} AS who, TRY_CAST({start} AS TIMESTAMP) AS begun, TRY(({price})::VARCHAR) AS price, "
        f"TRY_CAST({ended} AS TIMESTAMP) AS over FROM {table.rows_here} WHERE {table.counted}"
    )
    before = "lag({}) OVER (PARTITION BY who ORDER BY begun, over)"
    pairs = f"SELECT begun, price, {before.format('price')} AS old, {before.format('over')} AS old_over FROM ({rows})"
    near = f"old_over <= begun + INTERVAL 1 DAY AND begun <= old_over + INTERVAL {_GAP_DAYS} DAY"
    counts = f"count(*) FILTER ({near} AND price <> old), count(*) FILTER ({near}), count(*)"
    return con.execute(f"SELECT {counts} FROM ({pairs})").fetchone() or (0, 0, 0)
