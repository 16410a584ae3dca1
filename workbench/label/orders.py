"""Customers who order, or only use: passive churn by silence, and accounts that are closed."""

from __future__ import annotations

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from workbench.crm import KEY, AsOf, Crm, activity_rows, last_and_next, paid_service, remembered
from workbench.engines import attach, first_of, materialized
from workbench.label import reasons
from workbench.label.closings import FAR, accounts
from workbench.label.evidence import dated, evidence
from workbench.label.rules import LIFE, WHY, Rules


def judged_activity(crm: Crm) -> ir.Table:
    """Return meaningful activity: customer_id (and customer_code, where there is one), at, record_id.

    Orders, returns not counted; where a source has neither orders nor subscriptions, use of the product.
    """
    if "orders" in crm:
        return activity_rows(crm, "orders")
    if "subscriptions" in crm:
        nobody = crm["subscriptions"].filter(ibis.literal(False))
        return nobody.select("customer_id", at=nobody.started_at.cast("timestamp"), record_id=nobody.subscription_id)
    return activity_rows(crm, "events")


@remembered
def seen(view: AsOf) -> ir.Table:
    """Return every customer's last and next activity at each snapshot.

    Columns: customer_id, as_of, first_at, last_at, last_record_id, next_at, next_record_id.
    """
    activity, codes = judged_activity(view.crm), view.crm.codes
    found = materialized(last_and_next(activity, view.moments, codes=codes, ahead=True))
    wanted = ibis.union(
        found.select("customer_id", at="last_at"),
        found.filter(found.next_at.notnull()).select("customer_id", at="next_at"),
        distinct=True,
    )
    rows = activity.join(wanted, ["customer_id", "at"])
    ids = materialized(rows.group_by("customer_id", "at").aggregate(record_id=rows.record_id.min()))
    for side in ("last", "next"):
        by = ids.select("customer_id", **{f"{side}_at": "at", f"{side}_record_id": "record_id"})
        found = attach(found, by, ["customer_id", f"{side}_at"])
    return materialized(found)


def states(known: ir.Table, view: AsOf, rules: Rules) -> ir.Table:
    """Return the activity with a state: paying, lapsed when long silent, gone when the account was closed since."""
    days = rules.inactive_days
    recent = ibis.literal(True) if days is None else known.last_at >= known.as_of - ibis.interval(days=days)
    shut = accounts(view, rules)
    if shut is None:
        known = known.mutate(shut_by=ibis.null("string"), shut_at=ibis.null("timestamp"))
    else:
        pairs = known.select(*KEY, "last_at").join(shut, KEY)
        since = first_of(pairs.filter(pairs.closed_at >= pairs.last_at), KEY, "closed_at")
        known = attach(known, since.select(*KEY, shut_at="closed_at", shut_by="source"), KEY)
    steps = [
        (known.shut_by.notnull(), "gone", ibis.literal("closed, by ") + known.shut_by),
        (recent, "paying", ibis.literal("active recently enough")),
    ]
    silent_at = ibis.null("timestamp") if days is None else known.last_at + ibis.interval(days=days)
    return known.mutate(
        left_at=known.shut_at.coalesce(silent_at),
        state=ibis.cases(*((when, name) for when, name, _ in steps), else_="lapsed"),
        why=ibis.cases(*((when, text) for when, *_, text in steps), else_=f"silent for more than {days} days"),
    )


def first_start_ahead(crm: Crm, at_risk: ir.Table, horizon_days: int) -> ir.Table:
    """Return the customers with begun_at, the start of a paid subscription in the window; next_at is moved to it.

    Columns: those given, and begun_at; next_at and next_record_id are of whichever came first.
    """
    begun = paid_service(crm).select("customer_id", "started_at", "subscription_id")
    pairs = at_risk.select(KEY).join(begun, "customer_id")
    end = pairs.as_of + ibis.interval(days=horizon_days)
    inside = pairs.filter((pairs.started_at >= pairs.as_of) & (pairs.started_at < end))
    first = first_of(inside, KEY, "started_at", "subscription_id").select(*KEY, "started_at", "subscription_id")
    met = attach(at_risk, first, KEY)
    sooner = met.started_at.notnull() & (met.next_at.isnull() | (met.started_at < met.next_at))
    return met.mutate(
        next_at=ibis.ifelse(sooner, met.started_at.cast("timestamp"), met.next_at),
        next_record_id=ibis.ifelse(sooner, met.subscription_id, met.next_record_id),
        begun_at=met.started_at,
    ).select(*at_risk.columns, "begun_at")


@remembered
def closings(crm: Crm, rules: Rules) -> ir.Table | None:
    """Return the accounts' closings that counted: before silence did, and with no activity within ``grace_days`` after.

    Columns: customer_id, closed_at, last_at (the activity before), source, kind, billing_outcome, rule, reason,
    reason_text, avoidable, evidence. A paid subscription begun within ``grace_days`` is activity, too.
    """
    shut = accounts(crm, rules)
    if shut is None:
        return None
    place = ibis.cases(*((shut.source == t, i) for i, t in enumerate(rules.left_by)), else_=len(rules.left_by))
    shut = shut.group_by("customer_id", "closed_at").aggregate(
        source=shut.source.argmin(place), reason_text=shut.reason_text.min()
    )
    signs = (
        judged_activity(crm).semi_join(shut, "customer_id").select("customer_id", "at", is_activity=ibis.literal(True))
    )
    if "subscriptions" in crm:
        begun = paid_service(crm)
        begun = begun.select("customer_id", at=begun.started_at.cast("timestamp"), is_activity=ibis.literal(False))
        signs = ibis.union(signs, begun)
    pairs = shut.select("customer_id", "closed_at").join(signs, "customer_id")
    until = pairs.closed_at + ibis.interval(days=rules.grace_days)
    # Who subscribes the moment the account closes goes on; an order of that moment may be what was closed after.
    after = ((pairs["at"] > pairs.closed_at) | (~pairs.is_activity & (pairs["at"] == pairs.closed_at))) & (
        pairs["at"] <= until
    )
    by = ["customer_id", "closed_at"]
    before = pairs.group_by(by).aggregate(
        last_at=pairs["at"].max(where=pairs.is_activity & (pairs["at"] <= pairs.closed_at)),
        n_after=after.cast("int64").sum(),
    )
    lasting = shut.join(before.filter((before.n_after == 0) & before.last_at.notnull()), by)
    if rules.inactive_days is not None:
        lasting = lasting.filter(lasting.closed_at < lasting.last_at + ibis.interval(days=rules.inactive_days))
    return materialized(_with_kind(reasons.with_reasons(lasting, rules.reasons)))


def settling(crm: Crm, rules: Rules) -> ir.Table | None:
    """Return the closed accounts whose days of grace are not over when the data end: customer_id, occurred_at, kind."""
    shut, known_until = closings(crm, rules), crm.facts.known_until
    if shut is None:
        return None
    open_ = shut.filter(shut.closed_at < known_until, shut.closed_at > known_until - timedelta(days=rules.grace_days))
    return open_.select("customer_id", "kind", occurred_at="closed_at")


def _with_kind(shut: ir.Table) -> ir.Table:
    poor = (shut.reason_kind == "financial").fill_null(False)
    return shut.mutate(
        kind=ibis.ifelse(poor, "financial", "active"),
        billing_outcome=shut.reason_billing.fill_null("voluntary"),
        rule=ibis.ifelse(poor, ibis.literal("left because of money"), ibis.literal("closed, by ") + shut.source),
        evidence=evidence(
            closed=shut.closed_at, source=shut.source, reason=shut.reason_text, last_activity=shut.last_at
        ),
    ).drop("reason_kind", "reason_billing", "n_after")


def lives(crm: Crm, rules: Rules, *, subscribed: ir.Table | None = None) -> ir.Table:
    """Return the lives by activity: until silence reaches ``inactive_days``, or the account is closed.

    ``subscribed`` (customer_id, started_at, ended_at) are spans whose activity belongs to a subscription, and which no
    life by activity outlasts.
    Columns: customer_id, started_at, last_at, record_id, ended_at, kind, billing_outcome, rule, reason, reason_text,
    avoidable, evidence.
    """
    rows = judged_activity(crm)
    rows = rows.group_by("customer_id", "at").aggregate(record_id=rows.record_id.min())
    rows = rows.mutate(before=ibis.literal(0, "int64")) if subscribed is None else _outside(rows, subscribed)
    rows = _with_closing(crm, rows, rules)
    # Without a limit nobody is ever silent for too long.
    silent_at = FAR if rules.inactive_days is None else rows["at"] + ibis.interval(days=rules.inactive_days)
    rows = rows.mutate(silent_at=silent_at)
    order = ibis.window(group_by="customer_id", order_by="at")
    over = rows.silent_at.lag().over(order)
    begins = over.isnull() | (rows["at"] >= over) | rows.closed_at.lag().over(order).notnull()
    begins |= rows.before != rows.before.lag().over(order)
    rows = rows.mutate(begins=begins.cast("int64"))
    rows = rows.mutate(life=rows.begins.sum().over(ibis.cumulative_window(group_by="customer_id", order_by="at")))
    begun = rows["at"].min().over(ibis.window(group_by=["customer_id", "life"]))
    last = first_of(rows.mutate(started_at=begun), ["customer_id", "life"], ibis.desc("at"))
    return _ended(last.mutate(last_at=last["at"]), crm, rules)


def _outside(rows: ir.Table, subscribed: ir.Table) -> ir.Table:
    """Keep the activity that falls into no subscription, each with how many began before it."""
    pairs = rows.select("customer_id", "at").join(subscribed, "customer_id")
    pairs = pairs.filter(pairs.started_at <= pairs["at"])
    inside = pairs.ended_at.isnull() | (pairs["at"] < pairs.ended_at) | (pairs["at"] == pairs.started_at)
    counted = pairs.group_by("customer_id", "at").aggregate(
        before=pairs.started_at.nunique(), inside=inside.cast("int64").sum()
    )
    met = attach(rows, counted, ["customer_id", "at"])
    return (
        met.filter(met.inside.fill_null(0) == 0).mutate(before=met.before.fill_null(0)).select(*rows.columns, "before")
    )


def _with_closing(crm: Crm, rows: ir.Table, rules: Rules) -> ir.Table:
    """Add to each activity the closing that follows it before the next one, if any."""
    shut = closings(crm, rules)
    if shut is None:
        return rows.mutate(closed_at=ibis.null("timestamp"), **dict.fromkeys(WHY, ibis.null("string")))
    first = first_of(shut, ["customer_id", "last_at"], "closed_at")
    first = first.select("customer_id", "closed_at", *WHY, at="last_at")
    return attach(rows, first, ["customer_id", "at"])


def _ended(last: ir.Table, crm: Crm, rules: Rules) -> ir.Table:
    known_until = ibis.timestamp(str(crm.facts.known_until))
    shut = (last.closed_at < last.silent_at).fill_null(False)
    shut &= (last.closed_at + ibis.interval(days=rules.grace_days) <= known_until).fill_null(False)
    silent = ~shut & (last.silent_at <= known_until)
    what = "order" if "orders" in crm else "event"
    text = evidence(last_activity=dated(last.record_id, last.last_at), silent_until=last.silent_at)
    by_silence = {
        "ended_at": last.silent_at, "kind": "passive", "billing_outcome": "none",
        "rule": f"no {what} for {rules.inactive_days} days", "reason": None, "reason_text": None,
        "avoidable": "unknown", "evidence": text,
    }  # fmt: skip
    by_closing = {n: last["closed_at" if n == "ended_at" else n] for n in by_silence}
    outcome = {
        name: ibis.cases((shut, by_closing[name]), (silent, value), else_=None) for name, value in by_silence.items()
    }
    return materialized(last.mutate(**outcome).select(*LIFE, "silent_at"))
