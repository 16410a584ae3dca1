"""Ids of ids: files that map several ids to one person, and numbers that the same rows had before."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench.engines import identifier
from workbench.propose.fitting.links import Link, unique_columns
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.raw_files.samples import seen
from workbench.propose.words.naming import means, table_likeness

_NAMED = 0.3
_SEVERAL_EACH = 0.9
"""Different values per row below which several rows lead to one."""


def id_maps(tables: list[RawTable], links: list[Link]) -> set[str]:
    """Return the files whose rows are other ids of the rows of another file: the ways to a person, and no persons."""
    return {table.name for table in tables if _holds_ids_alone(table, links) and _is_map(table, links)}


def _holds_ids_alone(table: RawTable, links: list[Link]) -> bool:
    """Whether rows say nothing of their own; customers have names beside their ids, and contacts roles."""
    leading = {link.column for link in links if link.file == table.name}
    return all(means(c.name, "id") or c.name in leading or c.distinct <= 1 for c in table.columns)


def _is_map(table: RawTable, links: list[Link]) -> bool:
    own = {c.name for c in unique_columns(table) if c.unique == 1}
    asked = any(link.parent == table.name != link.file and link.key in own for link in links)
    leads = (link for link in links if link.file == table.name != link.parent and link.column not in own)
    leads = (link for link in leads if _is_of_people(link.parent, table.name))
    return asked and any(table[link.column].unique < _SEVERAL_EACH for link in leads)


def _is_of_people(parent: str, name: str) -> bool:
    """Whether a file is of persons or companies by its name, and the one that leads to it not of their contacts."""
    contacts = table_likeness(parent, "contacts")
    return max(contacts, table_likeness(parent, "customers")) > _NAMED and table_likeness(name, "contacts") <= contacts


_SOME, _NEARLY_ALL = 0.3, 0.98
"""Shares of the ids found in a key between which the others may be looked for in a second id."""
_OF_THE_REST = 0.5
_OF_NUMBERS = 0.95
"""The same where ids are numbers, which are found in other numbers by chance."""


def with_second_ids(con: duckdb.DuckDBPyConnection, tables: list[RawTable], links: list[Link]) -> list[Link]:
    """Return the links with the second id in which the rest is found, where customers were numbered anew."""
    by_name = {table.name: table for table in tables}
    second = {link: _second_id(con, by_name[link.parent], link) for link in links if _is_partial(link)}
    return [replace(link, also=second[link][0], neither=second[link][1]) if link in second else link for link in links]


def _is_partial(link: Link) -> bool:
    return link.file != link.parent and _SOME <= link.contained < _NEARLY_ALL


def _second_id(con: duckdb.DuckDBPyConnection, parent: RawTable, link: Link) -> tuple[str, int]:
    """Return the id of the parent's rows that holds most values the key lacks, and none of the key's own, and how many
    different values neither has; empty for none."""
    own, key = (f"trim({identifier(name)}::VARCHAR)" for name in (link.column, link.key))
    for column in (c for c in parent.columns if c.name != link.key and c.keylike and c.unique == 1):
        other = f"trim({identifier(column.name)}::VARCHAR)"
        keys = f"SELECT {key} FROM {seen(parent.name)} WHERE {key} IS NOT NULL"
        others = f"SELECT {other} FROM {seen(parent.name)} WHERE {other} IS NOT NULL"
        row = con.execute(
            f"SELECT avg(({own} IN ({others}))::INT), (SELECT count(*) FROM ({keys} INTERSECT {others})), "
            f"count(DISTINCT {own}) FILTER ({own} NOT IN ({others})) "
            f"FROM {seen(link.file)} WHERE {own} NOT IN ({keys})"
        ).fetchone() or (0, 0, 0)
        if (row[0] or 0) >= (_OF_NUMBERS if column.number_sql else _OF_THE_REST) and not row[1]:
            return column.name, row[2]
    return "", 0
