"""Lines that continue an order: the id, the amount or both stand only on its first line."""

from __future__ import annotations

import duckdb

_BLANK = ("order_id is missing", "customer_id is missing", "ordered_at is missing", "amount is missing")


def join_continuation_lines(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    """Give lines with blanks what stands on the first line of their order; return how many there were.

    A line belongs to the order of the nearest good row above it when it has the same id, or none and no other customer,
    and no amount of its own, or no date. Without an amount of its own it is 0: the first line has the whole.
    """
    candidate = f"NOT _good AND len(list_filter(string_split(_rule, '; '), lambda r: r NOT IN {_BLANK})) = 0"
    if not con.execute(f"SELECT 1 FROM {rows} WHERE {candidate} LIMIT 1").fetchone():
        return 0
    above = (
        f"SELECT rowid AS line, last_value(CASE WHEN _good THEN {{'id': order_id, 'customer': customer_id, "
        f"'at': ordered_at}} END IGNORE NULLS) OVER (ORDER BY rowid) AS first FROM {rows}"
    )
    belongs = (
        "(order_id = first.id OR order_id IS NULL) AND coalesce(customer_id = first.customer, true) "
        "AND (amount IS NULL OR ordered_at IS NULL AND (order_id = first.id OR customer_id IS NULL))"
    )
    found = con.execute(
        f"UPDATE {rows} AS t SET order_id = first.id, customer_id = first.customer, "
        "ordered_at = coalesce(ordered_at, first.at), amount = coalesce(amount, 0), _good = true "
        f"FROM ({above}) AS a WHERE t.rowid = a.line AND {candidate} AND {belongs}"
    ).fetchone()
    return int(found[0]) if found else 0
