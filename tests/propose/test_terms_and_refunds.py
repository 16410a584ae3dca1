"""Rows that say what ended or was taken back in their own way: paid terms, words of status, refunds as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import openpyxl

from workbench.crm import Crm, load_tables, net_amounts
from workbench.propose import propose_source, write_source
from workbench.propose.proposed.proposal import Proposal

Row = Sequence[object]


def proposed(folder: Path, **files: list[Row]) -> Proposal:
    for name, rows in files.items():
        text = "\n".join(";".join("" if v is None else str(v) for v in row) for row in rows)
        (folder / f"{name}.csv").write_text(text + "\n", encoding="utf-8")
    return propose_source(folder)


def loaded(folder: Path, **files: list[Row]) -> Crm:
    write_source(proposed(folder, **files), folder / "source.yaml")
    return load_tables(folder / "source.yaml")


def day(number: int) -> date:
    return date(2024, 1, 1) + timedelta(days=number)


def test_a_refund_with_a_row_of_its_own_takes_back_once_and_names_its_order(tmp_path: Path) -> None:
    rows: list[Row] = [("order_id", "parent_id", "customer_id", "date_created", "net_total", "status")]
    for i in range(40):
        back = i % 8 == 0
        rows.append((1000 + 2 * i, 0, f"C{i % 9}", day(i), "20.00", "refunded" if back else "completed"))
        if back:
            rows.append((1001 + 2 * i, 1000 + 2 * i, f"C{i % 9}", day(i + 2), "-20.00", "refunded"))
    crm = loaded(tmp_path, orders=rows)
    assert float(net_amounts(crm).amount.sum().execute()) == 35 * 20
    assert crm["orders"].returns_order_id.count().execute() == 5


def test_an_invoice_that_came_back_unpaid_is_still_owed(tmp_path: Path) -> None:
    people: list[Row] = [("Nº cliente", "Fecha alta", "Cuota mensual", "Situación")]
    people += [(f"C{i}", f"{day(i):%d-%m-%Y}", "15,90", "Baja" if i % 7 == 0 else "Activa") for i in range(30)]
    bills: list[Row] = [("Nº factura", "Nº cliente", "Fecha emisión", "Vencimiento", "Total", "Estado", "Fecha pago")]
    for i in range(60):
        issued, paid = day(30 + i), i % 6 > 0
        state = "Pagada" if paid else "Devuelta"
        bills.append((f"F{i}", f"C{i % 30}", f"{issued:%d-%m-%Y}", f"{issued + timedelta(20):%d-%m-%Y}", "15,90", state,
                      f"{issued + timedelta(9):%d-%m-%Y}" if paid else ""))  # fmt: skip
    crm = loaded(tmp_path, lineas=people, facturas=bills)
    assert {"subscriptions", "invoices"} <= set(crm)
    assert crm["invoices"].count().execute() == 60


def test_a_contract_that_was_cancelled_ends_on_its_notice_where_another_word_says_that_terms_ran_out(
    tmp_path: Path,
) -> None:
    rows: list[Row] = [("policy_no", "client_id", "start_date", "end_date", "annual_premium", "status", "cancel_date")]
    for i in range(40):
        start = day(20 * i)
        end, live = start + timedelta(days=365), 20 * i + 365 > 790
        left = i % 5 == 0 and start + timedelta(days=100) < day(790)
        status = "cancelled" if left else "in force" if live else "expired"
        rows.append((f"P{i}", f"C{i}", start, end, "120.00", status, start + timedelta(days=100) if left else ""))
    crm = loaded(tmp_path, policies=rows)
    lasted = crm["subscriptions"].ended_at.epoch_seconds() - crm["subscriptions"].started_at.epoch_seconds()
    assert sorted({round(s / 86400) for s in lasted.execute()}) == [100, 365]


def test_paid_terms_end_service_whenever_customers_unsubscribed(tmp_path: Path) -> None:
    head = ("transaction_id", "app_user_id", "product", "start_time", "end_time", "unsubscribe_detected_at", "price", "is_trial_period", "is_auto_renewable", "is_sandbox", "country")  # fmt: skip
    rows: list[Row] = [head]
    for i in range(30):
        for term in range(4):
            begun = day(7 * i + 30 * term)
            gone = begun + timedelta(days=33 if i % 2 else 9) if term == 3 else ""
            rows.append(
                (
                    f"T{i}-{term}",
                    f"U{i}",
                    "pro monthly",
                    begun,
                    begun + timedelta(days=30),
                    gone,
                    "7.99",
                    "f",
                    "t",
                    "f",
                    "DE" if i % 2 else "FR",
                )
            )
    rows.append(("T-x", "tester", "pro monthly", day(5), day(35), "", "7.99", "f", "t", "t", "DE"))
    crm = loaded(tmp_path, transactions=rows)
    assert (crm["subscriptions"].ended_at - crm["subscriptions"].started_at).max().execute().days == 30
    assert crm["customers"].count().execute() == 30


def test_a_subscription_begins_when_it_is_activated_not_when_it_was_created(tmp_path: Path) -> None:
    rows: list[Row] = [("uuid", "account_code", "plan_code", "state", "unit_amount", "created_at", "activated_at", "expires_at")]  # fmt: skip
    for i in range(30):
        gone = day(i + 200) if i % 4 == 0 else ""
        state = "expired" if gone else "active"
        rows.append((f"u{i:04x}", f"A{i}", "box-4w", state, "28.00", f"{day(i)} 07:00:00", f"{day(i)} 08:00:00", gone))
    proposal = proposed(tmp_path, subscriptions=rows)
    assert proposal["subscriptions"].columns["started_at"].raw == ("activated_at",)
    assert "'4 week'" in proposal["subscriptions"].columns["mrr"].sql


def test_members_are_known_by_the_number_that_other_files_have_though_one_of_them_writes_it_as_a_float(
    tmp_path: Path,
) -> None:
    members: list[Row] = [("Qwz-Nr.", "Name", "Vertragsbeginn", "Vertragsende", "Beitrag mtl.")]
    members += [(4000 + i, f"Muster, Kim{i}", day(i), day(i + 90) if i % 3 == 0 else "", "19,90") for i in range(30)]
    visits: list[Row] = [("Datum", "Uhrzeit", "Qwz-Nr.", "Bereich")]
    visits += [(day(i), f"{7 + i % 12:02d}:{i % 60:02d}", f"{4000 + i % 30}.0", "Kurs") for i in range(150)]
    crm = loaded(tmp_path, mitglieder=members, besuche=visits)
    assert set(crm["events"].customer_id.execute()) == set(crm["subscriptions"].customer_id.execute())
    assert crm["events"].count().execute() == 150


def test_thousands_in_columns_named_in_japanese_are_parted_by_commas(tmp_path: Path) -> None:
    rows: list[Row] = [("注文番号", "会員番号", "注文日", "金額")]
    rows += [(f"A{i}", f"K{i % 7}", day(i), "12,800" if i % 2 else "880") for i in range(20)]
    crm = loaded(tmp_path, 注文=rows)
    assert float(crm["orders"].amount.sum().execute()) == 10 * (12800 + 880)


def test_what_a_membership_costs_is_read_from_its_type_and_a_status_from_no_list_of_another_thing(
    tmp_path: Path,
) -> None:
    types: list[Row] = [("id", "name", "minimum_fee", "duration_unit", "duration_interval")]
    types += [(1, "General", "120.000000000", "year", 1), (2, "Student", "15.000000000", "month", 3)]
    members: list[Row] = [("id", "contact_id", "membership_type_id", "start_date", "end_date", "status_id")]
    members += [(100 + i, 1 + i, 1 + i % 2, day(i), day(i + 400), 2 if i % 4 else 4) for i in range(40)]
    gifts: list[Row] = [("id", "contact_id", "receive_date", "total_amount", "contribution_status_id")]
    gifts += [(i, 1 + i % 40, day(i), "20.00", 4 if i % 9 == 0 else 1) for i in range(120)]
    proposal = proposed(
        tmp_path,
        civicrm_contact=[("id", "display_name", "created_date"), *((1 + i, f"P{i} Doe", day(0)) for i in range(60))],
        civicrm_membership=members,
        civicrm_membership_type=types,
        civicrm_membership_status=[("id", "name"), (1, "New"), (2, "Current"), (4, "Expired")],
        civicrm_contribution=gifts,
    )
    price = proposal["subscriptions"].columns["mrr"].sql
    assert all(name in price for name in ("minimum_fee", "duration_unit", "duration_interval"))
    assert all(set(status["values"]) & {"new", "expired"} == set() for status in proposal["orders"].statuses)


def test_what_a_subscription_costs_is_what_was_last_paid_for_it(tmp_path: Path) -> None:
    subs: list[Row] = [("id", "customer_id", "product_name", "status", "ends_at", "created_at")]
    bills: list[Row] = [("id", "subscription_id", "billing_reason", "currency", "status", "subtotal", "created_at")]
    for i in range(30):
        yearly, gone = i % 3 == 0, i % 5 == 0
        ends = day(120 + i) if gone else ""
        subs.append((1000 + i, f"C{i}", "App", "expired" if gone else "active", ends, day(i)))
        for term in range(2 if yearly else 5):
            at = day(i + (365 if yearly else 30) * term)
            bills.append((f"I{i}-{term}", 1000 + i, "renewal", "EUR", "paid", "60.00" if yearly else "9.50", at))
    crm = loaded(tmp_path, subscriptions=subs, subscription_invoices=bills)
    assert sorted({float(amount) for amount in crm["subscriptions"].mrr.execute()}) == [5.0, 9.5]


def test_files_that_are_not_what_their_ending_says_are_named_and_utf_16_needs_no_mark(tmp_path: Path) -> None:
    orders = "order_id,customer_id,order_date,amount\n" + "".join(f"o{i},c{i % 9},{day(i)},10.00\n" for i in range(30))
    (tmp_path / "orders.csv").write_bytes(orders.encode("utf-16-le"))
    (tmp_path / "refunds.csv").write_bytes(b"%PDF-1.4\n%\xe2\xe3\n")
    (tmp_path / "customers.xls").write_text("<html><table><tr><td>customer_id</td></tr></table></html>")
    (tmp_path / "plans.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(2000))
    proposal = propose_source(tmp_path)
    assert len(proposal.tables) == 1
    assert proposal["orders"].columns["amount"].raw == ("amount",)
    reasons = {name: why.split(";")[0] for name, why in proposal.unused.items()}
    assert reasons["refunds.csv"] == "a PDF under another ending"
    assert reasons["customers.xls"] == "a web page under another ending"
    assert reasons["plans.xlsx"] == "protected by a password, or an old workbook under a new ending"


def test_amounts_that_a_shop_changed_into_its_own_currency_are_taken_and_a_log_of_contacts_is_no_list_of_people(
    tmp_path: Path,
) -> None:
    rows: list[Row] = [("entity_id", "customer_id", "base_currency_code", "order_currency_code", "base_grand_total", "grand_total", "created_at")]  # fmt: skip
    rows += [(i, f"C{i % 9}", "USD", "CHF" if i % 4 else "USD", "20.0000", "18.0000", day(i)) for i in range(40)]
    log: list[Row] = [("Meldingnr", "Klantnummer", "Datum melding", "Onderwerp", "Kanaal")]
    log += [(f"M{i}", f"C{i % 9}", day(i), "Storing" if i % 2 else "Klacht", "E-mail") for i in range(60)]
    crm = loaded(tmp_path, sales_order=rows, klantcontact=log)
    assert (crm.facts.currency, float(crm["orders"].amount.sum().execute())) == ("USD", 800)
    assert "contacts" not in crm


def test_a_bill_that_differs_from_month_to_month_is_no_price(tmp_path: Path) -> None:
    contracts: list[Row] = [("contract_no", "customer_no", "start_date", "status")]
    contracts += [(f"CT-{i:03d}", 7000 + i, day(i), "ended" if i % 5 == 0 else "active") for i in range(20)]
    bills: list[Row] = [("invoice_no", "contract_no", "issued_at", "amount")]
    bills += [(f"F{i}", f"CT-{i % 20:03d}", day(30 + i), f"{12 + i * 37 % 30}.{i % 90:02d}") for i in range(120)]
    assert "mrr" not in proposed(tmp_path, contracts=contracts, invoices=bills)["subscriptions"].columns


def test_a_log_with_what_was_paid_before_and_after_each_change_may_have_the_difference_too(tmp_path: Path) -> None:
    log: list[Row] = [("event_date", "account_id", "event_type", "mrr_delta", "mrr_before", "mrr_after")]
    for i in range(30):
        log.append((day(i), f"a{i}", "subscription_started", 50, 0, 50))
        log.append((day(i + 40), f"a{i}", "cancelled" if i % 3 == 0 else "upgraded", -50 if i % 3 == 0 else 50, 50, 0 if i % 3 == 0 else 100))  # fmt: skip
    log[1:] = sorted(log[1:], key=lambda row: str(row[0]))
    crm = loaded(tmp_path, subscription_events=log)
    live = crm["subscriptions"].filter(crm["subscriptions"].ended_at.isnull())
    assert (live.count().execute(), float(live.mrr.sum().execute())) == (20, 2000)


def test_two_years_of_one_list_under_other_headers_are_put_together(tmp_path: Path) -> None:
    old: list[Row] = [("N. abbonamento", "Cod. cliente", "Data inizio", "Data scadenza", "Importo (€)")]
    new: list[Row] = [("Num. Abbonamento", "Codice Cliente", "Inizio", "Scadenza", "Importo EUR")]
    old += [(f"A{i}", f"CL{i}", f"{day(i):%d/%m/%Y}", f"{day(i + 364):%d/%m/%Y}", "89,90") for i in range(30)]
    new += [(f"B{i}", f"CL{i}", f"{day(i + 365):%d/%m/%Y}", f"{day(i + 729):%d/%m/%Y}", "99,90") for i in range(20)]
    crm = loaded(tmp_path, abbonamenti_2024=old, abbonamenti_2025=new)
    assert (crm["subscriptions"].count().execute(), crm["subscriptions"].customer_id.nunique().execute()) == (50, 30)


def test_what_the_lines_of_orders_come_to_is_taken_where_the_orders_add_tax(tmp_path: Path) -> None:
    orders: list[Row] = [("order_id", "customer_id", "total", "currency_code", "date_added")]
    lines: list[Row] = [("order_product_id", "order_id", "product_id", "name", "quantity", "price", "total", "tax")]
    for i in range(40):
        orders.append((100 + i, f"C{i % 9}", "53.0000", "GBP", day(i)))
        lines += [(1000 + 2 * i + j, 100 + i, j, f"Thing {j}", 2, "10.0000", "20.0000", "2.0000") for j in range(2)]
    crm = loaded(tmp_path, oc_order=orders, oc_order_product=lines)
    assert float(crm["orders"].amount.sum().execute()) == 40 * 40


def test_months_across_are_read_in_a_sheet_a_year_with_titles_and_end_with_the_last_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for year, months in ((2024, 12), (2025, 3)):
        sheet = book.create_sheet(f"MRR {year}")
        sheet.append([f"Recurring revenue {year}"])
        sheet.append(["Kunde", *(f"{month:02d}/{year}" for month in range(1, months + 1)), "Summe"])
        for i in range(12 if year == 2024 else 9):
            sheet.append([f"Kunde {i} GmbH", *[100 + i] * months, (100 + i) * months])
    book.save(tmp_path / "revenue.xlsx")
    crm = loaded(tmp_path)
    live = crm["subscriptions"].filter(crm["subscriptions"].ended_at.isnull())
    assert (crm["subscriptions"].customer_id.nunique().execute(), live.customer_id.nunique().execute()) == (12, 9)


def test_files_whose_ids_begin_anew_are_asked_about(tmp_path: Path) -> None:
    head = ("order_id", "customer_id", "order_date", "total")
    files: dict[str, list[Row]] = {
        f"orders_{country}": [head, *((i, i % 9, day(i), f"{i + place}.50") for i in range(30))]
        for place, country in enumerate(("de", "fr"))
    }
    assert any("begin anew in each file" in sentence for sentence in proposed(tmp_path, **files).unsure)


def test_a_danish_agreement_is_a_subscription_at_its_price_a_month(tmp_path: Path) -> None:
    people: list[Row] = [
        ("Kundenr.", "Navn", "Oprettet", "By"),
        *((7000 + i, f"K {i}", day(i), "Odense") for i in range(30)),
    ]
    rows: list[Row] = [
        ("Aftalenr.", "Kundenr.", "Startdato", "Opsagt den", "Slutdato", "Abonnementspris (kr.)", "Status")
    ]
    for i in range(30):
        left = i % 5 == 0
        dates = (f"{day(80 + i):%d-%m-%Y}", f"{day(100 + i):%d-%m-%Y}") if left else ("", "")
        rows.append((f"A{i}", 7000 + i, f"{day(i):%d-%m-%Y}", *dates, "1.029,50", "Ophørt" if left else "Aktiv"))
    crm = loaded(tmp_path, kunder=people, aftaler=rows)
    assert {float(amount) for amount in crm["subscriptions"].mrr.execute()} == {1029.5}


def test_a_word_for_a_period_that_nobody_knows_leaves_the_price_open_and_sets_no_customer_aside(tmp_path: Path) -> None:
    rows: list[Row] = [("subscription_id", "customer_id", "start_date", "end_date", "amount", "billing_period")]
    rows += [(f"S{i}", f"C{i}", day(i), "", "30.00", ("month", "quarter", "blorp")[i % 3]) for i in range(30)]
    proposal = proposed(tmp_path, subscriptions=rows)
    assert any("blorp lasts is not known" in sentence for sentence in proposal.unsure)
    write_source(proposal, tmp_path / "source.yaml")
    subscriptions = load_tables(tmp_path / "source.yaml")["subscriptions"]
    assert (subscriptions.count().execute(), subscriptions.mrr.count().execute()) == (30, 20)
