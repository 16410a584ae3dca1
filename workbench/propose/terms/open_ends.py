"""When a subscription's service ended, where its table leaves that open: terms, ends without a date, the last day."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import literal
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawTable

_NEXT_DAY = 0.9
"""A share of ends that lie one day before the next start, or on it, from which on it is a rule."""


def ends_read_as_terms(con: duckdb.DuckDBPyConnection, table: TableProposal) -> TableProposal:
    """Read as the end of the term what only subscriptions have that were not cancelled, and what is still to come."""
    notice, end = table.columns.get("cancelled_at"), table.columns.get("ended_at")
    if table.table != "subscriptions" or notice is None or end is None or "renews_at" in table.columns:
        return table
    given, ends, start = (f"TRY_CAST({m.sql} AS TIMESTAMP)" for m in (notice, end, table.columns["started_at"]))
    row = con.execute(
        f"SELECT count({given}), count({ends}), count(*) FILTER ({given} IS NOT NULL AND {ends} IS NOT NULL), "
        f"min({ends}) > greatest(max({given}), max({start})) FROM {table.rows_here}"
    ).fetchone() or (0, 0, 0, False)
    if not row[0] or not row[1] or row[2] or not row[3]:
        return table
    columns = {name: mapped for name, mapped in table.columns.items() if name != "ended_at"}
    term = replace(end, doubts=tuple(d for d in end.doubts if d.topic != "end"))
    text = f"{' '.join(end.raw)} stands only where nothing was cancelled, and lies ahead: it is the end of the term"
    doubt = Doubt("term", text, "service", (Choice("the end of the term"), Choice("left out", "")))
    return replace(table, columns={**columns, "renews_at": term.doubted(doubt)})


def undated(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """Ask what a cancelled subscription without any date means."""
    status = next((one for one in table.statuses if "cancelled" in one["values"].values()), None)
    if table.table != "subscriptions" or status is None:
        return table
    column, values = status["column"], status["values"]
    left = ", ".join(literal(word) for word, action in values.items() if action == "cancelled")
    dates = [table.columns[name].sql for name in ("cancelled_at", "ended_at") if name in table.columns]
    if not left:
        return table
    none = " AND ".join(f"nullif(trim(({sql})::VARCHAR), '') IS NULL" for sql in dates) or "true"
    rows = _count(con, f"SELECT count(*) FROM {table.rows_here} WHERE lower(trim({column})) IN ({left}) AND {none}")
    if not rows:
        return table
    if (day := _day_of_leavers(con, raw, table, f"lower(trim({column})) IN ({left})")) is not None:
        return day
    text = "1 cancelled subscription has no date; it is taken to have ended at its last activity"
    if rows > 1:
        text = f"{rows:,} cancelled subscriptions have no date; they are taken to have ended at their last activity"
    place = "subscriptions.cancelled_without_date"
    choices = tuple(
        Choice(label, setting=(place, value))
        for label, value in (
            ("the customer's last activity", "last_activity"),
            ("the end of the term", "end_of_term"),
            ("the day of the export", "export_day"),
            ("left out", "leave_out"),
        )
    )
    doubt = Doubt("undated", text, "status", choices)
    return table.with_stated("cancelled_without_date", "last_activity", f"{rows:,} rows", doubt)


def _day_of_leavers(
    con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal, gone: str
) -> TableProposal | None:
    """Return the table with the end of service read from the date that only cancelled subscriptions have, if any."""
    used = {name for mapped in table.columns.values() for name in mapped.raw}
    for column in (c for c in raw.columns if c.time_sql and not c.empty and c.name not in used):
        at = f"TRY_CAST({column.time_sql} AS TIMESTAMP)"
        shares = f"count({at}) FILTER ({gone}), count(*) FILTER ({gone}), count({at})"
        of_gone, all_gone, dated = con.execute(f"SELECT {shares} FROM {table.rows_here}").fetchone() or (0, 0, 0)
        if not of_gone or of_gone < _MOST_OF_LEAVERS * all_gone or of_gone < _MOST_OF_LEAVERS * dated:
            continue
        end = Mapped(f"CASE WHEN {gone} THEN {column.time_sql} END", (column.name,), 0.6, "only who left has it")
        text = f"{column.name} stands beside cancelled subscriptions and hardly any other: it is taken for their end"
        choices = (Choice(f"ended on {column.name}"), Choice("at their last activity", ""))
        unmapped = {name: why for name, why in table.unmapped.items() if name != column.name}
        columns = {**table.columns, "ended_at": end.doubted(Doubt("undated", text, "status", choices))}
        ordered = {name: columns[name] for name in contract.TABLES[table.table].names if name in columns}
        return replace(table, columns=ordered, unmapped=unmapped)
    return None


_MOST_OF_LEAVERS = 0.9
"""A share of the cancelled subscriptions that have a date, and of the dates that are theirs, from which on it is that
of their end."""


def unended(con: duckdb.DuckDBPyConnection, _: RawTable, table: TableProposal) -> TableProposal:
    """Ask until when service lasted after a notice beside which no end stands, though a month has passed."""
    needed = [table.columns.get(name) for name in ("started_at", "cancelled_at", "ended_at")]
    if table.table != "subscriptions" or not all(needed):
        return table
    start, notice, end = (f"TRY_CAST({mapped.sql} AS TIMESTAMP)" for mapped in needed if mapped)
    dated = f"SELECT {start} AS s, {notice} AS n, {end} AS e FROM {table.rows_here}"
    last = f"(SELECT max(greatest(s, n)) FROM ({dated}))"
    rows = _count(con, f"SELECT count(*) FROM ({dated}) WHERE e IS NULL AND n < {last} - INTERVAL 1 MONTH")
    if not rows:
        return table
    text = f"{rows:,} subscriptions have a notice and no end of service; service is taken to end with their term"
    choices = tuple(
        Choice(label, setting=("subscriptions.notice_without_end", value))
        for label, value in (
            ("the end of the term", "end_of_term"),
            ("the day of the notice", "notice"),
            ("service goes on", "goes_on"),
            ("left out", "leave_out"),
        )
    )
    return table.with_stated(
        "notice_without_end", "end_of_term", f"{rows:,} rows", Doubt("unended", text, "service", choices)
    )


def end_days(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """State whether an end without a time is the last day of service, from where the next term begins."""
    needed = [table.columns.get(name) for name in ("customer_id", "started_at", "ended_at")]
    if table.table != "subscriptions" or not all(needed):
        return table
    customer, start, end = (mapped.sql for mapped in needed if mapped)
    if raw[table.columns["ended_at"].raw[0]].has_clock:
        return table
    next_start = (
        f"lead(TRY_CAST({start} AS TIMESTAMP)) OVER (PARTITION BY {customer} ORDER BY TRY_CAST({start} AS TIMESTAMP))"
    )
    gaps = (
        f"SELECT date_diff('day', TRY_CAST({end} AS TIMESTAMP), {next_start}) AS gap FROM {table.rows_here} "
        "QUALIFY gap IN (0, 1)"
    )
    row = con.execute(f"SELECT count(*) FILTER (gap = 1), count(*) FROM ({gaps})").fetchone() or (0, 0)
    after, all_ = int(row[0]), int(row[1])
    last, first = (
        Choice("the last day of service", setting=(_END, "last_day_of_service")),
        Choice("the first day without", setting=(_END, "first_day_without")),
    )
    if all_ and (after >= _NEXT_DAY * all_ or after <= (1 - _NEXT_DAY) * all_):
        value = "last_day_of_service" if after >= _NEXT_DAY * all_ else "first_day_without"
        count = after if after >= _NEXT_DAY * all_ else all_ - after
        when = "one day after" if value == "last_day_of_service" else "on"
        return table.with_stated("ended_at_is", value, f"{count:,} of {all_:,} next terms begin {when} the end")
    if not all_:
        return table
    text = (
        f"an end without a time may be the last day of service or the first without: {after:,} of {all_:,} are the last"
    )
    return table.with_stated(
        "ended_at_is", "last_day_of_service", text, Doubt("end_day", text, "service", (last, first))
    )


_END = "subscriptions.ended_at_is"


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0
