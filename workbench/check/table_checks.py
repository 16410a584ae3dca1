"""Checks of the loaded tables against the contract: one aggregate query per table, examples only where needed."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from workbench import contract
from workbench.check.findings import Finding, count_of, share_of
from workbench.check.queries import before, connection, one_row, relation
from workbench.crm import Crm
from workbench.engines import identifier
from workbench.sources import Source, by_status

_ALSO_ORDERED = (
    ("subscriptions", "cancelled_at", "ended_at"),
    ("tickets", "first_response_at", "resolved_at"),
)
"""Pairs beyond "the row's own date comes first"; no more, as an early answer to a reopened ticket is no error, nor is
one solved again."""

_PARENTS = {
    "customer_id": "customers",
    "subscription_id": "subscriptions",
    "invoice_id": "invoices",
    "contact_id": "contacts",
}
_TERMS = (("subscriptions", "ended_at"), ("subscriptions", "cancelled_at"))
"""In the future these are the terms paid for, a finding of their own."""

_NEEDED = ("kind", "billing_period", "succeeded", "auto_renew", "exclude_reason", "instrument")
_EARLIEST = "1980-01-01"

_SHOWN_TEXT = 160
"""Characters of a raw row that are shown."""

_SHOWN_ROWS = 10
"""One value in fewer rows than this may be chance."""


@dataclass(frozen=True)
class Probe:
    """One thing to count in a table's single pass: ``bad`` rows among those where it ``could`` occur."""

    rule: str
    table: str
    column: str
    bad: str
    could: str
    predicate: str
    cure: str
    shown: tuple[str, ...]


def check_tables(crm: Crm, source: Source | None = None) -> list[Finding]:
    """Return what is wrong in the rows: refused ones, order, orphans, dates, empty columns, contradictions."""
    con = connection(crm)
    findings = _refused(crm, source)
    for name in crm:
        findings += _run_probes(con, crm, name, list(_probes(crm, name)))
        findings += _flat_columns(con, crm, name, _stated(source, name))
    return findings + _many_kinds(con, crm) + _undated(crm) + _live_after_cancelling(con, crm)


def _refused(crm: Crm, source: Source | None) -> list[Finding]:
    found = []
    for table in dict.fromkeys(str(refusal["table"]) for refusal in crm.facts.refused):
        mapping = source.tables.get(table) if source is not None else None
        status, by_words, others = by_status(crm.facts.refused, table, mapping)
        of = _read_rows(crm, source, table)
        if status:
            sentence = f"{share_of(by_words, of)} are set aside by their status: {status}."
            found.append(Finding("set aside by status", table, "", by_words, of, sentence, _KEEP))
        found += [_refused_for(crm, table, reason, rows, of) for reason, rows in others]
    return found


_KEEP = "Where a word means that the row counts, write keep beside it under status in the source file."


def _refused_for(crm: Crm, table: str, reason: str, rows: int, of: int) -> Finding:
    first = reason.split(" ")[0]
    column = first if table in contract.TABLES and first in contract.TABLES[table].names else ""
    sentence = f"{share_of(rows, of)} are set aside: {reason}."
    cure = "See the refused rows; fix the export, or the mapping in the source file."
    return Finding(_rule_of(reason), table, column, rows, of, sentence, cure, _raw_rows(crm, table, reason))


def _undated(crm: Crm) -> list[Finding]:
    """Cancelled subscriptions whose end is not recorded, for which the source file chooses nothing."""
    return [
        Finding(
            "cancelled without a date", str(r["table"]), "ended_at", rows := int(str(r["rows"])),
            crm.facts.loaded[str(r["table"])],
            f"{count_of(rows, 'subscription', 'subscriptions')} of "
            f"{count_of(int(str(r['customers'])), 'customer', 'customers')} {what}", cure,
        )
        for r in crm.facts.remarks
        for key, (what, cure) in _UNDATED.items()
        if str(r["remark"]).endswith(f"choose {key}")
    ]  # fmt: skip


_UNDATED = {
    "cancelled_without_date": (
        "are cancelled without a date; they are assumed to have ended at the customer's last activity.",
        "Choose cancelled_without_date in the source file: last_activity, end_of_term, export_day or leave_out.",
    ),
    "notice_without_end": (
        "have a notice and no end of service, though their term is over; they are assumed to have ended with it.",
        "Choose notice_without_end in the source file: end_of_term, notice, goes_on or leave_out.",
    ),
}


def _read_rows(crm: Crm, source: Source | None, table: str) -> int:
    """All rows there were: loaded and refused; of a raw file, those of the tables made from it and its bad lines."""
    refused: dict[str, int] = {}
    for refusal in crm.facts.refused:
        refused[str(refusal["table"])] = refused.get(str(refusal["table"]), 0) + int(str(refusal["rows"]))
    made = [table]
    if table.startswith("files."):
        mappings = source.tables.items() if source is not None else ()
        made += [n for n, m in mappings if m.from_ == table.removeprefix("files.")] or list(crm.facts.loaded)
    return sum(refused.get(name, 0) + crm.facts.loaded.get(name, 0) for name in made)


def _rule_of(reason: str) -> str:
    if "twice" in reason:
        return "duplicate id"
    return "missing value" if "missing" in reason else "unreadable value"


def _raw_rows(crm: Crm, table: str, reason: str) -> tuple[str, ...]:
    first, *others = reason.split("; ")
    parts = [crm.refused.reason.startswith(first), *(crm.refused.reason.contains(other) for other in others)]
    rows = crm.refused.filter(crm.refused.table_name == table, *parts).limit(2)
    return tuple(_readable(str(raw)) for raw in rows.raw.to_pyarrow().to_pylist())


def _readable(raw: str) -> str:
    """Return a raw row, kept as JSON, the way a person reads it: its filled values with their columns."""
    try:
        row = json.loads(raw)
    except ValueError:
        row = raw
    if not isinstance(row, dict):
        return str(row)[:_SHOWN_TEXT]
    return textwrap.shorten(", ".join(f"{c} {v}" for c, v in row.items() if v not in (None, "")), _SHOWN_TEXT)


def _probes(crm: Crm, name: str) -> Iterator[Probe]:
    spec, have = contract.TABLES[name], set(crm[name].columns)
    for earlier, later in _ordered_pairs(spec, have):
        both = f"t.{earlier} IS NOT NULL AND t.{later} IS NOT NULL"
        yield Probe(
            "impossible order",
            name,
            later,
            before(f"t.{later}", f"t.{earlier}"),
            both,
            f"have {later} before {earlier}",
            "Check that both columns are mapped correctly and use the same time zone.",
            (earlier, later),
        )
    yield from _date_probes(crm, spec, have)
    yield from _parent_probes(crm, spec, have)


def _ordered_pairs(spec: contract.Table, have: set[str]) -> Iterator[tuple[str, str]]:
    later = [c.name for c in spec.columns if c.time_class in ("event", "scheduled") and c.name != "card_expires_at"]
    pairs = [(spec.dated_by, c) for c in later] + [(a, b) for table, a, b in _ALSO_ORDERED if table == spec.name]
    yield from ((a, b) for a, b in pairs if {a, b} <= have)


def _date_probes(crm: Crm, spec: contract.Table, have: set[str]) -> Iterator[Probe]:
    for column in (c for c in spec.columns if c.type == "time" and c.name in have):
        filled = f"t.{column.name} IS NOT NULL"
        yield Probe(
            "implausible date",
            spec.name,
            column.name,
            f"t.{column.name} < TIMESTAMP '{_EARLIEST}'",
            filled,
            f"have {column.name} before {_EARLIEST[:4]}",
            "Such dates are placeholders for no date; map them to NULL.",
            (column.name,),
        )
        if column.time_class != "scheduled" and (spec.name, column.name) not in _TERMS:
            until = crm.facts.known_until
            # The end of a pause is planned with its beginning.
            planned = (
                " AND t.change IS DISTINCT FROM 'resumed'" if column.name == "changed_at" and "change" in have else ""
            )
            yield Probe(
                "after the export",
                spec.name,
                column.name,
                f"t.{column.name} >= TIMESTAMP '{until}'{planned}",
                filled,
                f"have {column.name} after the data end ({until:%Y-%m-%d})",
                "They are not used. State exported_at if the export is newer; otherwise fix these dates.",
                (column.name,),
            )


def _parent_probes(crm: Crm, spec: contract.Table, have: set[str]) -> Iterator[Probe]:
    for key, parent in _parents(crm, spec, have):
        yield Probe(
            "orphan",
            spec.name,
            key,
            f"{parent}.{key} IS NULL",
            f"t.{key} IS NOT NULL",
            f"have {'an' if key[0] == 'i' else 'a'} {key} that is not in {parent}",
            f"Export all of {parent}, or leave these rows out.",
            (key,),
        )
        begins = contract.TABLES[parent].dated_by
        if begins in crm[parent].columns and spec.dated_by in have and parent in ("customers", "subscriptions"):
            whose = "customer" if parent == "customers" else "subscription"
            yield Probe(
                "before the start",
                spec.name,
                spec.dated_by,
                before(f"t.{spec.dated_by}", f"{parent}.{begins}"),
                f"{parent}.{begins} IS NOT NULL AND t.{spec.dated_by} IS NOT NULL",
                f"have {spec.dated_by} before their {whose}'s {begins}",
                f"Check {parent}.{begins}: it may be the date of a migration.",
                (key, spec.dated_by),
            )


def _parents(crm: Crm, spec: contract.Table, have: set[str]) -> Iterator[tuple[str, str]]:
    for key, parent in _PARENTS.items():
        if key in have and parent in crm and parent != spec.name and spec.unique != key:
            yield key, parent


def _run_probes(con: duckdb.DuckDBPyConnection, crm: Crm, name: str, probes: list[Probe]) -> list[Finding]:
    if not probes:
        return []
    parents = _parents(crm, contract.TABLES[name], set(crm[name].columns))
    joins = " ".join(
        f"LEFT JOIN {relation(crm, parent)} AS {parent} ON t.{key} = {parent}.{key}" for key, parent in parents
    )
    rows = f"{relation(crm, name)} AS t {joins}"
    counts = ", ".join(f"count(*) FILTER (({p.bad}) AND ({p.could})), count(*) FILTER ({p.could})" for p in probes)
    counted = one_row(con, f"SELECT {counts} FROM {rows}")
    return [_found(con, rows, p, counted[2 * i], counted[2 * i + 1]) for i, p in enumerate(probes) if counted[2 * i]]


def _found(con: duckdb.DuckDBPyConnection, rows: str, probe: Probe, bad: int, could: int) -> Finding:
    shown = ", ".join(f"t.{column}::VARCHAR" for column in probe.shown)
    some = con.execute(f"SELECT {shown} FROM {rows} WHERE ({probe.bad}) AND ({probe.could}) LIMIT 3").fetchall()
    examples = tuple(", ".join(f"{c} {v}" for c, v in zip(probe.shown, values, strict=True)) for values in some)
    sentence = f"{share_of(bad, could)} {probe.predicate}."
    return Finding(probe.rule, probe.table, probe.column, bad, could, sentence, probe.cure, examples)


def _stated(source: Source | None, name: str) -> set[str]:
    """Return the columns that the source file states as one value: it is meant to be the same in every row."""
    mapping = source.tables.get(name) if source is not None else None
    columns = mapping.columns if mapping is not None else {}
    return {column for column, sql in columns.items() if re.fullmatch(r"'[^']*'", str(sql).strip())}


def _flat_columns(con: duckdb.DuckDBPyConnection, crm: Crm, name: str, stated: set[str]) -> list[Finding]:
    spec = contract.TABLES[name]
    found = flat_columns(con, relation(crm, name), name, list(crm[name].columns))
    found = [f for f in found if f.column not in stated]
    return [f for f in found if f.rule == "empty column" or _may_be_left_out(spec[f.column])]


def _may_be_left_out(column: contract.Column) -> bool:
    """A constant price, kind or period is needed all the same."""
    return column.type != "amount" and not column.required and column.name not in _NEEDED


def flat_columns(con: duckdb.DuckDBPyConnection, rows: str, table: str, columns: list[str]) -> list[Finding]:
    """Return the columns that hold nothing, or one value in every row."""
    quoted = [identifier(c) for c in columns]
    counts = ", ".join(f"count({c}), min({c})::VARCHAR, max({c})::VARCHAR" for c in quoted)
    total, *facts = one_row(con, f"SELECT count(*), {counts} FROM {rows}")
    found = []
    for i, column in enumerate(columns):
        filled, low, high = facts[3 * i : 3 * i + 3]
        if filled == 0:
            sentence, rule = f"{column} is empty in all {total:,} rows.", "empty column"
            cure = "Export it with its values, or remove it from the mapping."
        elif low == high and filled == total and total >= _SHOWN_ROWS:
            sentence, rule = f"{column} is {low} in all {total:,} rows.", "constant column"
            cure = "If the export should hold other values too, export it again; a constant shows no differences."
        else:
            continue
        found.append(Finding(rule, table, column, total, total, sentence, cure))
    return found


def _many_kinds(con: duckdb.DuckDBPyConnection, crm: Crm) -> list[Finding]:
    """Return the company's own columns that sort customers into very many groups: numbers, and texts written freely."""
    found = []
    for column in filter(contract.is_own, crm["customers"].columns if "customers" in crm else ()):
        counted = f"SELECT count(DISTINCT {identifier(column)}), count({identifier(column)}), count(*) "
        kinds, filled, rows = one_row(con, f"{counted} FROM {relation(crm, 'customers')}")
        if kinds > contract.MOST_KINDS:
            sentence = f"{column} has {kinds:,} different values for {filled:,} customers."
            cure = (
                "Keep a number in bands, as CASE WHEN … THEN 'under 30' … END, or leave the column out of the mapping."
            )
            found.append(Finding("many kinds", "customers", column, filled, rows, sentence, cure))
    return found


def _live_after_cancelling(con: duckdb.DuckDBPyConnection, crm: Crm) -> list[Finding]:
    """A customer is recorded as gone, but no subscription of theirs ever ended."""
    if "cancellations" not in crm or "subscriptions" not in crm:
        return []
    ends = [c for c in ("cancelled_at", "ended_at") if c in crm["subscriptions"].columns]
    if not ends:
        return []
    ended = f"bool_or(coalesce({', '.join(ends)}) IS NOT NULL)"
    rows = (
        f"SELECT customer_id, {ended} AS ended FROM {relation(crm, 'subscriptions')} WHERE customer_id IN "
        f"(SELECT customer_id FROM {relation(crm, 'cancellations')}) GROUP BY 1"
    )
    live, of = one_row(con, f"SELECT count(*) FILTER (NOT ended), count(*) FROM ({rows})")
    some = con.execute(f"SELECT customer_id FROM ({rows}) WHERE NOT ended ORDER BY 1 LIMIT 3").fetchall()
    sentence = f"{share_of(live, of, 'customers with a recorded cancellation')} have no subscription that ever ended."
    cure = "Ask which of the two records is right and name it in the run's parameter left_by."
    return [
        Finding(
            "contradiction",
            "cancellations",
            "occurred_at",
            live,
            of,
            sentence,
            cure,
            tuple(f"customer_id {r[0]}" for r in some),
        )
    ]
