"""Status columns of numbers whose words stand in a small file of their own: an order's state 6 is "cancelled" there."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.raw_files.samples import seen
from workbench.propose.words.naming import means, words
from workbench.propose.words.status_words import of_sale, of_subscription

_MOST_WORDS = 100
Names = dict[str, dict[str, str]]
"""Per column the word of each code."""


def names_of_codes(con: duckdb.DuckDBPyConnection, evidence: Evidence, raw: RawTable) -> Names:
    """Return the words of the status columns that hold the codes of another, small file."""
    found: Names = {}
    for column in (c for c in raw.columns if c.number_sql and c.values and means(c.name, "status")):
        for other in (t for t in evidence.tables.values() if not _is_of_something_else(column.name, t.name)):
            if other.name != raw.name and other.rows <= _MOST_WORDS and (words := _words(con, other, column)):
                found[column.name] = words
    return found


def _is_of_something_else(column: str, listed: str) -> bool:
    """Whether a status and a list of statuses name two things: contribution_status_id and membership_status."""
    own, other = (words(name) - _PLAIN for name in (column, listed))
    return bool(own) and means(listed, "status") and bool(other) and not own & other


_PLAIN = {"status", "state", "statu", "id", "code", "current", "key", "no", "nr", "new", "last", "lang", "type"}
"""Words of a status that do not say whose it is."""


def _words(con: duckdb.DuckDBPyConnection, other: RawTable, column: RawColumn) -> dict[str, str]:
    listed = means(other.name, "status")  # else its column must say so: plans are numbered from 1 as well
    keys = [c for c in other.columns if _holds(c, column) and (listed or means(c.name, "status"))]
    texts = [c for c in other.columns if c.values and not c.number_sql and any(map(_is_known, c.values))]
    if not keys or not texts:
        return {}
    key, text = (identifier(several[0].name) for several in (keys, texts))
    rows = con.execute(f"SELECT {key}::VARCHAR, min({text}) FROM {seen(other.name)} WHERE {key} IS NOT NULL GROUP BY 1")
    return {code: word.lower() for code, word in rows.fetchall() if code in column.values and word}


_NEARLY_ALL = 0.85
"""A share of the rows whose codes have a word: an order that was never finished may have one that stands for none."""


def _holds(key: RawColumn, column: RawColumn) -> bool:
    found = [code for code in column.values if code in key.values]
    return len(found) > 1 and sum(column.values[code] for code in found) >= _NEARLY_ALL * sum(column.values.values())


def _is_known(word: str) -> bool:
    return bool(of_sale(word) or of_subscription(word))


def with_names(raw: RawTable, names: Names) -> RawTable:
    """Return a raw table whose coded columns hold the words."""
    columns = tuple(replace(c, values=_named(c, names[c.name])) if c.name in names else c for c in raw.columns)
    return replace(raw, columns=columns)


def _named(column: RawColumn, words: dict[str, str]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for code, share in column.values.items():
        word = words.get(code, code)
        shares[word] = shares.get(word, 0.0) + share
    return shares
