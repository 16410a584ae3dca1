"""Who is who in a folder: which column names the customer, ids that mean another person, and who is no customer."""

from __future__ import annotations

import json
from pathlib import Path

from tests.propose.folders import (
    IN_2023,
    IN_2025,
    day,
    doubt,
    loaded,
    proposed_and_loaded,
    recurring,
    revenue,
    sales,
    write,
)
from tests.propose.test_returns import read
from workbench import churn_events
from workbench.check.key_figures import key_figures
from workbench.crm import load_tables
from workbench.propose import propose_source
from workbench.propose.proposed.proposal import Proposal


def of_countries(folder: Path) -> Proposal:
    for place, country in enumerate(("de", "fr")):
        rows = [["order_id", "customer_id", "order_date", "total"]]
        rows += [
            [i + 1, 1 + i * (3 + 2 * place) % 8, day(i + 2 * place, IN_2025), f"{10 + place}.00"] for i in range(24)
        ]
        write(folder, f"orders_{country}.csv", rows, ";")
    return propose_source(folder)


def test_courses_beside_a_list_of_customers_are_nobodys_names(tmp_path: Path) -> None:
    write(tmp_path, "customers.csv", [["customer_id", "signup_date"], *([f"C{i}", day(i)] for i in range(8))], ";")
    courses = [[f"{what} for beginners", day(i), "99.00"] for i, what in enumerate(("Yoga", "French", "Pottery"))]
    write(tmp_path, "courses.csv", [["Name", "Start date", "Price"], *courses], ";")
    sales(tmp_path)
    assert all("customer_id" not in t.columns for t in propose_source(tmp_path).tables if t.file == "courses")


def test_several_ids_of_one_person_lead_to_the_person(tmp_path: Path) -> None:
    people = [[f"p-{i:03d}-x", f"{day(i)}", f"u{i}@example.com"] for i in range(10)]
    write(tmp_path, "persons.csv", [["id", "created_at", "email"], *people], ";")
    ids = [[f"d-{i:04d}-y", f"p-{i % 10:03d}-x", 0] for i in range(30)]
    write(tmp_path, "person_distinct_ids.csv", [["distinct_id", "person_id", "version"], *ids], ";")
    used = [[f"e{i:05d}", "pageview", day(i), f"d-{i % 30:04d}-y"] for i in range(90)]
    write(tmp_path, "events.csv", [["uuid", "event", "timestamp", "distinct_id"], *used], ";")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert crm.facts.loaded == {"customers": 10, "events": 90}
    assert crm["events"].customer_id.nunique().execute() == 10


def test_customers_beside_lists_of_their_segments_and_contacts_of_companies_are_no_ids_of_ids(tmp_path: Path) -> None:
    people = [[f"C{i}", f"Firm {i}", f"u{i}@example.com", i % 2] for i in range(8)]
    write(tmp_path, "customers.csv", [["customer_id", "name", "email", "segment_id"], *people], ";")
    write(tmp_path, "segments.csv", [["segment_id", "segment"], [0, "Retail"], [1, "Trade"]], ";")
    contacts = [[f"P{i}", f"C{i % 8}", ("buyer", "owner")[i % 2]] for i in range(16)]
    write(tmp_path, "contacts.csv", [["contact_id", "customer_id", "role"], *contacts], ";")
    calls = [[f"E{i}", f"P{i % 16}", day(i)] for i in range(32)]
    write(tmp_path, "calls.csv", [["call_id", "contact_id", "called_at"], *calls], ";")
    sales(tmp_path)
    proposal = propose_source(tmp_path)
    assert proposal["customers"].file == "customers" and proposal["contacts"].file == "contacts"
    assert proposal["orders"].columns["customer_id"].raw == ("customer_id",)


def test_names_in_capitals_or_with_spaces_are_one_customer(tmp_path: Path) -> None:
    names = ["Ana Ruiz", "ANA RUIZ", "Ana  Ruiz ", "Leo Sanz", "leo sanz"]
    rows = [[f"R{i}", day(i), names[i % 5], "45.00"] for i in range(20)]
    write(tmp_path, "receipts.csv", [["receipt_no", "date", "customer_name", "amount"], *rows], ";")
    proposal = propose_source(tmp_path)
    assert "2 names differ in capitals or spaces alone" in " ".join(proposal.unsure)
    assert loaded(tmp_path, proposal)["orders"].customer_id.nunique().execute() == 2


def test_a_name_found_through_another_file_is_read_in_the_same_spelling(tmp_path: Path) -> None:
    names = ["Ana Ruiz", "ANA RUIZ", "Leo Sanz", "Eva Marin"]
    terms = [[f"M{i}", names[i % 4], day(i), "30.00"] for i in range(8)]
    write(tmp_path, "memberships.csv", [["membership_id", "member", "start_date", "monthly_price"], *terms], ";")
    write(
        tmp_path,
        "visits.csv",
        [["visit_id", "membership_id", "visited_at"], *([i, f"M{i % 8}", day(i)] for i in range(40))],
        ";",
    )
    crm = loaded(tmp_path, propose_source(tmp_path))
    ids = [set(crm[table].customer_id.to_pandas()) for table in ("subscriptions", "events")]
    assert ids == [{"ana ruiz", "leo sanz", "eva marin"}] * 2


def test_half_a_name_is_no_customer_beside_an_email_address(tmp_path: Path) -> None:
    rows = [[f"{5000 + i}", day(i), "LUND", f"P{i % 3}", f"u{i % 9}@example.com", "45.00"] for i in range(27)]
    head = ["Référence commande", "Date de la commande", "Nom adhérent", "Prénom adhérent", "Email payeur", "Montant"]
    write(tmp_path, "adhesions.csv", [head, *rows], ";")
    assert loaded(tmp_path, propose_source(tmp_path))["orders"].customer_id.nunique().execute() == 9


def test_a_tax_number_names_the_customer_where_nothing_else_does(tmp_path: Path) -> None:
    rows = [[i, day(i), f"{100 + i % 8}.237.191-1{i % 8}", "12,50"] for i in range(24)]
    write(tmp_path, "pedidos.csv", [["Numero do pedido", "Data", "CPF/CNPJ", "Valor total"], *rows], ";")
    assert propose_source(tmp_path)["orders"].columns["customer_id"].raw == ("CPF/CNPJ",)


def test_customers_that_were_numbered_anew_are_found_by_either_number(tmp_path: Path) -> None:
    accounts = [[f"{i:04d}-aa-{i:04d}", f"Firm {i}", f"D{20000 + i}", f"{1000 + i}"] for i in range(12)]
    write(tmp_path, "accounts.csv", [["id", "name", "customer_no", "previous_no"], *accounts], ";")
    bills = [[f"R{i}", day(i), f"{1000 + i % 12}" if i < 24 else f"D{20000 + i % 12}", "10.00"] for i in range(60)]
    write(tmp_path, "invoices.csv", [["invoice_no", "invoice_date", "customer_no", "net"], *bills], ";")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert (crm["orders"].customer_id.nunique().execute(), revenue(crm)) == (12, 600.0)


def test_a_full_name_is_the_customer_of_paid_terms(tmp_path: Path) -> None:
    people = ["Ana Abt", "Leo Bor", "Mia Cal"]
    rows = [[people[i % 3], "160,00", day(30 * (i // 3)), day(30 * (i // 3) + 29)] for i in range(12)]
    write(tmp_path, "karnety.csv", [["Imię i nazwisko", "Cena", "Ważny od", "Ważny do"], *rows], ";")
    assert propose_source(tmp_path)["subscriptions"].columns["customer_id"].raw == ("Imię i nazwisko",)


def test_accounts_called_tests_and_sales_at_the_counter_are_no_customers(tmp_path: Path) -> None:
    customers = [["customer_id", "name", "created_at"]]
    names = {3: "CONTA TESTE", 5: "Test & Sohn GmbH"}
    customers += [[f"K{i}", names.get(i, f"Ana {i}"), day(0, IN_2025)] for i in range(25)] + [
        ["walkin-0000", "", day(0, IN_2025)]
    ]
    write(tmp_path, "customers.csv", customers, ";")
    sold = [["order_id", "customer_id", "order_date", "amount"]]
    sold += [[f"O{i}", f"K{i % 25}" if i % 4 else "walkin-0000", day(i, IN_2025), "10.00"] for i in range(100)]
    write(tmp_path, "orders.csv", sold, ";")
    proposal = propose_source(tmp_path)
    assert proposal.settings["not_customers"][0] == "['K3', 'walkin-0000']"
    assert "K3 is called conta teste" in doubt(proposal, "nobody").text


def test_ids_that_begin_anew_in_each_countrys_files_are_of_two_people(tmp_path: Path) -> None:
    for country in ("de", "fr"):
        rows = [["customer_id", "email", "signup_date"]]
        rows += [[i, f"{country}{i}@x.example", day(0, IN_2025)] for i in range(1, 9)]
        write(tmp_path, f"customers_{country}.csv", rows, ";")
    crm = loaded(tmp_path, of_countries(tmp_path))
    assert sorted(crm["customers"].customer_id.execute())[::8] == ["de-1", "fr-1"]
    assert set(crm["orders"].customer_id.execute()) <= set(crm["customers"].customer_id.execute())
    assert revenue(crm) == 24 * (10 + 11)


def test_whether_a_number_is_one_customer_in_all_countries_is_asked_where_no_file_shows_it(tmp_path: Path) -> None:
    proposal = of_countries(tmp_path)
    assert loaded(tmp_path, proposal)["orders"].customer_id.nunique().execute() == 16
    asked = doubt(proposal, "anew")
    asked = next(q for q in proposal.questions if q.choices and q.topic == asked.topic)
    assert asked.choices[1].shown[0] == "1 in orders_de, 1 in orders_fr -> 1"
    one = loaded(tmp_path, proposal.answered(asked, asked.choices[1]), "one")
    assert one["orders"].customer_id.nunique().execute() == 8


def test_ids_that_lost_their_zeros_are_those_of_the_customers_and_a_code_in_their_name_is_no_currency(
    tmp_path: Path,
) -> None:
    rows = [["Cod. cliente", "F. alta", "F. baja", "Cuota mensual"]]
    rows += [[f"{i + 1:06}", day(i, IN_2025), day(200, IN_2025) if i % 5 == 0 else "", "21,90 €"] for i in range(24)]
    write(tmp_path, "contratos.csv", rows, ";")
    opened = [["Nº incidencia", "Cod. cliente", "F. apertura", "Tipo"]]
    opened += [[f"I{i}", 1 + i % 24, day(i, IN_2025), "Avería"] for i in range(40)]
    write(tmp_path, "incidencias.csv", opened, ";")
    proposal = propose_source(tmp_path)
    crm = loaded(tmp_path, proposal)
    assert proposal.currency == "EUR" and "is read as 000001" in doubt(proposal, "zeros").text
    assert set(crm["tickets"].customer_id.execute()) <= set(crm["subscriptions"].customer_id.execute())


def test_ids_that_lost_their_zeros_are_found_where_one_row_names_nobody(tmp_path: Path) -> None:
    rows = [["Contract no", "Customer no", "Start date", "End date", "Monthly fee"]]
    rows += [[f"S{i}", f"{i + 1:06}" if i != 7 else "", day(i, IN_2025), "", "20.50"] for i in range(24)]
    write(tmp_path, "contracts.csv", rows, ";")
    opened = [["ticket_id", "Customer no", "created_at", "category"]]
    opened += [[f"T{i}", 1 + i % 7, day(i, IN_2025), "ab"[i % 2]] for i in range(40)]
    write(tmp_path, "tickets.csv", opened, ";")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert set(crm["tickets"].customer_id.execute()) <= set(crm["subscriptions"].customer_id.execute())


def test_who_is_only_paid_from_an_account_is_no_customer(tmp_path: Path) -> None:
    rows = [["Buchungstag", "Kontonummer/IBAN", "Betrag", "Waehrung"]]
    rows += [[f"{day(3 * i):%d.%m.%y}", f"DE{10 + i % 9}370400440532013000", "24,50", "EUR"] for i in range(90)]
    rows += [[f"{day(30 * i):%d.%m.%y}", "DE12345678900000001111", "-450,00", "EUR"] for i in range(6)]
    rows += [[f"{day(7):%d.%m.%y}", "DE10370400440532013000", "-24,50", "EUR"]]
    write(tmp_path, "umsatz.csv", rows, ";", "windows-1252")
    proposal = propose_source(tmp_path)
    assert any("DE12345678900000001111 is paid in all of its 6 rows (-2,700.00)" in text for text in proposal.unsure)
    assert revenue(loaded(tmp_path)) == 89 * 24.5


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


def test_a_customer_with_credit_notes_alone_is_one(tmp_path: Path) -> None:
    rows = [["invoice_no", "customer_no", "invoice_date", "amount"]]
    rows += [[f"R{i}", f"K{i % 9}", day(3 * i), 100 + i] for i in range(80)]
    rows += [[f"G{i}", "K50", day(20 + i * 9), -400] for i in range(3)]
    write(tmp_path, "invoices.csv", rows)
    assert revenue(loaded(tmp_path)) == sum(100 + i for i in range(80)) - 1200


def test_the_customer_of_a_journal_is_no_account_and_the_rarer_side_takes_back(tmp_path: Path) -> None:
    header = "Buchungsnr;Buchungsdatum;Kundennummer;Konto;Betrag;Soll/Haben"
    write(
        tmp_path, "Buchungsjournal.csv", [header,
        *[f"{i};{day(i, IN_2023):%d.%m.%Y};K-{i % 9};8400;1.010,00;{'S' if i % 10 == 0 else 'H'}" for i in range(40)]],
    )  # fmt: skip
    _, crm = proposed_and_loaded(tmp_path)
    assert crm["orders"].customer_id.nunique().execute() == 9
    assert revenue(crm) == (36 - 4) * 1010


def test_files_that_name_the_customer_by_mail_and_by_id_name_the_same_one(tmp_path: Path) -> None:
    write(
        tmp_path,
        "customers.csv",
        ["id,email,created_at", *[f"{900 + i},Us{i}@Ex.com,{day(i, IN_2023)}" for i in range(30)]],
    )
    write(
        tmp_path, "subscriptions.csv", ["subscription_id,customer_id,plan,price,interval,start_date,end_date",
        *[f"S{i},{900 + i},Pro,20,month,{day(i, IN_2023)},{day(i + 90, IN_2023) if i % 3 == 0 else ''}" for i in range(30)]],
    )  # fmt: skip
    write(
        tmp_path, "addon_orders.csv", ["order_id,email,ordered_at,total",
        *[f"O{i},us{i % 30}@ex.com,{day(i + 5, IN_2023)},{5 + i}.50" for i in range(50)]],
    )  # fmt: skip
    _, crm = proposed_and_loaded(tmp_path)
    assert set(crm["orders"].customer_id.to_pandas()) == {str(900 + i) for i in range(30)}


def test_accounts_of_one_person_are_one_customer_that_left_when_all_are_closed(tmp_path: Path) -> None:
    rows = [
        f"NL{i:02d}BANK{i:06d},{300 + i // 2},{day(i, IN_2023)},{day(200 + i, IN_2023) if i % 4 in (0, 1) or i % 8 == 2 else ''}"
        for i in range(40)
    ]
    write(tmp_path, "accounts.csv", ["iban,customer_number,opening_date,closing_date", *rows])
    uses = [f"{i},NL{i % 40:02d}BANK{i % 40:06d},{day(50 + i, IN_2023)},{5 + i}.00" for i in range(120)]
    write(tmp_path, "payments_made.csv", ["transaction_id,iban,booking_date,amount", *uses])
    _, crm = proposed_and_loaded(tmp_path)
    people = crm["customers"].to_pandas().set_index("customer_id")
    assert len(people) == 20
    assert set(people.index[people.closed_at.notna()]) == {str(300 + i) for i in range(0, 20, 2)}


def test_the_customers_of_a_file_that_names_them_by_mail_are_those_of_its_orders(tmp_path: Path) -> None:
    rows = [f"O{i},{day(i, IN_2023)},{'U' if i % 2 else 'u'}{i % 9}@ex.org,10.00,GB" for i in range(60)]
    write(tmp_path, "orders.csv", ["order_id,purchase_date,buyer_email,item_price,country", *rows])
    _, crm = proposed_and_loaded(tmp_path)
    assert sorted(crm["customers"].customer_id.to_pandas()) == sorted(set(crm["orders"].customer_id.to_pandas()))
    assert crm["customers"].count().to_pandas() == 9


def test_a_column_that_all_files_have_names_the_customer_and_answers_of_two_kinds_stand_together(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        "orders.csv",
        [["nr", "ref", "order_date", "total"], *([i, f"K{i % 20}", day(i), 10] for i in range(60))],
    )
    write(tmp_path, "tickets.csv", [["id", "ref", "created"], *([900 + i, f"K{i % 20}", day(i)] for i in range(30))])
    for name, top in (("nps", 10), ("csat", 5)):
        rows = [[f"K{i % 20}", day(i), 1 + i % top] for i in range(40)]
        write(tmp_path, f"{name}.csv", [["ref", "date", "score"], *rows])
    crm = loaded(tmp_path)
    assert crm.facts.loaded == {"orders": 60, "tickets": 30, "surveys": 80}
    assert set(crm["surveys"].instrument.to_pandas()) == {"nps", "csat"}


def test_the_way_to_the_customer_leads_through_objects_of_json(tmp_path: Path) -> None:
    made = [
        {"id": f"sub_{i:04d}", "customer": {"id": f"cst_{i:04d}"}, "start": str(day(i)), "plan": "Box"}
        for i in range(40)
    ]
    (tmp_path / "subscriptions.jsonl").write_text("\n".join(map(json.dumps, made)) + "\n")
    rows = [[f"ord_{i:04d}", f"sub_{i % 40:04d}", day(60 + i), "24.99"] for i in range(80)]
    write(tmp_path, "orders.csv", [["order_id", "subscription_id", "ordered_at", "total"], *rows])
    crm = loaded(tmp_path)
    assert set(crm["orders"].customer_id.to_pandas()) == {f"cst_{i:04d}" for i in range(40)}


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


def test_a_count_of_guests_is_no_customer_and_a_voided_bill_is_no_sale(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Order Id", "Opened", "# of Guests", "Amount", "Total", "Voided", "Loyalty Id"]]
    rows += [
        [i, f"{day(i):%m/%d/%y} 07:05:09 PM", 1 + i % 3, 20, 24, str(i % 10 == 0).upper(), f"L{i % 8}"]
        for i in range(60)
    ]
    write(tmp_path, "OrderDetails.csv", rows)
    crm = loaded(tmp_path)
    assert crm["orders"].customer_id.nunique().execute() == 8
    assert revenue(crm) == 54 * 20


def test_a_full_line_of_totals_at_the_very_end_is_no_customer(tmp_path: Path) -> None:
    rows = [["Customer ID", "Jan-25", "Feb-25", "Mar-25"], *([f"C{i}", 10, 10, 10] for i in range(20))]
    write(tmp_path, "mrr.csv", [*rows, ["Total", 200, 200, 200]])
    assert recurring(loaded(tmp_path)) == 200


def test_the_column_that_is_one_on_all_lines_of_an_order_and_recurs_is_the_customer(tmp_path: Path) -> None:
    lines = [
        f"B{n},2024-{1 + n // 9:02d}-{1 + 3 * (n % 9):02d} 0{1 + n % 9}:30:00 PM,QX{n % 8},qx{n % 8}@example.com,{item},5"
        for n in range(40)
        for item in ("tea", "cup")
    ]
    crm = read(tmp_path, orders=["order_id,order_date,Quux,Quuz,item,amount", *lines])
    assert sorted(set(crm["orders"].customer_id.to_pandas())) == [f"QX{n}" for n in range(8)]
    assert crm["orders"].ordered_at.hour().min().execute() == 13


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


def test_a_text_that_sorts_customers_is_offered_as_a_column_of_the_companys_own_and_then_loads(tmp_path: Path) -> None:
    sales(tmp_path)
    club = [f"C{i % 8},{day(i)},{('North', 'South')[i % 2]},remark {i}" for i in range(8)]
    more = [f"D{i},{day(i)},{('North', 'South')[i % 2]},remark {i + 8}" for i in range(32)]
    write(tmp_path, "members.csv", ["customer_id,joined,Home Club,remark", *club, *more])
    proposal = propose_source(tmp_path)
    cure = """own_home_club: '"Home Club"'"""
    assert proposal["customers"].unmapped["Home Club"].endswith(f"add {cure}")
    assert "own_" not in proposal["customers"].unmapped["remark"]
    loaded(tmp_path, proposal)
    source = tmp_path / "source.yaml"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("      # not mapped:", f"      {cure}\n      # not mapped:", 1), encoding="utf-8")
    clubs = load_tables(source)["customers"].own_home_club.value_counts(name="n").to_pandas()
    assert dict(clubs.to_numpy().tolist()) == {"North": 20, "South": 20}


def test_a_text_that_sorts_uses_is_offered_as_what_was_used(tmp_path: Path) -> None:
    uses = [f"M{i % 10},{day(i)} 10:0{i % 10}:00,{('gym', 'pool', 'class')[i % 3]},remark {i}" for i in range(60)]
    write(tmp_path, "visits.csv", ["member_no,visited_at,area,remark", *uses])
    write(tmp_path, "members.csv", ["member_no,joined_on", *(f"M{i},{IN_2023}" for i in range(10))])
    proposal = propose_source(tmp_path)
    assert proposal["events"].unmapped["area"].endswith("if it says what was used, add event: area")
    assert "event" not in proposal["events"].unmapped["remark"]


def test_the_number_of_a_person_names_the_customer_beside_that_of_the_membership(tmp_path: Path) -> None:
    rows = [[f"MB{i}", 9000 + i, day(i), day(200 + i) if i % 3 else "", 12.5] for i in range(12)]
    write(tmp_path, "memberships.csv", [["membership_no", "person_no", "since", "closed_on", "fee_per_month"], *rows])
    (table,) = propose_source(tmp_path).tables
    assert table.columns["customer_id"].sql == '"person_no"'


def test_numbers_of_customers_that_a_spreadsheet_shortened_are_ids_all_the_same(tmp_path: Path) -> None:
    ids = ["8.00125E+11", *(str(800125000000 + 7 * i) for i in range(7))]
    write(
        tmp_path,
        "orders.csv",
        [["Order", "Customer", "Placed", "Value"], *([i, ids[i % 8], day(i), 10] for i in range(24))],
    )
    proposal = propose_source(tmp_path)
    assert proposal.tables[0].columns["customer_id"].sql == '"Customer"'
    assert any("a spreadsheet has rounded them" in doubt.text for doubt in proposal.questions)


def test_what_was_paid_is_the_amount_of_a_payment(tmp_path: Path) -> None:
    rows = [[f"p{i}", f"m{i % 6}", day(i), 10 + i] for i in range(24)]
    write(tmp_path, "payments.csv", [["receipt", "member", "paid_on", "paid"], *rows])
    assert revenue(loaded(tmp_path)) == sum(range(10, 34))


def test_cancellations_name_the_customer_by_their_own_column(tmp_path: Path) -> None:
    rows = [[f"S{i}", f"C{i}", day(i), 30] for i in range(12)]
    write(tmp_path, "contracts.csv", [["contract", "client", "start_date", "mrr"], *rows])
    left = [[f"C{i}", day(200 + i), "moved"] for i in range(0, 12, 3)]
    write(tmp_path, "cancellations.csv", [["client", "cancelled_on", "reason"], *left])
    assert loaded(tmp_path)["cancellations"].customer_id.nunique().execute() == 4


def test_people_are_no_orders(tmp_path: Path) -> None:
    rows = [[day(i), f"Pat {'ABCDEF'[i % 6]}", f"p{i % 6}@x.example", 10] for i in range(24)]
    write(tmp_path, "bookings.csv", [["Booking date", "Name", "E-mail", "Price"], *rows])
    assert loaded(tmp_path)["orders"].order_id.nunique().execute() == 24


def test_a_purchaser_is_a_customer(tmp_path: Path) -> None:
    rows = [[i, f"p{i % 6}", day(i), 10] for i in range(24)]
    write(tmp_path, "sales.csv", [["Reference", "Purchaser", "Date", "Price"], *rows])
    assert loaded(tmp_path)["orders"].customer_id.nunique().execute() == 6


def test_what_was_billed_is_the_amount_beside_what_was_paid_of_it(tmp_path: Path) -> None:
    rows = [
        [f"I{i}", f"m{i % 6}", day(i), 10.5 + i, (10.5 + i) * (i % 5 > 0), (10.5 + i) * (i % 5 == 0)] for i in range(24)
    ]
    write(tmp_path, "invoices.csv", [["invoice_no", "client", "issued", "billed", "paid", "open"], *rows])
    assert revenue(loaded(tmp_path)) == sum(10.5 + i for i in range(24))


def test_orders_called_by_a_name_with_their_number_are_no_people(tmp_path: Path) -> None:
    rows = [[f"Order {100 + i // 2}", f"p{i // 2 % 6}@x.example", day(i // 2), 10] for i in range(24)]
    write(tmp_path, "lines.csv", [["Name", "Email", "Created at", "Line total"], *rows])
    assert loaded(tmp_path)["orders"].order_id.nunique().execute() == 12


def test_names_of_one_word_that_differ_in_capitals_are_one_customer(tmp_path: Path) -> None:
    names = ["Acme", "ACME", "Bolt", "bolt ", "Cobalt", "Dune"]
    rows = [[i, names[i % 6], day(i), 10] for i in range(24)]
    write(tmp_path, "invoices.csv", [["invoice_no", "account_name", "invoice_date", "amount"], *rows])
    proposal = propose_source(tmp_path)
    assert "2 names differ in capitals or spaces alone" in " ".join(proposal.unsure)
    assert loaded(tmp_path, proposal)["orders"].customer_id.nunique().execute() == 4
