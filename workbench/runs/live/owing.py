"""Who may be lost for a debt, whatever the days overdue: a debt open for long enough, and silence as long inside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir

from workbench.crm import ACTIVITIES, Crm, activity_rows, with_settlements
from workbench.engines import materialized
from workbench.label import Rules

BEFORE, AFTER = ibis.timestamp("1000-01-01"), ibis.timestamp("9999-01-01")


@dataclass(frozen=True)
class Debts:
    """The customers (customer_id) with debts.

    ``any`` has all whose debt was open for ``recovery_days``; ``lapsing`` those who may be lost for one, and ``open``
    those of them who may be by one that is open at ``as_of`` or later, in time to matter; ``since`` has the earliest
    due_at of what is owed at ``as_of``, long past where it is failed charges.
    """

    any: ir.Table
    lapsing: ir.Table
    open: ir.Table
    since: ir.Table


def debts(tables: Crm, as_of: datetime, rules: Rules, longest: int) -> Debts | None:
    """Return who owes or owed money for long, seen up to ``longest`` days after ``as_of``.

    None without invoices with due dates and without charges.
    """
    found, since = [], []
    if "invoices" in tables and "due_at" in tables["invoices"].columns:
        found.append(_invoices(tables["invoices"]))
        since.append(_overdue(tables["invoices"], as_of))
    if "charges" in tables:
        failing = materialized(_failing(tables["charges"], rules))
        found.append(failing.select("customer_id", "begun_at", "until"))
        since.append(_failed(failing, as_of))
    if not found:
        return None
    long = materialized(_long(_stacked(found), tables.facts.known_until, rules))
    lapsing = materialized(_with_silence(tables, long, rules))
    latest = ibis.timestamp(str(as_of + timedelta(days=longest - rules.recovery_days)))
    still = lapsing.filter((lapsing.until >= ibis.timestamp(str(as_of))) & (lapsing.begun_at < latest))
    earliest = _stacked(since).group_by("customer_id").aggregate(owed_since=ibis._.owed_since.min())
    return Debts(long, lapsing, still, earliest)


def _stacked(parts: list[ir.Table]) -> ir.Table:
    times = {name: "timestamp" for name, kind in parts[0].schema().items() if kind.is_timestamp()}
    return ibis.union(*(part.cast(times) for part in parts)) if len(parts) > 1 else parts[0].cast(times)


def _invoices(invoices: ir.Table) -> ir.Table:
    """Return each invoice as a debt, from its due date until it was paid."""
    paid_at = invoices.paid_at if "paid_at" in invoices.columns else ibis.null("timestamp")
    due = invoices.filter(invoices.due_at.notnull())
    return due.select("customer_id", begun_at="due_at", until=paid_at.fill_null(AFTER))


def _overdue(invoices: ir.Table, as_of: datetime) -> ir.Table:
    """Return since when something was due at ``as_of`` that was neither settled nor written off by then."""
    settled, now = with_settlements(invoices), ibis.timestamp(str(as_of))
    over = ibis.least(settled.paid_at, settled.voided_at, settled.disputed_at, settled.written_off_at)
    owed = (settled.due_at < now) & (over.isnull() | (over >= now)) & (settled.amount > 0)
    return settled.filter(owed.fill_null(False)).select("customer_id", owed_since="due_at")


def _failing(charges: ir.Table, rules: Rules) -> ir.Table:
    """Return runs of as many failed charges as make one delinquent: begun_at, since (the last of so many), until."""
    order = {"group_by": "customer_id", "order_by": ["attempted_at", "charge_id"]}
    runs = charges.select("customer_id", "charge_id", "attempted_at", "succeeded")
    runs = runs.mutate(run=runs.succeeded.cast("int64").sum().over(ibis.cumulative_window(**order)))
    place = ibis.row_number().over(
        ibis.window(group_by=["customer_id", "run"], order_by=["succeeded", "attempted_at", "charge_id"])
    )
    placed = runs.mutate(place=place + 1)
    often = placed.group_by("customer_id", "run").aggregate(
        n=(~placed.succeeded).cast("int64").sum(),
        begun_at=placed.attempted_at.min(),
        since=placed.attempted_at.max(where=(placed.place == rules.failed_charges) & ~placed.succeeded),
    )
    cured_at = often.begun_at.lead().over(ibis.window(group_by="customer_id", order_by="run"))
    often = often.mutate(until=cured_at.fill_null(AFTER))
    return often.filter(often.n >= rules.failed_charges)


def _failed(failing: ir.Table, as_of: datetime) -> ir.Table:
    now = ibis.timestamp(str(as_of))
    return failing.filter((failing.since < now) & (failing.until >= now)).select("customer_id", owed_since=BEFORE)


def _long(owed: ir.Table, known_until: datetime, rules: Rules) -> ir.Table:
    end = ibis.least(owed.until, ibis.timestamp(str(known_until)))
    return owed.mutate(end=end).filter(owed.begun_at + ibis.interval(days=rules.recovery_days) <= end)


def _with_silence(tables: Crm, owed: ir.Table, rules: Rules) -> ir.Table:
    """Return the debts with ``recovery_days`` without any activity inside them."""
    names = [name for name in ACTIVITIES if name in tables]
    if not names:
        return owed.filter(ibis.literal(False))
    signs = [activity_rows(tables, name).select("customer_id", "at") for name in names]
    signs = [rows.semi_join(owed, "customer_id") for rows in signs]
    debtors = owed.select("customer_id").distinct()
    both = ibis.union(*signs, *(debtors.mutate(at=edge.cast("timestamp")) for edge in (BEFORE, AFTER)))
    until = both["at"].lead().over(ibis.window(group_by="customer_id", order_by="at"))
    gaps = both.mutate(silent_until=until)
    days = ibis.interval(days=rules.recovery_days)
    gaps = gaps.filter(gaps["at"] + days <= gaps.silent_until)
    pairs = owed.join(gaps, "customer_id")
    fits = ibis.greatest(pairs["at"], pairs.begun_at) + days <= ibis.least(pairs.silent_until, pairs.end)
    return pairs.filter(fits).select(owed.columns)
