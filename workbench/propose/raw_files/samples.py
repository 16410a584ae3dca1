"""What is looked at of a raw file: its rows as text, and of each column its counts, frequent values and some texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from workbench.engines import identifier
from workbench.propose.words.naming import means

MOST_ROWS = 1_000_000
"""Rows of a file that are looked at: enough to see its keys, few enough for any machine."""
_FEW_ROWS = 10_000
_MOST_TEXTS = 500
_MOST_FREQUENT = 50
_NOTHING = ("", "NULL", "/")
"""What stands for no value in every column."""


@dataclass(frozen=True)
class Sample:
    """One column: rows with a value, different values, the share of each frequent one, and some different texts."""

    column: str
    filled: int
    distinct: int
    values: dict[str, float]
    texts: tuple[str, ...]


def seen(name: str) -> str:
    """Return the identifier name of the table with the rows looked at."""
    return identifier(f"rows of {name}")


def some_of(table: str) -> str:
    """Return the identifier name of the table with a sample of each column's distinct values, shorter ones padded."""
    return identifier(f"some of {table}")


def look_at(con: duckdb.DuckDBPyConnection, name: str, select: str = "") -> tuple[int, list[Sample]]:
    """Return how many rows a relation has, or the SELECT that reads it, at most a million, and a sample of each column.

    Leaves the rows as a text table, named by ``seen``, and the samples as another, named by ``some_of``.
    """
    read = f"({select})" if select else identifier(name)
    names = [row[0] for row in con.execute(f"DESCRIBE FROM {read}").fetchall()]
    text = ", ".join(f"{_plain(c)} AS {identifier(c)}" for c in names)
    filled = ", ".join(f"CASE WHEN {c} NOT IN {_NOTHING} THEN {c} END AS {c}" for c in map(identifier, names))
    (rows,) = con.execute(
        f"CREATE TABLE {seen(name)} AS SELECT {filled} FROM (SELECT {text} FROM {read} LIMIT {MOST_ROWS}) AS plain"
    ).fetchone() or (0,)
    samples = _of_few_rows(con, name, names) if rows <= _FEW_ROWS else _of_many_rows(con, name, names)
    _keep(con, name, samples)
    return rows, samples


def _plain(column: str) -> str:
    """Return SQL for a value without spaces around it; the capitals of an e-mail address mean nothing.

    Trimming is slow, and few values need it.
    """
    text = f"{identifier(column)}::VARCHAR"
    trimmed = f"CASE WHEN starts_with({text}, ' ') OR ends_with({text}, ' ') THEN trim({text}) ELSE {text} END"
    return f"lower({trimmed})" if means(column, "email") else trimmed


def _of_few_rows(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> list[Sample]:
    """Look at the rows here: to plan a query for each column takes far longer."""
    lowered = ", ".join(f"lower({identifier(column)})" for column in columns)
    rows = con.execute(f"SELECT *, {lowered} FROM {seen(name)}").fetchall()
    values = list(zip(*rows, strict=True)) or [()] * 2 * len(columns)
    return [_counted(con, name, *each) for each in zip(columns, values, values[len(columns) :], strict=False)]


def _counted(
    con: duckdb.DuckDBPyConnection, name: str, column: str, texts: Sequence[str | None], lowered: Sequence[str | None]
) -> Sample:
    filled = [text for text in texts if text is not None]
    different = tuple(dict.fromkeys(filled))
    if len(different) > _MOST_TEXTS:
        return Sample(column, len(filled), len(different), {}, _texts(con, name, column, len(filled)))
    counts = Counter(text for text in lowered if text is not None)
    most = sorted(counts.items(), key=lambda found: (-found[1], found[0]))[:_MOST_FREQUENT]
    return Sample(column, len(filled), len(different), {text: n / len(filled) for text, n in most}, different)


def _of_many_rows(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> list[Sample]:
    counts = ", ".join(f"count({identifier(c)}), count(DISTINCT {identifier(c)})" for c in columns)
    found = con.execute(f"SELECT {counts} FROM {seen(name)}").fetchone() or ()
    pairs = zip(found[::2], found[1::2], strict=True)
    return [
        Sample(c, filled, distinct, _frequent(con, name, c, filled, distinct), _texts(con, name, c, filled))
        for c, (filled, distinct) in zip(columns, pairs, strict=True)
    ]


def _texts(con: duckdb.DuckDBPyConnection, table: str, column: str, filled: int) -> tuple[str, ...]:
    value = identifier(column)
    different = f"SELECT DISTINCT {value} FROM {seen(table)} WHERE {value} IS NOT NULL"
    found = con.execute(f"{different} ORDER BY hash({value}) LIMIT {_MOST_TEXTS}").fetchall() if filled else []
    return tuple(text for (text,) in found)


def _frequent(con: duckdb.DuckDBPyConnection, table: str, column: str, filled: int, distinct: int) -> dict[str, float]:
    if not 0 < distinct <= _MOST_TEXTS:
        return {}
    value = identifier(column)
    found = con.execute(
        f"SELECT lower({value}), count(*) / {filled} FROM {seen(table)} WHERE {value} IS NOT NULL "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_MOST_FREQUENT}"
    ).fetchall()
    return {text: float(share) for text, share in found}


def _keep(con: duckdb.DuckDBPyConnection, table: str, samples: list[Sample]) -> None:
    """Leave the samples as one table, in which all but the longest end with empty rows."""
    longest = max((len(sample.texts) for sample in samples), default=0)
    padded = [pa.array([*s.texts, *[None] * (longest - len(s.texts))], pa.string()) for s in samples]
    con.register("the samples", pa.table(padded, names=[sample.column for sample in samples]))
    con.execute(f'CREATE OR REPLACE TEMP TABLE {some_of(table)} AS FROM "the samples"')
    con.unregister("the samples")
