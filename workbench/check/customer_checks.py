"""Are these the right customers: ids that stand for nobody, one that holds too much, tables that cover few."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb

from workbench.check.findings import Finding, share_of
from workbench.check.queries import SHOWN_EXAMPLES, connection, customer_ids, one_row, relation
from workbench.crm import Crm
from workbench.engines import literal

PLACEHOLDERS = (
    "", "undefined", "guest", "guests", "null", "(null)", "none", "nil", "nan", "n/a", "#n/a", "unknown", "(unknown)",
    "anonymous", "anon", "not set", "(not set)", "test", "dummy", "default", "deleted", "walk-in", "no customer",
    "unbekannt", "misafir", "invité", "invitado", "ospite",
)  # fmt: skip
"""Words that exports write where no customer is known, in small letters."""

_ZERO = r"^[0\-]+$|^-1$|^9{4,}$"
_OVER_MEAN = 5
"""With so many times the mean of the others, an id such as 0 is a placeholder; less, and serial ids may begin at 0."""

_SCIENTIFIC = r"^\d([.,]\d+)?e\+?\d{1,3}$"
_FEW_CUSTOMERS = 20
_DOMINANT, _OVER_SECOND, _ALWAYS_DOMINANT = 0.10, 5, 0.25
_ACTIVITY_COVERS, _OTHERS_COVER = 0.25, 0.02
_NOT_OF_ALL = ("customers", "cancellations", "treatments")
"""Tables that rightly hold one row per customer, or few customers."""


def check_customers(crm: Crm) -> list[Finding]:
    """Return what casts doubt on who the customers are."""
    con, found = connection(crm), list[Finding]()
    n_customers = _count_customers(con, crm)
    for name in (n for n in crm if n != "customers" and "customer_id" in crm[n].columns):
        con.execute(
            "CREATE OR REPLACE TEMP TABLE rows_by_customer AS SELECT customer_id, count(*) AS n "
            f"FROM {relation(crm, name)} WHERE customer_id IS NOT NULL GROUP BY 1"
        )
        placeholders = _placeholders(con, name)
        found += placeholders or _dominant(con, name)
        few = _coverage(con, crm, name, n_customers) if name not in _NOT_OF_ALL else []
        found += few or _shared_with_payers(con, crm, name)
        found += _strangers(con, crm, name)
    con.execute("DROP TABLE IF EXISTS rows_by_customer; DROP TABLE IF EXISTS all_customers")
    return found


def _count_customers(con: duckdb.DuckDBPyConnection, crm: Crm) -> int:
    con.execute(f"CREATE OR REPLACE TEMP TABLE all_customers AS {customer_ids(crm)}")
    return int(one_row(con, "SELECT count(*) FROM all_customers")[0])


def _placeholders(con: duckdb.DuckDBPyConnection, name: str) -> list[Finding]:
    words = ", ".join(literal(word) for word in PLACEHOLDERS)
    (total,) = one_row(con, "SELECT coalesce(sum(n), 0)::BIGINT FROM rows_by_customer")
    ids = con.execute(
        "SELECT customer_id, n FROM (SELECT customer_id, n, lower(trim(customer_id)) AS id, "
        "(sum(n) OVER () - n) / nullif(count(*) OVER () - 1, 0) AS others FROM rows_by_customer) "
        f"WHERE id IN ({words}) OR regexp_matches(id, {literal(_SCIENTIFIC)}) "
        f"OR (regexp_matches(id, {literal(_ZERO)}) AND n >= {_OVER_MEAN} * others) ORDER BY n DESC, 1"
    ).fetchall()
    if not ids:
        return []
    rows = sum(n for _, n in ids)
    named = ", ".join(f"{id_!r}" for id_, _ in ids[:SHOWN_EXAMPLES]) + (" …" if len(ids) > SHOWN_EXAMPLES else "")
    sentence = f"{share_of(rows, total)} belong to an id that stands for no customer: {named}."
    cure = _not_customers([id_ for id_, _ in ids])
    if any(re.fullmatch(_SCIENTIFIC, id_.strip().lower()) for id_, _ in ids):
        cure = "A spreadsheet shortened these ids, so that one id stands for many customers: export them as text."
    examples = tuple(f"customer_id {id_!r}: {n:,} rows" for id_, n in ids[:SHOWN_EXAMPLES])
    return [Finding("placeholder customer", name, "customer_id", rows, total, sentence, cure, examples)]


def _not_customers(ids: Sequence[str]) -> str:
    listed = ", ".join(f'"{id_}"' for id_ in ids[:SHOWN_EXAMPLES])
    return f"Add to the source file not_customers: [{listed}], so that no figure counts it as one customer."


def _dominant(con: duckdb.DuckDBPyConnection, name: str) -> list[Finding]:
    """One customer that holds an implausible share of a table's rows: a guest, a reseller or a wrong key."""
    first, most, second, customers, total = one_row(
        con,
        "SELECT arg_max(customer_id, n), max(n), coalesce(max(n, 2)[2], 0), count(*), coalesce(sum(n), 0)::BIGINT "
        "FROM rows_by_customer",
    )
    share = most / total if total else 0.0
    if customers < _FEW_CUSTOMERS or share < _DOMINANT or (share < _ALWAYS_DOMINANT and most < _OVER_SECOND * second):
        return []
    sentence = (
        f"customer_id {first!r} alone holds {share_of(most, total)}; the next of {customers:,} customers {second:,}."
    )
    cure = f"Ask what this id is. If it is no customer: {_not_customers([first])} If all look wrong, map another."
    return [Finding("dominant customer", name, "customer_id", most, total, sentence, cure)]


def _coverage(con: duckdb.DuckDBPyConnection, crm: Crm, name: str, n_customers: int) -> list[Finding]:
    least = _ACTIVITY_COVERS if name in ("orders", "events", "subscriptions") else _OTHERS_COVER
    (covered,) = one_row(con, "SELECT count(*) FROM rows_by_customer SEMI JOIN all_customers USING (customer_id)")
    if n_customers < _FEW_CUSTOMERS or covered >= least * n_customers:
        return []
    sentence = f"Only {share_of(covered, n_customers, 'customers')} have a row."
    cure = (
        "Check that customer_id means the same in all tables; if this one is partial, export all of it or leave it out."
    )
    if name == "orders" and "events" in crm and "subscriptions" not in crm:
        cure += " Who has no order counts as a prospect: to judge all by their use instead, leave orders out."
    return [Finding("few customers covered", name, "customer_id", n_customers - covered, n_customers, sentence, cure)]


def _shared_with_payers(con: duckdb.DuckDBPyConnection, crm: Crm, name: str) -> list[Finding]:
    """Use or orders of next to none of those who have a subscription: the ids are those of something else."""
    if "customers" in crm or "subscriptions" not in crm or name not in ("orders", "events"):
        return []
    payers = f"(SELECT DISTINCT customer_id FROM {relation(crm, 'subscriptions')} WHERE customer_id IS NOT NULL)"
    covered, of = one_row(
        con, f"SELECT count(n), count(*) FROM {payers} AS p LEFT JOIN rows_by_customer USING (customer_id)"
    )
    if of < _FEW_CUSTOMERS or covered >= _OTHERS_COVER * of:
        return []
    sentence = f"Only {share_of(covered, of, 'customers with a subscription')} have a row."
    cure = "Check that customer_id means the same in both tables, or map the customers table through which they meet."
    return [Finding("few customers covered", name, "customer_id", of - covered, of, sentence, cure)]


def _strangers(con: duckdb.DuckDBPyConnection, crm: Crm, name: str) -> list[Finding]:
    """Without a customers table, rows of customers whom no table of activity has."""
    if "customers" in crm or name in ("orders", "events", "subscriptions"):
        return []
    rows, total = one_row(
        con,
        "SELECT coalesce(sum(n) FILTER (a.customer_id IS NULL), 0)::BIGINT, coalesce(sum(n), 0)::BIGINT "
        "FROM rows_by_customer AS t LEFT JOIN all_customers AS a USING (customer_id)",
    )
    some = con.execute(
        f"SELECT customer_id FROM rows_by_customer ANTI JOIN all_customers USING (customer_id) ORDER BY n DESC, 1 "
        f"LIMIT {SHOWN_EXAMPLES}"
    ).fetchall()
    sentence = f"{share_of(rows, total)} have a customer_id without orders, events or subscriptions."
    cure = "Check that customer_id means the same in all tables, or map a customers table."
    return [
        Finding("orphan", name, "customer_id", rows, total, sentence, cure, tuple(f"customer_id {r[0]}" for r in some))
    ]
