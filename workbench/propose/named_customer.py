"""Which column of a file names the customer or the subscription, where no key leads to them: by its name."""

from __future__ import annotations

from workbench.propose.folder_evidence import Evidence, Path_
from workbench.propose.lexicon import ENTITIES
from workbench.propose.links import Link, customer_likeness, in_every_file
from workbench.propose.naming import means, table_likeness, words
from workbench.propose.raw_columns import RawTable
from workbench.propose.reshape import is_pauses
from workbench.propose.status_words import of_document


def subscription_column(evidence: Evidence, file: str) -> str | None:
    """Return the column of a file that names a subscription of another file, by overlap and name."""
    for link in evidence.links:
        parent = evidence.labels.get(link.parent, "")
        if link.file == file and (means(link.column, "subscription") or table_likeness(parent, "subscriptions") > 0.5):
            return link.column
        if link.file == file and is_pauses(evidence.tables[file]) and link.key == evidence.keys.get(link.parent):
            return link.column  # of members with one contract each
    return None


def named_customer(evidence: Evidence, file: str) -> str | None:
    """Return the column whose name says it holds the customer: better when it recurs here and in other files."""
    raw, own = evidence.tables[file], evidence.keys.get(file)
    own_id = any(means(c.name, "customer", "id") and c.keylike and c.filled >= 0.98 * raw.rows for c in raw.columns)
    scores = {
        c.name: customer_likeness(c)
        + 0.2 * (c.unique < 1)
        + 0.4 * ((file, c.name) in evidence.shared)
        - 0.3 * (means(c.name, "email") and own_id)
        for c in raw.columns
        if c.keylike and c.name != own and customer_likeness(c) >= 0.45 and c.filled >= 0.5 * raw.rows
        if c.distinct > 1 or raw.rows == 1
    }
    best = max(scores, key=lambda name: scores[name], default=None)
    if best is not None and scores[best] >= 0.6:
        return best
    return _recurring(evidence, file) or _bare_name(raw)


_BARE = ({"name"}, {"entity"}, {"payee"}, {"payer"})


def _bare_name(raw: RawTable) -> str | None:
    """Return the column called Name, and no more, where rows are documents of several kinds with an amount: whose."""
    documents = any(means(c.name, "kind") and set(map(of_document, c.values)) > {None} for c in raw.columns)
    money = any(c.number_sql and not c.time_sql and means(c.name, "amount") for c in raw.columns)
    named = (
        c.name for c in raw.columns
        if words(c.name) in _BARE and c.keylike and 1 < c.distinct < c.filled and c.filled >= 0.98 * raw.rows
    )  # fmt: skip
    return next(named, None) if documents and money else None


_FEWEST_CUSTOMERS = 10


def _recurring(evidence: Evidence, file: str) -> str | None:
    """Return the column that all files have, with the same values over and over, where no name says more."""
    everywhere = in_every_file(list(evidence.tables.values()))
    named = (
        c.name
        for c in evidence.tables[file].columns
        if c.name.lower() in everywhere and (file, c.name) in evidence.shared and c.unique < 1
        if c.distinct >= _FEWEST_CUSTOMERS and c.filled >= 0.9 * c.rows and not _means_another(c.name)
    )
    return next(named, None)


def _means_another(column: str) -> bool:
    return any(means(column, entity) for entity in ENTITIES if entity not in ("customer", "contact"))


def way_to_named(evidence: Evidence, file: str) -> Path_:
    """Return the way to the customer that the rows of another file name: claims of a policy are its holder's."""
    for link in evidence.links:
        by_key = link.file == file != link.parent and link.key == evidence.keys.get(link.parent)
        if by_key and not means(link.column, "status"):
            named = named_customer(evidence, link.parent)
            if named is not None:
                return (link, Link(link.parent, named, "", "", 1.0, 0.9))
    return ()
