"""Totals that a source states itself, such as a customer's number of orders, beside what is computed from the rows."""

from __future__ import annotations

import re

import duckdb
import ibis

from workbench.check.key_figures import Figure, money
from workbench.check.queries import connection, one_row, relation
from workbench.check.raw_rows import RawRows
from workbench.crm import Crm, net_amounts, tells_amounts
from workbench.engines import identifier

_SPENT = r"(total|lifetime|ltv).*(spen[dt]|revenue|amount|value|sales)"
_ORDERS = r"orders?[_ ]?count|total[_ ]?orders|(num|number)[_ ]?(of[_ ]?)?orders"


def own_totals(con: duckdb.DuckDBPyConnection, crm: Crm, rows: RawRows) -> list[Figure]:
    """Return the sums of unmapped columns of customers that state what each has ordered or spent."""
    if rows.table != "customers":
        return []
    found = []
    for column in rows.unmapped:
        number = f"sum(TRY_CAST({identifier(column)} AS DOUBLE))"
        if tells_amounts(crm) and re.search(_SPENT, column, re.IGNORECASE):
            (computed,) = one_row(
                connection(crm), f"SELECT sum(amount)::DOUBLE FROM ({ibis.to_sql(net_amounts(crm), dialect='duckdb')})"
            )
            shown, here = "money", money(computed or 0, crm.facts.currency)
        elif "orders" in crm and re.search(_ORDERS, column, re.IGNORECASE):
            sales = f"{relation(crm, 'orders')} WHERE amount >= 0"
            (computed,) = one_row(connection(crm), f"SELECT count(DISTINCT order_id) FROM {sales}")
            shown, here = "count", f"{computed:,}"
        else:
            continue
        (total,) = one_row(con, f"SELECT {number} FROM ({rows.select})")
        if total is not None:
            note = f"the source's own total; computed from its rows: {here}"
            stated = money(total, crm.facts.currency) if shown == "money" else f"{total:,.0f}"
            found.append(Figure(f"sum of {column}", stated, note))
    return found
