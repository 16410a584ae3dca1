"""Money: what a customer brings, what is at risk, and what a contact is expected to bring in."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import KEY, AsOf, net_amounts

YEAR = 365


@dataclass(frozen=True)
class Money:
    """What contacting costs and may bring: assumptions of the analyst's, so every sum built on them is a scenario.

    ``margin_rate``: margin per unit of revenue. ``save_share`` (γ): share of leavers an offer keeps.
    ``offer_cost`` (d): cost of an offer that is taken. ``taken_by_stayers`` (a): share of stayers who take it too.
    ``contact_cost`` (c): cost of one contact. ``discount_rate``: yearly. ``win_back_share`` (w): share of the lapsed
    who would not return that an offer brings back.
    """

    margin_rate: float
    save_share: float
    offer_cost: float
    taken_by_stayers: float
    contact_cost: float
    discount_rate: float
    win_back_share: float = 0.05


def yearly_revenue(view: AsOf) -> ir.Table:
    """Return customer_id, as_of, yearly_revenue: orders less returns, and invoices, of 365 days before each snapshot.

    Where the data begin later than that it is the revenue since they begin: a lower bound, not scaled up. Empty where
    none of a customer's amounts is known. Raises DataError for a source without amounts.
    """
    rows = net_amounts(view)
    recent = rows.filter(rows["at"] >= rows.as_of - ibis.interval(days=YEAR))
    return recent.group_by(KEY).aggregate(yearly_revenue=recent.amount.sum().cast("float64"))


def margin_if_retained(coming_revenue: pd.Series, money: Money) -> pd.Series:
    """Return V: the margin of the coming year if the customer stays, of the revenue of that year, discounted to today.

    >>> money = Money(0.3, 0.1, 5, 0.3, 1, 0.1)
    >>> margin_if_retained(pd.Series([1000.0, -50.0]), money).round(2).tolist()
    [286.04, 0.0]
    """
    middle_of_year = (1 + money.discount_rate) ** 0.5
    margin: pd.Series = coming_revenue.clip(lower=0) * money.margin_rate / middle_of_year
    return margin


def expected_gain(
    risk: pd.Series, margin: pd.Series, money: Money, *, save_share: pd.Series | None = None
) -> pd.Series:
    """Return what contacting is expected to bring: p·γ·(V − d) − (1 − p)·a·d − c, in currency.

    ``save_share`` is each customer's own γ, where segments were measured to differ.

    >>> money = Money(0.3, 0.1, 5, 0.3, 1, 0.1)
    >>> expected_gain(pd.Series([0.5]), pd.Series([105.0]), money).round(2).tolist()
    [3.25]
    """
    saved = risk * (money.save_share if save_share is None else save_share) * (margin - money.offer_cost)
    wasted = (1 - risk) * money.taken_by_stayers * money.offer_cost
    return saved - wasted - money.contact_cost


def win_back_gain(chance: pd.Series, margin: pd.Series, money: Money) -> pd.Series:
    """Return what writing to a lapsed customer is expected to bring: (1 − r)·w·(V − d) − r·a·d − c, in currency.

    ``chance`` (r) is that of a return without contact. Only those who would not have returned are won; a share a of
    those who would have returned anyway take the offer too.

    >>> money = Money(0.3, 0.1, 5, 0.3, 1, 0.1, win_back_share=0.2)
    >>> win_back_gain(pd.Series([0.5, 0.9]), pd.Series([105.0, 105.0]), money).round(2).tolist()
    [8.25, -0.35]
    """
    won = (1 - chance) * money.win_back_share * (margin - money.offer_cost)
    return won - chance * money.taken_by_stayers * money.offer_cost - money.contact_cost
