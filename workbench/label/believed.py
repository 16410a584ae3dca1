"""The subscriptions as the rules believe them, for revenue and renewals that agree with lives on who left, and when."""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from workbench.crm import Crm, remembered, with_ends
from workbench.engines import attach, first_of, materialized
from workbench.label.rules import Rules
from workbench.label.spells import departures, spells
from workbench.label.subscriptions import segments


@remembered
def believed(crm: Crm, rules: Rules) -> Crm:
    """Return the Crm with the paid subscriptions as served: ended as believed, gaps that are no departure bridged.

    A subscription lost for not paying and taken up again is two rows.
    """
    if "subscriptions" not in crm:
        return crm
    subscriptions = with_ends(crm["subscriptions"])
    dates = ["started_at", "cancelled_at", "ended_at", "cancel_reason"]
    served = _continued(crm, segments(crm, rules), rules).select("subscription_id", *dates)
    others = subscriptions.anti_join(served, "subscription_id")
    paid = attach(served, subscriptions.drop(*dates), ["subscription_id"]).select(subscriptions.columns)
    times = {n: "timestamp" for n, kind in subscriptions.schema().items() if kind.is_timestamp()}
    both = materialized(ibis.union(paid.cast(times), others.cast(times)))
    return replace(crm, tables={**crm.tables, "subscriptions": both})


def _continued(crm: Crm, served: ir.Table, rules: Rules) -> ir.Table:
    """Let the subscription that ended before a gap go on to the end of it, where the customer did not depart."""
    judged = departures(spells(crm, rules), ibis.timestamp(str(crm.facts.known_until)), rules)
    gaps = judged.filter(~judged.departed & (judged.next_start > judged.service_end))
    gaps = gaps.select("customer_id", "next_start", ended_at="service_end")
    last = first_of(
        served.filter(ibis._.ended_at.notnull()), ["customer_id", "ended_at"], "started_at", "subscription_id"
    )
    bridged = last.join(gaps, ["customer_id", "ended_at"])
    bridged = bridged.select("customer_id", "subscription_id", "started_at", "next_start")
    met = attach(served, bridged, ["customer_id", "subscription_id", "started_at"])
    return met.mutate(ended_at=met.next_start.coalesce(met.ended_at))
