"""The day of the export, where ends and notices lie after the last row of every table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import duckdb

from workbench import contract
from workbench.engines import literal
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.terms.measured_use import is_by_month
from workbench.propose.terms.paid_until import last_payments
from workbench.propose.terms.planned_ends import runs_until_its_end
from workbench.propose.words.naming import words
from workbench.propose.words.status_words import was_given_up
from workbench.sources import TITLES, RawFile, define_called, first_stray

_LIVE = 0.1
"""A share of subscriptions without an end from which on an end is what happened, and no date in the future."""


def export_day(
    con: duckdb.DuckDBPyConnection,
    evidence: Evidence,
    tables: tuple[TableProposal, ...],
    files: dict[str, RawFile],
    *,
    entered: date | None,
) -> tuple[dict[str, tuple[str, str]], list[Doubt]]:
    """Return the setting ``exported_at`` with what it rests on, and the doubt about it; nothing when rows say it.

    Departures are recorded before the export: where they lie after all rows of activity, so does the export. A day in
    the names of the files or above their headers, no earlier than the last row, is the day itself. Ends after the last
    change of any subscription are planned. Rows that happen after the day on which the last one was ``entered``, or
    after today, are still to come.
    """
    today = date.today()
    stated = [(_day_in_names(files), "by the name of the file"), (_day_in_titles(con), "by the title above")]
    named = [(day, why) for day, why in stated if day and day <= today]
    active, others = _days(con, _begins(tables, active=True)), _days(con, _begins(tables, active=False))
    if ahead := _still_to_come(active, others, entered, named[0][0] if named else today):
        return ahead
    ended, over = (_days(con, dated) for dated in (_ends(con, tables), _run_out(con, tables)))
    begun = active + others
    begun += _of_whole_months(_days(con, _by_month(tables)), max(begun, default=None))
    changes = _days(con, _updates(evidence, tables))
    changed = max(changes, default=None)
    begun += changes or _days(con, _answers(tables))
    latest_known = max([today, *active])
    begun, ended, over = (_up_to(latest_known, dated) for dated in (begun, ended, over))
    if paid := max(_days(con, last_payments(con, tables)), default=None):
        return _of_payments(paid, max(begun, default=paid), _day_in_names(files))
    if changed:
        ended = Counter({day: count for day, count in ended.items() if day <= changed})
    after = first_stray(begun + ended + over)
    days = [day for day in begun + ended + over if after is None or day < after]
    stray = first_stray(begun)
    last = max((day for day in begun if stray is None or day < stray), default=None)
    soon = _LATER if {table.table for table in tables}.isdisjoint(("orders", "events")) else _SOON
    for given, why in named:
        if last and last <= given <= max(day for day in days if day <= given) + soon:
            return {"exported_at": (str(given), why)}, []
    planned = max(_days(con, _changes(tables)), default=None)
    if last is None or not days or max(days) <= last:
        if planned and last and planned > last:
            return {"exported_at": (str(last), f"later changes, up to {planned}, are planned ones")}, []
        return _last_recorded(max([*active, *others], default=None), last, changed), []
    latest = max(days)
    late = max(sum(count for day, count in dated.items() if last < day <= latest) for dated in (ended, over))
    what = "departure is" if late == 1 else "departures are"
    text = (
        f"{late:,} {what} recorded after the last row of every table ({last}), up to {latest}: the export is "
        "taken to be of that day"
    )
    choices = (
        Choice(f"exported on {latest}", setting=("exported_at", str(latest))),
        Choice(f"exported on {last}; later dates are terms or plans", setting=("exported_at", str(last))),
    )
    return {"exported_at": (str(latest), text)}, [Doubt("exported", text, "service", choices, "exported_at")]


def _still_to_come(
    begun: Counter[date], others: Counter[date], entered: date | None, today: date
) -> tuple[dict[str, tuple[str, str]], list[Doubt]] | None:
    """Return the export's day where rows of activity lie ahead: appointments booked, and no visits yet.

    ``begun`` has the days of activity, ``others`` those of all other rows. ``today`` may be the day that files are
    named by: what is dated later has not happened on it.
    """
    stray = first_stray(begun)
    latest = max((day for day in begun if stray is None or day < stray), default=date.min)
    until = min(entered or today, today)
    ahead = begun - _up_to(until, begun)
    if latest <= until or sum(ahead.values()) > _MOST_AHEAD * sum(begun.values()):
        return None
    known = [day for day in begun + others if day <= until]
    last = max([day for day in others if day <= today] + ([until] if entered else known), default=until)
    rows = sum(count for day, count in begun.items() if day > last)
    why = f"the last row was entered on {last}" if entered else f"no other row is after {last}"
    text = f"{rows:,} rows lie ahead, up to {latest}; {why}: the export is taken to be of that day"
    choices = (
        Choice(f"exported on {last}; what lies ahead has not happened", setting=("exported_at", str(last))),
        Choice(f"exported on {latest}", setting=("exported_at", str(latest))),
    )
    return {"exported_at": (str(last), text)}, [Doubt("exported", text, "service", choices, "exported_at")]


_MOST_AHEAD = 0.5
"""A share of the rows above which they are those of an invented company, and today says nothing of them."""


def _up_to(last: date, days: Counter[date]) -> Counter[date]:
    return Counter({day: count for day, count in days.items() if day <= last})


def _of_payments(paid: date, last: date, named: date | None) -> tuple[dict[str, tuple[str, str]], list[Doubt]]:
    """Return the day in the files' names, where it follows the last payment; else that of the last payment, asked."""
    if named and paid <= named <= paid + _SOON:
        return {"exported_at": (str(named), "by the name of the file")}, []
    latest = max(paid, last)
    text = f"the last term that was paid until a later day began on {latest}: the export is taken to be of that day"
    days = dict.fromkeys((latest, last))
    choices = tuple(Choice(f"exported on {day}", setting=("exported_at", str(day))) for day in days)
    return {"exported_at": (str(latest), text)}, [Doubt("exported", text, "service", choices, "exported_at")]


def _last_recorded(rows: date | None, last: date | None, changed: date | None) -> dict[str, tuple[str, str]]:
    """Return the setting where something is recorded after the last row begins: an answer, a payment, a change."""
    if last is None or rows is None or last <= rows:
        return {}
    what = "the last change of a subscription" if changed == last else "the last thing that any table records"
    return {"exported_at": (str(last), what)}


_SOON = timedelta(days=31)
"""How long after the last row a day in a file's name is taken for that of the export: what is billed by the month has a
row by then, and months without one would make leavers."""
_LATER = timedelta(days=400)
"""The same where subscriptions alone are there: months in which none begins or ends are quiet ones."""
_DAY = re.compile(r"(?<!\d)(20\d\d)[-_. ]?([01]\d)[-_. ]?([0-3]\d)(?!\d)")
_DAY_LAST = re.compile(r"(?<!\d)(\d{1,2})[-_. /](\d{1,2})[-_. /](20\d\d)(?!\d)")


def _day_in_names(files: dict[str, RawFile]) -> date | None:
    """Return the one day that the names of files end with; None where they state none, or several.

    >>> from pathlib import Path
    >>> _day_in_names({"a": RawFile(path=Path("subs_2024-01-01_2025-06-30.csv")), "b": RawFile(path=Path("b.csv"))})
    datetime.date(2025, 6, 30)
    >>> _day_in_names({"a": RawFile(path=Path("Report 3-31-2025.csv"))})
    datetime.date(2025, 3, 31)
    """
    days = {days[-1] for file in files.values() if file.path and (days := list(_days_in(file.path.stem)))}
    return days.pop() if len(days) == 1 else None


def _day_in_titles(con: duckdb.DuckDBPyConnection) -> date | None:
    """Return the last day that stands above the headers of files; None where they state none."""
    if not (con.execute(f"SELECT count(*) FROM {TITLES}").fetchone() or (0,))[0]:
        return None  # to plan how words are read takes longer than all the rest
    define_called(con, "spelled_time")
    titles = con.execute(f"SELECT title, spelled_time(title)::DATE FROM {TITLES}").fetchall()
    return max((day for title, worded in titles for day in (*_days_in(title), worded) if day), default=None)


def _days_in(name: str) -> Iterator[date]:
    """Yield the days in a name; one that could be of two months is none."""
    stated = [(found.start(), *map(int, found.groups())) for found in _DAY.finditer(name)]
    for found in _DAY_LAST.finditer(name):
        one, other, year = map(int, found.groups())
        if max(one, other) > 12 or one == other:
            stated.append((found.start(), year, *sorted((one, other))))
    for _, year, month, day in sorted(stated):
        with suppress(ValueError):
            yield date(year, month, day)


_OVER = timedelta(days=3)
"""How long before its end the last row of all other tables may lie in a month that is over on the day of the export."""


def _of_whole_months(months: Counter[date], last: date | None) -> Counter[date]:
    """Return the last days of months of use, but of one in which all other tables end: it may not be over."""
    going_on = (day for day in months if last is not None and day.replace(day=1) <= last < day - _OVER)
    return months - Counter({day: months[day] for day in going_on})


def _by_month(tables: tuple[TableProposal, ...]) -> Iterator[tuple[TableProposal, str, str]]:
    return ((table, table.columns["occurred_at"].sql, table.counted) for table in tables if is_by_month(table))


def _begins(tables: tuple[TableProposal, ...], *, active: bool) -> Iterator[tuple[TableProposal, str, str]]:
    """Yield the dates of rows of activity, or of all others."""
    for table in (t for t in tables if (t.table in contract.ACTIVITY_TABLES) == active):
        dated = contract.TABLES[table.table].dated_by
        if dated in table.columns and table.table != "subscription_changes" and not is_by_month(table):
            yield table, table.columns[dated].sql, table.counted


def _changes(tables: tuple[TableProposal, ...]) -> Iterator[tuple[TableProposal, str, str]]:
    """Yield the dates of changes: the end of a pause may lie ahead."""
    for table in tables:
        if table.table == "subscription_changes" and "changed_at" in table.columns:
            yield table, table.columns["changed_at"].sql, "true"


def _answers(tables: tuple[TableProposal, ...]) -> Iterator[tuple[TableProposal, str, str]]:
    """Yield the dates of what became of rows, as an answer or a payment: they lie before the export as well."""
    for table in tables:
        spec = contract.TABLES[table.table]
        for name, mapped in table.columns.items() if table.table in _ANSWERED else ():
            if spec[name].type == "time" and spec[name].time_class == "event":
                yield table, mapped.sql, table.counted


_ANSWERED = ("tickets", "invoices", "messages")


def _updates(evidence: Evidence, tables: tuple[TableProposal, ...]) -> Iterator[tuple[TableProposal, str, str]]:
    """Yield the times at which rows of subscriptions were last written, where their file has them."""
    for table in (t for t in tables if t.table == "subscriptions" and t.select[:_OWN] in ("", _JOINED)):
        for column in evidence.tables[table.file].columns:
            if column.time_sql and words(column.name) & {"updated", "modified"} and column.filled == column.rows:
                yield table, column.time_sql, "true"


_JOINED = "SELECT own.*, "
_OWN = len(_JOINED)
"""How a SELECT begins that adds columns to the rows of a file."""


def _ends(
    con: duckdb.DuckDBPyConnection, tables: tuple[TableProposal, ...]
) -> Iterator[tuple[TableProposal, str, str]]:
    for table in tables:
        if table.table == "customers" and "closed_at" in table.columns:
            yield table, table.columns["closed_at"].sql, "true"
        if table.table == "subscriptions":
            dated = ("ended_at",) if _made_of_end(table) else ("cancelled_at", "ended_at")
            named = next((name for name in dated if _filled(con, table, name)), None)
            if named and runs_until_its_end(con, table):
                yield table, table.columns["ended_at"].sql, _left(table, ran_out=True)
                continue
            if named == "cancelled_at" or (named and _some_live(con, table)):
                yield table, table.columns[named].sql, _left(table) or "true"
            elif named and (left := _left(table)):
                yield table, table.columns[named].sql, left


def _made_of_end(table: TableProposal) -> bool:
    """Whether notices are the ends of those who gave a reason: the ends of the others were recorded as well."""
    notice = table.columns.get("cancelled_at")
    return notice is not None and not notice.raw and "ended_at" in table.columns


def _run_out(
    con: duckdb.DuckDBPyConnection, tables: tuple[TableProposal, ...]
) -> Iterator[tuple[TableProposal, str, str]]:
    """Yield the ends of subscriptions that are over by their status, beside a notice: those ends lie in the past."""
    for table in (t for t in tables if t.table == "subscriptions"):
        both = _filled(con, table, "cancelled_at") and _filled(con, table, "ended_at")
        if both and (over := _left(table, ran_out=True)):
            yield table, table.columns["ended_at"].sql, over


def _filled(con: duckdb.DuckDBPyConnection, table: TableProposal, column: str) -> bool:
    if column not in table.columns:
        return False
    (rows,) = _query(con, f"SELECT count(TRY_CAST({table.columns[column].sql} AS TIMESTAMP))", table)
    return bool(rows[0])


def _some_live(con: duckdb.DuckDBPyConnection, table: TableProposal) -> bool:
    end = f"TRY_CAST({table.columns['ended_at'].sql} AS TIMESTAMP)"
    (row,) = _query(con, f"SELECT avg(({end} IS NULL)::INT)", table)
    return bool((row[0] or 0) >= _LIVE)


def _query(con: duckdb.DuckDBPyConnection, select: str, table: TableProposal, rest: str = "") -> list[tuple[Any, ...]]:
    return con.execute(f"{select} FROM {table.rows_here} {rest}").fetchall()


def _left(table: TableProposal, *, ran_out: bool = False) -> str:
    """Return SQL for the rows whose status says that they are over; with ``ran_out``, and not merely given up."""
    for status in table.statuses:
        left = [word for word, action in status["values"].items() if action == "cancelled"]
        left = [word for word in left if not ran_out or not was_given_up(word)]
        if left:
            return f"lower(trim(({status['column']})::VARCHAR)) IN ({', '.join(map(literal, left))})"
    return ""


def _days(con: duckdb.DuckDBPyConnection, places: Iterator[tuple[TableProposal, str, str]]) -> Counter[date]:
    found: Counter[date] = Counter()
    for table, sql, rows in places:
        day = f"TRY_CAST({sql} AS TIMESTAMP)::DATE"
        counted = _query(con, f"SELECT {day} AS day, count(*)", table, f"WHERE {day} IS NOT NULL AND {rows} GROUP BY 1")
        found.update(dict(counted))
    return found
