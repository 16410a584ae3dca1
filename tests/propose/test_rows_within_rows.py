"""Objects within cells and transactions of contracts, as rows and columns of their own."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from tests.propose.folders import day, loaded, revenue, write
from workbench.propose.shapes.reshape import reshaped


def rows_of(columns: str, *rows: tuple[object, ...]) -> list[dict[str, object]]:
    """Return the rows of a table of text, as they are reshaped."""
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t ({', '.join(f'{c} VARCHAR' for c in columns.split())})")
    con.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(columns.split()))})", rows)
    found = con.execute(f"FROM ({reshaped(con, 't') or 'FROM t'}) ORDER BY ALL")
    return [dict(zip([d[0] for d in found.description or ()], row, strict=True)) for row in found.fetchall()]


def items(*prices: int) -> str:
    month = {"recurring": {"interval": "month"}}
    return json.dumps({"object": "list", "data": [{"price": {"unit_amount": price, **month}} for price in prices]})


def test_a_list_of_one_object_in_a_cell_is_read_as_that_object() -> None:
    (row,) = rows_of("id items", ("sub_1", items(1900)))
    assert row["items.price.unit_amount"] == "1900"
    assert row["items.price.recurring.interval"] == "month"


def test_of_a_list_of_several_objects_none_is_taken_for_all() -> None:
    first, _ = rows_of("id items", ("sub_1", items(1900, 500)), ("sub_2", items(700)))
    assert "items.price.unit_amount" not in first


def test_a_transaction_of_a_contract_lasts_until_the_next_one_and_a_cancellation_is_no_service() -> None:
    first, renewed, other = rows_of(
        "policy_number type effective_date expiry_date reason",
        ("P1", "New Business", "2023-01-01", "2024-01-01", None),
        ("P1", "Renewal", "2024-01-01", "2025-01-01", None),
        ("P1", "Cancellation", "2024-05-06", "2025-01-01", "sold"),
        ("P2", "New Business", "2024-02-01", "2025-02-01", None),
    )
    assert str(first["ended_at"]).startswith("2024-01-01")
    assert first["cancelled_at"] is None
    assert [str(renewed[name])[:10] for name in ("ended_at", "cancelled_at", "reason")] == ["2024-05-06"] * 2 + ["sold"]
    assert str(other["ended_at"]).startswith("2025-02-01")


def test_guests_are_known_by_their_e_mail_address_and_refunds_by_the_order_they_take_back(tmp_path: Path) -> None:
    rows: list[list[object]] = [["id", "type", "customer_id", "billing_email", "parent_order_id", "total", "date"]]
    rows += [[i, "shop_order", i % 2 * 5, f"B{i % 12}@x.example", 0, "10.00", day(i)] for i in range(1, 37)]
    rows += [[100 + i, "shop_order_refund", "", "", i, "-4.00", day(i + 5)] for i in range(1, 7)]
    write(tmp_path, "wc_orders.csv", rows)
    crm = loaded(tmp_path)
    orders = crm["orders"]
    assert revenue(crm) == 36 * 10 - 6 * 4
    assert orders.customer_id.nunique().execute() == 1 + 6
    assert orders.filter(orders.amount < 0).customer_id.nunique().execute() == 1 + 3
