"""Exports of further trades: void flags, kinds of rows, codes of states, totals with tax, visits nobody made."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.propose.test_unseen_folders import day, loaded, recurring, revenue, write
from workbench import churn_events
from workbench.errors import SourceError
from workbench.propose import propose_source

pytestmark = pytest.mark.slow
SALON_EXPORT = date(2025, 3, 31)


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


def test_an_order_s_total_on_each_of_its_lines_is_shared_by_them_and_asked_about(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Order", "Customer", "Date", "Product", "Order Total"]]
    for i in range(30):
        rows += [[i, f"C{i % 7}", day(i), product, 50 + 3 * i] for product in ("tea", "cup", "pot")[: 1 + i % 3]]
    write(tmp_path, "orders.csv", rows)
    (asked,) = [question for question in propose_source(tmp_path).unsure if "on all lines of an order" in question]
    assert "Order Total is the same on all lines of an order: read as the order's, shared by its lines" in asked
    assert round(revenue(loaded(tmp_path)), 1) == sum(50 + 3 * i for i in range(30))


def test_lines_of_one_price_in_an_order_keep_it_where_each_product_has_one(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Order", "Customer", "Date", "Product", "Amount"]]
    for i in range(40):
        rows += [[i, f"C{i % 7}", day(i), f"seat {'ab'[k]} in hall {i % 20}", 10 + i % 20] for k in range(1 + i % 2)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == sum((10 + i % 20) * (1 + i % 2) for i in range(40))
    assert any("read as each line's own" in question for question in propose_source(tmp_path).unsure)


def test_of_sales_lines_and_payments_in_one_file_the_lines_are_taken(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Date", "Receipt Number", "Line Type", "Customer Code", "Details", "Total"]]
    for i in range(30):
        head = [f"{day(i)} 10:00:00", i]
        rows.append([*head, "Sale", f"C{i % 7}", "", 30 + i])
        rows += [[*head, "Sale Line", f"C{i % 7}", "Wine", part] for part in (10, 20 + i)]
        rows.append([*head, "Payment", f"C{i % 7}", "", 30 + i])
    write(tmp_path, "sales_history.csv", rows)
    assert any("come to the same sum in each order" in question for question in propose_source(tmp_path).unsure)
    assert revenue(loaded(tmp_path)) == sum(30 + i for i in range(30))


def test_the_words_of_a_state_s_numbers_are_looked_up_in_their_own_file(tmp_path: Path) -> None:
    rows = [["id_order", "id_customer", "current_state", "total_paid_tax_excl", "date_add"]]
    rows += [[i, 2 + i % 9, (5, 2, 6)[i % 3], "10.00", f"{day(i)} 12:00:00"] for i in range(60)]
    write(tmp_path, "ps_orders.csv", rows, ";")
    states = [["id_order_state", "id_lang", "name"], [2, 1, "Paiement accepté"], [5, 1, "Livré"], [6, 1, "Annulé"]]
    write(tmp_path, "ps_order_state_lang.csv", states, ";")
    crm = loaded(tmp_path)
    assert [(r["reason"], r["rows"]) for r in crm.facts.refused] == [("status is 6", 20)]


def test_codes_of_documents_say_which_take_back_and_which_are_payments(tmp_path: Path) -> None:
    rows = [["No", "Type", "Account", "Date", "Ref", "Details", "Net", "Tax", "Gross"]]
    rows += [
        [i, ("SI", "SI", "SC", "SR")[i % 4], f"ACC{i % 6}", f"{day(i):%d/%m/%Y}", i, "Goods", 100, 20, 120]
        for i in range(60)
    ]
    write(tmp_path, "audit_trail.csv", rows)
    assert revenue(loaded(tmp_path)) == 100 * (30 - 15)


def test_zeros_for_no_date_leave_the_end_of_a_line_known_and_calls_are_use(tmp_path: Path) -> None:
    lines: list[list[object]] = [["MSISDN", "ACCOUNT_NO", "ACT_DATE", "DEACT_DATE", "MRC"]]
    lines += [
        [f"4917{600000 + i}", f"ACC{i}", f"{day(i):%Y%m%d}", "00000000" if i % 4 else f"{day(200 + i):%Y%m%d}", "15.00"]
        for i in range(40)
    ]
    write(tmp_path, "subscriber_base.txt", lines, "|")
    calls = [["START_TIME", "A_NUMBER", "CALL_TYPE", "DURATION_SEC"]]
    calls += [[f"{day(i):%Y%m%d}141502", f"4917{600000 + i % 40}", ("MOC", "SMS")[i % 2], i] for i in range(300)]
    write(tmp_path, "cdr.txt", calls, "|")
    crm = loaded(tmp_path)
    assert (crm.facts.loaded["subscriptions"], crm.facts.loaded["events"]) == (40, 300)
    assert recurring(crm) == 30 * 15
    assert churn_events(crm).count().execute() == 10


def test_who_left_and_is_listed_as_free_today_had_paid(tmp_path: Path) -> None:
    rows = [["Email", "Type", "Subscription interval", "Created at", "Cancel date", "Plan price"]]
    for i in range(40):
        left = i % 4 == 0
        rows.append(
            [f"s{i}@x.example", "Free" if left else "Paid", "Monthly", day(i), day(60 + i) if left else "", "$7.00"]
        )
    rows += [[f"f{i}@x.example", "Free", "", day(10 * i), "", ""] for i in range(20)]
    write(tmp_path, "subscribers.csv", rows)
    crm = loaded(tmp_path)
    assert recurring(crm) == 30 * 7
    assert churn_events(crm).count().execute() == 10


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
    assert revenue(crm) == sum(8.5 + i for i in range(60) if i % 6)  # without the vat that stands beside it


def test_the_status_of_a_payment_comes_before_why_it_failed_and_a_missed_visit_is_no_use(tmp_path: Path) -> None:
    paid = [["id", "charge_date", "amount", "status", "failure_reason", "customer"]]
    for i in range(60):
        failed = i % 6 == 0
        reason = "insufficient_funds" if failed else ""
        paid.append([f"PM{i:04d}", day(5 * i), "20.00", "failed" if failed else "paid_out", reason, f"CU{i % 9}"])
    write(tmp_path, "payments.csv", paid)
    visits = [["customer", "Date", "Class", "Visit Status"]]
    visits += [[f"CU{i % 9}", day(i), "Yoga", "Late Cancel" if i % 5 == 0 else "Signed In"] for i in range(200)]
    write(tmp_path, "visits.csv", visits)
    crm = loaded(tmp_path)
    assert crm.facts.loaded == {"charges": 60, "events": 160}
    assert crm["charges"].succeeded.sum().execute() == 50


def test_a_deal_that_is_not_won_is_no_sale_whatever_its_stage_is_called(tmp_path: Path) -> None:
    stages = ("Closed Won", "Contract Sent", "Closed Lost", "Appointment Scheduled", "Invoiced")
    rows: list[list[object]] = [["Record ID", "Deal Stage", "Amount", "Close Date", "Associated Company IDs"]]
    rows += [[9000 + i, stages[i % 5], "500.00", f"{day(i)} 14:05", 70000 + i % 9] for i in range(60)]
    write(tmp_path, "deals.csv", rows)
    assert revenue(loaded(tmp_path)) == 24 * 500


def test_a_dispute_that_was_won_makes_no_pipeline_of_orders(tmp_path: Path) -> None:
    words = ("paid", "paid", "dispute won", "failed")
    rows = [["order_id", "customer_id", "order_date", "status", "amount"]]
    rows += [[f"O{i}", f"C{i % 9}", day(i), words[i % 4], "10.50"] for i in range(60)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == 45 * 10.5


def test_an_end_ahead_of_what_still_runs_is_not_the_day_of_the_export(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Subscription Id", "Customer Id", "Status", "Started At", "Cancelled At", "MRR"]]
    for i in range(60):
        status = "cancelled" if i % 4 == 0 else "non_renewing" if i % 4 == 1 else "active"
        ends = {"cancelled": day(30 + i), "non_renewing": day(150)}.get(status, "")
        rows.append([f"S{i}", f"C{i}", status, day(i), ends, "0.00" if status == "cancelled" else "10.00"])
    write(tmp_path, "Subscriptions.csv", rows)
    crm = loaded(tmp_path)
    assert f"{crm.facts.known_until:%Y-%m-%d}" == str(day(87))
    assert recurring(crm) == 45 * 10


def test_a_full_line_of_totals_at_the_very_end_is_no_customer(tmp_path: Path) -> None:
    rows = [["Customer ID", "Jan-25", "Feb-25", "Mar-25"], *([f"C{i}", 10, 10, 10] for i in range(20))]
    write(tmp_path, "mrr.csv", [*rows, ["Total", 200, 200, 200]])
    assert recurring(loaded(tmp_path)) == 200


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


def test_use_of_customers_who_are_cancelled_today_took_place_all_the_same(tmp_path: Path) -> None:
    for name in ("account_status", "status"):
        folder = tmp_path / name
        folder.mkdir()
        rows: list[list[object]] = [["user_id", "timestamp", "event", name]]
        rows += [[f"U{i % 9}", f"{day(i)} 10:00:00", "login", ("active", "cancelled")[i % 9 == 0]] for i in range(90)]
        write(folder, "usage.csv", rows)
        assert loaded(folder).facts.loaded == {"events": 90}


def test_few_contracts_that_ended_at_once_are_contracts(tmp_path: Path) -> None:
    rows: list[list[object]] = [["subscription_id", "customer_id", "start_date", "end_date", "mrr"]]
    rows += [[f"S{i}", f"C{i}", day(i), day(i) if i in (3, 9) else "", "10.00"] for i in range(60)]
    write(tmp_path, "subscriptions.csv", rows)
    assert loaded(tmp_path).facts.loaded == {"subscriptions": 60}


def test_where_some_left_as_paid_those_who_left_as_free_never_paid(tmp_path: Path) -> None:
    rows: list[list[object]] = [["subscription_id", "customer_id", "plan_type", "start_date", "end_date"]]
    rows += [
        [f"S{i}", f"C{i}", "Free" if i % 3 == 0 else "Paid", day(i), day(60 + i) if i % 2 else ""] for i in range(60)
    ]
    write(tmp_path, "subscriptions.csv", rows)
    assert not any("read as paid until then" in question for question in propose_source(tmp_path).unsure)


def test_numbers_of_plans_give_no_words_to_the_states_of_orders(tmp_path: Path) -> None:
    rows: list[list[object]] = [["order_id", "customer_id", "order_date", "status", "amount"]]
    rows += [[f"O{i}", f"C{i % 9}", day(i), 1 + i % 3, "10.50"] for i in range(60)]
    write(tmp_path, "orders.csv", rows)
    write(tmp_path, "plans.csv", [["id", "name"], [1, "Pending"], [2, "Pro"], [3, "Basic"]])
    assert revenue(loaded(tmp_path)) == 60 * 10.5


def test_a_first_column_of_most_rows_is_no_heading(tmp_path: Path) -> None:
    rows: list[list[object]] = [["coupon", "order_id", "customer_id", "order_date", "amount"]]
    rows += [["" if i % 3 else "X10", f"O{i}", f"C{i % 9}", day(i), "10.50"] for i in range(60)]
    rows += [[f"remark {i}", "", "", "", ""] for i in range(3)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == 60 * 10.5


def test_a_total_of_orders_with_or_without_its_parts_is_an_amount(tmp_path: Path) -> None:
    for name in ("Orders Total", "Total incl. shipping"):
        folder = tmp_path / name
        folder.mkdir()
        rows: list[list[object]] = [["order_id", "customer_id", "order_date", name]]
        rows += [[f"O{i}", f"C{i % 9}", day(i), 10 + i % 7] for i in range(60)]
        write(folder, "orders.csv", rows)
        assert revenue(loaded(folder)) == sum(10 + i % 7 for i in range(60))


def test_two_halves_of_an_order_are_both_paid(tmp_path: Path) -> None:
    rows: list[list[object]] = [["order_id", "customer_id", "order_date", "line_type", "amount"]]
    rows += [[f"O{i}", f"C{i % 7}", day(i), kind, 30 + i] for i in range(30) for kind in ("First half", "Second half")]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == 2 * sum(30 + i for i in range(30))


def test_the_day_of_entry_is_that_of_an_order_before_the_day_of_shipping(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Order No", "Entry Date", "Ship Date", "Customer Email", "Amount"]]
    rows += [[i, day(i), day(i + 2), f"c{i % 9}@x.example", "10.50"] for i in range(30)]
    write(tmp_path, "orders.csv", rows)
    assert str(loaded(tmp_path)["orders"].ordered_at.min().execute())[:10] == str(day(0))


def test_norway_and_slovenia_are_no_flags(tmp_path: Path) -> None:
    rows: list[list[object]] = [["order_id", "customer_id", "order_date", "amount", "country"]]
    rows += [[f"O{i}", f"C{i % 9}", day(i), "10.50", ("NO", "SI")[i % 9 % 2]] for i in range(60)]
    write(tmp_path, "orders.csv", rows)
    assert set(loaded(tmp_path)["customers"].country.execute()) == {"NO", "SI"}


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


def appointments(folder: Path, *, status: bool, entered: bool, export: date = SALON_EXPORT) -> int:
    """Write a salon's appointments, one a day and the last 39 ahead of the export; return how many took place."""
    rows, took_place = [], 0
    for number in range(280):
        at = export - timedelta(days=240) + timedelta(days=number)
        client, ahead = f"C{number % 40:02}", at > export
        missed = status and not ahead and number % 9 == 0
        took_place += not ahead and not missed
        word = "Booked" if ahead else "No-show" if missed else "Completed"
        booked = min(at - timedelta(days=5), export - timedelta(days=number % 2))
        row = [
            f"{9000 + number}",
            client,
            f"{at:%d/%m/%Y} 10:30",
            ("Cut", "Colour")[number % 2],
            f"£{30 + number % 2}.00",
        ]
        rows.append(row + [f"{booked:%d/%m/%Y} 09:00"] * entered + [word] * status)
    header = ["Appointment ID", "Client ID", "Appointment time", "Service", "Price"]
    write(folder, "appointments.csv", [header + ["Booked on"] * entered + ["Status"] * status, *rows])
    clients = [["Client ID", "First name", "Client since"]] + [[f"C{i:02}", "x", "02/01/2024"] for i in range(40)]
    write(folder, "clients.csv", clients)
    return took_place


def test_appointments_are_sales_on_their_day_and_those_missed_or_still_to_come_are_none(tmp_path: Path) -> None:
    took_place = appointments(tmp_path, status=True, entered=True)
    crm = loaded(tmp_path)
    assert crm.facts.loaded["orders"] == took_place
    assert crm["orders"].product.nunique().execute() == 2
    assert crm.facts.known_until.date() == SALON_EXPORT + timedelta(days=1)


def test_appointments_with_a_price_are_sales_beside_a_file_of_sales(tmp_path: Path) -> None:
    took_place = appointments(tmp_path, status=True, entered=True)
    sales = [
        [f"S{i}", f"C{i % 40:02}", f"{SALON_EXPORT - timedelta(days=i):%d/%m/%Y}", "Oil", 1 + i % 2, 9.5]
        for i in range(60)
    ]
    write(tmp_path, "product_sales.csv", [["Sale no", "Client ID", "Date", "Product", "Qty", "Unit price"], *sales])
    assert loaded(tmp_path).facts.loaded["orders"] == took_place + len(sales)


def test_appointments_ahead_of_the_last_entry_are_not_known_yet(tmp_path: Path) -> None:
    appointments(tmp_path, status=False, entered=True)
    assert loaded(tmp_path).facts.known_until.date() == SALON_EXPORT + timedelta(days=1)


def test_appointments_after_today_are_not_known_yet(tmp_path: Path) -> None:
    appointments(tmp_path, status=False, entered=False, export=date.today())
    assert loaded(tmp_path).facts.known_until.date() == date.today() + timedelta(days=1)


def test_appointments_without_a_price_are_use_and_their_bills_invoices(tmp_path: Path) -> None:
    words = ("erledigt", "erledigt", "nicht erschienen", "abgesagt")
    visits, bills = [], []
    for i in range(200):
        at = SALON_EXPORT - timedelta(days=170 - i)
        word = "geplant" if at > SALON_EXPORT else words[i % 4]
        visits.append(
            [i, f"P{i % 23}", f"{at:%d.%m.%Y} 09:30", f"{at - timedelta(days=9):%d.%m.%Y}", "Kontrolle", word]
        )
        if word == "erledigt":
            bills.append([9000 + i, f"P{i % 23}", f"{at:%d.%m.%Y}", f"{at + timedelta(days=30):%d.%m.%Y}", "45,50 €"])
    header = ["TerminNr", "Patientennr", "Termin", "Erfasst am", "Behandlung", "Status"]
    write(tmp_path, "Termine.csv", [header, *visits], ";")
    bills_header = ["Rechnungsnr", "Patientennr", "Rechnungsdatum", "Fällig am", "Betrag"]
    write(tmp_path, "Rechnungen.csv", [bills_header, *bills], ";")
    write(
        tmp_path, "Patienten.csv", [["Patientennr", "Patient seit"]] + [[f"P{i}", "02.01.2024"] for i in range(23)], ";"
    )
    crm = loaded(tmp_path)
    assert crm.facts.loaded["events"] == crm.facts.loaded["invoices"] == len(bills)
    assert crm["events"].event.nunique().execute() == 1
    assert crm.facts.known_until.date() == SALON_EXPORT  # whose one appointment was missed


def test_a_stay_is_a_sale_on_its_arrival_of_the_rate_times_the_nights(tmp_path: Path) -> None:
    rows, sold = [], 0
    for i in range(120):
        arrival, nights, rate = SALON_EXPORT - timedelta(days=100 - i), 1 + i % 4, 89 + 30 * (i % 2)
        word = "Reserved" if arrival > SALON_EXPORT else ("No Show" if i % 8 == 0 else "Checked Out")
        sold += rate * nights * (word == "Checked Out")
        leave, booked = arrival + timedelta(days=nights), min(arrival - timedelta(days=9), SALON_EXPORT)
        rows.append([7000 + i, f"G{i % 17}", booked, arrival, leave, nights, rate, rate * nights, word])
    header = ["Confirmation No", "Profile ID", "Booking Date", "Arrival", "Departure", "Nights", "Rate"]
    write(tmp_path, "Reservations.csv", [[*header, "Total Room Revenue", "Reservation Status"], *rows])
    crm = loaded(tmp_path)
    assert revenue(crm) == sold
    assert crm["orders"].ordered_at.max().execute().date() == SALON_EXPORT


def test_products_of_an_amount_that_are_no_sale_do_not_take_its_place(tmp_path: Path) -> None:
    header = ["order_id", "customer_id", "order_date", "total", "multiplier", "points_earned"]
    rows = [[i, f"C{i % 9}", day(i), 20 + i, 1 + i % 3, (20 + i) * (1 + i % 3)] for i in range(40)]
    write(tmp_path, "orders.csv", [header, *rows])
    assert revenue(loaded(tmp_path)) == sum(20 + i for i in range(40))


def test_what_went_back_of_a_stay_is_taken_off_its_total(tmp_path: Path) -> None:
    header = ["Stay ID", "Guest ID", "Arrival", "Nights", "Rate", "Total Room Revenue", "Refunded amount"]
    nights = [1 + i % 4 for i in range(40)]
    rows = [[i, f"G{i % 9}", day(i), n, 100, 100 * n, 50 if i % 8 == 0 else 0] for i, n in enumerate(nights)]
    write(tmp_path, "stays.csv", [header, *rows])
    assert revenue(loaded(tmp_path)) == 100 * sum(nights) - 5 * 50


def test_the_day_on_which_a_customer_signed_up_is_no_day_of_entry(tmp_path: Path) -> None:
    joined = [day(i // 3) for i in range(60)]
    rows = [[i, f"C{i % 20}", joined[i % 20], joined[i % 20] + timedelta(days=5 * i), 10] for i in range(60)]
    write(tmp_path, "orders.csv", [["order_id", "customer_id", "customer_since", "order_date", "amount"], *rows])
    assert loaded(tmp_path).facts.known_until.date() == max(row[3] for row in rows) + timedelta(days=1)


def test_deals_won_days_after_the_last_one_was_opened_do_not_lie_ahead(tmp_path: Path) -> None:
    opened = [SALON_EXPORT - timedelta(days=3 * i) for i in range(1, 60)]
    rows = [
        [f"D{i}", f"A{i % 7}", day, day + timedelta(days=2 + i % 3), "Closed Won", 100] for i, day in enumerate(opened)
    ]
    write(tmp_path, "deals.csv", [["Deal ID", "Account ID", "Created", "Close date", "Stage", "Amount"], *rows])
    assert loaded(tmp_path).facts.known_until.date() == max(row[3] for row in rows) + timedelta(days=1)


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
