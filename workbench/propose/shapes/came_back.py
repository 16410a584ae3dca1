"""A column for the day on which a customer came back: read as a second time of service."""

from __future__ import annotations

import re

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.raw_files.date_forms import one_form
from workbench.propose.words.naming import means

_BACK = re.compile(
    r"re-?join|re-?activat|re-?subscri|re-?instat|re-?admi|re-?enrol|wiedereintritt|reaktivier|reingreso|reinscri|"
    r"reafilia|reattiva|reativa|heractiver|heringeschreven|aterintr|återintr|yeniden"
)
_OF_TERMS = ("trial", "period", "renew")
AGAIN = '"times of service"'
"""How the SELECT names the times of service, so that others see that they were made."""


def times_of_service(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Return the SELECT with a row for each time of service of those who came back; empty where no column says when.

    Who left and came back has two: until the end, and since the return. A row without an end, or with one after the
    return, is one time of service; it begins with the return where another row has the time before.
    """
    backs = [c for c in columns if _BACK.search(c.lower()) and one_form(con, name, c)]
    dated = [c for c in columns if backs and c not in backs and not any(means(c, word) for word in _OF_TERMS)]
    ends = [c for c in dated if (means(c, "end") or means(c, "cancel")) and one_form(con, name, c)]
    starts = [
        c for c in dated if c not in ends and (means(c, "start") or means(c, "signup")) and one_form(con, name, c)
    ]
    keys = [c for c in columns if means(c, "customer") and c not in (*backs, *ends, *starts)]
    if len(backs) != 1 or len(starts) != 1 or not ends or not keys:
        return ""
    return _select(con, name, starts[0], ends, backs[0], max(keys, key=lambda c: means(c, "id")))


def _select(con: duckdb.DuckDBPyConnection, name: str, start: str, ends: list[str], back: str, key: str) -> str:
    read = _read_alike(con, name, [back, *ends])
    left = f"greatest({', '.join(read[end] for end in ends)})"
    earlier = f"count(*) FILTER (WHERE {read[back]} IS NULL) OVER (PARTITION BY {identifier(key)}) > 0"
    first, again, since = _time(start, start, ends), _time(start, back, ends), _time(start, back, ends, ended=False)
    times = (
        f'CASE WHEN "back at" IS NULL THEN [{first}] WHEN "back at" >= "left at" AND earlier THEN [{since}] '
        f'WHEN "back at" >= "left at" THEN [{first}, {since}] WHEN earlier THEN [{again}] ELSE [{first}] END'
    )
    own = ", ".join(f"served.{identifier(c)} AS {identifier(c)}" for c in (start, *ends))
    return (
        f'SELECT * EXCLUDE (served, "back at", "left at", earlier, {identifier(back)}) REPLACE ({own}) FROM '
        f'(SELECT *, unnest({times}) AS served FROM (SELECT *, {read[back]} AS "back at", {left} AS "left at", '
        f"{earlier} AS earlier FROM {identifier(name)})) AS {AGAIN}"
    )


def _time(start: str, begins: str, ends: list[str], *, ended: bool = True) -> str:
    """Return SQL for one time of service as text: when it begins, under the name of the start, and its ends."""
    cells = [f"{literal(end)}: {f'{identifier(end)}::VARCHAR' if ended else 'NULL::VARCHAR'}" for end in ends]
    return f"{{{literal(start)}: {identifier(begins)}::VARCHAR, {', '.join(cells)}}}"


def _read_alike(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> dict[str, str]:
    """Return SQL for the instants of columns, in one form where one reads them all."""
    ways = {c: [way.replace(identifier(c), "{}") for way in one_form(con, name, c)] for c in columns}
    shared = [way for way in ways[columns[0]] if all(way in others for others in ways.values())]
    return {c: [*shared, *own][0].replace("{}", identifier(c)) for c, own in ways.items()}
