"""Amounts that cannot be added: several currencies in one column, and amounts that look like cents."""

from __future__ import annotations

import duckdb

from workbench import contract
from workbench.check.findings import Finding, share_of
from workbench.check.queries import connection, one_row, relation
from workbench.check.raw_rows import RawRows
from workbench.crm import Crm
from workbench.engines import identifier
from workbench.propose import means

_WITHOUT_CENTS = ("JPY", "KRW", "VND", "CLP", "IDR", "IRR", "HUF", "ISK", "UGX", "XAF", "XOF")
_ENOUGH = 20
_CENTS_SHARE, _CENTS_MEDIAN = 0.9, 900


def check_currencies(con: duckdb.DuckDBPyConnection, rows: RawRows) -> list[Finding]:
    """Return the currency columns with more than one code beside amounts that the source gives one currency."""
    if not any(contract.TABLES[rows.table][c].type == "amount" for c in rows.mapping.columns):
        return []
    return [f for c in rows.unmapped if means(c, "currency") for f in _currencies(con, rows, c)]


def _currencies(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str) -> list[Finding]:
    counted = con.execute(
        f"SELECT upper(trim({identifier(column)}::VARCHAR)) AS code, count(*) FROM ({rows.select}) "
        "WHERE nullif(trim(code), '') IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    codes = [(str(code), int(n)) for code, n in counted]
    if len(codes) < 2 or any(len(code) > 3 for code, _ in codes):
        return []
    total = sum(n for _, n in codes)
    listed = ", ".join(f"{code} {n:,}" for code, n in codes[:5]) + (" …" if len(codes) > 5 else "")
    sentence = (
        f"{rows.table} hold amounts of {len(codes)} currencies, added as if they were one: {listed} rows ({column})."
    )
    cure = "Convert them with a table of rates (rates in the source file), or keep the rows of one currency."
    return [Finding("several currencies", rows.table, column, total - codes[0][1], total, sentence, cure)]


def check_cents(crm: Crm) -> list[Finding]:
    """Return the columns of amounts that are all whole and nearly all end in 00, 50, 90, 95 or 99."""
    amounts = [
        (n, c.name) for n in crm for c in contract.TABLES[n].columns if c.type == "amount" and c.name in crm[n].columns
    ]
    return (
        []
        if crm.facts.currency in _WITHOUT_CENTS
        else [f for name, column in amounts for f in _cents(crm, name, column)]
    )


def _cents(crm: Crm, name: str, column: str) -> list[Finding]:
    filled, whole, priced, middle = one_row(
        connection(crm),
        f"SELECT count(*), count(*) FILTER ({column} = floor({column})), count(*) FILTER ({column}::BIGINT % 100 IN "
        f"(0, 50, 90, 95, 99)), median({column}) FROM {relation(crm, name)} WHERE {column} > 0",
    )
    if filled < _ENOUGH or whole < filled or priced < _CENTS_SHARE * filled or middle < _CENTS_MEDIAN:
        return []
    sentence = (
        f"{share_of(priced, filled, 'amounts')} are whole and end as prices in cents do; the median is {middle:,.0f}."
    )
    cure = f"If they are cents, divide by 100 in the mapping of {name}.{column}; if not, ignore this."
    return [Finding("amounts in cents", name, column, priced, filled, sentence, cure)]
