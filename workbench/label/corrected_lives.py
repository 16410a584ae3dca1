"""Lives with their ends corrected: another kind, an end added, or an end that did not happen."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.crm import Crm, activity_rows, paid_service
from workbench.engines import attach, materialized
from workbench.label.corrections import BILLING, Correction, as_table
from workbench.label.orders import judged_activity


def signs(crm: Crm) -> ir.Table:
    """Return what shows that a customer is back after all: customer_id, at.

    The activity by which the customer is judged: orders or use, a paid subscription that begins, a subscriber's use.
    """
    found = [judged_activity(crm).select("customer_id", "at")]
    if "subscriptions" in crm:
        begun = paid_service(crm).select("customer_id", at=ibis._.started_at.cast("timestamp"))
        found.append(begun)
        if "events" in crm:
            found.append(activity_rows(crm, "events").select("customer_id", "at").semi_join(begun, "customer_id"))
    same = [part.cast({"at": "timestamp"}) for part in found]
    return ibis.union(*same) if len(same) > 1 else same[0]


def correct_lives(lives: ir.Table, corrections: tuple[Correction, ...], crm: Crm) -> ir.Table:
    """Return the lives with their ends corrected: another kind, an end added, or an end that did not happen.

    An end that did not happen joins the life with the customer's next one; after one that was added, the next sign of
    the customer begins a new life, which goes on as the old one did. A customer's corrections count in order.
    """
    for known in _in_order(corrections):
        lives = materialized(_corrected_once(lives, as_table(known), crm))
    return lives


def _in_order(corrections: tuple[Correction, ...]) -> list[tuple[Correction, ...]]:
    """Return the first correction of each customer, then the second …"""
    of_customer: dict[str, list[Correction]] = {}
    for correction in sorted(corrections, key=lambda c: c.at):
        of_customer.setdefault(correction.customer_id, []).append(correction)
    longest = max(map(len, of_customer.values()), default=0)
    return [tuple(cs[i] for cs in of_customer.values() if len(cs) > i) for i in range(longest)]


def _corrected_once(lives: ir.Table, known: ir.Table, crm: Crm) -> ir.Table:
    until = lives.ended_at.fill_null(ibis.timestamp("9999-01-01"))
    pairs = lives.mutate(until=until).join(known, "customer_id")
    on_the_day = pairs.until.date() == pairs.corrected_at.date()
    inside = (
        (pairs.started_at <= pairs.corrected_at) & (pairs.corrected_at < pairs.until) & (pairs.correction != "stayed")
    )
    met = attach(
        lives,
        pairs.filter(on_the_day | inside).select("customer_id", "started_at", "correction", "note", "corrected_at"),
        ["customer_id", "started_at"],
    )
    again = _again(pairs.filter(inside & ~on_the_day), crm, lives.columns)
    return ibis.union(_without_stays(_with_ends(met), lives.columns), again.cast(lives.schema()))


def _again(ended: ir.Table, crm: Crm, columns: list[str]) -> ir.Table:
    """Return the lives that begin anew after an end that was added, at the next sign of the customer."""
    later = ended.select("customer_id", "started_at", "corrected_at", "until").join(signs(crm), "customer_id")
    later = later.filter((later["at"].date() > later.corrected_at.date()) & (later["at"] < later.until))
    back = later.group_by("customer_id", "started_at").aggregate(back_at=later["at"].min())
    met = ended.join(back, ["customer_id", "started_at"])
    return met.mutate(started_at=met.back_at, last_at=ibis.greatest(met.last_at, met.back_at)).select(columns)


def _with_ends(met: ir.Table) -> ir.Table:
    gone = met.correction.notnull() & (met.correction != "stayed")
    moved = gone & (met.ended_at.isnull() | (met.ended_at.date() != met.corrected_at.date()))
    by_rule = met.kind.fill_null("stayed") + ibis.literal(", ") + met.rule.fill_null("no departure")
    text = ibis.literal("corrected to ") + met.correction + ": " + met.note + " (by the rules: " + by_rule + ")"
    billing = ibis.cases(*((met.correction == kind, outcome) for kind, outcome in BILLING.items()), else_=None)
    return met.mutate(
        ended_at=ibis.ifelse(moved, met.corrected_at, met.ended_at),
        kind=ibis.ifelse(gone, met.correction, met.kind),
        billing_outcome=ibis.ifelse(gone, billing, met.billing_outcome),
        rule=ibis.ifelse(gone, text, met.rule),
        evidence=ibis.ifelse(gone, text, met.evidence),
    )


def _without_stays(met: ir.Table, columns: list[str]) -> ir.Table:
    order = ibis.window(group_by="customer_id", order_by="started_at")
    stayed = (met.correction == "stayed").fill_null(False)
    joined = met.mutate(stayed=stayed, begins=(~stayed.lag().over(order).fill_null(False)).cast("int64"))
    joined = joined.mutate(
        one=joined.begins.sum().over(ibis.cumulative_window(group_by="customer_id", order_by="started_at"))
    )
    last = [c for c in columns if c not in ("customer_id", "started_at")]
    # The last of the joined lives shows how it ended; argmax would skip an empty value, so ends are looked at first.
    rank = joined.mutate(
        after=ibis.row_number().over(ibis.window(group_by=["customer_id", "one"], order_by=ibis.desc("started_at"))),
        begun=joined.started_at.min().over(ibis.window(group_by=["customer_id", "one"])),
    )
    kept = rank.filter(rank.after == 0)
    open_again = kept.stayed
    empty = {c: ibis.ifelse(open_again, None, kept[c]) for c in last if c not in ("last_at", "record_id")}
    return kept.mutate(started_at=kept.begun, **empty).select(columns)
