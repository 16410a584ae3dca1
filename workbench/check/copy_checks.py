"""Rows that repeat a fact: exports that overlap, two pulls of one week's usage."""

from __future__ import annotations

from workbench import contract
from workbench.check.findings import Finding, share_of
from workbench.check.queries import SHOWN_EXAMPLES, connection, one_row, relation
from workbench.crm import Crm

_ENOUGH_FACTS = 5
_NEARLY_ALL, _HARDLY_ANY = 0.9, 0.2


def check_copies(crm: Crm) -> list[Finding]:
    """Return, for tables without a unique id, the days on which nearly every fact occurs again, and identical rows."""
    names = [n for n in crm if not contract.TABLES[n].unique and contract.TABLES[n].dated_by in crm[n].columns]
    return [finding for name in names for finding in _repeats(crm, name)]


def _repeats(crm: Crm, name: str) -> list[Finding]:
    """A fact is all that a row holds but its numbers: a second pull may have grown."""
    spec, con = contract.TABLES[name], connection(crm)
    key = [c for c in crm[name].columns if spec[c].type not in ("amount", "number", "whole")]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE facts_by_day AS SELECT day, count(*) AS facts, count(*) FILTER (n > 1) AS again, "
        f"sum(n) AS n FROM (SELECT {spec.dated_by}::DATE AS day, count(*) AS n FROM {relation(crm, name)} "
        f"GROUP BY day, hash({', '.join(key)})) GROUP BY 1"
    )
    (usual,) = one_row(con, "SELECT coalesce(median(again / facts), 0) FROM facts_by_day")
    days, extra, rows, first, last = one_row(
        con,
        "SELECT count(*), sum(n - facts)::BIGINT, sum(n)::BIGINT, min(day), max(day) FROM facts_by_day "
        f"WHERE facts >= {_ENOUGH_FACTS} AND again >= {_NEARLY_ALL} * facts",
    )
    con.execute("DROP TABLE facts_by_day")
    if not days or usual >= _HARDLY_ANY:
        return _identical(crm, name)
    sentence = (
        f"On {days:,} {'day' if days == 1 else 'days'} from {first} to {last} nearly every row occurs again, so "
        f"{share_of(extra, rows, 'rows of these days')} repeat a fact; on other days hardly any does."
    )
    cure = "Two exports overlap, or one period was pulled twice: keep one of the two."
    return [
        Finding("repeated row", name, spec.dated_by, extra, rows, sentence, cure, _example(crm, name, key, str(first)))
    ]


def _identical(crm: Crm, name: str) -> list[Finding]:
    """Rows equal in every column, where dates have a time of day, or no other order has several rows.

    On whole days equal rows may be different facts: two of one product, each on a line of its own.
    """
    spec, con = contract.TABLES[name], connection(crm)
    columns, dated = list(crm[name].columns), spec.dated_by
    rows, different, timed = one_row(
        con,
        f"SELECT count(*), count(DISTINCT hash({', '.join(columns)})), count(*) FILTER ({dated} <> "
        f"date_trunc('day', {dated})) FROM {relation(crm, name)}",
    )
    if 2 * timed < rows and not _has_a_row_each(crm, name, different):
        return []
    sentence = f"{share_of(rows - different, rows)} are equal to another row in every column."
    cure = "If one export holds them twice, or two exports overlap, keep one of each."
    return [
        Finding("repeated row", name, dated, rows - different, rows, sentence, cure, _example(crm, name, columns, ""))
    ]


def _has_a_row_each(crm: Crm, name: str, different: int) -> bool:
    """Whether an id of the table's own stands on one row each, but for rows that are equal in every column."""
    own = f"{name.removesuffix('s')}_id"
    if own not in crm[name].columns:
        return False
    (ids,) = one_row(connection(crm), f"SELECT count(DISTINCT {own}) FROM {relation(crm, name)}")
    return bool(ids == different)


def _example(crm: Crm, name: str, columns: list[str], day: str) -> tuple[str, ...]:
    where = f"WHERE {contract.TABLES[name].dated_by}::DATE = DATE '{day}'" if day else ""
    shown = [c for c in columns if c != "comment"]
    rows = connection(crm).execute(
        f"SELECT {', '.join(f'{c}::VARCHAR' for c in shown)}, count(*) FROM {relation(crm, name)} {where} GROUP BY ALL "
        f"HAVING count(*) > 1 LIMIT {SHOWN_EXAMPLES}"
    )
    return tuple(
        ", ".join(f"{c} {v}" for c, v in zip(shown, row, strict=False) if v is not None) + f": {row[-1]} rows"
        for row in rows.fetchall()
    )
