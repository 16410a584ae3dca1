"""Checks of the raw columns beside the contract: repeated ids, empty columns, rows outside their subscription."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from workbench import contract
from workbench.check.findings import Finding, share_of
from workbench.check.key_figures import Figure
from workbench.check.leak_checks import check_raw_columns
from workbench.check.leak_rows import sample_customers
from workbench.check.money_checks import check_cents
from workbench.check.own_totals import own_totals
from workbench.check.queries import before
from workbench.check.raw_leaks import check_raw_leaks
from workbench.check.raw_rows import RAN, RawRows, raw_rows, register_lives
from workbench.check.spelling_checks import check_date_spelling
from workbench.check.status_checks import check_status
from workbench.check.table_checks import flat_columns
from workbench.crm import Crm
from workbench.engines import identifier
from workbench.propose import means
from workbench.sources import Source, note_accounts, open_source

_NEARLY_UNIQUE = 0.95
_FEW = 20
"""Fewer ids than this may match another column by chance."""


def check_raw(crm: Crm, source: Source) -> tuple[list[Finding], list[Figure]]:
    """Return what the raw files show beyond the loaded tables: findings, and the source's own totals."""
    findings, totals = list[Finding](), list[Figure]()
    with open_source(source) as con:
        register_lives(con, crm)
        accounts = "customers" in source.tables and note_accounts(con, source)
        sample = sample_customers(con, crm)
        for name in (n for n in crm if n in source.tables):
            rows = raw_rows(con, name, source, accounts=accounts)
            totals += own_totals(con, crm, rows)
            findings += _flat_columns(con, rows) if rows.unmapped else []
            findings += check_cents(crm, [name], con=con, raw=rows)
            findings += _repeated_ids(con, rows)
            findings += _before_subscription(con, crm, rows)
            findings += check_status(con, crm, rows) + check_date_spelling(con, rows)
            shown = check_raw_leaks(con, rows)
            named = {f.column for f in shown}
            findings += shown + [f for f in check_raw_columns(con, crm, rows, sample) if f.column not in named]
    return findings, totals


def _flat_columns(con: duckdb.DuckDBPyConnection, rows: RawRows) -> list[Finding]:
    """Unmapped columns that hold nothing or one value, in one finding per rule, as none of them is used."""
    by_rule = dict[str, list[Finding]]()
    for finding in flat_columns(con, f"({rows.select})", rows.table, rows.unmapped):
        by_rule.setdefault(finding.rule, []).append(finding)
    return [
        replace(
            several[0],
            column=", ".join(f.column for f in several),
            sentence=" ".join(f.sentence for f in several),
            cure="None of them is mapped: nothing to do, unless the export should hold values here.",
        )
        for several in by_rule.values()
    ]


def _repeated_ids(con: duckdb.DuckDBPyConnection, rows: RawRows) -> list[Finding]:
    """A column that names nearly every row once was meant to name each once; but a customer comes back."""
    names = [c for c in rows.unmapped if means(c, "id") and (rows.table == "customers" or not means(c, "customer"))]
    if not names:
        return []
    counts = ", ".join(f"count({identifier(c)}), count(DISTINCT {identifier(c)})" for c in names)
    total, *facts = con.execute(f"SELECT count(*), {counts} FROM ({rows.select})").fetchone() or (0,)
    found = []
    for i, column in enumerate(names):
        filled, distinct = facts[2 * i], facts[2 * i + 1]
        if filled == total and _NEARLY_UNIQUE * filled <= distinct < filled:
            found.append(_repeated(con, rows, column, filled, distinct))
    return found


def _repeated(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str, filled: int, distinct: int) -> Finding:
    name = identifier(column)
    ids = f"SELECT {name} AS id, count(*) AS n FROM ({rows.select}) GROUP BY 1 HAVING count(*) > 1"
    (several,) = con.execute(f"SELECT count(*) FROM ({ids})").fetchone() or (0,)
    some = con.execute(f"{ids} ORDER BY 1 LIMIT 3").fetchall()
    extra = filled - distinct
    sentence = f"{several:,} duplicate {column} values; {share_of(extra, filled)} repeat an id already used."
    cure = "If these rows are the same fact exported twice, drop one; if not, do not use the id as a key."
    examples = tuple(f"{column} {id_}: {n} rows" for id_, n in some)
    return Finding("duplicate id", rows.table, column, extra, filled, sentence, cure, examples)


def _before_subscription(con: duckdb.DuckDBPyConnection, crm: Crm, rows: RawRows) -> list[Finding]:
    """Rows may carry the subscription they belong to though the contract keeps only the customer."""
    spec = contract.TABLES[rows.table]
    if "subscriptions" not in crm or "subscription_id" in spec.names or spec.dated_by not in rows.mapping.columns:
        return []
    key = _subscription_column(con, rows)
    if key is None:
        return []
    at = rows.read(spec.dated_by)
    joined = (
        f"(SELECT {identifier(key)} AS key, {at} AS at FROM ({rows.select})) AS t "
        f"JOIN {RAN} AS s ON trim(t.key::VARCHAR) = s.subscription_id"
    )
    return _outside(con, crm, rows.table, spec.dated_by, key, joined)


def _outside(con: duckdb.DuckDBPyConnection, crm: Crm, table: str, dated: str, key: str, joined: str) -> list[Finding]:
    limits = [("before", before("t.at", "s.started_at"), "started_at")]
    if "ended_at" in crm["subscriptions"].columns:
        limits.append(("after", "t.at >= s.ended_at + INTERVAL 1 DAY", "ended_at"))
    found = []
    for word, bad, limit in limits:
        rows, of = con.execute(
            f"SELECT count(*) FILTER ({bad}), count(*) FROM {joined} WHERE t.at IS NOT NULL"
        ).fetchone() or (0, 0)
        some = con.execute(f"SELECT t.key, t.at, s.{limit} FROM {joined} WHERE {bad} LIMIT 3").fetchall()
        sentence = f"{share_of(rows, of)} have {dated} {word} their subscription's {limit}."
        examples = tuple(f"{key} {k}: {dated} {at:%Y-%m-%d}, {limit} {edge:%Y-%m-%d}" for k, at, edge in some)
        cure = f"Ask what {key} means here: such rows cannot be use of that subscription; they count for the customer."
        rule = "before the start" if word == "before" else "impossible order"
        found.append(Finding(rule, table, dated, rows, of, sentence, cure, examples))
    return found


def _subscription_column(con: duckdb.DuckDBPyConnection, rows: RawRows) -> str | None:
    for column in rows.unmapped:
        inside = con.execute(
            f"SELECT avg((v IN (SELECT subscription_id FROM {RAN}))::INT), count(*) "
            f"FROM (SELECT DISTINCT trim({identifier(column)}::VARCHAR) AS v FROM ({rows.select}) WHERE v IS NOT NULL)"
        ).fetchone() or (0, 0)
        if (inside[0] or 0) >= 0.8 and inside[1] > 1 and means(column, "subscription"):
            return column
        if (inside[0] or 0) >= 0.95 and inside[1] > _FEW:
            return column
    return None
