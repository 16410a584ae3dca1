"""Facts of customers that lie in files of their own, one row per customer: their cost, channel, segment."""

from __future__ import annotations

from dataclasses import replace

from workbench import contract
from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal

_SURE = 0.7


def with_more_facts(evidence: Evidence, customers: TableProposal) -> TableProposal:
    """Return the customers joined to other files with one row per customer, where these have a fact that is missing."""
    for file, column in _one_row_each(evidence, customers.file):
        facts = {
            name: raw
            for name, (raw, fit) in evidence.columns(file, "customers").items()
            if contract.TABLES["customers"][name].time_class == "static"
            and fit >= _SURE
            and name not in customers.columns
            and not evidence.tables[file][raw].empty
        }
        if facts and not customers.select:
            customers = _joined(customers, file, column, facts)
    return customers


def _one_row_each(evidence: Evidence, customers: str) -> list[tuple[str, str]]:
    key = evidence.keys.get(customers)
    return [
        (link.file, link.column)
        for link in evidence.links
        if (link.parent, link.key) == (customers, key) and link.file != customers
        if evidence.tables[link.file][link.column].unique == 1 and not _dated(evidence, link.file)
    ]


def _dated(evidence: Evidence, file: str) -> bool:
    return any(column.time_sql for column in evidence.tables[file].columns)


def _joined(customers: TableProposal, file: str, column: str, facts: dict[str, str]) -> TableProposal:
    key = customers.columns["customer_id"]
    added = ", ".join(f"facts.{identifier(raw)} AS {identifier(f'{file}.{raw}')}" for raw in facts.values())
    select = (
        f"SELECT own.*, {added} FROM {identifier(customers.file)} AS own LEFT JOIN {identifier(file)} AS facts "
        f"ON own.{key.sql}::VARCHAR = facts.{identifier(column)}::VARCHAR"
    )
    more = {
        name: Mapped(identifier(f"{file}.{raw}"), (), 0.8, f"{raw} of {file}, one row per customer")
        for name, raw in facts.items()
    }
    columns = customers.columns | more
    ordered = {name: columns[name] for name in contract.TABLES["customers"].names if name in columns}
    return replace(customers, select=select, columns=ordered)
