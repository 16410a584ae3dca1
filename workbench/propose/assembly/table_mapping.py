"""From a guess to a proposal: a SQL expression per column of the contract, with how sure it is and why."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb

from workbench import contract
from workbench.engines import identifier
from workbench.propose.assembly.table_doubts import table_doubts
from workbench.propose.assembly.united import same_rows, shared_ids, without_rows_of
from workbench.propose.columns.derive import derived_columns, made_key, mapped_column
from workbench.propose.columns.end_and_notice import ended_by_notice
from workbench.propose.customers.came_back_later import BACK, are_the_same_people, begin_alike, with_own_time
from workbench.propose.customers.customer_way import joined_by, one_per_person, person_column, way_to_customer
from workbench.propose.customers.facts import with_more_facts
from workbench.propose.customers.numbered_anew import ANEW, begin_anew, with_own_numbers
from workbench.propose.customers.row_keys import by_link, keys_of, own_key
from workbench.propose.customers.same_people import counted_twice, same_people
from workbench.propose.fitting.fit import is_bound
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.fitting.links import Link
from workbench.propose.fitting.price_lists import LISTED
from workbench.propose.fitting.prices_paid import PAID
from workbench.propose.fitting.same_shape import one_lists_who_left
from workbench.propose.matching.guess import Matching, match_files
from workbench.propose.matching.left_over import second_files, without_second_files
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.raw_files.samples import seen
from workbench.propose.sales.refund_files import as_refunds, sales_taken_back
from workbench.propose.terms.ends_of_service import with_end_beside_notice, with_ends_of_terms
from workbench.propose.terms.planned_ends import with_planned_ends, without_days_to_come
from workbench.propose.words.naming import column_likeness, means, table_likeness, words
from workbench.propose.words.status_words import of_document

_CONTACTS = ("tickets", "messages", "surveys")
_OF_A_CONTACT = ("acquisition_channel", "preferred_channel", "owner", "segment")
"""Facts that, in a file of contacts with customers, are those of the one contact: its channel, its team."""
FITS_NOTHING = "no column of the contract fits it"
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
        if found.files[table] == found.customers and file in evidence.shapes.get(found.customers, ()):
            files = replace(files, customers=file)  # those who left, in a list of their own, by the same id
        tables = [_with_second(con, evidence, t, _table(evidence, files, table, selects)) for t in tables]
    tables = with_own_numbers(con, tables)
    for file in sorted(evidence.refunds):
        tables = _with_refunds(con, evidence, found, tables, file, selects)
    if "customers" not in found.files:
        tables = [*_derived_customers(con, evidence, tables), *tables]
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


def _with_second(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, table: TableProposal, second: TableProposal
) -> TableProposal:
    """Add a second file of a table, unless it lacks a column or its ids are those of rows that are there already."""
    spec = contract.TABLES[table.table]
    key = "order_id" if table.table == "orders" else spec.unique
    columns = [key] if key else ["customer_id", spec.dated_by]
    parts = (table, *table.more)
    if second.table != table.table or second.missing or any(c not in part.columns for part in parts for c in columns):
        return table
    if not all(c in second.columns for c in columns) or same_people(con, evidence, table, second):
        return table
    second = counted_twice(con, evidence, table, second)
    if not key and _of_other_kinds((*parts, second)):
        return replace(table, more=(*table.more, second))
    for part in parts:
        beside = _beside(con, evidence, part, second, columns)
        if beside is None or (len(parts) > 1 and any(doubt.topic == COPIES for doubt in beside.doubts)):
            return table
        second = beside
    return replace(table, more=(*table.more, second))


COPIES = "copies"
"""The topic of the doubt about rows that are in two files alike."""


def _beside(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, part: TableProposal, second: TableProposal, columns: list[str]
) -> TableProposal | None:
    """Return a second file as it may stand beside the first, each row once; None where it may not."""
    both, all_ = shared_ids(con, part, second, *columns)
    key = columns[0] if len(columns) == 1 else ""
    if both <= (0.0 if key else _FEW_SHARED) * all_:
        return second
    raws = evidence.tables[part.file], evidence.tables[second.file]
    if (returned := _who_came_back(con, raws, part, second, both)) is not None:
        return returned
    if key and begin_anew(con, *raws, (part, second), key):
        return _numbered_anew(part, second, both)
    if not key or both == all_ or not same_rows(con, part, second, key):
        return None
    text = f"{both:,} ids of {second.file} are in {part.file} too, with the same rows: taken once"
    return without_rows_of(part, second, key, Doubt(COPIES, text, "money"))


def _who_came_back(
    con: duckdb.DuckDBPyConnection,
    raws: tuple[RawTable, RawTable],
    part: TableProposal,
    second: TableProposal,
    both: int,
) -> TableProposal | None:
    """Return the second of two lists, of members and of those who left, beside the first; None where they are none."""
    ids = [each.columns["customer_id"].raw for each in (part, second) if "customer_id" in each.columns]
    if part.table not in ("customers", "subscriptions") or [len(raw) for raw in ids] != [1, 1]:
        return None
    if any(doubt.topic == BACK for doubt in second.doubts):
        return second
    if not one_lists_who_left(*raws) or any(each.select for each in (part, second)) or begin_alike(con, part, second):
        return None
    if not are_the_same_people(con, raws, (ids[0][0], ids[1][0])):
        return _numbered_anew(part, second, both)
    if part.table == "customers":
        text = f"{both:,} customers of {second.file} are in {part.file} too, and are taken as they are there"
        return without_rows_of(part, second, "customer_id", Doubt(BACK, text, "customers"))
    own = all(each.columns["subscription_id"].raw == each.columns["customer_id"].raw for each in (part, second))
    return with_own_time(second, part, both) if own else None


def _numbered_anew(part: TableProposal, second: TableProposal, both: int) -> TableProposal:
    if any(doubt.topic == ANEW for doubt in second.doubts):
        return second
    text = (
        f"{both:,} ids of {second.file} are in {part.file} too, for other rows: they begin anew in each file, and are "
        "read with the word of their file before them"
    )
    return replace(second, doubts=(*second.doubts, Doubt(ANEW, text, "customers")))


def _of_other_kinds(parts: tuple[TableProposal, ...]) -> bool:
    """Whether the name of each file states another kind of rows, as nps and csat: none is a copy of another one."""
    stated = [part.columns[name].sql for part in parts for name in ("instrument",) if name in part.columns]
    constant = [sql for sql in stated if sql.startswith("'")]
    return len(parts) == len(constant) == len(set(constant))


def _table(evidence: Evidence, found: Matching, table: str, selects: dict[str, str]) -> TableProposal:
    file, spec = found.files[table], contract.TABLES[table]
    raw = evidence.tables[file]
    columns = keys_of(evidence, found, file, spec)
    origin = selects.get(file, "")
    way = way_to_customer(evidence, found, file)
    if table == "customers" and (person := person_column(evidence, file)):
        columns["customer_id"] = Mapped(identifier(person), (person,), 0.8, "names the same person over several rows")
        origin = one_per_person(evidence, file, person)
    if table != "customers" and len(way) > 1 and "customer_id" in spec.names:
        columns["customer_id"], origin = joined_by(way, origin, selects)
    for name, (column, fit) in evidence.columns(file, table).items():
        if name not in columns and column not in {c for m in columns.values() for c in m.raw}:
            columns[name] = mapped_column(raw, column, spec, spec[name], fit)
    if table == "subscriptions":
        columns = without_days_to_come(raw, with_end_beside_notice(raw, with_ends_of_terms(raw, columns)))
    columns = {**columns, **derived_columns(raw, spec, columns)}
    if table == "subscriptions":
        columns = with_planned_ends(raw, columns)
    columns = _with_plain_mail(_with_id(evidence, found, table, columns))
    ordered = {name: columns[name] for name in spec.names if name in columns}
    proposed = TableProposal(table, file, ordered, origin, _unmapped(evidence, raw, spec, ordered, way))
    joined = any(f" AS {joined} ON " in origin for joined in (LISTED, PAID)) and origin == selects.get(file)
    if joined and f"FROM {identifier(file)} AS " in origin:
        proposed = replace(proposed, made=origin)
    proposed = ended_by_notice(raw, proposed)
    both = table == "subscriptions" and file == found.customers  # its name may say either
    thoughts = () if both else second_thoughts(evidence, proposed)
    return replace(proposed, doubts=(*proposed.doubts, *thoughts, *table_doubts(raw, proposed)))


def _with_id(evidence: Evidence, found: Matching, table: str, columns: dict[str, Mapped]) -> dict[str, Mapped]:
    """Return the columns with an id, made where the file has none, and without dates that say something else."""
    file, spec = found.files[table], contract.TABLES[table]
    raw, columns = evidence.tables[file], dict(columns)
    if table == "invoices" and "paid_at" not in columns:
        columns.pop("due_at", None)  # what nobody knows to be paid is not known to be overdue
    if table == "customers" and found.files.get("subscriptions") == file:
        columns.pop("closed_at", None)  # the end of their subscription
    if table == "subscriptions" and "cancelled_at" in columns and _is_empty(raw, columns.get("ended_at")):
        columns.pop("ended_at")  # it says nothing, and would keep all who gave notice until the end of a term
    heads = [link for link in evidence.links if link.file == file and link.parent in evidence.heads]
    if table == "orders" and heads:
        columns["order_id"] = by_link(raw, heads[0])
    elif table == "orders" and (order := _order_of_lines(evidence, found, file)):
        columns["order_id"] = by_link(raw, order)
    id_column = "order_id" if table == "orders" else spec.unique
    if table == "orders" and id_column not in columns and _is_order(evidence, file, columns):
        own = evidence.keys[file]
        columns["order_id"] = own_key(raw, own, 0)
    if id_column and id_column not in columns and (made := made_key(spec, columns)):
        columns[id_column] = made
    return columns


def _order_of_lines(evidence: Evidence, found: Matching, file: str) -> Link | None:
    """Return the link of lines to the orders, invoices or deals of another file that they are parts of."""
    raw, own_id = evidence.tables[file], evidence.keys.get(file, "")
    if means(own_id, "order") and not any(means(own_id, word) for word in ("line", "product")):
        return None  # an invoice may collect several orders
    others = {file, found.customers, found.files.get("subscriptions")}  # a standing order is filled by many
    for link in (link for link in evidence.links if link.file == file and link.parent not in others):
        column, parent = raw[link.column], evidence.tables[link.parent]
        named = column_likeness(link.column, "orders", "order_id") >= _NAMED and not means(link.column, "return")
        own = link.key == evidence.keys.get(link.parent)
        if named and own and column.filled >= _FILLED * raw.rows and 0 < parent.rows < raw.rows and column.unique < 1:
            return link
    return None


_NAMED, _FILLED = 0.5, 0.98


def _is_empty(raw: RawTable, mapped: Mapped | None) -> bool:
    return mapped is not None and len(mapped.raw) == 1 and raw[mapped.raw[0]].empty


def _is_order(evidence: Evidence, file: str, columns: dict[str, Mapped]) -> bool:
    """Whether the id of a file's own rows names orders, where no column does by its name: a line is none."""
    own = evidence.keys.get(file)
    if own is None or not means(own, "id") or own in {c for m in columns.values() for c in m.raw}:
        return False
    return not any(means(name, word) for name in (own, evidence.labels[file]) for word in ("line", "product"))


def _with_plain_mail(columns: dict[str, Mapped]) -> dict[str, Mapped]:
    """The capitals of an e-mail address mean nothing: one customer in all files."""
    customer = columns.get("customer_id")
    if customer is None or len(customer.raw) != 1 or customer.base != identifier(customer.raw[0]):
        return columns
    if not means(customer.raw[0], "email"):
        return columns
    return {**columns, "customer_id": replace(customer, base=f"lower(trim({customer.base}))")}


def _derived_customers(
    con: duckdb.DuckDBPyConnection, evidence: Evidence, tables: list[TableProposal]
) -> list[TableProposal]:
    """A file of activity often carries facts of the customer on every line; make one row per customer of them."""
    for proposal in tables:
        key = proposal.columns.get("customer_id")
        if key is None or proposal.select or proposal.more:
            continue
        fits = evidence.columns(proposal.file, "customers")
        spec, raw = contract.TABLES["customers"], evidence.tables[proposal.file]
        static = {
            n: c
            for n, (c, fit) in fits.items()
            if spec[n].time_class == "static" and fit >= 0.7 and c not in _used(proposal) and not raw[c].empty
            if proposal.table not in _CONTACTS or n not in _OF_A_CONTACT
            if n != "acquisition_cost" or means(c, "source")  # a cost on a line of sale is that of the goods
            if not any(map(of_document, raw[c].values))  # the kind of a document is none of its customer
        }
        of_rows = {
            name
            for name in _SAME_ALL_ALONG & static.keys()
            if raw[static[name]].distinct == 1 or _changes(con, proposal, key, static[name])
        }
        if facts := {name: column for name, column in static.items() if name not in of_rows}:
            return [_customers_of(proposal, key, facts)]
    return []


_SAME_ALL_ALONG = {"customer_type", "industry"}
"""Facts of a customer that hardly change; of others, such as the channel, the first one counts."""
_MOST_THAT_CHANGE = 0.2


def _changes(con: duckdb.DuckDBPyConnection, proposal: TableProposal, key: Mapped, column: str) -> bool:
    """Whether many customers with several rows have several values in a column: it is a fact of each row."""
    row = con.execute(
        f"SELECT avg((d > 1)::INT) FROM (SELECT count(*) AS n, count(DISTINCT {identifier(column)}) AS d "
        f"FROM {seen(proposal.file)} WHERE {key.sql} IS NOT NULL GROUP BY {key.sql}) WHERE n > 1"
    ).fetchone()
    return bool(row and (row[0] or 0) > _MOST_THAT_CHANGE)


def _customers_of(proposal: TableProposal, key: Mapped, static: dict[str, str], counted: str = "") -> TableProposal:
    """Return the customers of rows of activity, those that are ``counted``, with what the first of each says."""
    day = proposal.columns[contract.TABLES[proposal.table].dated_by]
    firsts = ", ".join(f"arg_min({identifier(raw)}, {day.sql}) AS {identifier(raw)}" for raw in static.values())
    own = identifier(key.raw[0]) if len(key.raw) == 1 else key.base
    named = f"{key.sql} AS {own}" if len(key.raw) == 1 else key.sql
    where = " AND ".join(filter(None, (f"{key.sql} IS NOT NULL", counted)))
    select = f"SELECT {named}, {firsts} FROM {identifier(proposal.file)} WHERE {where} GROUP BY 1"
    columns = {"customer_id": Mapped(own, key.raw, key.confidence, _OF_ACTIVITY)} | {
        name: Mapped(identifier(raw), (raw,), 0.8, "from the first line of each customer")
        for name, raw in static.items()
    }
    return TableProposal("customers", proposal.file, columns, select)


_OF_ACTIVITY = "one row for each"


def of_rows_that_count(tables: tuple[TableProposal, ...]) -> tuple[TableProposal, ...]:
    """Make customers of those rows of activity alone that their status counts: who is in the sandbox is nobody."""
    return tuple(_of_counted(table, tables) for table in tables)


def _of_counted(table: TableProposal, tables: tuple[TableProposal, ...]) -> TableProposal:
    own = [t for t in tables if t.table != "customers" and t.file == table.file and not t.select]
    if table.table != "customers" or table.columns["customer_id"].why != _OF_ACTIVITY or len(own) != 1:
        return table
    tested = [status for status in own[0].statuses if set(status["values"].values()) == {"keep", "refuse"}]
    rows = replace(own[0], stated={"status": (tested, "")}).counted
    if not tested or "(false)" in rows:
        return table
    static = {name: mapped.raw[0] for name, mapped in table.columns.items() if name != "customer_id"}
    return replace(table, select=_customers_of(own[0], own[0].columns["customer_id"], static, rows).select)


def _used(proposal: TableProposal) -> set[str]:
    return {raw for mapped in proposal.columns.values() for raw in mapped.raw}


def _unmapped(
    evidence: Evidence, raw: RawTable, spec: contract.Table, columns: dict[str, Mapped], way: tuple[Link, ...]
) -> dict[str, str]:
    used = {name for mapped in columns.values() for name in mapped.raw}
    lead = {way[0].column} if way else set()
    unused = {c.name: _why_not(evidence, raw, spec, c) for c in raw.columns if c.name not in used | lead}
    if spec.name == "events" and "event" not in columns:
        kinds = [c.name for c in raw.columns if unused.get(c.name) == FITS_NOTHING and _is_kind(c)]
        unused |= {name: f"{FITS_NOTHING}; if it says what was used, add event: {_written(name)}" for name in kinds}
    return unused


def _why_not(evidence: Evidence, raw: RawTable, spec: contract.Table, column: RawColumn) -> str:
    if column.empty:
        return "empty in every row looked at"
    if column.name == evidence.keys.get(raw.name):
        return "names the row; the contract needs no such id here, but check looks for duplicates in it"
    if column.flag and means(column.name, "cancel"):
        return "says who left but not when, and so gives the answer away; check compares it with dated cancellations"
    if any(means(column.name, word) for word in ("email", "phone")):
        return "personal data that nothing here needs"
    if "name" in spec.names and "name" in words(column.name):
        return f"personal data that only lists show; to have it there, add name: {column.name} to {spec.name}"
    if spec.takes_own and _is_kind(column):
        return f"{FITS_NOTHING}; to group customers by it, add {_own_column(column.name)}"
    return _fits_nothing(column)


def _own_column(raw: str) -> str:
    """Return the line that keeps a raw column as one of the company's own.

    >>> print(_own_column("home_club"), _own_column("Home club"), sep="; ")
    own_home_club: home_club; own_home_club: '"Home club"'
    """
    own = contract.OWN + re.sub(r"\W+", "_", raw.lower()).strip("_")
    return f"{own}: {_written(raw)}"


def _written(raw: str) -> str:
    """Write a raw column as a source file has it."""
    return raw if re.fullmatch(r"[A-Za-z_]\w*", raw) else f"'{identifier(raw)}'"


def _is_kind(column: RawColumn) -> bool:
    """Whether a column sorts rows into a few kinds, by texts that many share."""
    is_text = not (column.time_sql or column.number_sql or column.is_currency)
    return is_text and 2 <= column.distinct <= min(contract.MOST_KINDS, column.filled / 10)


def _fits_nothing(column: RawColumn) -> str:
    if column.is_currency:
        return "the currency of the amounts"
    if column.distinct == 1:
        return f"the same value in every row: {next(iter(column.values), '')}"
    if column.time_sql and is_bound(column.name):
        return "until when the customer is bound: no end of service; where terms renew then, map it to renews_at"
    return FITS_NOTHING


def second_thoughts(evidence: Evidence, proposal: TableProposal) -> list[Doubt]:
    """Return a doubt when the file's name says something else than its content."""
    label = evidence.labels[proposal.file]
    named = max(contract.TABLES, key=lambda t: table_likeness(label, t))
    own = table_likeness(label, proposal.table)
    if named == proposal.table or proposal.table == "customers" or table_likeness(label, named) <= own + 0.4:
        return []
    text = f"the file name {proposal.file} sounds like {named}, its columns like {proposal.table}"
    return [Doubt("table", text, "table")]
