"""Several files of one table, with other columns each, put together by one SELECT over the contract's columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb

from workbench import contract
from workbench.engines import identifier, literal
from workbench.propose.customers.came_back_later import BACK
from workbench.propose.customers.numbered_anew import ANEW
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.fitting.same_shape import numbered_alike
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import exact
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable

_RETURNS = ("returned_at", "returned_amount")
_STATUS, _CURRENCY = "status_of_row", "currency_of_row"


def united(con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal) -> TableProposal:
    """Return the table with the rows of all its files, each file's columns read as proposed for it alone."""
    if not table.more:
        return table
    parts = (table, *table.more)
    raws = [evidence.tables[part.file] for part in parts]
    currencies = [_currency(raw) for raw in raws]
    numbers = _computed(parts)
    selects = [_select(*each, any(currencies), numbers) for each in zip(raws, parts, currencies, strict=True)]
    stated = {**table.stated, **_status(parts), **_returned(parts)}
    if any(currencies):
        stated["currency_column"] = (_CURRENCY, "the currency of each file's amounts")
    return replace(
        table,
        columns=_columns(parts),
        select=" UNION ALL BY NAME ".join(selects),
        stated=stated,
        unmapped={f"{part.file}.{name}": why for part in parts for name, why in part.unmapped.items()},
        doubts=tuple(_doubts(con, parts)),
        more=(),
    )


def _columns(parts: tuple[TableProposal, ...]) -> dict[str, Mapped]:
    names = [n for n in contract.TABLES[parts[0].table].names if any(n in part.columns for part in parts)]
    found = {}
    for name in names:
        having = [part for part in parts if name in part.columns]
        why = "; ".join(f"{part.file}: {', '.join(part.columns[name].raw)}" for part in having)
        asked = [d for part in having for d in part.columns[name].doubts if d.topic == ANEW]
        read = Mapped(identifier(name), (), min(part.columns[name].confidence for part in having), why)
        found[name] = read.doubted(*asked)
    return found


def _computed(parts: tuple[TableProposal, ...]) -> set[str]:
    """Return the amounts that some file gives by an expression: all files give those as numbers, and no text."""
    spec = contract.TABLES[parts[0].table]
    amounts = [name for name in spec.names if spec[name].type == "amount"]
    return {
        name for part in parts for name in amounts
        if name in part.columns and part.columns[name].sql not in map(identifier, part.columns[name].raw)
    }  # fmt: skip


def _select(raw: RawTable, part: TableProposal, currency: str, currencies: bool, numbers: set[str]) -> str:
    """Return one file's rows, as text but for computed amounts; a price per period that cannot be computed is none."""
    read = {name: _read(raw, mapped, name in numbers) for name, mapped in part.columns.items()}
    values = {name: f"TRY({sql})" if "per_month" in sql else sql for name, sql in read.items()}
    values |= {f"{_STATUS}_{place}": status["column"] for place, status in enumerate(part.statuses, start=1)}
    values |= {f"{name}_of_row": str(part.stated_sql(name)) for name in _RETURNS if name in part.stated}
    if currencies:
        values[_CURRENCY] = currency or "NULL"
    listed = (f"({sql}){'' if n in numbers else '::VARCHAR'} AS {identifier(n)}" for n, sql in values.items())
    return f"SELECT {', '.join(listed)} FROM {part.rows}"


def _read(raw: RawTable, mapped: Mapped, number: bool) -> str:
    """Return a column's expression; a SELECT is run as it is written, so it says where numbers are no plain ones."""
    sql = mapped.sql
    if number and sql in map(identifier, mapped.raw):
        sql = exact(raw[mapped.raw[0]])
    for column in (c for c in raw.columns if c.name in mapped.raw and _is_spelled(c)):
        written = f"spelled_number({identifier(column.name)}, {literal(column.mark.mark or 'point')})"
        sql = sql.replace(exact(column), written)
    return sql


def _is_spelled(column: RawColumn) -> bool:
    """Whether numbers may stand with a decimal comma, a currency, in brackets as below 0, or in other digits."""
    return column.mark.mark == "comma" or bool(column.sign) or column.low < 0 or not column.example.isascii()


def _currency(raw: RawTable) -> str:
    return next((identifier(c.name) for c in raw.columns if c.is_currency), "")


def _status(parts: tuple[TableProposal, ...]) -> dict[str, tuple[object, str]]:
    several = max(len(part.statuses) for part in parts)
    statuses = []
    for place in range(several):
        here = [part.statuses[place]["values"] for part in parts if place < len(part.statuses)]
        words = {word: action for values in here for word, action in values.items()}
        statuses.append({"column": f"{_STATUS}_{place + 1}", "values": words})
    stated = statuses[0] if several == 1 else statuses
    return {"status": (stated, "read from the words of each file")} if statuses else {}


def _returned(parts: tuple[TableProposal, ...]) -> dict[str, tuple[object, str]]:
    return {
        name: (f"{name}_of_row", "as each file states it")
        for name in _RETURNS
        if any(name in part.stated for part in parts)
    }


def _doubts(con: duckdb.DuckDBPyConnection, parts: tuple[TableProposal, ...]) -> Iterator[Doubt]:
    """Yield each file's doubts; but for words of a status, their readings hold for that file alone: as sentences."""
    first = parts[0]
    numbered = [part.file for part in parts if numbered_alike(first.file, part.file)]
    if len(numbered) > 1:
        text = f"{', '.join(numbered)} are put together by their names; each file's columns are read as its own"
        yield Doubt("numbered", text, "table")
    anew = any(doubt.topic in (ANEW, BACK) for part in parts for doubt in part.doubts)
    for part in (part for part in parts[1:] if part.file not in numbered and not anew):
        both, all_ = shared_ids(con, first, part, "customer_id")
        text = f"{part.file} is put together with {first.file}; {both:,} of its {all_:,} customers are in both"
        if not both:
            text += ", so their customer ids may be those of two systems"
        text += f"; to use one alone, write from: {first.file} and its own columns"
        yield Doubt(f"and {part.file}", text, "customers" if not both else "table")
    for part in parts:
        for doubt in (d for d in part.all_doubts() if not (d.topic == ANEW and d.choices)):
            text, topic = f"in {part.file}, {doubt.text}", f"{doubt.topic} {part.file}"
            yield replace(doubt, text=text, topic=topic, choices=_of_statuses(parts, doubt.choices))


def _of_statuses(parts: tuple[TableProposal, ...], choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Return the readings of words of a status, for the rows of all files; other readings hold for one file alone."""
    place, all_ = f"{parts[0].table}.status", _status(parts)
    stated = [choice.setting for choice in choices if choice.setting is not None]
    if not all_ or not stated or any(where != place for where, _ in stated):
        return ()
    united_, found = _as_list(all_["status"][0]), list[Choice]()
    for choice in choices:
        own = _as_list(choice.setting[1]) if choice.setting else []
        if len(own) > len(united_):
            return ()
        read = [{**s, "values": {**s["values"], **o["values"]}} for s, o in zip(united_, own, strict=False)]
        read += united_[len(own) :]
        setting = (place, read[0] if len(read) == 1 else read) if own else None
        found.append(replace(choice, setting=setting))
    return tuple(found)


def _as_list(statuses: Any) -> list[dict[str, Any]]:
    return statuses if isinstance(statuses, list) else [statuses]


def shared_ids(
    con: duckdb.DuckDBPyConnection, table: TableProposal, other: TableProposal, *columns: str
) -> tuple[int, int]:
    """Return how many values of some columns in the second table are in the first, and how many it has."""
    spec = contract.TABLES[table.table]

    def values(part: TableProposal) -> str:
        read = [
            f"TRY_CAST({part.columns[c].sql} AS TIMESTAMP)" if spec[c].type == "time" else part.columns[c].sql
            for c in columns
        ]
        return f"SELECT DISTINCT trim(concat_ws('|', {', '.join(read)})) AS v FROM {part.rows}"

    row = con.execute(
        f"SELECT count(*) FILTER (v IN (SELECT v FROM ({values(table)}))), count(v) "
        f"FROM ({values(other)}) WHERE v <> ''"
    ).fetchone() or (0, 0)
    return int(row[0]), int(row[1])


def same_rows(con: duckdb.DuckDBPyConnection, table: TableProposal, other: TableProposal, key: str) -> bool:
    """Return whether the rows of ids that are in both files are the same in both, as overlapping exports have them."""
    names = [name for name in table.columns if name in other.columns]
    first, second = (
        f"SELECT {', '.join(f'({part.columns[name].sql})::VARCHAR AS {identifier(name)}' for name in names)} "
        f"FROM {part.rows}"
        for part in (table, other)
    )
    both = f"{identifier(key)} IN (SELECT {identifier(key)} FROM "
    differing = (
        f"(SELECT * FROM ({first}) WHERE {both}({second})) EXCEPT ALL SELECT * FROM ({second})) UNION ALL "
        f"(SELECT * FROM ({second}) WHERE {both}({first})) EXCEPT ALL SELECT * FROM ({first}))"
    )
    row = con.execute(f"SELECT count(*) FROM ({differing})").fetchone()
    return row is not None and row[0] == 0


def without_rows_of(table: TableProposal, other: TableProposal, key: str, doubt: Doubt) -> TableProposal:
    """Return the second file without the ids that are in the first one, so that each counts once."""
    ids, own = table.columns[key].sql, other.columns[key].sql
    taken = f"SELECT ({ids})::VARCHAR FROM {table.rows} WHERE {ids} IS NOT NULL"
    select = f"SELECT * FROM {other.rows} WHERE coalesce(({own})::VARCHAR NOT IN ({taken}), true)"
    return replace(other, select=select, doubts=(*other.doubts, doubt))
