"""A shop that records no end: products written over for those who fell silent are named, products sold long ago not."""

import pandas as pd
import pytest

import workbench as wb
from workbench.check.leak_checks import check_leaks


def shop() -> pd.DataFrame:
    """Thirty customers buy in every month of 2023, the first alone in January, and thirty others in 2023 and 2024."""
    months = pd.date_range("2023-01-01", "2024-12-01", freq="MS")
    bought = [(f"gone{i}", day) for day in months[:12] for i in range(30)]
    bought += [(f"here{i}", day) for day in months[3:] for i in range(30)]
    orders = pd.DataFrame(bought, columns=["customer_id", "ordered_at"])
    odd = orders["customer_id"].str[-1].isin(list("13579"))
    return orders.assign(order_id=range(len(orders)), amount=5, product=odd.map({True: "tea", False: "mug"}))


GONE = shop()["customer_id"].str.startswith("gone")
TEA = shop()["product"] == "tea"


@pytest.mark.parametrize(
    ("written_over", "value"),
    [(GONE & TEA, "tea (old)"), (GONE & (shop()["ordered_at"] == "2023-12-01"), "closed"), (GONE & TEA, None)],
    ids=["one product", "the last order", "emptied"],
)
def test_a_product_written_over_for_those_who_left_is_named(written_over: pd.Series, value: str | None) -> None:
    orders = shop().assign(product=shop()["product"].where(~written_over, value))
    (found,) = check_leaks(wb.load_tables({"orders": orders}))
    assert (found.rule, found.column, found.rows) == ("only leavers", "product", 15 if value != "closed" else 30)


def test_a_product_sold_when_only_those_bought_who_left_since_is_none() -> None:
    orders = shop().assign(product=shop()["product"].where(shop()["ordered_at"] >= "2023-04-01", "gown"))
    assert not check_leaks(wb.load_tables({"orders": orders}))
