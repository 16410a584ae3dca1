import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from workbench.actions import lists as actions
from workbench.model.value import Money
from workbench.segments import segmentation as segment

MONEY = Money(0.3, 0.1, 10, 0.3, 5, 0.1)


@given(st.lists(st.integers(-50, 1000), min_size=1, max_size=40))
def test_vips_are_the_fewest_customers_who_bring_the_share(revenue: list[int]) -> None:
    spent = pd.Series(revenue, dtype=float)
    vip = spent[segment.value_segment(spent, vip_share=0.8) == "VIP"]
    total = spent.clip(lower=0).sum()
    assert (vip > 0).all()
    if total:
        assert vip.sum() >= 0.8 * total - 1e-9
        assert vip.sum() - vip.min() < 0.8 * total


def test_rfm_names_follow_the_rules_and_ties_share_a_score() -> None:
    panel = pd.DataFrame(
        {
            "days_since_order": [1, 2, 3, 60, 200, 200, 30, 5],
            "n_orders": [9, 8, 1, 3, 8, 1, 2, 1],
            "net_revenue": [900, 800, 50, 90, 700, 40, 60, 55],
            "tenure_days": [300, 300, 3, 300, 300, 200, 300, 100],
            "at_risk": [True, True, True, True, False, False, True, True],
        }
    )
    names = segment.rfm_segment(panel)
    assert names.iloc[[0, 2, 4, 5]].tolist() == ["Champions", "New", "Slipping big spenders", "Slipping"]
    shuffled = panel.sample(frac=1, random_state=1)
    assert segment.rfm_segment(shuffled).sort_index().equals(names)


def test_small_countries_are_joined() -> None:
    country = pd.Series(["UK"] * 30 + ["Malta"] * 3 + [None])
    assert segment.static_segment(country).value_counts().to_dict() == {"UK": 30, "others": 4}


def test_a_segment_that_leaves_more_often_is_told_apart_and_an_equal_one_is_not() -> None:
    lost = {"more": 120, "equal": 80, "less": 40}
    past = pd.DataFrame({"s": [name for name in lost for _ in range(200)]})
    past["churned"] = [i < n for n in lost.values() for i in range(200)]
    told = segment.observed_churn(past, ["s"]).set_index("segment")
    assert told["differs"].to_dict() == {"more": True, "equal": False, "less": True}
    assert told.loc["more", "churn"] == 0.6
    assert told["n"].sum() == 600


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


def test_contacts_are_ranked_by_money_and_not_by_risk() -> None:
    listed = actions.contact_list(customers(), MONEY)
    assert listed["customer_id"].tolist() == ["rich"]
    gain = 0.3 * 0.1 * (1000 - 10) - 0.7 * 0.3 * 10 - 5
    assert abs(listed["expected_gain"].iloc[0] - gain) < 1e-9


def test_lapsed_customers_stand_on_a_list_of_their_own() -> None:
    listed = actions.win_back_list(customers(), MONEY)
    assert listed["customer_id"].tolist() == ["gone"]
    assert listed["margin_at_stake"].tolist() == [450.0]


def test_when_a_contact_costs_more_than_anyone_is_worth_the_list_is_empty_but_whole() -> None:
    dear = Money(0.3, 0.1, 10, 0.3, 5000, 0.1)
    assert list(actions.contact_list(customers(), dear).columns) == actions.COLUMNS
    assert actions.contact_list(customers(), dear).empty
