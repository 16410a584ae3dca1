"""Subscriptions that would count twice, end in the future or a day early, or lost their price when they ended."""

from __future__ import annotations

import duckdb

from workbench.check.findings import Finding, share_of
from workbench.check.key_figures import money as money_text
from workbench.check.queries import connection, examples, one_row, relation
from workbench.crm import Crm

_ENOUGH_PAIRS = 3
_FEWEST_ENDED = 5
_MOST, _FEW = 0.5, 0.1
"""Shares of the subscriptions that ended, and of the others, without a price: it was taken away at the end."""
_UNPRICED = "coalesce(mrr, 0) = 0"


def check_subscriptions(crm: Crm) -> list[Finding]:
    """Return what casts doubt on when subscriptions run and which of them are the same."""
    if "subscriptions" not in crm:
        return []
    con, have = connection(crm), set(crm["subscriptions"].columns)
    found = _copies(con, crm, have) + _paid_terms(con, crm, have) + _prices_of_today(con, crm, have)
    return found + (_ends_a_day_early(con, crm) if "ended_at" in have else [])


def _copies(con: duckdb.DuckDBPyConnection, crm: Crm, have: set[str]) -> list[Finding]:
    """Two subscriptions of one customer with the same plan and start: often a migration that exported both."""
    same = ", ".join(c for c in ("customer_id", "kind", "plan", "started_at") if c in have)
    money = "coalesce(sum(mrr) - max(mrr), 0)" if "mrr" in have else "0"
    groups = (
        f"SELECT customer_id, started_at, count(*) AS n, {money} AS mrr, list_sort(list(subscription_id)) AS ids "
        f"FROM {relation(crm, 'subscriptions')} GROUP BY {same} HAVING count(*) > 1"
    )
    customers, extra, mrr = one_row(
        con,
        f"SELECT count(DISTINCT customer_id), coalesce(sum(n - 1), 0)::BIGINT, coalesce(sum(mrr), 0) FROM ({groups})",
    )
    of = one_row(con, f"SELECT count(DISTINCT customer_id) FROM {relation(crm, 'subscriptions')}")[0]
    named = {"customer_id": "customer_id", "started_at": "started_at::DATE", "copies": "array_to_string(ids[:3], ', ')"}
    shown = examples(con, named, f"FROM ({groups}) ORDER BY 1, 2")
    what = "one plan" if "plan" in have else "one start"
    sentence = (
        f"{share_of(customers, of, 'customers')} have two or more subscriptions of {what} from the same moment; "
        f"{'the copy carries' if extra == 1 else f'the {extra:,} copies carry'} "
        f"{money_text(float(mrr), crm.facts.currency)} a month."
    )
    cure = (
        "If they are copies, as after a migration, leave one of each out of the export; if they are seats, ignore this."
    )
    return [Finding("probable copy", "subscriptions", "subscription_id", customers, of, sentence, cure, shown)]


def _paid_terms(con: duckdb.DuckDBPyConnection, crm: Crm, have: set[str]) -> list[Finding]:
    """An end after the data end, without a notice before it, is the term paid for and no departure."""
    until = f"TIMESTAMP '{crm.facts.known_until}'"
    notice = f"coalesce(cancelled_at < {until}, false)" if "cancelled_at" in have else "false"
    future = {"ended_at": f"ended_at >= {until} AND NOT {notice}", "cancelled_at": f"cancelled_at >= {until}"}
    return [_paid_term(con, crm, column, where) for column, where in future.items() if column in have]


def _paid_term(con: duckdb.DuckDBPyConnection, crm: Crm, column: str, future: str) -> Finding:
    rows = relation(crm, "subscriptions")
    bad, of = one_row(con, f"SELECT count(*) FILTER ({future}), count({column}) FROM {rows}")
    what = "ends of service" if column == "ended_at" else "notices"
    sentence = f"{share_of(bad, of, what)} lie after the data end ({crm.facts.known_until:%Y-%m-%d})."
    cure = (
        "A date in the future is the day until which the customer has paid: service counts as active until then. If it "
        "renews by itself, map the date to renews_at. If the export is newer, state exported_at."
    )
    named = {"subscription_id": "subscription_id", column: f"{column}::DATE"}
    shown = examples(con, named, f"FROM {rows} WHERE {future} ORDER BY 2, 1")
    return Finding("paid term", "subscriptions", column, bad, of, sentence, cure, shown)


def _prices_of_today(con: duckdb.DuckDBPyConnection, crm: Crm, have: set[str]) -> list[Finding]:
    """An amount that only those have who stayed is today's: what the others paid is not known, and is not 0."""
    end = next((column for column in ("ended_at", "cancelled_at") if column in have), None)
    if (
        end is None
        or "mrr" not in have
        or ("subscription_changes" in crm and "mrr" in crm["subscription_changes"].columns)
    ):
        return []
    over = f"coalesce({end} < TIMESTAMP '{crm.facts.known_until}', false)"
    paid = "coalesce(kind, 'paid') = 'paid'" if "kind" in have else "true"
    rows = f"FROM {relation(crm, 'subscriptions')} WHERE {paid}"
    ended, zero, bare, others, free = one_row(
        con,
        f"SELECT count(*) FILTER ({over}), count(*) FILTER ({over} AND mrr = 0), count(*) FILTER ({over} AND "
        f"{_UNPRICED}), count(*) FILTER (NOT {over}), count(*) FILTER (NOT {over} AND {_UNPRICED}) {rows}",
    )
    if ended < _FEWEST_ENDED or bare < _MOST * ended or free > _FEW * others:
        return []
    having, effect = ("an mrr of 0", "counts them as nothing") if zero else ("no mrr", "leaves them out")
    sentence = (
        f"{share_of(bare, ended, 'subscriptions that ended')} have {having}, of the others {free:,} of {others:,}: "
        f"mrr is today's amount, so past MRR lacks what they paid, and MRR lost {effect}."
    )
    cure = (
        "Map mrr to what they paid before they left: the price of their plan, a history (subscription_changes), or the "
        "last invoice. Leave an unknown amount empty, not 0."
    )
    named = {"subscription_id": "subscription_id", end: f"{end}::DATE", "mrr": "mrr"}
    shown = examples(con, named, f"{rows} AND {over} AND {_UNPRICED} ORDER BY 2, 1")
    return [Finding("price taken away", "subscriptions", "mrr", bare, ended, sentence, cure, shown)]


def _ends_a_day_early(con: duckdb.DuckDBPyConnection, crm: Crm) -> list[Finding]:
    """Ends one day before the next start are last days of service, read as the first day without."""
    pairs = (
        "SELECT customer_id, ended_at, next_at, date_diff('day', ended_at, next_at) AS gap FROM ("
        "SELECT customer_id, ended_at, lead(started_at) OVER "
        "(PARTITION BY customer_id ORDER BY started_at, ended_at) AS next_at "
        f"FROM {relation(crm, 'subscriptions')}) WHERE ended_at IS NOT NULL AND ended_at = date_trunc('day', ended_at)"
    )
    counts = "count(*) FILTER (gap = 1), count(*) FILTER (gap IN (0, 1)), count(DISTINCT customer_id) FILTER (gap = 1)"
    day_apart, close, customers = one_row(con, f"SELECT {counts} FROM ({pairs})")
    if day_apart < _ENOUGH_PAIRS or 2 * day_apart < close:
        return []
    named = {"customer_id": "customer_id", "ended_at": "ended_at::DATE", "next start": "next_at::DATE"}
    shown = examples(con, named, f"FROM ({pairs}) WHERE gap = 1 ORDER BY 1, 2")
    sentence = (
        f"{share_of(day_apart, close, 'ends followed by another subscription')} lie exactly one day before its start; "
        f"the date is read as the first day without service, so each of {customers:,} customers has a day "
        "without service."
    )
    cure = "If the date is the last day of service, state ended_at_is: last_day_of_service; else ignore this."
    return [Finding("end of service", "subscriptions", "ended_at", day_apart, close, sentence, cure, shown)]
