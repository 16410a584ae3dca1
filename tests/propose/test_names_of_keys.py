"""What a key names by those who refer to it, and what stands in another file: prices of plans, managers, two ends."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.propose.test_returns import read, revenue
from workbench.propose import propose_source
from workbench.propose.raw_columns import profile_table
from workbench.propose.status import sale_kinds


def proposed(folder: Path, table: str, **files: list[str]) -> dict[str, str]:
    """Return the raw column, or columns, that each column of a table is read from."""
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return {name: " ".join(mapped.raw) for name, mapped in propose_source(folder)[table].columns.items()}


def test_plans_are_no_customers_and_their_file_has_what_subscriptions_cost(tmp_path: Path) -> None:
    plans = ["id,name,interval,price,currency,created_at"]
    for n, price in enumerate((10, 20, 30, 120, 240, 360)):
        plans.append(f"{n},{'ABC'[n % 3]},{('month', 'year')[n // 3]},{price},EUR,2023-01-0{1 + n}")
    rows = ["id,user_id,plan_id,started_at,canceled_at,total_count"]
    rows += [f"S{n},U{n},{n % 6},2024-0{1 + n % 6}-10,{'2024-06-20' if n < 6 else ''},12" for n in range(30)]
    found = proposed(tmp_path, "subscriptions", plans=plans, subscriptions=rows)
    assert (found["customer_id"], found["mrr"], found["billing_period"]) == ("user_id", "price", "interval")


def test_who_manages_an_account_is_not_its_customer(tmp_path: Path) -> None:
    deals = ["Record Id,Account Name.id,Closing Date,Amount"]
    deals += [f"zd_{1000 + n},za_{1000 + n % 9},2024-0{1 + n % 6}-1{n % 9},50" for n in range(36)]
    accounts = ["Record Id,Account Owner.id,Account Owner,Account Name,Created Time"]
    accounts += [f"za_{1000 + n},zo_{1000 + n % 2},Ana,Firm {n},2023-01-0{1 + n}" for n in range(9)]
    found = proposed(tmp_path, "orders", deals=deals, accounts=accounts)
    assert found["customer_id"] == "Account Name.id"


def test_of_two_dates_of_leaving_the_later_one_ends_service(tmp_path: Path) -> None:
    rows = ["id,customer,begin,monthly price,state,deactivationDate,canceledDate,end"]
    for n in range(24):
        dates = "2024-06-30,2024-06-02" if n < 3 else "2024-07-20,2024-06-21" if n < 5 else ","
        rows.append(f"S{n},C{n},2024-0{1 + n % 6}-01,10,{'canceled' if n < 5 else 'active'},{dates},")
    found = proposed(tmp_path, "subscriptions", subscriptions=rows)
    assert (found["ended_at"], found["cancelled_at"]) == ("deactivationDate", "canceledDate")


def test_lines_share_a_refund_though_the_total_of_their_order_stands_on_each(tmp_path: Path) -> None:
    rows = ["Order number,Date created,Contact email,Item,Qty,Price,Total,Refunded amount,Net amount"]
    for n in range(30):
        total = 2 * (5 + n) + 3
        back = total + 4 if n == 3 else 0
        for item, pieces, price in (("tea", 2, 5 + n), ("cup", 1, 3)):
            sale = f"{n},2024-01-{1 + n % 28:02d},p{n % 7}@example.com"
            rows.append(f"{sale},{item}{n},{pieces},{price}.00,{total + 4}.00,{back}.00,{total + 4 - back}.00")
    crm = read(tmp_path, orders=rows)
    assert revenue(crm) == sum(2 * (5 + n) + 3 for n in range(30) if n != 3)


def test_a_return_that_was_approved_takes_back_and_one_that_was_rejected_does_not() -> None:
    con = duckdb.connect()
    states = "['Request Approved', 'Request Rejected', NULL, NULL, NULL]"
    con.execute(
        f'CREATE TABLE sales AS SELECT n AS id, {states}[1 + n % 5] AS "Return / Refund Status" FROM range(9) t(n)'
    )
    ((_, actions),) = sale_kinds(profile_table(con, "sales"))
    assert actions == {"request approved": "return", "request rejected": "keep"}
