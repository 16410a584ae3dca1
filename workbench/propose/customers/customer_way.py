"""From a row to its customer, by the keys of other files: which way there is, and the SELECT that walks it."""

from __future__ import annotations

from itertools import pairwise

from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.fitting.links import Link
from workbench.propose.matching.guess import Matching
from workbench.propose.matching.named_customer import named_customer, way_to_named
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.words.naming import means

CUSTOMER_OF_ROW = "customer_of_row"
_MOST_EACH = 20
"""Rows of customers per person: who stands for more is their manager or their company."""


def way_to_customer(evidence: Evidence, found: Matching, file: str) -> tuple[Link, ...]:
    """Return the links from a file to its customers, one after the other; none where there is no way."""
    ways = evidence.ways_to(file, found.customers) if found.customers else []
    person = person_column(evidence, found.customers) if found.customers else None
    if ways and person:
        return (*ways[0], Link(str(found.customers), person, "", "", 1.0, 0.9))
    if not ways and not found.customers:
        way, named = way_to_named(evidence, file), named_customer(evidence, file)
        if named is None or (way and way[0].column == named):  # a telephone number is its subscriber's
            return way
    if ways and len(ways[0]) == 1 and ways[0][0].also:
        return (*ways[0], Link(str(found.customers), evidence.keys[str(found.customers)], "", "", 1.0, 0.9))
    return ways[0] if ways else ()


def person_column(evidence: Evidence, customers: str) -> str | None:
    """Return the column that names a person over several rows of customers, where each order made a row of its own."""
    if not any(link.parent == customers for link in evidence.links):
        return None
    for column in evidence.tables[customers].columns:
        named = column.keylike and means(column.name, "customer", "id")
        another = means(column.name, "parent") or means(column.name, "owner")
        if named and not another and column.unique < 1 and column.filled == column.rows < _MOST_EACH * column.distinct:
            return column.name
    return None


def one_per_person(evidence: Evidence, file: str, person: str) -> str:
    """Return a SELECT of one row per person: closed when all their accounts are, since the first one was opened."""
    closed = evidence.columns(file, "customers").get("closed_at")
    name, own = identifier(person), f"OVER (PARTITION BY {identifier(person)})"
    rows = "*"
    if closed:
        end = identifier(closed[0])
        dated = evidence.tables[file][closed[0]].time_sql
        all_closed = f"count({dated}) {own} = count(*) {own}"
        rows = f"* REPLACE (CASE WHEN {all_closed} THEN arg_max({end}, {dated}) {own} END AS {end})"
    return f"SELECT DISTINCT ON ({name}) {rows} FROM {identifier(file)} ORDER BY {name}"


def joined_by(way: tuple[Link, ...], origin: str, selects: dict[str, str]) -> tuple[Mapped, str]:
    """Walk the keys to the customer; each step is one row per key, so that no raw row is doubled."""
    first, *rest = way

    def rows(file: str) -> str:
        return f"({selects[file]})" if file in selects else identifier(file)

    inner = " ".join(
        f"JOIN {rows(link.file)} AS step{i} ON {_plain(before, f'step{i}.{identifier(before.key)}')} "
        f"= {_plain(before, f'step{i - 1}.{identifier(before.column)}')}"
        for i, (before, link) in enumerate(pairwise(rest), start=2)
    )
    last = f"step{len(rest)}"
    origin_rows, key = rows(first.parent), first.key
    if first.also:
        both = ", ".join(f"{identifier(name)}::VARCHAR" for name in (first.key, first.also))
        origin_rows, key = f"(SELECT *, unnest([{both}]) AS either_id FROM {origin_rows})", "either_id"
    start = f"({origin})" if origin else identifier(first.file)
    select = (
        f"SELECT own.*, found.{CUSTOMER_OF_ROW} FROM {start} AS own LEFT JOIN ("
        f"SELECT {_compared(first, 'step1', key)} AS key_of_row, "
        f"min({last}.{identifier(way[-1].column)}) AS {CUSTOMER_OF_ROW} "
        f"FROM {origin_rows} AS step1 {inner} GROUP BY 1) AS found "
        f"ON {_compared(first, 'own', first.column, key)} = found.key_of_row"
    )
    through = ", then ".join(f"{link.file}.{link.column}" for link in way)
    through += f" ({first.key} or {first.also})" if first.also else ""
    found = Mapped(CUSTOMER_OF_ROW, (first.column,), 0.9, f"through {through}")
    found = found.doubted(Doubt("way", f"the customer is found through {through}", "customers"))
    if first.neither:
        text = f"{first.neither:,} ids of {first.column} are in no column of {first.parent}: each stands for itself"
        own = f"coalesce({{}}, {identifier(first.column)}::VARCHAR)"
        found = found.doubted(Doubt("neither", text, "customers", (Choice("itself", own), Choice("left out"))))
    return found, select


def _compared(link: Link, rows: str, column: str, key: str = "") -> str:
    """Return SQL for an id as it is compared: the capitals of an e-mail address mean nothing."""
    text = _plain(link, f"{rows}.{identifier(column)}")
    return f"lower(trim({text}))" if means(key or column, "email") else text


def _plain(link: Link, column: str) -> str:
    """Return SQL for an id as text: 17 where one of both files writes 17.0."""
    return f"regexp_replace({column}::VARCHAR, '\\.0$', '')" if link.floating else f"{column}::VARCHAR"
