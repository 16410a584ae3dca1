"""Payment pattern: delays, open invoices, failed charges and their recovery, means of payment (S3)."""

from __future__ import annotations

from functools import reduce
from operator import and_

import ibis
import ibis.expr.types as ir

from workbench.features.declare import WINDOWS, Aggregate, Feature, days_between, difference, trend


def _counts(invoices: ir.Table) -> ir.Value:
    """Neither voided (credited) nor disputed, which are not the customer's delay, nor a credit note itself."""
    marks = [invoices[c].isnull() for c in ("voided_at", "disputed_at") if c in invoices.columns]
    return reduce(and_, marks, invoices.amount > 0)


def _late(invoices: ir.Table) -> ir.Value:
    """A day or more past due: unpaid at the snapshot, or paid then."""
    return (_delay(invoices) >= 1) & _counts(invoices)


def _owed(invoices: ir.Table) -> ir.Value:
    """Late and unpaid, and not given up: what was written off is owed no more."""
    given_up = invoices.written_off_at.notnull() if "written_off_at" in invoices.columns else ibis.literal(False)
    return _late(invoices) & invoices.paid_at.isnull() & ~given_up


def _delay(invoices: ir.Table) -> ir.Value:
    """Days from the due date to the payment or, unpaid, to the snapshot; negative when paid early."""
    return days_between(invoices.paid_at.coalesce(invoices.as_of), invoices.due_at)


def _is_due(invoices: ir.Table) -> ir.Value:
    return ((invoices.due_at < invoices.as_of) | invoices.paid_at.notnull()) & _counts(invoices)


def _failed(charges: ir.Table) -> ir.Value:
    return ~charges.succeeded


def _days_to_expiry(charges: ir.Table) -> ir.Value:
    return days_between(charges.card_expires_at, charges.as_of)


DELAY = Aggregate("mean", of=_delay, where=_is_due)
FEATURES = [
    Feature(
        "n_late_invoices", "payments", "invoices", "invoices", "invoices of {days} days paid late or still owed",
        "high", "invoices of the last {days} days paid late or owed: {value}",
        Aggregate("count", where=_late), windows=(30, 90, 180, 365), needs=("due_at", "paid_at"), none=0,
    ),
    Feature(
        "n_owed_invoices", "payments", "invoices", "invoices", "invoices past due and unpaid",
        "high", "invoices past due: {value}", Aggregate("count", where=_owed), needs=("due_at", "paid_at"), none=0,
    ),
    Feature(
        "owed_amount", "payments", "invoices", "currency", "amount past due and unpaid",
        "high", "{value} past due",
        Aggregate("sum", of=lambda t: t.amount, where=_owed), needs=("due_at", "paid_at"), none=0,
    ),
    Feature(
        "longest_owed_days", "payments", "invoices", "days", "days the oldest unpaid invoice is past due",
        "high", "{value} days past due",
        Aggregate("max", of=_delay, where=_owed), needs=("due_at", "paid_at"),
    ),
    Feature(
        "payment_delay_days", "payments", "invoices", "days",
        "mean days from due date to payment of invoices of {days} days; unpaid ones to the snapshot",
        "high", "invoices of {days} days paid {value} days after the due date on average",
        DELAY, windows=(90, 180, 365), needs=("due_at", "paid_at"),
    ),
    Feature(
        "payment_delay_days", "payments", "invoices", "days",
        "mean days from due date to payment so far; unpaid ones to the snapshot",
        "high", "invoices paid {value} days after the due date on average", DELAY, needs=("due_at", "paid_at"),
    ),
    Feature(
        "delay_against_usual", "payments", "", "days", "mean delay of 90 days less the customer's mean delay so far",
        "high", "invoices of 90 days paid {value} days later than the customer's usual",
        difference("payment_delay_days_90d", "payment_delay_days"),
        needs=("payment_delay_days_90d", "payment_delay_days"), unchanged=0,
    ),
    Feature(
        "n_disputes", "payments", "invoices", "invoices", "invoices disputed in the last {days} days",
        "high", "invoices disputed in the last {days} days: {value}",
        Aggregate("count", dated_by="disputed_at"), windows=(90, 365), needs=("disputed_at",), none=0,
    ),
    Feature(
        "n_failed_charges", "payments", "charges", "charges", "failed charges in the last {days} days",
        "high", "failed charges in the last {days} days: {value}",
        Aggregate("count", where=_failed), windows=WINDOWS, none=0,
    ),
    Feature(
        "failed_share", "payments", "charges", "share", "share of the charges of {days} days that failed",
        "high", "{value} of the charges of {days} days failed",
        Aggregate("mean", of=_failed), windows=(90, 365),
    ),
    Feature(
        "days_since_failed_charge", "payments", "charges", "days", "whole days since a charge last failed",
        "low", "a charge failed {value} days ago", Aggregate("days since last", where=_failed),
    ),
    Feature(
        "n_recovered", "payments", "charges", "invoices", "invoices collected after a failed charge so far",
        "neither", "invoices collected after a failed charge: {value}",
        Aggregate("count distinct", of=lambda t: t.invoice_id, where=lambda t: t.succeeded & t.failed_before),
        needs=("invoice_id",), none=0,
    ),
    Feature(
        "n_methods", "payments", "charges", "methods", "different means of payment tried in the last {days} days",
        "high", "means of payment tried in {days} days: {value}",
        Aggregate("count distinct", of=lambda t: t.method), windows=(90, 180), needs=("method",), none=0,
    ),
    Feature(
        "days_to_card_expiry", "payments", "charges", "days", "whole days until the card last used expires",
        "low", "the card expires in {value} days",
        Aggregate("last", of=_days_to_expiry), needs=("card_expires_at",),
    ),
    Feature(
        "invoiced", "money", "invoices", "currency", "invoiced in the last {days} days",
        "low", "invoiced in the last {days} days: {value}",
        Aggregate("sum", of=lambda t: t.amount), windows=(30, 90, 180, 365), none=0,
    ),
    Feature(
        "invoiced_trend", "money", "", "times", "invoiced a day in the last 90 days against the last 180",
        "low", "invoiced in the last 90 days is {value} times that of the last 180",
        trend("invoiced", 90, 180), needs=("invoiced_90d", "invoiced_180d"),
    ),
]  # fmt: skip
