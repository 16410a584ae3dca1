import pandas as pd
import pytest

import workbench as wb
from workbench.value import yearly_revenue

ORDERS = pd.DataFrame({"order_id": ["1"], "customer_id": ["ann"], "ordered_at": ["2024-01-05"], "amount": [100]})
INVOICES = pd.DataFrame(
    {"invoice_id": ["a", "b"], "customer_id": ["ann", "ann"], "subscription_id": [None, "s"],
     "issued_at": ["2024-01-05", "2024-01-06"], "amount": [100, 30]}
)  # fmt: skip
SUBSCRIPTIONS = pd.DataFrame({"subscription_id": ["s"], "customer_id": ["ann"], "started_at": ["2024-01-01"]})


def revenue(**tables: pd.DataFrame) -> float:
    return float(yearly_revenue(wb.load_tables(tables).as_of("2024-02-01")).to_pandas()["revenue_365d"].sum())


def test_an_invoice_that_bills_an_order_is_not_counted_twice() -> None:
    assert revenue(orders=ORDERS, invoices=INVOICES) == 130
    assert revenue(orders=ORDERS, invoices=INVOICES.drop(columns="subscription_id")) == 100


@pytest.mark.parametrize(("tables", "amount"), [({"invoices": INVOICES}, 130.0), ({}, 0.0)])
def test_without_orders_the_invoices_are_the_revenue_and_without_amounts_there_is_none(
    tables: dict[str, pd.DataFrame], amount: float
) -> None:
    assert revenue(subscriptions=SUBSCRIPTIONS, **tables) == amount
