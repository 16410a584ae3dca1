"""When a customer left, and of which kind: the history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest

from tests.reference.closings import FOREVER, Segment, reason_recorded, segments, served
from tests.reference.records import Company, Customer, Invoice, Rules

Kind = tuple[str, str]
"""The kind of a departure and its billing outcome."""


@dataclass(frozen=True)
class Life:
    """An uninterrupted time as a customer, by subscriptions or by orders; without an end while it goes on."""

    by: str
    started_at: datetime
    ended_at: datetime | None = None
    kind: str | None = None
    billing_outcome: str | None = None
    record_id: str | None = None
    reactivated_at: datetime | None = None


@dataclass(frozen=True)
class Spell:
    """Segments that touch or overlap, up to the last closing; ``closing`` is the subscription that closed then.

    ``service_end`` is when all paid service so far is over.
    """

    start: datetime
    end: datetime
    service_end: datetime
    closing: Segment
    has_lapsed: bool


def lives(customer: Customer, company: Company, rules: Rules) -> list[Life]:
    """Return the lives of one customer in the order of time."""
    subscribed = subscription_lives(customer, company, rules)
    ordered = order_lives(customer, subscribed, company, rules)
    ordered_lives = sorted(_joined(subscribed, ordered), key=lambda life: life.started_at)
    return [
        replace(life, reactivated_at=following.started_at) if life.ended_at and following else life
        for life, following in zip_longest(ordered_lives, ordered_lives[1:])
    ]


def subscription_lives(customer: Customer, company: Company, rules: Rules) -> list[Life]:
    found: list[Life] = []
    spells = _spells(segments(customer, company, rules))
    start = None
    for spell, following in zip_longest(spells, spells[1:]):
        start = start or spell.start
        if spell.end == FOREVER:
            continue
        kind, billing_outcome = kind_of(spell, customer, rules)
        at = left_at(spell, kind, company)
        goes_on = following is not None and following.start <= _latest_return(spell, kind, company, rules)
        if not goes_on and at + rules.grace <= company.known_until:
            record = spell.closing.subscription.id
            found.append(Life("subscriptions", start, at, kind, billing_outcome, record))
            start = None
    return found if start is None else [*found, Life("subscriptions", start)]


def left_at(spell: Spell, kind: str, company: Company) -> datetime:
    """Return when a departure is dated: one for money at the end of service if that is known, others at the closing."""
    return spell.service_end if kind == "financial" and spell.service_end < company.known_until else spell.end


def _latest_return(spell: Spell, kind: str, company: Company, rules: Rules) -> datetime:
    """Return until when a new subscription makes the closing none: counted from the end of service, if that is known."""
    if spell.service_end >= company.known_until:
        return FOREVER
    return spell.service_end if kind == "financial" else spell.service_end + rules.grace


def _spells(pieces: list[Segment]) -> list[Spell]:
    groups: list[list[Segment]] = []
    for piece in pieces:
        if groups and piece.start <= max(p.end for p in groups[-1]):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [_spell(group, pieces) for group in groups]


def _spell(group: list[Segment], pieces: list[Segment]) -> Spell:
    end = max(piece.end for piece in group)
    last = [piece for piece in group if piece.end == end]
    closing = min(last, key=lambda piece: piece.subscription.id)
    service_end = max(piece.service_end for piece in pieces if piece.start <= group[-1].start)
    return Spell(group[0].start, end, service_end, closing, any(piece.is_lapse for piece in last))


def kind_of(spell: Spell, customer: Customer, rules: Rules) -> Kind:
    """Return the kind of a closed spell, and its billing outcome: the first that applies."""
    at, closing = spell.end, spell.closing.subscription
    is_unpaid = unpaid(spell, customer)
    said = [c for c in customer.cancellations if at - rules.grace <= c.occurred_at <= at + timedelta(days=1)]
    reason = closing.reason or max((c.reason for c in said if c.reason is not None), default=None)
    if spell.has_lapsed:
        return "financial", "involuntary"
    if reason in rules.financial_reasons:
        return "financial", "involuntary" if is_unpaid else "voluntary"
    if is_unpaid:
        return "financial", "involuntary"
    noticed = closing.cancelled_at and closing.cancelled_at <= at + timedelta(days=1)
    if noticed or said:
        return "active", "voluntary"
    return "passive", "none"


def unpaid(spell: Spell, customer: Customer) -> bool:
    """Whether the customer owed an invoice past due when the spell ended, or the last charge in it had failed."""
    tried = [charge for charge in customer.charges if spell.start <= charge.attempted_at < spell.end]
    return any(_is_due(invoice, spell) for invoice in customer.invoices) or (bool(tried) and not tried[-1].succeeded)


def _is_due(invoice: Invoice, spell: Spell) -> bool:
    is_past = invoice.due_at is not None and invoice.due_at < spell.end
    return is_past and invoice.issued_at >= spell.start and invoice.is_owed(spell.end)


def order_lives(customer: Customer, subscribed: list[Life], company: Company, rules: Rules) -> list[Life]:
    """Return the lives made of acts outside the customer's subscriptions: none reaches over a subscription life."""
    groups: dict[int, list[datetime]] = {}
    for act in _free_acts(customer, subscribed, company, rules):
        groups.setdefault(sum(life.started_at <= act for life in subscribed), []).append(act)
    starts = [*(life.started_at for life in subscribed), FOREVER]
    return [life for i, acts in groups.items() for life in _silences(acts, starts[i], customer, company, rules)]


def _free_acts(customer: Customer, subscribed: list[Life], company: Company, rules: Rules) -> list[datetime]:
    taken = [(s.started_at, s.ended_at or FOREVER) for s in served(customer, company, rules)]
    taken += [(life.started_at, life.ended_at or FOREVER) for life in subscribed]
    return [act for act in customer.acts if not any(start <= act < end or act == start for start, end in taken)]


def _silences(
    acts: list[datetime], subscribes_at: datetime, customer: Customer, company: Company, rules: Rules
) -> list[Life]:
    """Cut acts into lives: each ends when silence reaches the limit, or before, where the customer said so."""
    found: list[Life] = []
    while acts:
        run = _run(acts, rules)
        silent = FOREVER if rules.silence is None else run[-1] + rules.silence
        said = closing_on_purpose(run[0], min(silent, subscribes_at), customer, company, rules)
        if said:
            at, kind = said
            found.append(Life("orders", run[0], at, kind, "voluntary"))
            acts = [act for act in acts if act > at]
        else:
            is_known = silent <= company.known_until
            end = (silent, "passive", "none") if is_known else (None, None, None)
            found.append(Life("orders", run[0], *end))
            acts = acts[len(run) :]
    return found


def _run(acts: list[datetime], rules: Rules) -> list[datetime]:
    run = acts[:1]
    for act in acts[1:]:
        if rules.silence is not None and act - run[-1] >= rules.silence:
            break
        run.append(act)
    return run


def closing_on_purpose(
    start: datetime, until: datetime, customer: Customer, company: Company, rules: Rules
) -> tuple[datetime, str] | None:
    """Return when and of which kind a customer who orders first left on purpose, not silent by then nor back soon."""
    back = [*customer.acts, *(s.started_at for s in customer.paid)]
    for at in order_closings(customer, rules):
        is_back = any(at < then <= at + rules.grace for then in back)
        is_known = at + rules.grace <= company.known_until
        is_silent = rules.silence is not None and not any(at - rules.silence < act <= at for act in customer.acts)
        if start <= at < until and is_known and not is_back and not is_silent:
            reason = reason_recorded(customer, at) if "cancellations" in rules.left_by else None
            return at, "financial" if reason in rules.financial_reasons else "active"
    return None


def order_closings(customer: Customer, rules: Rules) -> list[datetime]:
    """Return when a customer's account was closed or a cancellation recorded, as far as the rules believe them."""
    account = [customer.closed_at] if "closed_at" in rules.left_by and customer.closed_at else []
    said = [c.occurred_at for c in customer.cancellations] if "cancellations" in rules.left_by else []
    return sorted({*account, *said})


def _joined(subscribed: list[Life], ordered: list[Life]) -> list[Life]:
    """Return all lives, an order life still going on when a subscription began being the beginning of that life."""
    kept, begun = [], {}
    for life in ordered:
        following = next((s for s in subscribed if s.started_at > life.started_at), None)
        if following and (life.ended_at is None or following.started_at < life.ended_at):
            begun[following] = life.started_at
        else:
            kept.append(life)
    return [replace(life, started_at=begun.get(life, life.started_at)) for life in subscribed] + kept
