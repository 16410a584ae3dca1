"""Prices that hold since a subscription began: each becomes the first row of its history."""

from __future__ import annotations

import duckdb

from workbench.sources.source import Source

CHANGES = "subscription_changes"
_FIRST, _ALL = '"the first prices"', '"the changes and first prices"'


def note_first_prices(con: duckdb.DuckDBPyConnection, source: Source) -> int:
    """Add to subscription_changes a row at the start of each subscription whose price has held since then.

    That is where the source says ``mrr_is: price_since_start``, and no change up to the start is recorded. The row has
    subscription_id, changed_at, mrr and, where there is one, plan. Returns how many were added.
    """
    mapping = source.tables.get("subscriptions")
    if mapping is None or mapping.mrr_is != "price_since_start":
        return 0
    plan = ", plan" if "plan" in mapping.columns else ""
    first = (
        f"SELECT subscription_id, started_at AS changed_at, mrr{plan} FROM main.subscriptions s WHERE mrr IS NOT NULL"
    )
    if CHANGES not in source.tables:
        return _rows(con, f"CREATE TABLE main.{CHANGES} AS {first}")
    same = "c.subscription_id = s.subscription_id AND c.changed_at <= s.started_at"
    first += f" AND NOT EXISTS (FROM main.{CHANGES} c WHERE {same})"
    added = _rows(con, f"CREATE TEMP TABLE {_FIRST} AS {first}")
    con.execute(f"CREATE TEMP TABLE {_ALL} AS FROM main.{CHANGES} UNION ALL BY NAME FROM {_FIRST}")
    con.execute(f"DROP {_kind(con)} main.{CHANGES}; CREATE TABLE main.{CHANGES} AS FROM {_ALL}")
    con.execute(f"DROP TABLE {_FIRST}; DROP TABLE {_ALL}")
    return added


def _kind(con: duckdb.DuckDBPyConnection) -> str:
    """Return TABLE, or VIEW where the changes are read in place."""
    views = con.execute("FROM duckdb_views() WHERE schema_name = 'main' AND view_name = ?", [CHANGES]).fetchall()
    return "VIEW" if views else "TABLE"


def _rows(con: duckdb.DuckDBPyConnection, making: str) -> int:
    (made,) = con.execute(making).fetchone() or (0,)
    return int(made)
