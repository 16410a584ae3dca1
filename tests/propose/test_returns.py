"""What takes a sale back is read as that, whatever form an export gives it; rows made for tests are no sales."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from workbench.crm import Crm, load_tables, net_amounts
from workbench.propose import propose_source, write_source

DAYS = [date(2024, 1, 1) + timedelta(days=i) for i in range(120)]


def read(folder: Path, **files: list[str]) -> Crm:
    (folder / "raw").mkdir()
    for name, lines in files.items():
        (folder / "raw" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_source(propose_source(folder / "raw"), folder / "source.yaml")
    return load_tables(folder / "source.yaml")


def revenue(crm: Crm) -> Decimal:
    return Decimal(net_amounts(crm).amount.sum().execute())


def rows(header: str, form: str, **of_each: list[object]) -> list[str]:
    """Return one line per day: {i} its number, {c} its customer, {d} the day, and a value of each list in turn."""
    lines = [header]
    for i, day in enumerate(DAYS):
        values = {name: several[i % len(several)] for name, several in of_each.items()}
        lines.append(form.format(i=i, c=f"C{i % 7}", d=day, later=day + timedelta(days=9), **values))
    return lines


@pytest.mark.parametrize(
    ("sale", "credit"),
    [("sale", "credit"), ("Invoice", "Credit Note"), ("Rechnung", "Gutschrift"), ("Facture", "Avoir"), ("1", "Refund")],
)
def test_a_kind_that_means_a_credit_note_reduces_revenue(tmp_path: Path, sale: str, credit: str) -> None:
    kinds: list[object] = [sale, sale, credit, sale]
    crm = read(tmp_path, sales=rows("id,customer,date,type,amount", "S{i},{c},{d},{kind},10.50", kind=kinds))
    assert revenue(crm) == 60 * Decimal("10.50")


def test_a_payment_of_an_invoice_is_no_second_sale(tmp_path: Path) -> None:
    kinds: list[object] = ["Invoice", "Payment", "Invoice", "Credit Memo"]
    crm = read(tmp_path, ledger=rows("doc,customer,date,doc_type,amount", "S{i},{c},{d},{kind},8", kind=kinds))
    assert revenue(crm) == 30 * 8


def test_credit_among_ways_to_pay_is_none(tmp_path: Path) -> None:
    kinds: list[object] = ["credit", "debit", "cash"]
    crm = read(tmp_path, sales=rows("id,customer,date,type,amount", "S{i},{c},{d},{kind},10", kind=kinds))
    assert revenue(crm) == 1200


def test_a_refund_with_a_date_is_a_return_on_that_day(tmp_path: Path) -> None:
    header, form = "order_id,customer_id,ordered_at,amount,refunded_at", "S{i},{c},{d},10,"
    lines = [line + ("2024-05-20" if i in (5, 9) else "") for i, line in enumerate(rows(header, form))]
    crm = read(tmp_path, orders=lines)
    back = crm["orders"].filter(crm["orders"].amount < 0).execute()
    assert (revenue(crm), back["ordered_at"].astype(str).unique().tolist()) == (1180, ["2024-05-20"])


def test_an_amount_refunded_and_a_flag_of_it_count_once(tmp_path: Path) -> None:
    header, form = "id,customer,created,amount,amount_refunded,refunded,livemode", "S{i},{c},{d},20,{back},{flag},true"
    crm = read(tmp_path, charges=rows(header, form, back=[0, 0, 5, 20], flag=["false", "false", "false", "true"]))
    assert revenue(crm) == 30 * (20 + 20 + 15 + 0)


def test_a_shop_order_that_was_cancelled_is_taken_back(tmp_path: Path) -> None:
    header = "Name,Email,Financial Status,Created at,Subtotal,Total,Cancelled at,Refunded Amount"
    form = "#{i},{c}@x.com,{state},{d},100.00,121.00,{off},{back}"
    of_each: dict[str, list[object]] = {
        "state": ["paid", "refunded", "paid", "paid"],
        "back": ["0.00", "121.00", "0.00", "0.00"],
        "off": ["", "", "2024-06-01", ""],
    }
    crm = read(tmp_path, orders_export=rows(header, form, **of_each))
    assert revenue(crm) == 60 * 100


@pytest.mark.parametrize(
    ("column", "real", "test"),
    [("is_sandbox", "false", "true"), ("livemode", "true", "false"), ("environment", "Production", "Sandbox")],
)
def test_rows_made_for_tests_are_set_aside_and_counted(tmp_path: Path, column: str, real: str, test: str) -> None:
    header, form = f"order_id,customer_id,ordered_at,amount,{column}", "S{i},{c},{d},10,{mark}"
    crm = read(tmp_path, orders=rows(header, form, mark=[real, real, real, test]))
    assert revenue(crm) == 900
    assert [r["rows"] for r in crm.facts.refused] == [30]


def test_a_file_of_tests_alone_is_taken_with_a_doubt(tmp_path: Path) -> None:
    lines = rows("order_id,customer_id,ordered_at,amount,livemode", "S{i},{c},{d},10,false")
    (tmp_path / "orders.csv").write_text("\n".join(lines) + "\n")
    proposal = propose_source(tmp_path)
    assert any("livemode marks nearly all rows as made for tests" in sentence for sentence in proposal.unsure)


def test_a_paid_term_that_was_refunded_ends_then(tmp_path: Path) -> None:
    header, form = "id,customer_id,start_time,end_time,refunded_at,price", "S{i},{c},{d},{later},,4.99"
    lines = rows(header, form)
    lines[3] = "S2,C2,2024-01-03,2024-01-12,2024-01-05,4.99"
    crm = read(tmp_path, subscriptions=lines)
    ends = crm["subscriptions"].order_by("started_at").execute()["ended_at"].astype(str).tolist()
    assert ends[1:3] == ["2024-01-11", "2024-01-05"]


def test_refunds_in_a_file_of_their_own_take_their_orders_back(tmp_path: Path) -> None:
    orders = rows("order_id,customer_id,order_date,amount", "S{i},{c},{d},10")
    refunds = ["refund_id,order_id,refund_date,amount", "R1,S3,2024-03-01,10", "R2,S4,2024-03-02,4"]
    crm = read(tmp_path, orders=orders, refunds=refunds)
    back = crm["orders"].filter(crm["orders"].amount < 0).order_by("ordered_at").execute()
    assert revenue(crm) == 1200 - 14
    assert back[["customer_id", "returns_order_id"]].values.tolist() == [["C3", "S3"], ["C4", "S4"]]


def test_refunds_of_a_file_and_a_status_count_once(tmp_path: Path) -> None:
    states: list[object] = ["paid", "refunded", "paid", "paid"]
    orders = rows("order_id,customer_id,order_date,amount,status", "S{i},{c},{d},10,{state}", state=states)
    refunds = ["refund_id,order_id,refund_date,amount", *(f"R{i},S{i},2024-06-01,10" for i in range(1, 120, 4))]
    assert revenue(read(tmp_path, orders=orders, refunds=refunds)) == 900


def test_credit_notes_reduce_what_was_invoiced(tmp_path: Path) -> None:
    orders = rows("order_id,customer_id,order_date,amount", "S{i},{c},{d},10")
    invoices = rows("invoice_id,customer_id,issued_at,due_at,paid_at,amount", "I{i},{c},{d},{later},{later},10")
    notes = ["credit_note_id,invoice_id,customer_id,date,total", "N1,I3,C3,2024-03-01,10", "N2,I4,C4,2024-03-02,4"]
    crm = read(tmp_path, orders=orders, invoices=invoices, credit_notes=notes)
    assert crm["invoices"].amount.sum().execute() == 1200 - 14


def test_refunds_without_sales_are_named_with_what_to_do(tmp_path: Path) -> None:
    header, form = "subscription_id,customer_id,plan,started_at,ended_at,mrr", "S{i},{c},basic,{d},{later},9"
    (tmp_path / "subscriptions.csv").write_text("\n".join(rows(header, form)))
    (tmp_path / "refunds.csv").write_text("refund_id,customer_id,created_at,amount\nR1,C1,2024-03-01,9\n")
    proposal = propose_source(tmp_path)
    assert [t.table for t in proposal.tables] == ["subscriptions"]
    assert "its rows take sales back, but there are no orders or invoices" in proposal.unused["refunds"]


def test_payments_of_an_online_wallet_are_the_payers(tmp_path: Path) -> None:
    header = (
        "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,To Email Address,Transaction ID"
    )
    paid = '{d:%m/%d/%Y},10:00:00,PST,P {c},Website Payment,{state},USD,"1,020.00",-20.00,"1,000.00",{c}@x.com,me@shop.com,T{i}'
    lines = rows(header, paid, state=["Completed", "Completed", "Completed", "Pending"])
    refund = (
        '01/20/2024,10:00:00,PST,P,Payment Refund,Completed,USD,"-1,020.00",20.00,"-1,000.00",me@shop.com,C1@x.com,R1'
    )
    draw = "01/21/2024,10:00:00,PST,,General Withdrawal,Completed,USD,-500.00,0.00,-500.00,me@shop.com,,W1"
    crm = read(tmp_path, activity_download=[*lines, refund, draw])
    assert revenue(crm) == 90 * 1020 - 1020
    assert crm["orders"].filter(crm["orders"].amount < 0).customer_id.execute().tolist() == ["c1@x.com"]
    assert crm["orders"].customer_id.nunique().execute() == 7


def test_a_file_whose_every_action_is_a_refund_takes_its_sales_back(tmp_path: Path) -> None:
    orders = rows("order_id,customer_id,order_date,amount", "S{i},{c},{d},10")
    back = ["id,action,transaction_id,customer_id,status,subtotal,created_at"]
    back += [f"A{i},refund,S{i},C{i},{'rejected' if i == 4 else 'approved'},10,2024-06-0{i}" for i in (3, 4, 5)]
    assert revenue(read(tmp_path, orders=orders, adjustments=back)) == 1200 - 20
