"""Doubts that concern a table's rows rather than one of its columns: its date, and what is overwritten."""

from __future__ import annotations

from collections.abc import Iterator

from workbench import contract
from workbench.propose.doubts import Choice, Doubt
from workbench.propose.fit import is_overwritten
from workbench.propose.naming import means
from workbench.propose.proposal import TableProposal
from workbench.propose.raw_columns import RawTable


def table_doubts(raw: RawTable, table: TableProposal) -> Iterator[Doubt]:
    """Yield what a person should know of a table before it is used."""
    dated = contract.TABLES[table.table].dated_by
    if dated not in table.columns:
        text = f"there is no date in {table.file}; rows are taken as always known"
        yield Doubt("dated", text, "dates", about=f"{table.table}.{dated}")
    if table.table == "subscriptions" and "renews_at" not in table.columns:
        yield from _overwritten(raw)


def _overwritten(raw: RawTable) -> Iterator[Doubt]:
    for column in sorted(raw.columns, key=lambda c: not means(c.name, "end")):
        if column.time_sql and is_overwritten(column.name) and not means(column.name, "start"):
            text = (
                f"{column.name} is overwritten at every renewal, so at an earlier date it would give away who renewed; "
                "it is left out"
            )
            choices = (Choice("left out", ""), Choice(f"the end of the term: {column.name}", column.time_sql))
            yield Doubt("renews", text, "service", choices, "subscriptions.renews_at")
            return
