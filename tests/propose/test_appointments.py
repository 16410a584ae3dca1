"""Appointments: sales, use or plans, by their price, their state and their day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tests.propose.folders import EXPORT, loaded, write


def appointments(folder: Path, *, status: bool, entered: bool, export: date = EXPORT) -> int:
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
    assert crm.facts.known_until.date() == EXPORT + timedelta(days=1)


def test_appointments_with_a_price_are_sales_beside_a_file_of_sales(tmp_path: Path) -> None:
    took_place = appointments(tmp_path, status=True, entered=True)
    sales = [
        [f"S{i}", f"C{i % 40:02}", f"{EXPORT - timedelta(days=i):%d/%m/%Y}", "Oil", 1 + i % 2, 9.5] for i in range(60)
    ]
    write(tmp_path, "product_sales.csv", [["Sale no", "Client ID", "Date", "Product", "Qty", "Unit price"], *sales])
    assert loaded(tmp_path).facts.loaded["orders"] == took_place + len(sales)


def test_appointments_ahead_of_the_last_entry_are_not_known_yet(tmp_path: Path) -> None:
    appointments(tmp_path, status=False, entered=True)
    assert loaded(tmp_path).facts.known_until.date() == EXPORT + timedelta(days=1)


def test_appointments_after_today_are_not_known_yet(tmp_path: Path) -> None:
    appointments(tmp_path, status=False, entered=False, export=date.today())
    assert loaded(tmp_path).facts.known_until.date() == date.today() + timedelta(days=1)


def test_appointments_without_a_price_are_use_and_their_bills_invoices(tmp_path: Path) -> None:
    words = ("erledigt", "erledigt", "nicht erschienen", "abgesagt")
    visits, bills = [], []
    for i in range(200):
        at = EXPORT - timedelta(days=170 - i)
        word = "geplant" if at > EXPORT else words[i % 4]
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
    assert crm.facts.known_until.date() == EXPORT
