"""Every customer's state at a snapshot, and so who is left out of the risk set, and why."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from workbench.crm import KEY, AsOf, Crm, unpaid_service
from workbench.engines import attach, first_of, materialized
from workbench.label import orders, subscriptions
from workbench.label.corrected_lives import signs
from workbench.label.corrections import as_table
from workbench.label.rules import Rules

AT_RISK = ("paying", "dormant", "delinquent")
STATE = ["first_at", "last_at", "last_record_id", "next_at", "next_record_id", "left_at", "state", "why"]


def known(view: AsOf, rules: Rules) -> ir.Table:
    """Return the state of every customer known at each snapshot.

    Columns: customer_id, as_of, first_at, last_at, last_record_id, next_at and next_record_id (the next activity of
    customers judged by orders, however far ahead), state, why, judged_by, at_risk. What was found for a snapshot is
    remembered, for verbs ask for the same one beside different others.
    """
    crm, asked = view.crm, view.moments
    found: dict[datetime, ir.Table] = crm.found.setdefault((known, rules), {})
    if missing := [t for t in asked if t not in found]:
        found |= dict.fromkeys(missing, _known(crm.as_of(missing), rules))
    parts = list({id(found[t]): found[t] for t in asked}.values())
    states = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return states.filter(states.as_of.isin([ibis.timestamp(str(t)) for t in asked]))


def within(states: ir.Table, horizon_days: int) -> ir.Table:
    """Return the states with the next activity only where it comes in ``[as_of, as_of + horizon_days)``."""
    inside = states.next_at < states.as_of + ibis.interval(days=horizon_days)
    return states.mutate({name: ibis.ifelse(inside, states[name], None) for name in ("next_at", "next_record_id")})


def _known(view: AsOf, rules: Rules) -> ir.Table:
    plain = rules.uncorrected()
    parts = [_tagged(orders.states(orders.seen(view), view, plain), "orders")]
    if "subscriptions" in view:
        by_contract = subscriptions.states(view, plain)
        later = materialized(_outlived(parts[0], by_contract))
        parts = [later, _tagged(by_contract.anti_join(later, KEY), "subscriptions")]
    trying = _not_yet(view, parts)
    parts += [] if trying is None else [trying]
    customers = _corrected(stacked(parts, [*KEY, *STATE, "judged_by"]), rules, view.crm)
    return materialized(customers.mutate(at_risk=customers.state.isin(AT_RISK)))


def stacked(parts: list[ir.Table], columns: list[str]) -> ir.Table:
    """Stack parts with the same columns; engines differ in the precision they give to computed instants."""
    times = {n: "timestamp" for n, kind in parts[0].select(columns).schema().items() if kind.is_timestamp()}
    same = [part.select(columns).cast(times) for part in parts]
    return ibis.union(*same) if len(same) > 1 else same[0]


def _outlived(by_orders: ir.Table, by_contract: ir.Table) -> ir.Table:
    """Customers without a subscription, or active since the last one ended, are judged by orders."""
    ended = by_contract.select(*KEY, "last_end_at", contract="state")
    met = attach(by_orders, ended, KEY)
    later = met.contract.isnull() | ((met.contract == "gone") & (met.last_at >= met.last_end_at))
    return met.filter(later).select(by_orders.columns)


def _tagged(table: ir.Table, judged_by: str) -> ir.Table:
    empty = {n: ibis.null("timestamp") for n in ("next_at", "left_at")} | {"next_record_id": ibis.null("string")}
    missing = {n: value for n, value in empty.items() if n not in table.columns}
    return table.mutate(judged_by=ibis.literal(judged_by), **missing)


def _not_yet(view: AsOf, parts: list[ir.Table]) -> ir.Table | None:
    """Who has neither ordered nor paid for a subscription: on trial, on a free plan, or a prospect; None if unknown."""
    here = [part.select(KEY) for part in parts]
    known = ibis.union(*here) if len(here) > 1 else here[0]
    found = [t.anti_join(known, KEY) for t in _trying(view)]
    if not found:
        return None
    trying = ibis.union(*found) if len(found) > 1 else found[0]
    rank = ibis.cases((trying.state == "trial", 0), (trying.state == "free", 1), else_=2)
    best = first_of(trying, KEY, rank, "first_at")
    why = {"trial": "on trial", "free": "on a free plan", "prospect": "neither ordered nor subscribed yet"}
    text = ibis.cases(*((best.state == state, text) for state, text in why.items()), else_="")
    return _tagged(best.mutate(last_at=best.first_at, last_record_id=ibis.null("string"), why=text), "nothing yet")


def _trying(view: AsOf) -> list[ir.Table]:
    found = []
    if "subscriptions" in view:
        trying = unpaid_service(view)
        state = ibis.ifelse(trying.ended_at.isnull(), trying.kind, "prospect")
        found.append(trying.select(*KEY, first_at=trying.started_at.cast("timestamp"), state=state))
    if "customers" in view and "signed_up_at" in view["customers"].columns:
        signed = view["customers"].filter(ibis._.signed_up_at.notnull())
        first_at = signed.signed_up_at.cast("timestamp")
        found.append(signed.select(*KEY, first_at=first_at, state=ibis.literal("prospect")))
    return found


def _corrected(states: ir.Table, rules: Rules, crm: Crm) -> ir.Table:
    """By a correction: gone, unless back since; or paying, unless the customer left once more after it."""
    if not rules.corrections:
        return states
    pairs = states.select(KEY).join(as_table(rules.corrections), "customer_id")
    last = first_of(pairs.filter(pairs.corrected_at < pairs.as_of), KEY, ibis.desc("corrected_at"))
    last = materialized(last.select(*KEY, "corrected_at", "correction", "note"))
    # The day of the correction is its own day's activity: a departure is dated when it happened, not at midnight.
    since = last.join(signs(crm), "customer_id")
    since = since.filter((since["at"].date() > since.corrected_at.date()) & (since["at"] < since.as_of))
    met = attach(states, last, KEY)
    met = attach(met, since.group_by(*KEY).aggregate(back_at=since["at"].min()), KEY)
    left = (met.correction != "stayed") & met.back_at.isnull()
    stayed = (met.correction == "stayed") & met.state.isin(["gone", "lapsed", "in notice"])
    stayed &= (met.left_at.date() <= met.corrected_at.date()).fill_null(True)
    return met.mutate(
        state=ibis.cases((left, "gone"), (stayed, "paying"), else_=met.state),
        why=ibis.ifelse((left | stayed).fill_null(False), ibis.literal("corrected: ") + met.note, met.why),
    ).select(states.columns)
