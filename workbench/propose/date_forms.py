"""The forms in which exports write dates, and columns that mix one of them with ISO dates."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

DATES = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d %b %Y",
    "%b %d, %Y",
    "%d-%b-%Y",
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p")
PLAIN_TIME = "TRY_CAST({} AS TIMESTAMP)"
_ENOUGH = 0.95


@dataclass(frozen=True)
class Mixed:
    """SQL that reads both forms, whether day and month may be swapped, and the forms with an example of each."""

    sql: str
    ambiguous: bool
    text: str


def swap_days(sql: str) -> str:
    """Return the SQL of a date with day and month the other way round."""
    return sql.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")


def mixed_dates(con: duckdb.DuckDBPyConnection, some: str, rows: str, value: str) -> Mixed | None:
    """Return how to read a column of ISO dates beside dates of one other form; None when that explains too little.

    ``some`` is a sample of its values, ``rows`` has them all.
    """
    plain = PLAIN_TIME.format(value)
    forms = [day + clock for day in DATES if not day.startswith("%Y") for clock in CLOCKS]
    reads = [f"try_strptime({value}, '{form}')" for form in forms]
    counts = ", ".join(f"count({read}) FILTER ({plain} IS NULL) / count(*)" for read in reads)
    iso, *shares = con.execute(f"SELECT count({plain}) / count(*), {counts} FROM {some}").fetchone() or (0,)
    best = max(range(len(forms)), key=lambda i: (shares[i], -i))
    if not shares[best] or iso + shares[best] < _ENOUGH:
        return None
    twin = swap_days(forms[best])
    ambiguous = twin in forms and twin != forms[best] and shares[forms.index(twin)] == shares[best]
    text = _described(con, rows, value, reads[best], _order(forms[best], ambiguous))
    return Mixed(f"coalesce({reads[best]}::VARCHAR, {value})", ambiguous, text)


def _order(form: str, ambiguous: bool) -> str:
    if "%m" not in form:
        return "spelled-out"
    if ambiguous:
        return "day-first or month-first"
    return "day-first" if form.find("%d") < form.find("%m") else "month-first"


def _described(con: duckdb.DuckDBPyConnection, rows: str, value: str, read: str, order: str) -> str:
    """Name both forms; the example of the other one has the latest day of a month, which shows its order best."""
    plain = PLAIN_TIME.format(value)
    isos, iso, others, other = con.execute(
        f"SELECT count({plain}), min({value}) FILTER ({plain} IS NOT NULL), "
        f"count({read}) FILTER ({plain} IS NULL), arg_max({value}, day({read})) FILTER ({plain} IS NULL) FROM {rows}"
    ).fetchone() or (0, "", 0, "")
    text = f"mixes {isos:,} ISO dates (such as {iso}) and {others:,} {order} ones (such as {other})"
    stated = "" if order == "spelled-out" else f", as the plain column is with dates: {order.replace('-', '_')}"
    return f"{text}; each is read as it is written{stated}"
