"""What a contract says of a customer: plan, end of the term, trial, notice, departure."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from workbench.crm import Crm, first_term_end, paid_service, unpaid_service
from workbench.engines import first_of

MONTHLY = ("month", "monthly")
WITHIN_DAYS = 90
TERMS = ("contract_ends_on", "contract_period", "contract_renews")


def terms(known: Crm, at: datetime) -> ir.Table:
    """Return contract_ends_on, contract_period and contract_renews of contracts that end within 90 days.

    Monthly ones, and those in notice, are left out. Terms roll: they end at renews_at and every billing period before
    and after it. contract_renews is 'yes' where they renew by themselves, else 'no'; empty where that is not known.
    """
    now, rows = ibis.timestamp(str(at)), paid_service(known)
    running = rows.filter((rows.started_at < now) & rows.cancelled_at.isnull() & rows.ended_at.isnull())
    period = running.billing_period if "billing_period" in running.columns else ibis.null("string")
    running = running.mutate(period=period, ends=first_term_end(running, now))
    due = running.filter(running.ends < now + ibis.interval(days=WITHIN_DAYS))
    due = due.filter(~due.period.lower().isin(MONTHLY).fill_null(False))
    first = first_of(due, ["customer_id"], "ends", "subscription_id")
    renewing = first.auto_renew if "auto_renew" in first.columns else ibis.null("boolean")
    renews = ibis.cases((renewing, "yes"), (~renewing, "no"))
    return first.select(
        "customer_id", contract_ends_on=first.ends.date(), contract_period=first.period, contract_renews=renews
    )


def trials(known: Crm, at: datetime) -> ir.Table:
    """Return trial_ends_on of the trials that run."""
    now, rows = ibis.timestamp(str(at)), known["subscriptions"]
    running = rows.filter((rows.started_at < now) & (rows.trial_ends_at >= now))
    return running.group_by("customer_id").aggregate(trial_ends_on=running.trial_ends_at.max().date())


def free_plans(known: Crm, at: datetime) -> ir.Table:
    """Return free_since of the free plans that run."""
    now, rows = ibis.timestamp(str(at)), unpaid_service(known)
    running = rows.filter((rows.kind == "free") & (rows.started_at < now))
    running = running.filter(running.ended_at.isnull() | (running.ended_at >= now))
    return running.group_by("customer_id").aggregate(free_since=running.started_at.min().date())


def notices(known: Crm, at: datetime) -> ir.Table:
    """Return notice_on, service_ends_on (empty: not known) and notice_reason of those in notice."""
    now, rows = ibis.timestamp(str(at)), paid_service(known)
    given = rows.filter((rows.cancelled_at < now) & (rows.ended_at.isnull() | (rows.ended_at >= now)))
    ends = given.ended_at
    if "renews_at" in given.columns:
        ends = ends.coalesce(first_term_end(given, now))
    given = given.mutate(ends=ends)
    last = first_of(given, ["customer_id"], ibis.desc("cancelled_at"), "subscription_id")
    return last.select(
        "customer_id", notice_on=last.cancelled_at.date(), service_ends_on=last.ends.date(),
        notice_reason=last.cancel_reason.strip().lower(),
    )  # fmt: skip


def departures(known: Crm, at: datetime) -> ir.Table:
    """Return left_on and left_reason of the last paid service that ended."""
    now, rows = ibis.timestamp(str(at)), paid_service(known)
    over = rows.filter(rows.ended_at < now)
    last = first_of(over, ["customer_id"], ibis.desc("ended_at"), "subscription_id")
    return last.select("customer_id", left_on=last.ended_at.date(), left_reason=last.cancel_reason.strip().lower())
