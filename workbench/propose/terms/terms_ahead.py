"""The end of the term beside the end of service, where rows of contracts that are over have both."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import literal
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable

_MOST, _FEW = 0.9, 0.05
"""Shares of the rows that are over, and of those that go on, with the date on which service ended."""
_AHEAD = 0.5
"""A share of the ends that lie after the last start from which on they are ends of terms."""


def without_terms_ahead(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """Take for the end of service the date that only cancelled contracts have, where their end lies as far ahead as
    that of the others: a policy that was cancelled keeps the day on which it would have run out."""
    end, left = table.columns.get("ended_at"), _left(table)
    if table.table != "subscriptions" or end is None or not left:
        return table
    read = f"TRY_CAST({end.sql} AS TIMESTAMP)"
    start = f"TRY_CAST({table.columns['started_at'].sql} AS TIMESTAMP)"
    last = f"(SELECT max({start}) FROM {table.rows_here})"
    row = con.execute(
        f"SELECT avg(({read} > {last})::INT) FILTER ({left}), avg(({read} > {last})::INT) FILTER (NOT {left}), "
        f"count(*) FILTER ({left}), count(*) FILTER (NOT {left}) FROM {table.rows_here}"
    ).fetchone() or (0, 0, 0, 0)
    over, live, n_left, n_live = row
    column = _only_of(con, raw, table, left) if n_left and n_live and min(over or 0, live or 0) >= _AHEAD else None
    if column is None:
        return _ended_by_word(con, table, end, last)
    text = (
        f"{' '.join(end.raw)} lies ahead for cancelled contracts as for the others: it is the end of the term, and "
        f"{column.name} that of service"
    )
    shown = f"{column.name} is the end of service"
    doubt = Doubt("end", text, "service", (Choice(shown), Choice(f"service lasts until {' '.join(end.raw)}", end.sql)))
    ended = Mapped(column.time_sql, (column.name,), 0.8, "only cancelled contracts have it").doubted(doubt)
    notice = table.columns.get("cancelled_at")
    own = notice is not None and notice.raw != (column.name,)
    columns = {name: mapped for name, mapped in table.columns.items() if own or name != "cancelled_at"}
    term = replace(end, doubts=(), why="the end of the term")
    return replace(table, columns={**columns, "ended_at": ended, "renews_at": term})


def _ended_by_word(con: duckdb.DuckDBPyConnection, table: TableProposal, end: Mapped, last: str) -> TableProposal:
    """End service on the day of notice where one word says cancelled and another one that the term ran out: a contract
    that was cancelled keeps its word when the term is over, so that it was not the term that ended it."""
    notice, doubt = table.columns.get("cancelled_at"), next((d for d in end.doubts if d.topic == "end"), None)
    status = next((one for one in table.statuses if "cancelled" in one["values"].values()), None)
    if notice is None or doubt is None or status is None or len(doubt.choices) <= _BOTH:
        return table
    given, ends = (f"TRY_CAST({mapped.sql} AS TIMESTAMP)" for mapped in (notice, end))
    over = [literal(word) for word, action in status["values"].items() if action == "cancelled"]
    rows = con.execute(
        f"SELECT avg(({given} IS NOT NULL)::INT), avg(({ends} < {last})::INT), "
        f"avg(({given} < {ends})::INT) FILTER ({given} IS NOT NULL) FROM {table.rows_here} "
        f"WHERE lower(trim(({status['column']})::VARCHAR)) IN ({', '.join(over)}) GROUP BY {status['column']}"
    ).fetchall()
    stopped = [row for row in rows if row[0] >= _MOST and row[1] > _FEW and row[2] >= _AHEAD]
    ran_out = [row for row in rows if row[0] <= _FEW and row[1] >= _MOST]
    if not stopped or not ran_out or len(stopped) + len(ran_out) < len(rows):
        return table
    first = doubt.choices[_BOTH]
    names = " ".join(notice.raw), " ".join(end.raw)
    text = f"a contract that was cancelled is taken to end on {names[0]}, and one that ran out on {names[1]}"
    asked = replace(doubt, text=text, choices=(first, *(c for c in doubt.choices if c is not first)))
    read = end.answered("end", first.step)
    read = replace(read, doubts=tuple(asked if d is doubt else d for d in end.doubts))
    return replace(table, columns={**table.columns, "ended_at": read})


_BOTH = 2
"""The place of the reading that takes the notice where there is one, among those of an end beside a notice."""


def with_terms_of_live(con: duckdb.DuckDBPyConnection, table: TableProposal) -> TableProposal:
    """Read one date as the end of service of those that are over and as the end of the term of the live ones, where
    all ends of the latter lie after all of the former."""
    end, left = table.columns.get("ended_at"), _left(table)
    if table.table != "subscriptions" or end is None or not left or "renews_at" in table.columns:
        return table
    read = f"TRY_CAST({end.sql} AS TIMESTAMP)"
    row = con.execute(
        f"SELECT max({read}) FILTER ({left}) < min({read}) FILTER (NOT {left}), "
        f"avg(({read} IS NOT NULL)::INT) FILTER (NOT {left}) FROM {table.rows_here}"
    ).fetchone() or (False, 0)
    if not row[0] or row[1] < _MOST:
        return table
    name = " ".join(end.raw)
    text = f"{name} is the end of service of those that are over by their status, and the end of the term of the others"
    choices = (Choice("the end of the term of the others", f"CASE WHEN {left} THEN {end.sql} END"), Choice("all ended"))
    ended = replace(end, doubts=()).doubted(Doubt("end", text, "service", choices))
    term = Mapped(f"CASE WHEN NOT {left} THEN {end.sql} END", end.raw, 0.8, "the end of the term of the live ones")
    return replace(table, columns={**table.columns, "ended_at": ended, "renews_at": term})


def _left(table: TableProposal) -> str:
    """Return SQL for the rows whose status says that they are over; empty where none does."""
    for status in table.statuses:
        over = [word for word, action in status["values"].items() if action == "cancelled"]
        if over:
            return f"(lower(trim(({status['column']})::VARCHAR)) IN ({', '.join(map(literal, over))}))"
    return ""


def _only_of(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, left: str) -> RawColumn | None:
    """Return the date that nearly all contracts have that are over, and hardly any other: of several the latest."""
    used = {name for column, mapped in table.columns.items() if column != "cancelled_at" for name in mapped.raw}
    found = list[RawColumn]()
    for column in (c for c in raw.columns if c.time_sql and not c.empty and c.name not in used):
        read = f"(TRY_CAST({column.time_sql} AS TIMESTAMP) IS NOT NULL)::INT"
        row = con.execute(
            f"SELECT avg({read}) FILTER ({left}), avg({read}) FILTER (NOT {left}) FROM {table.rows_here}"
        ).fetchone() or (0, 1)
        if (row[0] or 0) >= _MOST and (row[1] or 0) <= _FEW:
            found.append(column)
    return max(
        found, key=lambda c: sum(raw.in_order[other.name, c.name] for other in found if other is not c), default=None
    )
