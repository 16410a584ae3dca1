"""The statements that compute a table, kept to be run again with other numbers: writing them takes longer than running.

Ibis writes the statements of a table from many steps in seconds, DuckDB runs them on thousands of customers in tenths
of a second. Where only numbers change, they are written once, with a placeholder for each number.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from workbench.engines.quoting import identifier

_recorded: ContextVar[Recipe | None] = ContextVar("_recorded", default=None)


def step_of_recipe(table: ir.Table) -> ir.Table | None:
    """Return a table as a step of the recipe under way, without any row yet; None where there is no recipe."""
    recipe = _recorded.get()
    return None if recipe is None else recipe.step(table)


class Recipe:
    """The steps that compute some tables in DuckDB, each a statement; they are run by :meth:`tables`."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._steps: dict[str, str] = {}
        self._results: list[str] = []
        self._run: dict[str, str] = {}

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Take what is materialized from here as steps, instead of computing it."""
        token = _recorded.set(self)
        try:
            yield
        finally:
            _recorded.reset(token)

    def step(self, table: ir.Table) -> ir.Table:
        """Add a step; the table it makes is there at once, without rows."""
        name, statement = f"step_{uuid.uuid4().hex}", self._backend.compile(table)
        self._steps[name] = statement
        self._make(name, f"{statement} LIMIT 0")
        return self._backend.table(name, database=("temp", "main"))

    def result(self, table: ir.Table) -> None:
        """Add a table to those that are returned."""
        self._results.append(self._backend.compile(table))

    def tables(self, numbers: Mapping[str, str]) -> list[pd.DataFrame]:
        """Run the steps with placeholders replaced, but for those whose rows are the same as last time.

        ``numbers`` has the text for each placeholder. Returns the results in order.
        """
        places = re.compile("|".join(rf"(?<!\w){re.escape(place)}(?!\w)" for place in numbers))

        def filled(statement: str) -> str:
            return places.sub(lambda found: numbers[found.group()], statement)

        new = set[str]()
        for name, statement in self._steps.items():
            text = filled(statement)
            if self._run.get(name) != text or any(step in text for step in new):
                self._run.pop(name, None)
                self._make(name, text)
                self._run[name] = text
                new.add(name)
        return [self._backend.con.execute(filled(statement)).df() for statement in self._results]

    def _make(self, name: str, statement: str) -> None:
        self._backend.con.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {statement}")
