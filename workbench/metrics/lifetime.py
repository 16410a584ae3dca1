"""What a customer will still bring: lifetime value (CLV) from survival and margin, beside what winning one cost (CAC).

CLV is the expected discounted *margin* of the coming ``horizon_months``, in currency: the margin per month lived, times
the chance still to be a customer in the month's middle, discounted to today. Beyond the longest life observed the rate
of leaving of the later half of that life goes on: today's oldest customers are as old as the data, and worth most. The
margin of a month is taken as the same at every age.
"""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.crm import Crm, Moment, moment, net_amounts
from workbench.errors import DataError, SettingError
from workbench.metrics.clusters import deal, drawn, groups_of, with_interval
from workbench.metrics.incidence import aalen_johansen, at_risk_by_group, left_by_group
from workbench.metrics.survival import follow_lives, last_known_day, observation_begins, settled_until, with_names
from workbench.stats import Floats

Days = NDArray[np.int64]
MONTH = 365.25 / 12
"""Days."""
NEARLY_NONE = 1e-9
"""A share kept that stands for none, of which there is no logarithm."""
COLUMNS = [
    "segment", "customers", "margin_per_month", "clv", "clv_low", "clv_high", "known_months", "clv_new", "clv_new_low",
    "clv_new_high", "known_months_new", "cac", "clv_to_cac", "payback_months", "below_cac",
]  # fmt: skip


def lifetime_value(
    crm: Crm,
    lives: ir.Table,
    *,
    margin_rate: float,
    discount_rate: float,
    horizon_months: int = 36,
    segments: pd.DataFrame | None = None,
    margins: pd.Series | None = None,
    observed_from: Moment | None = None,
    settle_days: int | None = None,
) -> pd.DataFrame:
    """Return CLV, CAC and payback per segment of customers; amounts in currency.

    Columns: segment, customers (alive now), margin_per_month (per customer and month lived), clv with clv_low and
    clv_high (mean over today's customers at their age, still to come within ``horizon_months``), known_months (of these
    months, how many fall within the longest life observed: mean over customers); clv_new, its bounds and
    known_months_new: the same for a customer who starts today; cac (mean acquisition_cost), clv_to_cac (clv_new over
    cac), payback_months (until the expected margin of a new customer, undiscounted, reaches cac; empty if it does not
    within known_months_new) and below_cac (clv_new < cac; empty without costs). Values are empty where nobody is seen
    from the start of a life. Intervals (95 %) are a bootstrap over
    customers. The margin is orders' margin_amount, else revenue times ``margin_rate``; ``discount_rate`` is yearly; an
    invoice counts when it is issued. With ``margins`` (currency a month, by customer_id, of customers alive now) each
    is worth the own margin of today instead, and a new customer their mean.
    Lives are followed as in :func:`follow_lives`.

    Raises SettingError for a horizon below a month or a rate out of its range, DataError when there are no amounts.
    """
    check_money(margin_rate, discount_rate, horizon_months)
    begins = observation_begins(crm) if observed_from is None else moment(observed_from, name="observed_from")
    followed = follow_lives(crm, lives, observed_from=begins, settle_days=settle_days)
    if followed.empty:
        raise DataError("no life is observed between the beginning and the end of the data; check observed_from.")
    until = settled_until(crm, lives, settle_days)
    if margins is None:
        customers = _customers(crm, followed, margin_rate, begins, until)
    else:
        customers = _with_margins(crm, followed, margins)
    named = with_names(followed, segments)
    customers = customers.join(named.groupby("customer_id")["segment"].first(), on="customer_id")
    rows = [
        {"segment": name, **_segment(own, customers[customers["segment"] == name], discount_rate, horizon_months)}
        for name, own in named.groupby("segment")
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"below_cac": "boolean"})


def check_money(margin_rate: float, discount_rate: float, horizon_months: int) -> None:
    """Raise SettingError for a horizon below a month or a rate out of its range."""
    if horizon_months < 1:
        raise SettingError(f"horizon_months {horizon_months} is too short; use 1 or more.")
    if not 0 < margin_rate <= 1:
        raise SettingError(f"margin_rate {margin_rate} is not a share of revenue; use more than 0 and at most 1.")
    if discount_rate < 0:
        raise SettingError(f"discount_rate {discount_rate} is negative; use 0 or a yearly rate such as 0.1.")


def _customers(crm: Crm, followed: pd.DataFrame, margin_rate: float, begins: datetime, until: datetime) -> pd.DataFrame:
    """Return one row per customer followed, by id: customer_id, months (lived while observed), margin, cac."""
    rows = net_amounts(crm.counted())
    inside = rows.filter((rows["at"] >= ibis.timestamp(str(begins))) & (rows["at"] < ibis.timestamp(str(until))))
    earned = inside.margin.cast("float64").coalesce(inside.amount.cast("float64") * margin_rate)
    margin = inside.group_by("customer_id").aggregate(margin=earned.sum()).to_pandas()
    lived = (followed["exit"] - followed["entry"] + 1).groupby(followed["customer_id"]).sum() / MONTH
    values = lived.rename("months").rename_axis("customer_id").reset_index()
    values = values.merge(margin, on="customer_id", how="left").merge(
        acquisition_costs(crm), on="customer_id", how="left"
    )
    return values.fillna({"margin": 0.0}).sort_values("customer_id", ignore_index=True)


def _with_margins(crm: Crm, followed: pd.DataFrame, margins: pd.Series) -> pd.DataFrame:
    """Return one row per customer followed, by id: customer_id, months (1 where the margin is known), margin, cac."""
    ids = pd.DataFrame({"customer_id": sorted(followed["customer_id"].unique())})
    margin = ids["customer_id"].map(margins).astype("float64")
    values = ids.assign(margin=margin.fillna(0.0), months=margin.notna().astype("float64"), own=margin)
    return values.merge(acquisition_costs(crm), on="customer_id", how="left")


def customer_value(
    crm: Crm, lives: ir.Table, margins: pd.Series, *, discount_rate: float, horizon_months: int = 36
) -> pd.DataFrame:
    """Return what each customer alive now will still bring within ``horizon_months``, as the module says.

    Columns: customer_id, clv with clv_low and clv_high (currency; 95 %: how well the survival of customers of this age
    is known; whether this one stays is chance besides). ``margins``: currency a month, by customer_id; customers
    without one are left out. ``discount_rate`` is yearly. Lives are followed as in :func:`follow_lives`.
    """
    followed = follow_lives(crm, lives)
    stay = _survival(followed, drawn(groups_of(followed["customer_id"])))
    alive = followed[followed["kind"].isna() & followed["customer_id"].isin(margins.dropna().index)]
    age, place = np.unique(alive["exit"].to_numpy(), return_inverse=True)
    curve, ahead = _curve_from(stay, age, horizon_months)
    here, worth = curve[:, age], np.zeros((len(stay), len(age)))
    for days, value in zip(ahead, _worth(discount_rate, horizon_months), strict=True):
        worth += value * curve[:, age + days]
    value, low, high = with_interval(np.divide(worth, here, out=np.zeros_like(here), where=here > 0))
    margin = alive["customer_id"].map(margins).to_numpy(float)
    bounds = {"clv": value, "clv_low": low, "clv_high": high}
    each = {name: per_margin[place] * margin for name, per_margin in bounds.items()}
    return pd.DataFrame({"customer_id": alive["customer_id"].to_numpy(), **each})


def acquisition_costs(crm: Crm) -> pd.DataFrame:
    """Return what winning each customer cost, without accounts that are excluded: customer_id, cac (currency)."""
    if "customers" not in crm or "acquisition_cost" not in crm["customers"].columns:
        return pd.DataFrame({"customer_id": pd.Series(dtype="str"), "cac": pd.Series(dtype="float64")})
    customers = crm.counted()["customers"]
    return customers.select("customer_id", cac=customers.acquisition_cost.cast("float64")).to_pandas()


def _segment(
    lives: pd.DataFrame, customers: pd.DataFrame, discount_rate: float, horizon_months: int
) -> dict[str, object]:
    taken = drawn(groups_of(lives["customer_id"]))
    stay = _survival(lives, taken)
    per_month = _ratio(taken, customers, "margin", "months")
    here = lives[lives["kind"].isna()]
    alive, newborn = here["exit"].to_numpy(), np.zeros(1, dtype="int64")
    worth = _worth(discount_rate, horizon_months)
    ahead = per_month[:, None] * _chances(stay, newborn, horizon_months)
    if "own" in customers:
        own = here["customer_id"].map(customers.set_index("customer_id")["own"]).to_numpy(float)
        known = ~np.isnan(own)
        value = _chances(stay, alive[known], horizon_months, margins=own[known]) @ worth
    else:
        value = per_month * (_chances(stay, alive, horizon_months) @ worth)
    value_new = ahead @ worth
    return {
        "customers": lives.loc[lives["kind"].isna(), "customer_id"].nunique(),
        "margin_per_month": float(per_month[0]),
        **_with_bounds("", value, _known_months(stay, alive, horizon_months)),
        **_with_bounds("_new", value_new, _known_months(stay, newborn, horizon_months)),
        **_against_cost(float(value_new[0]), ahead[0], float(customers["cac"].mean())),
    }


def _survival(lives: pd.DataFrame, taken: Floats) -> Floats:
    """Return, per draw, the share still customers on each day, up to the last that is known."""
    stay = aalen_johansen(taken @ at_risk_by_group(lives), [taken @ left_by_group(lives, lives["kind"].notna())])[-1]
    return stay[:, : last_known_day(lives) + 1]


def _worth(discount_rate: float, horizon_months: int) -> Floats:
    return np.asarray((1 + discount_rate) ** -((np.arange(horizon_months) + 0.5) / 12))


def _middles(horizon_months: int) -> Days:
    """Return the day in the middle of each month ahead."""
    return np.round((np.arange(horizon_months) + 0.5) * MONTH).astype("int64")


def _followed(stay: Floats, days: int) -> Floats:
    """Return, per draw, the share still customers on each day, ``days`` of them past the last known one.

    Those continue at the rate of the later half.
    """
    beyond = np.arange(1, days + 1)
    return np.hstack([stay, stay[:, -1:] * np.exp(-np.outer(later_rate(stay), beyond))])


def later_rate(stay: Floats) -> Floats:
    """Return, per draw, the rate of leaving a day in the later half of the days known.

    >>> later_rate(np.array([[1.0, 1.0, 1.0, 0.5, 0.25]])).round(3).tolist()  # halved on each of two days
    [0.693]
    """
    half, last = stay.shape[1] // 2, stay.shape[1] - 1
    kept = np.divide(stay[:, last], stay[:, half], out=np.ones(len(stay)), where=stay[:, half] > 0)
    return np.asarray(-np.log(np.clip(kept, NEARLY_NONE, 1.0)) / max(last - half, 1))


def _with_bounds(suffix: str, values: Floats, known_months: float) -> dict[str, float]:
    value, low, high = (float(bound[0]) for bound in with_interval(values[:, None]))
    names = (f"clv{suffix}", f"clv{suffix}_low", f"clv{suffix}_high", f"known_months{suffix}")
    return dict(zip(names, (value, low, high, known_months), strict=True))


def _known_months(stay: Floats, ages: Days, horizon_months: int) -> float:
    """Return how many of the months ahead fall within the longest life observed: mean over lives of these ages."""
    return float(((stay.shape[1] - ages) / MONTH).clip(0, horizon_months).mean()) if len(ages) else 0.0


def _against_cost(clv_new: float, ahead: Floats, cac: float) -> dict[str, object]:
    known = cac > 0
    return {
        "cac": cac,
        "clv_to_cac": clv_new / cac if known else np.nan,
        "payback_months": payback(ahead, cac),
        "below_cac": pd.NA if np.isnan(cac) or np.isnan(clv_new) else clv_new < cac,
    }


def _ratio(taken: Floats, customers: pd.DataFrame, above: str, below: str) -> Floats:
    group = deal(customers["customer_id"])
    sums = [np.bincount(group, weights=customers[column], minlength=taken.shape[1]) for column in (above, below)]
    over, of = (taken @ each for each in sums)
    return np.divide(over, of, out=np.full_like(over, np.nan), where=of > 0)


def _chances(stay: Floats, ages: Days, horizon_months: int, *, margins: Floats | None = None) -> Floats:
    """Return, per draw and month ahead, the chance to be a customer in its middle: mean over lives of these ages.

    With ``margins``, of each life, that of the chance times the margin.
    """
    if not stay.shape[1]:
        return np.full((len(stay), horizon_months), np.nan)
    age, place = np.unique(ages, return_inverse=True)
    weight = np.bincount(place, weights=margins, minlength=len(age)) / max(len(ages), 1)
    curve, months = _curve_from(stay, age, horizon_months)
    here = curve[:, age]
    per_share = np.divide(weight, here, out=np.zeros_like(here), where=here > 0)
    return np.column_stack([np.einsum("da,da->d", curve[:, age + ahead], per_share) for ahead in months])


def _curve_from(stay: Floats, age: Days, horizon_months: int) -> tuple[Floats, Days]:
    """Return the curves up to the end of the horizon of the oldest, and the days ahead in the middle of each month."""
    months = _middles(horizon_months)
    return _followed(stay, int(age.max(initial=0) + months[-1])), months


def payback(margins: Floats, cac: float) -> float:
    """Return the months until the margins of the months ahead add up to the cost of winning a customer.

    >>> payback(np.array([40.0, 40.0, 40.0]), 100.0)
    2.5
    """
    total = margins.cumsum()
    reached = np.flatnonzero(total >= cac)
    if not len(reached) or np.isnan(cac):
        return np.nan
    month = int(reached[0])
    return float(month + 1 - (total[month] - cac) / margins[month])
