"""From a guess to a proposal: a SQL expression per column of the contract, with how sure it is and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.propose.derive import derived_columns, made_key, mapped_column, with_ends_of_terms
from workbench.propose.doubts import Doubt
from workbench.propose.facts import with_more_facts
from workbench.propose.folder_evidence import Evidence
from workbench.propose.guess import (
    Matching,
    match_files,
    named_customer,
    subscription_column,
    way_to_named,
)
from workbench.propose.left_over import second_files, without_second_files
from workbench.propose.links import Link, customer_likeness
from workbench.propose.mapped import Mapped
from workbench.propose.naming import means, table_likeness
from workbench.propose.proposal import TableProposal
from workbench.propose.raw_columns import RawColumn, RawTable
from workbench.propose.refund_files import as_refunds, sales_taken_back
from workbench.propose.table_doubts import table_doubts
from workbench.propose.united import same_rows, shared_ids, without_rows_of

_CONTACTS = ("tickets", "messages", "surveys")
_OF_A_CONTACT = ("acquisition_channel", "preferred_channel", "owner")
"""Facts that, in a file of contacts with customers, are those of the one contact: its channel, its agent."""
CUSTOMER_OF_ROW = "customer_of_row"
_FEW_SHARED = 0.1
"""A share of the times of customers that may be in two files of one table by chance, where rows have no id."""


def propose_tables(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, selects: dict[str, str]
) -> tuple[TableProposal, ...]:
    """Return a proposal per table found; ``selects`` are the SELECTs of files that need one to be read."""
    found = without_second_files(evidence, match_files(evidence))
    tables = [_table(evidence, found, table, selects) for table in contract.TABLES if table in found.files]
    for file, table in sorted(second_files(evidence, found)):
        files = replace(found, files={**found.files, table: file})
        tables = [_with_second(con, t, _table(evidence, files, table, selects)) for t in tables]
    for file in sorted(evidence.refunds):
        tables = _with_refunds(con, evidence, found, tables, file, selects)
    if "customers" not in found.files:
        tables = [*_derived_customers(evidence, tables), *tables]
    return tuple(with_more_facts(evidence, t) if t.table == "customers" else t for t in tables)


def _with_refunds(
    con: duckdb.DuckDBPyConnection,
    evidence: Evidence,
    found: Matching,
    tables: list[TableProposal],
    file: str,
    selects: dict[str, str],
) -> list[TableProposal]:
    """Add a file of refunds to the sales that it takes back, unless it lacks a column."""
    target = sales_taken_back(con, evidence, tables, file)
    if target is None:
        return tables
    sales, sale = target
    files = replace(found, files={**found.files, sales.table: file})
    refunds = as_refunds(evidence, sales, _table(evidence, files, sales.table, selects), sale)
    if refunds.missing and (refunds.missing != ["amount"] or "returns_order_id" not in refunds.columns):
        return tables
    return [replace(t, more=(*t.more, refunds)) if t.table == sales.table else t for t in tables]


def _with_second(con: duckdb.DuckDBPyConnection, table: TableProposal, second: TableProposal) -> TableProposal:
    """Add a second file of a table, unless it lacks a column or its ids are those of rows that are there already."""
    spec = contract.TABLES[table.table]
    key = "order_id" if table.table == "orders" else spec.unique
    columns = [key] if key else ["customer_id", spec.dated_by]
    parts = (table, *table.more)
    if second.table != table.table or second.missing or any(c not in part.columns for part in parts for c in columns):
        return table
    if not all(c in second.columns for c in columns):
        return table
    most = 0.0 if key else _FEW_SHARED
    if not key and _of_other_kinds((*parts, second)):
        return replace(table, more=(*table.more, second))
    for part in parts:
        both, all_ = shared_ids(con, part, second, *columns)
        if both > most * all_:
            if not key or len(parts) > 1 or both == all_ or not same_rows(con, part, second, key):
                return table
            second = without_rows_of(part, second, key, both)
    return replace(table, more=(*table.more, second))


def _of_other_kinds(parts: tuple[TableProposal, ...]) -> bool:
    """Whether the name of each file states another kind of rows, as nps and csat: none is a copy of another one."""
    stated = [part.columns[name].sql for part in parts for name in ("instrument",) if name in part.columns]
    constant = [sql for sql in stated if sql.startswith("'")]
    return len(parts) == len(constant) == len(set(constant))


def _table(evidence: Evidence, found: Matching, table: str, selects: dict[str, str]) -> TableProposal:
    file, spec = found.files[table], contract.TABLES[table]
    raw = evidence.tables[file]
    columns = _keys(evidence, found, file, spec)
    origin = selects.get(file, "")
    way = _way(evidence, found, file)
    if table == "customers" and (person := _person(evidence, file)):
        columns["customer_id"] = Mapped(identifier(person), (person,), 0.8, "names the same person over several rows")
        origin = _one_per_person(evidence, file, person)
    if table != "customers" and len(way) > 1 and "customer_id" in spec.names:
        columns["customer_id"], origin = _joined(way, origin, selects)
    for name, (column, fit) in evidence.columns(file, table).items():
        if name not in columns and column not in {c for m in columns.values() for c in m.raw}:
            columns[name] = mapped_column(raw, column, spec, spec[name], fit)
    columns = with_ends_of_terms(raw, columns) if table == "subscriptions" else columns
    columns = {**columns, **derived_columns(raw, spec, columns)}
    columns = _with_plain_mail(_with_id(evidence, found, table, columns))
    ordered = {name: columns[name] for name in spec.names if name in columns}
    proposed = TableProposal(table, file, ordered, origin, _unmapped(evidence, raw, ordered, way))
    both = table == "subscriptions" and file == found.customers  # its name may say either
    thoughts = () if both else second_thoughts(evidence, proposed)
    return replace(proposed, doubts=(*thoughts, *table_doubts(raw, proposed)))


def _with_id(evidence: Evidence, found: Matching, table: str, columns: dict[str, Mapped]) -> dict[str, Mapped]:
    """Return the columns with an id, made where the file has none, and without dates that say something else."""
    file, spec = found.files[table], contract.TABLES[table]
    raw, columns = evidence.tables[file], dict(columns)
    if table == "invoices" and "paid_at" not in columns:
        columns.pop("due_at", None)  # what nobody knows to be paid is not known to be overdue
    if table == "customers" and found.files.get("subscriptions") == file:
        columns.pop("closed_at", None)  # the end of their subscription
    heads = [link for link in evidence.links if link.file == file and link.parent in evidence.heads]
    if table == "orders" and heads:
        columns["order_id"] = _by_link(raw, heads[0])
    id_column = "order_id" if table == "orders" else spec.unique
    if table == "orders" and id_column not in columns and _is_order(evidence, file, columns):
        own = evidence.keys[file]
        columns["order_id"] = _own_key(raw, own, 0)
    if id_column and id_column not in columns and (made := made_key(spec, columns)):
        columns[id_column] = made
    return columns


def _is_order(evidence: Evidence, file: str, columns: dict[str, Mapped]) -> bool:
    """Whether the id of a file's own rows names orders, where no column does by its name: a line is none."""
    own = evidence.keys.get(file)
    if own is None or not means(own, "id") or own in {c for m in columns.values() for c in m.raw}:
        return False
    return not any(means(name, word) for name in (own, evidence.labels[file]) for word in ("line", "product"))


def _way(evidence: Evidence, found: Matching, file: str) -> tuple[Link, ...]:
    ways = evidence.ways_to(file, found.customers) if found.customers else []
    person = _person(evidence, found.customers) if found.customers else None
    if ways and person:
        return (*ways[0], Link(str(found.customers), person, "", "", 1.0, 0.9))
    if not ways and not found.customers:
        way, named = way_to_named(evidence, file), named_customer(evidence, file)
        if named is None or (way and way[0].column == named):  # a telephone number is its subscriber's
            return way
    return ways[0] if ways else ()


def _person(evidence: Evidence, customers: str) -> str | None:
    """Return the column that names a person over several rows of customers, where each order made a row of its own."""
    if not any(link.parent == customers for link in evidence.links):
        return None
    for column in evidence.tables[customers].columns:
        named = column.keylike and means(column.name, "customer", "id") and not means(column.name, "parent")
        if named and column.unique < 1 and column.filled == column.rows:
            return column.name
    return None


def _one_per_person(evidence: Evidence, file: str, person: str) -> str:
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


def _with_plain_mail(columns: dict[str, Mapped]) -> dict[str, Mapped]:
    """The capitals of an e-mail address mean nothing: one customer in all files."""
    customer = columns.get("customer_id")
    if customer is None or len(customer.raw) != 1 or customer.base != identifier(customer.raw[0]):
        return columns
    if not means(customer.raw[0], "email"):
        return columns
    return {**columns, "customer_id": replace(customer, base=f"lower(trim({customer.base}))")}


def _keys(evidence: Evidence, found: Matching, file: str, spec: contract.Table) -> dict[str, Mapped]:
    keys: dict[str, Mapped] = {}
    raw, own = evidence.tables[file], evidence.keys.get(file)
    if spec.unique and own:
        asked = {link.file for link in evidence.links if (link.parent, link.key) == (file, own)} - {file}
        keys[spec.unique] = _own_key(raw, own, len(asked))
    if spec.name != "customers" and file == found.customers and own:
        keys["customer_id"] = Mapped(identifier(own), (own,), 0.8, "one row per customer")
    elif spec.name != "customers" and (customer := _customer_key(evidence, found, file)):
        keys["customer_id"] = customer
    elif own and (means(own, "customer") if spec.name == "subscriptions" else not spec.unique and means(own, "email")):
        keys["customer_id"] = Mapped(identifier(own), (own,), 0.8, "one row per customer")
    for column, table in _foreign(spec):
        if table in found.files and (links := _direct(evidence, file, found.files[table])):
            keys[column] = _by_link(raw, links[0])
    wanted = "subscription_id" in spec.required and "subscription_id" not in keys
    if wanted and (named := subscription_column(evidence, file)):
        keys["subscription_id"] = Mapped(identifier(named), (named,), 0.7, "by its name")
    return keys


def _own_key(raw: RawTable, own: str, asked: int) -> Mapped:
    column = raw[own]
    repeats = column.filled - column.distinct
    tested = f"{column.distinct:,} values in {raw.rows:,} rows, " + (
        f"{repeats:,} repeated" if repeats else "none twice"
    )
    others = f"; {asked} other file{'s refer' if asked > 1 else ' refers'} to it" if asked else ""
    found = Mapped(identifier(own), (own,), 0.9 if asked or means(own, "id") else 0.6, tested + others)
    if repeats:
        return found.doubted(Doubt("repeats", f"{own} is taken for the id, but {repeats:,} values repeat", "customers"))
    return found


def _foreign(spec: contract.Table) -> Iterator[tuple[str, str]]:
    for column in spec.names:
        for other in contract.TABLES.values():
            if other.unique == column and other.name not in (spec.name, "customers"):
                yield column, other.name
    if spec.name == "customers":
        yield "parent_id", "customers"


def _direct(evidence: Evidence, file: str, parent: str) -> list[Link]:
    """Return the links to the rows of a file by its own key: a company's name is no key beside its id."""
    key = evidence.keys.get(parent)
    return [link for link in evidence.links if (link.file, link.parent, link.key) == (file, parent, key)]


def _customer_key(evidence: Evidence, found: Matching, file: str) -> Mapped | None:
    links = _direct(evidence, file, found.customers) if found.customers else []
    raw = evidence.tables[file]
    if links:
        return _by_link(raw, links[0])
    named = named_customer(evidence, file)
    if named is None:
        return None
    column = raw[named]
    each = f"{column.distinct:,} values, {column.filled / max(column.distinct, 1):.1f} rows each"
    shared = evidence.shared.get((file, named))
    if shared and customer_likeness(column) < 0.45:
        text = f"{named} is taken for the customer: all files have it, {each}; {shared}"
        return Mapped(identifier(named), (named,), 0.7, f"in all files; {each}; {shared}").doubted(
            Doubt("recurring", text, "customers")
        )
    if shared:
        return Mapped(identifier(named), (named,), 0.9, f"by its name; {each}; {shared}")
    alone = "no other file to compare with" if len(evidence.tables) == 1 else "found in no other file"
    mapped = Mapped(identifier(named), (named,), 0.7, f"by its name; {each}; {alone}")
    if customer_likeness(column) > 0.9 and (column.unique < 1 or len(evidence.tables) == 1):
        return mapped
    return mapped.doubted(Doubt("named", f"read from {named} by its name; {each}; {alone}", "customers"))


def _by_link(raw: RawTable, link: Link) -> Mapped:
    column = raw[link.column]
    part = "all" if link.contained == 1 else f"{link.contained:.1%}"
    each = column.filled / max(column.distinct, 1)
    why = f"{part} of its {column.distinct:,} values are in {link.parent}.{link.key}, {each:.1f} rows each"
    found = Mapped(identifier(link.column), (link.column,), min(0.99, link.strength), why)
    if several := column.separator:
        text = f"{link.column} names several in one cell; the first is taken"
        found = Mapped(f"split_part({identifier(link.column)}, '{several}', 1)", found.raw, 0.7, why)
        return found.doubted(Doubt("several", text, "customers"))
    if link.contained < 1:
        text = f"{1 - link.contained:.1%} of the values of {link.column} are not in {link.parent}.{link.key}"
        return found.doubted(Doubt("orphans", text, "customers"))
    return found


def _joined(way: tuple[Link, ...], origin: str, selects: dict[str, str]) -> tuple[Mapped, str]:
    """Walk the keys to the customer; each step is one row per key, so that no raw row is doubled."""
    first, *rest = way

    def rows(file: str) -> str:
        return f"({selects[file]})" if file in selects else identifier(file)

    inner = " ".join(
        f"JOIN {rows(link.file)} AS step{i} ON step{i}.{identifier(before.key)}::VARCHAR "
        f"= step{i - 1}.{identifier(before.column)}::VARCHAR"
        for i, (before, link) in enumerate(pairwise(rest), start=2)
    )
    last = f"step{len(rest)}"
    start = f"({origin})" if origin else identifier(first.file)
    select = (
        f"SELECT own.*, found.{CUSTOMER_OF_ROW} FROM {start} AS own LEFT JOIN ("
        f"SELECT {_compared('step1', first.key)} AS key_of_row, "
        f"min({last}.{identifier(way[-1].column)}) AS {CUSTOMER_OF_ROW} "
        f"FROM {rows(first.parent)} AS step1 {inner} GROUP BY 1) AS found "
        f"ON {_compared('own', first.column, first.key)} = found.key_of_row"
    )
    through = ", then ".join(f"{link.file}.{link.column}" for link in way)
    found = Mapped(CUSTOMER_OF_ROW, (first.column,), 0.9, f"through {through}")
    return found.doubted(Doubt("way", f"the customer is found through {through}", "customers")), select


def _compared(rows: str, column: str, key: str = "") -> str:
    """Return SQL for an id as it is compared: the capitals of an e-mail address mean nothing."""
    text = f"{rows}.{identifier(column)}::VARCHAR"
    return f"lower(trim({text}))" if means(key or column, "email") else text


def _derived_customers(evidence: Evidence, tables: list[TableProposal]) -> list[TableProposal]:
    """A file of activity often carries facts of the customer on every line; make one row per customer of them."""
    for proposal in tables:
        key = proposal.columns.get("customer_id")
        if key is None or proposal.select or proposal.more:
            continue
        fits = evidence.columns(proposal.file, "customers")
        spec, raw = contract.TABLES["customers"], evidence.tables[proposal.file]
        static = {
            n: raw[c]
            for n, (c, fit) in fits.items()
            if spec[n].time_class == "static" and fit >= 0.7 and c not in _used(proposal) and not raw[c].empty
            if proposal.table not in _CONTACTS or n not in _OF_A_CONTACT
        }
        if static:
            return [_customers_of(proposal, key, static)]
    return []


def _customers_of(proposal: TableProposal, key: Mapped, static: dict[str, RawColumn]) -> TableProposal:
    day = proposal.columns[contract.TABLES[proposal.table].dated_by]
    firsts = ", ".join(f"arg_min({identifier(c.name)}, {day.sql}) AS {identifier(c.name)}" for c in static.values())
    own = identifier(key.raw[0]) if len(key.raw) == 1 else key.base
    named = f"{key.sql} AS {own}" if len(key.raw) == 1 else key.sql
    select = f"SELECT {named}, {firsts} FROM {identifier(proposal.file)} WHERE {key.sql} IS NOT NULL GROUP BY 1"
    columns = {"customer_id": Mapped(own, key.raw, key.confidence, "one row for each")} | {
        name: Mapped(identifier(c.name), (c.name,), 0.8, "from the first line of each customer")
        for name, c in static.items()
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
        return "says who left but not when, and so gives the answer away; check compares it with dated cancellations"
    if any(means(column.name, word) for word in ("email", "phone")):
        return "personal data that nothing here needs"
    if column.is_currency:
        return "the currency of the amounts"
    if column.distinct == 1:
        return f"the same value in every row: {next(iter(column.values), '')}"
    return "no column of the contract fits it"


def second_thoughts(evidence: Evidence, proposal: TableProposal) -> list[Doubt]:
    """Return a doubt when the file's name says something else than its content."""
    label = evidence.labels[proposal.file]
    named = max(contract.TABLES, key=lambda t: table_likeness(label, t))
    own = table_likeness(label, proposal.table)
    if named == proposal.table or proposal.table == "customers" or table_likeness(label, named) <= own + 0.4:
        return []
    text = f"the file name {proposal.file} sounds like {named}, its columns like {proposal.table}"
    return [Doubt("table", text, "table")]
