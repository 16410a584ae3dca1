"""Which column of one file holds the ids of another: by the overlap of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from workbench.engines import identifier
from workbench.propose.fitting.same_shape import Shapes, partner
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.raw_files.samples import seen, some_of
from workbench.propose.words.lexicon import GENERIC
from workbench.propose.words.naming import column_likeness, is_blank, is_meaningless, means, tokens, words

_UNIQUE = 0.95
_WEAKEST = 0.3
_MAYBE_CUSTOMER = 0.45
_FEW = 100
"""More people than this do not come together."""
_MEASURES = ("quantity", "amount", "price", "score", "seconds", "minutes", "hours", "seats", "size", "mrr")


@dataclass(frozen=True)
class Link:
    """``file.column`` holds ids of ``parent.key``; ``contained`` is the share of its distinct values found there.

    ``also`` is a second id of the same rows, such as a number that they had before, in which the others are found but
    for ``neither`` of them. ``floating``: one of both writes 17.0 for 17.
    """

    file: str
    column: str
    parent: str
    key: str
    contained: float
    strength: float
    also: str = ""
    neither: int = 0
    floating: bool = False


def unique_columns(table: RawTable) -> list[RawColumn]:
    """Return the columns that could name the rows of a file: filled and (nearly) never repeated."""
    return [
        c
        for c in table.columns
        if c.keylike and c.filled >= 0.98 * table.rows and c.unique >= _UNIQUE and c.distinct > 1
    ]


def find_links(con: duckdb.DuckDBPyConnection, tables: list[RawTable], shapes: Shapes | None = None) -> list[Link]:
    """Return the key overlaps between files (and within one, for a parent), strongest first.

    Files of one shape are parents together: ids may lie in any of them.
    Expects the tables of rows seen of ``profile_table``. Ids with letters convince by themselves; small whole
    numbers overlap by chance, so they need a name that fits.
    """
    shapes = shapes or {}
    found = [_link(con, *pair, _brothers(pair[2], pair[3], tables, shapes)) for pair in _pairs(tables, shapes)]
    return sorted((link for link in found if link.strength >= _WEAKEST), key=lambda link: -link.strength)


def _brothers(parent: RawTable, key: RawColumn, tables: list[RawTable], shapes: Shapes) -> list[tuple[str, RawColumn]]:
    """Return the other files of a parent's shape with the column that is its key there."""
    others = [t for t in tables if t.name in shapes.get(parent.name, ()) and t.name != parent.name]
    return [(t.name, t[column]) for t in others if (column := partner(key.name, t)) is not None]


def _pairs(tables: list[RawTable], shapes: Shapes) -> Iterator[tuple[RawTable, RawColumn, RawTable, RawColumn]]:
    for parent in tables:
        shape = shapes.get(parent.name, frozenset({parent.name}))
        children = [t for t in tables if t.name not in shape - {parent.name}]
        for key in unique_columns(parent):
            for child in children:
                for column in child.columns:
                    itself = child.name == parent.name and column.name == key.name
                    if column.keylike and not itself and _alike(column, key, len(shape)):
                        yield child, column, parent, key


def _alike(column: RawColumn, key: RawColumn, files: int) -> bool:
    if bool(column.number_sql) != bool(key.number_sql):
        return False
    return 0.5 <= (column.length + 1) / (key.length + 1) <= 2 and column.distinct <= 3 * files * key.distinct


def _link(
    con: duckdb.DuckDBPyConnection,
    child: RawTable,
    column: RawColumn,
    parent: RawTable,
    key: RawColumn,
    brothers: list[tuple[str, RawColumn]],
) -> Link:
    if _strength(1.0, 1.0, child, column, parent, key) < _WEAKEST:  # even if all its values lay in the other one
        return Link(child.name, column.name, parent.name, key.name, 0.0, 0.0)
    contained = _contained(con, child, column, [(parent.name, key), *brothers])
    ids = key.distinct + sum(other.distinct for _, other in brothers)
    strength = _strength(contained, contained * column.distinct / ids, child, column, parent, key)
    floating = any(c.floating for c in (column, key, *(other for _, other in brothers)))
    return Link(child.name, column.name, parent.name, key.name, contained, strength, floating=floating)


def _contained(
    con: duckdb.DuckDBPyConnection, child: RawTable, column: RawColumn, keys: list[tuple[str, RawColumn]]
) -> float:
    """Return the share of a column's distinct values that lie in one of the others: keys by the name of their file.

    Where there are many it is that of a sample, if that is next to none: a sample is looked up in one pass over the
    other columns; counting all distinct values takes ten times as long.
    """
    whole = any(c.floating for c in (column, *(key for _, key in keys)))
    if column.is_all_in_texts and all(key.is_all_in_texts for _, key in keys):
        own, others = ({_whole(t) if whole else t for t in texts} for texts in _texts(column, keys))
        return len(own & others) / max(column.distinct, 1)
    ids = " UNION ALL ".join(f"SELECT {_id(key, whole)} AS id FROM {seen(file)}" for file, key in keys)
    name = _id(column, whole)
    some = some_of(child.name)
    sampled, found = _two(
        con,
        f"SELECT (SELECT count({name}) FROM {some}), "
        f"(SELECT count(DISTINCT id) FROM ({ids}) WHERE id IN (SELECT {name} FROM {some}))",
    )
    if found < _WEAKEST * sampled or sampled >= column.distinct:
        return found / max(sampled, 1)
    every, found = _two(
        con,
        f"SELECT count(*), count(*) FILTER (v IN (SELECT id FROM ({ids}))) "
        f"FROM (SELECT DISTINCT {name} AS v FROM {seen(child.name)} WHERE v IS NOT NULL)",
    )
    return found / max(every, 1)


def _texts(column: RawColumn, keys: list[tuple[str, RawColumn]]) -> tuple[list[str], list[str]]:
    return list(column.texts), [text for _, key in keys for text in key.texts]


def _whole(text: str) -> str:
    return text.removesuffix(".0")


def _id(column: RawColumn, whole: bool) -> str:
    name = identifier(column.name)
    return f"regexp_replace({name}::VARCHAR, '\\.0$', '')" if whole else name


def _two(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, int]:
    row = con.execute(sql).fetchone() or (0, 0)
    return int(row[0]), int(row[1])


def _strength(
    contained: float, covered: float, child: RawTable, column: RawColumn, parent: RawTable, key: RawColumn
) -> float:
    fit = _name_fit(column.name, parent.name, key.name)
    distinctive = not key.number_sql or key.length >= 8
    if child.name == parent.name:  # a parent account: many rows share it, and only a name shows that it is no chance
        return contained * 0.8 if column.unique < 1 and (distinctive or means(column.name, "parent")) else 0.0
    if distinctive:
        return contained * (0.7 + 0.3 * fit) if contained >= (0.5 if fit < 0.9 else _WEAKEST) else 0.0
    if not _names_rows(column.name, key.name) or (column.unique == key.unique == 1 and is_meaningless(column.name)):
        return 0.0  # each file numbers its own rows
    if contained < (0.8 if fit >= 0.9 else 0.97) or (column.unique == 1 and fit < 0.9):
        return 0.0
    return contained * (fit if fit >= 0.9 else fit * covered)


def _names_rows(column: str, key: str) -> bool:
    """Small whole numbers lie among any serial ids: a count such as team_members is no key, whatever its values."""
    one_word = len(tokens(column)) == 1 and not column.lower().endswith("s")
    return means(column, "id") or is_blank(column) or column.lower() == key.lower() or one_word


def _name_fit(column: str, parent: str, key: str) -> float:
    if is_blank(column):
        return 0.6
    if any(means(column, word) for word in _MEASURES) and not means(column, "id"):
        return 0.0
    if column.lower() == key.lower() and _distinctive(column):
        return 1.0
    if words(column) & (words(parent) | words(key)) - set(GENERIC) and _distinctive(column):
        return 0.97
    if _distinctive(column) & (_distinctive(parent) | _distinctive(key)):
        return 0.9
    return 0.5 if means(column, "id") and not _distinctive(column) else 0.0


def _distinctive(name: str) -> set[str]:
    return {meaning for token in tokens(name) for meaning in token if meaning not in GENERIC}


def shared_customers(con: duckdb.DuckDBPyConnection, tables: list[RawTable]) -> dict[tuple[str, str], str]:
    """Return, per file and column that may hold the customer, in which other column most of its values recur.

    Where no file has one row per customer, this is what says that two columns name the same customers.
    """
    everywhere = in_every_file(tables)
    named = [
        (t, c)
        for t in tables
        for c in t.columns
        if c.keylike and (customer_likeness(c) >= _MAYBE_CUSTOMER or c.name.lower() in everywhere)
    ]
    found: dict[tuple[str, str], tuple[float, str]] = {}
    for table, column in named:
        for other, twin in named:
            if other.name == table.name or found.get((table.name, column.name), (0.0, ""))[0] == 1:
                continue
            share = _contained(con, table, column, [(other.name, twin)]) if _alike_kind(column, twin) else 0.0
            if share >= _WEAKEST and share > found.get((table.name, column.name), (0.0, ""))[0]:
                found[table.name, column.name] = (share, f"{share:.0%} of them also in {other.name}.{twin.name}")
    return {place: text for place, (_, text) in found.items()}


def in_every_file(tables: list[RawTable]) -> set[str]:
    """Return the names, in small letters, of the columns that each of several files has."""
    names = [{column.name.lower() for column in table.columns} for table in tables]
    return set.intersection(*names) if len(names) > 1 else set()


def customer_likeness(column: RawColumn) -> float:
    """Return from 0 to 1 how much a column sounds like the id of a customer."""
    of_staff = means(column.name, "owner", "customer") and not means(column.name, "id")  # who looks after a company
    if means(column.name, "status") or means(column.name, "score") or of_staff or _counts_people(column):
        return 0.0
    return max(column_likeness(column.name, table, "customer_id") for table in ("orders", "invoices"))


def _counts_people(column: RawColumn) -> bool:
    """Whether it holds how many there are, as "# of Guests" and team_members do: few small whole numbers, a plural."""
    plural = re.search(r"[a-z]{2}[a-rt-z]s$", column.name.strip().lower()) is not None
    return plural and column.whole and column.high < _FEW and column.distinct < 0.5 * column.filled


def _alike_kind(column: RawColumn, other: RawColumn) -> bool:
    return bool(column.number_sql) == bool(other.number_sql)


def own_key(file: str, column: str, other: str) -> float:
    """Return how much a column sounds like the id of its own file rather than of the other one."""
    if words(column) & words(other) - set(GENERIC) - words(file):
        return -1.0
    return 1.0 if words(column) & words(file) - set(GENERIC) else 0.5 * means(column, "id")


def one_way(links: list[Link], labels: dict[str, str]) -> list[Link]:
    """Return the links without those whose reverse is likelier: in a small export every id is unique, so both fit."""
    given = {(link.file, link.column, link.parent, link.key) for link in links}
    return [
        link
        for link in links
        if (link.parent, link.key, link.file, link.column) not in given
        or own_key(labels[link.parent], link.key, labels[link.file])
        >= own_key(labels[link.file], link.column, labels[link.parent])
    ]
