"""Files that map ids to ids: several ids of one person, or the account that each login stands for."""

from __future__ import annotations

from workbench.propose.links import Link, unique_columns
from workbench.propose.raw_columns import RawTable

_MOST_COLUMNS = 4
_SEVERAL_EACH = 0.9
"""Different values per row below which several rows lead to one."""


def id_maps(tables: list[RawTable], links: list[Link]) -> set[str]:
    """Return the files whose rows are other ids of the rows of another file: the ways to a person, and no persons."""
    return {table.name for table in tables if _is_map(table, links)}


def _is_map(table: RawTable, links: list[Link]) -> bool:
    if len(table.columns) > _MOST_COLUMNS or any(c.time_sql for c in table.columns):
        return False
    own = {c.name for c in unique_columns(table) if c.unique == 1}
    asked = any(link.parent == table.name != link.file and link.key in own for link in links)
    leads = (link for link in links if link.file == table.name != link.parent and link.column not in own)
    return asked and any(table[link.column].unique < _SEVERAL_EACH for link in leads)
