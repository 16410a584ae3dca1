"""Rows of a table beside the departures of their customers, for columns that know too much of them."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from workbench import contract
from workbench.check.leavers import SILENT_DAYS, leavers, returned, silent, undecided
from workbench.check.queries import connection, customer_ids, one_row, relation
from workbench.check.raw_rows import RawRows, is_unchanged
from workbench.crm import Crm
from workbench.engines import identifier
from workbench.sources import Source

SAMPLED = 1000
"""At most so many customers that left, and so many that did not, are looked at."""

NEXT_DAYS, EARLY_DAYS, LATE_DAYS = 91, 182, 365
_NO_SIGNS = ("cancellations", "treatments")
_OUTCOMES = ("subscriptions.cancel_reason", "customers.exclude_reason", "customers.parent_id")
_SIGNS = ("fixed", "static", "dependent")
_AS_OF_EXPORT = ("overwritten", "scheduled")
"""Columns that may hold what the export's day shows: no warning signs by their value, but looked at."""
_REPORTED = ("subscriptions.plan",)
"""Columns that are no warning sign, as they hold today's value, and that groups in the report are made of."""
STANDING = ("customers", "subscriptions", "contacts")
"""Tables whose rows last, and may be written over on any later day: when they began says little."""


# No input has a name with spaces in it.
LEAK_ROWS, LEAK_CUSTOMERS, _EVERY = '"rows looked at for leaks"', '"customers looked at for leaks"', '"all customers"'


@dataclass(frozen=True)
class Sample:
    """Customers looked at: how many left, how many did not, of how many, and whether silence alone says who left."""

    left: int
    stayed: int
    n_customers: int
    by_silence: bool = False

    @property
    def note(self) -> str:
        """What leaving means where no end is recorded, and the size of a sample; empty where neither is to be said."""
        n = self.left + self.stayed
        said = [f"left: silent for {SILENT_DAYS} days, as no end is recorded"] if self.by_silence else []
        said += [] if n == self.n_customers else [f"a sample of {n:,} of {self.n_customers:,} customers"]
        return f" ({'; '.join(said)})" if said else ""


@dataclass(frozen=True)
class Suspects:
    """A table's rows as SQL, what identifies the customer and dates the row, and the columns to look at.

    ``columns`` has per column whether it is a warning sign by its value, ``event_dates`` those that date something of
    their own; ``reported`` are those of the columns that are no warning sign, but shown.
    """

    table: str
    select: str
    key: str
    dated: str | None
    columns: dict[str, bool]
    event_dates: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()


def sample_customers(con: duckdb.DuckDBPyConnection, crm: Crm) -> Sample | None:
    """Create LEAK_CUSTOMERS in ``con``: customer_id, left_at, gone, paid, returned, undecided; None if nobody left."""
    recorded = leavers(crm)
    known = recorded or silent(crm)
    if known is None:
        return None
    open_ = "false" if recorded else f"customer_id IN ({undecided(crm)})"
    rows = connection(crm).execute(
        f"SELECT customer_id, left_at, coalesce(gone, false) AS gone, {_paid(crm)} AS paid, "
        f"left_at IS NULL AND customer_id IN ({returned(crm)}) AS returned, {open_} AS undecided "
        f"FROM ({customer_ids(crm)}) LEFT JOIN ({known}) USING (customer_id) "
        "WHERE customer_id IS NOT NULL"
    )
    con.register(_EVERY.strip('"'), rows.to_arrow_table())
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {LEAK_CUSTOMERS} AS SELECT * FROM {_EVERY} QUALIFY "
        f"row_number() OVER (PARTITION BY left_at IS NULL ORDER BY hash(customer_id)) <= {SAMPLED}"
    )
    (n_customers,) = one_row(con, f"SELECT count(*) FROM {_EVERY}")
    left, n = one_row(con, f"SELECT count(left_at), count(*) FROM {LEAK_CUSTOMERS}")
    con.unregister(_EVERY.strip('"'))
    return Sample(left, n - left, n_customers, by_silence=recorded is None)


def _paid(crm: Crm) -> str:
    """SQL: false for those who only ever tried, or had a free plan: they could not leave, and differ in much."""
    if "subscriptions" not in crm or "kind" not in crm["subscriptions"].columns:
        return "true"
    tried = (
        f"SELECT customer_id FROM {relation(crm, 'subscriptions')} WHERE customer_id IS NOT NULL GROUP BY 1 "
        "HAVING bool_and(coalesce(kind, 'paid') <> 'paid')"
    )
    return f"customer_id NOT IN ({tried})"


def suspects_of_table(crm: Crm, name: str, source: Source | None = None) -> Suspects | None:
    """Return a loaded table's columns that could show departures; None where it names no customer.

    With a source, columns that are a raw column unchanged are left to ``suspects_of_raw``.
    """
    spec, have = contract.TABLES[name], list(crm[name].columns)
    if "customer_id" not in have or name in _NO_SIGNS:
        return None
    mapped = source.tables[name].columns if source is not None and name in source.tables else {}
    columns = {c: is_sign(name, c) for c in have if is_suspect(name, c) and not is_unchanged(mapped.get(c, ""))}
    reported = tuple(c for c in have if f"{name}.{c}" in _REPORTED and not is_unchanged(mapped.get(c, "")))
    columns |= dict.fromkeys(reported, True)
    dates = tuple(c for c in have if spec[c].time_class == "event" and name not in ("subscriptions", "customers"))
    dated = spec.dated_by if spec.dated_by in have else None
    return Suspects(name, relation(crm, name), "customer_id", dated, columns, dates, reported)


def suspects_of_raw(rows: RawRows) -> Suspects | None:
    """Return the raw columns behind a table that could show departures, mapped or not."""
    if "customer_id" not in rows.mapping.columns or rows.table in _NO_SIGNS:
        return None
    unmapped = set(rows.unmapped)
    columns = {c: False for c in rows.columns if c in unmapped}
    read_as = {c: name for c in rows.columns if (name := rows.mapped_as(c))}
    columns |= {c: is_sign(rows.table, name) for c, name in read_as.items() if is_suspect(rows.table, name)}
    reported = tuple(c for c in rows.columns if f"{rows.table}.{rows.mapped_as(c)}" in _REPORTED)
    columns |= dict.fromkeys(reported, True)
    by = contract.TABLES[rows.table].dated_by
    dated = rows.read(by) if by in rows.mapping.columns else None
    return Suspects(rows.table, f"({rows.select})", rows.read("customer_id"), dated, columns, (), reported)


def is_suspect(table: str, column: str) -> bool:
    """Return whether a contract column is looked at: a warning sign, or of a row that lasts and may be written over."""
    named = f"{table}.{column}"
    lasting = table in STANDING and contract.TABLES[table][column].time_class in _AS_OF_EXPORT
    return (is_sign(table, column) or lasting) and named not in (*_OUTCOMES, *_REPORTED)


def is_sign(table: str, column: str) -> bool:
    """Return whether a contract column becomes a warning sign by its value."""
    return contract.TABLES[table][column].time_class in _SIGNS


def prepare(con: duckdb.DuckDBPyConnection, suspects: Suspects, known_until: str) -> None:
    """Create LEAK_ROWS: c0, c1 ..., customer, dated, stratum, next, early, their weights, and what LEAK_CUSTOMERS says.

    ``next`` is 1 where the customer left within the next 91 days, ``early`` where 182 to 365 days later, else 0; empty
    where the outcome is not known yet. Rows that last, and those without a date, have in ``next`` whether the customer
    ever left.
    Each customer weighs as much as any other. Rows are compared within a quarter (rows that last: those of customers
    who ever paid, within a year of their begin), so that what changes with time alone shows nothing.
    """
    by_date = suspects.dated is not None and suspects.table not in STANDING
    asked = " AND paid" if suspects.table in STANDING else ""
    following, later = "(left_at IS NOT NULL)::INT", "NULL::INT"
    if by_date:
        following = _within(0, NEXT_DAYS - 1, known_until)
        later = _within(EARLY_DAYS, LATE_DAYS, known_until)
    stratum = f"date_trunc('{'quarter' if by_date else 'year'}', dated)"
    columns = "".join(f"{identifier(c)} AS c{place}, " for place, c in enumerate(suspects.columns))
    rows = (
        f"SELECT {columns}{suspects.key} AS customer, {suspects.dated or 'NULL::TIMESTAMP'} AS dated "
        f"FROM {suspects.select}"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {LEAK_ROWS} AS SELECT *, "
        "1 / count(*) OVER (PARTITION BY customer, next) AS w_next, "
        "1 / count(*) OVER (PARTITION BY customer, early) AS w_early "
        f"FROM (SELECT r.*, left_at, gone, returned, undecided, {following} AS next, {later} AS early, "
        f"{stratum} AS stratum FROM ({rows}) AS r "
        f"JOIN {LEAK_CUSTOMERS} ON r.customer = {LEAK_CUSTOMERS}.customer_id{asked})"
    )


def _within(first: int, last: int, known_until: str) -> str:
    """SQL: 1 where the customer left so many days after the row, 0 where not, empty where that is not known."""
    after = "date_diff('day', dated, left_at)"
    known = f"date_diff('day', dated, TIMESTAMP '{known_until}') > {last}"
    stayed = f"(left_at IS NULL OR {after} > {last}) AND {known}"
    return f"CASE WHEN {after} BETWEEN {first} AND {last} THEN 1 WHEN {stayed} THEN 0 END"
