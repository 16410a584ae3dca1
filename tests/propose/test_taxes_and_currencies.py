"""What an amount is: with tax or without, in cents or not, in which currency and at which rate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.propose.folders import (
    IN_2023,
    IN_2025,
    contracts,
    day,
    doubt,
    loaded,
    of_courses,
    orders,
    proposed_and_loaded,
    recurring,
    revenue,
    sales,
    sales_with,
    topics,
    write,
)
from workbench.crm import load_tables
from workbench.errors import SourceError
from workbench.propose import propose_source
from workbench.propose.ask import ask


def test_a_tax_beside_a_total_is_taken_off_recurring_amounts(tmp_path: Path) -> None:
    contracts(tmp_path, "total_amount=36.00", "tax_amount=6.00", "billing_interval=month")
    proposal = propose_source(tmp_path)
    assert "tax" in topics(proposal) and recurring(loaded(tmp_path, proposal)) == 12 * 30.0


def test_a_tax_that_is_negative_on_credit_notes_is_taken_off_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, "orders.csv", [["order_id", "customer_id", "order_date", "total", "tax"], *(
        [f"O{i}", f"C{i % 8}", day(i), *(("-12.00", "-2.00") if i == 5 else ("36.00", "6.00"))] for i in range(24)
    )], ";")  # fmt: skip
    assert revenue(loaded(tmp_path, propose_source(tmp_path))) == 23 * 30.0 - 10.0


@pytest.mark.parametrize(
    ("rates", "factor"),
    [
        ("1.0000|0.5000", 1.0),  # amounts of both currencies are about as large: all are in EUR already
        ("1.0000|25.0000", 25.0),  # those in USD are a 25th
        ("1.0000|0.0400", 25.0),  # and here the rate says how many USD make one EUR
    ],
)
def test_a_rate_in_each_row_leads_to_the_currency_whose_rate_is_one(tmp_path: Path, rates: str, factor: float) -> None:
    rows = [
        [f"O{i}", f"C{i % 8}", day(i), f"{100 / (1 if i % 2 == 0 else factor):.2f}", ("EUR", "USD")[i % 2]]
        for i in range(24)
    ]
    each = rates.split("|")
    head = ["order_id", "customer_id", "order_date", "amount", "currency", "exchange_rate"]
    write(tmp_path, "orders.csv", [head, *([*row, each[i % 2]] for i, row in enumerate(rows))], ";")
    proposal = propose_source(tmp_path)
    assert proposal.currency == "EUR" and "rate" in topics(proposal)
    assert revenue(loaded(tmp_path, proposal)) == pytest.approx(2400.0)


def test_a_file_of_rates_is_known_by_the_words_in_its_headers(tmp_path: Path) -> None:
    sales(tmp_path, "currency=EUR|USD")
    write(tmp_path, "fx.csv", [["month", "currency", "rate_to_eur"], ["2024-01-01", "USD", "0.5"]], ";")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert revenue(crm) == sum(range(10, 34, 2)) + 0.5 * sum(range(11, 34, 2))


def test_price_lists_and_subscriptions_at_a_rate_are_no_exchange_rates(tmp_path: Path) -> None:
    prices = [[plan, code, "2024-01-01", 9] for plan in ("basic", "pro") for code in ("EUR", "USD")]
    write(tmp_path, "prices.csv", [["plan", "currency", "valid_from", "rate"], *prices], ";")
    rows = [[f"C{i}", day(i), "19.90", ("EUR", "USD")[i % 2]] for i in range(12)]
    write(tmp_path, "subscriptions.csv", [["customer_id", "start_month", "monthly_rate", "currency"], *rows], ";")
    proposal = propose_source(tmp_path)
    assert "rates" not in proposal.settings and "amounts of 2 currencies" in " ".join(proposal.unsure)


def test_an_amount_in_another_currency_without_a_rate_is_unknown(tmp_path: Path) -> None:
    sales(tmp_path, "currency=CZK|EUR", "rate=1|25|1|")
    prices = [("100.00", "4.00")[i % 2] for i in range(24)]
    lines = [line.split(";") for line in (tmp_path / "orders.csv").read_text().splitlines()]
    write(
        tmp_path, "orders.csv", [lines[0], *([*r[:3], p, *r[4:]] for r, p in zip(lines[1:], prices, strict=True))], ";"
    )
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert (crm["orders"].amount.count().execute(), revenue(crm)) == (18, 18 * 100.0)


def test_dates_of_rates_that_can_be_read_in_two_ways_are_named_by_file_and_column(tmp_path: Path) -> None:
    sales(tmp_path, "currency=EUR|USD")
    write(
        tmp_path,
        "fx.csv",
        [["Month", "Currency", "Rate"], ["01/01/2024", "USD", "0.5"], ["01/02/2024", "USD", "0.6"]],
        ";",
    )
    source = {
        "name": "t", "currency": "EUR", "rates": "fx",
        "files": {name: {"path": f"{name}.csv", "delimiter": ";"} for name in ("orders", "fx")},
        "tables": {"orders": {"from": "orders", "currency_column": "currency", "columns": {
            "order_id": "order_id", "customer_id": "customer_id", "ordered_at": "order_date", "amount": "amount",
        }}},
    }  # fmt: skip
    (tmp_path / "source.yaml").write_text(json.dumps(source))
    with pytest.raises(SourceError, match=r'rates: fx: "Month" .01/01/2024. can be read in two ways'):
        load_tables(tmp_path / "source.yaml")


def test_a_net_amount_beside_refunds_is_without_tax_where_it_is_less_in_every_row(tmp_path: Path) -> None:
    sales(tmp_path, "gross_amount=60.00", "net_amount=50.00", "refunded_amount=0.00|0.00|0.00|60.00")
    text = (tmp_path / "orders.csv").read_text().replace(";amount;", ";note;")
    (tmp_path / "orders.csv").write_text(text)
    proposal = propose_source(tmp_path)
    assert "tax" in topics(proposal) and revenue(loaded(tmp_path, proposal)) == (24 - 6) * 50.0


def test_the_currency_is_asked_for_as_a_code_and_nothing_else_is_taken(tmp_path: Path) -> None:
    sales(tmp_path)
    answers, said = iter(["euros", "", "eur"]), list[str]()
    proposal = ask(propose_source(tmp_path), lambda _: next(answers), said.append)
    assert proposal.currency == "XXX" and "'EUROS' is no code of a currency." in said
    assert ask(propose_source(tmp_path), lambda _: "eur", said.append).currency == "EUR"


def test_an_amount_that_is_another_and_a_share_of_it_holds_a_tax_whatever_they_are_called(tmp_path: Path) -> None:
    worth = [100 + i for i in range(24)]
    rows = [[f"O{i}", f"C{i % 8}", day(i), f"{w}.00", f"{0.2 * w:.2f}", f"{1.2 * w:.2f}"] for i, w in enumerate(worth)]
    write(tmp_path, "orders.csv", [["order_id", "customer_id", "order_date", "worth", "levy", "amount"], *rows], ";")
    proposal = propose_source(tmp_path)
    assert "amount is worth and levy together" in " ".join(proposal.unsure)
    assert revenue(loaded(tmp_path, proposal)) == sum(worth)


def test_a_fee_that_is_a_share_of_each_sale_is_no_tax(tmp_path: Path) -> None:
    worth = [100 + i for i in range(24)]
    rows = [[f"O{i}", f"C{i % 8}", day(i), f"{0.8 * w:.2f}", f"{0.2 * w:.2f}", f"{w}.00"] for i, w in enumerate(worth)]
    write(tmp_path, "orders.csv", [["order_id", "customer_id", "order_date", "left", "fee", "amount"], *rows], ";")
    assert revenue(loaded(tmp_path, propose_source(tmp_path))) == sum(worth)


def test_an_amount_beside_the_same_one_with_tax_is_without(tmp_path: Path) -> None:
    rows = [["id", "customer_id", "sale_date", "total_price", "total_tax", "total_price_incl"]]
    rows += [[f"s{i}", f"c{i % 9}", day(i, IN_2025), "10.00", "1.50", "11.50"] for i in range(30)]
    write(tmp_path, "sales.csv", rows, ";")
    assert revenue(loaded(tmp_path, propose_source(tmp_path))) == 300


def test_what_customers_paid_less_tax_is_the_sale_and_what_was_left_of_it_is_asked(tmp_path: Path) -> None:
    proposal = of_courses(tmp_path)
    asked = doubt(proposal, "kept")
    assert [choice.label.split(":")[-1] for choice in asked.choices] == [" charge", " revenue", " charge"]
    assert revenue(loaded(tmp_path, proposal)) == 15 * (4100 + 2999) - 2450 * 4100 / 4900


def test_a_price_that_the_invoices_show_to_be_in_cents_is_so_for_the_subscription_as_well(tmp_path: Path) -> None:
    head = ["id", "customer_id", "status", "variant_name", "created_at", "renews_at", "ends_at"]
    subscriptions = [
        head,
        *([100 + i, 1 + i, "active", "Monthly", day(i, IN_2025), day(400, IN_2025), ""] for i in range(12)),
    ]
    write(tmp_path, "subscriptions.csv", subscriptions, ";")
    bills = [["id", "subscription_id", "customer_id", "currency", "subtotal", "tax", "total", "created_at"]]
    bills += [[i, 100 + i % 12, 1 + i % 12, "USD", 1200, 240, 1440, day(i, IN_2025)] for i in range(36)]
    write(tmp_path, "subscription_invoices.csv", bills, ";")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert crm["subscriptions"].mrr.sum().execute() == 12 * 12


def test_a_total_beside_its_tax_and_freight_is_asked_without_both_and_a_currency_may_be_written_out(
    tmp_path: Path,
) -> None:
    rows = [["Invoice ID", "Customer", "Invoice Date", "Total Amount", "Total Tax", "Freight Amount", "Currency"]]
    rows += [[f"I{i}", f"K {i % 9}", day(i, IN_2025), 145 + i, 20, 25 if i % 2 else 0, "Euro"] for i in range(30)]
    write(tmp_path, "invoices.csv", rows, ";")
    proposal = propose_source(tmp_path)
    labels = [choice.label for choice in doubt(proposal, "tax").choices]
    assert labels == ["less Total Tax and Freight Amount", "less Total Tax", "as written: Total Amount"]
    assert proposal.currency == "EUR"


def test_letters_within_a_word_are_no_currency_and_ends_without_a_reason_are_before_the_export_too(
    tmp_path: Path,
) -> None:
    rows = [["Prenumerationsnr", "Kundnr", "Startdatum", "Slutdatum", "Pris per månad", "Orsak"]]
    left = {i: ("pris" if i % 8 else "") for i in range(0, 24, 4)}
    rows += [
        [f"P{i}", f"K{i}", day(i, IN_2025), day(100 + i, IN_2025) if i in left else "", "129 kr", left.get(i, "")]
        for i in range(24)
    ]
    write(tmp_path, "prenumerationer.csv", rows, ";")
    proposal = propose_source(tmp_path)
    assert proposal.currency == "XXX"  # kr is that of three countries
    assert proposal.settings["exported_at"][0] == str(day(120, IN_2025))


def test_shipping_with_tax_says_nothing_of_the_total(tmp_path: Path) -> None:
    head: list[object] = ["total", "tax", "total_shipping_incl_tax"]
    proposal = sales_with(tmp_path, head, ("12.00", "2.00", "0"), ("24.00", "4.00", "5.00"))
    assert doubt(proposal, "tax").choices[0].label == "less tax"
    assert revenue(loaded(tmp_path, proposal)) == 20 * 10 + 20 * 20


def test_whole_amounts_beside_a_whole_tax_are_as_written_where_no_currency_says_cents(tmp_path: Path) -> None:
    proposal = sales_with(tmp_path, ["price", "vat"], (1099, 99), (1999, 181), (3550, 322))
    assert [choice.label for choice in doubt(proposal, "cents").choices] == ["as written", "cents: divided by 100"]
    assert revenue(loaded(tmp_path, proposal)) == 14 * 1099 + 13 * (1999 + 3550)


def test_amounts_in_pence_are_divided(tmp_path: Path) -> None:
    rows = [["TOPUP_ID", "SUBSCRIBER_ID", "TOPUP_TS", "AMOUNT_PENCE", "CURRENCY"]]
    rows += [[f"T{i}", f"S{i % 9}", f"{day(i):%Y%m%d}103000", 1250, "GBP"] for i in range(40)]
    write(tmp_path, "topups.csv", rows)
    assert revenue(loaded(tmp_path)) == 40 * 12.5


def test_an_amount_that_makes_up_the_total_with_the_tax_is_without_it(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Fatura No", "Müşteri", "Tarih", "Fatura Tipi", "Ara Toplam", "KDV", "Genel Toplam"]]
    for i in range(40):
        net = 1000 + 10 * i
        kind = "İade" if i % 10 == 9 else "Satış"
        rows.append(
            [f"F{i}", f"M{i % 9}", f"{day(i):%d.%m.%Y}", kind, *(f"{n},00" for n in (net, net // 5, net * 6 // 5))]
        )
    write(tmp_path, "faturalar.csv", rows, ";", "windows-1254")
    assert revenue(loaded(tmp_path)) == sum((1000 + 10 * i) * (-1 if i % 10 == 9 else 1) for i in range(40))


def test_amounts_in_a_shops_own_currency_are_taken_before_those_in_which_was_paid(tmp_path: Path) -> None:
    header = "ID,Purchase Date,Customer Email,Grand Total (Base),Grand Total (Purchased),order_currency,base_currency,Total Refunded"
    rows = [
        f"{1000 + i},{day(i, IN_2023)},u{i % 9}@ex.org,10.00,{10 + 3.5 * (i % 2):.2f},{'CAD' if i % 2 else 'USD'},USD,0.00"
        for i in range(60)
    ]
    write(tmp_path, "orders.csv", [header, *rows])
    assert revenue(proposed_and_loaded(tmp_path)[1]) == 600


def test_amounts_are_changed_at_the_rates_of_a_file_of_exchange_rates(tmp_path: Path) -> None:
    orders(tmp_path, other="USD")
    write(tmp_path, "rates.csv", [["Currency", "Date", "Rate"], ["USD", "2024-01-01", "0.5"]])
    crm = loaded(tmp_path)
    amounts = [10.5 + i for i in range(40)]
    assert revenue(crm) == sum(amounts[::2]) + 0.5 * sum(amounts[1::2])


def test_an_invoice_still_to_be_paid_counts_and_a_taxable_base_is_its_net_amount(tmp_path: Path) -> None:
    contracts = [
        [f"C{i}", f"CLI-{i}", f"{day(i):%d/%m/%Y}", f"{day(200):%d/%m/%Y}" if i < 4 else "", "24.90"] for i in range(30)
    ]
    write(
        tmp_path,
        "contratos.csv",
        [["Nº contrato", "Código cliente", "Fecha alta", "Fecha baja", "Cuota mensual"], *contracts],
    )
    state = ["Pagada", "Pendiente", "Anulada"]
    billed = [
        [f"F{i}", f"C{i % 30}", f"{day(40 + i):%d/%m/%Y}", f"{day(50 + i):%d/%m/%Y}",
         f"{day(45 + i):%d/%m/%Y}" if i % 3 == 0 else "", "10.00", "2.10", "12.10", state[i % 3]]
        for i in range(90)
    ]  # fmt: skip
    head = [
        "Nº factura",
        "Nº contrato",
        "Fecha emisión",
        "Fecha vencimiento",
        "Fecha cobro",
        "Base imponible",
        "IVA",
        "Total",
    ]
    write(tmp_path, "facturas.csv", [[*head, "Estado"], *billed])
    crm = loaded(tmp_path)
    assert float(crm["invoices"].amount.sum().execute()) == 60 * 10


def test_what_costs_something_in_a_currency_is_sold_and_pieces_of_a_refund_are_as_negative_as_its_price(
    tmp_path: Path,
) -> None:
    names = ["Event Date", "Customer Price", "Customer Currency", "Subscriber ID", "Refund", "Purchase Date", "Units"]
    rows: list[list[object]] = [names]
    rows += [[day(i), "9.99", "USD", 990000 + i % 9, "", "", 1] for i in range(40)]
    rows += [[day(45), "-9.99", "USD", 990000 + i, "Yes", day(i), -1] for i in range(3)]
    write(tmp_path, "subscriber_2025.txt", rows, "\t")
    assert round(revenue(loaded(tmp_path)), 2) == round((40 - 3) * 9.99, 2)


def test_amounts_beside_ids_of_a_billing_system_are_in_cents_and_unpaid_ones_no_sales(tmp_path: Path) -> None:
    rows = [["transaction_id", "status", "customer_id", "currency_code", "subtotal", "created_at"]]
    rows += [
        [
            f"txn_01h{i:06d}",
            "past_due" if i % 10 == 0 else "completed",
            f"ctm_{i % 9}",
            "USD",
            1200,
            f"{day(i)}T04:05:06Z",
        ]
        for i in range(40)
    ]
    write(tmp_path, "transactions.csv", rows)
    assert revenue(loaded(tmp_path)) == 36 * 12


def test_lines_that_come_to_an_order_s_total_but_for_its_tax_are_taken(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["EmailAddress", "InvoiceNumber", "InvoiceDate", "Total", "Quantity", "UnitAmount", "LineAmount", "Status"]
    ]
    for i in range(30):
        parts = [(2, 10 + i), (3, 5)]
        total = round(1.2 * sum(q * u for q, u in parts), 2)
        status = "Awaiting Payment" if i % 5 == 0 else "Paid"
        rows += [[f"c{i % 7}@x.example", f"INV{i}", day(i), total, q, u, q * u, status] for q, u in parts]
    write(tmp_path, "SalesInvoices.csv", rows)
    assert revenue(loaded(tmp_path)) == sum(2 * (10 + i) + 15 for i in range(30))


def test_a_total_of_orders_with_or_without_its_parts_is_an_amount(tmp_path: Path) -> None:
    for name in ("Orders Total", "Total incl. shipping"):
        folder = tmp_path / name
        folder.mkdir()
        rows: list[list[object]] = [["order_id", "customer_id", "order_date", name]]
        rows += [[f"O{i}", f"C{i % 9}", day(i), 10 + i % 7] for i in range(60)]
        write(folder, "orders.csv", rows)
        assert revenue(loaded(folder)) == sum(10 + i % 7 for i in range(60))
