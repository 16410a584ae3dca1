"""The rows features are made from: of customers that count, as they stood at a snapshot, with columns beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import ibis
import ibis.expr.types as ir

from workbench import contract
from workbench.crm import KEY, AsOf, Crm, nps_mark, with_ends, with_settlements, without_notes

BESIDE_MESSAGES = ("preferred_channel", "contact_hours")


def prepared(crm: Crm) -> Crm:
    """Return the Crm features are made from: without excluded accounts, ends of service and NPS marks made alike.

    A note about a customer is no contact, and left out of messages.

    Where the source maps no ended_at, a notice is taken for the end, as labels do. Marks of another NPS scale are taken
    to that of 0 to 10, as the metric does. An invoice that a credit note took back is voided on the day of the note.
    """
    crm = crm.counted()
    changed = {name: change(crm, crm.tables[name]) for name, change in _ALIKE.items() if name in crm}
    return replace(crm, tables={**crm.tables, **changed})


def _with_end(_: Crm, subscriptions: ir.Table) -> ir.Table:
    if "ended_at" in subscriptions.columns or "cancelled_at" not in subscriptions.columns:
        return subscriptions
    return with_ends(subscriptions).select(*subscriptions.columns, "ended_at")


def _with_usual_marks(crm: Crm, surveys: ir.Table) -> ir.Table:
    scale = crm.facts.scales["nps"]
    if tuple(scale) == contract.SCALES["nps"] or not {"instrument", "score"} <= {*surveys.columns}:
        return surveys
    is_nps = (surveys.instrument.strip().lower() == "nps").fill_null(False)
    return surveys.mutate(score=ibis.ifelse(is_nps, nps_mark(surveys.score, scale).cast("float64"), surveys.score))


def _without_notes(_: Crm, messages: ir.Table) -> ir.Table:
    return without_notes(messages)


def _with_credits(_: Crm, invoices: ir.Table) -> ir.Table:
    if not invoices.filter(invoices.amount < 0).limit(1).count().to_pandas():
        return invoices
    return with_settlements(invoices).select(*dict.fromkeys((*invoices.columns, "voided_at")))


_ALIKE = {
    "subscriptions": _with_end,
    "invoices": _with_credits,
    "surveys": _with_usual_marks,
    "messages": _without_notes,
}


def known_rows(view: AsOf, table: str) -> ir.Table:
    """Return a table's rows as they stood at each snapshot, with customer_id.

    ``messages`` have the customer's preferred_channel and contact_hours beside them, ``charges`` failed_before, whether
    one for the same invoice had failed earlier; ``subscription_changes`` the subscription's customer_id and ended_at,
    and what :func:`_followed` adds.
    """
    rows = view[table]
    if table == "subscription_changes":
        return _of_customer(_followed(rows), view["subscriptions"])
    if table == "charges" and "invoice_id" in rows.columns:
        first = rows.attempted_at.min(where=~rows.succeeded).over(group_by=["as_of", "customer_id", "invoice_id"])
        return rows.mutate(failed_before=(first < rows.attempted_at).fill_null(False))
    if table == "messages" and "customers" in view:
        customers = _by_our_clock(view["customers"])
        return _beside(rows, customers, [c for c in BESIDE_MESSAGES if c in customers.columns])
    return rows


def column_names(crm: Crm, table: str) -> set[str]:
    """Return the columns that ``known_rows`` of a table will have; none where the source lacks the table."""
    if table not in crm or (table == "subscription_changes" and "subscriptions" not in crm):
        return set()
    if table == "subscription_changes":
        return {*crm[table].columns, "customer_id", *({"ended_at"} & {*crm["subscriptions"].columns})}
    beside = crm["customers"].columns if table == "messages" and "customers" in crm else ()
    return {*crm[table].columns, *(c for c in BESIDE_MESSAGES if c in beside)}


def _followed(changes: ir.Table) -> ir.Table:
    """Add what each change of a subscription came after, as far as the columns show.

    price and price_before: a month's, the last one recorded where a change has none; paid and paid_before: the same, 0
    while paused; renewal_step: 1 and -1 in turns for the switches of automatic renewal. Earlier rows of a subscription
    are known whenever a later one is, so looking back needs no view of its own.
    """
    order = [c for c in ("changed_at", "change", "plan", "mrr") if c in changes.columns]
    history = {"group_by": ["as_of", "subscription_id"], "order_by": order}
    if "change" not in changes.columns:
        changes = changes.mutate(change=ibis.null("string"))
    pauses, switch = changes.change == "paused", (changes.change == "auto_renew").fill_null(False).cast("int64")
    nth = switch.sum().over(ibis.cumulative_window(**history))
    changes = changes.mutate(renewal_step=switch * (2 * (nth % 2) - 1))
    if "mrr" not in changes.columns:
        return changes
    changes = changes.mutate(
        price=ibis.ifelse(pauses.fill_null(False), None, changes.mrr),
        turn=ibis.ifelse(changes.change.isin(["paused", "resumed"]), changes.change, None),
    )
    changes = _carried(_carried(changes, "price", history), "turn", history)
    changes = changes.mutate(paid=ibis.ifelse((changes.turn == "paused").fill_null(False), 0, changes.price))
    earlier = {f"{c}_before": changes[c].lag().over(ibis.window(**history)) for c in ("price", "paid")}
    return changes.mutate(**earlier).drop("turn")


def _carried(rows: ir.Table, name: str, history: Mapping[str, list[str]]) -> ir.Table:
    """Fill the gaps of a column with the last value before them."""
    rows = rows.mutate(since=rows[name].count().over(ibis.cumulative_window(**history)))
    stretch = ibis.window(group_by=[*history["group_by"], "since"])
    return rows.mutate(**{name: rows[name].max().over(stretch)}).drop("since")


def _of_customer(changes: ir.Table, subscriptions: ir.Table) -> ir.Table:
    owners = subscriptions.select(
        "as_of", "subscription_id", "customer_id", *(c for c in ["ended_at"] if c in subscriptions.columns)
    )
    return changes.inner_join(owners, ["as_of", "subscription_id"])


def _by_our_clock(customers: ir.Table) -> ir.Table:
    """Return the customers without the contact hours of another time zone's clock: messages have the source's."""
    if not {"contact_hours", "time_zone"} <= {*customers.columns}:
        return customers
    return customers.mutate(contact_hours=ibis.ifelse(customers.time_zone.isnull(), customers.contact_hours, None))


def _beside(rows: ir.Table, customers: ir.Table, names: list[str]) -> ir.Table:
    if not names:
        return rows
    return rows.left_join(customers.select(*KEY, *names), KEY).drop("customer_id_right", "as_of_right")
