"""In which state a customer was at an instant, as judged by what was known before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.reference.closings import FOREVER, served
from tests.reference.lives import order_closings
from tests.reference.records import Company, Customer, Rules, Subscription

AT_RISK = {"paying", "dormant", "delinquent"}


@dataclass(frozen=True)
class State:
    """A customer's state, and whether it is judged by subscriptions or orders."""

    state: str
    by: str

    @property
    def at_risk(self) -> bool:
        return self.state in AT_RISK


def state(customer: Customer, company: Company, t: datetime, rules: Rules) -> State | None:
    """Return the customer's state at ``t``, or None for one not known then."""
    known = customer.before(t)
    then = replace(company, known_until=min(company.known_until, t))
    if known.paid:
        return _of_subscriber(known, then, t, rules)
    if known.acts:
        return State(_by_orders(known, t, rules), "orders")
    if known.signed_up_at is None and not known.tried:
        return None
    kinds = {kind for kind, goes_on in known.tried if goes_on}
    return State("trial" if "trial" in kinds else "free" if "free" in kinds else "prospect", "orders")


def _by_orders(known: Customer, t: datetime, rules: Rules) -> str:
    if any(at >= known.acts[-1] for at in order_closings(known, rules)):
        return "gone"
    return "paying" if _is_recent(known.acts[-1], t, rules) else "lapsed"


def _is_recent(last: datetime, t: datetime, rules: Rules) -> bool:
    return rules.silence is None or last >= t - rules.silence


def _of_subscriber(known: Customer, then: Company, t: datetime, rules: Rules) -> State:
    paid = served(known, then, rules)
    live = [s for s in paid if s.ended_at is None or s.ended_at >= t]
    if not live:
        return _former(known, max((s.ended_at for s in paid if s.ended_at), default=FOREVER), t, rules)
    still_open = [s for s in live if s.cancelled_at is None]
    if not still_open:
        return State("in notice", "subscriptions")
    if all(_is_paused(s) for s in still_open):
        return State("paused", "subscriptions")
    if _is_delinquent(known, t, rules):
        return State("delinquent", "subscriptions")
    return State("dormant" if _is_dormant(known, still_open, then, t, rules) else "paying", "subscriptions")


def _former(known: Customer, last_end: datetime, t: datetime, rules: Rules) -> State:
    since = [act for act in known.acts if act >= last_end]
    return State(_by_orders(known, t, rules), "orders") if since else State("gone", "subscriptions")


def _is_paused(subscription: Subscription) -> bool:
    turns = [change for change in subscription.changes if change[1] in ("paused", "resumed")]
    settled = [turn for at, turn in turns if len({other for when, other in turns if when == at}) == 1]
    return settled[-1:] == ["paused"]


def _is_delinquent(known: Customer, t: datetime, rules: Rules) -> bool:
    overdue = t - timedelta(days=rules.overdue_days)
    owed = any(i.due_at is not None and i.due_at < overdue and i.is_owed(t) for i in known.invoices)
    last = known.charges[-rules.failed_charges :]
    return owed or (len(last) == rules.failed_charges and not any(charge.succeeded for charge in last))


def _is_dormant(known: Customer, still_open: list[Subscription], then: Company, t: datetime, rules: Rules) -> bool:
    if "events" not in then.tables or rules.silence is None:
        return False
    resumed = [at for s in still_open for at, change in s.changes if change == "resumed"]
    signs = (known.events[-1:] or [min(s.started_at for s in known.paid)]) + resumed
    return max(signs) < t - rules.silence
