from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.amounts import net_amounts
from workbench.crm.asof import Crm
from workbench.errors import DataError, SettingError
from workbench.metrics.cohorts import cohort_activity, cohorts, life_cohorts, revenue_cohorts

JANUARY = pd.Timestamp("2024-01-01")


def two_customers() -> Crm:
    """Ann orders on days 0, 7 and 56, bob on day 0 only; the data end on 1 May."""
    return crm_of(
        ("1", "ann", "2024-01-05", 10), ("2", "ann", "2024-01-12", 20), ("3", "ann", "2024-03-01", 5),
        ("4", "bob", "2024-01-20", 8), ("5", "bob", "2024-02-02", -3), ("6", "cat", "2024-05-01", 1),
    )  # fmt: skip


def test_the_three_readings_of_retention_differ_on_the_same_customers() -> None:
    crm = two_customers()
    assert cohort_activity(crm, days=[0, 1, 7, 56]).loc[JANUARY].tolist() == [1, 0, 0.5, 0.5]
    bands = cohort_activity(crm, reading="bracket", days=[0, 7, 28, 56, 84]).loc[JANUARY]
    assert bands.to_dict() == {"days 0–6": 1, "days 7–27": 0.5, "days 28–55": 0, "days 56–83": 0.5}
    assert cohort_activity(crm, reading="unbounded", days=[1, 56, 57]).loc[JANUARY].tolist() == [0.5, 0.5, 0]


def test_a_cell_is_empty_until_its_days_have_passed_for_the_whole_cohort() -> None:
    # Who starts on 31 January is 91 days old on 1 May, the last day known.
    table = cohort_activity(two_customers(), days=[91, 92]).loc[JANUARY]
    assert table["day 91"] == 0
    assert np.isnan(table["day 92"])
    assert cohort_activity(two_customers(), days=[0]).loc["2024-05-01"].isna().all()
    assert cohort_activity(two_customers()).attrs["sizes"] == {"2024-01-01": 2, "2024-05-01": 1}


def test_unbounded_retention_never_rises_with_age_and_is_never_below_n_day(retail: Crm) -> None:
    days = [1, 7, 30, 60]
    rolling, n_day = cohort_activity(retail, reading="unbounded", days=days), cohort_activity(retail, days=days)
    assert (rolling.diff(axis=1).iloc[:, 1:].fillna(0) <= 0).all(axis=None)
    assert ((rolling.to_numpy() >= n_day.to_numpy()) | n_day.isna().to_numpy()).all()


def test_days_that_do_not_rise_are_refused() -> None:
    with pytest.raises(SettingError, match=r"days \[7, 1\] cannot be read as n-day retention"):
        cohort_activity(two_customers(), days=[7, 1])
    with pytest.raises(SettingError, match="give 2 or more rising whole days"):
        cohort_activity(two_customers(), reading="bracket", days=[0])


def test_revenue_of_a_cohort_counts_returns_and_months_without_any() -> None:
    table = revenue_cohorts(two_customers())
    assert table["cohort"].unique().tolist() == [JANUARY]
    assert table["revenue"].tolist() == [Decimal(38), Decimal(-3), Decimal(5), Decimal(0)]
    assert table["revenue_per_customer"].tolist() == [19, 17.5, 20, 20]
    assert table["customers"].tolist() == [2] * 4


def test_no_cent_is_lost_between_the_cohorts_of_online_retail(retail: Crm) -> None:
    # As whole numbers of ten-thousandths: half a million decimals take pandas seconds.
    exact = net_amounts(retail).mutate(amount=lambda t: (t.amount * 10_000).cast("int64"))
    rows = exact.filter(lambda t: t["at"] < pd.Timestamp("2011-12-01")).to_pandas()
    first = rows[rows["amount"] > 0].groupby("customer_id")["at"].min().dt.to_period("M")
    since_start = rows["at"].dt.to_period("M") >= rows["customer_id"].map(first)
    counted = rows.loc[since_start & rows["customer_id"].isin(first.index), "amount"].sum()
    assert revenue_cohorts(retail)["revenue"].sum() * 10_000 == int(counted)


def test_beside_orders_only_invoices_of_subscriptions_are_revenue_and_voided_ones_never() -> None:
    invoices = pd.DataFrame(
        {"invoice_id": ["1", "2", "3"], "customer_id": "ann", "subscription_id": ["s", None, "s"], "amount": [10, 20, 40],
         "issued_at": "2024-01-01", "voided_at": [None, None, "2024-01-02"]}
    )  # fmt: skip
    orders = pd.DataFrame({"order_id": ["o"], "customer_id": "ann", "ordered_at": "2024-01-03", "amount": 5})
    both = wb.load_tables({"orders": orders, "invoices": invoices})
    assert net_amounts(both).amount.sum().to_pandas() == 15
    events = pd.DataFrame({"customer_id": ["ann"], "occurred_at": "2024-01-01"})
    assert net_amounts(wb.load_tables({"events": events, "invoices": invoices})).amount.sum().to_pandas() == 30
    with pytest.raises(DataError, match="revenue needs the table orders or invoices; this source has events"):
        net_amounts(wb.load_tables({"events": events}))


def test_cohorts_leave_out_months_that_are_not_over() -> None:
    crm = crm_of(("1", "ann", "2024-01-05", 1), ("2", "ann", "2024-02-05", 1), ("3", "bob", "2024-02-06", 1),
                 ("4", "cat", "2024-03-15", 1))  # fmt: skip
    table = cohorts(crm["orders"], datetime(2024, 3, 15))
    assert table.iloc[0].tolist() == [1, 1]
    assert table.iloc[1, 0] == 1
    assert pd.isna(table.iloc[1, 1])
    assert table.attrs["sizes"] == {"2024-01-01": 1, "2024-02-01": 1}


def test_a_history_within_one_month_has_no_whole_month_to_show() -> None:
    crm = crm_of(("1", "ann", "2024-01-05", 1), ("2", "bob", "2024-01-20", 1))
    table = cohorts(crm["orders"], datetime(2024, 1, 21))
    assert table.empty
    assert table.attrs["sizes"] == {}
    assert life_cohorts(wb.lives(crm, inactive_days=10), datetime(2024, 1, 21)).empty
