import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from workbench.model import expected_losses
from workbench.segments import risk_bands
from workbench.segments import segmentation as segment


@given(st.lists(st.integers(-50, 1000), min_size=1, max_size=40))
def test_vips_are_the_fewest_customers_who_bring_the_share(revenue: list[int]) -> None:
    spent = pd.Series(revenue, dtype=float)
    vip = spent[segment.value_segment(spent, vip_share=0.8) == "VIP"]
    total = spent.clip(lower=0).sum()
    assert (vip > 0).all()
    if total:
        assert vip.sum() >= 0.8 * total - 1e-9
        assert vip.sum() - vip.min() < 0.8 * total


def test_a_customer_who_brought_nothing_is_no_vip_however_sums_are_rounded() -> None:
    spent = pd.Series([0.1] * 10 + [0.0])
    assert segment.value_segment(spent, vip_share=1).tolist() == ["VIP"] * 10 + ["no revenue"]


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
    assert names.iloc[[0, 2, 4, 5]].tolist() == ["Champions", "New", "Lapsed", "Lapsed"]
    shuffled = panel.sample(frac=1, random_state=1)
    assert segment.rfm_segment(shuffled).sort_index().equals(names)


def test_loyal_needs_frequent_orders_and_a_recent_enough_one() -> None:
    # Ten customers in fifths of two; money is spread against frequency, so that nobody is a champion.
    panel = pd.DataFrame(
        {
            "days_since_order": [10, 10, 30, 30, 50, 50, 70, 70, 90, 90],
            "n_orders": [2, 2, 4, 4, 9, 9, 8, 8, 1, 1],
            "net_revenue": [9.0, 9, 8, 8, 2, 2, 5, 5, 1, 1],
            "tenure_days": 300,
            "at_risk": True,
        }
    )
    names = segment.rfm_segment(panel)
    assert names.tolist()[4:8] == ["Loyal", "Loyal", "Slipping", "Slipping"]
    assert "Loyal" not in set(names[:4]) | set(names[8:])
    assert segment.rfm_segment(panel.assign(at_risk=False)).eq("Lapsed").all()


def test_the_lapsed_move_no_active_customer_into_another_fifth() -> None:
    active = pd.DataFrame(
        {"days_since_order": range(1, 11), "n_orders": 2, "net_revenue": 5.0, "tenure_days": 300, "at_risk": True}
    )
    lapsed = active.assign(days_since_order=400, at_risk=False)
    both = pd.concat([active, lapsed], ignore_index=True)
    assert segment.rfm_segment(both)[:10].tolist() == segment.rfm_segment(active).tolist()


def test_subscribers_are_sorted_by_use_and_by_what_they_pay() -> None:
    panel = pd.DataFrame(
        {
            "days_since_event": [1, 2, 40, 50, 5, 20, 20, 20, 20, 20],
            "n_active_days_90d": [30, 29, 1, 1, 9, 8, 8, 8, 8, 8],
            "yearly_revenue": [900.0, 800, 950, 10, 20, 30, 30, 30, 30, 30],
            "subscription_days": [400, 400, 400, 400, 9, 400, 400, 400, 400, 400],
            "at_risk": True,
        }
    )
    names = segment.segment_all(panel, vip_share=0.8)["rfm"]
    assert names[:5].tolist() == ["Champions", "Champions", "Slipping big spenders", "Slipping", "New"]


def test_customers_who_paid_nothing_are_no_others() -> None:
    names = segment.value_segment(pd.Series([90.0, 10, 0, -5, np.nan]), vip_share=0.8)
    assert names.tolist() == ["VIP", "other", "no revenue", "no revenue", "unknown"]


def test_a_segmentation_known_only_today_has_no_observed_churn() -> None:
    now = pd.DataFrame({"at_risk": True, "churn_probability": [0.2, 0.4], "s": ["a", "b"], "kind": ["active", "passive"],
                        "yearly_revenue": [1.0, 10.0], "revenue_at_risk": [0.2, 4.0]})  # fmt: skip
    past = pd.DataFrame({"s": ["a", "b"], "churned": [True, False]})
    report = segment.segment_report(past, now, ["s", "kind"]).set_index(["segmentation", "segment"])
    assert report.loc[("s", "a"), "churn"] == 1
    assert np.isnan(report.loc[("kind", "active"), "churn"])
    assert report.index.tolist() == [("s", "b"), ("s", "a"), ("kind", "passive"), ("kind", "active")]


def test_the_history_of_a_segment_conserves_its_customers() -> None:
    then = pd.DataFrame({"customer_id": list("abcd"), "s": ["x", "x", "y", None]})
    now = pd.DataFrame({"customer_id": list("bcde"), "s": ["x", "x", "z", "z"]})
    history = segment.segment_history(then, now, ["s"]).set_index("segment")
    assert history.loc["x"].tolist() == ["s", 2, 1, 1, 2]
    assert history.loc["y"].tolist() == ["s", 1, 0, 1, 0]
    assert history.loc["z"].tolist() == ["s", 0, 2, 0, 2]
    assert (history["customers_then"] + history["entered"] - history["left"] == history["customers_now"]).all()


def test_unknown_revenue_sums_to_unknown_and_never_to_zero() -> None:
    now = pd.DataFrame({"at_risk": [True, True], "churn_probability": [0.2, 0.4], "s": ["a", "b"],
                        "yearly_revenue": [np.nan, 10.0], "revenue_at_risk": [np.nan, 4.0]})  # fmt: skip
    seen = segment.outlook(now, ["s"]).set_index("segment")
    assert np.isnan(seen.loc["a", "yearly_revenue"])
    assert np.isnan(seen.loc["a", "revenue_at_risk"])
    assert seen.loc["b", "revenue_at_risk"] == 4


def test_revenue_of_segments_and_bands_adds_up_to_that_of_all_also_where_one_gave_back_more_than_was_bought() -> None:
    now = pd.DataFrame({"at_risk": True, "churn_probability": [0.1, 0.2, 0.3], "yearly_revenue": [100.0, -30.0, 50.0],
                        "revenue_at_risk": [10.0, 0.0, 15.0], "plan_segment": ["a", "a", "b"]})  # fmt: skip
    whole = expected_losses(now, priced=True)["revenue_at_risk"].of
    assert (
        whole
        == segment.outlook(now, ["plan_segment"])["yearly_revenue"].sum()
        == risk_bands(now)["yearly_revenue"].sum()
        == 150
    )


def test_small_countries_are_joined() -> None:
    country = pd.Series(["UK"] * 30 + ["Malta"] * 3 + [None])
    assert segment.static_segment(country).value_counts().to_dict() == {"UK": 30, "others": 3, "unknown": 1}


def test_a_segment_that_leaves_more_often_differs_and_an_equal_one_does_not() -> None:
    lost = {"more": 120, "equal": 80, "less": 40}
    past = pd.DataFrame({"s": [name for name in lost for _ in range(200)]})
    past["churned"] = [i < n for n in lost.values() for i in range(200)]
    observed = segment.observed_churn(past, ["s"]).set_index("segment")
    assert observed["differs"].to_dict() == {"more": True, "equal": False, "less": True}
    assert observed.loc["more", "churn"] == 0.6
    assert observed["n"].sum() == 600


def test_customers_are_grouped_by_columns_of_the_companys_own_after_those_of_the_contract() -> None:
    facts = {"own_home_club": ["North"] * 40 + ["South"] * 30, "country": ["UK"] * 70}
    customers = pd.DataFrame({"at_risk": True, "yearly_revenue": 1.0, **facts})
    segments = segment.segment_all(customers, vip_share=0.8)
    assert [*segments][-2:] == ["country", "own_home_club"]
    assert segments["own_home_club"].value_counts().to_dict() == {"North": 40, "South": 30}
