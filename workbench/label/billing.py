"""Money owed: who is delinquent at a snapshot, and what was unpaid when a service ended."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.asof import KEY, AsOf, Crm

CLOSING = ["paid_at", "voided_at", "disputed_at", "written_off_at"]


def _owed(invoices: ir.Table, moment: ir.Value) -> ir.Value:
    """An invoice past due at a moment: not paid, voided, credited, disputed or given up before it."""
    owed = invoices.due_at < moment
    for column in CLOSING:
        if column in invoices.columns:
            owed &= invoices[column].isnull() | (invoices[column] >= moment)
    return owed


def delinquent(view: AsOf, overdue_days: int) -> ir.Table:
    """Return customer_id, as_of, owed_invoice_id for each customer with an invoice ``overdue_days`` past due."""
    invoices = view["invoices"]
    late = invoices.filter(_owed(invoices, invoices.as_of - ibis.interval(days=overdue_days)))
    return late.group_by(*KEY).aggregate(owed_invoice_id=late.invoice_id.min())


def unpaid_at_end(crm: Crm, ends: ir.Table) -> ir.Table:
    """Add to ended lives (customer_id, life, ended_at) what was unpaid then: unpaid_id, empty when nothing was.

    An invoice past due, or a charge that failed and was not recovered by a later one.
    """
    none = ends.mutate(unpaid_id=ibis.null("string"))
    found = [_unpaid_invoice(crm, ends)] if "invoices" in crm and "due_at" in crm["invoices"].columns else []
    found += [_failed_charge(crm, ends)] if "charges" in crm else []
    if not found:
        return none
    both = ibis.union(*found) if len(found) > 1 else found[0]
    first = both.group_by("customer_id", "life").aggregate(unpaid_id=both.unpaid_id.min())
    return ends.left_join(first, ["customer_id", "life"]).drop("customer_id_right", "life_right")


def _unpaid_invoice(crm: Crm, ends: ir.Table) -> ir.Table:
    pairs = ends.select("customer_id", "life", "started_at", "ended_at").join(crm["invoices"], "customer_id")
    of_this_life = pairs.issued_at >= pairs.started_at
    return pairs.filter(of_this_life & _owed(pairs, pairs.ended_at)).select(
        "customer_id", "life", unpaid_id="invoice_id"
    )


def _failed_charge(crm: Crm, ends: ir.Table) -> ir.Table:
    charges = crm["charges"].select("customer_id", "charge_id", "attempted_at", "succeeded")
    pairs = ends.select("customer_id", "life", "started_at", "ended_at").join(charges, "customer_id")
    tried = pairs.filter((pairs.attempted_at < pairs.ended_at) & (pairs.attempted_at >= pairs.started_at))
    last = tried.group_by("customer_id", "life").aggregate(
        unpaid_id=tried.charge_id.argmax(tried.attempted_at), paid=tried.succeeded.argmax(tried.attempted_at)
    )
    return last.filter(~last.paid).select("customer_id", "life", "unpaid_id")
