"""Exports of banks, hosts, charities, gyms and shops of further countries, each checked by figures computed by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.propose.test_unseen_folders import day, loaded, recurring, revenue, write
from workbench.propose import propose_source

pytestmark = pytest.mark.slow


def test_who_is_only_paid_from_an_account_is_no_customer(tmp_path: Path) -> None:
    rows = [["Buchungstag", "Kontonummer/IBAN", "Betrag", "Waehrung"]]
    rows += [[f"{day(3 * i):%d.%m.%y}", f"DE{10 + i % 9}370400440532013000", "24,50", "EUR"] for i in range(90)]
    rows += [[f"{day(30 * i):%d.%m.%y}", "DE12345678900000001111", "-450,00", "EUR"] for i in range(6)]
    rows += [[f"{day(7):%d.%m.%y}", "DE10370400440532013000", "-24,50", "EUR"]]
    write(tmp_path, "umsatz.csv", rows, ";", "windows-1252")
    proposal = propose_source(tmp_path)
    assert any("DE12345678900000001111 is paid in all of its 6 rows (-2,700.00)" in text for text in proposal.unsure)
    assert revenue(loaded(tmp_path)) == 89 * 24.5


def test_stays_of_some_nights_are_sales_and_no_subscriptions(tmp_path: Path) -> None:
    rows = [["Book number", "Guest name(s)", "Check-in", "Check-out", "Booked on", "Status", "Price", "Booker country"]]
    rows[0] += ["Cancellation date", "Duration (nights)"]
    for i in range(60):
        arrival, nights, called_off = day(5 * i), 1 + i % 5, i % 8 == 0
        booked = arrival - timedelta(2 + 7 * i % 40)
        dates = [arrival, arrival + timedelta(nights), f"{booked} 10:00:00"]
        price = f"{0 if called_off else 80 * nights}.00 EUR"
        rows.append([3000 + i, f"Guest {i % 11}", *dates, "cancelled_by_guest" if called_off else "ok", price, "de"])
        rows[-1] += [booked + timedelta(1) if called_off else "", nights]
    write(tmp_path, "stays.csv", rows)
    crm = loaded(tmp_path)
    assert "subscriptions" not in crm.tables
    assert revenue(crm) == sum(80 * (1 + i % 5) for i in range(60) if i % 8)


def test_what_was_left_of_a_sale_is_the_smaller_amount(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Confirmation code", "Date", "Nights", "Guest", "Amount", "Gross earnings"]]
    rows += [
        [f"HM{i}", day(6 * i), 1 + i % 4, f"Guest {i % 7}", 97 * (1 + i % 4), 100 * (1 + i % 4)] for i in range(30)
    ]
    write(tmp_path, "airbnb.csv", rows)
    assert revenue(loaded(tmp_path)) == sum(100 * (1 + i % 4) for i in range(30))


def test_fields_that_a_package_added_are_read_without_its_marks(tmp_path: Path) -> None:
    rows = [["Id", "npe03__Contact__c", "npe03__Amount__c", "npe03__Installment_Period__c", "npsp__StartDate__c"]]
    rows[0] += ["npsp__EndDate__c", "npsp__Status__c", "npsp__ClosedReason__c", "CreatedDate"]
    for i in range(30):
        left, begun = i % 3 == 0, day(9 * i)
        rows.append([f"a{i:03d}", f"003{i % 25:03d}", 10, "Monthly", begun, day(9 * i + 50) if left else ""])
        rows[-1] += ["Closed", "Moved"] if left else ["Active", ""]
        rows[-1].append(f"{begun}T10:00:00.000+0000")
    write(tmp_path, "npe03__Recurring_Donation__c.csv", rows)
    crm = loaded(tmp_path)
    ended = crm["subscriptions"].ended_at.execute()
    assert sorted(ended.dropna().dt.date) == [day(9 * i + 50) for i in range(0, 30, 3)]
    assert recurring(crm) == 20 * 10


def test_amounts_in_pence_are_divided(tmp_path: Path) -> None:
    rows = [["TOPUP_ID", "SUBSCRIBER_ID", "TOPUP_TS", "AMOUNT_PENCE", "CURRENCY"]]
    rows += [[f"T{i}", f"S{i % 9}", f"{day(i):%Y%m%d}103000", 1250, "GBP"] for i in range(40)]
    write(tmp_path, "topups.csv", rows)
    assert revenue(loaded(tmp_path)) == 40 * 12.5


def test_a_card_of_visits_beside_memberships_pays_once(tmp_path: Path) -> None:
    rows = [["membership_id", "user_id", "plan_name", "start_date", "cancelled_date", "price", "interval_unit"]]
    for i in range(30):
        card = i % 5 == 0
        ended = day(200) if i % 6 == 1 else ""
        rows.append([f"m{i}", f"u{i}", "Card" if card else "Gold", day(i), ended, 120 if card else 49])
        rows[-1].append("" if card else "month")
    write(tmp_path, "memberships.csv", rows)
    assert any("6 rows have price and no interval_unit" in text for text in propose_source(tmp_path).unsure)
    assert recurring(loaded(tmp_path)) == 49 * sum(1 for i in range(30) if i % 5 and i % 6 != 1)


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


def shop(folder: Path) -> None:
    """Orders of two lines: status, payment and discount stand on the first one, numbers have a decimal comma."""
    rows = [
        [
            "Número do Pedido",
            "E-mail",
            "Data",
            "Status do Pedido",
            "Status do Pagamento",
            "Moeda",
            "Subtotal",
            "Desconto",
        ]
    ]
    rows[0] += ["Nome do Produto", "Valor do Produto", "Quantidade Comprada"]
    for i in range(30):
        pieces = 1 + i % 3
        paid = "Pendente" if i % 10 == 0 else "Confirmado"
        status = ["Cancelado", "Recusado"] if i % 7 == 3 else ["Arquivado", paid]
        head = [*status, "BRL", f"{pieces * 40.5 + 19:.2f}".replace(".", ","), "10,00" if i % 2 else "0,00"]
        named = [1000 + i, f"c{i % 8}@x.example", f"{day(i):%d/%m/%Y}"]
        rows += [[*named, *head, "Caneca", "40,50", pieces], [*named, "", "", "", "", "", "Boné", "19,00", 1]]
    write(folder, "vendas.csv", rows, ";", "windows-1252")


def test_lines_share_the_discount_of_their_order_with_a_decimal_comma(tmp_path: Path) -> None:
    shop(tmp_path)
    kept = [i for i in range(30) if i % 7 != 3]
    assert round(revenue(loaded(tmp_path)), 2) == sum((1 + i % 3) * 40.5 + 19 - 10 * (i % 2) for i in kept)


def test_a_payment_that_is_open_beside_the_status_of_an_order_is_asked_about(tmp_path: Path) -> None:
    shop(tmp_path)
    doubt = next(d for d in propose_source(tmp_path).questions if "Status do Pagamento" in d.text)
    answered = propose_source(tmp_path).answered(doubt, doubt.choices[1])
    pending = answered["orders"].statuses[-1]
    assert "pendente" in doubt.text
    assert pending["values"]["pendente"] == "refuse"
    assert "OVER" in pending["column"]


def test_readings_of_a_status_are_offered_where_files_are_put_together(tmp_path: Path) -> None:
    for year in ("alt", "neu"):
        rows = [["Rechnungsnr", "Kundennr", "Datum", "Betrag", "Status"]]
        rows += [
            [f"{year}{i}", i % 9, day(i + 100 * (year == "neu")), 50, "Ruht" if i % 9 == 0 else "bezahlt"]
            for i in range(40)
        ]
        rows[3][4] = "storniert"
        write(tmp_path, f"Rechnungen_{year}.csv", [r if year == "alt" else [*r, "x"] for r in rows])
    proposal = propose_source(tmp_path)
    doubts = [d for d in proposal.questions if "nothing is known of ruht" in d.text]
    assert doubts
    refused = next(c for c in doubts[0].choices if "set aside" in c.label)
    assert proposal.answered(doubts[0], refused)["orders"].statuses[0]["values"]["ruht"] == "refuse"


def test_the_value_of_a_contract_without_a_term_is_taken_for_a_year_and_asked_about(tmp_path: Path) -> None:
    rows = [["contract_id", "customer_id", "start_date", "end_date", "total_contract_value"]]
    rows += [[f"S{i}", f"C{i}", day(i), day(i + 60) if i % 4 == 0 else "", 1231] for i in range(40)]
    write(tmp_path, "subscriptions.csv", rows)
    asked = next(d for d in propose_source(tmp_path).questions if "whole contract" in d.text)
    assert [choice.label for choice in asked.choices] == ["a year's: divided by 12", "a month's"]


def test_a_price_before_discount_is_no_discount(tmp_path: Path) -> None:
    rows: list[list[object]] = [["order_id", "customer_id", "order_date", "net_total", "price_before_discount"]]
    rows += [[f"o{i}", f"c{i % 9}", day(i), 10.5 + i, 15.75 + 2 * i] for i in range(40)]
    write(tmp_path, "orders.csv", rows)
    assert not any(doubt.topic == "discount" for doubt in propose_source(tmp_path).questions)


def test_members_end_on_the_day_on_which_they_were_deleted(tmp_path: Path) -> None:
    rows = [["id", "email", "created_at", "deleted_at", "tiers"]]
    rows += [[f"{i:024x}", f"m{i}@x.example", day(i), day(i + 90) if i % 5 == 0 else "", "Gold"] for i in range(40)]
    write(tmp_path, "members.csv", rows)
    crm = loaded(tmp_path)
    assert crm["subscriptions"].ended_at.count().execute() == 8
    assert isinstance(crm.facts.known_until.date(), date)


def test_a_row_for_each_yearly_term_ends_with_it_although_some_were_cancelled(tmp_path: Path) -> None:
    rows = [["PolicyNumber", "AccountNumber", "PeriodStart", "PeriodEnd", "Status", "CancellationDate", "TotalPremium"]]
    for i in range(30):
        for year in (2023, 2024):
            cancelled = date(2024, 3, 1) if (year, i % 10) == (2024, 0) else ""
            dates = [date(year, 2, 1 + i % 20), date(year + 1, 2, 1 + i % 20), "Bound", cancelled]
            if year == 2023 or i % 3 != 1:
                rows.append([f"P{i}", f"A{i % 25}", *dates, 361])
    rows.append(["P31", "A1", date(2024, 5, 1), date(2025, 5, 1), "Quoted", "", 361])
    write(tmp_path, "periods.csv", rows, "|")
    proposal = propose_source(tmp_path)
    assert "ended_at" in proposal["subscriptions"].columns
    assert "'year'" in proposal["subscriptions"].columns["mrr"].sql
    assert proposal["subscriptions"].statuses[0]["values"]["quoted"] == "refuse"


def test_what_differs_between_the_receipts_of_a_customer_is_no_fact_of_the_customer(tmp_path: Path) -> None:
    rows = [["Date", "Receipt number", "Category", "Quantity", "Net sales", "Customer name", "Is Soft Credit"]]
    rows += [
        [day(i), f"2-{i}", "FOOD" if i % 2 else "DRINKS", 1, 5, f"Client {i % 9}", "Yes" if i == 8 else "No"]
        for i in range(60)
    ]
    write(tmp_path, "receipts.csv", rows)
    crm = loaded(tmp_path)
    assert "customers" not in crm.tables
    assert revenue(crm) == 59 * 5


def test_energy_used_at_night_leaves_contracts_what_they_are(tmp_path: Path) -> None:
    rows = [["contract_id", "customer_id", "tariff", "start_date", "end_date", "monthly_fee", "night_kwh"]]
    rows += [
        [f"k{i}", f"m{i}", "Eco", day(i * 5), day(i * 5 + 133) if i % 6 == 1 else "", 49, 1000 + i] for i in range(50)
    ]
    write(tmp_path, "contracts.csv", rows)
    assert recurring(loaded(tmp_path)) == 41 * 49


def test_a_discount_before_tax_is_one_and_no_amount_without_tax(tmp_path: Path) -> None:
    rows: list[list[object]] = [["order_id", "customer_id", "order_date", "subtotal", "discount_before_tax", "tax"]]
    rows[0].append("total")
    for i in range(40):
        net = 100 - 10 * (i % 2)
        rows.append([i, f"c{i % 9}", day(3 * i), 100, 10 * (i % 2), f"{net * 0.2:.2f}", f"{net * 1.2:.2f}"])
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == 40 * 95


def test_a_discount_without_tax_is_not_what_was_paid_without_tax(tmp_path: Path) -> None:
    rows: list[list[object]] = [["order_id", "customer_id", "order_date", "total", "discount_excl_tax"]]
    rows += [[i, f"c{i % 9}", day(3 * i), 50 + i % 5, 5.5 * (i % 2)] for i in range(40)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == sum(50 + i % 5 for i in range(40))


def test_one_large_payout_makes_it_no_price(tmp_path: Path) -> None:
    rows = [["order_id", "customer_id", "date", "amount", "net_earnings"]]
    rows += [[i, f"c{i % 9}", day(3 * i), 100 + i % 4, 400 if i == 7 else 90 + i % 4] for i in range(40)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == sum(100 + i % 4 for i in range(40))


def test_the_deletion_of_a_record_is_no_end_beside_a_cancellation(tmp_path: Path) -> None:
    rows = [["id", "customer_id", "plan", "price", "created_at", "cancelled_at", "deleted_at"]]
    for i in range(40):
        rows.append([i, f"c{i}", "Basic", 20, day(i), day(i + 100) if i % 4 == 0 else "", ""])
        rows[-1][-1] = day(i + 300) if i % 8 == 0 else ""
    write(tmp_path, "subscriptions.csv", rows)
    assert recurring(loaded(tmp_path)) == 30 * 20


def test_what_ended_and_lost_its_period_paid_like_the_others(tmp_path: Path) -> None:
    rows = [["subscription_id", "customer_id", "plan", "price", "billing_period", "start_date", "end_date"]]
    rows += [
        [i, f"c{i}", "Basic", 20, *(["", day(i), day(i + 120)] if i % 3 == 0 else ["month", day(i), ""])]
        for i in range(40)
    ]
    write(tmp_path, "subscriptions.csv", rows)
    assert loaded(tmp_path)["subscriptions"].mrr.sum().execute() == 40 * 20


def test_a_customer_with_credit_notes_alone_is_one(tmp_path: Path) -> None:
    rows = [["invoice_no", "customer_no", "invoice_date", "amount"]]
    rows += [[f"R{i}", f"K{i % 9}", day(3 * i), 100 + i] for i in range(80)]
    rows += [[f"G{i}", "K50", day(20 + i * 9), -400] for i in range(3)]
    write(tmp_path, "invoices.csv", rows)
    assert revenue(loaded(tmp_path)) == sum(100 + i for i in range(80)) - 1200


def test_consent_called_soft_sets_no_order_aside(tmp_path: Path) -> None:
    rows = [["order_id", "customer_id", "order_date", "total", "Soft Opt-In"]]
    rows += [[i, f"c{i % 9}", day(3 * i), 20, "No" if i % 4 else "Yes"] for i in range(40)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == 800
