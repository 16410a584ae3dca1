"""Raw columns that show on their own which customers or subscriptions left."""

from __future__ import annotations

import duckdb

from workbench.check.findings import Finding, share_of
from workbench.check.raw_rows import RawRows
from workbench.check.status_checks import has_left
from workbench.engines import identifier

_LEAKS = 0.9
"""An AUC that no honest early sign reaches on its own."""
_JUDGED = '"the judged rows"'  # no input has a name with spaces in it
_FEW = 20
"""Fewer leavers or stayers than this show nothing."""


def check_raw_leaks(con: duckdb.DuckDBPyConnection, rows: RawRows) -> list[Finding]:
    """Return the unmapped columns filled only for leavers, or that separate them from the others."""
    left = has_left(rows)
    if left is None:
        return []
    con.execute(f"CREATE OR REPLACE TEMP TABLE {_JUDGED} AS SELECT *, ({left}) AS has_left FROM ({rows.select})")
    leavers, stayers = con.execute(
        f"SELECT count(*) FILTER (has_left), count(*) FILTER (NOT has_left) FROM {_JUDGED}"
    ).fetchone() or (0, 0)
    if min(leavers, stayers) < _FEW:
        return []
    found = [_leak(con, rows, column, leavers, stayers) for column in rows.unmapped]
    return [finding for finding in found if finding]


def _leak(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str, leavers: int, stayers: int) -> Finding | None:
    name = identifier(column)
    filled_left, filled_stayed, distinct = con.execute(
        f"SELECT count({name}) FILTER (has_left), count({name}) FILTER (NOT has_left), "
        f"count(DISTINCT {name}) FROM {_JUDGED}"
    ).fetchone() or (0, 0, 0)
    cure = "It was written when or after they left: keep it out of the features, or say since when it is known."
    whom = "customers" if rows.table == "customers" else "subscriptions"
    if filled_stayed == 0 and filled_left >= max(_FEW, 0.05 * leavers):
        sentence = f"{column} is filled only for {whom} that left: "
        sentence += f"{share_of(filled_left, leavers, whom)}, none of {stayers:,} others."
        return Finding("looks like the answer", rows.table, column, filled_left, leavers + stayers, sentence, cure)
    auc = _auc_alone(con, name, distinct, leavers, stayers)
    if auc < _LEAKS:
        return None
    sentence = f"{column} alone shows which {whom} left: AUC {auc:.3f} over "
    sentence += f"{leavers + stayers:,} rows, {leavers:,} of them left."
    return Finding("looks like the answer", rows.table, column, leavers + stayers, leavers + stayers, sentence, cure)


def _auc_alone(con: duckdb.DuckDBPyConnection, name: str, distinct: int, leavers: int, stayers: int) -> float:
    """Few values are ordered by their share of leavers; many only if they are numbers, by themselves."""
    few = distinct * 10 <= leavers + stayers and distinct <= 50
    order = "n1 / (n1 + n0)" if few else "v"
    value = f"{name}::VARCHAR" if few else f"TRY_CAST({name} AS DOUBLE)"
    row = con.execute(
        f"WITH g AS (SELECT {value} AS v, count(*) FILTER (has_left) AS n1, count(*) FILTER (NOT has_left) AS n0 "
        f"FROM {_JUDGED} GROUP BY 1), o AS (SELECT *, sum(n0) OVER (ORDER BY {order}, v) - n0 AS below FROM g WHERE "
        f"{'true' if few else 'v IS NOT NULL'}) SELECT sum(n1 * (below + n0 / 2.0)) / nullif(sum(n1) * sum(n0), 0), "
        f"sum(n1 + n0) / {leavers + stayers} FROM o"
    ).fetchone() or (None, 0)
    auc, covered = row
    if auc is None or (covered or 0) < 0.5:
        return 0.5
    return max(float(auc), 1 - float(auc))
