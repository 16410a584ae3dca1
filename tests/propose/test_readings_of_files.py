"""Folders whose files could be read in two ways, each a few invented rows with figures computed by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from workbench import churn_events, mrr
from workbench.crm import Crm, load_tables
from workbench.propose import propose_source, write_source
from workbench.propose.raw_files.raw_columns import profile_table
from workbench.propose.row_status.status import sale_status


def write(folder: Path, name: str, *rows: Sequence[object]) -> None:
    (folder / name).write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")


def day(number: int) -> date:
    return date(2024, 1, 2) + timedelta(days=number)


def loaded(folder: Path) -> Crm:
    write_source(propose_source(folder), folder / "source.yaml")
    return load_tables(folder / "source.yaml")


def revenue(crm: Crm) -> float:
    return float(crm["orders"].amount.sum().execute())


def recurring(crm: Crm) -> float:
    return float(mrr(crm, crm.facts.known_until).mrr.sum().execute())


def orders(folder: Path, *, currency: str = "EUR", other: str = "EUR") -> None:
    rows = [[f"O{i}", f"C{i % 9}", day(i), f"{10 + i}.50", (currency, other)[i % 2]] for i in range(40)]
    write(folder, "orders.csv", ["order_id", "customer_id", "order_date", "amount", "currency"], *rows)


def test_a_second_column_of_one_name_is_asked_about(tmp_path: Path) -> None:
    rows = [[f"O{i}", f"C{i % 9}", day(i), f"{10 + i}.50", f"{12 + i}.60"] for i in range(40)]
    write(tmp_path, "orders.csv", ["order_id", "customer_id", "order_date", "amount", "amount"], *rows)
    question = next(doubt for doubt in propose_source(tmp_path).questions if doubt.topic == "twins")
    assert [choice.label for choice in question.choices] == ["amount_1", "amount_2"]
    assert question.choices[1].shown[0] == "10.50 -> 12.60"


def test_amounts_are_changed_at_the_rates_of_a_file_of_exchange_rates(tmp_path: Path) -> None:
    orders(tmp_path, other="USD")
    write(tmp_path, "rates.csv", ["Currency", "Date", "Rate"], ["USD", "2024-01-01", "0.5"])
    crm = loaded(tmp_path)
    amounts = [10.5 + i for i in range(40)]
    assert revenue(crm) == sum(amounts[::2]) + 0.5 * sum(amounts[1::2])


def test_a_file_cut_off_in_its_packing_is_named_with_what_helps(tmp_path: Path) -> None:
    orders(tmp_path)
    (tmp_path / "tickets.csv.gz").write_bytes(b"\x1f\x8b\x08\x00\x00")
    assert "cut off or damaged gzip; copy it again" in propose_source(tmp_path).unused["tickets"]


def test_the_lines_of_a_subscriber_are_subscriptions_and_the_payments_of_a_number_are_its_subscribers(
    tmp_path: Path,
) -> None:
    lines = [[f"+4850000{i:03d}", f"A-{i // 2}", day(i), day(200 + i) if i % 2 else ""] for i in range(40)]
    write(tmp_path, "sim_cards.csv", ["msisdn", "subscriber_no", "activation_date", "deactivation_date"], *lines)
    paid = [[i, f"+4850000{i % 40:03d}", day(60 + 3 * i), "10.00"] for i in range(80)]
    write(tmp_path, "topups.csv", ["no", "msisdn", "topup_date", "amount"], *paid)
    crm = loaded(tmp_path)
    assert crm.facts.loaded == {"subscriptions": 40, "orders": 80}
    assert set(crm["orders"].customer_id.to_pandas()) == {f"A-{i}" for i in range(20)}


def test_goods_returned_without_an_amount_take_back_what_they_cost(tmp_path: Path) -> None:
    rows = [[f"O{i // 2}", f"b{i // 2 % 9}@x.example", day(i), f"S{i % 2}", (5, 20)[i % 2]] for i in range(40)]
    write(tmp_path, "orders.csv", ["order-id", "buyer-email", "purchase-date", "sku", "item-price"], *rows)
    back = [[day(50 + i), f"O{i}", "S1" if i < 4 else "S0"] for i in range(6)]
    write(tmp_path, "returns.csv", ["return-date", "order-id", "sku"], *back)
    assert revenue(loaded(tmp_path)) == 20 * (5 + 20) - 4 * 20 - 2 * 5


def test_what_a_store_hands_on_is_less_than_customers_paid(tmp_path: Path) -> None:
    rows = [[day(i), 70000000 + i % 9, "9.99", "6.99"] for i in range(40)]
    write(tmp_path, "sales.csv", ["Event Date", "Subscriber ID", "Customer Price", "Developer Proceeds"], *rows)
    proposal = propose_source(tmp_path)
    assert proposal["orders"].columns["amount"].raw == ("Customer Price",)
    assert any("what was left after the share of the store" in sentence for sentence in proposal.unsure)


def test_a_column_that_all_files_have_names_the_customer_and_answers_of_two_kinds_stand_together(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        "orders.csv",
        ["nr", "ref", "order_date", "total"],
        *([i, f"K{i % 20}", day(i), 10] for i in range(60)),
    )
    write(tmp_path, "tickets.csv", ["id", "ref", "created"], *([900 + i, f"K{i % 20}", day(i)] for i in range(30)))
    for name, top in (("nps", 10), ("csat", 5)):
        rows = [[f"K{i % 20}", day(i), 1 + i % top] for i in range(40)]
        write(tmp_path, f"{name}.csv", ["ref", "date", "score"], *rows)
    crm = loaded(tmp_path)
    assert crm.facts.loaded == {"orders": 60, "tickets": 30, "surveys": 80}
    assert set(crm["surveys"].instrument.to_pandas()) == {"nps", "csat"}


def test_interrupted_deliveries_are_pauses_and_a_term_of_payment_is_brought_to_a_month(tmp_path: Path) -> None:
    rows = [[f"AB{i}", f"K{i}", f"{day(9 * i):%d-%m-%Y}", "30.00", "kwartaal"] for i in range(30)]
    write(tmp_path, "abonnementen.csv", ["Abonnementnr", "Klantnr", "Ingangsdatum", "Prijs", "Betaaltermijn"], *rows)
    away = [[f"AB{i}", f"{day(200):%d-%m-%Y}", f"{day(400):%d-%m-%Y}", "vakantie"] for i in range(4)]
    write(tmp_path, "bezorgonderbrekingen.csv", ["Abonnementnr", "Vanaf", "Tot en met", "Reden"], *away)
    crm = loaded(tmp_path)
    assert crm["subscription_changes"].count().execute() == 8
    assert recurring(crm) == 10 * (30 - 4)


def test_mandates_are_subscriptions_and_rejected_collections_no_revenue(tmp_path: Path) -> None:
    rows = [[f"RUM{i}", f"D{i}", day(9 * i), day(300) if i < 3 else "", "Mensuel", "10,00 €"] for i in range(30)]
    head = ["RUM", "N° donateur", "Date signature", "Date résiliation", "Périodicité", "Montant"]
    write(tmp_path, "mandats.csv", head, *([*row[:5], f'"{row[5]}"'] for row in rows))
    paid = [[f"P{i}", f"RUM{i % 30}", day(270 + i), '"10,00 €"', "Rejeté" if i < 5 else "Encaissé"] for i in range(60)]
    write(tmp_path, "prelevements.csv", ["Réf. prélèvement", "RUM", "Date échéance", "Montant", "Statut"], *paid)
    crm = loaded(tmp_path)
    assert recurring(crm) == 10 * 27
    assert crm["charges"].succeeded.sum().execute() == 55


def test_a_birthday_is_no_activity_and_an_enrolment_by_the_customers_own_id_is_a_subscription(tmp_path: Path) -> None:
    rows = [[100 + i, date(1950 + i, 1, 5), day(-90)] for i in range(40)]
    write(tmp_path, "patients.csv", ["PatNum", "Birthdate", "First Visit"], *rows)
    plans = [[100 + i, "Adult", day(5 * i), day(250) if i < 4 else "", "Annual", "120.00"] for i in range(40)]
    write(
        tmp_path, "enrollments.csv", ["PatNum", "Plan", "Effective Date", "Termination Date", "Billing", "Fee"], *plans
    )
    visits = [[i, 100 + i % 40, day(3 * i), "95.00", "Broken" if i % 10 == 9 else "Completed"] for i in range(90)]
    write(tmp_path, "procedures.csv", ["ProcNum", "PatNum", "ProcDate", "Fee", "ProcStatus"], *visits)
    crm = loaded(tmp_path)
    assert crm.facts.loaded["customers"] == crm.facts.loaded["subscriptions"] == 40
    assert recurring(crm) == 10 * 36
    assert [(r["reason"], r["rows"]) for r in crm.facts.refused] == [("status is broken", 9)]


def test_credit_that_is_topped_up_is_bought_and_its_use_is_no_return(tmp_path: Path) -> None:
    rows = [[i, f"acct_{i % 9:03d}", day(i), "topup" if i < 9 else "usage", 50 if i < 9 else -2] for i in range(90)]
    write(tmp_path, "credit_ledger.csv", ["entry_id", "account_id", "posted_at", "entry_type", "amount"], *rows)
    crm = loaded(tmp_path)
    assert revenue(crm) == 9 * 50
    assert crm.facts.loaded["events"] == 90


def test_a_row_for_each_paid_year_ends_with_its_year(tmp_path: Path) -> None:
    members = [[f"M{i}", day(3 * i)] for i in range(40)]
    write(tmp_path, "members.csv", ["Member No", "Joined"], *members)
    paid = [(i, year) for i in range(40) for year in range(1 if i < 10 else 2)]
    rows = [
        [n, f"M{i}", day(3 * i + 366 * year), day(3 * i + 366 * year + 365), "60.00"]
        for n, (i, year) in enumerate(paid)
    ]
    write(tmp_path, "subscriptions_paid.csv", ["Receipt No", "Member No", "Period From", "Period To", "Fee"], *rows)
    crm = loaded(tmp_path)
    assert recurring(crm) == 30 * 5
    assert churn_events(crm).customer_id.nunique().execute() == 10


def test_the_way_to_the_customer_leads_through_objects_of_json(tmp_path: Path) -> None:
    made = [
        {"id": f"sub_{i:04d}", "customer": {"id": f"cst_{i:04d}"}, "start": str(day(i)), "plan": "Box"}
        for i in range(40)
    ]
    (tmp_path / "subscriptions.jsonl").write_text("\n".join(map(json.dumps, made)) + "\n")
    rows = [[f"ord_{i:04d}", f"sub_{i % 40:04d}", day(60 + i), "24.99"] for i in range(80)]
    write(tmp_path, "orders.csv", ["order_id", "subscription_id", "ordered_at", "total"], *rows)
    crm = loaded(tmp_path)
    assert set(crm["orders"].customer_id.to_pandas()) == {f"cst_{i:04d}" for i in range(40)}


def test_invoices_that_are_paid_open_or_overdue_all_count_without_a_question() -> None:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE bills AS SELECT range AS no, ['Paid', 'Open', 'Overdue'][1 + range % 3] AS status FROM range(30)"
    )
    raw = profile_table(con, "bills")
    assert sale_status(raw, owed={"open", "overdue"}) is None
    asked = sale_status(raw)
    assert asked and [word for word, action in asked[1].items() if action is None] == ["open", "overdue"]


def test_an_invoice_still_to_be_paid_counts_and_a_taxable_base_is_its_net_amount(tmp_path: Path) -> None:
    contracts = [
        [f"C{i}", f"CLI-{i}", f"{day(i):%d/%m/%Y}", f"{day(200):%d/%m/%Y}" if i < 4 else "", "24.90"] for i in range(30)
    ]
    write(
        tmp_path,
        "contratos.csv",
        ["Nº contrato", "Código cliente", "Fecha alta", "Fecha baja", "Cuota mensual"],
        *contracts,
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
    write(tmp_path, "facturas.csv", [*head, "Estado"], *billed)
    crm = loaded(tmp_path)
    assert float(crm["invoices"].amount.sum().execute()) == 60 * 10


def test_a_column_for_each_month_is_read_as_months_paid_for(tmp_path: Path) -> None:
    months = ["MRR Nov-24", "MRR Dec-24", "MRR Jan-25", "MRR Feb-25"]
    rows = [[f"CU{i:03d}", "SMB", 99, 99, *((99, 99) if i % 4 else ("0.00", ""))] for i in range(20)]
    write(tmp_path, "mrr.csv", ["Customer ID", "Segment", *months], *rows)
    crm = loaded(tmp_path)
    assert [float(mrr(crm, at).mrr.sum().execute() or 0) for at in (datetime(2024, 12, 15), datetime(2025, 1, 15))] == [
        1980,
        15 * 99,
    ]
    assert churn_events(crm).count().execute() == 5
