"""What became of a customer at risk within the horizon."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tests.reference.lives import closing_on_purpose, lives
from tests.reference.records import Company, Customer, Rules
from tests.reference.states import state

Outcome = tuple[bool, str | None, str | None]
"""Churned or not, of which kind, and the billing outcome."""

STAYED: Outcome = (False, None, None)


def outcome(customer: Customer, company: Company, t: datetime, rules: Rules) -> Outcome | None:
    """Return what became of the customer in [t, t + horizon_days), or None for one not at risk at ``t``."""
    current = state(customer, company, t, rules)
    if current is None or not current.at_risk:
        return None
    until = t + timedelta(days=rules.horizon_days)
    if current.by == "subscriptions":
        matured_at = until + timedelta(days=max(rules.grace_days, rules.recovery_days))
        then = replace(company, known_until=min(company.known_until, matured_at))
        known = lives(customer.before(matured_at), then, rules)
        left = [life for life in known if life.ended_at and t <= life.ended_at < until]
        return (True, left[0].kind, left[0].billing_outcome) if left else STAYED
    begun = min((s.started_at for s in customer.paid if s.started_at >= t), default=until)
    said = closing_on_purpose(t, min(until, begun), customer, company, rules)
    if said:
        return True, said[1], "voluntary"
    back = [*customer.acts, *(s.started_at for s in customer.paid)]
    return STAYED if any(t <= at < until for at in back) else (True, "passive", "none")
