"""Subscriptions in notice: they run until a day to come; billing systems often keep no day on which it was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.columns.derive import is_true, mapped_column
from workbench.propose.fitting.fit import WEAK
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.words.naming import means, words
from workbench.propose.words.status_words import was_given_up

_IN_NOTICE = {
    "non_renewing", "nonrenewing", "not_renewing", "will_not_renew", "pending_cancellation", "pending_cancel",
    "cancel_pending", "cancellation_pending", "cancellation_scheduled", "scheduled_for_cancellation", "in_notice",
}  # fmt: skip
"""Words of a status for what still runs and will not be renewed."""
_DATES = ("cancelled_at", "ended_at")
_FEWEST = 3
"""Subscriptions that ran out, from which on their ends say something of others."""


def without_days_to_come(raw: RawTable, columns: dict[str, Mapped]) -> dict[str, Mapped]:
    """Return the columns without a notice read from the day on which service is to end, where another date ended it."""
    notice, spec = columns.get("cancelled_at"), contract.TABLES["subscriptions"]
    if notice is None or len(notice.raw) != 1 or not _is_day_to_come(notice.raw[0]):
        return columns
    others = (c for c in raw.columns if c.time_sql and not c.empty and means(c.name, "cancel"))
    given = next((c for c in others if not _is_day_to_come(c.name) and not words(c.name) & {"schedule", "end"}), None)
    if given is not None:
        return columns | {"cancelled_at": mapped_column(raw, given.name, spec, spec["cancelled_at"], WEAK)}
    if "ended_at" not in columns or raw[columns["ended_at"].raw[0]].empty:
        return columns
    return {name: mapped for name, mapped in columns.items() if name != "cancelled_at"}


def with_planned_ends(raw: RawTable, columns: dict[str, Mapped]) -> dict[str, Mapped]:
    """Read the day on which service is to end as its end, where none is known yet."""
    planned, end, notice = _planned(raw), columns.get("ended_at"), columns.get("cancelled_at")
    if planned is None or (notice and set(planned.raw) & set(notice.raw)):
        return columns
    known = end if end and not raw[end.raw[0]].empty else notice if notice and end is None else None
    if known is None:
        return columns | {"ended_at": planned}
    if set(planned.raw) & set(known.raw):
        return columns
    first, last = (known, planned) if known is end else (planned, known)  # a notice may lie before a planned end
    sql = f"coalesce(TRY_CAST({first.sql} AS TIMESTAMP), TRY_CAST({last.sql} AS TIMESTAMP))"
    kept = tuple(doubt for doubt in known.doubts if not doubt.choices) if known is end else ()
    return columns | {"ended_at": Mapped(sql, (*known.raw, *planned.raw), 0.8, f"{planned.why} beside it", kept)}


def in_notice(con: duckdb.DuckDBPyConnection, raw: RawTable, table: TableProposal) -> TableProposal:
    """Say how many customers are in notice without a day on which it was given: they count as active until they end."""
    said = _said(raw) if table.table == "subscriptions" else {}
    if given_up := runs_until_its_end(con, table):
        said |= {"cancelled, with a later end than all that ran out": given_up}
    customer = table.columns.get("customer_id")
    if not said or customer is None:
        return table
    notice, end = (f"TRY_CAST({m.sql} AS TIMESTAMP)" if m else "NULL" for m in map(table.columns.get, _DATES))
    over = _by_words(table, lambda word: not given_up or not was_given_up(word))
    if not over:  # no status says who is gone: whoever has a date of leaving, and not merely of one to come
        over = [f"coalesce({_own_end(raw, table)}, {notice}) IS NOT NULL"]
    rows, customers, ends = con.execute(
        f"SELECT count(*), count(DISTINCT {customer.sql}), count(coalesce({end}, {notice})) FROM {table.rows_here} "
        f"WHERE {table.counted} AND ({' OR '.join(said.values())}) AND NOT ({' OR '.join(over)}) "
        f"AND coalesce({notice} < {end}, false) IS NOT TRUE"
    ).fetchone() or (0, 0, 0)
    if not rows:
        return table
    until = " until they end" if ends == rows else f", and no end of {rows - ends:,} of them is known"
    text = (
        f"{rows:,} subscriptions of {customers:,} customers are in notice now ({', '.join(said)}), and nothing says "
        f"since when: they count as active{until}"
    )
    return replace(table, doubts=(*table.doubts, Doubt("in notice", text, "service")))


def runs_until_its_end(con: duckdb.DuckDBPyConnection, table: TableProposal) -> str:
    """Return SQL for subscriptions that were given up and have not run out, where others have by another word.

    Empty unless all of them end after all that ran out and after the last that began, and are no more than those that
    ran out.
    """
    end, start = table.columns.get("ended_at"), table.columns.get("started_at")
    given, over = _by_words(table, was_given_up), _by_words(table, lambda word: not was_given_up(word))
    if table.table != "subscriptions" or end is None or start is None or not given or not over:
        return ""
    at, first = f"TRY_CAST({end.sql} AS TIMESTAMP)", f"TRY_CAST({start.sql} AS TIMESTAMP)"
    (ahead,) = con.execute(
        f"SELECT min({at}) FILTER ({given[0]}) > greatest(max({at}) FILTER ({over[0]}), max({first})) "
        f"AND count({at}) FILTER ({over[0]}) >= greatest({_FEWEST}, count(*) FILTER ({given[0]})) "
        f"FROM {table.rows_here}"
    ).fetchone() or (False,)
    return given[0] if ahead else ""


def _by_words(table: TableProposal, wanted: Callable[[str], bool]) -> list[str]:
    """Return SQL for the rows that are over by a status, of each status with such words."""
    return [
        f"coalesce(lower(trim(({status['column']})::VARCHAR)) IN ({', '.join(map(literal, left))}), false)"
        for status in table.statuses
        if (left := [word for word, action in status["values"].items() if action == "cancelled" and wanted(word)])
    ]


def _own_end(raw: RawTable, table: TableProposal) -> str:
    """Return SQL for the day on which service ended, as a column has it that does not plan."""
    end, planned = table.columns.get("ended_at"), _planned(raw)
    if end is None or not end.raw or (planned and end.raw[0] in planned.raw):
        return "NULL"
    return f"TRY_CAST({raw[end.raw[0]].time_sql or 'NULL'} AS TIMESTAMP)"


def _is_day_to_come(name: str) -> bool:
    """Whether a date is that on which service is to be cancelled, as billing systems call it.

    >>> _is_day_to_come("cancel_at"), _is_day_to_come("Cancel At (UTC)"), _is_day_to_come("canceled_at")
    (True, True, False)
    """
    return words(name) - {"utc"} in ({"cancel", "at"}, {"cancels", "at"}, {"cancels", "on"})


def _planned(raw: RawTable) -> Mapped | None:
    """Return the day on which service is to end, in those rows where it is."""
    for column in (c for c in raw.columns if c.time_sql and not c.empty):
        if _is_day_to_come(column.name):
            return Mapped(column.time_sql, (column.name,), 0.8, "the day on which it is to end")
    if (scheduled := _scheduled(raw)) is not None:
        action, day = scheduled
        sql = f"CASE WHEN {_cancels(action)} THEN {day.time_sql} END"
        return Mapped(sql, (day.name, action.name), 0.8, "the day of a planned cancellation")
    flag, end = _flag(raw), next((c for c in raw.columns if c.time_sql and _ends_period(c.name)), None)
    if flag is None or end is None:
        return None
    sql = f"CASE WHEN {is_true(flag)} THEN {end.time_sql} END"
    return Mapped(sql, (end.name, flag.name), 0.8, f"the end of the period where {flag.name}")


def _said(raw: RawTable) -> dict[str, str]:
    """Return SQL of each column that says who is in notice."""
    found = {c.name: f"{identifier(c.name)} IS NOT NULL" for c in raw.columns if c.time_sql and _is_day_to_come(c.name)}
    if (scheduled := _scheduled(raw)) is not None:
        found[scheduled[0].name] = _cancels(scheduled[0])
    if (flag := _flag(raw)) is not None:
        found[flag.name] = is_true(flag)
    for column in raw.columns:
        if given := [v for v in column.values if _plain(v) in _IN_NOTICE]:
            found[column.name] = _is_one_of(column, given)
    return {name: f"coalesce({sql}, false)" for name, sql in found.items()}


def _plain(word: str) -> str:
    return word.lower().removeprefix("wc-").replace("-", "_").replace(" ", "_")


def _flag(raw: RawTable) -> RawColumn | None:
    flags = (c for c in raw.columns if c.flag and not c.empty)
    return next((c for c in flags if means(c.name, "cancel") and words(c.name) & {"end", "period", "term"}), None)


def _ends_period(name: str) -> bool:
    return means(name, "end") and "current" in words(name)


def _scheduled(raw: RawTable) -> tuple[RawColumn, RawColumn] | None:
    """Return the columns of what is to change and of when, where some of it is a cancellation."""
    actions = (c for c in raw.columns if "scheduled" in words(c.name) and any(means(v, "cancel") for v in c.values))
    for action in actions:
        about = words(action.name) - {"action", "type", "kind"}
        day = next((c for c in raw.columns if c.time_sql and not c.empty and about <= words(c.name)), None)
        if day is not None:
            return action, day
    return None


def _cancels(action: RawColumn) -> str:
    return _is_one_of(action, [value for value in action.values if means(value, "cancel")])


def _is_one_of(column: RawColumn, values: list[str]) -> str:
    return f"lower(trim({identifier(column.name)}::VARCHAR)) IN ({', '.join(map(literal, values))})"
