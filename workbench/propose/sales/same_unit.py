"""One unit for one column: a price that another file gives is in cents where that file's own amounts are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal

_TOPIC = "cents"


def with_one_unit(tables: tuple[TableProposal, ...]) -> tuple[TableProposal, ...]:
    """Return the tables with amounts from another table's file in the unit that its columns beside them show."""
    return tuple(_as_others(table, tables) for table in tables)


def _as_others(table: TableProposal, tables: tuple[TableProposal, ...]) -> TableProposal:
    shown = {
        raw: doubt
        for other in tables
        if other.file != table.file and table.reads(other.file)
        for raw, doubt in _units(other)
    }
    columns = {name: _in_unit(mapped, shown) for name, mapped in table.columns.items()}
    return table if columns == table.columns else replace(table, columns=columns)


def _units(table: TableProposal) -> Iterator[tuple[str, Doubt]]:
    for mapped in table.columns.values():
        yield from ((mapped.raw[0], doubt) for doubt in mapped.doubts if doubt.topic == _TOPIC and mapped.raw)


def _in_unit(mapped: Mapped, shown: dict[str, Doubt]) -> Mapped:
    doubt = shown.get(mapped.raw[0]) if mapped.raw else None
    if doubt is None or not any(own.topic == _TOPIC for own in mapped.doubts):
        return mapped
    doubts = tuple(doubt if own.topic == _TOPIC else own for own in mapped.doubts)
    steps = tuple((topic, doubt.choices[0].step if topic == _TOPIC else step) for topic, step in mapped.steps)
    return replace(mapped, doubts=doubts, steps=steps)
