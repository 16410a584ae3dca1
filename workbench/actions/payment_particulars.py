"""What is owed, and how charging failed."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from workbench.crm import SETTLED, Crm, with_settlements
from workbench.engines import first_of


def owed(known: Crm, at: datetime) -> ir.Table:
    """Return invoice, invoice_due_on and invoice_amount of the oldest invoice past due."""
    now, rows = ibis.timestamp(str(at)), with_settlements(known["invoices"])
    for name in (*SETTLED, "written_off_at"):
        rows = rows.filter(rows[name].isnull())
    oldest = first_of(rows.filter((rows.due_at < now) & (rows.amount > 0)), ["customer_id"], "due_at", "invoice_id")
    return oldest.select(
        "customer_id", invoice=oldest.invoice_id, invoice_due_on=oldest.due_at.date(),
        invoice_amount=oldest.amount.cast("float64"),
    )  # fmt: skip


def disputes(known: Crm, at: datetime) -> ir.Table:
    """Return disputed_invoice and disputed_on of the invoices disputed and not settled yet, the oldest one."""
    rows = known["invoices"]
    open_ = rows.filter(rows.disputed_at.notnull() & (rows.disputed_at < ibis.timestamp(str(at))))
    for name in (c for c in ("paid_at", "voided_at", "written_off_at") if c in rows.columns):
        open_ = open_.filter(open_[name].isnull())
    oldest = first_of(open_, ["customer_id"], "disputed_at", "invoice_id")
    return oldest.select("customer_id", disputed_invoice=oldest.invoice_id, disputed_on=oldest.disputed_at.date())


def failures(known: Crm, at: datetime) -> ir.Table:
    """Return failed_in_row (charges since the last that succeeded), failed_on and failure_code of the last.

    Of charges at one moment it is the last code by name, so that two runs write the same.
    """
    rows = known["charges"].filter(ibis._.attempted_at < ibis.timestamp(str(at)))
    worked = rows.filter(rows.succeeded).group_by("customer_id").aggregate(worked_at=ibis._.attempted_at.max())
    failed = rows.filter(~rows.succeeded).left_join(worked, "customer_id")
    failed = failed.filter(failed.worked_at.isnull() | (failed.attempted_at > failed.worked_at))
    code = failed.failure_code if "failure_code" in failed.columns else ibis.null("string")
    at_once = failed.mutate(code=code).group_by("customer_id", "attempted_at")
    at_once = at_once.aggregate(charges=ibis._.count(), code=ibis._.code.max())
    return at_once.group_by("customer_id").aggregate(
        failed_in_row=at_once.charges.sum(), failed_on=at_once.attempted_at.max().date(),
        failure_code=at_once.code.argmax(at_once.attempted_at).re_replace("[_-]+", " "),
    )  # fmt: skip


def cards(known: Crm, at: datetime) -> ir.Table:
    """Return card_ends_on: when the card charged last expires, or did since; empty where that was no card."""
    rows = known["charges"].filter(ibis._.attempted_at < ibis.timestamp(str(at)))
    last = first_of(rows, ["customer_id"], ibis.desc("attempted_at"), "charge_id")
    last = last.filter(last.card_expires_at >= last.attempted_at)
    return last.select("customer_id", card_ends_on=last.card_expires_at.date())
