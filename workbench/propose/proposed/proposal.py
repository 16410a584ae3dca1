"""A proposed source file, before it is written: inputs, tables, settings, and all that a person should look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.proposed.doubts import SAME, Choice, Doubt, in_order
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.share_of_amount import ShareOfAmount
from workbench.sources import RawFile


@dataclass(frozen=True)
class TableProposal:
    """One table: its raw file, the SELECT where the file alone does not do, and a mapping per column."""

    table: str
    file: str
    columns: dict[str, Mapped]
    select: str = ""
    unmapped: dict[str, str] = field(default_factory=dict)
    stated: dict[str, tuple[object, str]] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    more: tuple[TableProposal, ...] = ()
    """Proposals for further files of the same table, until all are put together."""
    made: str = ""
    """The SELECT that the relation called as its file holds already, so that no query has to run it again."""

    @property
    def rows(self) -> str:
        """SQL for the raw rows."""
        return f"({self.select})" if self.select else identifier(self.file)

    @property
    def rows_here(self) -> str:
        """SQL for the raw rows in queries of this connection; what is written names them by ``rows``."""
        return identifier(self.file) if self.made and self.made == self.select else self.rows

    @property
    def statuses(self) -> list[dict[str, Any]]:
        """The status columns it states, each with what its words mean."""
        stated: Any = self.stated.get("status", ([],))[0]
        return stated if isinstance(stated, list) else [stated]

    @property
    def counted(self) -> str:
        """SQL for whether a raw row counts by its status; a status over several rows of an order is not looked at."""
        refused = [
            f"lower(trim({status['column']}::VARCHAR)) IN ({', '.join(map(literal, words))})"
            for status in self.statuses
            if (words := [word for word, action in status["values"].items() if action == "refuse"])
            and " OVER " not in status["column"]
        ]
        return f"({' OR '.join(refused) or 'false'}) IS NOT TRUE"

    def with_stated(self, name: str, value: object, why: str, *doubts: Doubt) -> TableProposal:
        """Return the table with a key stated, and why; the raw columns in it are no longer unmapped."""
        used = str(value)
        unmapped = {raw: reason for raw, reason in self.unmapped.items() if identifier(raw) not in used}
        stated = {**self.stated, name: (value, why)}
        return replace(self, stated=stated, doubts=(*self.doubts, *doubts), unmapped=unmapped)

    def stated_sql(self, name: str) -> object:
        """Return what is stated under a key, as it is written: what goes back follows how the amount is read."""
        value = self.stated[name][0]
        return value.sql(self.columns["amount"]) if isinstance(value, ShareOfAmount) else value

    def reads(self, file: str) -> bool:
        """Return whether a raw file is part of it."""
        return file == self.file or identifier(file) in self.select

    @property
    def missing(self) -> list[str]:
        """The required columns that nothing gives."""
        return [column for column in contract.TABLES[self.table].required if column not in self.columns]

    def all_doubts(self) -> Iterator[Doubt]:
        """Yield the doubts of the table and of its columns, each with what it is about."""
        for doubt in self.doubts:
            yield replace(doubt, about=doubt.about or self.table)
        for name, mapped in self.columns.items():
            for doubt in mapped.doubts:
                yield replace(doubt, about=f"{self.table}.{name}")


@dataclass(frozen=True)
class Proposal:
    """A proposed source: files by name, tables, settings with their reasons, and what a person should look at."""

    name: str
    files: dict[str, RawFile]
    tables: tuple[TableProposal, ...]
    settings: dict[str, tuple[str, str]]
    doubts: tuple[Doubt, ...]
    unused: dict[str, str]

    def __getitem__(self, table: str) -> TableProposal:
        return {t.table: t for t in self.tables}[table]

    @property
    def currency(self) -> str:
        """The ISO code of the amounts."""
        return self.settings["currency"][0]

    @property
    def questions(self) -> tuple[Doubt, ...]:
        """All doubts, the dearest first."""
        return in_order([*self.doubts, *(doubt for table in self.tables for doubt in table.all_doubts())])

    @property
    def unsure(self) -> tuple[str, ...]:
        """All doubts as sentences, the dearest first."""
        return tuple(doubt.sentence for doubt in self.questions)

    @property
    def loadable(self) -> bool:
        """Whether it holds a table that shows activity, and every table has the columns it needs."""
        active = any(t.table in contract.ACTIVITY_TABLES for t in self.tables)
        return active and not any(t.missing for t in self.tables)

    def answered(self, doubt: Doubt, choice: Choice) -> Proposal:
        """Return the proposal with one doubt decided."""
        rest = tuple(d for d in self.doubts if (d.about, d.topic) != (doubt.about, doubt.topic))
        found = replace(self, doubts=rest)
        if choice.setting is not None:
            found = found.setting(*choice.setting)
        tables = tuple(_answered(table, doubt, choice) for table in found.tables)
        return replace(found, tables=tables)

    def setting(self, place: str, value: object) -> Proposal:
        """Return the proposal with a key of the source, or of a table (``table.key``), stated; left out where empty.

        ``tables.name`` leaves a table out, or reads it as another one.
        """
        table, dot, key = place.rpartition(".")
        if table == "tables" and value == "orders":
            return replace(self, tables=tuple(_as_sales(t) if t.table == key else t for t in self.tables))
        if table == "tables":
            return replace(self, tables=tuple(t for t in self.tables if t.table != key))
        if not dot:
            return replace(self, settings={**self.settings, key: (str(value), "answered")})
        tables = tuple(replace(t, stated=_stated(t.stated, key, value)) if t.table == table else t for t in self.tables)
        return replace(self, tables=tables)


def _as_sales(table: TableProposal) -> TableProposal:
    """Return a table of paid months as one of sales, each on the first day of its month."""
    customer, start, amount = (table.columns[name] for name in ("customer_id", "started_at", "mrr"))
    made = Mapped(f"concat_ws('-', {customer.sql}, {start.sql})", (), 0.8, "a sale for each customer and month")
    columns = {"order_id": made, "customer_id": customer, "ordered_at": start, "amount": amount}
    stated = {key: reason for key, reason in table.stated.items() if key == "currency_column"}
    return replace(table, table="orders", columns=columns, stated=stated, doubts=())


def _stated(stated: dict[str, tuple[object, str]], key: str, value: object) -> dict[str, tuple[object, str]]:
    rest = {name: reason for name, reason in stated.items() if name != key}
    return {**rest, key: (value, "answered")} if value else rest


def _answered(table: TableProposal, doubt: Doubt, choice: Choice) -> TableProposal:
    name, _, column = doubt.about.partition(".")
    if name != table.table:
        return table
    doubts = tuple(d for d in table.doubts if (d.about or table.table, d.topic) != (doubt.about, doubt.topic))
    columns = dict(table.columns)
    if column in columns:
        columns[column] = columns[column].answered(doubt.topic, choice.step)
        if not choice.step:
            del columns[column]
    elif column and choice.step not in ("", SAME):
        columns[column] = Mapped(choice.step, (), 0.99, "answered")
    spec = contract.TABLES[table.table]
    ordered = {name: columns[name] for name in spec.names if name in columns}
    return replace(table, columns=ordered, doubts=doubts)
