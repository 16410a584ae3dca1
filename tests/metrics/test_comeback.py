from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.asof import Crm
from workbench.errors import DataError, SettingError
from workbench.metrics.comeback import chance_of_return, comeback_curve, inactivity_threshold, silences
from workbench.report import charts


def buys(customers: int, *days: int, until: int = 110) -> Crm:
    """Customers who all order on the same days of a history of so many days; somebody else orders on the last one."""
    start = date(2023, 1, 1)
    at = [(f"c{c:03}", start + timedelta(days=d)) for c in range(customers) for d in days]
    at.append(("last", start + timedelta(days=until)))
    return crm_of(*((str(i), customer, str(day), 1.0) for i, (customer, day) in enumerate(at)))


def test_each_gap_is_a_return_and_the_last_one_is_censored_on_the_last_whole_day() -> None:
    crm = crm_of(
        ("1", "ann", "2024-01-01 09:00", 5), ("2", "ann", "2024-01-01 17:00", 5), ("3", "ann", "2024-01-04", 5),
        ("4", "ann", "2024-01-06", -5), ("5", "bob", "2024-01-02", 5), ("6", "bob", "2024-01-10 12:00", 5),
    )  # fmt: skip
    gaps = silences(crm)
    assert gaps[["day", "returned", "n"]].to_numpy().tolist() == [
        [3, True, 1],
        [6, False, 1],
        [0, False, 1],
        [8, True, 1],
    ]
    curve = comeback_curve(gaps).set_index("day")
    assert curve.loc[[0, 3, 7, 8], "returned"].tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1])
    assert curve.loc[[0, 1, 4, 8], "at_risk"].tolist() == [4, 3, 2, 1]


def test_every_day_with_an_order_begins_one_silence(retail: Crm) -> None:
    orders = retail["orders"].filter(lambda t: t.amount >= 0).select("customer_id", "ordered_at").to_pandas()
    days = orders.assign(day=orders["ordered_at"].dt.date).drop_duplicates(["customer_id", "day"])
    gaps = silences(retail)
    assert gaps["n"].sum() == len(days)
    assert gaps.loc[~gaps["returned"], "n"].sum() == days["customer_id"].nunique()


def test_the_curve_of_online_retail_is_kaplan_meiers(retail: Crm) -> None:
    from lifelines import KaplanMeierFitter

    gaps = silences(retail)
    theirs = KaplanMeierFitter().fit(gaps["day"], gaps["returned"], weights=gaps["n"])
    curve = comeback_curve(gaps).set_index("day")["returned"]
    assert np.allclose(1 - curve, theirs.survival_function_.iloc[:, 0].reindex(curve.index).ffill())
    assert curve[[91, 180, 360]].round(3).tolist() == [0.725, 0.849, 0.934]


def test_of_those_silent_for_300_days_31_percent_have_returned_by_day_360_in_online_retail(retail: Crm) -> None:
    chances = chance_of_return(silences(retail), horizon_days=60).set_index("silent_days")
    assert chances.loc[300, "until_day"] == 360
    assert round(chances.loc[300, "chance"], 2) == 0.31
    assert chances.loc[300, "at_risk"] == 339


def test_no_silence_inside_online_retail_is_long_enough_to_call_customers_gone(retail: Crm) -> None:
    gaps = silences(retail)
    chances = chance_of_return(gaps, horizon_days=91).set_index("silent_days")
    assert chances["chance"].min() > 0.25
    assert chances.loc[269, ["until_day", "chance"]].tolist() == [360, pytest.approx(0.376, abs=0.001)]
    threshold = inactivity_threshold(gaps, horizon_days=91).iloc[0]
    assert pd.isna(threshold["inactive_days"])
    assert threshold["words"].startswith(
        "No silence inside this history is so long that fewer than 10% return: of those"
    )
    assert threshold["words"].endswith("still return by day 372.")


def test_the_threshold_is_the_first_silence_after_which_hardly_anybody_returns() -> None:
    gaps = silences(buys(60, 0, 10, 20))
    chances = chance_of_return(gaps, horizon_days=30).set_index("silent_days")
    # Two of each customer's three silences end on day 10; who is silent for longer does not return.
    assert chances.loc[9, "chance"] == pytest.approx(2 / 3, abs=0.01)
    assert chances.loc[10, ["chance", "at_risk"]].tolist() == [0, 60 + 1 - 1]
    threshold = inactivity_threshold(gaps, horizon_days=30).iloc[0]
    assert threshold["inactive_days"] == 10
    assert threshold["words"] == "After 10 days of silence, 0% (0% to 0%; 60 silences) return by day 40."


def test_the_interval_knows_that_the_silences_of_one_customer_are_alike() -> None:
    start = date(2023, 1, 1)
    often = [(f"o{c}", start + timedelta(days=d)) for c in range(20) for d in range(0, 400, 2)]
    rarely = [(f"r{c}", start + timedelta(days=d)) for c in range(60) for d in range(0, 400, 20)]
    crm = crm_of(*((str(i), customer, str(day), 1.0) for i, (customer, day) in enumerate(often + rarely)))
    day = comeback_curve(silences(crm)).set_index("day").loc[10]
    naive = np.sqrt(day["returned"] * (1 - day["returned"]) / 5200)
    assert day["high"] - day["low"] > 5 * (2 * 1.96 * naive)
    assert day["low"] < day["returned"] < day["high"]


def test_a_source_without_orders_counts_events() -> None:
    events = pd.DataFrame({"customer_id": ["a", "a", "b"], "occurred_at": ["2024-01-01", "2024-01-03", "2024-01-05"]})
    gaps = silences(wb.load_tables({"events": events}))
    assert sorted(zip(gaps["day"], gaps["returned"], strict=True)) == [(0, False), (2, False), (2, True)]
    with pytest.raises(DataError, match="activity is counted from the table orders; this source has events"):
        silences(wb.load_tables({"events": events}), activity="orders")


def test_a_subscribers_silence_ends_with_the_life() -> None:
    rows = [("ann", "2024-01-01", "2024-01-20"), ("ann", "2024-06-01", None), ("bob", "2024-06-01", None)]
    subscriptions = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at"])
    days = ["2024-01-05", "2024-01-10", "2024-02-01", "2024-06-11", "2024-06-30"]
    events = pd.DataFrame({"customer_id": ["ann"] * 4 + ["bob"], "occurred_at": days})
    crm = wb.load_tables(
        {"subscriptions": subscriptions.assign(subscription_id=["1", "2", "3"], kind="paid"), "events": events}
    )
    gaps = silences(crm, activity="events", lives=wb.lives(crm, inactive_days=30, grace_days=0))
    # 5 to 10 January, then silent to the 19th; the event in between two lives counts in neither.
    assert sorted(zip(gaps["day"], gaps["returned"], strict=True)) == [(0, False), (5, True), (9, False), (19, False)]


def test_curves_and_thresholds_are_reported_per_segment_and_too_few_silences_are_said_so() -> None:
    one = pd.DataFrame({"customer_id": ["c000"], "segment": ["one"]})
    gaps = silences(buys(60, 0, 10, 20), segments=one)
    curve = comeback_curve(gaps).query("segment == 'one' and day == 10").iloc[0]
    # A segment of one customer has no spread between customers, and no draw without the customer.
    assert curve[["returned", "low", "high"]].tolist() == pytest.approx([2 / 3] * 3)
    threshold = inactivity_threshold(gaps, horizon_days=30).set_index("segment")
    assert threshold.loc["unknown", "inactive_days"] == 10
    assert pd.isna(threshold.loc["one", "inactive_days"])
    assert (
        threshold.loc["one", "words"]
        == "Fewer than 30 silences are seen as long as 30 days: too few to say how many return."
    )


def test_a_horizon_and_a_share_that_are_none_are_refused() -> None:
    gaps = silences(buys(60, 0, 10, until=40))
    with pytest.raises(SettingError, match="horizon_days 0 is too short; use 1 or more"):
        inactivity_threshold(gaps, horizon_days=0)
    with pytest.raises(SettingError, match="at_most 10 is not a share"):
        inactivity_threshold(gaps, horizon_days=10, at_most=10)


def test_the_chart_marks_the_days_in_use(retail: Crm) -> None:
    (ax,) = charts.draw(charts.comeback_curve, comeback_curve(silences(retail)), inactive_days=91).axes
    assert " inactive_days 91" in [text.get_text() for text in ax.texts]
    assert "16,766" in [text.get_text() for text in ax.texts]
