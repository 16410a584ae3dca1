"""A log of what happened to recurring revenue or to contracts (new, renewal, churn): read as terms of service."""

from __future__ import annotations

import duckdb

from workbench.engines import identifier, literal
from workbench.propose.raw_files.date_forms import one_form
from workbench.propose.words.naming import means, words

_BEGINS = {"new", "reactivation", "reactivated", "resubscription", "resubscribed", "signup", "start", "started", "nb"}
_ENDS = {"churn", "churned", "cancellation", "cancelled", "canceled", "cancel", "lost"}
_LESS = _ENDS | {"contraction", "downgrade", "downgraded", "decrease"}
_MOST_KINDS = 12
_MOSTLY = 0.5
_BEFORE = {"prev", "previous", "old", "before", "former"}
"""Words of what was paid until a change, beside what is paid after it."""
_AFTER = {"new", "after", "current", "resulting"}
"""Words of what is paid from a change on; new MRR of a log of differences is that of new customers."""
_DIFFERENCE = {"delta", "diff", "difference", "change", "movement", "net"}


def from_movements(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Return the SELECT that makes a term of each movement, until the customer's next one; empty for other files.

    What a customer pays after a movement is the sum of all so far, or the amount itself where the log has what is paid
    from then on; where that is nothing, no term begins.
    """
    keys = [c for c in columns if means(c, "customer") and not means(c, "name")]
    amounts = [c for c in columns if means(c, "mrr")]
    if len(amounts) > len({"before", "after"}):  # what is paid before and after says all of the difference, too
        amounts = [c for c in amounts if not words(c) & _DIFFERENCE]
    dates = [c for c in columns if means(c, "date") and c not in amounts]
    if not keys or len(amounts) not in (1, 2) or len(dates) != 1:
        return ""
    if len(amounts) > 1:
        return _from_changes(con, name, columns, amounts, dates[0])
    kind, less = _kinds(con, name, [c for c in columns if means(c, "kind") or means(c, "event") or means(c, "change")])
    at = _in_order(con, name, one_form(con, name, dates[0])) if kind else ""
    if not at or not _plain_numbers(con, name, amounts[0]):
        return ""
    key = max(keys, key=lambda c: means(c, "id"))
    plain = f"regexp_replace({identifier(amounts[0])}::VARCHAR, '[^0-9.-]', '', 'g')"
    amount = f"TRY_CAST({plain} AS DECIMAL(18, 4))"
    falls = f"lower(trim({identifier(kind)}::VARCHAR)) IN ({', '.join(map(literal, less))})"
    signed = f"CASE WHEN {falls} THEN -abs({amount}) ELSE {amount} END"
    of = f"PARTITION BY {identifier(key)} ORDER BY {at}"
    paid, term = f"sum({signed}) OVER ({of})", "moved"
    said = words(amounts[0])
    over = _among(f"lower(trim({identifier(kind)}::VARCHAR))", [word for word in less if words(word) & _ENDS])
    ends_at, least = _at_ends(con, name, over, amount)
    if least >= 0 and ((said & _AFTER and not said & _DIFFERENCE) or ends_at > _MOSTLY):
        paid, term = f"CASE WHEN {over} THEN 0 ELSE {amount} END", "held"
    kept = ", ".join(identifier(c) for c in columns if c not in (dates[0], amounts[0], kind))
    return (
        f"SELECT {kept}, {term}.started_at, {term}.ended_at, {term}.mrr FROM (SELECT *, {{'started_at': "
        f"({at})::VARCHAR, 'ended_at': (lead({at}) OVER ({of}))::VARCHAR, 'mrr': ({paid})::VARCHAR}} AS {term} "
        f"FROM {identifier(name)}) AS log WHERE TRY_CAST({term}.mrr AS DOUBLE) > 0"
    )


def _at_ends(con: duckdb.DuckDBPyConnection, name: str, over: str, amount: str) -> tuple[float, float]:
    """Return the share of ends with 0 beside them, and the least amount: below 0, amounts are differences."""
    ends = f"avg(({amount} = 0)::INT) FILTER ({over})"
    row = con.execute(f"SELECT {ends}, min({amount}) FROM {identifier(name)}").fetchone() or (0, 0)
    return float(row[0] or 0), float(row[1] or 0)


def _from_changes(con: duckdb.DuckDBPyConnection, name: str, columns: list[str], amounts: list[str], day: str) -> str:
    """Return the SELECT that makes a term of each change, at the amount after it, until the subscription's next one."""
    after = [c for c in amounts if not words(c) & _BEFORE]
    at = _in_order(con, name, one_form(con, name, day))
    keys = [c for c in columns if means(c, "subscription", "id")] or [c for c in columns if means(c, "customer", "id")]
    if len(after) != 1 or not at or not keys or not _plain_numbers(con, name, after[0]):
        return ""
    of = f"PARTITION BY {identifier(keys[0])} ORDER BY {at}"
    kept = ", ".join(identifier(c) for c in columns if c not in (day, *amounts) and not words(c) & _BEFORE)
    return (
        f"SELECT {kept}, held.started_at, held.ended_at, held.mrr FROM (SELECT *, {{'started_at': ({at})::VARCHAR, "
        f"'ended_at': (lead({at}) OVER ({of}))::VARCHAR, 'mrr': {identifier(after[0])}::VARCHAR}} AS held "
        f"FROM {identifier(name)}) AS log WHERE regexp_matches(held.mrr, '[1-9]')"
    )


_GIVEN_UP = {
    "can",
    "canc",
    "cancellation",
    "cancelled",
    "canceled",
    "cancel",
    "termination",
    "terminated",
    "surrender",
    "surrendered",
}
_OVER = _ENDS | _GIVEN_UP | {"lap", "lapse", "lapsed", "expired", "nonrenewal"}


def from_transactions(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> str:
    """Return the SELECT that ends each term of a contract with what happened to it next; empty for other files.

    A row of a new contract, a renewal or a change is service from its first day to its last, or to the next row's
    first; a row that ends the contract is none, and its reason is that of the row before.
    """
    keys = [c for c in columns if means(c, "subscription") and (means(c, "id") or means(c, "name"))]
    starts = [c for c in columns if means(c, "start") and not means(c, "end")]
    ends = [c for c in columns if means(c, "end") and not means(c, "start")]
    kinds = [c for c in columns if means(c, "kind") or means(c, "event")]
    made = {"ended_at", "cancelled_at"} & {*columns} - {*ends}
    if not keys or len(starts) != 1 or len(ends) != 1 or made:
        return ""
    kind, over = _kinds(con, name, kinds, _OVER)
    begins = one_form(con, name, starts[0]) if kind else []
    last = one_form(con, name, ends[0]) if begins else []
    if not last:
        return ""
    said = f"lower(trim({identifier(kind)}::VARCHAR))"
    given_up = [word for word in over if words(word) & _GIVEN_UP]
    when = {
        "ended_at": f"least({last[0]}, lead({begins[0]}) OVER term)",
        "cancelled_at": f"lead(CASE WHEN {_among(said, given_up)} THEN {begins[0]} END) OVER term",
    }
    why = {c: f"coalesce({identifier(c)}, lead({identifier(c)}) OVER term)" for c in columns if means(c, "reason")}
    cells = ", ".join(f"{literal(c)}: ({sql})::VARCHAR" for c, sql in {**when, **why}.items())
    own = ", ".join(f"next_step.{identifier(c)} AS {identifier(c)}" for c in why)
    return (
        f"SELECT * EXCLUDE (next_step, {identifier(ends[0])}){f' REPLACE ({own})' if own else ''}, "
        f"next_step.ended_at, next_step.cancelled_at FROM (SELECT *, {{{cells}}} AS next_step FROM {identifier(name)} "
        f"WINDOW term AS (PARTITION BY {identifier(keys[0])} ORDER BY {begins[0]}, {_among(said, over)})) AS log "
        f"WHERE {_among(said, over)} IS NOT TRUE"
    )


def _among(said: str, listed: list[str]) -> str:
    return f"{said} IN ({', '.join(map(literal, listed or ['']))})"


def _in_order(con: duckdb.DuckDBPyConnection, name: str, ways: list[str]) -> str:
    """Return the only way to read the dates, or of several the only one in which the log goes forward or back."""
    for way in ways if len(ways) > 1 else []:
        steps = f"SELECT {way} AS moved_at, lag({way}) OVER () AS before FROM {identifier(name)}"
        found = con.execute(
            f"SELECT bool_and(moved_at >= before) OR bool_and(moved_at <= before) FROM ({steps})"
        ).fetchone()
        ways = ways if found and found[0] else [other for other in ways if other != way]
    return ways[0] if len(ways) == 1 else ""


def _plain_numbers(con: duckdb.DuckDBPyConnection, name: str, column: str) -> bool:
    """Whether all amounts are whole or written with a point: others would need a mark that nobody states."""
    value = f"{identifier(column)}::VARCHAR"
    whole = f"bool_and(regexp_full_match({value}, '[^0-9.,]*[0-9]+([.][0-9]+)?[^0-9.,]*'))"
    row = con.execute(f"SELECT {whole} FROM {identifier(name)} WHERE trim({value}) <> ''").fetchone()
    return bool(row and row[0])


def _kinds(
    con: duckdb.DuckDBPyConnection, name: str, columns: list[str], ends: set[str] = _ENDS
) -> tuple[str, list[str]]:
    """Return the column that says what each movement is, and its words for less; nothing where none begins or ends."""
    for column in columns:
        value = f"lower(trim({identifier(column)}::VARCHAR))"
        select = f"SELECT DISTINCT {value} FROM {identifier(name)} WHERE {value} <> '' LIMIT {_MOST_KINDS + 1}"
        found = [row[0] for row in con.execute(select).fetchall()]
        said = [words(value) for value in found]
        if len(found) <= _MOST_KINDS and any(s & _BEGINS for s in said) and any(s & ends for s in said):
            return column, [
                v for v, parts in zip(found, said, strict=True) if parts & (_LESS if ends is _ENDS else ends)
            ]
    return "", []
