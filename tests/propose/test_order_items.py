"""A shop's everyday files: orders with totals, their items, vouchers, refunds, who brought whom, and what was mailed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.propose.folders import day, loaded, revenue, write
from workbench.crm import Crm

pytestmark = pytest.mark.slow
N = 40
GOODS, OFF, BACK = 30, 3, 10


@pytest.fixture(scope="module", params=[".", ","], ids=["decimal points", "decimal commas"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Crm:
    """Orders of 30, a tenth with a voucher of 3, each of a mug at 10 and a kettle at 20; five gave back 10."""
    folder, mark = tmp_path_factory.mktemp("shop"), request.param

    def money(number: float) -> str:
        return f"{number:.2f}".replace(".", mark)

    customers: list[list[object]] = [["Customer No.", "E-mail", "Date joined", "Referred by"]]
    customers += [[f"CU{i}", f"p{i}@mail.example", "2023-12-01", f"CU{i - 1}" if i % 4 == 1 else ""] for i in range(20)]
    write(folder, "customers.csv", customers, ";")
    orders: list[list[object]] = [["Order no", "Customer", "Placed", "Goods total", "Voucher", "Delivery", "Paid"]]
    for i in range(N):
        off = OFF if i % 10 == 0 else 0
        shown = money(-off) if off else ""
        orders.append(
            [1000 + i, f"CU{i % 20}", day(5 * i), money(GOODS), shown, money(3.95), money(GOODS - off + 3.95)]
        )
    write(folder, "orders.csv", orders, ";")
    items: list[list[object]] = [["Order no", "Item", "Qty", "Unit price"]]
    for i in range(N):
        items += [[1000 + i, "mug", 1, money(10)], [1000 + i, "kettle", 2, money(10)]]
    write(folder, "order_items.csv", items, ";")
    back: list[list[object]] = [["Return id", "Order no", "Received back", "Refund (GBP)"]]
    back += [[f"R{i}", 1000 + i, day(5 * i + 9), money(BACK)] for i in range(5)]
    write(folder, "returns.csv", back, ";")
    mails: list[list[object]] = [["Recipient", "Campaign", "Sent", "Opened"]]
    mails += [[f"p{i}@mail.example", "News", day(3 * i), day(3 * i + 1) if i % 2 else ""] for i in range(20)]
    write(folder, "mail log.csv", mails, ";")
    return loaded(folder)


def test_what_an_order_cost_is_shared_by_its_items_less_vouchers_and_refunds(shop: Crm) -> None:
    assert revenue(shop) == N * GOODS - N // 10 * OFF - 5 * BACK


def test_each_item_is_a_line_of_its_order(shop: Crm) -> None:
    rows = shop["orders"].to_pandas().query("amount > 0")
    sold = rows.groupby("product")["amount"].sum().round(2).astype(float).to_dict()
    assert sold == {"kettle": (N * GOODS - N // 10 * OFF) * 2 / 3, "mug": (N * GOODS - N // 10 * OFF) / 3}
    assert rows["order_id"].nunique() == N


def test_who_brought_a_customer_is_not_the_group_that_the_customer_belongs_to(shop: Crm) -> None:
    rows = shop["customers"].to_pandas().set_index("customer_id")
    assert rows.loc["CU1", "referred_by"] == "CU0"
    assert "parent_id" not in rows


def test_what_is_mailed_to_customers_goes_out(shop: Crm) -> None:
    rows = shop["messages"].to_pandas()
    assert {*rows["direction"]} == {"out"}
    assert {*rows["channel"]} == {"email"}


def test_where_orders_add_tax_the_items_still_name_the_products_and_no_row(tmp_path: Path) -> None:
    write(tmp_path, "oc_order.csv", [["order_id", "customer_id", "date_added", "total"],
                                     *([i, f"C{i % 9}", day(5 * i), "41.00"] for i in range(30))])  # fmt: skip
    items: list[list[object]] = [["order_product_id", "order_id", "name", "quantity", "price", "total", "tax"]]
    for i in range(30):
        items += [[2 * i, i, "mug", 1, "10.00", "10.00", "2.00"], [2 * i + 1, i, "kettle", 1, "20.00", "20.00", "4.00"]]
    write(tmp_path, "oc_order_product.csv", items)
    rows = loaded(tmp_path)["orders"].to_pandas()
    assert rows.groupby("product")["amount"].sum().astype(float).to_dict() == {"kettle": 600, "mug": 300}


def test_an_object_in_a_cell_is_no_contact(tmp_path: Path) -> None:
    write(tmp_path, "orders.csv", [["order_id", "customer_id", "ordered_at", "amount"],
                                   *([i, f"C{i % 9}", day(i), "5.00"] for i in range(30))])  # fmt: skip
    write(tmp_path, "customers.csv", [["customer_id", "joined"], *([f"C{i}", day(0)] for i in range(9))])
    chats = [
        {"ticket_id": i, "contact": {"external_id": f"C{i % 9}"}, "opened_at": f"{day(i)}", "topic": "delivery"}
        for i in range(20)
    ]
    (tmp_path / "chats.json").write_text(json.dumps(chats), encoding="utf-8")
    rows = loaded(tmp_path)["tickets"].to_pandas()
    assert {*rows["customer_id"]} == {f"C{i}" for i in range(9)}
    assert "contact_id" not in rows
