"""What each customer brings in a year from now on, if still a customer: what is paid now, and what is still bought."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from workbench.crm import Crm, not_cancelled
from workbench.errors import DataError
from workbench.metrics import fit_purchases, fit_spending, mrr, purchase_history

MONTHS = 12
DAYS = 365
WEEKS = 365.25 / 7
"""Of a year."""


def coming_revenue(crm: Crm, at: datetime, yearly_revenue: pd.Series) -> pd.Series:
    """Return the revenue of the coming year of customers who stay, indexed by customer_id as ``yearly_revenue``.

    That is what each brought in the year before (currency; empty: not known). It is too little for a customer who came
    later, and for one who now pays more. So a subscriber pays twelve times the monthly recurring revenue of ``at``, and
    orders besides what was ordered in the year before; a buyer without a subscription orders as often as the BG/NBD
    model expects of one who has not left, for what the gamma-gamma model expects of an order. Where a price is not
    known, or there are too few repeat buyers for the models, it stays what it was.

    A buyer's coming year may exceed the last one: of a customer who came within the year, of one who ordered more often
    in the years before, and of small orders, which are drawn towards the mean. A burst of orders is no reason: the
    frequency expected of one who still buys never exceeds the customer's own over the whole time known (the model takes
    the silence after a burst for a sign of having left).
    """
    paid = _paid_in_a_year(crm, at)
    known = crm.known_at(at)
    buyers = yearly_revenue.index[~yearly_revenue.index.isin(paid.index)]
    now = paid + _ordered(known, at).reindex(paid.index).fillna(0.0)
    bought = _expected_of_buyers(known, buyers)
    return now.combine_first(bought).reindex(yearly_revenue.index).fillna(yearly_revenue)


def _paid_in_a_year(crm: Crm, at: datetime) -> pd.Series:
    """Return what the subscribers of ``at`` pay in a year; empty where a price is not known."""
    if "subscriptions" not in crm:
        return pd.Series(dtype="float64")
    # Today's prices (subscriptions.mrr) serve only for the day of the export.
    prices = crm if crm.facts.is_export_day(at) else crm.known_at(at)
    paid = mrr(prices, min(at, crm.facts.known_until)).to_pandas().set_index("customer_id")
    yearly = paid["mrr"].astype("float64") * MONTHS
    return yearly.where(paid["unknown"] == 0)


def _ordered(known: Crm, at: datetime) -> pd.Series:
    """Return what each customer ordered in the year before ``at``, less returns and cancelled orders."""
    if "orders" not in known:
        return pd.Series(dtype="float64")
    orders = not_cancelled(known["orders"])
    recent = orders.filter(orders.ordered_at >= pd.Timestamp(at) - pd.Timedelta(days=DAYS))
    sums = recent.group_by("customer_id").aggregate(amount=recent.amount.sum().cast("float64")).to_pandas()
    return sums.set_index("customer_id")["amount"]


def _expected_of_buyers(known: Crm, buyers: pd.Index) -> pd.Series:
    if not len(buyers) or "orders" not in known:
        return pd.Series(dtype="float64")
    history = purchase_history(known)
    try:
        buying, spending = fit_purchases(history), fit_spending(history)
    except DataError:
        return pd.Series(dtype="float64")
    own = history[history["customer_id"].isin(buyers)]
    expected = buying.purchases(own, WEEKS) / buying.alive(own) * spending.order_value(own)
    return pd.Series(expected, index=own["customer_id"])
