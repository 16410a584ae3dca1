"""Repeat buying: published parameters, histories typed by hand, and a company simulated from the model itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import beta

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.asof import Crm
from workbench.errors import DataError, SettingError
from workbench.metrics.repeat_buying import (
    Buying,
    fit_purchases,
    fit_spending,
    purchase_history,
    purchases_likelihood,
    spending_likelihood,
)

CDNOW = Path(__file__).parents[2].parent / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
needs_cdnow = pytest.mark.skipif(not CDNOW.is_file(), reason="the CDNOW sample is not beside the project")


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """Purchases of the 2,357 customers of the sample, as orders."""
    columns = ["master", "customer_id", "ordered_at", "quantity", "amount"]
    rows = pd.read_csv(CDNOW, sep=r"\s+", header=None, names=columns, dtype="str")
    rows["ordered_at"] = pd.to_datetime(rows["ordered_at"]).dt.strftime("%Y-%m-%d")
    return rows.assign(order_id=rows.index.astype("str"))[["order_id", "customer_id", "ordered_at", "amount"]]


@needs_cdnow
def test_the_parameters_are_those_published_for_the_cdnow_sample(cdnow: pd.DataFrame) -> None:
    history = purchase_history(wb.load_tables({"orders": cdnow}).known_at("1997-10-01"))
    fitted = fit_purchases(history)
    assert (fitted.r, fitted.alpha, fitted.a, fitted.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=0.0006)
    assert fitted.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    example = pd.DataFrame({"frequency": [2], "recency_weeks": [30.43], "age_weeks": [38.86]})
    assert fitted.purchases(example, 39)[0] == pytest.approx(1.226, abs=0.001)  # Fader, Hardie, Lee 2005, section 4.2


@needs_cdnow
def test_what_a_repeat_order_is_worth_is_as_published_for_the_cdnow_sample(cdnow: pd.DataFrame) -> None:
    rows = cdnow.assign(amount=cdnow["amount"].astype(float))[cdnow["ordered_at"] < "1997-10-01"]
    days = rows.groupby(["customer_id", "ordered_at"])["amount"].sum().reset_index()
    repeats = days[days.duplicated("customer_id")].groupby("customer_id")["amount"].agg(["size", "mean"])
    history = pd.DataFrame({"paid_days": repeats["size"], "order_value": repeats["mean"], "frequency": repeats["size"]})
    fitted = fit_spending(history)
    assert (fitted.p, fitted.q, fitted.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.006)  # Fader, Hardie 2013
    assert fitted.correlation == pytest.approx(0.11, abs=0.005)


def test_purchases_of_one_day_are_one_and_what_was_sent_back_whole_is_none() -> None:
    crm = crm_of(
        ("1", "ann", "2024-01-01 09:00", 10), ("2", "ann", "2024-01-01 17:00", 5), ("3", "ann", "2024-01-15", 40),
        ("4", "ann", "2024-01-16", -10), ("5", "bob", "2024-01-08", 168_470), ("6", "bob", "2024-01-08 00:12", -168_470),
        ("7", "bob", "2024-01-15", 20), ("8", "bob", "2024-01-22", 0), ("9", "cat", "2024-01-29", 1),
    )  # fmt: skip
    fitted = purchase_history(crm).set_index("customer_id")
    assert fitted.loc["ann"].tolist() == [1, 2, 4, 2, 22.5]
    # Bob's large order is taken back; one that cost nothing is a purchase that brings nothing.
    assert fitted.loc["bob"].tolist() == [1, 1, 2, 1, 20]


def test_an_order_that_was_cancelled_was_no_purchase() -> None:
    rows = {"order_id": ["1", "2"], "customer_id": "ann", "ordered_at": ["2024-01-01", "2024-01-15"], "amount": 30,
            "cancelled_at": [None, "2024-01-15"]}  # fmt: skip
    fitted = purchase_history(wb.load_tables({"orders": pd.DataFrame(rows)})).iloc[0]
    assert (fitted["frequency"], fitted["order_value"]) == (0, 30)


def test_a_return_is_taken_off_the_order_that_it_names() -> None:
    rows = {"order_id": ["1", "2", "3"], "customer_id": "ann", "ordered_at": ["2024-01-01", "2024-01-15", "2024-01-16"],
            "amount": [30, 30, -30], "returns_order_id": [None, None, "1"]}  # fmt: skip
    fitted = purchase_history(wb.load_tables({"orders": pd.DataFrame(rows)})).iloc[0]
    assert (fitted["frequency"], fitted["age_weeks"]) == (0, pytest.approx(1 / 7))


def test_a_return_that_names_two_orders_is_taken_off_both() -> None:
    rows = [
        ("1", "ann", "2024-01-01", 10, None), ("2", "ann", "2024-01-15", 30, None), ("9", "ann", "2024-01-20", -4, "1"),
        ("9", "ann", "2024-01-20", -6, "2"), ("3", "bob", "2024-01-31", 5, None),
    ]  # fmt: skip
    names = ["order_id", "customer_id", "ordered_at", "amount", "returns_order_id"]
    crm = wb.load_tables({"orders": pd.DataFrame(rows, columns=names)})
    history = purchase_history(crm).set_index("customer_id")
    assert history.loc["ann", "order_value"] == (6 + 24) / 2


@pytest.mark.parametrize(
    ("r", "alpha", "a", "b"),
    [(0.24, 4.4, 0.8, 2.4), (6.7, 42, 49, 8103), (6.7, 42, 51, 8103), (6.7, 42, 782, 8103), (8103, 60, 0.05, 0.07),
     (0.3, 0.3, 254, 0.8)],
)  # fmt: skip
def test_purchases_to_come_are_the_mean_over_paces_and_chances_to_leave_at_every_edge(
    r: float, alpha: float, a: float, b: float
) -> None:
    x, age, weeks = 3.0, 50.0, 156.0
    history = pd.DataFrame({"frequency": [x], "recency_weeks": [age], "age_weeks": [age]})
    buying = Buying(r, alpha, a, b, 0.0, 1)

    def of_those_who_leave(chance: float) -> float:
        return -np.expm1(-(r + x) * np.log1p(chance * weeks / (alpha + age))) / chance

    mean, _ = quad(lambda part: of_those_who_leave(beta.ppf(part, a, b + x)), 0, 1, limit=500)
    found = buying.purchases(history, weeks)[0] / buying.alive(history)[0]
    assert found == pytest.approx(mean, rel=2e-3)


def test_who_never_bought_again_is_alive_and_long_silence_after_many_purchases_is_a_bad_sign() -> None:
    model = Buying(0.243, 4.414, 0.793, 2.426, 0, 0)
    history = pd.DataFrame({"frequency": [0, 10, 10], "recency_weeks": [0, 20, 39], "age_weeks": [39, 40, 40]})
    never, silent, lately = model.alive(history)
    assert never == 1
    assert silent < 0.04 < 0.8 < lately
    assert np.isfinite(model.purchases(history.assign(frequency=2000), 52)).all()


@pytest.fixture(scope="module")
def shop() -> tuple[Crm, float]:
    """Orders of 1,200 buyers as BG/NBD and gamma-gamma suppose, known for a year; and what the year after brought."""
    rng, rows = np.random.default_rng(5), []
    for i in range(1200):
        rate, leaves = rng.gamma(0.5, 1 / 6), rng.beta(1.2, 3)
        scale, day = rng.gamma(4, 1 / 60), rng.uniform(0, 180)
        while day < 730:
            rows.append((f"c{i}", day, rng.gamma(6, 1 / scale / 60)))
            if rng.random() < leaves:
                break
            day += 7 * rng.exponential(1 / rate)
    orders = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    at = pd.Timestamp("2023-01-01") + pd.to_timedelta(orders["day"], unit="D")
    orders = orders.assign(order_id=orders.index.astype("str"), ordered_at=at.dt.strftime("%Y-%m-%d %H:%M:%S"))
    orders["amount"] = orders["amount"].round(2)
    crm = wb.load_tables({"orders": orders.drop(columns="day")}).known_at("2024-01-01")
    return crm, float(orders.loc[orders["day"] >= 365, "amount"].sum())


def test_the_value_of_all_buyers_is_what_the_year_after_brings(shop: tuple[Crm, float]) -> None:
    crm, brought = shop
    values, *_ = wb.buyer_value(crm, margin_rate=1.0, discount_rate=0.0, horizon_months=12)
    assert values["clv"].sum() == pytest.approx(brought, rel=0.15)
    assert (values["clv_low"] <= values["clv"]).all() and (values["clv"] <= values["clv_high"]).all()
    assert values["clv_low"].sum() < brought < values["clv_high"].sum()


def test_later_margin_is_worth_less(shop: tuple[Crm, float]) -> None:
    values, buying, spending = wb.buyer_value(shop[0], margin_rate=0.3, discount_rate=0.1, horizon_months=12)
    by_month = np.diff([buying.purchases(values, month * 365.25 / 84) for month in range(13)], axis=0)
    worth = 1.1 ** -((np.arange(12) + 0.5) / 12)
    assert values["clv"].to_numpy() == pytest.approx(0.3 * spending.order_value(values) * (worth @ by_month), rel=1e-3)


def test_segments_stand_beside_what_winning_a_customer_cost(shop: tuple[Crm, float]) -> None:
    crm, _ = shop
    cost = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(1200)], "acquisition_cost": [1.0] * 600 + [5000.0] * 600}
    )
    halves = cost[["customer_id"]].assign(segment=["cheap"] * 600 + ["dear"] * 600)
    crm = wb.load_tables({"orders": crm["orders"].to_pandas(), "customers": cost})
    fitted = wb.buyer_value_by_segment(crm, margin_rate=0.3, discount_rate=0.1, segments=halves).set_index("segment")
    assert fitted["customers"].to_dict() == {"cheap": 600, "dear": 600}
    assert fitted["below_cac"].to_dict() == {"cheap": False, "dear": True}
    assert np.isnan(fitted.loc["dear", "payback_months"])
    assert fitted.loc["cheap", "clv_to_cac"] == pytest.approx(fitted.loc["cheap", "clv_new"])
    assert 0 <= fitted.loc["cheap", "payback_months"] < 12


def test_too_few_repeat_buyers_and_impossible_settings_are_refused() -> None:
    crm = crm_of(("1", "ann", "2024-01-01", 1), ("2", "ann", "2024-02-01", 1))
    with pytest.raises(DataError, match="1 customers bought again; a model of repeat buying needs 30"):
        wb.buyer_value(crm, margin_rate=0.3, discount_rate=0.1)
    with pytest.raises(SettingError, match="horizon_months 0"):
        wb.buyer_value(crm, margin_rate=0.3, discount_rate=0.1, horizon_months=0)


@pytest.mark.parametrize(("likelihood", "size"), [(purchases_likelihood, 4), (spending_likelihood, 3)])
def test_the_slopes_of_a_likelihood_are_what_a_small_step_changes(likelihood: Any, size: int) -> None:
    history = pd.DataFrame({"frequency": [0, 1, 9], "recency_weeks": [0, 3, 20], "age_weeks": [30, 30, 31],
                            "paid_days": [1, 2, 10], "order_value": [5.0, 0.2, 70]})  # fmt: skip
    theta = np.linspace(-0.7, 0.9, size)
    slopes = likelihood(theta, history)[1]
    for k, step in enumerate(1e-5 * np.eye(size)):
        up, down = likelihood(theta + step, history)[0], likelihood(theta - step, history)[0]
        assert slopes[:, k] == pytest.approx((up - down) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("bought", [1, 5, 60])
@pytest.mark.parametrize("burst_weeks", [0.2, 4.0, 50.0])
def test_a_burst_promises_no_more_than_the_customers_own_pace(bought: int, burst_weeks: float) -> None:
    """The parameters are those published for CDNOW; the customer bought within a burst and is silent since."""
    buying = Buying(0.243, 4.414, 0.793, 2.426, np.nan, 0)
    history = pd.DataFrame({"frequency": [float(bought)], "recency_weeks": [burst_weeks], "age_weeks": [52.0]})
    still_buys = buying.purchases(history, 52.0) / buying.alive(history)
    assert 0 < still_buys[0] <= bought + 1
