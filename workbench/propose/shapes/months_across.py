"""A column for each month, customers in rows: read as one paid month per row."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import duckdb

from workbench.engines import identifier, literal

_FEWEST = 3
_NUMBERS = 0.95
_MONTHS = (
    "jan gen ene", "feb fev fév", "mar mrz mär maa", "apr avr abr", "may mai mei mag maj", "jun juin giu",
    "jul juil lug", "aug aoû aou ago", "sep set", "oct okt ott out", "nov", "dec dez dic déc",
)  # fmt: skip
_FORMS = (
    r"(?P<y>20\d\d)[-_/. ]?(?P<m>0[1-9]|1[0-2])(?!\d)",
    r"(?<![^\W_])(?P<m>0?[1-9]|1[0-2])[-_/. ](?P<y>20\d\d)",
    r"(?P<n>[^\W\d_]{3,10})\.?[-_ /']*(?P<y>20\d\d|\d\d)(?!\d)",
)
_OTHERWISE = re.compile(
    r"(?<![^\W_])(week|wk|kw|quarter|qtr|[qw]\d|logins?|sessions?|visits?|orders?|units?|users?|events?|tickets?|calls?|"
    r"seats?|qty|quantity|count|usage|hours|minutes|days|score|nps|budget|forecast|target)(?![^\W\d_])",
    re.IGNORECASE,
)
"""What names weeks or quarters, what is counted and not paid, and what is only planned."""

_READ_AS = ("started_at", "ended_at", "mrr")
"""The columns of a paid month; those so called beside the months are of today."""


def month_of(header: str) -> date | None:
    """Return the first day of the month for which a column may state what was paid; None where it states none.

    >>> month_of("MRR 2024-01"), month_of("Okt. 24"), month_of("2024-03-31"), month_of("amount")
    (datetime.date(2024, 1, 1), datetime.date(2024, 10, 1), datetime.date(2024, 3, 1), None)
    >>> month_of("Q1 2024"), month_of("week 1 2024"), month_of("Logins 2024-01")
    (None, None, None)
    """
    if _OTHERWISE.search(header):
        return None
    for form in _FORMS:
        for found in re.finditer(form, header.lower()):
            parts = found.groupdict()
            month = int(parts["m"]) if "m" in parts else _by_name(parts["n"])
            if month:
                return date(2000 + int(parts["y"]) % 100, month, 1)
    return None


def _by_name(name: str) -> int:
    return next((n for n, several in enumerate(_MONTHS, 1) if any(name.startswith(s) for s in several.split())), 0)


def paid_months(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Return the SELECT of a row for each month in which a customer paid; empty where months are no columns.

    The last month goes on: nothing says yet that it was the customer's last.
    """
    stated = {column: month for column in columns if (month := month_of(column))}
    months = dict(sorted(stated.items(), key=lambda item: item[1]))
    rest = [column for column in columns if column not in months and column.lower() not in _READ_AS]
    if _OTHERWISE.search(name) or len(months) < _FEWEST or not rest:
        return ""
    if not _in_a_row(list(months.values())) or not _numbers(con, name, months):
        return ""
    ends = [*map(literal, months.values()), "NULL"][1:]
    cells = [
        f"{{'started_at': {literal(month)}, 'ended_at': {end}, 'mrr': {identifier(column)}::VARCHAR}}"
        for (column, month), end in zip(months.items(), ends, strict=True)
    ]
    kept = ", ".join(map(identifier, rest))
    return (
        f"SELECT {kept}, month.started_at, month.ended_at, month.mrr FROM (SELECT {kept}, "
        f"unnest([{', '.join(cells)}]) AS month FROM {identifier(name)}) WHERE regexp_matches(month.mrr, '[1-9]')"
    )


_OPEN = re.compile(r"('started_at': '(20\d\d)-(\d\d)-01', 'ended_at': )NULL")


def with_earlier_files_closed(selects: dict[str, str]) -> dict[str, str]:
    """Return the SELECTs with the last month of each file ended where another file has later ones, as a sheet a year.

    >>> last = "{'started_at': '2024-12-01', 'ended_at': NULL}"
    >>> with_earlier_files_closed({"a": last, "b": last.replace("2024-12", "2025-03")})["a"]
    "{'started_at': '2024-12-01', 'ended_at': '2025-01-01'}"
    """
    last = {
        name: date(int(found[2]), int(found[3]), 1) for name, sql in selects.items() if (found := _OPEN.search(sql))
    }
    latest = max(last.values(), default=None)
    closed = {name: sql for name, sql in selects.items() if name in last and latest and last[name] < latest}
    ends = {name: last[name].replace(day=28) + timedelta(days=4) for name in closed}
    return selects | {name: _OPEN.sub(rf"\g<1>'{ends[name].replace(day=1)}'", sql) for name, sql in closed.items()}


def _in_a_row(months: list[date]) -> bool:
    numbers = [month.year * 12 + month.month for month in months]
    return all(later == one + 1 for one, later in pairwise(numbers))


def _numbers(con: duckdb.DuckDBPyConnection, name: str, months: dict[str, date]) -> bool:
    cells = ", ".join(f"{identifier(column)}::VARCHAR" for column in months)
    rows = f"(SELECT unnest([{cells}]) AS cell FROM {identifier(name)})"
    row = con.execute(
        f"SELECT avg(regexp_matches(cell, '[0-9]')::INT) FROM {rows} WHERE trim(cell) NOT IN ('', '-', '–', '—')"
    ).fetchone()
    return ((row and row[0]) or 0) >= _NUMBERS
