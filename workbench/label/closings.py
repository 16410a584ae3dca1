"""When a subscription or an account was closed, and who tells so: the company's records often disagree."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import AsOf, Crm, keys, paid_service
from workbench.engines import attach, first_of
from workbench.label.rules import Rules, Teller

Tables = Crm | AsOf
FAR = ibis.timestamp("9999-01-01")
"""Later than any date in the data: it stands for 'not yet' where instants are compared."""


def closed(tables: Tables, rules: Rules) -> ir.Table:
    """Return the paid subscriptions with the dates the rules believe.

    Columns: customer_id (and as_of in a view), subscription_id, started_at, cancelled_at, ended_at, cancel_reason,
    told_by. The earliest closing counts; of those within ``grace_days`` of it, the one of the first-named teller.
    """
    subs = paid_service(tables)
    by = [*keys(tables), "subscription_id"]
    subs = subs.select(*by, "started_at", "cancelled_at", "ended_at", "cancel_reason")
    told = [t for t in rules.left_by if _speaks(tables, t)]
    if told == ["subscriptions"]:
        return subs.mutate(told_by=ibis.literal("subscriptions"))
    for teller in told:
        subs = _ADD[teller](tables, subs, rules)
    return _chosen(subs, told, rules).select(*by, "started_at", "cancelled_at", "ended_at", "cancel_reason", "told_by")


def _speaks(tables: Tables, teller: Teller) -> bool:
    if teller == "closed_at":
        return "customers" in tables and "closed_at" in tables["customers"].columns
    return teller in tables


def _chosen(subs: ir.Table, told: list[Teller], rules: Rules) -> ir.Table:
    near = ibis.least(*(subs[f"{t}_at"] for t in told)) + ibis.interval(days=rules.grace_days)
    one = [(subs[f"{t}_at"] <= near, t) for t in told]
    own = ibis.literal("subscriptions")
    by = ibis.cases(*((when.fill_null(False), ibis.literal(t)) for when, t in one), else_=own)
    chosen = subs.mutate(told_by=by)
    from_own = (chosen.told_by == "subscriptions") & ibis.literal("subscriptions" in told)
    other = ibis.cases(*((chosen.told_by == t, chosen[f"{t}_at"]) for t in told), else_=ibis.null("timestamp"))
    record = chosen.record_reason if "record_reason" in chosen.columns else ibis.null("string")
    said = ibis.ifelse(chosen.told_by == "cancellations", record, None)
    return chosen.mutate(
        cancelled_at=ibis.ifelse(from_own, chosen.cancelled_at, other),
        ended_at=ibis.ifelse(from_own, chosen.ended_at, other),
        cancel_reason=ibis.ifelse(from_own, chosen.cancel_reason, said),
    )


def _own(tables: Tables, subs: ir.Table, rules: Rules) -> ir.Table:  # noqa: ARG001 - one of several tellers
    return subs.mutate(subscriptions_at=ibis.least(subs.cancelled_at, subs.ended_at))


def _account(tables: Tables, subs: ir.Table, rules: Rules) -> ir.Table:  # noqa: ARG001 - one of several tellers
    by = keys(tables)
    customers = tables["customers"].select(*by, account_closed_at="closed_at")
    met = attach(subs, customers, by)
    at = ibis.ifelse(met.account_closed_at >= met.started_at, met.account_closed_at, None)
    return met.mutate(closed_at_at=at).drop("account_closed_at")


def _recorded(tables: Tables, subs: ir.Table, rules: Rules) -> ir.Table:
    by = [*keys(tables), "subscription_id"]
    said = records(tables)
    if _own_first(rules):
        said = _unexplained(tables, said, rules)
    pairs = subs.select(*by, "started_at").join(said, keys(tables))
    later = first_of(pairs.filter(pairs.closed_at >= pairs.started_at), by, "closed_at")
    later = later.select(*by, cancellations_at="closed_at", record_reason="reason_text")
    return attach(subs, later, by)


_ADD = {"subscriptions": _own, "closed_at": _account, "cancellations": _recorded}


def records(tables: Tables) -> ir.Table:
    """Return the recorded cancellations, one per customer and instant: closed_at, reason_text."""
    said = tables["cancellations"]
    text = said.reason if "reason" in said.columns else ibis.null("string")
    said = said.mutate(closed_at=said.occurred_at, reason_text=text)
    return said.group_by(*keys(tables), "closed_at").aggregate(reason_text=said.reason_text.min())


def _own_first(rules: Rules) -> bool:
    order = [t for t in rules.left_by if t != "closed_at"]
    return order == ["subscriptions", "cancellations"]


def _unexplained(tables: Tables, said: ir.Table, rules: Rules) -> ir.Table:
    """Leave out the records beside which a subscription of the customer closes by its own dates."""
    by = keys(tables)
    own = paid_service(tables)
    own = own.mutate(own_at=ibis.least(own.cancelled_at, own.ended_at)).filter(ibis._.own_at.notnull())
    pairs = said.join(own.select(*by, "own_at"), by)
    grace = ibis.interval(days=rules.grace_days)
    near = (pairs.own_at >= pairs.closed_at - grace) & (pairs.own_at <= pairs.closed_at + grace)
    return said.anti_join(pairs.filter(near).select(*by, "closed_at").distinct(), [*by, "closed_at"])


def accounts(tables: Tables, rules: Rules) -> ir.Table | None:
    """Return when accounts were closed, by others than a subscription's dates: None where nobody tells.

    Columns: customer_id (and as_of in a view), closed_at, reason_text, told_by.
    """
    by, parts = keys(tables), []
    empty = ibis.null("string")
    if "closed_at" in rules.left_by and _speaks(tables, "closed_at"):
        customers = tables["customers"]
        shut = customers.filter(customers.closed_at.notnull())
        parts.append(shut.select(*by, "closed_at", reason_text=empty, told_by=ibis.literal("closed_at")))
    if "cancellations" in rules.left_by and "cancellations" in tables:
        said = records(tables)
        parts.append(said.select(*by, "closed_at", "reason_text", told_by=ibis.literal("cancellations")))
    if not parts:
        return None
    return ibis.union(*(p.cast({"closed_at": "timestamp"}) for p in parts)) if len(parts) > 1 else parts[0]


def disagreements(crm: Crm, *, within_days: int = 30) -> pd.DataFrame:
    """Count what the tellers of departures say: one row per teller and each other, within ``within_days``.

    Columns: teller, closings (customers' closings it tells of), other, agree (the other tells of one of the same
    customer within ``within_days``), alone. Counted over all customers.
    """
    told = {
        t: table for t in ("subscriptions", "closed_at", "cancellations") if (table := _told_by(crm, t)) is not None
    }
    rows = []
    for teller, mine in told.items():
        for other in told.keys() - {teller}:
            pairs = mine.join(told[other].rename(other_at="at"), "customer_id")
            span = ibis.interval(days=within_days)
            near = pairs.filter((pairs.other_at >= pairs["at"] - span) & (pairs.other_at <= pairs["at"] + span))
            agree = int(near.select("customer_id", "at").distinct().count().execute())
            closings = int(mine.count().execute())
            rows.append(
                {"teller": teller, "closings": closings, "other": other, "agree": agree, "alone": closings - agree}
            )
    columns = ["teller", "closings", "other", "agree", "alone"]
    return pd.DataFrame(rows, columns=columns).sort_values(["teller", "other"], ignore_index=True)


def _told_by(crm: Crm, teller: Teller) -> ir.Table | None:
    if not _speaks(crm, teller):
        return None
    if teller == "subscriptions":
        own = paid_service(crm)
        at, table = ibis.least(own.cancelled_at, own.ended_at), own
    else:
        table = crm["customers" if teller == "closed_at" else "cancellations"]
        at = table.closed_at if teller == "closed_at" else table.occurred_at
    return table.select("customer_id", at=at).filter(ibis._["at"].notnull()).distinct()
