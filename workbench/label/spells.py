"""Departures of customers who subscribe: active, financial and passive churn, judged by when the service was on.

Subscriptions are grouped into *spells*, each up to a *closing*: the notice or the end of service after which no
subscription is left that goes on. Whether a closing is a departure depends on what follows the end of service.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.crm import Crm, remembered
from workbench.engines import attach, first_of, materialized
from workbench.label import reasons
from workbench.label.billing import unpaid_at_end
from workbench.label.closings import FAR, records
from workbench.label.evidence import day, evidence
from workbench.label.rules import LIFE, WHY, Rules
from workbench.label.subscriptions import segments


@remembered
def lives(crm: Crm, rules: Rules) -> ir.Table:
    """Return the lives of subscribers, from a first paid subscription until they depart.

    Columns as of the orders' lives. Spells with no departure between them are one life.
    """
    known_until = ibis.timestamp(str(crm.facts.known_until))
    judged = departures(spells(crm, rules), known_until, rules)
    order = {"group_by": "customer_id", "order_by": "spell"}
    begins = judged.departed.lag().over(ibis.window(**order)).fill_null(True)
    judged = judged.mutate(begins=begins.cast("int64"))
    judged = judged.mutate(life=judged.begins.sum().over(ibis.cumulative_window(**order)))
    begun = judged.started_at.min().over(ibis.window(group_by=["customer_id", "life"]))
    last = first_of(judged.mutate(begun=begun), ["customer_id", "life"], ibis.desc("spell"))
    outcome = {n: ibis.ifelse(last.departed, last[n], None) for n in WHY}
    left_at = ibis.ifelse(last.departed, last.left_at, None)
    ended = last.mutate(started_at=last.begun, last_at=last.ended_at, ended_at=left_at, **outcome)
    return materialized(ended.select(LIFE))


def departures(closings: ir.Table, known_at: ir.Value, rules: Rules) -> ir.Table:
    """Add to spells whether each closing was a departure, or may still be (departed, settling), and of when (left_at).

    A paid service that starts by ``grace_days`` after the end of the last one continues it, however long the notice
    was; after a financial departure only one that leaves no gap does. A financial departure is dated at the end of
    service, others at the closing. An end of service that is not known yet has not come. A departure counts once its
    days of grace are over, by what was known then; until then it is settling.
    """
    grace = ibis.interval(days=rules.grace_days)
    end = ibis.ifelse(closings.service_end < known_at, closings.service_end, FAR)
    financial = (closings.kind == "financial").fill_null(False)
    left_at = ibis.ifelse(financial & (end < FAR), end, closings.ended_at)
    until = ibis.ifelse(financial | (end == FAR), end, end + grace)
    continued = (closings.next_start <= until) & (closings.next_start < known_at)
    stays_away = ~continued.fill_null(False) & (left_at < known_at)
    is_over = left_at + grace <= known_at
    ended_later = ibis.ifelse(left_at > closings.ended_at, ibis.literal("; end of service ") + day(left_at), None)
    return closings.mutate(
        left_at=left_at,
        departed=(is_over & stays_away).fill_null(False),
        settling=(~is_over & stays_away).fill_null(False),
        evidence=closings.evidence + ended_later.fill_null(""),
    )


def settling(crm: Crm, rules: Rules) -> ir.Table:
    """Return the closings whose days of grace are not over when the data end: customer_id, occurred_at, kind."""
    judged = departures(spells(crm, rules), ibis.timestamp(str(crm.facts.known_until)), rules)
    return judged.filter(judged.settling).select("customer_id", "kind", occurred_at="left_at")


@remembered
def spells(crm: Crm, rules: Rules) -> ir.Table:
    """Return the spells of subscribers, each with its closing, its kind and why.

    Columns: customer_id, spell (1, 2, … per customer), started_at, ended_at (the closing; empty: none), service_end (of
    all service so far; far off while it goes on), next_start (of the next spell), record_id, and those of a departure.
    """
    return materialized(_with_kind(crm, materialized(_grouped(segments(crm, rules), rules)), rules))


def _grouped(served: ir.Table, rules: Rules) -> ir.Table:
    """Join segments that touch or overlap; each spell ends with the segment that closes last."""
    close = ibis.least(served.cancelled_at, served.ended_at) if rules.dated == "notice" else served.ended_at
    order = {"group_by": "customer_id", "order_by": ["started_at", "subscription_id"]}
    served = served.mutate(close=close.fill_null(FAR), service_end=served.ended_at.fill_null(FAR))
    served = served.mutate(
        closed_before=served.close.max().over(ibis.window(**order, rows=(None, -1))),
        service_end=served.service_end.max().over(ibis.cumulative_window(**order)),
    )
    begins = served.closed_before.isnull() | (served.started_at > served.closed_before)
    served = served.mutate(begins=begins.cast("int64"))
    served = served.mutate(spell=served.begins.sum().over(ibis.cumulative_window(**order)))
    whole = ibis.window(group_by=["customer_id", "spell"])
    served = served.mutate(begun=served.started_at.min().over(whole), service_end=served.service_end.max().over(whole))
    last = first_of(served, ["customer_id", "spell"], ibis.desc("close"), "subscription_id")
    return last.mutate(
        started_at=last.begun,
        ended_at=ibis.ifelse(last.close < FAR, last.close, None),
        next_start=last.begun.lead().over(ibis.window(group_by="customer_id", order_by="spell")),
        # Only what decided: with the notice dated, the end of service may not be known yet.
        service_ended_at=ibis.ifelse(last.close == last.ended_at, last.ended_at, None),
        record_id=last.subscription_id,
        # A segment closed before it was cut ended by notice, not by the debt.
        debt_id=ibis.ifelse(last.close == last.ended_at, last.debt_id, None),
    )


def _with_kind(crm: Crm, grouped: ir.Table, rules: Rules) -> ir.Table:
    """Add kind, billing_outcome, rule and reason to closed spells: financial before active, active before passive."""
    found = unpaid_at_end(crm, _recorded(crm, grouped, rules))
    found = found.mutate(reason_text=found.cancel_reason.coalesce(found.recorded_reason, found.unpaid_code))
    found = reasons.with_reasons(found, rules.reasons)
    poor, forced = found.reason_kind == "financial", (found.reason_billing == "involuntary").fill_null(False)
    cut, unpaid = found.debt_id.notnull(), found.unpaid_id.notnull()
    noticed = found.cancelled_at <= found.ended_at + ibis.interval(days=1)
    left = noticed.fill_null(False) | found.recorded_at.notnull()
    since = ibis.literal("unpaid since ") + day(found.unpaid_since) + ", and no activity since"
    steps = [
        (found.ended_at.isnull(), None, None, ibis.null("string")),
        (cut, "financial", "involuntary", since),
        (poor & (unpaid | forced), "financial", "involuntary", ibis.literal("left because of money")),
        (poor, "financial", "voluntary", ibis.literal("left because of money")),
        (unpaid, "financial", "involuntary", ibis.literal("unpaid when the service ended")),
        (left & forced, "active", "involuntary", ibis.literal("the billing system ended the last paid subscription")),
        (left, "active", "voluntary", ibis.literal("the last paid subscription was cancelled")),
        (found.ended_at.notnull(), "passive", "none", ibis.literal(_unexplained(crm))),
    ]
    return found.mutate(
        kind=ibis.cases(*((when, ibis.literal(kind, "string")) for when, kind, _, _ in steps), else_=None),
        billing_outcome=ibis.cases(*((when, ibis.literal(how, "string")) for when, _, how, _ in steps), else_=None),
        rule=ibis.cases(*((when, rule) for when, *_, rule in steps), else_=None),
        evidence=evidence(
            subscription=found.record_id, begun=found.started_at, notice=found.cancelled_at, end=found.service_ended_at,
            source=found.source.nullif("subscriptions"), owed=found.debt_id.coalesce(found.unpaid_id),
            recorded=found.recorded_at, reason=found.reason_text,
        ),
    )  # fmt: skip


def _unexplained(crm: Crm) -> str:
    """Return the rule of an end with neither notice nor debt; unknown where the source records none of the two."""
    notices = "cancellations" in crm or "cancelled_at" in crm["subscriptions"].columns
    debts = "invoices" in crm or "charges" in crm
    lacking = [text for text, known in (("notice", notices), ("debt", debts)) if not known]
    if not lacking:
        return "the term ended unrenewed, without notice or debt"
    return f"the service ended; whether by {' or '.join(lacking)} is not recorded"


def _recorded(crm: Crm, grouped: ir.Table, rules: Rules) -> ir.Table:
    """Add the cancellation recorded close to the closing, if any: recorded_at, recorded_reason."""
    if "cancellations" not in crm:
        return grouped.mutate(recorded_at=ibis.null("timestamp"), recorded_reason=ibis.null("string"))
    by = ["customer_id", "spell"]
    pairs = grouped.select(*by, "ended_at").join(records(crm), "customer_id")
    near = (pairs.closed_at >= pairs.ended_at - ibis.interval(days=rules.grace_days)) & (
        pairs.closed_at <= pairs.ended_at + ibis.interval(days=1)
    )
    close = pairs.filter(near)
    one = close.group_by(by).aggregate(recorded_at=close.closed_at.max(), recorded_reason=close.reason_text.max())
    return attach(grouped, one, by)
