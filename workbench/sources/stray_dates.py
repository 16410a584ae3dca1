"""Dates far after all others, such as 2199: they do not move the end of the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import duckdb

from workbench.contract import TABLES
from workbench.engines import identifier

_ENOUGH, _FEW = 20, 0.05
_DAYS, _TIMES = 90, 5
"""A gap is far when it is longer than so many days, and so many times the longest gap before it."""


@dataclass(frozen=True)
class Strays:
    """The dates of one table from ``after`` on: how many rows, and the latest with the row it stands in."""

    table: str
    column: str
    rows: int
    latest: date
    row: str

    @property
    def remark(self) -> str:
        """What is remarked of them."""
        return f"{self.column} is far after all other dates, as {self.latest} of {self.row}: not the end of the data"


def first_stray(days: Counter[date]) -> date | None:
    """Return the first day after the gap that parts a few late dates from all others; None where there is none.

    >>> usual = Counter({date(2024, 1, 1 + i): 5 for i in range(30)})
    >>> first_stray(usual), first_stray(usual + Counter({date(2042, 1, 1): 1}))
    (None, datetime.date(2042, 1, 1))
    """
    total, longest, before = days.total(), 1, 0
    for one, following in pairwise(sorted(days)):
        before += days[one]
        gap = (following - one).days
        if before >= _ENOUGH and total - before <= _FEW * total and gap > max(_DAYS, _TIMES * longest):
            return following
        longest = max(longest, gap)
    return None


def find_strays(
    con: duckdb.DuckDBPyConnection, loaded: Mapping[str, tuple[int, datetime | None]]
) -> tuple[date | None, list[Strays]]:
    """Return the first day that is far after all other dates of the loaded tables, and the rows dated so.

    ``loaded`` has the number of rows and the last date of each table.
    """
    if not _late_rows_are_few(con, loaded):
        return None, []
    dated = {name: TABLES[name].dated_by for name, (_, end) in loaded.items() if end is not None}
    days: Counter[date] = Counter()
    for name, column in dated.items():
        days.update(dict(_query(con, f"SELECT {column}::DATE, count(*) FROM main.{identifier(name)}", column)))
    first = first_stray(days)
    if first is None:
        return None, []
    return first, [stray for name, column in dated.items() for stray in _strays(con, name, column, first)]


def _late_rows_are_few(con: duckdb.DuckDBPyConnection, loaded: Mapping[str, tuple[int, datetime | None]]) -> bool:
    """Whether so few rows lie in the last days that they may be strays: cheaper to see than the gaps between days."""
    ends = [end for _, end in loaded.values() if end is not None]
    if not ends:
        return False
    begin = max(ends) - timedelta(days=_DAYS)
    late = 0
    for name, (_, end) in loaded.items():
        if end is not None and end >= begin:
            rows = f"main.{identifier(name)} WHERE {TABLES[name].dated_by} >= ?"
            late += (con.execute(f"SELECT count(*) FROM {rows}", [begin]).fetchone() or (0,))[0]
    return late <= _FEW * sum(rows for rows, end in loaded.values() if end is not None)


def _query(con: duckdb.DuckDBPyConnection, select: str, column: str) -> list[tuple[date, int]]:
    return con.execute(f"{select} WHERE {column} IS NOT NULL GROUP BY 1").fetchall()


def _strays(con: duckdb.DuckDBPyConnection, name: str, column: str, first: date) -> list[Strays]:
    spec = TABLES[name]
    have = {row[0] for row in con.execute(f"DESCRIBE main.{identifier(name)}").fetchall()}
    key = next(c.name for c in spec.columns if c.time_class == "key" and c.name in have)
    rows, latest, row = con.execute(
        f"SELECT count(*), max({column})::DATE, arg_max({key}, {column}) FROM main.{identifier(name)} "
        f"WHERE {column} >= ?",
        [first],
    ).fetchone() or (0, first, "")
    return [Strays(name, column, rows, latest, f"{key} {row}")] if rows else []


def last_before(con: duckdb.DuckDBPyConnection, tables: Iterable[str], first: date) -> datetime:
    """Return the latest date of dated tables before a day."""
    found = [
        con.execute(f"SELECT max({at}) FROM main.{identifier(name)} WHERE {at} < ?", [first]).fetchone()
        for name, at in ((name, TABLES[name].dated_by) for name in tables)
    ]
    latest: list[datetime] = [row[0] for row in found if row and row[0] is not None]
    return max(latest)
