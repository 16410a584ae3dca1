"""The first weeks and the daily habit: activation of new customers, and how often customers come by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Activity, Crm, active_days, last_whole_day
from workbench.errors import DataError, SettingError, did_you_mean, ended
from workbench.metrics.definitions import Metric, share
from workbench.stats import Z, wilson


def activation_by_cohort(crm: Crm, *, event: str | Sequence[str], within_days: int = 30) -> pd.DataFrame:
    """Return per month of signing up: cohort, new, activated, rate, low, high (95 %, Wilson).

    *Activated*: the event, or any of several, happened in the ``within_days`` days from signing up. A month is left out
    until all its customers are that old, and so is who signed up before events were recorded.

    Raises DataError when the source lacks signed_up_at or the event, SettingError when no month is old enough.
    """
    events = _occurrences(crm, event)
    new = _signed_up(crm)
    both = new.join(events, "customer_id")
    in_time = (both.at >= both.signed_up_at) & (both.at < both.signed_up_at + ibis.interval(days=within_days))
    reached = both.filter(in_time).select("customer_id").distinct().mutate(reached=1)
    joined = new.left_join(reached, "customer_id").drop("customer_id_right")
    monthly = joined.group_by(cohort=joined.signed_up_at.truncate("M")).aggregate(
        new=joined.count(), activated=joined.reached.fill_null(0).sum()
    )
    table = _old_enough(monthly.order_by("cohort").to_pandas(), crm, within_days)
    rates = [wilson(activated, new) for activated, new in zip(table["activated"], table["new"], strict=True)]
    return table.assign(rate=[r.value for r in rates], low=[r.low for r in rates], high=[r.high for r in rates])


def activation_rate(crm: Crm, *, event: str | Sequence[str], within_days: int = 30) -> Metric:
    """Return the share of new customers who reached the event within ``within_days`` days, over all months old enough.

    Months and errors as in :func:`activation_by_cohort`.
    """
    months = activation_by_cohort(crm, event=event, within_days=within_days)
    names = event if isinstance(event, str) else " or ".join(event)
    words = f"new customers with the event {names} within {within_days} days / new customers at least that old"
    return share("activation rate", months["activated"].sum(), months["new"].sum(), words)


def _occurrences(crm: Crm, event: str | Sequence[str]) -> ir.Table:
    names = [event] if isinstance(event, str) else list(event)
    rows = crm["events"]
    if "event" not in rows.columns:
        raise DataError("table events: the column event is needed for activation; map it in the source file.")
    found = rows.filter(rows.event.isin(names))
    if not found.count().to_pandas():
        known = rows.select("event").distinct().to_pandas()["event"].dropna()
        raise DataError(ended(f"table events: no event is named {names[0]!r}; {did_you_mean(names[0], known)}"))
    return found.select("customer_id", at=found.occurred_at)


def _signed_up(crm: Crm) -> ir.Table:
    customers = crm.counted()["customers"]
    if "signed_up_at" not in customers.columns:
        raise DataError("table customers: signed_up_at is needed to know who is new; map it in the source file.")
    recorded_from = crm["events"].occurred_at.min().to_pandas()
    return customers.filter(customers.signed_up_at >= ibis.timestamp(str(recorded_from.normalize())))


def _old_enough(monthly: pd.DataFrame, crm: Crm, within_days: int) -> pd.DataFrame:
    month_over = monthly["cohort"] + pd.offsets.MonthBegin(1)
    old = monthly[month_over + pd.Timedelta(days=within_days) <= last_whole_day(crm.facts) + timedelta(days=1)]
    if old.empty:
        raise SettingError(
            f"within_days {within_days}: no month's new customers are all that old when the data end "
            f"({crm.facts.known_until:%Y-%m-%d}); use fewer days."
        )
    return old.reset_index(drop=True)


def stickiness(crm: Crm, *, activity: Activity | None = None) -> pd.DataFrame:
    """Return per whole month how many customers were active, how often, and where they came from.

    Columns: month, dau (mean customers active per day), mau (customers active in the month), stickiness (dau/mau) with
    low and high (95 %, normal, over customers), and new (first act seen), returning (active the month before too),
    resurrected (active earlier, not the month before) and dormant (active the month before, not now), so that
    mau = new + returning + resurrected, and the mau before = returning + dormant. In the first month they are empty:
    who came before the data begin is not known.
    """
    acts = active_days(crm, activity)
    acts = acts.mutate(month=acts.day.truncate("M"))
    active = acts.group_by("customer_id", "month").aggregate(days=acts.count())
    order = ibis.window(group_by="customer_id", order_by="month")
    active = active.mutate(before=active.month.lag().over(order))
    previous = (active.month - ibis.interval(months=1)).cast("date")
    active = active.mutate(
        new=active.before.isnull().cast("int64"), returning=(active.before == previous).fill_null(False).cast("int64")
    )
    monthly = active.group_by("month").aggregate(
        mau=active.count(), days=active.days.sum(), squares=(active.days * active.days).sum(),
        new=active.new.sum(), returning=active.returning.sum(),
    ).order_by("month").to_pandas()  # fmt: skip
    monthly["month"] = pd.to_datetime(monthly["month"])
    return _habit(_whole_months(monthly, crm))


def _whole_months(monthly: pd.DataFrame, crm: Crm) -> pd.DataFrame:
    """Keep the months that are over, and fill in those in which nobody was active."""
    over = monthly[monthly["month"] + pd.offsets.MonthEnd(0) <= pd.Timestamp(last_whole_day(crm.facts))]
    every = pd.date_range(monthly["month"].min(), last_whole_day(crm.facts), freq="MS", name="month")
    every = every[every + pd.offsets.MonthEnd(0) <= pd.Timestamp(last_whole_day(crm.facts))]
    return over.set_index("month").reindex(every, fill_value=0).reset_index()


def _habit(monthly: pd.DataFrame) -> pd.DataFrame:
    length = monthly["month"].dt.days_in_month
    mau = monthly["mau"].where(monthly["mau"] > 0)
    mean = monthly["days"] / mau / length
    variance = (monthly["squares"] / mau / length**2 - mean**2).clip(lower=0)
    half = Z * (variance / mau) ** 0.5
    came = {
        "new": monthly["new"], "returning": monthly["returning"],
        "resurrected": monthly["mau"] - monthly["new"] - monthly["returning"],
        "dormant": monthly["mau"].shift() - monthly["returning"],
    }  # fmt: skip
    known = monthly.index > 0
    months = monthly[["month"]].assign(
        dau=monthly["days"] / length, mau=monthly["mau"], stickiness=mean,
        low=(mean - half).clip(lower=0), high=(mean + half).clip(upper=1),
    )  # fmt: skip
    return months.assign(**{name: counts.where(known).astype("Int64") for name, counts in came.items()})
