"""When a subscription or an account was closed, by which source: a company's records often disagree."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import AsOf, Crm, keys, paid_service
from workbench.engines import attach, first_of
from workbench.label.rules import ClosingSource, Rules

Tables = Crm | AsOf
FAR = ibis.timestamp("9999-01-01")
"""Later than any date in the data: it stands for 'not yet' where instants are compared."""


def closed(tables: Tables, rules: Rules) -> ir.Table:
    """Return the paid subscriptions with the dates the rules believe.

    Columns: customer_id (and as_of in a view), subscription_id, started_at, cancelled_at, ended_at, cancel_reason,
    source. The earliest closing counts; of those within ``grace_days`` of it, that of the source named first.
    """
    subs = paid_service(tables)
    by = [*keys(tables), "subscription_id"]
    subs = subs.select(*by, "started_at", "cancelled_at", "ended_at", "cancel_reason")
    present = [t for t in rules.left_by if _has_source(tables, t)]
    if present == ["subscriptions"]:
        return subs.mutate(source=ibis.literal("subscriptions"))
    for source in present:
        subs = _ADD[source](tables, subs, rules)
    return _chosen(subs, present, rules).select(
        *by, "started_at", "cancelled_at", "ended_at", "cancel_reason", "source"
    )


def _has_source(tables: Tables, source: ClosingSource) -> bool:
    if source == "closed_at":
        return "customers" in tables and "closed_at" in tables["customers"].columns
    return source in tables


def _chosen(subs: ir.Table, present: list[ClosingSource], rules: Rules) -> ir.Table:
    near = ibis.least(*(subs[f"{t}_at"] for t in present)) + ibis.interval(days=rules.grace_days)
    one = [(subs[f"{t}_at"] <= near, t) for t in present]
    own = ibis.literal("subscriptions")
    by = ibis.cases(*((when.fill_null(False), ibis.literal(t)) for when, t in one), else_=own)
    chosen = subs.mutate(source=by)
    from_own = (chosen.source == "subscriptions") & ibis.literal("subscriptions" in present)
    other = ibis.cases(*((chosen.source == t, chosen[f"{t}_at"]) for t in present), else_=ibis.null("timestamp"))
    record = chosen.record_reason if "record_reason" in chosen.columns else ibis.null("string")
    reason = ibis.ifelse(chosen.source == "cancellations", record, None)
    return chosen.mutate(
        cancelled_at=ibis.ifelse(from_own, chosen.cancelled_at, other),
        ended_at=ibis.ifelse(from_own, chosen.ended_at, other),
        cancel_reason=ibis.ifelse(from_own, chosen.cancel_reason, reason),
    )


def _own(tables: Tables, subs: ir.Table, rules: Rules) -> ir.Table:  # noqa: ARG001 - one of several sources
    return subs.mutate(subscriptions_at=ibis.least(subs.cancelled_at, subs.ended_at))


def _account(tables: Tables, subs: ir.Table, rules: Rules) -> ir.Table:  # noqa: ARG001 - one of several sources
    by = keys(tables)
    customers = tables["customers"].select(*by, account_closed_at="closed_at")
    met = attach(subs, customers, by)
    at = ibis.ifelse(met.account_closed_at >= met.started_at, met.account_closed_at, None)
    return met.mutate(closed_at_at=at).drop("account_closed_at")


def _recorded(tables: Tables, subs: ir.Table, rules: Rules) -> ir.Table:
    by = [*keys(tables), "subscription_id"]
    recorded = records(tables)
    if _own_first(rules):
        recorded = _unexplained(tables, recorded, rules)
    pairs = subs.select(*by, "started_at").join(recorded, keys(tables))
    later = first_of(pairs.filter(pairs.closed_at >= pairs.started_at), by, "closed_at")
    later = later.select(*by, cancellations_at="closed_at", record_reason="reason_text")
    return attach(subs, later, by)


_ADD = {"subscriptions": _own, "closed_at": _account, "cancellations": _recorded}


def records(tables: Tables) -> ir.Table:
    """Return the recorded cancellations, one per customer and instant: closed_at, reason_text."""
    recorded = tables["cancellations"]
    text = recorded.reason if "reason" in recorded.columns else ibis.null("string")
    recorded = recorded.mutate(closed_at=recorded.occurred_at, reason_text=text)
    return recorded.group_by(*keys(tables), "closed_at").aggregate(reason_text=recorded.reason_text.min())


def _own_first(rules: Rules) -> bool:
    order = [t for t in rules.left_by if t != "closed_at"]
    return order == ["subscriptions", "cancellations"]


def _unexplained(tables: Tables, recorded: ir.Table, rules: Rules) -> ir.Table:
    """Leave out the records beside which a subscription of the customer closes by its own dates."""
    by = keys(tables)
    own = paid_service(tables)
    own = own.mutate(own_at=ibis.least(own.cancelled_at, own.ended_at)).filter(ibis._.own_at.notnull())
    pairs = recorded.join(own.select(*by, "own_at"), by)
    grace = ibis.interval(days=rules.grace_days)
    near = (pairs.own_at >= pairs.closed_at - grace) & (pairs.own_at <= pairs.closed_at + grace)
    return recorded.anti_join(pairs.filter(near).select(*by, "closed_at").distinct(), [*by, "closed_at"])


def accounts(tables: Tables, rules: Rules) -> ir.Table | None:
    """Return when accounts were closed, other than by a subscription's dates; None where no source has it.

    Columns: customer_id (and as_of in a view), closed_at, reason_text, source.
    """
    by, parts = keys(tables), []
    empty = ibis.null("string")
    if "closed_at" in rules.left_by and _has_source(tables, "closed_at"):
        customers = tables["customers"]
        shut = customers.filter(customers.closed_at.notnull())
        parts.append(shut.select(*by, "closed_at", reason_text=empty, source=ibis.literal("closed_at")))
    if "cancellations" in rules.left_by and "cancellations" in tables:
        recorded = records(tables)
        parts.append(recorded.select(*by, "closed_at", "reason_text", source=ibis.literal("cancellations")))
    if not parts:
        return None
    return ibis.union(*(p.cast({"closed_at": "timestamp"}) for p in parts)) if len(parts) > 1 else parts[0]


def disagreements(crm: Crm, *, within_days: int = 30) -> pd.DataFrame:
    """Count the closings that sources of departures record, one row per source and each other.

    Columns: source, closings (that it records), other (another source), agree (the other records one of
    the same customer within ``within_days``), alone. Counted over all customers.
    """
    by_source = {
        t: table for t in ("subscriptions", "closed_at", "cancellations") if (table := _closings_by(crm, t)) is not None
    }
    rows = []
    for source, mine in by_source.items():
        for other in by_source.keys() - {source}:
            pairs = mine.join(by_source[other].rename(other_at="at"), "customer_id")
            span = ibis.interval(days=within_days)
            near = pairs.filter((pairs.other_at >= pairs["at"] - span) & (pairs.other_at <= pairs["at"] + span))
            agree = int(near.select("customer_id", "at").distinct().count().execute())
            closings = int(mine.count().execute())
            rows.append(
                {"source": source, "closings": closings, "other": other, "agree": agree, "alone": closings - agree}
            )
    columns = ["source", "closings", "other", "agree", "alone"]
    return pd.DataFrame(rows, columns=columns).sort_values(["source", "other"], ignore_index=True)


def _closings_by(crm: Crm, source: ClosingSource) -> ir.Table | None:
    if not _has_source(crm, source):
        return None
    if source == "subscriptions":
        own = paid_service(crm)
        at, table = ibis.least(own.cancelled_at, own.ended_at), own
    else:
        table = crm["customers" if source == "closed_at" else "cancellations"]
        at = table.closed_at if source == "closed_at" else table.occurred_at
    return table.select("customer_id", at=at).filter(ibis._["at"].notnull()).distinct()
