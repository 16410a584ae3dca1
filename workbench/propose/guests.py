"""Guests who bought without an account: known by their e-mail address, where the export has it."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.doubts import SAME, Choice, Doubt
from workbench.propose.folder_evidence import Evidence
from workbench.propose.naming import means
from workbench.propose.nobody import FEW, NOBODY
from workbench.propose.proposal import TableProposal
from workbench.propose.raw_columns import RawTable
from workbench.propose.samples import seen

_COVERED = 0.9


def with_guests(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Return the orders with each guest by e-mail address, where the id of a share of the rows stands for nobody."""
    key = table.columns.get("customer_id")
    if table.table != "orders" or key is None or len(key.raw) != 1 or key.sql != identifier(key.raw[0]):
        return table
    email = _email(evidence.tables[table.file], key.raw[0])
    if email is None:
        return table
    nobody = f"({key.sql} IS NULL OR lower({key.sql}) IN ({', '.join(map(literal, sorted(NOBODY)))}))"
    share, covered, example = con.execute(
        f"SELECT avg({nobody}::INT), coalesce(avg(({identifier(email)} IS NOT NULL)::INT) FILTER ({nobody}), 0), "
        f"max({key.sql}) FILTER ({nobody}) FROM {seen(table.file)}"
    ).fetchone() or (0, 0, None)
    if (share or 0) < FEW or covered < _COVERED:
        return table
    text = f"{share:.0%} of the rows have no {key.raw[0]} ({example or 'empty'}): guests, known by their {email}"
    by_email = f"CASE WHEN {nobody} THEN lower(trim({identifier(email)})) ELSE {SAME} END"
    choices = (Choice(f"guests by {email}", by_email), Choice("guests are left out"))
    columns = {**table.columns, "customer_id": replace(key, raw=(*key.raw, email)).doubted(_doubt(text, choices))}
    return replace(table, columns=columns)


def _doubt(text: str, choices: tuple[Choice, ...]) -> Doubt:
    return Doubt("guests", text, "customers", choices)


def _email(raw: RawTable, key: str) -> str | None:
    """Return the column of e-mail addresses, the one of the bill before that of the delivery."""
    named = [c.name for c in raw.columns if means(c.name, "email") and c.keylike and c.distinct > 1 and c.name != key]
    return min(named, key=lambda name: "bill" not in name.lower(), default=None)
