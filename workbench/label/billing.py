"""Money owed: since when customers are delinquent, which are lost for it, and what was unpaid when a service ended."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.crm import ACTIVITIES, KEY, SETTLED, AsOf, Crm, activity_rows, paid_service, remembered, with_settlements
from workbench.engines import attach, first_of, materialized
from workbench.label.rules import Rules


def debts(crm: Crm, rules: Rules) -> ir.Table | None:
    """Return each time a customer became delinquent; None without invoices with due dates and without charges.

    Columns: customer_id, since, debt_id, cured_at (paid, voided, disputed, or a charge that succeeded; empty: never),
    over_at (also given up).
    """
    parts = [_overdue(crm, rules)] if "invoices" in crm and "due_at" in crm["invoices"].columns else []
    parts += [_failing(crm, rules)] if "charges" in crm else []
    times = dict.fromkeys(("since", "cured_at", "over_at"), "timestamp")
    parts = [part.cast(times) for part in parts]
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def _overdue(crm: Crm, rules: Rules) -> ir.Table:
    invoices = with_settlements(crm["invoices"])
    since = invoices.due_at + ibis.interval(days=rules.overdue_days)
    late = invoices.filter(_open_at(invoices, since))
    return late.select(
        "customer_id",
        since=late.due_at + ibis.interval(days=rules.overdue_days),
        debt_id=ibis.literal("invoice ") + late.invoice_id,
        cured_at=ibis.least(*(late[c] for c in SETTLED)),
        over_at=ibis.least(*(late[c] for c in [*SETTLED, "written_off_at"])),
    )


def _open_at(invoices: ir.Table, moment: ir.Value) -> ir.Value:
    over = ibis.least(*(invoices[c] for c in [*SETTLED, "written_off_at"]))
    owed = invoices.due_at.notnull() & (invoices.amount > 0)  # a credit note is owed to the customer
    return owed & (over.isnull() | (over >= moment))


@remembered
def _failing(crm: Crm, rules: Rules) -> ir.Table:
    """Runs of failed charges as long as ``failed_charges``, each cured by the customer's next success."""
    charges = crm["charges"].select("customer_id", "charge_id", "attempted_at", "succeeded")
    failed = charges.filter(~charges.succeeded)
    often = failed.group_by("customer_id").aggregate(n=failed.count()).filter(ibis._.n >= rules.failed_charges)
    charges = charges.semi_join(often, "customer_id")
    order = {"group_by": "customer_id", "order_by": ["attempted_at", "charge_id"]}
    charges = charges.mutate(run=charges.succeeded.cast("int64").sum().over(ibis.cumulative_window(**order)))
    failures = charges.filter(~charges.succeeded)
    place = ibis.row_number().over(ibis.window(group_by=["customer_id", "run"], order_by=["attempted_at", "charge_id"]))
    failures = failures.mutate(place=place + 1).filter(ibis._.place == rules.failed_charges)
    wins = charges.filter(charges.succeeded).select("customer_id", "run", cured_at="attempted_at")
    met = failures.mutate(next_run=failures.run + 1).left_join(wins, ["customer_id", ("next_run", "run")])
    runs = met.select(
        "customer_id",
        since=met.attempted_at,
        debt_id=ibis.literal("charge ") + met.charge_id,
        cured_at=met.cured_at,
        over_at=met.cured_at,
    )
    return materialized(runs)


def delinquent(view: AsOf, rules: Rules) -> ir.Table | None:
    """Return customer_id, as_of, debt_id (one of them) for each customer delinquent at a snapshot; None if unknown."""
    owed = debts(view.crm, rules)
    if owed is None:
        return None
    pairs = owed.cross_join(view.snapshots)
    now = pairs.filter((pairs.since < pairs.as_of) & (pairs.over_at.isnull() | (pairs.over_at >= pairs.as_of)))
    return now.group_by(*KEY).aggregate(debt_id=now.debt_id.min())


@remembered
def lapses(crm: Crm, rules: Rules) -> ir.Table | None:
    """Return the customers lost for not paying, their service not ended; None where debts or activity are not known.

    Not paid for ``recovery_days`` since delinquent, and no order or event in them. Columns: customer_id, lapsed_at,
    since, debt_id, back_at (the next sign of life; empty: none).
    """
    owed = debts(crm, rules)
    if owed is None or not {*ACTIVITIES} & {*crm}:
        return None
    lost_at = owed.since + ibis.interval(days=rules.recovery_days)
    owed = owed.mutate(lapsed_at=lost_at).filter(lost_at <= ibis.timestamp(str(crm.facts.known_until)))
    uncured = owed.filter(owed.cured_at.isnull() | (owed.cured_at >= owed.lapsed_at))
    one = first_of(uncured, ["customer_id", "lapsed_at"], "debt_id")
    alive = _signs_of_life(crm).semi_join(one, "customer_id")
    pairs = one.select("customer_id", "since", "lapsed_at").join(alive, "customer_id")
    active = pairs.filter((pairs["at"] >= pairs.since) & (pairs["at"] < pairs.lapsed_at))
    silent = one.anti_join(active, ["customer_id", "lapsed_at"])
    return materialized(_with_return(crm, silent.select("customer_id", "lapsed_at", "since", "debt_id"), alive))


def _signs_of_life(crm: Crm) -> ir.Table:
    parts = [activity_rows(crm, name).select("customer_id", "at") for name in ACTIVITIES if name in crm]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _with_return(crm: Crm, lost: ir.Table, alive: ir.Table) -> ir.Table:
    signs = [alive]
    if "charges" in crm:
        won = crm["charges"].filter(crm["charges"].succeeded)
        signs.append(won.select("customer_id", at=won.attempted_at.cast("timestamp")))
    if "invoices" in crm and "paid_at" in crm["invoices"].columns:
        invoices = crm["invoices"].filter(crm["invoices"].paid_at.notnull())
        signs.append(invoices.select("customer_id", at=invoices.paid_at.cast("timestamp")))
    begun = paid_service(crm)
    signs.append(begun.select("customer_id", at=begun.started_at.cast("timestamp")))
    pairs = lost.select("customer_id", "lapsed_at").join(ibis.union(*signs), "customer_id")
    later = pairs.filter(pairs["at"] >= pairs.lapsed_at)
    back = later.group_by("customer_id", "lapsed_at").aggregate(back_at=later["at"].min())
    by = ["customer_id", "lapsed_at"]
    return attach(lost, back, by)


def unpaid_at_end(crm: Crm, ends: ir.Table) -> ir.Table:
    """Add to ended spells (customer_id, started_at, ended_at) what was unpaid then: unpaid_id and unpaid_code.

    An invoice past due, or a charge that failed and was not recovered by a later one, with its failure code.
    """
    found = [_unpaid_invoice(crm, ends)] if "invoices" in crm and "due_at" in crm["invoices"].columns else []
    found += [_failed_charge(crm, ends)] if "charges" in crm else []
    if not found:
        return ends.mutate(unpaid_id=ibis.null("string"), unpaid_code=ibis.null("string"))
    both = ibis.union(*found) if len(found) > 1 else found[0]
    by = ["customer_id", "started_at"]
    first = both.group_by(by).aggregate(unpaid_id=both.unpaid_id.max(), unpaid_code=both.unpaid_code.max())
    return attach(ends, first, by)


def _unpaid_invoice(crm: Crm, ends: ir.Table) -> ir.Table:
    closed = ends.filter(ends.ended_at.notnull()).select("customer_id", "started_at", "ended_at")
    pairs = closed.join(with_settlements(crm["invoices"]), "customer_id")
    owed = (pairs.issued_at >= pairs.started_at) & (pairs.due_at < pairs.ended_at) & _open_at(pairs, pairs.ended_at)
    return pairs.filter(owed).select(
        "customer_id",
        "started_at",
        unpaid_id=ibis.literal("invoice ") + pairs.invoice_id,
        unpaid_code=ibis.null("string"),
    )


def _failed_charge(crm: Crm, ends: ir.Table) -> ir.Table:
    closed = ends.filter(ends.ended_at.notnull()).select("customer_id", "started_at", "ended_at")
    charges = crm["charges"]
    code = charges.failure_code if "failure_code" in charges.columns else ibis.null("string")
    charges = charges.select("customer_id", "charge_id", "attempted_at", "succeeded", failure_code=code)
    pairs = closed.join(charges, "customer_id")
    tried = pairs.filter((pairs.attempted_at < pairs.ended_at) & (pairs.attempted_at >= pairs.started_at))
    last = first_of(tried, ["customer_id", "started_at"], ibis.desc("attempted_at"), ibis.desc("charge_id"))
    return last.filter(~last.succeeded).select(
        "customer_id",
        "started_at",
        unpaid_id=ibis.literal("charge ") + last.charge_id,
        unpaid_code=last.failure_code,
    )
