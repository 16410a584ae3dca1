"""Ids that stand for nobody: guests, undefined users, and one id that holds an implausible share of the rows."""

from __future__ import annotations

import duckdb

from workbench.engines import identifier
from workbench.propose.doubts import Doubt
from workbench.propose.folder_evidence import Evidence
from workbench.propose.proposal import TableProposal
from workbench.propose.samples import seen

_WORDS = """
0
-1
guest
guests
undefined
null
none
nan
unknown
anonymous
n/a
(not set)
default
"""
NOBODY = frozenset(filter(None, _WORDS.split("\n")))
FEW = 0.02
_SCIENTIFIC = r"[0-9]([.,][0-9]+)?[eE][+]?[0-9]{1,3}"
_MANY = 0.25
_TIMES_THE_NEXT = 5.0


def nobody(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, tables: tuple[TableProposal, ...]
) -> tuple[dict[str, tuple[str, str]], list[Doubt]]:
    """Return the setting ``not_customers`` with what it rests on, and a doubt for each id that looks like nobody."""
    found: dict[str, str] = {}
    doubts = []
    for table in tables:
        doubts += _rounded(con, evidence, table)
        for value, share, next_share in _largest(con, evidence, table):
            text = f"the id {value} holds {share:.0%} of the rows of {table.file}"
            if value.lower() in NOBODY and share >= FEW:
                found.setdefault(value, text)
            elif share >= _MANY and share >= _TIMES_THE_NEXT * next_share:
                text += "; if it stands for nobody, name it in not_customers"
                doubts.append(Doubt("nobody", text, "customers", about=f"{table.table}.customer_id"))
    if not found:
        return {}, doubts
    listed = ", ".join("'" + value.replace("'", "''") + "'" for value in found)
    why = "; ".join(found.values())
    doubts.append(Doubt("nobody", f"{why}; those rows are set aside", "customers", about="not_customers"))
    return {"not_customers": (f"[{listed}]", why)}, doubts


def _rounded(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> list[Doubt]:
    """Name ids that a spreadsheet wrote as 4.00001E+12: several customers may have become one."""
    key = table.columns.get("customer_id")
    raw = evidence.tables[table.file]
    if key is None or not key.raw or key.raw[0] not in {c.name for c in raw.columns}:
        return []
    name = identifier(key.raw[0])
    row = con.execute(
        f"SELECT avg(({name} ~ '{_SCIENTIFIC}')::INT), min({name}) FILTER ({name} ~ '{_SCIENTIFIC}') "
        f"FROM {seen(raw.name)} WHERE {name} IS NOT NULL"
    ).fetchone()
    if row is None or not row[0]:
        return []
    text = (
        f"{row[0]:.0%} of {key.raw[0]} are written as {row[1]}: a spreadsheet has rounded them, so that several "
        "customers may share one id; export the ids as text"
    )
    return [Doubt("rounded", text, "customers", about=f"{table.table}.customer_id")]


def _largest(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal
) -> list[tuple[str, float, float]]:
    """Return the most frequent ids of a table's customers with their share of rows, and the share of the next one."""
    key = table.columns.get("customer_id")
    if key is None or len(key.raw) != 1 or table.table == "customers":
        return []  # an id made of two columns stands for somebody
    raw = evidence.tables[table.file]
    column = next((c for c in raw.columns if c.name == key.raw[0] and c.distinct > 3), None)
    if column is None:
        return []
    name = identifier(column.name)
    rows = con.execute(
        f"SELECT {name}, count(*) / {column.filled} FROM {seen(raw.name)} WHERE {name} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 4"
    ).fetchall()
    return [(str(v), float(share), float(rows[place + 1][1])) for place, (v, share) in enumerate(rows[:-1])]
