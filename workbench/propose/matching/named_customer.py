"""Which column of a file names the customer or the subscription, where no key leads to them: by its name."""

from __future__ import annotations

import re
import unicodedata

from workbench.propose.fitting.folder_evidence import Evidence, Path_
from workbench.propose.fitting.links import Link, customer_likeness, in_every_file
from workbench.propose.raw_files.raw_columns import RawTable
from workbench.propose.shapes.reshape import is_pauses
from workbench.propose.words.lexicon import ENTITIES
from workbench.propose.words.naming import means, table_likeness, words
from workbench.propose.words.status_words import of_document


def subscription_column(evidence: Evidence, file: str) -> str | None:
    """Return the column of a file that names a subscription of another file, by overlap and name."""
    for link in evidence.links:
        parent = evidence.labels.get(link.parent, "")
        own = link.key == evidence.keys.get(link.parent)
        if link.file != file or (means(link.column, "email") and not own):  # the address of its customer
            continue
        if means(link.column, "subscription") or table_likeness(parent, "subscriptions") > 0.5:
            return link.column
        if is_pauses(evidence.tables[file]) and own:
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
        - 0.6 * _is_half_a_name(c.name, raw)
        for c in raw.columns
        if c.keylike and c.name != own and customer_likeness(c) >= 0.45 and c.filled >= 0.5 * raw.rows
        if c.distinct > 1 or raw.rows == 1
    }
    best = max(scores, key=lambda name: scores[name], default=None)
    if best is not None and scores[best] >= 0.6:
        return best
    listed = any(means(evidence.labels[name], "customer") for name in evidence.tables if name != file)
    bare = _bare_name(raw, not listed)
    number = own if bare and own and _is_of_members(evidence, file, own) else None
    return (
        _recurring(evidence, file) or number or bare or _id_of_contact(raw) or _by_tax_number(raw) or _person(raw, own)
    )


_PERSONS = {
    "person", "persons", "personne", "persona", "pessoa", "persoon", "personen", "osoba", "henkilo", "osoby", "kisi",
}  # fmt: skip


def _person(raw: RawTable, own: str | None) -> str | None:
    """Return the one column with the number of a person, beside that of the row itself."""
    found = [c.name for c in raw.columns if {*_plain_words(c.name)} & _PERSONS and means(c.name, "id") and c.keylike]
    filled = [name for name in found if raw[name].filled >= _FILLED * raw.rows and name != own]
    return filled[0] if len(filled) == 1 else None


def _id_of_contact(raw: RawTable) -> str | None:
    """Return the id of the contact of each document, where the contact's name stands beside it: a name may change."""
    documents = any(means(c.name, "kind") and any(map(of_document, c.values)) for c in raw.columns)
    contacts = [c for c in raw.columns if means(c.name, "contact") and c.filled >= _FILLED * raw.rows]
    ids = [c for c in contacts if means(c.name, "id") and c.keylike and 1 < c.distinct < c.filled]
    named = any(means(c.name, "name") for c in contacts)
    return ids[0].name if documents and named and len(ids) == 1 else None


def _is_of_members(evidence: Evidence, file: str, own: str) -> bool:
    """Whether other files call the rows by this very number, which is that of nothing else: people share names."""
    asked = any((w.parent, w.key, w.column) == (file, own, own) and w.file != file for w in evidence.links)
    return asked and not _means_another(own)


_FIRST_OF_LAST = {
    "last": "first", "nom": "prenom", "nachname": "vorname", "apellido": "nombre", "apellidos": "nombre",
    "cognome": "nome", "sobrenome": "nome", "surname": "forename", "achternaam": "voornaam", "nazwisko": "imie",
    "prijmeni": "jmeno", "soyad": "ad", "efternamn": "fornamn", "etternavn": "fornavn", "efternavn": "fornavn",
}  # fmt: skip
"""Per word for a last name, the one for a first name beside it."""


def _is_half_a_name(column: str, raw: RawTable) -> bool:
    """Whether a column is half a name: Nom adhérent beside Prénom adhérent; many people share it."""
    others = {frozenset(_plain_words(c.name)) for c in raw.columns}
    own = _plain_words(column)
    halves = [(last, first) for pair in _FIRST_OF_LAST.items() for last, first in (pair, pair[::-1])]
    return any(half in own and frozenset({*own} - {half} | {other}) in others for half, other in halves)


def _plain_words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return [word for word in re.split(r"[^a-z]+", plain) if word]


_TAX_NUMBERS = {
    "cpf", "cnpj", "nif", "cif", "nip", "ico", "rfc", "cuit", "rut", "ruc", "nit", "siret", "siren", "gstin",
}  # fmt: skip


def _by_tax_number(raw: RawTable) -> str | None:
    """Return the column of the customers' tax numbers, where nothing else names them and all have one."""
    for column in (c for c in raw.columns if c.keylike and 1 < c.distinct < c.filled):
        named = {*_plain_words(column.name)} & _TAX_NUMBERS
        if named and column.filled >= _FILLED * raw.rows and re.search(r"\d{5}", re.sub(r"\D", "", column.example)):
            return column.name
    return None


_FILLED = 0.98
_BARE = ({"name"}, {"entity"}, {"payee"}, {"payer"})


def _bare_name(raw: RawTable, may_be_members: bool) -> str | None:
    """Return the column called Name, and no more, where rows are documents of several kinds with an amount, or
    memberships with a start, and no other file lists the customers, as beside a list of courses: whose."""
    documents = any(means(c.name, "kind") and any(map(of_document, c.values)) for c in raw.columns)
    members = may_be_members and any(
        c.time_sql and (means(c.name, "start") or means(c.name, "signup")) for c in raw.columns
    )
    money = any(
        c.number_sql and not c.time_sql and (means(c.name, "amount") or means(c.name, "price")) for c in raw.columns
    )
    named = (
        c.name for c in raw.columns
        if (words(c.name) in _BARE or _is_full_name(c.name)) and c.keylike and c.filled >= 0.98 * raw.rows
        if 1 < c.distinct < c.filled or (members and c.spaces > _PEOPLE)
    )  # fmt: skip
    return next(named, None) if (documents or members) and money else None


def _is_full_name(column: str) -> bool:
    """Whether a column holds first and last names: Nom et prénom, Imię i nazwisko."""
    own = {*_plain_words(column)}
    return any({last, first} <= own for last, first in _FIRST_OF_LAST.items()) or {"full", "name"} == own


_PEOPLE = 0.5
"""A share of the values with a space from which on they are names of people."""


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
