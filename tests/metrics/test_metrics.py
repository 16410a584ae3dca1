from datetime import datetime

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import workbench as wb
from tests.conftest import crm_of
from workbench import metrics
from workbench.crm.asof import Crm
from workbench.errors import DataError, SettingError
from workbench.stats import bootstrap

START, END = datetime(2024, 1, 1), datetime(2024, 4, 1)


def moved(*, start: int, new: int, old_lost: int, new_lost: int) -> pd.DataFrame:
    old = pd.DataFrame(
        {"at_start": 1, "joined": 0, "lost_old": [1] * old_lost + [0] * (start - old_lost), "lost_new": 0}
    )
    fresh = pd.DataFrame(
        {"at_start": 0, "joined": 1, "lost_old": 0, "lost_new": [1] * new_lost + [0] * (new - new_lost)}
    )
    both = pd.concat([old, fresh], ignore_index=True)
    return both.assign(at_end=both["at_start"] + both["joined"] - both["lost_old"] - both["lost_new"])


def test_a_hundred_at_start_thirty_new_eight_old_and_four_new_lost() -> None:
    m = moved(start=100, new=30, old_lost=8, new_lost=4)
    assert metrics.retention_rate(m).value == pytest.approx(0.88)
    assert metrics.cohort_retention(m).value == pytest.approx(0.92)
    assert metrics.churn_rate(m).value == pytest.approx(0.08)
    by_vendor = {d: metrics.churn_rate(m, definition=d).value for d in ("ChartMogul", "Baremetrics", "Stripe")}
    assert by_vendor == pytest.approx({"ChartMogul": 0.08, "Baremetrics": 0.12, "Stripe": 12 / 130})


@pytest.mark.parametrize(
    ("old_lost", "new_lost", "cohort", "churn"),
    [
        (1, 0, 0.95, {"at start": 1 / 20, "ChartMogul": 1 / 20, "Baremetrics": 1 / 20, "Stripe": 1 / 25}),
        (0, 1, 1.00, {"at start": 0.0, "ChartMogul": 0.0, "Baremetrics": 1 / 20, "Stripe": 1 / 25}),
    ],
)
def test_who_was_lost_matters_to_the_cohort_but_not_to_the_rate(
    old_lost: int, new_lost: int, cohort: float, churn: dict[metrics.retention.ChurnDefinition, float]
) -> None:
    m = moved(start=20, new=5, old_lost=old_lost, new_lost=new_lost)
    assert metrics.retention_rate(m).value == pytest.approx(0.95)
    assert metrics.cohort_retention(m).value == pytest.approx(cohort)
    assert {d: metrics.churn_rate(m, definition=d).value for d in churn} == pytest.approx(churn)


def test_a_rate_says_whose_definition_it_is_and_on_how_many_customers_it_rests() -> None:
    m = moved(start=100, new=30, old_lost=8, new_lost=4)
    rate = metrics.churn_rate(m, definition="Stripe")
    assert (rate.named, rate.count, rate.of, rate.n, rate.n_of) == ("Stripe", 12, 130, 130, "customers")
    assert rate.low < 12 / 130 < rate.high


def test_the_interval_of_a_ratio_of_sums_is_that_of_a_bootstrap_over_customers() -> None:
    rng = np.random.default_rng(1)
    above, below = rng.integers(0, 2, 400).astype(float), rng.integers(1, 4, 400).astype(float)
    measured = metrics.ratio_of_sums("r", above, below, "")
    plain = bootstrap(lambda w: float(w @ above / (w @ below)), 400, draws=4000)
    assert (measured.low, measured.high) == pytest.approx((plain.low, plain.high), abs=0.004)


@pytest.mark.parametrize("kept", [0.85, 0.97])
def test_of_few_customers_of_unequal_size_the_interval_holds_the_truth_as_often_as_stated(kept: float) -> None:
    rng, covered = np.random.default_rng(0), 0
    for _ in range(100):
        size = rng.lognormal(0, 1, 60)
        measured = metrics.ratio_of_sums("r", size * (rng.random(60) < kept), size, "")
        covered += measured.low <= kept <= measured.high
    assert covered / 100 >= 0.93


def test_no_bound_lies_beyond_what_any_customer_does() -> None:
    measured = metrics.ratio_of_sums("r", [9.0, 1.0, 0.0], [10.0, 1.0, 5.0], "")
    assert 0 <= measured.low < measured.value < measured.high <= 1


def test_where_one_customer_dominates_a_bound_lies_within_four_standard_errors() -> None:
    size = np.array([900.0, *[10.0] * 99])
    kept = np.array([0.6, 1.3, 0.0, *[1.0] * 97])
    measured = metrics.ratio_of_sums("net revenue retention", size * kept, size, "")
    error = float(np.sqrt(((size * (kept - measured.value)) ** 2).sum()) / size.sum())
    assert measured.value == pytest.approx(1523 / 1890)
    assert measured.value - 4 * error == pytest.approx(measured.low)
    assert measured.low > 0


@given(st.floats(0, 1), st.integers(2, 24))
def test_a_rescaled_churn_leaves_what_as_many_periods_one_after_another_leave(monthly: float, periods: int) -> None:
    left = 1.0
    for _ in range(periods):
        left -= left * monthly
    churn = metrics.Metric("churn rate", monthly, monthly, monthly, 1, 1, "lost / start", 1)
    assert metrics.rescale(churn, periods).value == pytest.approx(1 - left, abs=1e-12)


def test_rescaling_carries_the_interval_and_no_figure_stays_none() -> None:
    monthly = metrics.share("churn rate", 5, 100, "lost / start")
    yearly = metrics.rescale(monthly, 12)
    assert yearly.low == pytest.approx(1 - (1 - monthly.low) ** 12)
    assert yearly.high == pytest.approx(1 - (1 - monthly.high) ** 12)
    assert pd.isna(metrics.rescale(metrics.share("churn rate", 0, 0, ""), 12).value)


def test_a_rate_of_more_lost_than_there_were_cannot_be_rescaled() -> None:
    with pytest.raises(SettingError, match=r"churn rate 1\.20 is no share"):
        metrics.rescale(metrics.ratio_of_sums("churn rate", [2, 4], [3, 2], ""), 12)


def test_movements_balance_and_count_lives_that_begin_and_end_in_between() -> None:
    crm = crm_of(
        ("1", "stays", "2023-12-20", 1), ("2", "stays", "2024-01-10", 1), ("3", "stays", "2024-02-05", 1),
        ("4", "stays", "2024-03-03", 1), ("5", "stays", "2024-03-30", 1), ("6", "leaves", "2023-12-20", 1),
        ("7", "visits", "2024-01-05", 1), ("8", "joins", "2024-03-20", 1), ("9", "end", "2024-05-30", 1),
    )  # fmt: skip
    m = metrics.movements(wb.lives(crm, inactive_days=30), START, END).set_index("customer_id")
    assert m.loc["stays"].tolist() == [1, 1, 0, 0, 0]
    assert m.loc["leaves"].tolist() == [1, 0, 0, 1, 0]
    assert m.loc["visits"].tolist() == [0, 0, 1, 0, 1]
    assert m.loc["joins"].tolist() == [0, 1, 1, 0, 0]
    assert "end" not in m.index


def test_a_life_that_ends_at_an_instant_still_goes_on_at_it_and_one_that_begins_then_does_not() -> None:
    at = pd.Timestamp("2024-02-01")
    lives = ibis.memtable(
        pd.DataFrame({"customer_id": ["ends", "begins"], "started_at": [at - pd.Timedelta(days=9), at],
                      "ended_at": [at, at + pd.Timedelta(days=9)],
             "known_from": pd.Timestamp("2024-01-01"), "known_until": pd.Timestamp("2024-06-01")})
    )  # fmt: skip
    measured = metrics.movements(lives, at.to_pydatetime(), END).set_index("customer_id")
    assert measured.loc["ends", ["at_start", "lost_old"]].tolist() == [1, 1]
    assert measured.loc["begins", ["at_start", "joined", "lost_new"]].tolist() == [0, 1, 1]
    until = metrics.movements(lives, datetime(2024, 1, 2), at.to_pydatetime()).set_index("customer_id")
    assert until.loc["ends", ["at_end", "joined", "lost_new"]].tolist() == [1, 1, 0]
    assert "begins" not in until.index


def test_customers_balance_over_every_period_of_online_retail(retail: Crm) -> None:
    lives = wb.lives(retail, inactive_days=91)
    for start, end in ((datetime(2011, 3, 11), datetime(2011, 6, 10)), (datetime(2011, 9, 9), datetime(2011, 12, 9))):
        m = metrics.movements(lives, start, end)
        assert (m["at_end"] == m["at_start"] + m["joined"] - m["lost_old"] - m["lost_new"]).all()


def test_cohort_retention_of_online_retail_is_what_the_labels_say(retail: Crm) -> None:
    m = metrics.movements(wb.lives(retail, inactive_days=91), datetime(2011, 9, 9), datetime(2011, 12, 9))
    kept = metrics.cohort_retention(m)
    assert (kept.count, kept.of) == (1907 - 590, 1907)


def test_repeat_purchase_counts_buyers_with_two_orders_inside_the_window() -> None:
    crm = crm_of(
        ("1", "once", "2024-02-01", 1), ("2", "twice", "2024-02-01", 1), ("3", "twice", "2024-03-01", 1),
        ("4", "before", "2023-12-01", 1), ("5", "before", "2024-02-01", 1),
        ("6", "returns", "2024-02-01", 5), ("7", "returns", "2024-02-02", -5),
    )  # fmt: skip
    rate = metrics.repeat_purchase_rate(crm["orders"], START, END)
    assert (rate.count, rate.of) == (1, 4)


def test_repeat_purchase_counts_no_order_that_was_cancelled_or_taken_back_whole_before_the_end() -> None:
    rows = [
        ("1", "kept", "2024-02-01", 5, None, None), ("2", "kept", "2024-02-02", 5, None, None),
        ("3", "cancels", "2024-02-01", 5, None, None), ("4", "cancels", "2024-02-02", 5, "2024-02-03", None),
        ("5", "sends back", "2024-02-01", 5, None, None), ("6", "sends back", "2024-02-02", 5, None, None),
        ("7", "sends back", "2024-02-05", -5, None, "6"),
        ("8", "later", "2024-02-01", 5, None, None), ("9", "later", "2024-02-02", 5, "2024-06-01", None),
        ("10", "in part", "2024-02-01", 5, None, None), ("11", "in part", "2024-02-02", 5, None, None),
        ("12", "in part", "2024-02-05", -2, None, "11"), ("13", "earlier", "2023-10-01", 5, None, None),
        ("14", "afterwards", "2024-06-01", 5, None, None),
    ]  # fmt: skip
    columns = ["order_id", "customer_id", "ordered_at", "amount", "cancelled_at", "returns_order_id"]
    crm = wb.load_tables({"orders": pd.DataFrame(rows, columns=columns)})
    rate = metrics.repeat_purchase_rate(crm["orders"], START, END)
    assert (rate.count, rate.of) == (3, 5)


def test_shopify_calls_a_buyer_returning_whose_first_order_lies_before_the_window() -> None:
    crm = crm_of(
        ("1", "once", "2024-02-01", 1), ("2", "before", "2023-12-01", 1), ("3", "before", "2024-02-01", 1),
        ("4", "later", "2024-02-01", 1), ("5", "later", "2024-04-01", 1), ("6", "gone", "2023-10-01", 1),
        ("7", "gone", "2023-11-01", 1),
    )  # fmt: skip
    rate = metrics.repeat_purchase_rate(crm["orders"], START, END, definition="Shopify")
    assert (rate.count, rate.of, rate.named) == (1, 3, "Shopify")
    assert metrics.repeat_purchase_rate(crm["orders"], START, END).count == 0


def renewing(*rows: tuple[str, str, str | None, str | None, str | None]) -> Crm:
    """Type subscriptions of ann's by hand: billing period, renews, cancelled, ended, excluded; begun 2022-02-10."""
    subscriptions = pd.DataFrame(
        [
            {
                "subscription_id": f"s{i}", "customer_id": "test" if excluded else "ann", "kind": "paid",
                "started_at": "2022-02-10", "renews_at": renews, "billing_period": period, "cancelled_at": cancelled,
                "ended_at": ended,
            }
            for i, (period, renews, cancelled, ended, excluded) in enumerate(rows)
        ]
        + [{"subscription_id": "last", "customer_id": "z", "kind": "trial", "started_at": "2024-12-30"}]
    )  # fmt: skip
    customers = pd.DataFrame({"customer_id": ["ann", "test"], "exclude_reason": [None, "test"]})
    return wb.load_tables({"subscriptions": subscriptions, "customers": customers})


@pytest.mark.parametrize(
    ("contract", "counted"),
    [
        (("year", "2023-02-10", None, None, None), (0, 1)),
        (("year", "2025-02-10", None, None, None), (0, 1)),
        (("year", "2024-02-10", "2023-12-01", "2024-02-10", None), (1, 1)),
        (("year", "2024-02-10", None, "2024-02-10", None), (1, 1)),
        (("year", "2024-02-10", "2024-03-01", None, None), (0, 1)),
        (("year", "2023-06-10", "2024-03-01", None, None), (0, 0)),
        (("year", "2024-02-10", None, "2023-12-31", None), (0, 0)),
        (("month", "2022-03-31", "2024-03-20", None, None), (1, 1)),
        (("month", "2022-03-10", "2024-03-20", None, None), (0, 1)),
        (("quarter", "2022-05-10", "2024-01-10", None, None), (1, 1)),
        ((None, "2024-02-10", None, None, None), (0, 1)),
        ((None, "2023-02-10", None, None, None), (0, 0)),
        (("year", "2024-02-10", None, None, "test"), (0, 0)),
    ],
)
def test_churn_at_renewal_counts_contracts_whose_term_ends_in_the_period(
    contract: tuple[str, str, str | None, str | None, str | None], counted: tuple[int, int]
) -> None:
    measured = metrics.renewal_churn(renewing(contract), START, END)
    assert (measured.count, measured.of) == counted


def test_a_billing_period_that_no_contract_has_is_refused() -> None:
    with pytest.raises(SettingError, match="billing_period 'annual' is not known; known: month, year"):
        crm = renewing(("year", "2024-02-10", None, None, None), ("month", "2024-02-10", None, None, None))
        metrics.renewal_churn(crm, START, END, billing_period="annual")


def test_churn_at_renewal_can_be_computed_for_annual_contracts_alone() -> None:
    crm = renewing(("year", "2024-02-10", None, "2024-02-10", None), ("month", "2024-02-10", None, None, None))
    assert metrics.renewal_churn(crm, START, END).of == 2
    yearly = metrics.renewal_churn(crm, START, END, billing_period="year")
    assert (yearly.count, yearly.of, yearly.n_of) == (1, 1, "contracts")


def test_without_subscriptions_there_are_no_contracts_and_the_message_says_what_to_use() -> None:
    with pytest.raises(DataError, match=r"need the table subscriptions.*repeat purchases"):
        metrics.renewal_churn(crm_of(("1", "ann", "2024-01-01", 1)), START, END)


def test_an_empty_period_gives_no_figure_instead_of_an_error() -> None:
    crm = crm_of(("1", "ann", "2024-01-01", 1), ("2", "ann", "2024-06-01", 1))
    rate = metrics.repeat_purchase_rate(crm["orders"], datetime(2024, 2, 1), datetime(2024, 3, 1))
    assert rate.of == 0
    assert pd.isna(rate.value)
