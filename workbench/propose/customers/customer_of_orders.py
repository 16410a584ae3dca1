"""Who bought, where no name says it: the column that is the same on all lines of an order, and recurs over orders."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn
from workbench.propose.words.lexicon import ENTITIES
from workbench.propose.words.naming import means

_FILLED = 0.98
_FEWEST = 5
"""Orders of several lines from which on what is the same on their lines is a fact about orders."""
_FEWER = 0.5
"""A share of the different values of the likeliest column: others of more would be as likely."""
_MOST = 6


def with_customer_of_orders(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Return the orders with the column that names the customer by its values, where no name does and one can.

    Columns that stand for each other, as a name and an e-mail address do, are one: either names the same customers.
    """
    order = table.columns.get("order_id")
    if table.table != "orders" or order is None or "customer_id" in table.columns:
        return table
    used = {name for mapped in table.columns.values() for name in mapped.raw}
    options = [c for c in evidence.tables[table.file].columns if _may_name(c) and c.name not in used]
    facts = [c for c in options if _is_of_orders(con, table, order, c)]
    best = max(facts, key=lambda c: c.distinct, default=None)
    if best is None:
        return table
    alike = [c for c in facts if _stand_for_each_other(con, table, best, c)]
    if any(c.distinct > _FEWER * best.distinct for c in facts if c not in alike):
        return table
    alike.sort(key=_preferred)
    return replace(table, columns={**table.columns, "customer_id": _mapped(alike)})


def _may_name(column: RawColumn) -> bool:
    if not column.keylike or column.distinct < 2 or column.unique == 1 or column.filled < _FILLED * column.rows:
        return False
    others = [entity for entity in ENTITIES if entity not in ("customer", "contact")]
    return not any(
        means(column.name, meaning) for meaning in (*others, "status", "kind", "country", "region", "method")
    )


def _preferred(column: RawColumn) -> tuple[bool, bool]:
    return not means(column.name, "id"), not means(column.name, "email")


def _is_of_orders(con: duckdb.DuckDBPyConnection, table: TableProposal, order: Mapped, column: RawColumn) -> bool:
    """Whether all lines of an order have one value, in several orders of several lines."""
    row = con.execute(
        f"SELECT count(*), bool_and(n = 1) FROM (SELECT count(DISTINCT {identifier(column.name)}) AS n "
        f"FROM {table.rows} GROUP BY {order.sql} HAVING count(*) > 1)"
    ).fetchone() or (0, False)
    return row[0] >= _FEWEST and bool(row[1])


def _stand_for_each_other(
    con: duckdb.DuckDBPyConnection, table: TableProposal, one: RawColumn, other: RawColumn
) -> bool:
    if one.distinct != other.distinct:
        return False
    both = f"({identifier(one.name)}, {identifier(other.name)})"
    row = con.execute(f"SELECT count(DISTINCT {both}) FROM {table.rows}").fetchone()
    return one is other or bool(row and row[0] == one.distinct)


def _mapped(alike: list[RawColumn]) -> Mapped:
    first = alike[0]
    each = f"{first.distinct:,} values, the same on all lines of an order"
    text = f"{first.name} is taken for the customer: {each}"
    if len(alike) > 1:
        text += f"; {', '.join(c.name for c in alike[1:_MOST])} would name the same ones"
    choices = tuple(Choice(c.name, _read(c)) for c in alike[:_MOST])
    found = Mapped(_read(first), (first.name,), 0.6, each)
    return found.doubted(Doubt("named", text, "customers", choices if len(choices) > 1 else ()))


def _read(column: RawColumn) -> str:
    return f"lower(trim({identifier(column.name)}))" if means(column.name, "email") else identifier(column.name)
