import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.asof import Crm
from workbench.errors import DataError, SettingError
from workbench.metrics.activation import activation_by_cohort, activation_rate, stickiness


def product(**columns: object) -> Crm:
    """Five sign-ups and their events; the data end on 15 March 2024, before which nothing of April is known."""
    signups = {"old": "2023-12-20", "fast": "2024-01-02", "edge": "2024-01-10", "late": "2024-01-20", "idle": "2024-01-30",
               "young": "2024-03-01"}  # fmt: skip
    rows = [("old", "2024-01-01", "report"), ("fast", "2024-01-03", "report"), ("fast", "2024-01-04", "report"),
            ("edge", "2024-02-09", "report"), ("late", "2024-02-18", "report"), ("idle", "2024-01-31", "login"),
            ("young", "2024-03-15", "report")]  # fmt: skip
    events = pd.DataFrame(rows, columns=["customer_id", "occurred_at", "event"])
    customers = pd.DataFrame({"customer_id": signups.keys(), "signed_up_at": signups.values(), **columns})
    return wb.load_tables({"customers": customers, "events": events})


def test_activation_counts_the_event_within_so_many_days_of_signing_up() -> None:
    monthly = activation_by_cohort(product(), event="report", within_days=30)
    # edge reached it on day 30, a day too late; old signed up before events were recorded; young is too young.
    assert monthly[["new", "activated", "rate"]].to_numpy().tolist() == [[4, 2, 0.5]]
    assert monthly["cohort"].tolist() == [pd.Timestamp("2024-01-01")]
    rate = activation_rate(product(), event="report", within_days=31)
    assert (rate.count, rate.of) == (3, 4)


def test_any_of_several_events_activates() -> None:
    assert activation_rate(product(), event=["report", "login"]).count == 3


def test_excluded_accounts_do_not_dilute_activation() -> None:
    crm = product(exclude_reason=[None, None, None, None, "test", None])
    assert activation_rate(crm, event="report").of == 3


def test_an_event_nobody_knows_and_a_time_too_long_are_refused_with_the_cure() -> None:
    with pytest.raises(DataError, match=r"no event is named 'raport'; did you mean report\?"):
        activation_rate(product(), event="raport")
    with pytest.raises(SettingError, match="within_days 60: no month's new customers are all that old"):
        activation_rate(product(), event="report", within_days=60)


def test_stickiness_and_where_the_active_came_from_by_hand() -> None:
    days = {"ann": ["01-01", "01-02", "01-31", "02-01", "03-01"], "bob": ["01-05", "03-05"], "cat": ["02-29", "04-01"]}
    rows = [(str(i), customer, f"2024-{day}", 1.0) for customer, each in days.items() for i, day in enumerate(each)]
    monthly = stickiness(crm_of(*rows)).set_index("month")
    assert monthly["mau"].tolist() == [2, 2, 2]
    assert monthly["dau"].tolist() == pytest.approx([4 / 31, 2 / 29, 2 / 31])
    assert monthly["stickiness"].tolist() == pytest.approx([2 / 31, 1 / 29, 1 / 31])
    names = ["new", "returning", "resurrected", "dormant"]
    assert monthly[names].iloc[0].isna().all()
    assert monthly[names].iloc[1:].to_numpy().tolist() == [[1, 1, 0, 1], [0, 1, 1, 1]]


def test_active_customers_balance_from_month_to_month(retail: Crm) -> None:
    monthly = stickiness(retail)
    later = monthly.iloc[1:]
    assert (later["mau"] == later["new"] + later["returning"] + later["resurrected"]).all()
    assert (monthly["mau"].shift().iloc[1:] == later["returning"] + later["dormant"]).all()
    assert monthly["mau"].iloc[0] + later["new"].sum() == 4339 - 41  # less those first seen in the month not over


def test_a_month_in_which_nobody_came_is_shown_as_empty() -> None:
    monthly = stickiness(
        crm_of(("1", "ann", "2024-01-01", 1), ("2", "ann", "2024-03-05", 1), ("3", "ann", "2024-04-01", 1))
    )
    assert monthly["mau"].tolist() == [1, 0, 1]
    assert pd.isna(monthly["stickiness"].iloc[1])
    assert monthly[["dormant", "resurrected"]].iloc[1:].to_numpy().tolist() == [[1, 0], [0, 1]]
