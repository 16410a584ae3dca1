"""How a paid subscription ends: by its own dates or another source's, or because nobody pays or uses it any more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.reference.records import Charge, Company, Customer, Rules, Subscription

FOREVER = datetime.max


@dataclass(frozen=True)
class Segment:
    """An uninterrupted time on one paid subscription up to its closing: the notice, or the end of service.

    FOREVER stands for no closing, and for no end of service.
    """

    start: datetime
    end: datetime
    service_end: datetime
    subscription: Subscription
    is_lapse: bool = False


def closed(subscription: Subscription, customer: Customer, rules: Rules) -> Subscription:
    """Return the subscription with the dates and reason of its closing: the earliest by any source.

    Sources with one within the grace after it mean the same closing: the first named of them is believed.
    """
    closings = [found for source in rules.left_by if (found := _closed_by(source, subscription, customer, rules))]
    if not closings:
        return replace(subscription, cancelled_at=None, ended_at=None, reason=None)
    latest = min(map(first_date, closings)) + rules.grace
    return next(found for found in closings if first_date(found) <= latest)


def _closed_by(source: str, subscription: Subscription, customer: Customer, rules: Rules) -> Subscription | None:
    """Return the subscription as one source closes it, or None where that source has no closing."""
    if source == "subscriptions":
        return subscription if first_date(subscription) < FOREVER else None
    if source == "closed_at":
        said = [at for at in (customer.closed_at,) if at and at >= subscription.started_at]
        return _closed_at(subscription, said[0], None) if said else None
    said = [at for at in unexplained(customer, rules) if at >= subscription.started_at]
    return _closed_at(subscription, said[0], reason_recorded(customer, said[0])) if said else None


def first_date(subscription: Subscription) -> datetime:
    """Return the earlier of the notice and the end of service, or FOREVER."""
    return min(subscription.cancelled_at or FOREVER, subscription.ended_at or FOREVER)


def _closed_at(subscription: Subscription, at: datetime, reason: str | None) -> Subscription:
    return replace(subscription, cancelled_at=at, ended_at=at, reason=reason)


def unexplained(customer: Customer, rules: Rules) -> list[datetime]:
    """Return the recorded cancellations, in order, that no paid subscription's own closing within the grace explains."""
    order = [source for source in rules.left_by if source in ("subscriptions", "cancellations")]
    explaining = customer.paid if order == ["subscriptions", "cancellations"] else []
    own = [first_date(subscription) for subscription in explaining if first_date(subscription) < FOREVER]
    said = sorted({c.occurred_at for c in customer.cancellations})
    return [at for at in said if not any(abs(date - at) <= rules.grace for date in own)]


def reason_recorded(customer: Customer, at: datetime) -> str | None:
    """Return the reason of the cancellation recorded at ``at``; of several the alphabetically first."""
    return min((c.reason for c in customer.cancellations if c.occurred_at == at and c.reason is not None), default=None)


def segments(customer: Customer, company: Company, rules: Rules) -> list[Segment]:
    """Return the times on each paid subscription, cut at every lapse for non-payment."""
    found = [_segment(s, rules) for s in served(customer, company, rules)]
    for lapse in lapses(customer, company, rules):
        found = [replace(piece, is_lapse=piece.is_lapse or piece.start < lapse == piece.end) for piece in found]
        found = [piece for segment in found for piece in _cut(segment, lapse, comeback(customer, lapse))]
    return sorted(found, key=lambda segment: segment.start)


def _segment(subscription: Subscription, rules: Rules) -> Segment:
    end = subscription.ended_at or FOREVER
    if rules.dated == "notice":
        end = min(end, subscription.cancelled_at or FOREVER)
    return Segment(subscription.started_at, end, subscription.ended_at or FOREVER, subscription)


def _cut(segment: Segment, lapse: datetime, back: datetime) -> list[Segment]:
    if not segment.start < lapse < segment.end:
        return [segment]
    before = replace(segment, end=lapse, service_end=lapse, is_lapse=True)
    return [before, replace(segment, start=back)] if back < segment.end else [before]


def served(customer: Customer, company: Company, rules: Rules) -> list[Subscription]:
    """Return the paid subscriptions with their closings; a lapse without a return before the notice ends the service."""
    found = []
    for subscription in [closed(s, customer, rules) for s in customer.paid]:
        notice, end = subscription.cancelled_at or FOREVER, subscription.ended_at or FOREVER
        cut = [lapse for lapse in lapses(customer, company, rules) if subscription.started_at < lapse < end]
        final = [lapse for lapse in cut if comeback(customer, lapse) >= notice]
        found.append(replace(subscription, ended_at=min(final)) if final else subscription)
    return found


def lapses(customer: Customer, company: Company, rules: Rules) -> list[datetime]:
    """Return when a debt was not recovered in time by a customer who showed no sign of life since."""
    recovery = timedelta(days=rules.recovery_days)
    if not {"orders", "events"} & company.tables:
        return []
    found = set()
    for since, cured in _debts(customer, rules) + _failures(customer, rules):
        is_unrecovered = cured is None or cured >= since + recovery
        alive = any(since <= at < since + recovery for at in customer.acts + customer.events)
        if is_unrecovered and not alive and since + recovery <= company.known_until:
            found.add(since + recovery)
    return sorted(found)


def _debts(customer: Customer, rules: Rules) -> list[tuple[datetime, datetime | None]]:
    """Return, for each invoice still owed when long past due, since when and until when it was."""
    found = []
    for invoice in customer.invoices:
        if invoice.due_at is None:
            continue
        since = invoice.due_at + timedelta(days=rules.overdue_days)
        if invoice.is_owed(since):
            cures = [at for at in (invoice.paid_at, invoice.voided_at, invoice.disputed_at) if at]
            found.append((since, min(cures, default=None)))
    return found


def _failures(customer: Customer, rules: Rules) -> list[tuple[datetime, datetime | None]]:
    """Return, for each run of as many failed charges as the rules name, when it was complete and when a charge succeeded."""
    found, run = [], 0
    for place, charge in enumerate(customer.charges):
        run = 0 if charge.succeeded else run + 1
        if run == rules.failed_charges:
            found.append((charge.attempted_at, _next_success(customer.charges[place:])))
    return found


def _next_success(charges: list[Charge]) -> datetime | None:
    return next((charge.attempted_at for charge in charges if charge.succeeded), None)


def comeback(customer: Customer, lapse: datetime) -> datetime:
    """Return the first sign at or after a lapse that the subscription goes on, or FOREVER."""
    signs = [*customer.acts, *customer.events]
    signs += [charge.attempted_at for charge in customer.charges if charge.succeeded]
    signs += [invoice.paid_at for invoice in customer.invoices if invoice.paid_at]
    signs += [subscription.started_at for subscription in customer.paid]
    return min((at for at in signs if at >= lapse), default=FOREVER)
