"""Rows that say what ended or was taken back in their own way: paid terms, words of status, refunds as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from workbench.crm import Crm, load_tables, net_amounts
from workbench.propose import propose_source, write_source
from workbench.propose.proposal import Proposal

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
