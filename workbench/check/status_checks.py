"""Flags and statuses of the raw files compared with the recorded dates."""

from __future__ import annotations

import duckdb

from workbench.check.findings import Finding, count_of, share_of
from workbench.check.queries import examples, one_row
from workbench.check.raw_rows import ENDS, LEFT, RawRows
from workbench.crm import Crm
from workbench.engines import identifier, literal
from workbench.propose import FLAG_WORDS, means
from workbench.sources import TRUE_WORDS

_ENDED_WORDS = (
    "cancelled", "canceled", "churned", "expired", "ended", "terminated", "closed", "inactive", "deleted", "lapsed",
    "deactivated", "unsubscribed", "gekündigt", "gekuendigt", "beendet", "iptal", "opgezegd", "annulé", "cancelado",
)  # fmt: skip
_LIVE_WORDS = ("active", "live", "current", "running", "aktiv", "aktif", "actief", "actif", "activo")


def check_status(con: duckdb.DuckDBPyConnection, crm: Crm, rows: RawRows) -> list[Finding]:
    """Return the flags and statuses of customers or subscriptions that disagree with their dates."""
    left = has_left(rows)
    if rows.table in ("orders", "invoices"):
        return [
            finding for column in rows.unmapped if means(column, "status") for finding in _not_read(con, rows, column)
        ]
    return [] if left is None else _flags_against_dates(con, rows, left) + _status_against_dates(con, crm, rows, left)


def has_left(rows: RawRows) -> str | None:
    """Return the SQL condition that a raw row's customer or subscription has a dated end."""
    if rows.table == "customers" and "customer_id" in rows.mapping.columns:
        return f"{rows.read('customer_id')} IN (SELECT customer_id FROM {LEFT})"
    ends = [c for c in ENDS if c in rows.mapping.columns]
    if rows.table == "subscriptions" and ends:
        return f"coalesce({', '.join(rows.read(c) for c in ends)}) IS NOT NULL"
    return None


def _flags_against_dates(con: duckdb.DuckDBPyConnection, rows: RawRows, left: str) -> list[Finding]:
    flags = [c for c in rows.unmapped if means(c, "cancel") and _is_flag(con, rows, c)]
    return [_flag_against_dates(con, rows, column, left) for column in flags]


def _status_against_dates(con: duckdb.DuckDBPyConnection, crm: Crm, rows: RawRows, left: str) -> list[Finding]:
    found = list[Finding]()
    for column in (c for c in rows.columns if means(c, "status") and not means(c, "payment")):
        value = f"lower(trim({identifier(column)}::VARCHAR))"
        ended = f"{value} IN ({_listed(_ENDED_WORDS)}) AND NOT ({left})"
        if not rows.mapping.status:  # else the loader reads it, and remarks what has no date
            found.append(_disagreement(con, rows, column, ended, "an ended status without a date of the end", _UNDATED))
        past = f"({left})"
        if "ended_at" in rows.mapping.columns:
            past = f"coalesce({rows.read('ended_at')} < TIMESTAMP '{crm.facts.known_until}', false)"
        live = f"{value} IN ({_listed(_LIVE_WORDS)}) AND {past}"
        found.append(_disagreement(con, rows, column, live, "an active status but a dated end", _DATED))
    return found


def _not_read(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str) -> list[Finding]:
    """An unmapped status says of some rows that no money came, or that it went back."""
    value = f"lower(trim({identifier(column)}::VARCHAR))"
    doubtful = f"regexp_matches({value}, {literal(_NO_MONEY)})"
    counted = con.execute(
        f"SELECT {identifier(column)}, count(*), {doubtful} FROM ({rows.select}) GROUP BY ALL ORDER BY 2 DESC, 1"
    ).fetchall()
    bad, of = sum(n for _, n, no_money in counted if no_money), sum(n for _, n, _ in counted)
    listed = ", ".join(f"{v} {n:,}" for v, n, no_money in counted if no_money)
    sentence = f"{share_of(bad, of)} have a {column} that means no sale, yet count as one: {listed}."
    cure = (
        "State in the source file what each status means (status: refuse, return or keep), as it counts as revenue now."
    )
    return [Finding("status not read", rows.table, column, bad, of, sentence, cure)]


_NO_MONEY = r"cancel|fail|pending|refund|void|draft|declin|lost|unpaid|expired|storno|iptal|annul"
_UNDATED = (
    "They still count as customers. Map the date of the end, or state the status and choose cancelled_without_date: "
    "last_activity, end_of_term, export_day or leave_out."
)
_DATED = "If the date is until when the customer has paid, map it to renews_at; if the service is over, trust the date."


def _disagreement(
    con: duckdb.DuckDBPyConnection, rows: RawRows, column: str, bad: str, what: str, cure: str
) -> Finding:
    customer = rows.read("customer_id") if "customer_id" in rows.mapping.columns else "NULL"
    count, of, customers = one_row(
        con,
        f"SELECT count(*) FILTER ({bad}), count({identifier(column)}), count(DISTINCT {customer}) FILTER ({bad}) "
        f"FROM ({rows.select})",
    )
    named = {"customer_id": customer, column: identifier(column)}
    shown = examples(con, named, f"FROM ({rows.select}) WHERE {bad}")
    concerned = count_of(customers, "customer", "customers")
    sentence = f"{share_of(count, of, rows.table)} of {concerned} have {what} ({column})."
    return Finding("status against dates", rows.table, column, count, of, sentence, cure, shown)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(literal(word) for word in words)


def _is_flag(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str) -> bool:
    known = ", ".join(f"'{word}'" for word in FLAG_WORDS.split())
    value = f"lower(trim({identifier(column)}::VARCHAR))"
    row = con.execute(f"SELECT bool_and({value} IN ({known})), count(DISTINCT {value}) FROM ({rows.select})").fetchone()
    return bool(row and row[0] and row[1] == 2)


def _flag_against_dates(con: duckdb.DuckDBPyConnection, rows: RawRows, column: str, left: str) -> Finding:
    true = ", ".join(f"'{word}'" for word in TRUE_WORDS)
    flagged = f"coalesce(lower(trim({identifier(column)}::VARCHAR)) IN ({true}), false)"
    both, flag_only, date_only, neither = con.execute(
        "SELECT count(*) FILTER (f AND d), count(*) FILTER (f AND NOT d), count(*) FILTER (d AND NOT f), "
        f"count(*) FILTER (NOT d AND NOT f) FROM (SELECT {flagged} AS f, {left} AS d FROM ({rows.select}))"
    ).fetchone() or (0, 0, 0, 0)
    dated = "a dated cancellation" if rows.table == "customers" else "a dated end"
    flags, total = both + flag_only, both + flag_only + date_only + neither
    sentence = (
        f"{column} disagrees with the dates for {share_of(flag_only + date_only, total, rows.table)}: it marks "
        f"{flags:,}, but {date_only:,} with {dated} are not marked and {flag_only:,} marked have none."
    )
    if both + date_only and flag_only + neither:
        auc = 0.5 + (both / (both + date_only) - flag_only / (flag_only + neither)) / 2
        verdict = "it carries no signal of them" if abs(auc - 0.5) < 0.05 else "it follows them in part"
        sentence += f" Of those marked {_rate(both, flags)} have one, of the others {_rate(date_only, total - flags)}: "
        sentence += f"{verdict} (AUC {auc:.2f})."
    cure = f"Trust the dates, not {column}, and do not use it as a feature or as the outcome."
    return Finding("contradiction", rows.table, column, flag_only + date_only, total, sentence, cure)


def _rate(part: int, whole: int) -> str:
    return f"{part / whole:.1%}".replace("%", " %") if whole else "none"
