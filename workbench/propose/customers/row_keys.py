"""The keys of a file's rows: their own id, those of other tables, and the customer, each with what it was tested on."""

from __future__ import annotations

from collections.abc import Iterator

from workbench import contract
from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.fitting.links import Link, customer_likeness
from workbench.propose.matching.guess import Matching
from workbench.propose.matching.named_customer import named_customer, subscription_column
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.words.naming import means


def keys_of(evidence: Evidence, found: Matching, file: str, spec: contract.Table) -> dict[str, Mapped]:
    """Return the columns of a table that are keys, each with its SQL."""
    keys: dict[str, Mapped] = {}
    raw, own = evidence.tables[file], evidence.keys.get(file)
    if spec.unique and own and not _repeats_customers(evidence, spec, raw, own):
        row = _membership_of_contact(raw, spec, own) or own
        asked = {link.file for link in evidence.links if (link.parent, link.key) == (file, row)} - {file}
        keys[spec.unique] = own_key(raw, row, len(asked))
    if spec.name != "customers" and file == found.customers and own:
        keys["customer_id"] = Mapped(identifier(own), (own,), 0.8, "one row per customer")
    elif spec.name != "customers" and (customer := _customer_key(evidence, found, file)):
        keys["customer_id"] = customer
    elif own and _is_customer_too(evidence, file, spec, own):
        keys["customer_id"] = Mapped(identifier(own), (own,), 0.8, "one row per customer")
    for column, table in _foreign(spec):
        links = _named_by(evidence, file, found.files.get(table), column)
        if links:
            keys[column] = by_link(raw, links[0])
    wanted = "subscription_id" in spec.required and "subscription_id" not in keys
    if wanted and (named := subscription_column(evidence, file)):
        keys["subscription_id"] = Mapped(identifier(named), (named,), 0.7, "by its name")
    return keys


def _membership_of_contact(raw: RawTable, spec: contract.Table, own: str) -> str | None:
    """Return the id of subscriptions beside that of contacts, by which other files refer to their rows."""
    if spec.name != "subscriptions" or not means(own, "contact", "id") or means(own, "subscription"):
        return None
    named = (c for c in raw.columns if means(c.name, "subscription", "id") and c.keylike and c.unique == 1)
    return next((c.name for c in named if c.filled == raw.rows), None)


def _repeats_customers(evidence: Evidence, spec: contract.Table, raw: RawTable, own: str) -> bool:
    """Whether an id names customers, some of them several times: each of their rows is a subscription of its own."""
    named = means(own, "customer", "id") or (
        means(evidence.labels[raw.name], "customer") and not means(own, "subscription")
    )
    return spec.name == "subscriptions" and raw[own].unique < 1 and named


def _is_customer_too(evidence: Evidence, file: str, spec: contract.Table, own: str) -> bool:
    """Whether the id of a file's own rows names the customer as well: each member has one membership."""
    if spec.name == "subscriptions":
        return means(own, "customer") or means(evidence.labels[file], "customer")
    return not spec.unique and (means(own, "email") or (spec.name == "cancellations" and means(own, "customer")))


def own_key(raw: RawTable, own: str, asked: int) -> Mapped:
    """Return the id of a file's own rows; ``asked`` is how many other files refer to it."""
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
        yield "referred_by", "customers"


def _named_by(evidence: Evidence, file: str, parent: str | None, column: str) -> list[Link]:
    """Return the links to the rows of a file that a key may be: who brought a customer is not the group it is of."""
    links = _direct(evidence, file, parent) if parent else []
    if column not in ("parent_id", "referred_by"):
        return links
    return [link for link in links if means(link.column, "refer") == (column == "referred_by")]


def _direct(evidence: Evidence, file: str, parent: str) -> list[Link]:
    """Return the links to the rows of a file by its own key: a company's name is no key beside its id."""
    key = evidence.keys.get(parent)
    return [link for link in evidence.links if (link.file, link.parent, link.key) == (file, parent, key)]


def _customer_key(evidence: Evidence, found: Matching, file: str) -> Mapped | None:
    links = _direct(evidence, file, found.customers) if found.customers else []
    raw = evidence.tables[file]
    if links:
        return by_link(raw, links[0])
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


def by_link(raw: RawTable, link: Link) -> Mapped:
    """Return the key that refers to the rows of another file."""
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
