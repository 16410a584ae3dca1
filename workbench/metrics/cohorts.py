"""Cohorts: who started together, and what of them and their money is seen later.

A customer starts with the first activity seen; older customers start where the data begin, so the first cohorts of a
history hold them too. Retention is read in three ways, which differ widely on the same customers:

- *n-day*: active on that very day;
- *bracket*: active at least once in a band of days;
- *unbounded* (rolling): active on that day or any later one; its newest cells still rise as silent customers return.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from workbench.crm import Activity, Crm, Moment, active_days, is_sale, last_whole_day, net_amounts
from workbench.errors import SettingError, check_choice
from workbench.metrics.period_check import instant
from workbench.metrics.population import orders_of

Reading = Literal["n-day", "bracket", "unbounded"]
N_DAYS = (1, 7, 14, 28, 60, 90)
BRACKETS = (0, 7, 28, 56, 84, 112)
"""Edges of the bands: the first week, weeks 2 to 4, then four weeks each; the last edge closes the last band."""


class Band(NamedTuple):
    """Days since the start: ``low`` to ``high``, both counted in; without ``high`` all later ones."""

    name: str
    low: int
    high: int | None


def cohort_activity(
    crm: Crm, *, reading: Reading = "n-day", days: Sequence[int] | None = None, activity: Activity | None = None
) -> pd.DataFrame:
    """Return the share of each month's new customers (rows) active on, in or from the days since their start (columns).

    ``days`` are days since the start for n-day and unbounded (by default 1, 7, 14, 28, 60, 90), for brackets the bands'
    edges (by default 0, 7, 28, 56, 84, 112). The attribute ``sizes`` of the frame holds the cohorts' sizes by their
    month. A cell is empty, never 0, until the day (or the band's last day) has passed for the whole cohort.

    Raises SettingError for an unknown reading, and for days that do not rise from 0 or more.
    """
    bands = _bands(reading, days)
    acts = active_days(crm, activity)
    acts = acts.mutate(start=acts.day.min().over(ibis.window(group_by="customer_id")))
    acts = acts.mutate(since=acts.day.delta(acts.start, unit="day"))
    customers = acts.group_by("customer_id", cohort=acts.start.truncate("M")).aggregate(
        **{band.name: _inside(acts.since, band).cast("int64").max() for band in bands}
    )
    active = customers.group_by("cohort").aggregate(
        size=customers.count(), **{band.name: customers[band.name].sum() for band in bands}
    )
    table = active.order_by("cohort").to_pandas()
    table["cohort"] = pd.to_datetime(table["cohort"])
    return _shares(table, bands, pd.Timestamp(last_whole_day(crm.facts)))


def _bands(reading: Reading, days: Sequence[int] | None) -> list[Band]:
    check_choice("reading", reading, get_args(Reading))
    chosen = list(days if days is not None else BRACKETS if reading == "bracket" else N_DAYS)
    fewest = 2 if reading == "bracket" else 1
    if len(chosen) < fewest or chosen[0] < 0 or any(a >= b for a, b in pairwise(chosen)):
        raise SettingError(
            f"days {chosen} cannot be read as {reading} retention; give {fewest} or more rising whole days."
        )
    if reading == "bracket":
        return [Band(f"days {a}–{b - 1}", a, b - 1) for a, b in pairwise(chosen)]
    if reading == "unbounded":
        return [Band(f"day {d} or later", d, None) for d in chosen]
    return [Band(f"day {d}", d, d) for d in chosen]


def _inside(since: ir.Value, band: Band) -> ir.Value:
    return since >= band.low if band.high is None else (since >= band.low) & (since <= band.high)


def _shares(table: pd.DataFrame, bands: list[Band], last_day: pd.Timestamp) -> pd.DataFrame:
    """Divide by the cohorts' sizes; a cell is known when its days have passed for who started on the month's last."""
    month_end = table["cohort"] + pd.offsets.MonthEnd(0)
    shares = table[["cohort"]].copy()
    for band in bands:
        passed = month_end + pd.Timedelta(days=band.low if band.high is None else band.high) <= last_day
        shares[band.name] = (table[band.name] / table["size"]).where(passed)
    shares = shares.set_index("cohort")
    shares.attrs["sizes"] = dict(zip(table["cohort"].dt.strftime("%Y-%m-%d"), table["size"].tolist(), strict=True))
    return shares


def revenue_cohorts(crm: Crm) -> pd.DataFrame:
    """Return the net revenue of each month's new customers by months since, whole months only.

    Columns: cohort (month of the first amount above 0), months_since, customers (the cohort's size), revenue (currency,
    orders less returns and invoices, to the cent) and revenue_per_customer (currency, all months so far together).
    """
    rows = net_amounts(crm.counted())
    cutoff = (last_whole_day(crm.facts) + pd.Timedelta(days=1)).replace(day=1)
    rows = rows.filter(rows["at"] < ibis.timestamp(str(cutoff)))
    bought = rows.filter(rows.amount > 0)
    starts = bought.group_by("customer_id").aggregate(first_at=bought["at"].min())
    paired = rows.join(starts, "customer_id")
    paired = paired.mutate(cohort=paired.first_at.truncate("M"), month=paired["at"].truncate("M"))
    paired = paired.filter(paired.month >= paired.cohort)
    revenue = paired.group_by("cohort", "month").aggregate(revenue=paired.amount.sum()).to_pandas()
    sizes = starts.group_by(cohort=starts.first_at.truncate("M")).aggregate(customers=starts.count()).to_pandas()
    return _cumulated(sizes, revenue, pd.Period(cutoff, "M"))


def _cumulated(sizes: pd.DataFrame, revenue: pd.DataFrame, open_month: pd.Period) -> pd.DataFrame:
    months = {cohort: range((open_month - pd.Period(cohort, "M")).n) for cohort in sorted(sizes["cohort"])}
    grid = pd.DataFrame(
        [(cohort, since) for cohort, known in months.items() for since in known], columns=["cohort", "months_since"]
    )
    revenue = revenue.assign(months_since=_months_between(revenue["cohort"], revenue["month"]))
    cells = grid.merge(sizes, on="cohort").merge(
        revenue.drop(columns="month"), on=["cohort", "months_since"], how="left"
    )
    cells["revenue"] = cells["revenue"].fillna(0)
    so_far = cells.groupby("cohort")["revenue"].transform(lambda each: each.astype(float).cumsum())
    return cells.assign(revenue_per_customer=so_far.astype(float) / cells["customers"])


def _months_between(start: pd.Series, end: pd.Series) -> pd.Series:
    return (end.dt.year - start.dt.year) * 12 + end.dt.month - start.dt.month


def cohorts(orders: Crm | ir.Table, end: Moment, *, most: int = 18) -> pd.DataFrame:
    """Return, per month of first order (rows) and months since (columns), the share of the cohort that ordered then.

    Only whole months before ``end`` are shown, and the newest ``most`` cohorts; the attribute ``sizes`` of the frame
    holds the cohorts' sizes. The frame is empty where no month is over.
    """
    rows, known = orders_of(orders)
    open_month = pd.Period(instant(known, end, name="end"), "M")
    sales = rows.filter(is_sale(rows) & (rows.ordered_at < ibis.timestamp(str(open_month.start_time))))
    bought = sales.select("customer_id", month=sales.ordered_at.truncate("M")).distinct()
    bought = bought.mutate(cohort=bought.month.min().over(group_by="customer_id"))
    counted = bought.group_by("cohort", "month").aggregate(n=bought.count()).to_pandas()
    counted["since"] = _months_between(counted["cohort"], counted["month"])
    table = counted.set_index(["cohort", "since"])["n"].unstack(fill_value=0).sort_index().tail(most)
    return _active_shares(table, open_month)


def _active_shares(table: pd.DataFrame, open_month: pd.Period) -> pd.DataFrame:
    """Divide by the cohorts' sizes; a cell is empty where its month is not over."""
    months = pd.DatetimeIndex(table.index)
    whole = np.array([(open_month - month).n for month in months.to_period("M")], dtype="int64")
    table = table.reindex(columns=pd.RangeIndex(whole.max(initial=1), name="since"), fill_value=0)
    shares = table.div(table[0], axis=0).where(np.arange(table.shape[1]) < whole[:, None])
    shares.attrs["sizes"] = dict(zip(months.strftime("%Y-%m-%d"), table[0].tolist(), strict=True))
    return shares


def life_cohorts(lives: ir.Table, end: Moment, *, most: int = 18) -> pd.DataFrame:
    """Return, per month of the first start (rows) and months since (columns), the share who are still customers.

    Shaped and cut as :func:`cohorts`; a customer counts in a month if the first life outlasts it.
    """
    until = instant(lives, end, name="end", settled=True)
    first = lives.filter((lives.life == 1) & (lives.started_at < ibis.timestamp(str(until))))
    spans = first.select("started_at", "ended_at").to_pandas()
    last_whole = pd.Timestamp(until).to_period("M") - 1
    begun = spans["started_at"].dt.to_period("M")
    ended = spans["ended_at"].dt.to_period("M").fillna(last_whole + 1)
    months = sorted(begun[begun <= last_whole].unique())[-most:]
    rows = {
        month.to_timestamp(): {
            since: float((ended[begun == month] > month + since).mean()) for since in range((last_whole - month).n + 1)
        }
        for month in months
    }
    shares = pd.DataFrame.from_dict(rows, orient="index").rename_axis("cohort")
    shares.attrs["sizes"] = {str(month.to_timestamp().date()): int((begun == month).sum()) for month in months}
    return shares
