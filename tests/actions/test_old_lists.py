"""The deprecated lists: ranked by money."""

import numpy as np
import pandas as pd
import pytest

from workbench.actions import contact_list, win_back_list
from workbench.actions.old_lists import COLUMNS
from workbench.model.value import Money

pytestmark = pytest.mark.filterwarnings("ignore:.*make_lists makes all lists:DeprecationWarning")
MONEY = Money(0.3, 0.1, 10, 0.3, 5, 0.1)


def customers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["rich", "poor", "safe", "gone"],
            "as_of": pd.Timestamp("2024-01-01"),
            "at_risk": [True, True, True, False],
            "churn_probability": [0.3, 0.9, 0.01, np.nan],
            "return_probability": [np.nan, np.nan, np.nan, 0.5],
            "margin_if_retained": [1000.0, 20.0, 1000.0, 900.0],
            "yearly_revenue": [3500.0, 70.0, 3500.0, 3100.0],
            "sign": ["silence", "frequency", "money", "silence"],
            "why": "", "country": "UK", "value_segment": "VIP", "rfm_segment": "Loyal",
            "last_order_on": pd.Timestamp("2023-12-01").date(),
        }
    )  # fmt: skip


def test_the_lists_of_an_older_release_name_the_one_way_there_is_now() -> None:
    for make in (contact_list, win_back_list):
        with pytest.warns(DeprecationWarning, match=f"{make.__name__} goes with the next release: make_lists makes"):
            make(customers(), MONEY)


def test_contacts_are_ranked_by_money_and_not_by_risk() -> None:
    listed = contact_list(customers(), MONEY)
    assert listed["customer_id"].tolist() == ["rich"]
    gain = 0.3 * 0.1 * (1000 - 10) - 0.7 * 0.3 * 10 - 5
    assert abs(listed["expected_gain"].iloc[0] - gain) < 1e-9


def test_lapsed_customers_stand_on_a_list_of_their_own() -> None:
    listed = win_back_list(customers(), MONEY)
    assert listed["customer_id"].tolist() == ["gone"]
    assert listed["margin_at_stake"].tolist() == [450.0]


def test_when_a_contact_costs_more_than_any_customer_is_worth_the_list_is_empty_but_whole() -> None:
    expensive = Money(0.3, 0.1, 10, 0.3, 5000, 0.1)
    assert list(contact_list(customers(), expensive).columns) == COLUMNS
    assert contact_list(customers(), expensive).empty


def test_a_customer_of_unknown_worth_is_not_listed() -> None:
    assert contact_list(customers().assign(margin_if_retained=np.nan), MONEY).empty
