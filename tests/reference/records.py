"""What is known of each customer, read row by row; and the same as somebody would have seen it before an instant."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from workbench.crm.asof import Crm

Row = dict[str, Any]


@dataclass(frozen=True)
class Rules:
    """The settings, named as those of the verbs; reasons that mean "cannot pay" are listed, not mapped."""

    horizon_days: int = 91
    inactive_days: int | None = 91
    grace_days: int = 30
    overdue_days: int = 30
    failed_charges: int = 3
    recovery_days: int = 30
    dated: str = "notice"
    left_by: tuple[str, ...] = ("subscriptions", "closed_at", "cancellations")
    financial_reasons: frozenset[str] = frozenset()

    @property
    def grace(self) -> timedelta:
        return timedelta(days=self.grace_days)

    @property
    def silence(self) -> timedelta | None:
        return None if self.inactive_days is None else timedelta(days=self.inactive_days)


@dataclass(frozen=True)
class Subscription:
    id: str
    kind: str
    started_at: datetime
    cancelled_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    changes: tuple[tuple[datetime, str], ...] = ()
    trial_ends_at: datetime | None = None

    def paid_from(self) -> datetime:
        return max(self.started_at, self.trial_ends_at or self.started_at)

    def end(self) -> datetime | None:
        """The end of service; a notice given in the trial ends it with the trial."""
        return self.trial_ends_at if self.ended_at is None and self.noticed_in_trial() else self.ended_at

    def noticed_in_trial(self) -> bool:
        return bool(self.cancelled_at and self.trial_ends_at and self.cancelled_at < self.trial_ends_at)

    def is_paid(self, now: datetime) -> bool:
        """Whether it is paid for by ``now``: a trial must be over without notice, and a day of service follow at least."""
        if self.kind != "paid" or self.trial_ends_at is None or self.trial_ends_at <= self.started_at:
            return self.kind == "paid"
        end = self.end()
        if self.noticed_in_trial():
            return False
        return self.trial_ends_at < now and (end is None or end >= self.trial_ends_at + timedelta(days=1))


@dataclass(frozen=True)
class Invoice:
    issued_at: datetime
    due_at: datetime | None
    paid_at: datetime | None
    voided_at: datetime | None
    disputed_at: datetime | None
    written_off_at: datetime | None

    def is_owed(self, at: datetime) -> bool:
        """Issued before ``at``, and nothing has settled it before."""
        settled = (self.paid_at, self.voided_at, self.disputed_at, self.written_off_at)
        return self.issued_at < at and not any(when is not None and when < at for when in settled)


@dataclass(frozen=True, order=True)
class Charge:
    attempted_at: datetime
    id: str
    succeeded: bool


@dataclass(frozen=True)
class Cancellation:
    occurred_at: datetime
    reason: str | None


@dataclass
class Customer:
    """One customer's rows as known at ``now``; acts (orders that are no returns), events and charges in time's order."""

    id: str
    now: datetime = datetime.max
    signed_up_at: datetime | None = None
    closed_at: datetime | None = None
    subscriptions: list[Subscription] = field(default_factory=list)
    acts: list[datetime] = field(default_factory=list)
    events: list[datetime] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)

    @property
    def paid(self) -> list[Subscription]:
        found = [s for s in self.subscriptions if s.is_paid(self.now)]
        return [replace(s, started_at=s.paid_from(), ended_at=s.end()) for s in found]

    @property
    def tried(self) -> list[tuple[str, bool]]:
        """For each trial or free plan which of both it is, and whether it goes on."""
        found = []
        for s in self.subscriptions:
            if s.kind == "free":
                found.append(("free", s.end() is None))
            elif not s.is_paid(self.now):
                trial_is_over = s.trial_ends_at is not None and s.trial_ends_at < self.now
                found.append(("trial", s.end() is None and not trial_is_over))
        return found

    def before(self, t: datetime) -> Customer:
        """Return the customer as known at ``t``: later rows gone, and instants not reached yet blank."""
        is_hidden = self.signed_up_at is not None and self.signed_up_at >= t
        return Customer(
            id=self.id,
            now=min(t, self.now),
            signed_up_at=_reached(self.signed_up_at, t),
            closed_at=None if is_hidden else _reached(self.closed_at, t),
            subscriptions=[_subscription_before(s, t) for s in self.subscriptions if s.started_at < t],
            acts=self.acts[: bisect_left(self.acts, t)],
            events=self.events[: bisect_left(self.events, t)],
            invoices=[_invoice_before(i, t) for i in self.invoices if i.issued_at < t],
            charges=[c for c in self.charges if c.attempted_at < t],
            cancellations=[c for c in self.cancellations if c.occurred_at < t],
        )


def _reached(at: datetime | None, t: datetime) -> datetime | None:
    return at if at is not None and at < t else None


def _subscription_before(subscription: Subscription, t: datetime) -> Subscription:
    cancelled = _reached(subscription.cancelled_at, t)
    return replace(
        subscription,
        cancelled_at=cancelled,
        ended_at=_reached(subscription.ended_at, t),
        reason=subscription.reason if cancelled else None,
        changes=tuple(c for c in subscription.changes if c[0] < t),
    )


def _invoice_before(invoice: Invoice, t: datetime) -> Invoice:
    settled = ("paid_at", "voided_at", "disputed_at", "written_off_at")
    return replace(invoice, **{name: _reached(getattr(invoice, name), t) for name in settled})


@dataclass(frozen=True)
class Company:
    """All customers but the excluded, the tables the source has, and the instant up to which it knows."""

    customers: dict[str, Customer]
    tables: frozenset[str]
    known_until: datetime


def read(crm: Crm) -> Company:
    """Return every customer of a Crm with their rows."""
    found: defaultdict[str, Customer] = defaultdict(lambda: Customer(id=""))
    excluded = set()
    for row in _rows(crm, "customers"):
        if row.get("exclude_reason") is not None:
            excluded.add(row["customer_id"])
        customer = found[row["customer_id"]]
        customer.signed_up_at, customer.closed_at = row.get("signed_up_at"), row.get("closed_at")
    _read_subscriptions(crm, found)
    _read_acts(crm, found)
    _read_money(crm, found)
    for row in _rows(crm, "cancellations"):
        found[row["customer_id"]].cancellations.append(Cancellation(row["occurred_at"], row.get("reason")))
    until = crm.facts.known_until
    customers = {
        name: replace(customer, id=name, now=until) for name, customer in found.items() if name not in excluded
    }
    return Company(customers, frozenset(crm), crm.facts.known_until)


def _rows(crm: Crm, table: str, *columns: str) -> list[Row]:
    if table not in crm:
        return []
    rows = crm[table].select(*columns) if columns else crm[table]
    return rows.to_pyarrow().to_pylist()


def _read_subscriptions(crm: Crm, found: defaultdict[str, Customer]) -> None:
    changes = defaultdict(list)
    for row in _rows(crm, "subscription_changes"):
        changes[row["subscription_id"]].append((row["changed_at"], row.get("change")))
    for row in _rows(crm, "subscriptions"):
        cancelled = row.get("cancelled_at")
        found[row["customer_id"]].subscriptions.append(
            Subscription(
                id=row["subscription_id"],
                kind=row.get("kind") or "paid",
                started_at=row["started_at"],
                cancelled_at=cancelled,
                # A source without a column for the end of service takes the notice for it.
                ended_at=row.get("ended_at", cancelled),
                reason=row.get("cancel_reason"),
                changes=tuple(sorted(changes[row["subscription_id"]])),
                trial_ends_at=row.get("trial_ends_at"),
            )
        )


def _read_acts(crm: Crm, found: defaultdict[str, Customer]) -> None:
    for row in _rows(crm, "events", "customer_id", "occurred_at"):
        found[row["customer_id"]].events.append(row["occurred_at"])
    for row in _rows(crm, "orders", "customer_id", "ordered_at", "amount"):
        if row["amount"] >= 0:
            found[row["customer_id"]].acts.append(row["ordered_at"])
    events_only = "orders" not in crm and "subscriptions" not in crm
    for customer in found.values():
        customer.events.sort()
        customer.acts = sorted(set(customer.events if events_only else customer.acts))


def _credit(rows: list[Row]) -> None:
    """Let the first credit note of an amount void the first such bill open by then, the second note the second."""
    settling = ("paid_at", "voided_at", "disputed_at")
    before = Counter[Any]()
    credited = dict[str, datetime]()
    for note in (row for row in rows if row["amount"] < 0):
        at, place = note["issued_at"], before[note["amount"]]
        bills = [row for row in rows if row["amount"] == -note["amount"] and row["issued_at"] <= at]
        bills = [row for row in bills if not any(row.get(n) is not None and row[n] <= at for n in settling)]
        for row in bills[place : place + 1]:
            credited[row["invoice_id"]] = min(at, credited.get(row["invoice_id"], at))
        before[note["amount"]] += 1
    for row in rows:
        if at := credited.get(row["invoice_id"]):
            row["voided_at"] = min(at, row.get("voided_at") or at)


def _read_money(crm: Crm, found: defaultdict[str, Customer]) -> None:
    dates = ("due_at", "paid_at", "voided_at", "disputed_at", "written_off_at")
    billed = defaultdict(list)
    for row in sorted(_rows(crm, "invoices"), key=lambda row: (row["issued_at"], row["invoice_id"])):
        billed[row["customer_id"]].append(row)
    for customer, rows in billed.items():
        _credit(rows)
        bills = [row for row in rows if row["amount"] > 0]
        found[customer].invoices += [Invoice(row["issued_at"], *(row.get(name) for name in dates)) for row in bills]
    for row in _rows(crm, "charges"):
        charge = Charge(row["attempted_at"], row["charge_id"], row["succeeded"])
        found[row["customer_id"]].charges.append(charge)
    for customer in found.values():
        customer.charges.sort()
