"""What is known before any table is loaded: merged and deleted accounts, the last activity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.errors import SourceError
from workbench.sources.row_rules import ACCOUNTS, LAST_ACTIVITY, LAST_DATE
from workbench.sources.source import Source
from workbench.sources.values import read_value, reading

_ACTIVE = {"orders": "ordered_at", "events": "occurred_at", "charges": "attempted_at"}
_LONGEST_CHAIN = 20


def loading_order(source: Source) -> list[str]:
    """Return the tables in the order in which they are loaded: one that needs the others' dates comes last."""
    late = [n for n, m in source.tables.items() if m.undated == "last_activity" or m.has_notices]
    return [name for name in source.tables if name not in late] + late


def note_accounts(con: duckdb.DuckDBPyConnection, source: Source) -> bool:
    """Note the merged and deleted accounts that the raw rows of customers name; return whether they name any.

    Raises SourceError for accounts that were merged into each other.
    """
    mapping = source.tables["customers"]
    if mapping.merged_into is None and mapping.deleted is None:
        return False
    rows = f"({mapping.select})"
    into, gone = mapping.merged_into or "NULL::VARCHAR", mapping.deleted or "false"
    ids = {"customer_id": mapping.columns["customer_id"], "survivor": into}
    read = {name: _id(con, source, sql, rows) for name, sql in ids.items()}
    read = _as_whole_numbers(con, read, rows)
    texts = ", ".join(f"{sql} AS {name}" for name, sql in read.items())
    deleted = f"coalesce(lower(({gone})::VARCHAR) IN ('true', 't', 'yes', 'y', '1'), false) AS deleted"
    con.execute(
        f"CREATE TABLE {ACCOUNTS} AS SELECT customer_id, min(survivor) AS survivor FROM "
        f"(SELECT {texts}, {deleted} FROM {rows}) WHERE customer_id IS NOT NULL "
        "AND (deleted OR survivor <> customer_id) GROUP BY 1"
    )
    _follow(con)
    con.execute(
        f"ALTER TABLE {ACCOUNTS} ADD COLUMN known BOOLEAN; UPDATE {ACCOUNTS} SET known = survivor IN "
        f"(SELECT {read['customer_id']} FROM {rows}) WHERE survivor IS NOT NULL"
    )
    return True


def _as_whole_numbers(con: duckdb.DuckDBPyConnection, read: dict[str, str], rows: str) -> dict[str, str]:
    """Return the ids read as loading reads them: 17.0 is 17 where all of them are whole numbers."""
    whole = " AND ".join(f"coalesce(bool_and(regexp_full_match({sql}, '\\d+(\\.0+)?')), true)" for sql in read.values())
    (all_whole,) = con.execute(f"SELECT {whole} FROM {rows}").fetchone() or (False,)
    return {name: f"regexp_replace({sql}, '\\.0+$', '')" for name, sql in read.items()} if all_whole else read


def _id(con: duckdb.DuckDBPyConnection, source: Source, sql: str, rows: str) -> str:
    """Return SQL that reads an expression as loading reads a customer's id."""
    column, mapping = contract.CUSTOMER, source.tables["customers"]
    (row,) = con.execute(f"DESCRIBE SELECT ({sql}\n) AS v FROM {rows}").fetchall()
    value = read_value(column, str(row[1]), reading(source, mapping))
    return value.sql.replace('"raw_customer_id"', f"({sql}\n)")


def _follow(con: duckdb.DuckDBPyConnection) -> None:
    """Follow merged accounts to the last one; what was merged into a deleted account is deleted."""
    step = (
        f"UPDATE {ACCOUNTS} AS one SET survivor = other.survivor FROM {ACCOUNTS} AS other "
        "WHERE one.survivor = other.customer_id"
    )
    for _ in range(_LONGEST_CHAIN):
        (changed,) = con.execute(step).fetchone() or (0,)
        if not changed:
            return
    some = con.execute(f"SELECT customer_id FROM {ACCOUNTS} WHERE survivor IS NOT NULL ORDER BY 1 LIMIT 3").fetchall()
    listed = ", ".join(row[0] for row in some)
    raise SourceError(f"tables.customers.merged_into: accounts are merged into each other, such as {listed}; fix them.")


def note_last_date(con: duckdb.DuckDBPyConnection, source: Source, ends: Iterable[datetime | None]) -> None:
    """Note the last date of the tables loaded so far, or until when the source says that its data are complete."""
    known = [at for at in (*ends, source.complete_until) if at is not None]
    last = literal(str(max(known))) if known else "NULL"
    con.execute(f"SET VARIABLE {LAST_DATE} = {last}::TIMESTAMP")


def note_last_activity(con: duckdb.DuckDBPyConnection, loaded: list[str]) -> None:
    """Note each customer's last order, use or charge."""
    parts = [
        f"SELECT customer_id, {at} AS last_at FROM main.{identifier(name)}"
        for name, at in _ACTIVE.items()
        if name in loaded
    ]
    rows = " UNION ALL ".join(parts) or "SELECT NULL::VARCHAR AS customer_id, NULL::TIMESTAMP AS last_at"
    con.execute(f"CREATE TABLE {LAST_ACTIVITY} AS SELECT customer_id, max(last_at) AS last_at FROM ({rows}) GROUP BY 1")
