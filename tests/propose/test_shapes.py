"""Tables in another shape than one row per fact: months across, headings, subtotals, rows per month."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from tests.propose.folders import day, loaded, recurring, revenue, write
from workbench import churn_events, mrr
from workbench.errors import SourceError
from workbench.propose import propose_source
from workbench.propose.shapes.outline import with_outline


def test_monthly_exports_that_keep_who_left_are_whole_exports_and_no_pictures_of_months(tmp_path: Path) -> None:
    for month in (3, 4, 5):
        rows = [["ID użytkownika", "Data rozpoczęcia", "Data anulowania", "Cena miesięczna"]]
        left = {i: f"2025-{3 + i % 3:02}-15" for i in range(0, 20, 4) if 3 + i % 3 <= month}
        rows += [[f"U{i}", f"2025-01-{1 + i:02}", left.get(i, ""), "29,99 zł"] for i in range(20)]
        write(tmp_path, f"subskrypcje_2025-{month:02}.csv", rows, ";")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert crm["subscriptions"].count().execute() == 20
    assert crm["subscriptions"].ended_at.count().execute() == 5


def test_a_column_for_each_month_is_read_as_months_paid_for(tmp_path: Path) -> None:
    months = ["MRR Nov-24", "MRR Dec-24", "MRR Jan-25", "MRR Feb-25"]
    rows = [[f"CU{i:03d}", "SMB", 99, 99, *((99, 99) if i % 4 else ("0.00", ""))] for i in range(20)]
    write(tmp_path, "mrr.csv", [["Customer ID", "Segment", *months], *rows])
    crm = loaded(tmp_path)
    assert [float(mrr(crm, at).mrr.sum().execute() or 0) for at in (datetime(2024, 12, 15), datetime(2025, 1, 15))] == [
        1980,
        15 * 99,
    ]
    assert churn_events(crm).count().execute() == 5


def test_rows_belong_to_the_customer_whose_name_stands_alone_above_them(tmp_path: Path) -> None:
    rows: list[list[object]] = [["", "Date", "Transaction Type", "Num", "Amount"]]
    for c in range(12):
        rows.append([f"Customer {c}", "", "", "", ""])
        for i in range(4):
            kind = "Credit Memo" if i == 3 else "Invoice"
            rows.append(["", f"{day(30 * i + c):%m/%d/%Y}", kind, 100 * c + i, -5 if i == 3 else 10])
        rows.append([f"Total for Customer {c}", "", "", "", 25])
    rows.append(["TOTAL", "", "", "", 300])
    write(tmp_path, "Sales by Customer Detail.csv", rows)
    crm = loaded(tmp_path)
    assert crm["orders"].customer_id.nunique().execute() == 12
    assert revenue(crm) == 300


def test_a_first_column_of_most_rows_is_no_heading(tmp_path: Path) -> None:
    rows: list[list[object]] = [["coupon", "order_id", "customer_id", "order_date", "amount"]]
    rows += [["" if i % 3 else "X10", f"O{i}", f"C{i % 9}", day(i), "10.50"] for i in range(60)]
    rows += [[f"remark {i}", "", "", "", ""] for i in range(3)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == 60 * 10.5


def test_months_may_run_backwards_with_dashes_and_quarters_are_none(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Customer ID", "MRR", "Mar-25", "Feb-25", "Jan-25"]]
    write(tmp_path, "mrr.csv", [*rows, *([f"C{i}", 12, 10, 10, 10 if i % 4 else "-"] for i in range(20))])
    crm = loaded(tmp_path)
    assert (crm.facts.loaded["subscriptions"], recurring(crm)) == (55, 200)
    quarters = tmp_path / "quarters"
    quarters.mkdir()
    write(
        quarters, "mrr.csv", [["Customer ID", "Q1 2024", "Q2 2024", "Q3 2024"], *([f"C{i}", 1, 1, 1] for i in range(9))]
    )
    with pytest.raises(SourceError, match="no dates in it"):
        propose_source(quarters)


def test_the_column_of_headings_may_itself_be_called_customer(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Customer", "Date", "Num", "Amount"]]
    for c in range(12):
        rows += [[f"Buyer {c}", "", "", ""], *(["", day(30 * i + c), 100 * c + i, 10] for i in range(4))]
    write(tmp_path, "Sales.csv", rows)
    assert loaded(tmp_path)["orders"].customer_id.nunique().execute() == 12


@pytest.mark.parametrize(
    ("form", "name", "year"), [("%b-%y", "MRR (USD)", 1), ("%B %Y", "ARR (USD)", 12), ("%Y%m", "MRR (USD)", 1)]
)
def test_a_row_for_each_customer_and_month_is_a_month_paid_for_however_the_month_is_written(
    tmp_path: Path, form: str, name: str, year: int
) -> None:
    months = [date(2024, month, 1) for month in range(5, 13)]
    rows = [
        [f"A{i:02}", f"{month:{form}}", 3 + i, f"{10 + i}.00"]
        for i in range(12) for month in months
        if i or month.month < 9  # one leaves after August
    ]  # fmt: skip
    write(tmp_path, "mrr.csv", [["Account ID", "Month", "Logins", name], *rows])
    crm = loaded(tmp_path)
    assert crm.facts.currency == "USD"
    assert recurring(crm) * year == pytest.approx(sum(10 + i for i in range(1, 12)), abs=0.01)
    assert crm["subscriptions"].ended_at.max().execute() == datetime(2024, 12, 1)


@pytest.mark.parametrize("total", ["{} Total", "Total {}", "{} Ergebnis"])
def test_subtotals_are_left_out_and_names_repeated_below_the_first(total: str) -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE sales (region VARCHAR, day VARCHAR, amount VARCHAR)")
    for name in "ABC":
        rows = [(name, "2024-01-01", "1"), (None, "2024-01-02", "2"), (total.format(name), None, "3")]
        con.executemany("INSERT INTO sales VALUES (?, ?, ?)", rows)
    found = con.execute(with_outline(con, "sales", ["region", "day", "amount"])).fetchall()
    assert [row[0] for row in found] == ["A", "A", "B", "B", "C", "C"]
