"""What is known of a folder's files: their rows, the keys among them, and how well each column fits each table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.optimize import linear_sum_assignment

from workbench import contract
from workbench.propose.fitting.fit import ACCEPTED, column_fit
from workbench.propose.fitting.links import Link, unique_columns
from workbench.propose.fitting.same_shape import Shapes
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.words.lexicon import ENTITIES
from workbench.propose.words.naming import column_likeness, means, table_likeness

Path_ = tuple[Link, ...]


def _ends(link: Link) -> tuple[str, str, str, str]:
    return (link.file, link.column, link.parent, link.key)


@dataclass
class Evidence:
    """All that is known of a folder's files; computes each score once."""

    tables: dict[str, RawTable]
    links: list[Link]
    labels: dict[str, str]
    shared: dict[tuple[str, str], str] = field(default_factory=dict)
    heads: set[str] = field(default_factory=set)
    shapes: Shapes = field(default_factory=dict)
    refunds: frozenset[str] = frozenset()
    prices: set[str] = field(default_factory=set)
    maps: set[str] = field(default_factory=set)
    fits: dict[tuple[str, str], dict[str, tuple[str, float]]] = field(default_factory=dict)

    @cached_property
    def keys(self) -> dict[str, str]:
        """The column that names the rows of each file, where there is one."""
        return {name: key for name, table in self.tables.items() if (key := self._key(table))}

    def _key(self, table: RawTable) -> str | None:
        ranked = sorted(unique_columns(table), key=lambda c: -self._key_score(table, c.name))
        return ranked[0].name if ranked else None

    def _key_score(self, table: RawTable, column: str) -> float:
        asked = sum(link.strength for link in self.links if (link.parent, link.key) == (table.name, column))
        leads = any(link.column == column and link.file == table.name and self._leads_away(link) for link in self.links)
        named = 0.5 * means(column, "id") - 0.5 * means(column, "name") - 0.3 * means(column, "email")
        own = max(
            column_likeness(column, t, spec.unique) * (0.3 + table_likeness(self.labels[table.name], t))
            for t, spec in contract.TABLES.items()
            if spec.unique
        )
        place = 0.01 * [c.name for c in table.columns].index(column)
        another = self._names_another(table, column)
        same = 1.5 * (not another and self._is_shared(table, column))
        repeats = 1.0 * (table[column].unique < 1 and self._has_better(table))
        return min(asked, 1.5) + same + named + own - 2 * leads - another - repeats - place

    def _leads_away(self, link: Link) -> bool:
        """Whether a link names rows of another file, and not merely the few of them that name its own rows."""
        back = (link.parent, link.key, link.file, link.column)
        stronger = (one.strength > link.strength for one in self.links if _ends(one) == back)
        return link.parent != link.file and not any(stronger)

    def _has_better(self, table: RawTable) -> bool:
        """Whether a column that is an id by its name never repeats: one that does names whose the rows are."""
        return any(c.unique == 1 and means(c.name, "id") for c in unique_columns(table))

    def _is_shared(self, table: RawTable, column: str) -> bool:
        """Whether another file has a column of this very name with these ids: by it they belong together."""
        links = [link for link in self.links if link.parent == table.name != link.file]
        return not means(column, "email") and any(link.column == column == link.key for link in links)

    def _names_another(self, table: RawTable, column: str) -> float:
        """An id of one customer per subscription is unique too: its name says that it names something else."""
        label = self.labels[table.name]
        named = [entity for entity in ENTITIES if means(column, entity)]
        own = any(means(label, entity) for entity in named) or not any(means(label, entity) for entity in ENTITIES)
        return 0.0 if own or not named else 1.5

    @property
    def beside(self) -> set[str]:
        """The files that are no table by themselves: orders of lines, refunds of sales, prices, maps of ids."""
        return self.heads | self.refunds | self.prices | self.maps

    @property
    def groups(self) -> list[list[str]]:
        """The files to be matched, those of one shape together: they are one table."""
        matched = [f for f in self.tables if f not in self.beside]
        return [list(group) for group in dict.fromkeys(tuple(sorted(self.shapes.get(f, {f}))) for f in matched)]

    def ways_to(self, file: str, goal: str, steps: int = 3) -> list[Path_]:
        """Return the chains of keys that lead from a file to the goal's rows, shortest and strongest first."""
        ways: list[Path_] = []
        for link in self.links:
            if link.file != file or link.parent == file:
                continue
            if link.key != self.keys.get(link.parent):
                if link.parent == goal and goal in self.keys:  # by another id of the same rows, such as an e-mail
                    ways.append((link, Link(goal, self.keys[goal], "", "", 1.0, 0.9)))
                continue
            if link.parent == goal:
                ways.append((link,))
            elif steps > 1:
                ways += [(link, *rest) for rest in self.ways_to(link.parent, goal, steps - 1)]
        return sorted(ways, key=lambda way: (len(way), -min(link.strength for link in way)))

    def columns(self, file: str, table: str) -> dict[str, tuple[str, float]]:
        """Return the best raw column, and its fit, per column of the contract.

        Left out are keys by overlap, and names of people, which only the analyst may take: lists alone show them.
        """
        if (file, table) not in self.fits:
            self.fits[file, table] = self._assign_columns(self.tables[file], contract.TABLES[table])
        return self.fits[file, table]

    def _assign_columns(self, raw: RawTable, spec: contract.Table) -> dict[str, tuple[str, float]]:
        taken = {link.column for link in self.links if link.file == raw.name != link.parent}
        if spec.unique:
            taken.add(self.keys.get(raw.name, ""))
        wanted = [c for c in spec.columns if c.name not in (spec.unique, "customer_id", "name")]
        given = [c for c in raw.columns if c.name not in taken]
        if not wanted or not given:
            return {}
        fits = np.array([[column_fit(r, raw, spec, c) for r in given] for c in wanted])
        rows, cols = linear_sum_assignment(np.where(fits >= ACCEPTED, fits, 0.0), maximize=True)
        return {
            wanted[i].name: (given[j].name, float(fits[i, j]))
            for i, j in zip(rows, cols, strict=True)
            if fits[i, j] >= ACCEPTED
        }
