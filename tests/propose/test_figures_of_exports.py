"""Money, customers and files of exports of shops, banks, kits and telephone companies, by figures known beforehand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from workbench.crm import Crm, load_tables
from workbench.propose import propose_source, write_source
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.proposal import Proposal

Rows = Sequence[Sequence[object]]


def day(number: int) -> date:
    return date(2025, 1, 6) + timedelta(days=number)


def write(folder: Path, name: str, rows: Rows, mark: str = ";", encoding: str = "utf-8") -> None:
    text = "\n".join(mark.join(map(str, row)) for row in rows) + "\n"
    (folder / name).write_text(text, encoding=encoding)


def load(folder: Path, proposal: Proposal, name: str = "source") -> Crm:
    write_source(proposal, folder / f"{name}.yaml")
    return load_tables(folder / f"{name}.yaml")


def doubt(proposal: Proposal, topic: str) -> Doubt:
    return next(question for question in proposal.questions if question.topic == topic)


def revenue(crm: Crm) -> float:
    return float(crm["orders"].amount.sum().execute())


def test_a_price_per_seat_and_year_is_a_twelfth_of_it_for_each_seat(tmp_path: Path) -> None:
    rows = [["Account No", "Contract No", "Start", "End", "Seats", "Price per seat / year"]]
    rows += [[f"A{i}", f"C{i}", day(9 * i), "", f"{3 + i % 5}.0", "120.0"] for i in range(20)]
    write(tmp_path, "contracts.csv", rows)
    crm = load(tmp_path, propose_source(tmp_path))
    assert crm["subscriptions"].mrr.sum().execute() == sum(10 * (3 + i % 5) for i in range(20))


def test_files_named_by_months_of_any_language_are_one_and_those_named_by_towns_are_not(tmp_path: Path) -> None:
    header = ["N° commande", "N° client", "Date", "Montant TTC"]
    for month, name in enumerate(("janv", "févr", "mars", "avril"), start=1):
        rows = [[f"C{month}-{i}", f"K{i % 7}", f"{3 + i:02}/{month:02}/2025", "10,00"] for i in range(12)]
        write(tmp_path, f"commandes {name} 2025.csv", [header, *rows])
    proposal = propose_source(tmp_path)
    assert [file.path.name for file in proposal.files.values() if file.path] == ["commandes * *.csv"]
    assert revenue(load(tmp_path, proposal)) == 4 * 12 * 10


def test_money_in_and_out_of_accounts_is_use_and_no_request_for_help(tmp_path: Path) -> None:
    accounts = [["Nr rachunku", "Nr klienta", "Data otwarcia", "Data zamknięcia"]]
    accounts += [[f"R{i}", f"K{i}", day(i), day(200) if i % 5 == 0 else ""] for i in range(20)]
    booked = [["Nr transakcji", "Nr rachunku", "Data operacji", "Rodzaj operacji", "Kwota"]]
    kinds = ("przelew przychodzący", "płatność kartą")
    booked += [[f"T{i}", f"R{i % 20}", day(i), kinds[i % 2], f"{(-1) ** i * (i + 5)},50"] for i in range(90)]
    write(tmp_path, "rachunki.csv", accounts, encoding="windows-1250")
    write(tmp_path, "transakcje.csv", booked, encoding="windows-1250")
    proposal = propose_source(tmp_path)
    assert {t.table: t.file for t in proposal.tables if t.file == "transakcje"} == {"events": "transakcje"}
    assert {file.encoding for file in proposal.files.values()} == {"windows-1250"}


def test_a_persons_name_beside_a_number_of_each_gift_is_no_order(tmp_path: Path) -> None:
    rows = [["Nº donativo", "Nº socio", "Nombre", "Fecha", "Importe"]]
    rows += [[f"D{i}", f"S{i % 9}", f"Socio {i % 9}", f"{day(i):%d/%m/%Y}", "25,00"] for i in range(30)]
    write(tmp_path, "donativos.csv", rows)
    assert propose_source(tmp_path)["orders"].columns["order_id"].raw == ("Nº donativo",)


def test_accounts_called_tests_and_sales_at_the_counter_are_no_customers(tmp_path: Path) -> None:
    customers = [["customer_id", "name", "created_at"]]
    names = {3: "CONTA TESTE", 5: "Test & Sohn GmbH"}
    customers += [[f"K{i}", names.get(i, f"Ana {i}"), day(0)] for i in range(25)] + [["walkin-0000", "", day(0)]]
    write(tmp_path, "customers.csv", customers)
    sold = [["order_id", "customer_id", "order_date", "amount"]]
    sold += [[f"O{i}", f"K{i % 25}" if i % 4 else "walkin-0000", day(i), "10.00"] for i in range(100)]
    write(tmp_path, "orders.csv", sold)
    proposal = propose_source(tmp_path)
    assert proposal.settings["not_customers"][0] == "['K3', 'walkin-0000']"
    assert "K3 is called conta teste" in doubt(proposal, "nobody").text


def test_an_amount_beside_the_same_one_with_tax_is_without(tmp_path: Path) -> None:
    rows = [["id", "customer_id", "sale_date", "total_price", "total_tax", "total_price_incl"]]
    rows += [[f"s{i}", f"c{i % 9}", day(i), "10.00", "1.50", "11.50"] for i in range(30)]
    write(tmp_path, "sales.csv", rows)
    assert revenue(load(tmp_path, propose_source(tmp_path))) == 300


def of_courses(folder: Path) -> Proposal:
    sold = []
    for i in range(30):
        paid, tax = (4900, 800) if i % 2 else (2999, 0)
        back = {2: 0, 3: paid // 2}.get(i, 0)
        row = {"id": 500 + i, "user_id": 10 + i % 9, "purchased_at": f"{day(i)}T10:00:00Z", "charge": paid}
        row |= {
            "tax_charge": tax,
            "revenue": paid - tax - 250,
            "refunded_at": f"{day(i + 3)}T10:00:00Z" if back else None,
        }
        sold.append(row | {"amount_refunded": back, "currency": "USD"})
    (folder / "transactions.json").write_text(json.dumps({"transactions": sold}))
    return propose_source(folder)


def test_what_customers_paid_less_tax_is_the_sale_and_what_was_left_of_it_is_asked(tmp_path: Path) -> None:
    proposal = of_courses(tmp_path)
    asked = doubt(proposal, "kept")
    assert [choice.label.split(":")[-1] for choice in asked.choices] == [" charge", " revenue", " charge"]
    assert revenue(load(tmp_path, proposal)) == 15 * (4100 + 2999) - 2450 * 4100 / 4900


def test_what_went_back_is_in_the_unit_in_which_the_sale_is_answered_to_be(tmp_path: Path) -> None:
    proposal = of_courses(tmp_path)
    for topic, label in (("kept", "all that was paid"), ("cents", "cents")):
        asked = doubt(proposal, topic)
        choice = next(choice for choice in asked.choices if choice.label.startswith(label))
        proposal = proposal.answered(asked, choice)
    assert revenue(load(tmp_path, proposal)) == 15 * (49 + 29.99) - 24.50


def test_titles_above_the_header_say_the_currency_and_the_day_of_the_export(tmp_path: Path) -> None:
    rows = [["Nº contrato", "Nº cliente", "Fecha alta", "Fecha baja", "Cuota mensual"]]
    rows += [[f"C{i}", f"K{i}", day(i), day(120 + i) if i % 4 == 0 else "", "30,00"] for i in range(24)]
    titles = [["Contratos (importes en euros)", "", "", "", ""], ["Emisión: 31/05/2025", "", "", "", ""], []]
    write(tmp_path, "contratos.csv", [*titles, *rows])
    proposal = propose_source(tmp_path)
    assert proposal.currency == "EUR" and proposal.settings["exported_at"][0] == "2025-05-31"


def of_countries(folder: Path) -> Proposal:
    for place, country in enumerate(("de", "fr")):
        rows = [["order_id", "customer_id", "order_date", "total"]]
        rows += [[i + 1, 1 + i * (3 + 2 * place) % 8, day(i + 2 * place), f"{10 + place}.00"] for i in range(24)]
        write(folder, f"orders_{country}.csv", rows)
    return propose_source(folder)


def test_ids_that_begin_anew_in_each_countrys_files_are_of_two_people(tmp_path: Path) -> None:
    for country in ("de", "fr"):
        rows = [["customer_id", "email", "signup_date"]]
        rows += [[i, f"{country}{i}@x.example", day(0)] for i in range(1, 9)]
        write(tmp_path, f"customers_{country}.csv", rows)
    crm = load(tmp_path, of_countries(tmp_path))
    assert sorted(crm["customers"].customer_id.execute())[::8] == ["de-1", "fr-1"]
    assert set(crm["orders"].customer_id.execute()) <= set(crm["customers"].customer_id.execute())
    assert revenue(crm) == 24 * (10 + 11)


def test_whether_a_number_is_one_customer_in_all_countries_is_asked_where_no_file_shows_it(tmp_path: Path) -> None:
    proposal = of_countries(tmp_path)
    assert load(tmp_path, proposal)["orders"].customer_id.nunique().execute() == 16
    asked = doubt(proposal, "anew")
    asked = next(q for q in proposal.questions if q.choices and q.topic == asked.topic)
    assert asked.choices[1].shown[0] == "1 in orders_de, 1 in orders_fr -> 1"
    one = load(tmp_path, proposal.answered(asked, asked.choices[1]), "one")
    assert one["orders"].customer_id.nunique().execute() == 8


def test_what_events_of_any_name_brought_is_asked_as_orders(tmp_path: Path) -> None:
    rows = []
    for i in range(60):
        kind = "upgrade_done" if i % 6 == 0 else "session_start"
        facts = {"$revenue": 29.0 if i % 6 == 0 else None}
        row = {
            "user_id": f"u{i % 9}",
            "event_type": kind,
            "event_time": f"{day(i)} 10:00:00",
            "event_properties": facts,
        }
        rows.append(json.dumps(row))
    (tmp_path / "export.json").write_text("\n".join(rows))
    proposal = propose_source(tmp_path)
    assert "upgrade_done are taken for orders too" in doubt(proposal, "purchases").text
    assert revenue(load(tmp_path, proposal)) == 10 * 29


def test_a_price_that_the_invoices_show_to_be_in_cents_is_so_for_the_subscription_as_well(tmp_path: Path) -> None:
    head = ["id", "customer_id", "status", "variant_name", "created_at", "renews_at", "ends_at"]
    subscriptions = [head, *([100 + i, 1 + i, "active", "Monthly", day(i), day(400), ""] for i in range(12))]
    write(tmp_path, "subscriptions.csv", subscriptions)
    bills = [["id", "subscription_id", "customer_id", "currency", "subtotal", "tax", "total", "created_at"]]
    bills += [[i, 100 + i % 12, 1 + i % 12, "USD", 1200, 240, 1440, day(i)] for i in range(36)]
    write(tmp_path, "subscription_invoices.csv", bills)
    crm = load(tmp_path, propose_source(tmp_path))
    assert crm["subscriptions"].mrr.sum().execute() == 12 * 12


def test_until_when_a_customer_is_bound_is_no_end_and_says_so(tmp_path: Path) -> None:
    rows = [["Contract No", "Customer No", "Start date", "Binding until", "Monthly fee"]]
    rows += [[f"C{i}", f"K{i}", day(i), day(365 + i), "30.00"] for i in range(20)]
    write(tmp_path, "contracts.csv", rows)
    subscriptions = propose_source(tmp_path)["subscriptions"]
    assert "ended_at" not in subscriptions.columns
    assert subscriptions.unmapped["Binding until"].startswith("until when the customer is bound")


def test_ids_that_lost_their_zeros_are_those_of_the_customers_and_a_code_in_their_name_is_no_currency(
    tmp_path: Path,
) -> None:
    rows = [["Cod. cliente", "F. alta", "F. baja", "Cuota mensual"]]
    rows += [[f"{i + 1:06}", day(i), day(200) if i % 5 == 0 else "", "21,90 €"] for i in range(24)]
    write(tmp_path, "contratos.csv", rows)
    opened = [["Nº incidencia", "Cod. cliente", "F. apertura", "Tipo"]]
    opened += [[f"I{i}", 1 + i % 24, day(i), "Avería"] for i in range(40)]
    write(tmp_path, "incidencias.csv", opened)
    proposal = propose_source(tmp_path)
    crm = load(tmp_path, proposal)
    assert proposal.currency == "EUR" and "is read as 000001" in doubt(proposal, "zeros").text
    assert set(crm["tickets"].customer_id.execute()) <= set(crm["subscriptions"].customer_id.execute())


def test_gifts_that_came_back_count_against_gifts_and_an_id_of_too_many_may_be_nobody(tmp_path: Path) -> None:
    rows = [["Buchungsnr.", "Spendernr.", "Buchungstag", "Betrag EUR", "Art"]]
    rows += [[i, 99999 if i % 4 == 0 else 100 + i % 31, f"{day(i):%d.%m.%Y}", "20,00", "Spende"] for i in range(120)]
    rows += [[f"{i}R", 100 + i % 31, f"{day(i + 9):%d.%m.%Y}", "20,00", "Rücklastschrift"] for i in range(1, 9, 2)]
    write(tmp_path, "spenden.csv", rows)
    proposal = propose_source(tmp_path)
    assert "product" not in proposal["orders"].columns  # Art says gift or return
    assert revenue(load(tmp_path, proposal)) == 20 * (120 - 4)
    asked = doubt(proposal, "nobody")
    crm = load(tmp_path, proposal.answered(asked, asked.choices[1]), "without")
    assert "99999" not in set(crm["orders"].customer_id.execute())


def test_a_total_beside_its_tax_and_freight_is_asked_without_both_and_a_currency_may_be_written_out(
    tmp_path: Path,
) -> None:
    rows = [["Invoice ID", "Customer", "Invoice Date", "Total Amount", "Total Tax", "Freight Amount", "Currency"]]
    rows += [[f"I{i}", f"K {i % 9}", day(i), 145 + i, 20, 25 if i % 2 else 0, "Euro"] for i in range(30)]
    write(tmp_path, "invoices.csv", rows)
    proposal = propose_source(tmp_path)
    labels = [choice.label for choice in doubt(proposal, "tax").choices]
    assert labels == ["less Total Tax and Freight Amount", "less Total Tax", "as written: Total Amount"]
    assert proposal.currency == "EUR"


def test_the_net_revenue_of_a_report_of_orders_is_their_amount(tmp_path: Path) -> None:
    rows = [["Date", "Order #", "Status", "Customer", "Customer type", "N. Revenue"]]
    rows += [[f"{day(i)} 10:00:00", 500 + i, "completed", f"Kim {i % 9}", "new", f"{10 + i}.50"] for i in range(30)]
    rows.append([f"{day(40)} 10:00:00", 900, "refunded", "Kim 1", "returning", "-11.50"])
    write(tmp_path, "wc-orders-report.csv", rows)
    assert revenue(load(tmp_path, propose_source(tmp_path))) == sum(10.5 + i for i in range(30)) - 11.5


def contracts(folder: Path, head: list[object], *facts: Sequence[object]) -> Proposal:
    rows = [["Contract #", "Customer #", "Start Date", "End Date", *head]]
    rows += [[f"C{i}", f"K{i}", day(i), day(500 + i) if i % 3 else "", *facts[i % len(facts)]] for i in range(24)]
    write(folder, "contracts.csv", rows)
    return propose_source(folder)


def test_the_value_of_a_contract_is_divided_by_the_months_of_its_term(tmp_path: Path) -> None:
    head: list[object] = ["Term (months)", "Total Contract Value"]
    crm = load(tmp_path, contracts(tmp_path, head, (12, "1,200.00"), (24, "4,800.00")))
    assert crm["subscriptions"].mrr.sum().execute() == 12 * 100 + 12 * 200


def test_a_price_that_says_in_its_cell_for_how_long_it_pays_is_brought_to_a_month(tmp_path: Path) -> None:
    crm = load(tmp_path, contracts(tmp_path, ["Price"], ("$49/mo",), ("$1,200.00/yr",)))
    assert crm["subscriptions"].mrr.sum().execute() == 12 * 49 + 12 * 100


def test_chargebacks_take_back_sales_and_are_no_subscriptions(tmp_path: Path) -> None:
    sold = [["Order No", "Member", "Date", "Total"]]
    sold += [[f"W{i}", f"M{i % 9}", day(i), "£45.00"] for i in range(40)]
    write(tmp_path, "orders.csv", sold)
    back = [["Order No", "Date", "Amount", "Reason"], *([f"W{i}", day(i + 9), "£45.00", "Fraud"] for i in range(4))]
    write(tmp_path, "chargebacks.csv", back)
    proposal = propose_source(tmp_path)
    assert [table.table for table in proposal.tables] == ["orders"]
    assert revenue(load(tmp_path, proposal)) == 36 * 45


def test_monthly_exports_that_keep_who_left_are_whole_exports_and_no_pictures_of_months(tmp_path: Path) -> None:
    for month in (3, 4, 5):
        rows = [["ID użytkownika", "Data rozpoczęcia", "Data anulowania", "Cena miesięczna"]]
        left = {i: f"2025-{3 + i % 3:02}-15" for i in range(0, 20, 4) if 3 + i % 3 <= month}
        rows += [[f"U{i}", f"2025-01-{1 + i:02}", left.get(i, ""), "29,99 zł"] for i in range(20)]
        write(tmp_path, f"subskrypcje_2025-{month:02}.csv", rows)
    crm = load(tmp_path, propose_source(tmp_path))
    assert crm["subscriptions"].count().execute() == 20
    assert crm["subscriptions"].ended_at.count().execute() == 5


def test_the_day_in_the_name_of_a_list_of_contracts_is_that_of_the_export_weeks_after_their_last_change(
    tmp_path: Path,
) -> None:
    contracts(tmp_path, ["Monthly fee"], ("30.00",))
    (tmp_path / "contracts.csv").rename(tmp_path / "Contracts 31.12.2025.csv")
    assert propose_source(tmp_path).settings["exported_at"][0] == "2025-12-31"


def test_what_was_paid_for_a_number_of_months_is_divided_by_them_in_any_language(tmp_path: Path) -> None:
    rows = [["N. ricevuta", "N. tessera", "Inizio", "Fine", "Durata (mesi)", "Importo pagato"]]
    rows += [
        [f"A{i}", f"T{i}", day(i), day(i + 365), *((12, "420,00 €") if i % 2 else (6, "240,00 €"))] for i in range(20)
    ]
    write(tmp_path, "abbonamenti.csv", rows)
    assert load(tmp_path, propose_source(tmp_path))["subscriptions"].mrr.sum().execute() == 10 * 35 + 10 * 40


def test_letters_within_a_word_are_no_currency_and_ends_without_a_reason_are_before_the_export_too(
    tmp_path: Path,
) -> None:
    rows = [["Prenumerationsnr", "Kundnr", "Startdatum", "Slutdatum", "Pris per månad", "Orsak"]]
    left = {i: ("pris" if i % 8 else "") for i in range(0, 24, 4)}
    rows += [
        [f"P{i}", f"K{i}", day(i), day(100 + i) if i in left else "", "129 kr", left.get(i, "")] for i in range(24)
    ]
    write(tmp_path, "prenumerationer.csv", rows)
    proposal = propose_source(tmp_path)
    assert proposal.currency == "XXX"  # kr is that of three countries
    assert proposal.settings["exported_at"][0] == str(day(120))


def test_the_value_of_a_contract_is_divided_by_the_months_from_its_start_to_its_end(tmp_path: Path) -> None:
    rows = [["Contract #", "Customer #", "Start Date", "End Date", "Total Contract Value"]]
    rows += [[f"C{i}", f"K{i}", day(i), day(i + 365 * (1 + i % 2)), 1200 * (1 + i % 2)] for i in range(24)]
    write(tmp_path, "contracts.csv", rows)
    assert load(tmp_path, propose_source(tmp_path))["subscriptions"].mrr.sum().execute() == 24 * 100


def test_the_day_on_which_some_left_is_no_end_of_the_term_of_a_contract(tmp_path: Path) -> None:
    rows = [["Contract #", "Customer #", "Start Date", "End Date", "Total Contract Value"]]
    rows += [[f"C{i}", f"K{i}", day(i), day(110 + i) if i % 3 == 0 else "", "1200"] for i in range(24)]
    write(tmp_path, "contracts.csv", rows)
    proposal = propose_source(tmp_path)
    assert load(tmp_path, proposal)["subscriptions"].mrr.count().execute() == 24
    assert "nothing says for how long" in doubt(proposal, "period").text


def sales(folder: Path, head: list[object], *facts: Sequence[object]) -> Proposal:
    rows = [["order_id", "customer_id", "order_date", *head]]
    rows += [[f"O{i}", f"K{i % 11}", day(i), *facts[i % len(facts)]] for i in range(40)]
    write(folder, "orders.csv", rows)
    return propose_source(folder)


def test_shipping_with_tax_says_nothing_of_the_total(tmp_path: Path) -> None:
    head: list[object] = ["total", "tax", "total_shipping_incl_tax"]
    proposal = sales(tmp_path, head, ("12.00", "2.00", "0"), ("24.00", "4.00", "5.00"))
    assert doubt(proposal, "tax").choices[0].label == "less tax"
    assert revenue(load(tmp_path, proposal)) == 20 * 10 + 20 * 20


def test_days_and_weights_of_shipping_are_not_taken_off_a_total(tmp_path: Path) -> None:
    head: list[object] = ["total", "tax", "shipping_days", "shipping_weight", "shipping_method"]
    proposal = sales(tmp_path, head, ("12.00", "2.00", 3, "1.5", 1), ("24.00", "4.00", 2, "2.5", 2))
    assert [choice.label for choice in doubt(proposal, "tax").choices] == ["less tax", "as written: total"]


def test_whole_amounts_beside_a_whole_tax_are_as_written_where_no_currency_says_cents(tmp_path: Path) -> None:
    proposal = sales(tmp_path, ["price", "vat"], (1099, 99), (1999, 181), (3550, 322))
    assert [choice.label for choice in doubt(proposal, "cents").choices] == ["as written", "cents: divided by 100"]
    assert revenue(load(tmp_path, proposal)) == 14 * 1099 + 13 * (1999 + 3550)


def test_prices_of_the_catalogue_and_running_totals_are_not_what_was_paid(tmp_path: Path) -> None:
    head: list[object] = ["revenue", "catalog_price", "msrp_price", "total_price_to_date"]
    proposal = sales(tmp_path, head, ("20.50", "26.65", "30.75", "20.50"), ("27.50", "35.75", "41.25", "90.50"))
    assert revenue(load(tmp_path, proposal)) == 20 * (20.5 + 27.5)


def test_ids_that_lost_their_zeros_are_found_where_one_row_names_nobody(tmp_path: Path) -> None:
    rows = [["Contract no", "Customer no", "Start date", "End date", "Monthly fee"]]
    rows += [[f"S{i}", f"{i + 1:06}" if i != 7 else "", day(i), "", "20.50"] for i in range(24)]
    write(tmp_path, "contracts.csv", rows)
    opened = [["ticket_id", "Customer no", "created_at", "category"]]
    opened += [[f"T{i}", 1 + i % 7, day(i), "ab"[i % 2]] for i in range(40)]
    write(tmp_path, "tickets.csv", opened)
    crm = load(tmp_path, propose_source(tmp_path))
    assert set(crm["tickets"].customer_id.execute()) <= set(crm["subscriptions"].customer_id.execute())


def test_a_parquet_file_may_have_columns_of_records_and_lists(tmp_path: Path) -> None:
    duckdb.sql(
        "SELECT 'K' || i AS customer_id, DATE '2025-01-06' + i::INT AS signup_date, 'Ana ' || i AS name, "
        "{'first': 'Ana'} AS name_parts, ['Ana', 'A'] AS names FROM range(24) r(i)"
    ).write_parquet(str(tmp_path / "customers.parquet"))
    assert propose_source(tmp_path)["customers"].columns["customer_id"].raw == ("customer_id",)


def test_payments_skipped_queued_and_failed_are_attempts_to_collect_and_no_sales(tmp_path: Path) -> None:
    subscriptions = [
        ["subscription_id", "customer_id", "status", "product_title", "price", "created_at", "cancelled_at"]
    ]
    charges = [["charge_id", "customer_id", "status", "scheduled_at", "processed_at", "total_price", "error_type"]]
    for i in range(40):
        gone = day(100 + i) if i < 10 else ""
        subscriptions += [[900 + i, 7000 + i, "CANCELLED" if gone else "ACTIVE", "Box", "40.00", day(i), gone]]
        for k, status in enumerate(["SUCCESS", "SKIPPED", "REFUNDED", "ERROR" if gone else "QUEUED"]):
            done = day(i + 30 * k) if status not in ("SKIPPED", "QUEUED") else ""
            why = "CARD_DECLINED" if status == "ERROR" else ""
            charges += [[10 * i + k, 7000 + i, status, day(i + 30 * k), done, "40.00", why]]
    write(tmp_path, "subscriptions.csv", subscriptions, mark=",")
    write(tmp_path, "charges.csv", charges, mark=",")
    crm = load(tmp_path, propose_source(tmp_path))
    assert crm["charges"].succeeded.value_counts().execute().set_index("succeeded").iloc[:, 0].to_dict() == {
        True: 80,
        False: 10,
    }
    assert {r["reason"]: r["rows"] for r in crm.facts.refused} == {"status is skipped": 40, "status is queued": 30}
    assert "orders" not in crm
