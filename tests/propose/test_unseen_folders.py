"""Exports of systems and countries that nobody prepared for, each checked by figures computed by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from workbench import churn_events, mrr
from workbench.crm import Crm, load_tables
from workbench.propose import propose_source, write_source

pytestmark = pytest.mark.slow
EXPORT = date(2025, 3, 31)


def write(folder: Path, name: str, rows: Sequence[Sequence[object]], mark: str = ",", encoding: str = "utf-8") -> None:
    text = "\n".join(mark.join(map(str, row)) for row in rows) + "\n"
    (folder / name).write_text(text, encoding=encoding)


def day(number: int) -> date:
    return date(2024, 1, 2) + timedelta(days=number)


def loaded(folder: Path) -> Crm:
    write_source(propose_source(folder), folder / "source.yaml")
    return load_tables(folder / "source.yaml")


def revenue(crm: Crm) -> float:
    return float(crm["orders"].amount.sum().execute())


def recurring(crm: Crm) -> float:
    return float(mrr(crm, crm.facts.known_until).mrr.sum().execute())


def test_the_total_of_an_order_on_each_of_its_lines_counts_once(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Bestellnummer", "Kundennummer", "Bestelldatum", "Menge", "Einzelpreis", "Gesamtbetrag"]
    ]
    for i in range(30):
        for pieces, price in ((2, "10,50"), (1, "4,00")):
            rows.append([f"B{i}", 100 + i % 9, f"{day(i):%d.%m.%Y}", pieces, price, "25,00"])
    write(tmp_path, "Bestellungen.csv", rows, ";", "windows-1252")
    assert revenue(loaded(tmp_path)) == 30 * 25


def test_a_price_that_grows_with_the_quantity_is_the_lines(tmp_path: Path) -> None:
    rows = [["order-id", "purchase-date", "sku", "quantity", "item-price", "buyer-email"]]
    rows += [[i, day(i), f"S{i % 2}", 1 + i % 3, 10 * (1 + i % 3), f"b{i % 8}@x.example"] for i in range(30)]
    write(tmp_path, "all_orders.txt", rows, "\t")
    assert revenue(loaded(tmp_path)) == 10 * (10 + 20 + 30)


def test_pauses_from_and_to_of_a_gym_are_pauses_and_one_that_lies_ahead_moves_no_end(tmp_path: Path) -> None:
    members = [["Nº socio", "Fecha alta", "Fecha baja", "Cuota mensual"]]
    members += [[f"S{i}", f"{day(15 * i):%d/%m/%Y}", f"{EXPORT:%d/%m/%Y}" if i < 3 else "", "30,00"] for i in range(30)]
    write(tmp_path, "socios.csv", members, ";", "windows-1252")
    ahead = EXPORT + timedelta(days=20)
    frozen = [
        ["Nº socio", "Desde", "Hasta"],
        ["S9", "01/03/2025", f"{ahead:%d/%m/%Y}"],
        ["S8", "01/02/2025", "20/02/2025"],
    ]
    write(tmp_path, "congelaciones.csv", frozen, ";", "windows-1252")
    crm = loaded(tmp_path)
    assert crm["subscription_changes"].count().execute() == 4
    assert str(crm.facts.known_until)[:10] == "2025-04-01"
    assert recurring(crm) == (30 - 3 - 1) * 30


def test_the_end_of_a_policys_term_is_no_end_of_service_and_a_yearly_premium_is_a_twelfth_a_month(
    tmp_path: Path,
) -> None:
    rows = [["N° police", "N° client", "Date d'effet", "Date d'échéance", "Date de résiliation", "Prime annuelle"]]
    for i in range(30):
        ends = ["", f"{day(300 + i):%d/%m/%Y}"] if i < 6 else [f"{day(500 + i):%d/%m/%Y}", ""]
        rows.append([f"P{i:03d}", f"CL{i % 25:03d}", f"{day(i):%d/%m/%Y}", *ends, "240,00"])
    write(tmp_path, "polices.csv", rows, ";", "utf-8-sig")
    crm = loaded(tmp_path)
    assert recurring(crm) == 24 * 20
    assert "renews_at" in crm["subscriptions"].columns


def test_an_end_in_the_year_9999_is_none_and_meter_readings_are_no_sales(tmp_path: Path) -> None:
    contracts = [["Vertragskonto", "Geschäftspartner", "Lieferbeginn", "Lieferende", "Abschlag monatlich"]]
    contracts += [[4000 + i, f"GP{i:04d}", f"{day(i):%d.%m.%Y}", "31.12.9999", "68,00"] for i in range(30)]
    readings = [["Vertragskonto", "Ablesedatum", "Zählerstand (kWh)"]]
    readings += [[4000 + i % 30, f"{day(100 + i):%d.%m.%Y}", f"1.{i:03d},00"] for i in range(90)]
    write(tmp_path, "Verträge.csv", contracts, ";")
    write(tmp_path, "Zählerstände.csv", readings, ";")
    crm = loaded(tmp_path)
    assert recurring(crm) == 30 * 68
    assert "orders" not in crm
    assert crm["events"].count().execute() == 90


def test_japanese_orders_in_their_own_encoding_dates_and_yen(tmp_path: Path) -> None:
    rows = [["注文番号", "会員番号", "注文日", "合計金額", "ステータス"]]
    words = ["発送済み"] * 8 + ["キャンセル", "返品"]
    rows += [
        [f"J{i}", f"{i % 9:05d}", f"{day(i).year}年{day(i).month}月{day(i).day}日", '"￥1,200"', words[i % 10]]
        for i in range(40)
    ]
    write(tmp_path, "受注データ.csv", rows, encoding="cp932")
    assert revenue(loaded(tmp_path)) == 32 * 1200


def test_a_yes_in_few_rows_sets_those_aside_and_of_two_amounts_the_weaker_name_is_asked_about(tmp_path: Path) -> None:
    rows = [["Start Time", "Email", "Appointment Price", "Amount Paid Online", "Canceled", "Appointment ID"]]
    rows += [
        [
            f"{day(i)} 10:00",
            f"a{i % 9}@x.example",
            "60.00",
            "60.00" if i % 5 else "0.00",
            "" if i % 10 else "yes",
            900 + i,
        ]
        for i in range(40)
    ]
    write(tmp_path, "appointments.csv", rows)
    proposal = propose_source(tmp_path)
    (asked,) = [doubt for doubt in proposal.questions if doubt.about == "orders.amount"]
    assert {choice.label for choice in asked.choices} == {"Amount Paid Online", "Appointment Price"}
    write_source(proposal, tmp_path / "source.yaml")
    assert load_tables(tmp_path / "source.yaml")["orders"].count().execute() == 36


def test_orders_by_the_persian_calendar_are_of_their_days_in_ours(tmp_path: Path) -> None:
    rows = [["شماره سفارش", "کد مشتری", "تاریخ سفارش", "مبلغ"]]
    rows += [[f"S{i}", f"C{i % 9}", f"۱۴۰۳/{1 + i // 20:02d}/{1 + i % 20:02d}", "10.00"] for i in range(40)]
    write(tmp_path, "orders.csv", rows)
    crm = loaded(tmp_path)
    assert str(crm.facts.begins_at)[:10] == "2024-03-20"
    assert revenue(crm) == 400


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


def test_of_several_versions_of_a_subscription_the_last_one_holds(tmp_path: Path) -> None:
    names = ("Name", "Version", "Status", "Original Created Date", "Contract Effective Date", "Cancelled Date", "CMRR")
    rows: list[list[object]] = [[*(f"Subscription: {name}" for name in names), "Account: ID"]]
    for i in range(20):
        rows.append([f"A-S{i}", 1, "Expired", day(i), day(i), "", 50, f"acc{i}"])
        left = "Cancelled" if i < 5 else "Active"
        rows.append([f"A-S{i}", 2, left, day(i), day(i + 100), day(300 + i) if i < 5 else "", 75, f"acc{i}"])
    write(tmp_path, "Subscription.csv", rows)
    crm = loaded(tmp_path)
    assert crm["subscriptions"].count().execute() == 20
    assert recurring(crm) == 15 * 75


def test_people_who_want_no_newsletter_are_no_customers_who_left(tmp_path: Path) -> None:
    rows = [["id", "customer_id", "email", "status", "price", "created_at", "cancelled_at"]]
    rows += [[i, 500 + i, f"s{i}@x.example", "ACTIVE", "18.00", f"{day(9 * i)}T10:00:00", ""] for i in range(30)]
    write(tmp_path, "subscriptions.csv", rows)
    mailed = [["Email", "Unsubscribed At", "List"]]
    mailed += [[f"{'s' if i < 9 else 'n'}{i}@x.example", f"{day(90 + i)} 12:00:00", "News"] for i in range(20)]
    write(tmp_path, "klaviyo_unsubscribed_profiles.csv", mailed)
    crm = loaded(tmp_path)
    assert crm["subscriptions"].customer_id.nunique().execute() == 30
    assert len(churn_events(crm).to_pandas()) == 0


def test_a_customers_billing_with_start_and_amount_is_a_subscription(tmp_path: Path) -> None:
    events = [
        {"event": "Login", "properties": {"distinct_id": f"u{i % 20}", "time": 1704200000 + i * 40000}}
        for i in range(100)
    ]
    (tmp_path / "export.jsonl").write_text("\n".join(map(json.dumps, events)) + "\n")
    rows = [["user_id", "plan", "start", "end", "amount_cents", "currency", "interval"]]
    rows += [[f"u{i}", "pro", f"{day(i)}T08:00:00Z", "", 1500, "usd", "month"] for i in range(20)]
    write(tmp_path, "billing.csv", rows)
    assert recurring(loaded(tmp_path)) == 20 * 15


def test_a_deal_is_won_on_the_day_it_was_won(tmp_path: Path) -> None:
    names = ("ID", "Organization", "Value", "Status", "Deal created", "Won time", "Lost time", "Expected close date")
    rows: list[list[object]] = [[f"Deal - {name}" for name in names]]
    for i in range(40):
        won, lost = (day(i + 20), "") if i % 4 else ("", day(i + 20))
        rows.append([i, f"Org {i % 9}", 1500, "won" if i % 4 else "lost", day(i), won, lost, day(i + 90)])
    write(tmp_path, "deals.csv", rows)
    crm = loaded(tmp_path)
    assert revenue(crm) == 30 * 1500
    assert str(crm["orders"].ordered_at.max().execute())[:10] == str(day(39 + 20))
