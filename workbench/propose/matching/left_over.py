"""Files that are not used: they fit no table, or one that another file is mapped to already."""

from __future__ import annotations

from workbench import contract
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.matching.guess import WORTH, Matching, pays_off, table_score
from workbench.propose.matching.named_customer import named_customer
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.words.naming import means, table_likeness


def without_second_files(evidence: Evidence, found: Matching) -> Matching:
    """Leave out a second file of one table: no other table is mapped to it that its name does not mention."""
    second = {table for table, file in found.files.items() if _is_second(evidence, found, file, table)}
    files = {table: file for table, file in found.files.items() if table not in second}
    return Matching(files, found.customers, {table: found.scores[table] for table in files})


def _is_second(evidence: Evidence, found: Matching, file: str, table: str) -> bool:
    label = evidence.labels[file]
    named = max(contract.TABLES, key=lambda t: table_likeness(label, t))
    if table_likeness(label, table) or table_likeness(label, named) <= 0.5 or named not in found.files:
        return False
    return table_score(evidence, file, named, found.customers) > found.scores[table]


def second_files(evidence: Evidence, found: Matching) -> list[tuple[str, str]]:
    """Return (file, table) of the files that a table might have beside its own: their names say so, and the columns."""
    used = set(found.files.values()) | evidence.beside
    alike = [
        (file, table)
        for table, first in found.files.items()
        for file in evidence.shapes.get(first, ())
        if file != first
    ]
    return alike + [
        (file, table)
        for file in evidence.tables.keys() - used - {file for file, _ in alike}
        for table, score in [_likeliest(evidence, file, found.customers)]
        if score >= WORTH and table in found.files and table != "customers"
        if table_likeness(evidence.labels[file], table) > 0.5 and not _linked(evidence, file, found.files[table])
    ]


def _linked(evidence: Evidence, file: str, other: str) -> bool:
    """Whether rows of one file name a row of the other one by its id: a mandate has subscriptions, and is none."""
    return any(
        {link.file, link.parent} == {file, other} and link.key == evidence.keys.get(link.parent)
        for link in evidence.links
    )


def _likeliest(evidence: Evidence, file: str, customers: str | None) -> tuple[str, float]:
    by_name = table_likeness(evidence.labels[file], "customers") > 0.5  # any file with a key could be customers
    tried = [table for table in contract.TABLES if table != "customers" or by_name]
    scores = {t: table_score(evidence, file, t, file if t == "customers" else customers) for t in tried}
    likeliest = max(scores, key=lambda table: scores[table])
    return likeliest, scores[likeliest]


def of_nobody(evidence: Evidence) -> str:
    """Return which file has dates and amounts but names no customer, and the cure; empty where none does."""
    for name, raw in evidence.tables.items():
        dated = any(c.time_sql for c in raw.columns)
        money = any(c.number_sql and not c.time_sql and means(c.name, "amount") for c in raw.columns)
        names = [evidence.labels[name], *(c.name for c in raw.columns)]
        somebody = any(means(text, meaning) for text in names for meaning in ("customer", "email"))
        if dated and money and not somebody and named_customer(evidence, name) is None:
            return (
                f"{name} has dates and amounts, but no column says whose they are; add one with the customer's id or "
                "e-mail address, as the export of orders has it"
            )
    return ""


def left_over(evidence: Evidence, tables: tuple[TableProposal, ...]) -> dict[str, str]:
    """Return the files that no table reads, each with the reason."""
    files = [name for name in evidence.tables if not any(table.reads(name) for table in tables)]
    return {name: _reason(evidence, name, tables) for name in files}


def doubts_of_left_over(evidence: Evidence, tables: tuple[TableProposal, ...], unused: dict[str, str]) -> list[Doubt]:
    """Return the doubt about files of orders, use or the like that are left out beside another one of their table.

    A copy is rightly left out; where ids begin anew in each file, as for each country, most of the data would be
    missing.
    """
    found = list[Doubt]()
    for table in (t for t in tables if t.table in _OF_ROWS):
        others = [file for file in evidence.shapes.get(table.file, ()) if file in unused]
        if others:
            text = (
                f"{', '.join(sorted(others))} look like {table.table} too and are left out, for their ids are in "
                f"{table.file} with other rows; where ids begin anew in each file, put the files together with a sql: "
                "that writes the file's name before each id"
            )
            found.append(Doubt("left out", text, "customers", about=table.table))
    return found


_OF_ROWS = (*contract.ACTIVITY_TABLES, "invoices", "charges")


def _reason(evidence: Evidence, file: str, tables: tuple[TableProposal, ...]) -> str:
    if file in evidence.refunds:
        return (
            "its name says that its rows take sales back, but there are no orders or invoices that they could reduce, "
            "or it lacks a date, an amount, or an id of the sale or the customer; add those, or give it another name"
        )
    customers = next((t.file for t in tables if t.table == "customers" and not t.select), None)
    if pays_off(evidence, file):
        return "its rows pay off what was bought before, so they are neither recurring revenue nor new sales"
    likeliest, score = _likeliest(evidence, file, customers)
    used = next((t.file for t in tables if t.table == likeliest), None)
    if used is None or score < WORTH:
        return "fits no table of the contract"
    return (
        f"looks like {likeliest} too, but {used} is mapped to it, and its name, its ids or its columns say that these "
        f"may be the same or other things; to use both, write a sql: in {likeliest} that puts them together with "
        "UNION ALL BY NAME"
    )
