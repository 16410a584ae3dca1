"""The file of exchange rates that a source names: which of its columns are currency, date and rate."""

from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb

from workbench.contract import Column, Table
from workbench.engines import identifier
from workbench.errors import SourceError, UserError
from workbench.sources.source import Source, TableMapping
from workbench.sources.table_loading import load_table

RATES_TABLE = Table(
    "_rates",
    "one row per currency and day",
    "since",
    (
        Column("currency", "text", "key", "its code", required=True),
        Column("since", "time", "row", "from which day it holds", required=True),
        Column("rate", "number", "fixed", "what one unit of it is worth in the source's currency", required=True),
    ),
)
RATE_WORDS = {
    "currency": ("currency", "ccy", "code"),
    "date": ("date", "month", "day", "from", "since"),
    "rate": ("rate", "kurs", "kurz"),
}
"""What the columns of a file of rates are called, or have in their names."""


def rate_columns(names: Iterable[str]) -> dict[str, str]:
    """Return which column is currency, date and rate: by that name, else the only one that has a word for it.

    >>> rate_columns(["month", "currency", "rate_to_usd"])
    {'currency': 'currency', 'date': 'month', 'rate': 'rate_to_usd'}
    """
    found = dict[str, str]()
    for what, known in RATE_WORDS.items():
        free = [name for name in names if name not in found.values()]
        same = [name for name in free if name.lower() == what]
        alike = same or [name for name in free if set(re.split(r"[^a-z]+", name.lower())) & set(known)]
        if len(alike) == 1:
            found[what] = alike[0]
    return found


def rates_mapping(con: duckdb.DuckDBPyConnection, name: str) -> TableMapping:
    """Return how the file of rates is read: its columns are currency, date and rate, or have these words in them."""
    names = [row[0] for row in con.execute(f"DESCRIBE {identifier(name)}").fetchall()]
    found = rate_columns(names)
    if lacking := [what for what in RATE_WORDS if what not in found]:
        raise SourceError(
            f"rates: {name} has no column {', '.join(lacking)} (it has {', '.join(names)}); name its columns currency, "
            "date and rate."
        )
    code, since, rate = (identifier(found[what]) for what in RATE_WORDS)
    columns = {"currency": f"upper(trim({code}))", "since": since, "rate": rate}
    return TableMapping.model_validate({"from": name, "columns": columns})


def load_rates(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Load the file of rates that a source names, if any; what is wrong with it is said of the file."""
    if source.rates is None:
        return
    mapping = rates_mapping(con, source.rates)
    try:
        load_table(con, RATES_TABLE, mapping, source, in_place=False)
    except UserError as problem:
        text = str(problem).replace("tables._rates", f"rates: {source.rates}")
        raise type(problem)(re.sub(r"\bsince\b", mapping.columns["since"], text)) from None
