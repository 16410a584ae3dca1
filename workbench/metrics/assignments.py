"""Who was assigned to which arm of which campaign, and who of them was lost by the end of the horizon."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from workbench.crm import Crm, paid_service
from workbench.engines import attach
from workbench.errors import DataError, SettingError
from workbench.metrics.survival import settled_until

CONTROL = "control"
UNNAMED = "(no name)"
LEAST_FOLLOWED = 2 / 3
"""Of the horizon: customers assigned so late that less is known of them are left out."""


def has_campaigns(crm: Crm) -> bool:
    """Return whether the source records who was assigned to which arm of a campaign."""
    return "treatments" in crm and "arm" in crm["treatments"].columns


def assignments(crm: Crm, lives: ir.Table, *, horizon_days: int) -> pd.DataFrame:
    """Return one row per campaign and customer assigned, with what became of the customer.

    Columns: customer_id, campaign, arm ('control', else 'treated'; both: 'both'), treated_at, days (followed:
    ``horizon_days``, fewer where departures are not settled so far), among ('customers' then, 'lapsed', or 'others': in
    notice then, or never a customer), lost (a customer, but none at the end of the days; lapsed: still not back), kind
    (of that departure), reached (contacted; empty where not recorded) and cost (currency; empty where not recorded).

    Raises DataError for a source without treatments.arm, SettingError for a horizon below a day.
    """
    if not has_campaigns(crm):
        raise DataError("effects of campaigns need the table treatments with its column arm, which is not mapped.")
    if horizon_days < 1:
        raise SettingError(f"horizon_days {horizon_days} is too short; use 1 or more.")
    settled = settled_until(crm, lives)
    assigned = _assigned(crm.counted()["treatments"], settled, horizon_days)
    found = attach(assigned, _fates(assigned, lives), ["customer_id", "campaign"])
    if "subscriptions" in crm:
        found = attach(found, _in_notice(assigned, crm), ["customer_id", "campaign"])
    rows = found.order_by("campaign", "customer_id").to_pandas()
    lapsed = rows["was"].eq(1) & ~(rows["notice"].eq(1) if "notice" in rows else False)
    among = np.select([rows["there"].eq(1), lapsed], ["customers", "lapsed"], "others")
    days = (rows["until"] - rows["treated_at"]).dt.total_seconds() / 86_400
    return rows.assign(among=among, lost=~rows["stays"].eq(1), days=days)[
        ["customer_id", "campaign", "arm", "treated_at", "days", "among", "lost", "kind", "reached", "cost"]
    ]


def _assigned(treatments: ir.Table, settled: datetime, horizon_days: int) -> ir.Table:
    """Return one row per campaign and customer: arm, treated_at, until, reached, cost."""
    rows = treatments.filter(treatments.arm.notnull())
    columns = {
        "campaign": rows.campaign.fill_null(UNNAMED) if "campaign" in rows.columns else ibis.literal(UNNAMED),
        "arm": ibis.ifelse(rows.arm.strip().lower() == CONTROL, CONTROL, "treated"),
        "reached": rows.contacted_at.notnull().cast("int64") if "contacted_at" in rows.columns else _null("int64"),
        "cost": rows.cost.cast("float64") if "cost" in rows.columns else _null("float64"),
    }
    rows = rows.select("customer_id", "treated_at", **columns)
    each = rows.group_by(["customer_id", "campaign"]).aggregate(
        first_arm=rows.arm.min(), last_arm=rows.arm.max(), treated_at=rows.treated_at.min(), reached=rows.reached.max(),
        cost=rows.cost.sum(),
    )  # fmt: skip
    whole = each.treated_at + ibis.interval(days=horizon_days)
    end = ibis.timestamp(str(settled))
    return each.select(
        "customer_id", "campaign", "treated_at", "reached", "cost",
        arm=ibis.ifelse(each.first_arm == each.last_arm, each.first_arm, "both"),
        until=ibis.ifelse(whole < end, whole, end),
    )  # fmt: skip


def _fates(assigned: ir.Table, lives: ir.Table) -> ir.Table:
    """Return per campaign and customer: there (a customer when assigned), was (before), stays (at the end), kind."""
    met = assigned.select("customer_id", "campaign", "treated_at", "until").inner_join(
        lives.select("customer_id", "started_at", "ended_at", "kind"), "customer_id"
    )
    open_ended = met.ended_at.isnull()
    there = (met.started_at <= met.treated_at) & (open_ended | (met.ended_at > met.treated_at))
    stays = (met.started_at <= met.until) & (open_ended | (met.ended_at > met.until))
    return met.group_by(["customer_id", "campaign"]).aggregate(
        there=there.cast("int64").max(),
        was=(met.ended_at <= met.treated_at).fill_null(False).cast("int64").max(),
        stays=stays.cast("int64").max(),
        kind=met.kind.max(where=there & (met.ended_at <= met.until)),
    )


def _in_notice(assigned: ir.Table, crm: Crm) -> ir.Table:
    """Return campaign and customer with notice 1 where one was given when assigned, and the service was not over."""
    served = paid_service(crm.counted()).select("customer_id", "cancelled_at", "ended_at")
    met = assigned.select("customer_id", "campaign", "treated_at").inner_join(served, "customer_id")
    goes_on = met.ended_at.isnull() | (met.ended_at > met.treated_at)
    met = met.filter((met.cancelled_at <= met.treated_at) & goes_on)
    return met.select("customer_id", "campaign", notice=ibis.literal(1)).distinct()


def _null(kind: str) -> ir.Value:
    return ibis.null(kind)
