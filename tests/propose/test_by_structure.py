"""What values show by themselves: who bought, whose a discount or refund is, what is a subtotal, whose row an id is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.propose.test_returns import read, revenue
from workbench.check.key_figures import key_figures
from workbench.propose.raw_files.raw_columns import profile_table
from workbench.propose.row_status.status import sale_status
from workbench.propose.shapes.outline import with_outline


def test_the_column_that_is_one_on_all_lines_of_an_order_and_recurs_is_the_customer(tmp_path: Path) -> None:
    lines = [
        f"B{n},2024-{1 + n // 9:02d}-{1 + 3 * (n % 9):02d} 0{1 + n % 9}:30:00 PM,QX{n % 8},qx{n % 8}@example.com,{item},5"
        for n in range(40)
        for item in ("tea", "cup")
    ]
    crm = read(tmp_path, orders=["order_id,order_date,Quux,Quuz,item,amount", *lines])
    assert sorted(set(crm["orders"].customer_id.to_pandas())) == [f"QX{n}" for n in range(8)]
    assert crm["orders"].ordered_at.hour().min().execute() == 13


def test_lines_share_the_discount_and_the_refund_of_their_order(tmp_path: Path) -> None:
    lines = list[str]()
    for n in range(24):
        head = f"#{n},p{n % 6}@example.com,paid,2024-{1 + n // 2:02d}-05,20.00,{6 if n == 3 else 0},20.00"
        lines += [f"{head},2,mug,15.00", f"#{n},p{n % 6}@example.com,,,,,,2,pen,5.00"]
    header = "Name,Email,Status,Created at,Discount Amount,Refunded Amount,Total,Lineitem quantity,Lineitem name,"
    crm = read(tmp_path, orders=[f"{header}Lineitem price", *lines])
    assert crm["orders"].amount.min().execute() > -7
    assert revenue(crm) == 24 * 20 - 6


def test_mandates_of_direct_debit_lead_to_the_customer_and_are_none(tmp_path: Path) -> None:
    people, mandates, terms = ["id,email"], ["id,customer"], ["id,mandate,start_date,end_date,status,amount,interval"]
    for n in range(12):
        people.append(f"CU0000{n:02d},p{n}@example.com")
        mandates.append(f"MD0000{n:02d},CU0000{n:02d}")
        over = "2024-06-01,cancelled" if n < 4 else ",active"
        terms.append(f"SB0000{n:02d},MD0000{n:02d},2024-01-{1 + n:02d},{over},1500,monthly")
    crm = read(tmp_path, customers=people, mandates=mandates, subscriptions_2024_06_30=terms)
    assert set(crm["subscriptions"].customer_id.to_pandas()) == set(crm["customers"].customer_id.to_pandas())
    assert crm["subscriptions"].cancelled_at.count().execute() == 4
    assert {figure.name: figure.value for figure in key_figures(crm).figures}["MRR"] == "120.00"


@pytest.mark.parametrize("total", ["{} Total", "Total {}", "{} Ergebnis"])
def test_subtotals_are_left_out_and_names_repeated_below_the_first(total: str) -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE sales (region VARCHAR, day VARCHAR, amount VARCHAR)")
    for name in "ABC":
        rows = [(name, "2024-01-01", "1"), (None, "2024-01-02", "2"), (total.format(name), None, "3")]
        con.executemany("INSERT INTO sales VALUES (?, ?, ?)", rows)
    found = con.execute(with_outline(con, "sales", ["region", "day", "amount"])).fetchall()
    assert [row[0] for row in found] == ["A", "A", "B", "B", "C", "C"]


def test_a_status_whose_words_nobody_knows_is_asked_about() -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE sales AS SELECT n AS id, ['plim', 'plum'][1 + n % 2] AS status FROM range(9) t(n)")
    found = sale_status(profile_table(con, "sales"))
    assert found is not None and found[1] == {"plim": None, "plum": None}
