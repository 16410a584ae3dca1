"""What a database export shows: everything up to an instant, and nothing that had not happened by then."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import yaml

from workbench import contract
from workbench.demo import accounts, scenario
from workbench.demo import interactions as contact

SELECTS = {
    "customers": accounts.CUSTOMERS,
    "subscriptions": accounts.SUBSCRIPTIONS,
    "subscription_changes": accounts.SUBSCRIPTION_CHANGES,
    "cancellations": accounts.CANCELLATIONS,
    "orders": accounts.ORDERS,
    "invoices": accounts.INVOICES,
    "charges": accounts.CHARGES,
    "tickets": contact.TICKETS,
    "events": contact.EVENTS,
    "messages": contact.MESSAGES,
    "surveys": contact.SURVEYS,
    "goals": contact.GOALS,
    "contacts": contact.CONTACTS,
    "consents": contact.CONSENTS,
    "treatments": accounts.TREATMENTS,
}
"""One SELECT per table of the contract; overwritten columns take their value at ``{at}``."""

NOT_MADE = ("time_zone", "region")
"""Columns that no table has: all customers live by the company's own clock, and only their country is known."""
STREAMED = ("events", "messages")
"""The great tables: written in the panel's order, for sorting them would take longer than all else."""

TRUTH = """
SELECT customer_id, life, started_at, left_at, ended_at, kind, cause, returned_at, back_within_grace,
    responds AS would_respond, poor AS poor_onboarding, internal AS excluded
FROM people LEFT JOIN lives USING (n) ORDER BY n, life
"""

TRUTH_SNAPSHOTS = """
SELECT customer_id, t0 AS as_of, {signs}, onboarding_left > 0 AS onboarding, wishes, p30, p91, {outcomes}
FROM panel JOIN people USING (n)
    LEFT JOIN (SELECT n, life, left_at AS leaves_at FROM lives WHERE NOT back_within_grace) AS leavers USING (n, life)
WHERE status = 'paid' AND NOT internal AND m BETWEEN 1 AND {months}
ORDER BY m, n
"""


def export_tables(con: duckdb.DuckDBPyConnection, folder: Path, *, at: datetime) -> None:
    """Write every table of the contract as it stood at ``at``, one Parquet file each, and ``source.yaml``."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW seen AS SELECT * FROM panel WHERE t0 < TIMESTAMP '{at}'")
    for name, select in SELECTS.items():
        write(con, _as_it_stood(contract.TABLES[name], select, at), folder / f"{name}.parquet")
    (folder / "source.yaml").write_text(yaml.safe_dump(_source(at), sort_keys=False), encoding="utf-8")


def write(con: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    """Write the rows of a SELECT as one Parquet file."""
    con.execute(f"COPY ({select}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)")


def truth_snapshots(months: int) -> str:
    """Return the SELECT of the hidden truth of every customer at risk at every month's first midnight."""
    signs = ", ".join(f"mask & {scenario.BIT[sign.name]} > 0 AS {sign.name}" for sign in scenario.SIGNS)
    outcomes = ", ".join(
        f"coalesce(leaves_at < t0 + to_days({days}), false) AS lost_{days}" for days in scenario.HORIZON_MONTHS
    )
    return TRUTH_SNAPSHOTS.format(signs=signs, outcomes=outcomes, months=months)


def _as_it_stood(table: contract.Table, select: str, at: datetime) -> str:
    """Return a SELECT of the contract's columns: later rows gone, later instants and what depends on them blank."""
    moment = f"TIMESTAMP '{at}'"
    columns = []
    for column in (c for c in table.columns if c.name not in NOT_MADE):
        value = f'"{column.name}"'
        hidden_by = column.hidden_with or (column.name if column.time_class == "event" else "")
        if hidden_by:
            value = f'CASE WHEN "{hidden_by}" < {moment} THEN {value} END'
        columns.append(f'({value})::{contract.SQL_TYPES[column.type]} AS "{column.name}"')
    everything = select.replace("{at}", moment)
    # Parallel joins leave the order of rows to chance.
    order = "" if table.name in STREAMED else f" ORDER BY {', '.join([table.dated_by, *_made(table.name)])}"
    return f'SELECT {", ".join(columns)} FROM ({everything}) WHERE "{table.dated_by}" < {moment}{order}'


def _made(table: str) -> list[str]:
    """Return the columns of a table of the contract that the company has."""
    return [column for column in contract.TABLES[table].names if column not in NOT_MADE]


def _source(at: datetime) -> dict[str, object]:
    return {
        "name": "Simulated company",
        "about": (
            "Invented: a software company whose customers leave for known causes. Its billing system was introduced "
            "when the data begin: subscriptions of older customers start there, signed_up_at says when they came. "
            "renews_at is the end of the first term; later terms follow every billing_period."
        ),
        "currency": "EUR",
        "exported_at": at,
        "files": {f"{name}_file": {"path": f"{name}.parquet"} for name in SELECTS},
        "tables": {
            name: {"from": f"{name}_file", "columns": {column: f'"{column}"' for column in _made(name)}}
            for name in SELECTS
        },
    }
