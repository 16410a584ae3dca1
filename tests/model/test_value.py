from datetime import datetime

import pandas as pd

import workbench as wb
from workbench.model import coming_revenue
from workbench.model.value import yearly_revenue
from workbench.segments.customer_base import customer_base

ORDERS = pd.DataFrame({"order_id": ["1"], "customer_id": ["ann"], "ordered_at": ["2024-01-05"], "amount": [100]})
INVOICES = pd.DataFrame(
    {"invoice_id": ["a", "b"], "customer_id": ["ann", "ann"], "subscription_id": [None, "s"],
     "issued_at": ["2024-01-05", "2024-01-06"], "amount": [100, 30]}
)  # fmt: skip
SUBSCRIPTIONS = pd.DataFrame({"subscription_id": ["s"], "customer_id": ["ann"], "started_at": ["2024-01-01"]})


def revenue(**tables: pd.DataFrame) -> float:
    return float(yearly_revenue(wb.load_tables(tables).as_of("2024-02-01")).to_pandas()["yearly_revenue"].sum())


def test_an_invoice_that_bills_an_order_is_not_counted_twice() -> None:
    assert revenue(orders=ORDERS, invoices=INVOICES) == 130
    assert revenue(orders=ORDERS, invoices=INVOICES.drop(columns="subscription_id")) == 100


def test_without_orders_the_invoices_are_the_revenue() -> None:
    assert revenue(subscriptions=SUBSCRIPTIONS, invoices=INVOICES) == 130


def test_an_order_brings_nothing_once_it_is_known_to_be_cancelled() -> None:
    assert revenue(orders=ORDERS.assign(cancelled_at="2024-01-09")) == 0
    assert revenue(orders=ORDERS.assign(cancelled_at="2024-02-09")) == 100


AT = datetime(2024, 2, 1)
PAID = pd.DataFrame(
    {"subscription_id": ["s", "t", "u"], "customer_id": ["ann", "ann", "bob"], "started_at": "2024-01-01",
     "ended_at": [None, "2024-01-20", None], "mrr": [10, 5, 7]}
)  # fmt: skip
CHANGES = pd.DataFrame(
    {"subscription_id": ["s", "s"], "changed_at": ["2024-01-01", "2024-01-25"], "change": "price", "mrr": [8, 9]}
)
LOGIN = pd.DataFrame({"customer_id": ["ann"], "occurred_at": ["2024-01-31"], "event": ["login"]})
UNKNOWN = (None, None)


def yearly(at: datetime = AT, **tables: pd.DataFrame) -> dict[str, tuple[float | None, float | None]]:
    """Return each customer's yearly revenue and revenue at risk at a chance of one half; None where unknown."""
    customers = pd.DataFrame({"customer_id": ["ann", "bob"], "as_of": at})
    scores = customers.assign(at_risk=True, churn_probability=0.5)
    crm, money = wb.load_tables(tables), wb.Money(0.3, 0.1, 5, 0.3, 1, 0.1)
    base = customer_base(crm, customers, scores, at, money=money, vip_share=0.8).set_index("customer_id")
    shown = base[["yearly_revenue", "revenue_at_risk"]].astype("object")
    return {str(name): tuple(row) for name, row in shown.where(shown.notna(), None).iterrows()}


def test_without_amounts_paid_the_live_subscriptions_are_the_revenue_of_a_year_at_the_day_of_the_export() -> None:
    assert yearly(subscriptions=PAID, events=LOGIN) == {"ann": (120, 60), "bob": (84, 42)}
    morning = datetime(2024, 1, 31)  # an export of 31 January knows all of that day, and is looked at from its morning
    assert yearly(morning, subscriptions=PAID, events=LOGIN) == {"ann": (120, 60), "bob": (84, 42)}
    assert coming(morning, subscriptions=PAID, events=LOGIN) == {"ann": 120, "bob": 84}


def test_todays_price_says_nothing_of_an_earlier_day_but_a_recorded_one_does() -> None:
    earlier = datetime(2024, 1, 21)
    assert yearly(earlier, subscriptions=PAID, events=LOGIN) == {"ann": UNKNOWN, "bob": UNKNOWN}
    recorded = yearly(earlier, subscriptions=PAID, events=LOGIN, subscription_changes=CHANGES)
    assert recorded == {"ann": (96, 48), "bob": UNKNOWN}


def test_amounts_paid_go_before_prices() -> None:
    assert yearly(subscriptions=PAID, events=LOGIN, invoices=INVOICES) == {"ann": (130, 65), "bob": (0, 0)}


def test_without_any_amount_revenue_is_unknown_and_not_zero() -> None:
    assert yearly(events=LOGIN) == {"ann": UNKNOWN, "bob": UNKNOWN}


def coming(at: datetime = AT, **tables: pd.DataFrame) -> dict[str, float]:
    """Return what ann and bob bring in the coming year, having brought 1 in the year before."""
    before = pd.Series([1.0, 1.0], index=["ann", "bob"])
    return dict(coming_revenue(wb.load_tables(tables), at, before))


def test_a_subscriber_brings_what_is_paid_now_and_not_the_revenue_of_a_year_that_was_not_whole() -> None:
    assert coming(subscriptions=PAID, events=LOGIN) == {"ann": 120, "bob": 84}
    assert coming(subscriptions=PAID, events=LOGIN, invoices=INVOICES) == {"ann": 120, "bob": 84}


def test_what_a_subscriber_orders_besides_comes_on_top() -> None:
    assert coming(subscriptions=PAID, orders=ORDERS, events=LOGIN) == {"ann": 220, "bob": 84}


def test_an_order_that_was_cancelled_brings_nothing() -> None:
    cancelled = pd.concat([ORDERS, ORDERS.assign(order_id="c", cancelled_at="2024-01-30")])
    assert coming(subscriptions=PAID, orders=cancelled, events=LOGIN) == {"ann": 220, "bob": 84}


def test_who_has_no_price_brings_what_was_brought() -> None:
    assert coming(datetime(2024, 1, 21), subscriptions=PAID, events=LOGIN) == {"ann": 1, "bob": 1}
    assert coming(orders=ORDERS) == {"ann": 1, "bob": 1}


def test_buyers_bring_what_the_models_expect_of_who_has_not_left() -> None:
    days = pd.date_range("2024-01-01", "2024-12-01", freq="30D")
    names = [f"c{i:02d}" for i in range(40)]
    orders = pd.DataFrame([(f"{n}-{d:%j}", n, d, 10) for n in names for d in days],
                          columns=["order_id", "customer_id", "ordered_at", "amount"])  # fmt: skip
    found = coming_revenue(wb.load_tables({"orders": orders}), datetime(2024, 12, 2), pd.Series(1.0, index=names))
    assert found.between(110, 130).all(), "twelve orders of 10 in a year"
