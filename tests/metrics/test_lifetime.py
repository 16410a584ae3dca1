from datetime import datetime
from functools import cache

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.crm.asof import Crm
from workbench.errors import SettingError
from workbench.metrics.lifetime import MONTH, lifetime_value

START = datetime(2022, 1, 1)
MONTHS = [0.5 + k for k in range(12)]


@cache
def company(*, stay: int, leave: int, leave_after: int = 400, paid: float = 100.0, cac: float | None = None) -> Crm:
    """Subscribers of 2022-01-01, seen for 730 days; each who stays paid in all, who leaves half of it."""
    ids = [f"stays{i}" for i in range(stay)] + [f"leaves{i}" for i in range(leave)]
    end = str((pd.Timestamp(START) + pd.Timedelta(days=leave_after)).date())
    subscriptions = pd.DataFrame(
        {"subscription_id": ids, "customer_id": ids, "started_at": "2022-01-01", "kind": "paid",
         "ended_at": [None] * stay + [end] * leave}
    )  # fmt: skip
    invoices = pd.DataFrame(
        {"invoice_id": ids, "customer_id": ids, "subscription_id": ids, "issued_at": "2022-01-01",
         "amount": [paid] * stay + [paid / 2] * leave}
    )  # fmt: skip
    customers = pd.DataFrame({"customer_id": ids, "signed_up_at": "2022-01-01"})
    if cac is not None:
        customers["acquisition_cost"] = cac
    days = [*pd.date_range("2022-01-01", "2023-12-01", freq="MS").strftime("%Y-%m-%d"), "2023-12-31"]
    last = pd.DataFrame({"customer_id": "nobody", "occurred_at": days})
    return wb.load_tables(
        {"customers": customers, "subscriptions": subscriptions, "invoices": invoices, "events": last}
    )


def value(crm: Crm, *, discount_rate: float = 0.0, **choices: object) -> pd.Series:
    lives = wb.lives(crm, grace_days=0, recovery_days=0)
    worth = lifetime_value(
        crm, lives, margin_rate=0.5, discount_rate=discount_rate, **{"horizon_months": 12, **choices}
    )
    return worth.iloc[0]


def test_who_never_leaves_is_worth_the_margin_of_the_horizon_discounted_to_today() -> None:
    worth = value(company(stay=10, leave=0))
    a_month = 50 / (730 / MONTH)
    assert worth["margin_per_month"] == pytest.approx(a_month)
    assert worth["clv_new"] == pytest.approx(12 * a_month)
    discounted = value(company(stay=10, leave=0), discount_rate=0.1)["clv_new"]
    assert discounted == pytest.approx(a_month * sum(1.1 ** (-k / 12) for k in MONTHS))


def test_margin_after_the_end_of_a_life_is_not_counted() -> None:
    worth = value(company(stay=10, leave=10, leave_after=183))
    a_month = (10 * 50 + 10 * 25) / ((10 * 730 + 10 * 184) / MONTH)
    # Half have left after six months, the day before the seventh month's middle.
    assert worth["clv_new"] == pytest.approx(a_month * (6 + 6 * 0.5))
    assert worth["customers"] == 10
    assert worth["clv_new_low"] < worth["clv_new"] < worth["clv_new_high"]


def test_beyond_the_longest_life_observed_the_rate_of_its_later_half_goes_on() -> None:
    worth = value(company(stay=10, leave=10, leave_after=548))
    # Of the 730 days the first 365 lose nobody and the others half, so today's customers halve every 364 days.
    ahead = [0.5 ** (round(k * MONTH) / 364) for k in MONTHS]
    assert worth["clv"] == pytest.approx(worth["margin_per_month"] * sum(ahead))
    assert worth["known_months"] == pytest.approx(0, abs=0.1)


def test_who_is_as_old_as_the_data_is_worth_what_nobody_leaving_makes_likely() -> None:
    worth = value(company(stay=10, leave=0), horizon_months=36)
    assert worth["known_months_new"] == pytest.approx(730 / MONTH)
    assert worth[["clv_new", "clv"]].tolist() == pytest.approx([36 * worth["margin_per_month"]] * 2)


def test_where_nobody_is_seen_from_the_start_there_is_no_value() -> None:
    worth = value(company(stay=10, leave=0, cac=10.0), observed_from=datetime(2022, 7, 1))
    assert worth[["clv", "clv_low", "clv_new", "payback_months", "below_cac"]].isna().all()
    assert worth["known_months_new"] == 0


def test_cost_of_winning_a_customer_its_payback_and_the_flag() -> None:
    a_month = 50 / (730 / MONTH)
    cheap = value(company(stay=10, leave=0, cac=10.0))
    assert cheap["clv_to_cac"] == pytest.approx(12 * a_month / 10)
    assert cheap["payback_months"] == pytest.approx(10 / a_month)
    assert not cheap["below_cac"]
    dear = value(company(stay=10, leave=0, cac=100.0))
    assert dear["below_cac"]
    assert np.isnan(dear["payback_months"])
    unknown = value(company(stay=10, leave=0))
    assert pd.isna(unknown["below_cac"])


def test_the_margin_stated_with_an_order_goes_before_the_rate() -> None:
    days = pd.date_range("2023-01-01", periods=12, freq="30D").strftime("%Y-%m-%d")
    orders = pd.DataFrame({"order_id": range(12), "customer_id": "ann", "ordered_at": days, "amount": 100}).astype(str)
    rate = wb.load_tables({"orders": orders})
    worth = wb.load_tables({"orders": orders.assign(margin_amount="10")})
    assert value(rate)["margin_per_month"] == pytest.approx(5 * value(worth)["margin_per_month"])


def test_segments_have_values_of_their_own() -> None:
    crm = company(stay=10, leave=10, leave_after=183)
    names = pd.DataFrame({"customer_id": [f"stays{i}" for i in range(10)], "segment": "loyal"})
    worth = lifetime_value(
        crm,
        wb.lives(crm, grace_days=0, recovery_days=0),
        margin_rate=0.5,
        discount_rate=0.0,
        horizon_months=12,
        segments=names,
    ).set_index("segment")
    assert worth["customers"].to_dict() == {"loyal": 10, "unknown": 0}
    assert worth.loc["loyal", "clv_new"] == pytest.approx(12 * 50 / (730 / MONTH))


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"horizon_months": 0}, "horizon_months 0 is too short; use 1 or more"),
        ({"discount_rate": -0.1}, "discount_rate -0.1 is negative"),
    ],
)
def test_impossible_settings_are_refused(choice: dict[str, float], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        value(company(stay=1, leave=0), **choice)


def test_each_customer_is_worth_the_margin_of_today_for_the_months_still_expected() -> None:
    crm = company(stay=10, leave=10, leave_after=183)
    lives = wb.lives(crm, grace_days=0, recovery_days=0)
    margins = pd.Series([5.0, 7.0], index=["stays0", "stays1"])
    own = wb.customer_value(crm, lives, margins, discount_rate=0.0, horizon_months=12).set_index("customer_id")
    assert own["clv"].to_dict() == {"stays0": 12 * 5, "stays1": 12 * 7}, "nobody left in the later half of their lives"
    new = value(crm, margins=margins)
    assert new["margin_per_month"] == 6
    assert new["clv_new"] == pytest.approx(6 * (6 + 6 * 0.5))


def test_the_value_of_all_is_the_mean_of_the_customers_own() -> None:
    ids = [f"c{i}" for i in range(20)]
    starts = pd.date_range("2022-01-01", periods=20, freq="30D").strftime("%Y-%m-%d")
    ends = [None if i % 4 else "2023-11-30" for i in range(20)]
    served = {"subscription_id": ids, "customer_id": ids, "started_at": starts, "ended_at": ends}
    seen = pd.DataFrame({"customer_id": "nobody", "occurred_at": pd.date_range("2022-01-01", "2023-12-31", freq="5D")})
    crm = wb.load_tables({"subscriptions": pd.DataFrame(served), "events": seen})
    margins = pd.Series(np.arange(20.0), index=ids)
    own = wb.customer_value(crm, wb.lives(crm, grace_days=0, recovery_days=0), margins, discount_rate=0.1)
    whole = value(crm, margins=margins, discount_rate=0.1, horizon_months=36)
    assert len(own) == whole["customers"] == 15
    assert own["clv"].mean() == pytest.approx(whole["clv"])
    assert (own["clv_low"] <= own["clv"]).all()
