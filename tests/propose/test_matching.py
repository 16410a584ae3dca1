"""Which file is which table of the contract, and what it cannot be."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from tests.propose.folders import (
    IN_2023,
    IN_2025,
    contracts,
    day,
    loaded,
    proposed_and_loaded,
    recurring,
    revenue,
    sales,
    write,
)
from workbench import churn_events, mrr
from workbench.propose import propose_source


def test_sheets_of_members_now_and_before_are_one_table(tmp_path: Path) -> None:
    head = ["No.", "Name", "Start date", "Fee", "Period"]
    people = [f"{a} {b}" for a in ("Ana", "Leo", "Mia") for b in ("Abt", "Bor", "Cal", "Dux")]
    rows = [
        [i, name, day(i), f"{30 * (1 + 2 * (i % 2))},00 EUR", ("mtl.", "viertelj.")[i % 2]]
        for i, name in enumerate(people)
    ]
    write(tmp_path, "now.csv", [[*head, "Remark"], *([*row, ""] for row in rows[:8])], ";")
    write(tmp_path, "before.csv", [[*head, "Left on"], *([*row, "2024-06-01"] for row in rows[8:])], ";")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert crm.facts.loaded["subscriptions"] == 12 and recurring(crm) == 8 * 30.0


def test_forecasts_are_not_put_together_with_sales_of_the_same_columns(tmp_path: Path) -> None:
    sales(tmp_path, "note=", name="north.csv")
    sales(tmp_path, "probability=0.5", name="forecast.csv")
    proposal = propose_source(tmp_path)
    assert (proposal["orders"].file, revenue(loaded(tmp_path, proposal))) == ("north", sum(range(10, 34)))


def test_a_list_of_subscribers_with_status_price_and_frequency_holds_subscriptions(tmp_path: Path) -> None:
    people = [[f"A{i}", day(i), "24.50", "ogni 2 mesi", ("attivo", "disdetto")[i % 2]] for i in range(12)]
    write(tmp_path, "abbonati.csv", [["cod_abbonato", "data_iscrizione", "prezzo", "frequenza", "stato"], *people], ";")
    sent = [[i, f"A{i % 12}", day(20 + i), "24.50"] for i in range(48)]
    write(tmp_path, "consegne.csv", [["n_consegna", "cod_abbonato", "data_consegna", "importo"], *sent], ";")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert (crm.facts.loaded["subscriptions"], recurring(crm)) == (12, 6 * 12.25)


def test_money_in_and_out_of_accounts_is_use_and_no_request_for_help(tmp_path: Path) -> None:
    accounts = [["Nr rachunku", "Nr klienta", "Data otwarcia", "Data zamknięcia"]]
    accounts += [[f"R{i}", f"K{i}", day(i, IN_2025), day(200, IN_2025) if i % 5 == 0 else ""] for i in range(20)]
    booked = [["Nr transakcji", "Nr rachunku", "Data operacji", "Rodzaj operacji", "Kwota"]]
    kinds = ("przelew przychodzący", "płatność kartą")
    booked += [[f"T{i}", f"R{i % 20}", day(i, IN_2025), kinds[i % 2], f"{(-1) ** i * (i + 5)},50"] for i in range(90)]
    write(tmp_path, "rachunki.csv", accounts, ";", encoding="windows-1250")
    write(tmp_path, "transakcje.csv", booked, ";", encoding="windows-1250")
    proposal = propose_source(tmp_path)
    assert {t.table: t.file for t in proposal.tables if t.file == "transakcje"} == {"events": "transakcje"}
    assert {file.encoding for file in proposal.files.values()} == {"windows-1250"}


def test_a_persons_name_beside_a_number_of_each_gift_is_no_order(tmp_path: Path) -> None:
    rows = [["Nº donativo", "Nº socio", "Nombre", "Fecha", "Importe"]]
    rows += [[f"D{i}", f"S{i % 9}", f"Socio {i % 9}", f"{day(i, IN_2025):%d/%m/%Y}", "25,00"] for i in range(30)]
    write(tmp_path, "donativos.csv", rows, ";")
    assert propose_source(tmp_path)["orders"].columns["order_id"].raw == ("Nº donativo",)


def test_energy_used_at_night_leaves_contracts_what_they_are(tmp_path: Path) -> None:
    rows = [["contract_id", "customer_id", "tariff", "start_date", "end_date", "monthly_fee", "night_kwh"]]
    rows += [
        [f"k{i}", f"m{i}", "Eco", day(i * 5), day(i * 5 + 133) if i % 6 == 1 else "", 49, 1000 + i] for i in range(50)
    ]
    write(tmp_path, "contracts.csv", rows)
    assert recurring(loaded(tmp_path)) == 41 * 49


def test_a_list_of_readers_with_trials_and_prices_is_one_of_subscriptions(tmp_path: Path) -> None:
    rows = []
    for i in range(40):
        trial_end = day(i + 28, IN_2023)
        end, state = ("", "active") if i % 4 else (f"{day(i + 90, IN_2023)}", "expired")
        if i % 5 == 0:
            end, state = f"{trial_end}", "trial_expired"
        rows.append(f"r{i}@mail.example,{day(i, IN_2023)},{trial_end},12.90,monthly,{end},{state}")
    write(tmp_path, "subscribers.csv", ["email,trial_started,trial_end,price,interval,end_date,state", *rows])
    reads = [f"r{i % 40}@mail.example,{day(i, IN_2023)}T08:00:00Z,/page/{i}" for i in range(260)]
    write(tmp_path, "article_reads.csv", ["email,read_at,article", *reads])
    _, crm = proposed_and_loaded(tmp_path)
    left = set(churn_events(crm).customer_id.to_pandas())
    assert left == {f"r{i}@mail.example" for i in range(40) if i % 4 == 0 and i % 5}
    live = sum(1 for i in range(40) if i % 4 and i % 5)
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == round(12.90 * live, 2)


def test_policies_are_subscriptions_and_claims_lead_to_their_holder(tmp_path: Path) -> None:
    header = "Policy Number,Policyholder ID,Inception Date,Expiry Date,Annual Premium,Policy Status"
    write(
        tmp_path, "policies.csv", [header,
        *[f"POL-{i},H{i},{day(i, IN_2023)},{day(i + 365, IN_2023)},1200,{'Lapsed' if i % 5 == 0 else 'In force'}" for i in range(40)]],
    )  # fmt: skip
    claims = [f"CLM{i},POL-{3 * i},{day(50 + i, IN_2023)},310.20,Settled" for i in range(12)]
    write(tmp_path, "claims.csv", ["Claim Number,Policy Number,Date of Loss,Claim Amount,Claim Status", *claims])
    _, crm = proposed_and_loaded(tmp_path)
    assert set(crm["tickets"].customer_id.to_pandas()) == {f"H{3 * i}" for i in range(12)}
    assert set(crm["subscriptions"].mrr.to_pandas().astype(float)) == {100.0}


def test_what_no_reading_can_know_is_asked(tmp_path: Path) -> None:
    times = ("T10:00:00Z", "T10:00:00")
    write(
        tmp_path, "orders.csv", ["order_id,customer_id,seller_id,placed_at,total",
        *[
            f"O{i},{f'{4 + i % 3}.0000{i % 9}E+12'},s{i % 5},{day(i, IN_2023)}{times[i % 2]},{-10 if i % 3 == 0 else 12}.00"
            for i in range(60)
        ]],
    )  # fmt: skip
    unsure = " ".join(propose_source(tmp_path).unsure)
    for word in ("a spreadsheet has rounded them", "seller_id sells", "offset from UTC", "movements of an account"):
        assert word in unsure


def test_the_lines_of_a_subscriber_are_subscriptions_and_the_payments_of_a_number_are_its_subscribers(
    tmp_path: Path,
) -> None:
    lines = [[f"+4850000{i:03d}", f"A-{i // 2}", day(i), day(200 + i) if i % 2 else ""] for i in range(40)]
    write(tmp_path, "sim_cards.csv", [["msisdn", "subscriber_no", "activation_date", "deactivation_date"], *lines])
    paid = [[i, f"+4850000{i % 40:03d}", day(60 + 3 * i), "10.00"] for i in range(80)]
    write(tmp_path, "topups.csv", [["no", "msisdn", "topup_date", "amount"], *paid])
    crm = loaded(tmp_path)
    assert crm.facts.loaded == {"subscriptions": 40, "orders": 80}
    assert set(crm["orders"].customer_id.to_pandas()) == {f"A-{i}" for i in range(20)}


def test_a_birthday_is_no_activity_and_an_enrolment_by_the_customers_own_id_is_a_subscription(tmp_path: Path) -> None:
    rows = [[100 + i, date(1950 + i, 1, 5), day(-90)] for i in range(40)]
    write(tmp_path, "patients.csv", [["PatNum", "Birthdate", "First Visit"], *rows])
    plans = [[100 + i, "Adult", day(5 * i), day(250) if i < 4 else "", "Annual", "120.00"] for i in range(40)]
    write(
        tmp_path,
        "enrollments.csv",
        [["PatNum", "Plan", "Effective Date", "Termination Date", "Billing", "Fee"], *plans],
    )
    visits = [[i, 100 + i % 40, day(3 * i), "95.00", "Broken" if i % 10 == 9 else "Completed"] for i in range(90)]
    write(tmp_path, "procedures.csv", [["ProcNum", "PatNum", "ProcDate", "Fee", "ProcStatus"], *visits])
    crm = loaded(tmp_path)
    assert crm.facts.loaded["customers"] == crm.facts.loaded["subscriptions"] == 40
    assert recurring(crm) == 10 * 36
    assert [(r["reason"], r["rows"]) for r in crm.facts.refused] == [("status is broken", 9)]


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


def test_objects_in_one_list_are_read_and_trips_are_sales_not_contracts(tmp_path: Path) -> None:
    trips = [
        {
            "tripId": f"t{i:04d}",
            "user": {"uuid": f"u-{i % 9}-ab"},
            "startedAt": 1704100000000 + 86400000 * i,
            "endedAt": 1704103600000 + 86400000 * i,
            "price": {"total": 10.5 + i, "currency": "EUR", "vat": 2.0},
            "state": "CANCELLED" if i % 6 == 0 else "FINISHED",
        }
        for i in range(60)
    ]
    (tmp_path / "trips.json").write_text(json.dumps(trips, indent=1))
    crm = loaded(tmp_path)
    assert crm.facts.loaded == {"orders": 50}
    assert revenue(crm) == sum(8.5 + i for i in range(60) if i % 6)


def test_few_contracts_that_ended_at_once_are_contracts(tmp_path: Path) -> None:
    rows: list[list[object]] = [["subscription_id", "customer_id", "start_date", "end_date", "mrr"]]
    rows += [[f"S{i}", f"C{i}", day(i), day(i) if i in (3, 9) else "", "10.00"] for i in range(60)]
    write(tmp_path, "subscriptions.csv", rows)
    assert loaded(tmp_path).facts.loaded == {"subscriptions": 60}


def test_lists_of_addresses_beside_a_shop_are_no_subscriptions_surveys_or_customers(tmp_path: Path) -> None:
    sales(tmp_path)
    people = [[f"C{i}", f"u{i}@x.example", f"Name{i}"] for i in range(24)]
    write(tmp_path, "customers.csv", [["customer_id", "email", "first_name"], *people])
    profiles = [["Email", "Profile ID", "First Name", "Email Marketing Consent", "Date Added"]]
    profiles += [
        [f"u{i}@x.example", f"P{i}", f"Name{i}", ("SUBSCRIBED", "UNSUBSCRIBED")[i % 2], day(i)] for i in range(24)
    ]
    write(tmp_path, "profiles.csv", profiles)
    audience = [["Email Address", "First Name", "MEMBER_RATING", "OPTIN_TIME", "CONFIRM_TIME", "LEID"]]
    audience += [[f"u{i}@x.example", f"Name{i}", 1 + i % 5, day(i), day(i), 500 + i] for i in range(24)]
    write(tmp_path, "subscribed_members_export.csv", audience)
    proposal, crm = proposed_and_loaded(tmp_path)
    assert proposal["customers"].file == "customers" and revenue(crm) == sum(range(10, 34))
    assert not {"subscriptions", "surveys", "cancellations"} & {table.table for table in proposal.tables}


def test_bills_with_a_type_and_an_origin_are_invoices_and_no_tickets(tmp_path: Path) -> None:
    contracts(tmp_path)
    rows = ["invoice_number,account_code,subscription_id,type,origin,currency,subtotal,tax,total,created_at,closed_at"]
    rows += [
        f"{700 + i},C{i % 12},S{i % 12},charge,{('purchase', 'renewal')[i % 2]},EUR,30.00,0.00,30.00,{day(i)},{day(i)}"
        for i in range(40)
    ]
    write(tmp_path, "invoices_summary.csv", rows)
    proposal, crm = proposed_and_loaded(tmp_path)
    assert {table.table for table in proposal.tables} == {"customers", "subscriptions", "orders"}
    assert revenue(crm) == 40 * 30


def test_customers_of_the_billing_system_come_before_a_list_of_companies_by_name(tmp_path: Path) -> None:
    head = ["id", "customer_id", "plan", "status", "started_at", "price"]
    write(
        tmp_path,
        "Subscriptions.csv",
        [head, *([f"S{i}", f"K{i}", "pro", "active", day(i), "30.00"] for i in range(24))],
    )
    head = ["id", "first_name", "email", "company", "created_at"]
    write(
        tmp_path,
        "Customers.csv",
        [head, *([f"K{i}", f"Name{i}", f"u{i}@x.example", f"Firm {i}", day(i)] for i in range(24))],
    )
    head = ["Record ID", "Company name", "Create Date", "Company owner"]
    write(
        tmp_path,
        "crm-companies.csv",
        [head, *([900 + i, f"Firm {i}", day(i), ("Dana", "Eli")[i % 2]] for i in range(40))],
    )
    proposal, crm = proposed_and_loaded(tmp_path)
    assert proposal["customers"].file == "customers" and crm.facts.loaded["customers"] == 24
    assert {table.table for table in proposal.tables} == {"customers", "subscriptions"}


def test_people_of_a_tracking_tool_are_neither_use_nor_messages_nor_changes(tmp_path: Path) -> None:
    contracts(tmp_path, "customer_email=" + "|".join(f"u{i}@x.example" for i in range(24)))
    people = [["id", "user_id", "email", "plan", "received_at", "timestamp"]]
    people += [[f"i{i}", f"usr_{i}", f"u{i}@x.example", "pro", day(i), day(i)] for i in range(24)]
    write(tmp_path, "identifies.csv", people)
    tables = {table.table for table in propose_source(tmp_path).tables}
    assert not tables & {"events", "messages", "subscription_changes"}


def test_both_ids_of_the_same_people_are_customers_where_orders_name_both_and_it_is_said(tmp_path: Path) -> None:
    head = ["customer_id", "email", "created_at"]
    write(tmp_path, "customers_old.csv", [head, *([f"K{i}", f"u{i}@x.example", day(i)] for i in range(24))])
    write(tmp_path, "customers.csv", [head, *([900 + i, f"u{i}@x.example", day(100)] for i in range(24))])
    sold = [[f"O{i}", f"K{i % 24}" if i < 48 else 900 + i % 24, day(i), 10] for i in range(96)]
    write(tmp_path, "orders.csv", [["order_id", "customer_id", "order_date", "amount"], *sold])
    proposal, crm = proposed_and_loaded(tmp_path)
    assert (crm.facts.loaded["customers"], revenue(crm)) == (48, 960)
    assert "24 names or addresses stand in" in " ".join(proposal.unsure)


def test_members_with_the_day_of_an_opt_in_are_customers_beside_their_orders(tmp_path: Path) -> None:
    for column in ("optin_date", "gdpr_consent"):
        people = [[i, f"u{i}@x.example", day(i), day(i + 1) if column == "optin_date" else "yes"] for i in range(1, 25)]
        write(tmp_path, "members.csv", [["member_id", "email", "created_at", column], *people])
        sold = [[f"O{i}", 1 + i % 24, day(i), 10] for i in range(48)]
        write(tmp_path, "customer_orders.csv", [["order_id", "member_id", "order_date", "amount"], *sold])
        assert propose_source(tmp_path)["customers"].file == "members"


def test_requests_about_amounts_are_tickets_and_loans_that_came_back_are_use(tmp_path: Path) -> None:
    contracts(tmp_path)
    head = ["Ticket ID", "customer_id", "Subject", "Priority", "Created time", "Resolved time"]
    asked = [[700 + i, f"C{i % 12}", "refund", "low", day(i), day(i + 1), 20, 0, "EUR"] for i in range(24)]
    write(tmp_path, "freshdesk_dump.csv", [[*head, "Order amount", "Refund amount", "Currency"], *asked])
    lent = [[i, f"C{i % 12}", f"{day(i)} 10:00", "return"] for i in range(60)]
    write(tmp_path, "loans.csv", [["id", "customer_id", "at", "action"], *lent])
    files = {table.table: table.file for table in propose_source(tmp_path).tables}
    assert files["tickets"] == "freshdesk_dump"
    assert files["events"] == "loans"


def test_a_mail_to_each_customer_is_a_message(tmp_path: Path) -> None:
    sales(tmp_path, rows=48)
    sent = [[f"C{i}", f"u{i}@x.example", "Welcome", f"{day(i)} 09:00", f"{day(i)} 19:00"] for i in range(24)]
    write(tmp_path, "welcome.csv", [["customer_id", "email", "subject", "sent_at", "opened_at"], *sent])
    assert propose_source(tmp_path)["messages"].file == "welcome"
