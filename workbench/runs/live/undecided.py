"""Which customers' labels depend on more than a date that is compared with a threshold, and which rows labels need.

A label is *decided*, whatever the days of grace and the days overdue, where nothing was closed, where the one closing
comes first in all records, and where everything was over before; and where no debt is as long as the silence in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir

from workbench.crm import Crm, activity_rows, paid_service
from workbench.engines import attach, materialized, rows_of
from workbench.label import Rules
from workbench.runs.live.owing import Debts, debts

READ = (
    "customers", "subscriptions", "subscription_changes", "cancellations", "orders", "invoices", "charges", "events",
)  # fmt: skip
"""The tables that labels are made of."""
ID = ["customer_id"]
INSTANTS = ["opened_at", "begun_at", "closed_at", "ended_at", "first_record", "last_record", "last_order", "last_sign"]


@dataclass(frozen=True)
class Undecided:
    """The customers (customer_id) whose label may depend on any threshold, and those of whom all activity may decide.

    ``owed_since`` has the earliest due_at of what customers owe at the snapshot.
    """

    customers: ir.Table
    watched: ir.Table
    owed_since: ir.Table | None

    def of(self, crm: Crm, as_of: datetime) -> Crm:
        """Return the Crm of these customers alone."""
        some = _restricted(crm, lambda rows: rows.semi_join(self.customers, "customer_id"))
        if "events" not in some or not {"orders", "subscriptions"} & {*some}:
            return some
        used = ibis.union(
            some["events"].semi_join(self.watched, "customer_id"),
            at_the_edges(some, "events", as_of).anti_join(self.watched, "customer_id"),
        )
        return replace(some, tables={**some.tables, "events": materialized(used)})

    def others(self, crm: Crm, as_of: datetime) -> Crm:
        """Return the Crm of all other customers, with the activity next to the snapshot: all that is compared."""
        some = _restricted(crm, lambda rows: rows.anti_join(self.customers, "customer_id"))
        edges = {name: at_the_edges(some, name, as_of) for name in ("orders", "events") if name in some}
        return replace(some, tables={**some.tables, **edges})

    def with_more(self, customers: list[str]) -> Undecided:
        """Return these customers and some more."""
        more = ibis.memtable({"customer_id": customers}, schema={"customer_id": "string"})
        both = ibis.union(self.customers, more, distinct=True) if customers else self.customers
        return replace(self, customers=materialized(both))


def _restricted(crm: Crm, restrict: Callable[[ir.Table], ir.Table]) -> Crm:
    some = crm.restricted(restrict)
    tables = dict(some.tables)
    if "subscription_changes" in tables:
        tables["subscription_changes"] = tables["subscription_changes"].semi_join(
            tables["subscriptions"], "subscription_id"
        )
    return replace(some, tables={name: materialized(rows) for name, rows in tables.items()})


def undecided(crm: Crm, as_of: datetime, rules: Rules, longest: int) -> Undecided:
    """Return the customers whose label at ``as_of``, for up to ``longest`` days, may depend on any threshold."""
    tables = crm.counted()
    owing, now = debts(tables, as_of, rules, longest), ibis.timestamp(str(as_of))
    facts = _facts(tables, as_of, rules, owing)
    untouched = facts.closed_at.isnull() & facts.first_record.isnull() & ~facts.owes & ((facts.paid < 2) | ~facts.owed)
    decided = untouched
    if rules.left_by == Rules().left_by:
        decided |= _goes_on(facts, now) | _ends_once(facts, now, as_of + timedelta(days=longest)) | _over(facts, now)
    some = materialized(facts.filter(~decided | facts.corrected).select("customer_id"))
    watched = facts.filter(facts.corrected | facts.indebted).select("customer_id")
    return Undecided(some, materialized(watched), owing and owing.since)


def _goes_on(facts: ir.Table, now: ir.Value) -> ir.Value:
    """A subscription begun before goes on, and nothing is recorded against it: what closed earlier does not matter."""
    earlier = facts.first_record.isnull() | (facts.last_record < facts.opened_at)
    alone = (facts.paid == 1) & earlier
    after = (facts.unended == 1) & (facts.ended_at <= facts.opened_at) & earlier & ~facts.owed
    beside = facts.first_record.isnull() & ~facts.owed
    goes_on = alone.fill_null(False) | after.fill_null(False) | beside
    return ((facts.opened_at < now) & ~facts.owes).fill_null(False) & goes_on


def _ends_once(facts: ir.Table, now: ir.Value, horizon: datetime) -> ir.Value:
    """The only subscription closes, no record is earlier, and its service ends in time to be known."""
    as_buyer = facts.last_order.notnull() & ((facts.last_order >= facts.ended_at) | (facts.begun_at >= now))
    agreed = facts.first_record.isnull() | ((facts.first_record >= facts.closed_at) & ~as_buyer.fill_null(False))
    end, latest = facts.ended_at, ibis.timestamp(str(horizon))
    in_time = end.isnull() | (end <= facts.closed_at) | (end < latest) | (facts.closed_at >= latest)
    once = (facts.paid == 1) & facts.closed_at.notnull() & ~facts.owed
    return (once & agreed & in_time).fill_null(False)


def _over(facts: ir.Table, now: ir.Value) -> ir.Value:
    """All service, or the account, was over before, and no order came since it began; or there never was anything."""
    served = (facts.paid > 0) & (facts.unended == 0) & (facts.ended_at < now)
    served &= facts.last_order.isnull() | (facts.last_order < facts.begun_at)
    shut = (facts.paid == 0) & (facts.last_record < now) & (facts.last_sign < facts.first_record)
    nothing = (facts.paid == 0) & facts.last_sign.isnull()
    return served.fill_null(False) | shut.fill_null(False) | nothing


def _facts(tables: Crm, as_of: datetime, rules: Rules, owing: Debts | None) -> ir.Table:
    """Return one row per customer: the dates of service, of records of leaving and of activity, and what is owed.

    Columns: customer_id, paid (subscriptions) and unended of them, begun_at (the first), opened_at (the last that has
    no end), closed_at (the last closing by their own dates), ended_at (the last end of service); first_record,
    last_record (of leaving, by other sources); last_order (activity before ``as_of``), last_sign (at any time);
    indebted (a long debt at any time), owed (and lost for it at some threshold), owes (by a debt open at ``as_of`` or
    later), corrected.
    """
    ids = [tables[name].select("customer_id") for name in READ if name in tables and name != "subscription_changes"]
    facts = ibis.union(*ids, distinct=True) if len(ids) > 1 else ids[0].distinct()
    for part in (_service(tables, rules), _records(tables), _activity(tables, as_of)):
        facts = facts if part is None else attach(facts, part, ID)
    marks = {"corrected": _corrected(rules) if rules.corrections else None}
    marks |= dict.fromkeys(("indebted", "owed", "owes"))
    if owing is not None:
        marks |= {"indebted": owing.any, "owed": owing.lapsing, "owes": owing.open}
    for name, some in marks.items():
        facts = _marked(facts, name, some)
    missing = {name: ibis.null("timestamp") for name in INSTANTS if name not in facts.columns}
    numbers = {n: facts[n].fill_null(0) if n in facts.columns else ibis.literal(0) for n in ("paid", "unended")}
    return materialized(facts.mutate(**missing, **numbers))


def _marked(facts: ir.Table, name: str, some: ir.Table | None) -> ir.Table:
    """Add a column of whether a customer is among some."""
    if some is None:
        return facts.mutate(**{name: ibis.literal(False)})
    met = attach(facts, some.select("customer_id").distinct().mutate(**{name: ibis.literal(True)}), ID)
    return met.mutate(**{name: met[name].fill_null(False)})


def _corrected(rules: Rules) -> ir.Table:
    return rows_of([{"customer_id": c.customer_id} for c in rules.corrections])


def _service(tables: Crm, rules: Rules) -> ir.Table | None:
    if "subscriptions" not in tables:
        return None
    paid = paid_service(tables)
    close = ibis.least(paid.cancelled_at, paid.ended_at) if rules.dated == "notice" else paid.ended_at
    open_ = paid.cancelled_at.isnull() & paid.ended_at.isnull()
    return paid.group_by("customer_id").aggregate(
        paid=paid.count(),
        unended=paid.ended_at.isnull().cast("int64").sum(),
        begun_at=paid.started_at.min(),
        opened_at=paid.started_at.max(where=open_),
        closed_at=close.max(),
        ended_at=paid.ended_at.max(),
    )


def _records(tables: Crm) -> ir.Table | None:
    """Return the first and last record of leaving that is no date of a subscription; None where there is none."""
    parts = []
    if "customers" in tables and "closed_at" in tables["customers"].columns:
        parts.append(tables["customers"].select("customer_id", at="closed_at"))
    if "cancellations" in tables:
        parts.append(tables["cancellations"].select("customer_id", at="occurred_at"))
    if not parts:
        return None
    at = ibis.union(*(part.cast({"at": "timestamp"}) for part in parts)) if len(parts) > 1 else parts[0]
    return at.group_by("customer_id").aggregate(first_record=at["at"].min(), last_record=at["at"].max())


def _activity(tables: Crm, as_of: datetime) -> ir.Table | None:
    """Return the last activity by which customers without a subscription are judged; None where there is none."""
    name = "orders" if "orders" in tables else "events"
    if name not in tables or (name == "events" and "subscriptions" in tables):
        return None
    rows = activity_rows(tables, name)  # type: ignore[arg-type]
    at, now = rows["at"], ibis.timestamp(str(as_of))
    return rows.group_by("customer_id").aggregate(last_order=at.max(where=at < now), last_sign=at.max())


def needed(crm: Crm) -> Crm:
    """Return the Crm with the tables that labels are made of, without excluded accounts."""
    counted = crm.counted()
    return replace(crm, tables={name: counted[name] for name in READ if name in counted}, codes=None)


def at_the_edges(crm: Crm, name: Literal["orders", "events"], as_of: datetime) -> ir.Table:
    """Return the rows of each customer's first activity, and of the last and next one at a day."""
    rows, activity = crm[name], activity_rows(crm, name)
    at, now = activity["at"], ibis.timestamp(str(as_of))
    sides = activity.group_by("customer_id").aggregate(a=at.min(), b=at.max(where=at < now), c=at.min(where=at >= now))
    edges = ibis.union(*(sides.select("customer_id", at=side) for side in "abc"), distinct=True)
    when = rows["ordered_at" if name == "orders" else "occurred_at"].cast("timestamp")
    return materialized(rows.semi_join(edges, [rows.customer_id == edges.customer_id, when == edges["at"]]))
