"""Amounts that look like cents; several currencies in one column are refused when they are loaded."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from workbench import contract
from workbench.check.findings import Finding, share_of
from workbench.check.queries import connection, one_row, relation
from workbench.check.raw_rows import RawRows
from workbench.crm import Crm
from workbench.engines import identifier

_WITHOUT_CENTS = ("JPY", "KRW", "VND", "CLP", "IDR", "IRR", "HUF", "ISK", "UGX", "XAF", "XOF")
_ENOUGH = 20
_CENTS_SHARE, _CENTS_MEDIAN = 0.9, 900


def check_cents(
    crm: Crm, names: Iterable[str], *, con: duckdb.DuckDBPyConnection | None = None, raw: RawRows | None = None
) -> list[Finding]:
    """Return the amounts of tables that are all whole and nearly all end in 00, 50, 90, 95 or 99.

    An amount whose raw text has decimals, such as 12,00, is in no cents.
    """
    if crm.facts.currency in _WITHOUT_CENTS:
        return []
    amounts = [(n, c.name) for n in names for c in contract.TABLES[n].columns if c.type == "amount"]
    amounts = [(n, column) for n, column in amounts if column in crm[n].columns]
    found = [f for name, column in amounts for f in _cents(crm, name, column)]
    return [f for f in found if con is None or raw is None or not _has_decimals(con, raw, f.column)]


def _has_decimals(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str) -> bool:
    types = {row[0]: row[1] for row in con.execute(f"DESCRIBE {rows.select}").fetchall()}
    texts = [identifier(c) for c in rows.named_in(rows.mapping.columns.get(column, "")) if types[c] == "VARCHAR"]
    shares = ", ".join(f"coalesce(avg(regexp_matches({text}, '[.,]\\d\\d?\\D*$')::INT), 0)" for text in texts)
    return bool(texts) and max(one_row(con, f"SELECT {shares} FROM ({rows.select})")) > 0.5


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
    cure = f"If they are cents, write unit: cents under tables.{name} in the source file; if not, ignore this."
    return [Finding("amounts in cents", name, column, priced, filled, sentence, cure)]
