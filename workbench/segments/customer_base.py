"""The customer base at a snapshot: all that is known of each customer on one row."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime

import ibis
import numpy as np
import pandas as pd

from workbench import metrics
from workbench.contract import is_own, own_name
from workbench.crm import KEY, Crm, last_plans, tells_amounts
from workbench.errors import SettingError
from workbench.model import Money, coming_revenue, margin_if_retained, yearly_revenue
from workbench.segments.named_rules import Segmentation, own_segments
from workbench.segments.segmentation import (
    NO_REVENUE,
    SORTED_BY,
    as_grouped,
    grouped_by,
    segment_all,
    segment_report,
    static_columns,
    static_segment,
)

MONTHS = 12
MEASURED_BY = ("country", "region", "segment", "industry", "company_size", "acquisition_channel")
"""The static columns by which the effect of campaigns is compared."""
SEGMENTATIONS = {
    "value_segment": "Value",
    "rfm_segment": "Recency, frequency, money",
    "risk_kind_segment": "Likeliest way to leave",
    "plan_segment": "Plan",
    "stage_segment": "Time as a customer",
    "activation_segment": "Activation",
    "segment_segment": "Segment",
    "customer_type_segment": "Person or company",
    "company_size_segment": "Company size",
    "budget_segment": "Budget",
    "industry_segment": "Industry",
    "country_segment": "Country",
    "region_segment": "Region",
    "acquisition_channel_segment": "Acquisition channel",
    "preferred_channel_segment": "Preferred channel",
    "owner_segment": "Owner",
    "agents_segment": "Contact held by",
}
"""The columns of the segmentations that come with the workbench, and their titles."""


def segment_titles(own: Sequence[Segmentation] = (), columns: Iterable[Hashable] = ()) -> dict[str, str]:
    """Return the columns that sort customers into segments and their titles, the analyst's ``own`` first.

    Among ``columns`` those that hold the segments by the company's own columns of customers are looked for; they stand
    last.

    >>> segment_titles(columns=["own_home_club_segment"])["own_home_club_segment"]
    'Home club'

    Raises SettingError for a name of a grouping that is always made, or of the company's own columns.
    """
    for each in own:
        where = next(iter(each.segments.values())).where
        if f"{each.name}_segment" in SEGMENTATIONS:
            raise SettingError(f"{where}: {each.name} is a grouping that is always made; choose another name.")
        if is_own(each.name):
            raise SettingError(f"{where}: {each.name} is named as a column of customers; choose a name without own_.")
    by_own_columns = {
        name: own_name(name.removesuffix("_segment")).capitalize()
        for name in sorted(map(str, columns))
        if is_own(name) and name.endswith("_segment")
    }
    return {f"{each.name}_segment": each.meaning for each in own} | SEGMENTATIONS | by_own_columns


def customer_base(
    crm: Crm,
    panel: pd.DataFrame,
    scores: pd.DataFrame,
    at: datetime,
    *,
    money: Money,
    vip_share: float,
    own: Sequence[Segmentation] = (),
) -> pd.DataFrame:
    """Return one row per customer known at ``at``: features, scores, revenue, margin, revenue at risk and segments.

    Added columns: yearly_revenue, margin_if_retained (of the coming year, see :func:`coming_revenue`), revenue_at_risk
    (currency; churn probability times yearly_revenue, 0 for the lapsed; all three empty where no amount is known),
    value_segment (if any revenue is known), rfm_segment, country_segment (if countries are known), one per segmentation
    of the analyst's ``own``, last_order_on (date). Where no changes of plans are recorded, the plan is that of the
    export, on its day, and not known before.
    """
    base = panel[panel["as_of"] == at].merge(scores, on=KEY, how="inner", validate="one_to_one")
    base["yearly_revenue"] = revenue_of_a_year(crm, at, base["customer_id"])
    base = base.merge(_static(crm), on="customer_id", how="left")
    if "plan" not in base and "subscriptions" in crm and "plan" in crm["subscriptions"].columns:
        base["plan"] = base["customer_id"].map(_plans_of_the_export(crm, at)).astype("str")
    base["margin_if_retained"] = margin_if_retained(_coming_revenue(crm, at, base), money)
    base["revenue_at_risk"] = (base["churn_probability"].where(base["at_risk"], 0) * base["yearly_revenue"]).clip(
        lower=0
    )
    if "days_since_order" in base:
        base["last_order_on"] = (base["as_of"] - pd.to_timedelta(base["days_since_order"], unit="D")).dt.date
    base = base.join(segment_all(base, vip_share=vip_share).add_suffix("_segment"))
    segment_titles(own)
    return base.join(own_segments(own, base).add_suffix("_segment"))


def _plans_of_the_export(crm: Crm, at: datetime) -> pd.Series:
    """Return the plan by customer_id; without rows before the day of the export."""
    if not crm.facts.is_export_day(at):
        return pd.Series(dtype="str")
    return last_plans(crm, at).to_pandas().set_index("customer_id")["plan"]


def revenue_of_a_year(crm: Crm, at: datetime, customers: pd.Series) -> pd.Series:
    """Return what each customer brought in the year before, or pays in a year at ``at``; empty where not known.

    Where there are neither orders nor invoices it is twelve times the recurring revenue; today's prices
    (subscriptions.mrr) serve only for the day of the export. A customer without any order, invoice or paid subscription
    is known to have brought 0.
    """
    if tells_amounts(crm):
        amounts = yearly_revenue(crm.as_of(at)).drop("as_of").to_pandas()
    elif "subscriptions" in crm:
        prices = crm if crm.facts.is_export_day(at) else crm.known_at(at)
        paid = metrics.mrr(prices, min(at, crm.facts.known_until))
        some_known = paid.unknown < paid.live
        yearly = ibis.ifelse(some_known, paid.mrr.cast("float64") * MONTHS, None)
        amounts = paid.select("customer_id", yearly_revenue=yearly).to_pandas()
    else:
        return pd.Series(np.nan, index=customers.index)
    known = amounts.set_index("customer_id")["yearly_revenue"].astype("float64")
    if not known.notna().any():
        return pd.Series(np.nan, index=customers.index)
    return customers.map(known).where(customers.isin(known.index), 0.0)


def _coming_revenue(crm: Crm, at: datetime, base: pd.DataFrame) -> pd.Series:
    coming = coming_revenue(crm, at, base.set_index("customer_id")["yearly_revenue"])
    return pd.Series(coming.to_numpy(float), index=base.index)


def static_segmentations(crm: Crm) -> dict[str, pd.DataFrame]:
    """Return customer_id and segment by every static column of customers that any customer has a value of."""
    if "customers" not in crm:
        return {}
    columns = [c for c in MEASURED_BY if c in crm["customers"].columns]
    known = crm["customers"].select("customer_id", *columns).to_pandas()
    return {
        name: pd.DataFrame({"customer_id": known["customer_id"], "segment": static_segment(known[name])})
        for name in columns
        if known[name].notna().any()
    }


def _static(crm: Crm) -> pd.DataFrame:
    if "customers" not in crm:
        return pd.DataFrame({"customer_id": pd.Series(dtype="str")})
    columns = static_columns(crm["customers"].columns)
    return crm["customers"].select("customer_id", *columns).to_pandas()


def sorted_by(own: Sequence[Segmentation] = ()) -> set[str]:
    """Return the columns by which customers are sorted into segments, the analyst's ``own`` among them."""
    return SORTED_BY | {column for each in own for rule in each.segments.values() for column in rule.columns}


def past_base(
    crm: Crm,
    panel: pd.DataFrame,
    states: pd.DataFrame,
    labels: pd.DataFrame,
    now: pd.DataFrame,
    *,
    money: Money,
    vip_share: float,
    own: Sequence[Segmentation] = (),
) -> pd.DataFrame:
    """Return the customer base at the last labelled snapshot, as it stood then, in the same groups as ``now``."""
    last = labels["as_of"].max()
    scored = states["at_risk"] | (states["state"] == "lapsed")
    unscored = states[scored & (states["as_of"] == last)][[*KEY, "state", "at_risk"]].assign(churn_probability=np.nan)
    then = customer_base(crm, panel, unscored, last.to_pydatetime(), money=money, vip_share=vip_share, own=own)
    for column in grouped_by(then):
        if f"{column}_segment" in now:
            then[f"{column}_segment"] = as_grouped(then[column], now[f"{column}_segment"])
    if "value_segment" in then and NO_REVENUE not in set(now.get("value_segment", ())):
        then["value_segment"] = then["value_segment"].replace(NO_REVENUE, "other")
    then = then.drop(columns=_not_known_then(own, then, now))
    if then["yearly_revenue"].isna().all() and now["yearly_revenue"].notna().any():
        return then.drop(columns="rfm_segment", errors="ignore")  # without money it is another sorting
    return then


def _not_known_then(own: Sequence[Segmentation], then: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """Return the columns of segmentations that rest on what is known now and was not known of anybody then."""
    unknown = {c for c in now if c in then and then[c].isna().all() and now[c].notna().any()}
    reading = {each.name: {c for rule in each.segments.values() for c in rule.columns} for each in own}
    reading["plan"] = {"plan"}
    return [f"{name}_segment" for name, read in reading.items() if read & unknown and f"{name}_segment" in then]


def compare_segments(
    then: pd.DataFrame, labels: pd.DataFrame, now: pd.DataFrame, *, own: Sequence[Segmentation] = ()
) -> pd.DataFrame:
    """Return the segment report: churn observed since the snapshot of ``then``, and what to expect ``now``.

    Customers are sorted into segments as they stood at that snapshot, never by what came later.
    """
    past = then.merge(labels[[*KEY, "churned"]], on=KEY)
    return segment_report(past, now, [name for name in segment_titles(own, now) if name in now])
