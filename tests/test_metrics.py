from datetime import datetime

import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench import metrics
from workbench.asof import Crm

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


@pytest.mark.parametrize(("old_lost", "new_lost", "cohort"), [(1, 0, 0.95), (0, 1, 1.0)])
def test_who_was_lost_matters_to_the_cohort_but_not_to_the_rate(old_lost: int, new_lost: int, cohort: float) -> None:
    m = moved(start=20, new=5, old_lost=old_lost, new_lost=new_lost)
    assert metrics.retention_rate(m).value == pytest.approx(0.95)
    assert metrics.cohort_retention(m).value == pytest.approx(cohort)


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


def test_an_empty_period_gives_no_figure_instead_of_an_error() -> None:
    crm = crm_of(("1", "ann", "2024-01-01", 1), ("2", "ann", "2024-06-01", 1))
    rate = metrics.repeat_purchase_rate(crm["orders"], datetime(2020, 1, 1), datetime(2020, 2, 1))
    assert rate.of == 0
    assert pd.isna(rate.value)


def test_cohorts_leave_out_months_that_are_not_over() -> None:
    crm = crm_of(("1", "ann", "2024-01-05", 1), ("2", "ann", "2024-02-05", 1), ("3", "bob", "2024-02-06", 1))
    table = metrics.cohorts(crm["orders"], datetime(2024, 3, 15))
    assert table.iloc[0].tolist() == [1, 1]
    assert table.iloc[1, 0] == 1
    assert pd.isna(table.iloc[1, 1])
    assert table.attrs["sizes"] == {"2024-01-01": 1, "2024-02-01": 1}
