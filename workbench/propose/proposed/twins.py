"""Two columns of one file under one name: which of them is meant, only a person knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.engines import identifier
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable

_NUMBERED = re.compile(r"(.+)_\d+")


def doubt_of_name(raw: RawTable, column: RawColumn, cost: str) -> Iterator[Doubt]:
    """Ask which column is meant where another one has the same name, the same type and other values.

    Reading a file gives such columns a number each: amount_1 and amount_2.
    """
    numbered = _NUMBERED.fullmatch(column.name)
    if numbered is None:
        return
    others = [c for c in raw.columns if c.name != column.name and _same_name(c.name, numbered[1]) and _alike(c, column)]
    if others:
        named = " and ".join(c.name for c in others)
        text = f"{column.name} is taken, and {raw.name} has {named} too, of the same name and with other values"
        readings = [Choice(c.name, c.time_sql or identifier(c.name)) for c in others]
        yield Doubt("twins", text, cost, (Choice(column.name), *readings))


def _same_name(name: str, base: str) -> bool:
    numbered = _NUMBERED.fullmatch(name)
    return numbered is not None and numbered[1].lower() == base.lower()


def _alike(one: RawColumn, other: RawColumn) -> bool:
    """Whether two columns have values of one type, and not the same ones."""
    types = (bool(one.time_sql), bool(one.number_sql)) == (bool(other.time_sql), bool(other.number_sql))
    facts = [(c.filled, c.distinct, c.low, c.high, c.example) for c in (one, other)]
    return types and not one.empty and facts[0] != facts[1]
