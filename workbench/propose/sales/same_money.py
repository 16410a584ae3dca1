"""Rows of several kinds that state the same money, as the sale, its lines and its payment in one file."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import duckdb

from workbench.engines import identifier
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import read_number
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, words

_MOST_KINDS = 6
_RULE = 0.9
_FEWEST = 5
_HALVES = "balance instalment installment first second outbound outward inbound anzahlung restzahlung"
_PARTS = set(_HALVES.split())
"""Words of kinds that are halves of one sale: they may be equal, and both are paid."""


def once_only(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """Keep one kind of the rows of an order whose kinds come to the same sum; of them the one with the most rows."""
    order, amount = table.columns.get("order_id"), table.columns.get("amount")
    if table.table != "orders" or order is None or amount is None or len(amount.raw) != 1 or not order.raw:
        return table
    for column in raw.columns:
        stated = {status["column"] for status in table.statuses}
        if identifier(column.name) in stated or not _may_be_kind(column):
            continue
        same = _same(con, table, column, order.sql, read_number(raw[amount.raw[0]]))
        if len(same) > 1:
            kept = max(same, key=lambda kind: column.values[kind])
            values = {kind: "refuse" if kind in same - {kept} else "keep" for kind in column.values}
            text = (
                f"the rows of {column.name} {' and '.join(sorted(same))} come to the same sum in each order; those of "
                f"{kept} are taken, the others set aside"
            )
            status = [*table.statuses, {"column": identifier(column.name), "values": values}]
            rows = _examples(
                con, table, order.sql, f"lower({identifier(column.name)})", read_number(raw[amount.raw[0]])
            )
            choices = (
                Choice(f"those of {kept} alone", shown=tuple(_shown(order_, sums, {kept}) for order_, sums in rows)),
                Choice(
                    "all of them",
                    setting=("orders.status", _one_or_all(table.statuses)),
                    shown=tuple(_shown(order_, sums, sums.keys()) for order_, sums in rows),
                ),
            )
            doubt = Doubt("same money", text, "money", choices)
            return table.with_stated("status", _one_or_all(status), "read from its words", doubt)
    return table


def _one_or_all(statuses: list[dict[str, object]]) -> object:
    return statuses[0] if len(statuses) == 1 else statuses


def _examples(
    con: duckdb.DuckDBPyConnection, table: TableProposal, order: str, kind: str, amount: str
) -> list[tuple[str, dict[str, float]]]:
    """Return three orders, each with the sum of its rows of each kind."""
    sums = f"SELECT {order} AS o, {kind} AS k, sum({amount})::DOUBLE AS s FROM {table.rows} GROUP BY 1, 2"
    listed = f"SELECT o::VARCHAR, list(k ORDER BY k), list(s ORDER BY k) FROM ({sums}) GROUP BY 1"
    rows = con.execute(f"{listed} HAVING count(*) > 1 ORDER BY 1 LIMIT 3").fetchall()
    return [(name, dict(zip(kinds, amounts, strict=True))) for name, kinds, amounts in rows]


def _shown(order: str, sums: dict[str, float], taken: Collection[str]) -> str:
    return f"{order} -> {sum(amount for kind, amount in sums.items() if kind in taken):,.2f}"


def _may_be_kind(column: RawColumn) -> bool:
    parts = any(words(kind) & _PARTS for kind in column.values)
    few = 1 < len(column.values) <= _MOST_KINDS and column.filled == column.rows
    return means(column.name, "kind") and few and not parts


def _same(con: duckdb.DuckDBPyConnection, table: TableProposal, column: RawColumn, order: str, amount: str) -> set[str]:
    """Return the kinds whose rows come to the same sum as those of another kind, in nearly every order."""
    kind = f"lower({identifier(column.name)})"
    sums = f"SELECT {order} AS o, {kind} AS k, sum({amount}) AS s FROM {table.rows} GROUP BY 1, 2"
    same: set[str] = set()
    for one, other in combinations(sorted(column.values), 2):
        row = con.execute(
            f"WITH sums AS ({sums}) SELECT count(*), avg((abs(a.s - b.s) < 0.05)::INT), count(DISTINCT a.s), "
            "(SELECT count(*) FROM sums WHERE k = ?) FROM sums a JOIN sums b USING (o) WHERE a.k = ? AND b.k = ?",
            [one, one, other],
        ).fetchone() or (0, 0, 0, 0)
        orders, equal, different, all_ = row
        if orders >= max(_FEWEST, _RULE * all_) and (equal or 0) >= _RULE and different > 1:
            same |= {one, other}
    return same
