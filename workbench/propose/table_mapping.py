"""From a guess to a proposal: a SQL expression per column of the contract, with how sure it is and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from workbench import contract
from workbench.engines import identifier
from workbench.propose.derive import Mapped, derived_columns, mapped_column
from workbench.propose.guess import Evidence, Matching, match_files, named_customer
from workbench.propose.links import Link
from workbench.propose.naming import means, table_likeness
from workbench.propose.raw_columns import RawColumn, RawTable
from workbench.sources import RawFile

_STATIC_SHARE = 0.95
CUSTOMER_OF_ROW = "customer_of_row"


@dataclass(frozen=True)
class TableProposal:
    """One table: its raw file, the SELECT where the file alone does not do, and a mapping per column."""

    table: str
    file: str
    columns: dict[str, Mapped]
    select: str = ""
    unmapped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """A proposed source: files by name, tables, the currency, and all that a person should look at."""

    name: str
    files: dict[str, RawFile]
    tables: tuple[TableProposal, ...]
    currency: str
    unsure: tuple[str, ...]
    unused: dict[str, str]

    def __getitem__(self, table: str) -> TableProposal:
        return {t.table: t for t in self.tables}[table]

    @property
    def loadable(self) -> bool:
        """Whether it holds a table that shows activity; without one nothing can be loaded."""
        return any(t.table in contract.ACTIVITY_TABLES for t in self.tables)


def propose_tables(evidence: Evidence, selects: dict[str, str]) -> tuple[TableProposal, ...]:
    """Return a proposal per table found; ``selects`` are the SELECTs of files that need one to be read."""
    found = match_files(evidence)
    tables = [_table(evidence, found, table, selects) for table in contract.TABLES if table in found.files]
    if "customers" not in found.files:
        tables = [*_derived_customers(evidence, tables), *tables]
    return tuple(tables)


def _table(evidence: Evidence, found: Matching, table: str, selects: dict[str, str]) -> TableProposal:
    file, spec = found.files[table], contract.TABLES[table]
    raw = evidence.tables[file]
    columns = _keys(evidence, found, file, spec)
    origin = selects.get(file, "")
    way = _way(evidence, found, file)
    if table != "customers" and len(way) > 1:
        columns["customer_id"], origin = _joined(way, origin)
    for name, (column, fit) in evidence.columns(file, table).items():
        if name not in columns and column not in {c for m in columns.values() for c in m.raw}:
            columns[name] = mapped_column(raw[column], spec, spec[name], fit)
    columns = {**columns, **derived_columns(raw, spec, columns)}
    ordered = {name: columns[name] for name in spec.names if name in columns}
    return TableProposal(table, file, ordered, origin, _unmapped(evidence, raw, ordered, way))


def _way(evidence: Evidence, found: Matching, file: str) -> tuple[Link, ...]:
    ways = evidence.ways_to(file, found.customers) if found.customers else []
    return ways[0] if ways else ()


def _keys(evidence: Evidence, found: Matching, file: str, spec: contract.Table) -> dict[str, Mapped]:
    keys: dict[str, Mapped] = {}
    own = evidence.keys.get(file)
    if spec.unique and own:
        asked = sum(1 for link in evidence.links if (link.parent, link.key) == (file, own) and link.file != file)
        others = "another file refers" if asked == 1 else f"{asked} other files refer"
        why = f"unique; {others} to it" if asked else "unique"
        keys[spec.unique] = Mapped(identifier(own), (own,), 0.9 if asked or means(own, "id") else 0.6, why)
    if spec.name != "customers" and (customer := _customer_key(evidence, found, file)):
        keys["customer_id"] = customer
    for column, table in _foreign(spec):
        if table in found.files and (links := _direct(evidence, file, found.files[table])):
            keys[column] = _by_link(links[0])
    return keys


def _foreign(spec: contract.Table) -> Iterator[tuple[str, str]]:
    for column in spec.names:
        for other in contract.TABLES.values():
            if other.unique == column and other.name not in (spec.name, "customers"):
                yield column, other.name
    if spec.name == "customers":
        yield "parent_id", "customers"


def _direct(evidence: Evidence, file: str, parent: str) -> list[Link]:
    return [link for link in evidence.links if (link.file, link.parent) == (file, parent)]


def _customer_key(evidence: Evidence, found: Matching, file: str) -> Mapped | None:
    links = _direct(evidence, file, found.customers) if found.customers else []
    if links:
        return _by_link(links[0])
    named = named_customer(evidence, file)
    return Mapped(identifier(named), (named,), 0.7, "by its name; no other file to compare with") if named else None


def _by_link(link: Link) -> Mapped:
    lost = "" if link.contained == 1 else f"{1 - link.contained:.1%} of its values are not there"
    part = "all" if link.contained == 1 else f"{link.contained:.0%}"
    why = f"{part} of its values are in {link.parent}.{link.key}"
    return Mapped(identifier(link.column), (link.column,), min(0.99, link.strength), why, lost)


def _joined(way: tuple[Link, ...], origin: str) -> tuple[Mapped, str]:
    """Walk the keys to the customer; each step is one row per key, so that no raw row is doubled."""
    first, *rest = way
    inner = " ".join(
        f"JOIN {identifier(link.file)} AS step{i} ON step{i}.{identifier(before.key)}::VARCHAR "
        f"= step{i - 1}.{identifier(before.column)}::VARCHAR"
        for i, (before, link) in enumerate(pairwise(rest), start=2)
    )
    last = f"step{len(rest)}"
    start = f"({origin})" if origin else identifier(first.file)
    select = (
        f"SELECT own.*, found.{CUSTOMER_OF_ROW} FROM {start} AS own LEFT JOIN ("
        f"SELECT step1.{identifier(first.key)}::VARCHAR AS key_of_row, "
        f"min({last}.{identifier(way[-1].column)}) AS {CUSTOMER_OF_ROW} "
        f"FROM {identifier(first.parent)} AS step1 {inner} GROUP BY 1) AS found "
        f"ON own.{identifier(first.column)}::VARCHAR = found.key_of_row"
    )
    through = ", then ".join(f"{link.file}.{link.column}" for link in way)
    unsure = f"the customer is found through {through}"
    return Mapped(CUSTOMER_OF_ROW, (first.column,), 0.9, f"through {through}", unsure), select


def _derived_customers(evidence: Evidence, tables: list[TableProposal]) -> list[TableProposal]:
    """A file of activity often carries facts of the customer on every line; make one row per customer of them."""
    for proposal in tables:
        key = proposal.columns.get("customer_id")
        if key is None or proposal.select:
            continue
        fits = evidence.columns(proposal.file, "customers")
        spec, raw = contract.TABLES["customers"], evidence.tables[proposal.file]
        static = {
            n: raw[c] for n, (c, _) in fits.items() if spec[n].time_class == "static" and c not in _used(proposal)
        }
        if static:
            return [_customers_of(proposal, key, static)]
    return []


def _customers_of(proposal: TableProposal, key: Mapped, static: dict[str, RawColumn]) -> TableProposal:
    day = proposal.columns[contract.TABLES[proposal.table].dated_by]
    firsts = ", ".join(
        f"arg_min({identifier(c.name)}, TRY_CAST({day.sql} AS TIMESTAMP)) AS {identifier(c.name)}"
        for c in static.values()
    )
    select = f"SELECT {key.sql}, {firsts} FROM {identifier(proposal.file)} WHERE {key.sql} IS NOT NULL GROUP BY 1"
    unsure = "taken from the first line of each customer, for it was known from then on"
    columns = {"customer_id": key} | {
        name: Mapped(identifier(c.name), (c.name,), 0.8, "the first value seen", unsure) for name, c in static.items()
    }
    return TableProposal("customers", proposal.file, columns, select)


def _used(proposal: TableProposal) -> set[str]:
    return {raw for mapped in proposal.columns.values() for raw in mapped.raw}


def _unmapped(evidence: Evidence, raw: RawTable, columns: dict[str, Mapped], way: tuple[Link, ...]) -> dict[str, str]:
    used = {name for mapped in columns.values() for name in mapped.raw}
    lead = {way[0].column} if way else set()
    return {c.name: _why_not(evidence, raw, c) for c in raw.columns if c.name not in used | lead}


def _why_not(evidence: Evidence, raw: RawTable, column: RawColumn) -> str:
    if column.empty:
        return "empty in every row looked at"
    if column.name == evidence.keys.get(raw.name):
        return "names the row; the contract needs no such id here, but check looks for duplicates in it"
    if column.flag and means(column.name, "cancel"):
        return "says who left but not when, so it would tell the answer; check compares it with the dated cancellations"
    if any(means(column.name, word) for word in ("email", "phone")):
        return "personal data that nothing here needs"
    if column.distinct == 1:
        return "the same value in every row"
    return "no column of the contract fits it"


def second_thoughts(evidence: Evidence, proposal: TableProposal) -> str:
    """Return a sentence when the file's name says something else than its content."""
    label = evidence.labels[proposal.file]
    named = max(contract.TABLES, key=lambda t: table_likeness(label, t))
    own = table_likeness(label, proposal.table)
    if named != proposal.table and table_likeness(label, named) > own + 0.4:
        return f"{proposal.table}: the file name {proposal.file} sounds like {named}, its columns like {proposal.table}"
    return ""
