"""Files that are not used: they fit no table, or one that another file is mapped to already."""

from __future__ import annotations

from workbench import contract
from workbench.propose.guess import WORTH, Evidence, Matching, table_score
from workbench.propose.naming import table_likeness
from workbench.propose.proposal import TableProposal


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


def left_over(evidence: Evidence, tables: tuple[TableProposal, ...]) -> dict[str, str]:
    """Return the files that no table reads, each with the reason."""
    files = [name for name in evidence.tables if not any(table.reads(name) for table in tables)]
    return {name: _reason(evidence, name, tables) for name in files}


def _reason(evidence: Evidence, file: str, tables: tuple[TableProposal, ...]) -> str:
    customers = next((t.file for t in tables if t.table == "customers" and not t.select), None)
    by_name = table_likeness(evidence.labels[file], "customers") > 0.5  # any file with a key could be customers
    tried = [table for table in contract.TABLES if table != "customers" or by_name]
    scores = {t: table_score(evidence, file, t, file if t == "customers" else customers) for t in tried}
    likeliest = max(scores, key=lambda table: scores[table])
    used = next((t.file for t in tables if t.table == likeliest), None)
    if used is None or scores[likeliest] < WORTH:
        return "fits no table of the contract"
    return (
        f"looks like {likeliest} too, but only one file can be mapped to a table and {used} is; "
        f"to use both, write a sql: in {likeliest} that puts them together with UNION ALL"
    )
