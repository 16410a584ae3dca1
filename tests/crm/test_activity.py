import pandas as pd

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.asof import Crm


def test_an_order_of_many_lines_counts_once_and_returns_do_not() -> None:
    crm = crm_of(
        ("1", "a", "2024-01-05", 10),
        ("1", "a", "2024-01-05", 5),
        ("2", "b", "2024-01-31", 1),
        ("3", "a", "2024-03-01", -5),
    )
    monthly = wb.monthly_activity(crm)["orders"]
    assert monthly.to_dict("records") == [{"month": pd.Timestamp("2024-01-01"), "orders": 2, "customers": 2}]


def test_the_shipped_sales_lines_reach_over_thirteen_months(retail: Crm) -> None:
    monthly = wb.monthly_activity(retail)
    assert list(monthly) == ["orders"]
    assert len(monthly["orders"]) == 13
