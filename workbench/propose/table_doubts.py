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
    if table.table == "invoices" and "paid_at" not in table.columns:
        yield from _never_paid(raw)
    if table.table == "subscriptions" and "renews_at" not in table.columns:
        yield from _overwritten(raw)


def _never_paid(raw: RawTable) -> Iterator[Doubt]:
    """Without the day of payment every invoice would be overdue, and every customer one who cannot pay."""
    due = next((c for c in raw.columns if c.time_sql and means(c.name, "due")), None)
    if due is not None:
        text = f"nothing says when invoices were paid, so that all would be overdue; {due.name} is left out"
        choices = (Choice("left out", ""), Choice(f"all are unpaid: {due.name}", due.time_sql))
        yield Doubt("due", text, "status", choices, "invoices.due_at")


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
