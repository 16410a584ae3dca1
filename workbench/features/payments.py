"""Payment pattern: late and open invoices, failed charges (S3)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.features.declare import Feature, count, recent


def _late(invoices: ir.Table) -> ir.Value:
    """Past due and unpaid at the snapshot, or paid after the due date."""
    return (invoices.due_at < invoices.as_of) & (invoices.paid_at.isnull() | (invoices.paid_at > invoices.due_at))


FEATURES = [
    Feature(
        "n_late_invoices_90d", "payments", "invoices", "invoices", "invoices of 90 days paid late or still owed",
        "high", "invoices of the last 90 days paid late or owed: {value}",
        lambda t: count(_late(t) & recent(t, t.issued_at, 90)), needs=("due_at", "paid_at"), none=0,
    ),
    Feature(
        "n_owed_invoices", "payments", "invoices", "invoices", "invoices past due and unpaid",
        "high", "invoices past due: {value}",
        lambda t: count(_late(t) & t.paid_at.isnull()), needs=("due_at", "paid_at"), none=0,
    ),
    Feature(
        "n_failed_charges_90d", "payments", "charges", "charges", "failed charges in the last 90 days",
        "high", "failed charges in the last 90 days: {value}",
        lambda t: count(~t.succeeded & recent(t, t.attempted_at, 90)), none=0,
    ),
    Feature(
        "invoiced_90d", "money", "invoices", "currency", "invoiced in the last 90 days",
        "low", "invoiced in the last 90 days: {value}",
        lambda t: t.amount.sum(where=t.issued_at >= t.as_of - ibis.interval(days=90)).fill_null(0).cast("float64"),
        none=0,
    ),
]  # fmt: skip
