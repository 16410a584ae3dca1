import numpy as np
import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.asof import Crm
from workbench.errors import SettingError
from workbench.stats import auc

THREE_DATES = ["2011-03-11", "2011-06-10", "2011-09-09"]


def counts(labels: pd.DataFrame, column: str = "churned") -> list[tuple[int, int]]:
    by_date = labels.groupby("as_of")[column].agg(["size", "sum"])
    return [(int(n), int(k)) for n, k in by_date.to_numpy()]


def test_online_retail_gives_the_known_answers_for_everyone_who_ever_bought(retail: Crm) -> None:
    labels = wb.label_churn(retail, THREE_DATES, inactive_days=None).to_pandas()
    assert counts(labels) == [(1847, 814), (2800, 1455), (3362, 1443)]


def test_online_retail_gives_the_known_answers_for_customers_at_risk(retail: Crm) -> None:
    assert counts(wb.label_churn(retail, "2011-09-09").to_pandas()) == [(1907, 590)]


def test_of_the_lapsed_customers_of_online_retail_41_percent_come_back(retail: Crm) -> None:
    assert counts(wb.label_returns(retail, "2011-09-09").to_pandas(), "returned") == [(1455, 602)]


def test_states_partition_the_known_customers_into_at_risk_and_lapsed(retail: Crm) -> None:
    states = wb.states(retail, "2011-09-09").to_pandas()
    assert states["state"].value_counts().to_dict() == {"paying": 1907, "lapsed": 1455}
    assert states["customer_id"].is_unique


def test_an_order_at_as_of_belongs_to_the_outcome_and_one_at_the_end_of_the_window_does_not() -> None:
    crm = crm_of(
        ("a1", "at_start", "2024-01-20", 1), ("a2", "at_start", "2024-02-01", 1),
        ("b1", "at_end", "2024-01-20", 1), ("b2", "at_end", "2024-02-11", 1), ("c", "late", "2024-03-31", 1),
    )  # fmt: skip
    labels = wb.label_churn(crm, "2024-02-01", horizon_days=10, inactive_days=30).to_pandas()
    assert labels.set_index("customer_id")["churned"].to_dict() == {"at_start": False, "at_end": True}


def test_the_evidence_names_the_orders_around_the_snapshot() -> None:
    crm = crm_of(("1", "ann", "2024-01-10", 1), ("2", "ann", "2024-01-20", 1), ("3", "ann", "2024-02-05", 1))
    row = wb.label_churn(crm, "2024-02-01", horizon_days=5, inactive_days=20).to_pandas().iloc[0]
    assert (row["last_record_id"], row["next_record_id"], row["churned"]) == ("2", "3", False)


def test_a_return_is_no_sign_of_life() -> None:
    crm = crm_of(("1", "ann", "2024-01-10", 5), ("2", "ann", "2024-02-05", -5), ("3", "bob", "2024-03-31", 1))
    labels = wb.label_churn(crm, "2024-02-01", horizon_days=10, inactive_days=30).to_pandas()
    assert labels["churned"].tolist() == [True]


def test_excluded_accounts_have_no_state() -> None:
    orders = crm_of(("1", "ann", "2024-01-10", 1), ("2", "test", "2024-01-10", 1))["orders"].to_pandas()
    customers = pd.DataFrame({"customer_id": ["ann", "test"], "exclude_reason": [None, "internal"]})
    crm = wb.load_tables({"orders": orders, "customers": customers})
    assert wb.states(crm, "2024-01-11").customer_id.to_pandas().tolist() == ["ann"]


def test_the_history_dates_a_departure_when_silence_reaches_the_limit_and_records_the_return() -> None:
    crm = crm_of(("1", "ann", "2024-01-01", 1), ("2", "ann", "2024-03-01", 1), ("3", "bob", "2024-03-20", 1))
    events = wb.churn_events(crm, inactive_days=30).to_pandas()
    assert events[["customer_id", "occurred_at", "reactivated_at"]].to_numpy().tolist() == [
        ["ann", pd.Timestamp("2024-01-31"), pd.Timestamp("2024-03-01")]
    ]


def test_a_gap_one_day_short_of_the_limit_is_one_life() -> None:
    crm = crm_of(("1", "ann", "2024-01-01", 1), ("2", "ann", "2024-01-30", 1), ("3", "ann", "2024-02-29", 1))
    assert wb.lives(crm, inactive_days=30).order_by("life").started_at.to_pandas().astype(str).tolist() == [
        "2024-01-01",
        "2024-02-29",
    ]


def test_later_data_never_change_a_mature_label(retail: Crm) -> None:
    whole = wb.label_churn(retail, "2011-06-10").to_pandas().sort_values("customer_id", ignore_index=True)
    cut = wb.label_churn(retail.known_at("2011-09-09"), "2011-06-10").to_pandas()
    pd.testing.assert_frame_equal(whole, cut.sort_values("customer_id", ignore_index=True))


def test_a_window_that_is_not_over_is_refused_with_the_latest_day_that_works(retail: Crm) -> None:
    with pytest.raises(SettingError, match=r"latest as_of that works is 2011-09-10"):
        wb.label_churn(retail, "2011-09-11")


@pytest.mark.parametrize("as_of", ["2010-11-01", "2012-03-01"])
def test_a_snapshot_outside_the_data_is_refused_whatever_is_asked(retail: Crm, as_of: str) -> None:
    for verb in (wb.states, wb.label_churn, wb.label_returns):
        with pytest.raises(SettingError, match=as_of):
            verb(retail, as_of)


@pytest.mark.parametrize("as_of", ["09.09.2011", "9/9/2011", "2011-09-09T00:00+02:00", ""])
def test_a_day_that_is_not_written_as_iso_text_is_refused(retail: Crm, as_of: str) -> None:
    with pytest.raises(SettingError, match="as_of"):
        wb.states(retail, as_of)


@pytest.mark.parametrize("days", [0, -1, 374, 1000])
def test_a_limit_that_does_not_fit_the_history_is_refused(retail: Crm, days: int) -> None:
    with pytest.raises(SettingError, match="use 1 to 373"):
        wb.label_churn(retail, "2011-09-09", inactive_days=days)


def test_among_identical_memoryless_customers_recency_says_nothing_of_the_outcome() -> None:
    rng = np.random.default_rng(7)
    gaps = rng.exponential(40, size=(1500, 30)).cumsum(axis=1)
    days = gaps[gaps < 500]
    who = np.broadcast_to(np.arange(1500)[:, None], gaps.shape)[gaps < 500]
    orders = pd.DataFrame(
        {
            "order_id": np.arange(len(days)).astype(str),
            "customer_id": who.astype(str),
            "ordered_at": pd.Timestamp("2022-01-01") + pd.to_timedelta(days, unit="D").round("s"),
            "amount": 1,
        }
    )
    crm = wb.load_tables({"orders": orders})
    at = ["2022-11-01"]
    labels = wb.label_churn(crm, at, horizon_days=60, inactive_days=60).to_pandas()
    rows = labels.merge(wb.states(crm, at, inactive_days=60).to_pandas(), on=["customer_id", "as_of"])
    assert len(rows) > 800
    assert abs(auc(rows["churned"].to_numpy(float), rows["silent_days"].to_numpy(float)) - 0.5) < 0.05


def test_labels_at_many_snapshots_are_those_of_each_alone(retail: Crm) -> None:
    snapshots = pd.date_range("2011-03-01", periods=26, freq="7D").to_pydatetime().tolist()
    together = wb.label_churn(retail, snapshots, horizon_days=60, inactive_days=60).to_pandas()
    for t in snapshots[::5]:
        alone = wb.label_churn(retail, t, horizon_days=60, inactive_days=60).to_pandas()
        same = together[together["as_of"] == t].set_index("customer_id").loc[alone["customer_id"]].reset_index()
        pd.testing.assert_frame_equal(same[alone.columns], alone)
