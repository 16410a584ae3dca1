"""When an invoice was settled: paid, voided, disputed, or credited by a note of its own amount."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.engines import attach

SETTLED = ["paid_at", "voided_at", "disputed_at"]
"""What ends a debt; one given up (written_off_at) is no longer past due, and was never paid."""


def with_settlements(invoices: ir.Table) -> ir.Table:
    """Return the invoices with all columns that may end a debt, whatever the source maps; a credit note ends one too.

    The first note of a customer and an amount credits the first such invoice open by then, the second the second.
    """
    missing = [c for c in [*SETTLED, "written_off_at"] if c not in invoices.columns]
    invoices = invoices.mutate(**dict.fromkeys(missing, ibis.null("timestamp")))
    credited = attach(invoices, _credited(invoices), ["invoice_id"])
    return credited.mutate(voided_at=ibis.least(credited.voided_at, credited.credited_at)).drop("credited_at")


def _credited(invoices: ir.Table) -> ir.Table:
    """Return invoice_id, credited_at: only what was known on the day of the note decides."""
    notes = invoices.filter(invoices.amount < 0)
    notes = notes.select("customer_id", amount=-notes.amount, note="invoice_id", credited_at=notes.issued_at)
    order = ibis.window(group_by=["customer_id", "amount"], order_by=["credited_at", "note"])
    notes = notes.mutate(before=ibis.row_number().over(order))
    pairs = notes.join(
        invoices.select("customer_id", "amount", "invoice_id", "issued_at", *SETTLED), ["customer_id", "amount"]
    )
    settled = ibis.least(*(pairs[c] for c in SETTLED))
    open_then = pairs.filter(
        (pairs.issued_at <= pairs.credited_at) & (settled.isnull() | (settled > pairs.credited_at))
    )
    place = ibis.row_number().over(ibis.window(group_by="note", order_by=["issued_at", "invoice_id"]))
    met = open_then.mutate(place=place).filter(ibis._.place == ibis._.before)
    return met.group_by("invoice_id").aggregate(credited_at=met.credited_at.min())
