"""What other assumptions bring, computed on groups of customers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.model import Money, expected_gain, margin_if_retained, simulate, simulation_groups

MONEY = Money(0.3, 0.2, 10.0, 0.3, 2.0, 0.1)


def customers(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    chances, revenue = rng.uniform(0, 1, n), rng.gamma(1, 400, n)
    return priced(pd.DataFrame({"at_risk": True, "churn_probability": chances, "yearly_revenue": revenue}))


def priced(now: pd.DataFrame) -> pd.DataFrame:
    return now.assign(margin_if_retained=margin_if_retained(now["yearly_revenue"], MONEY))


def test_groups_hold_every_priced_customer_at_risk_once_and_never_fewer_than_ten() -> None:
    now = customers(205)
    now.loc[0, "yearly_revenue"] = np.nan
    now.loc[1, "at_risk"] = False
    groups = simulation_groups(now)
    assert groups["customers"].sum() == 203
    assert groups["customers"].min() >= 10
    counted = now.iloc[2:]
    assert groups["lost_revenue"].sum() == pytest.approx(
        (counted["churn_probability"] * counted["yearly_revenue"]).sum()
    )


def test_fewer_than_ten_customers_make_no_group() -> None:
    assert simulation_groups(customers(9)).empty


def test_groups_of_one_kind_of_customer_bring_what_these_customers_bring_one_by_one() -> None:
    now = priced(pd.DataFrame({"at_risk": True, "churn_probability": [0.5] * 20, "yearly_revenue": [2000.0] * 20}))
    one_by_one = expected_gain(now["churn_probability"], now["margin_if_retained"], MONEY).sum()
    assert simulate(simulation_groups(now), MONEY).gain == pytest.approx(one_by_one)


def test_groups_never_bring_more_than_choosing_customer_by_customer() -> None:
    now = customers(400)
    each = expected_gain(now["churn_probability"], now["margin_if_retained"], MONEY)
    found = simulate(simulation_groups(now), MONEY)
    assert 0 < found.gain <= each[each > 0].sum()


def test_contacting_too_dear_for_everyone_contacts_nobody() -> None:
    found = simulate(simulation_groups(customers(100)), replace(MONEY, contact_cost=1e6))
    assert (found.contacted, found.kept, found.cost, found.gain) == (0, 0, 0, 0)
