"""Rows of activity that lie ahead of the export: appointments and trips booked for a later day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import duckdb

from workbench import contract
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, words

_FIRST = 0.95
"""A share of rows from which on a time that lies before another one is that of the entry."""
_ENTRY_WORDS = (
    "booked booking bookingdate entered entry recorded reserved made placed gebucht buchungsdatum erfasst angelegt "
    "eingetragen reserve reservado agendado geboekt prenotato"
)
_ENTERED = frozenset(_ENTRY_WORDS.split())
_RECENT, _SOON = 60, timedelta(days=7)
"""Days of entry looked at for the longest time without one, and how long after the last entry what was entered before
may still happen: a deal is won after it was opened, and lies ahead of nothing."""


def last_entered(con: duckdb.DuckDBPyConnection, evidence: Evidence, parts: Sequence[TableProposal]) -> date | None:
    """Return the day on which the last row was entered, where rows of a table happen later than that; else None.

    A time in every row that lies before the one that dates it and is called so, as *Booked on* beside *Appointment
    time*, is that of the entry.
    """
    found = [day for part in parts if part.table in contract.ACTIVITY_TABLES if (day := _entered(con, evidence, part))]
    return max(found, default=None)


def _entered(con: duckdb.DuckDBPyConnection, evidence: Evidence, part: TableProposal) -> date | None:
    raw, dated = evidence.tables[part.file], part.columns.get(contract.TABLES[part.table].dated_by)
    if part.table == "subscriptions" or part.select or dated is None or len(dated.raw) != 1:
        return None
    for column in raw.columns:
        if _is_before(raw, column, dated.raw[0]):
            entered, happens = (f"TRY_CAST({sql} AS TIMESTAMP)::DATE" for sql in (column.time_sql, dated.sql))
            days = [row[0] for row in _query(con, f"SELECT DISTINCT {entered} AS day FROM {part.rows_here} ORDER BY 1")]
            ((latest,),) = _query(con, f"SELECT max({happens}) FROM {part.rows_here}")
            return _last(days[-_RECENT:], latest)
    return None


def _last(days: list[date], latest: date) -> date | None:
    """Return the last day of entry where rows happen much later than the longest time without an entry."""
    quiet = max((b - a for a, b in pairwise(days)), default=timedelta(0))
    return days[-1] if latest > days[-1] + max(quiet, _SOON) else None


def _is_before(raw: RawTable, column: RawColumn, dated: str) -> bool:
    full = bool(column.time_sql) and column.name != dated and column.filled == column.rows
    entered = means(column.name, "create") or bool(words(column.name) & _ENTERED)
    return full and entered and raw.in_order.get((column.name, dated), 0.0) >= _FIRST


def _query(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[date, ...]]:
    return con.execute(sql).fetchall()
