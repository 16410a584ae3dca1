"""The customer base at a snapshot: all that is known of each customer on one row."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from workbench import metrics
from workbench.crm import KEY, Crm, tells_amounts
from workbench.model import Money, margin_if_retained, yearly_revenue
from workbench.segments.segmentation import STATIC, segment_all

MONTHS = 12


def customer_base(
    crm: Crm, panel: pd.DataFrame, scores: pd.DataFrame, at: datetime, *, money: Money, vip_share: float
) -> pd.DataFrame:
    """Return one row per customer known at ``at``: features, scores, revenue, margin, revenue at risk and segments.

    Added columns: yearly_revenue, margin_if_retained, revenue_at_risk (currency; churn probability times
    yearly_revenue, 0 for the lapsed), value_segment (if any revenue is known), rfm_segment, country_segment (if
    countries are known), last_order_on (date).
    """
    base = panel[panel["as_of"] == at].merge(scores, on=KEY, how="inner", validate="one_to_one")
    base = base.merge(_revenue(crm, at), on="customer_id", how="left").fillna({"yearly_revenue": 0.0})
    base = base.merge(_static(crm), on="customer_id", how="left")
    base["margin_if_retained"] = margin_if_retained(base["yearly_revenue"], money)
    base["revenue_at_risk"] = (base["churn_probability"].fillna(0) * base["yearly_revenue"]).clip(lower=0)
    if "days_since_order" in base:
        base["last_order_on"] = (base["as_of"] - pd.to_timedelta(base["days_since_order"], unit="D")).dt.date
    return base.join(segment_all(base, vip_share=vip_share).add_suffix("_segment"))


def _revenue(crm: Crm, at: datetime) -> pd.DataFrame:
    """Return customer_id, yearly_revenue: what a customer brought in the year before, or pays in a year at ``at``.

    Where neither orders nor invoices are told it is twelve times the recurring revenue; today's prices
    (subscriptions.mrr) serve only for the day of the export.
    """
    if tells_amounts(crm):
        return yearly_revenue(crm.as_of(at)).drop("as_of").to_pandas()
    if "subscriptions" not in crm:
        return pd.DataFrame({"customer_id": pd.Series(dtype="str"), "yearly_revenue": pd.Series(dtype="float64")})
    paid = metrics.mrr(crm if at >= crm.facts.known_until else crm.known_at(at), at)
    return paid.select("customer_id", yearly_revenue=paid.mrr.cast("float64") * MONTHS).to_pandas()


def _static(crm: Crm) -> pd.DataFrame:
    if "customers" not in crm:
        return pd.DataFrame({"customer_id": pd.Series(dtype="str")})
    columns = [c for c in STATIC if c in crm["customers"].columns]
    return crm["customers"].select("customer_id", *columns).to_pandas()
