"""Amounts that look like cents; several currencies in one column are refused when they are loaded."""

from __future__ import annotations

from workbench import contract
from workbench.check.findings import Finding, share_of
from workbench.check.queries import connection, one_row, relation
from workbench.crm import Crm

_WITHOUT_CENTS = ("JPY", "KRW", "VND", "CLP", "IDR", "IRR", "HUF", "ISK", "UGX", "XAF", "XOF")
_ENOUGH = 20
_CENTS_SHARE, _CENTS_MEDIAN = 0.9, 900


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
