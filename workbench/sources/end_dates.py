"""What an end date without a time is: the last day of service, or the first day without it."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class EndDates:
    """Of ``pairs`` of terms of a customer, in how many the next starts a day after the end, and in how many on it."""

    pairs: int
    day_after: int
    same_day: int

    @property
    def is_last_day(self) -> bool:
        """Whether every next term starts a day after an end, so that the end is the last day of service."""
        return self.pairs > 0 and self.day_after == self.pairs

    @property
    def looks_like_last_day(self) -> bool:
        """Whether at least half of the next terms start a day after the end, and more than start on it."""
        return self.day_after > self.same_day and 2 * self.day_after >= self.pairs


def end_dates(con: duckdb.DuckDBPyConnection, rows: str, customer: str, start: str, end: str) -> EndDates:
    """Return how terms follow each other: ``rows`` is a relation, the others SQL for a customer's id and two times.

    Only ends without a time count, with the next start of the same customer on or after them, within a week.

    >>> con = duckdb.connect()
    >>> terms = "(VALUES ('a', DATE '2024-01-01', DATE '2024-01-31'), ('a', '2024-02-01', NULL)) AS t(c, s, e)"
    >>> end_dates(con, terms, "c", "s", "e")
    EndDates(pairs=1, day_after=1, same_day=0)
    """
    dated = f"SELECT {customer} AS customer, ({start})::TIMESTAMP AS s, ({end})::TIMESTAMP AS e FROM {rows}"
    followed = (
        f"SELECT date_diff('day', one.e, next.s) AS days FROM ({dated}) AS one ASOF JOIN ({dated}) AS next "
        "ON one.customer = next.customer AND one.e <= next.s "
        "WHERE one.e = date_trunc('day', one.e) AND one.s < one.e AND date_diff('day', one.e, next.s) <= 7"
    )
    counts = "count(*), count(*) FILTER (days = 1), count(*) FILTER (days = 0)"
    return EndDates(*(con.execute(f"SELECT {counts} FROM ({followed})").fetchone() or (0, 0, 0)))
