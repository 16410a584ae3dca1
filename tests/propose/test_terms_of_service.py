"""Until when service lasts and what it costs a month, in exports that write it in ways of their own."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.propose.folders import EXPORT, day, loaded, recurring, revenue, write
from workbench import churn_events
from workbench.propose import propose_source

pytestmark = pytest.mark.slow
Rows = list[list[object]]


def test_a_row_for_each_customer_and_month_is_one_paid_month(tmp_path: Path) -> None:
    rows: Rows = [["account_id", "month", "mrr", "plan"]]
    for customer in range(20):
        rows += [[f"a{customer}", f"2024-{month:02}", 10, "pro"] for month in range(1, 13 if customer % 4 else 7)]
    write(tmp_path, "mrr_by_month.csv", rows)
    crm = loaded(tmp_path)
    assert recurring(crm) == 15 * 10
    assert len(churn_events(crm).execute()) == 5
    (asked,) = [d for d in propose_source(tmp_path).questions if d.topic == "months"]
    assert [choice.label for choice in asked.choices] == ["paid for that month", "sales of that month"]


def test_a_policy_that_was_cancelled_ends_then_and_not_on_the_day_it_would_have_run_out(tmp_path: Path) -> None:
    rows: Rows = [["VS-Nr.", "Kunden-Nr.", "Beginn", "Ablauf", "Stornodatum", "Jahresbeitrag", "Vertragsstatus"]]
    for i in range(40):
        left = i % 4 == 0
        cancelled = f"{day(300 + i):%d.%m.%Y}" if left else ""
        status = "storniert" if left else "aktiv"
        rows.append([f"V{i}", f"K{i}", f"{day(5 * i):%d.%m.%Y}", f"01.01.20{30 + i % 9}", cancelled, "120,00", status])
    write(tmp_path, "Bestand.csv", rows, ";")
    crm = loaded(tmp_path)
    assert crm["subscriptions"].ended_at.count().execute() == 10
    assert recurring(crm) == 30 * 10
    assert crm.facts.known_until.year == 2024


def test_until_when_a_customer_is_bound_is_no_end_of_service(tmp_path: Path) -> None:
    rows: Rows = [["Cliente", "Contrato", "Data Ativação", "Data Desativação", "Mensalidade (€)", "Fidelização até"]]
    for i in range(40):
        left = f"{day(300 + i):%d/%m/%Y}" if i % 4 == 0 else ""
        rows.append([f"C{i}", f"N{i}", f"{day(5 * i):%d/%m/%Y}", left, "10,00", f"{day(5 * i + 730):%d/%m/%Y}"])
    write(tmp_path, "contratos.csv", rows, ";")
    crm = loaded(tmp_path)
    assert recurring(crm) == 30 * 10
    assert crm.facts.currency == "EUR"


def test_a_plan_that_is_called_as_a_period_says_for_how_long_its_price_pays(tmp_path: Path) -> None:
    rows: Rows = [["Matrícula", "Plano", "Data de Início", "Data de Término", "Valor do Plano"]]
    prices = [("Mensal", "100,00"), ("Trimestral", "270,00"), ("Anual", "960,00")]
    rows += [[i, *prices[i % 3][:1], f"{day(5 * i):%d/%m/%Y}", "", prices[i % 3][1]] for i in range(30)]
    rows[1][3] = f"{EXPORT:%d/%m/%Y}"
    write(tmp_path, "alunos.csv", rows, ";")
    assert recurring(loaded(tmp_path)) == 9 * 100 + 10 * 90 + 10 * 80


def test_all_that_a_subscription_ever_brought_is_not_its_price(tmp_path: Path) -> None:
    rows: Rows = [["id", "customer.id", "state", "activated_at", "canceled_at", "total_revenue", "product_price"]]
    rows += [[i, f"c{i}", "active", day(5 * i), "", 900, 30] for i in range(30)]
    rows[1][2:5] = ["canceled", day(0), day(100)]
    write(tmp_path, "subscriptions.csv", rows)
    assert recurring(loaded(tmp_path)) == 29 * 30


def test_subscriptions_that_were_never_created_are_set_aside_and_said(tmp_path: Path) -> None:
    rows: Rows = [["subscription_id", "customer_id", "status", "activated_at", "cancelled_at", "mrr"]]
    words = ["live", "live", "live", "cancelled_from_dunning", "creation_failed"]
    rows += [[i, f"c{i}", words[i % 5], day(i), day(200) if i % 5 == 3 else "", 10] for i in range(50)]
    write(tmp_path, "subscriptions.csv", rows)
    crm = loaded(tmp_path)
    assert recurring(crm) == 30 * 10
    assert [(row["reason"], row["rows"]) for row in crm.facts.refused] == [("status is creation_failed", 10)]


def test_subscribed_and_unsubscribed_are_the_start_and_the_end_of_what_is_paid(tmp_path: Path) -> None:
    rows: Rows = [["user_id", "plan_name", "billing_cycle", "price", "subscribed_at", "unsubscribed_at"]]
    rows += [[f"u{i}", "pro", "monthly", 10, day(i), day(200 + i) if i % 3 == 0 else ""] for i in range(30)]
    write(tmp_path, "billing.csv", rows)
    assert recurring(loaded(tmp_path)) == 20 * 10


def test_dates_with_the_month_in_words_of_any_language_are_read(tmp_path: Path) -> None:
    months = ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."]

    def written(at: date) -> str:
        return f"{at.day}. {months[at.month - 1]} {at.year}"

    rows: Rows = [["Mitgliedsnummer", "Eintritt", "Austritt", "Monatsbeitrag"]]
    rows += [[f"M{i}", written(day(9 * i)), written(day(300 + i)) if i % 3 == 0 else "", "10,00"] for i in range(36)]
    write(tmp_path, "mitglieder.csv", rows, ";")
    crm = loaded(tmp_path)
    assert recurring(crm) == 24 * 10
    assert crm["subscriptions"].started_at.min().execute().date() == day(0)


def test_the_name_of_a_person_is_no_currency(tmp_path: Path) -> None:
    rows: Rows = [["order_id", "customer_id", "order_date", "amount", "agent"]]
    rows += [[i, f"c{i % 7}", day(i), 10, "Bob"] for i in range(30)]
    write(tmp_path, "orders.csv", rows)
    assert propose_source(tmp_path).currency == "XXX"


def test_a_total_is_not_multiplied_by_the_quantity(tmp_path: Path) -> None:
    rows: Rows = [["Order Number", "Buyer Username", "Quantity", "Sold For", "Total Price", "Sale Date"]]
    rows += [[f"12-{i}", f"u{i % 7}", 3, "$10.00", "$35.00", f"{day(i):%b-%d-%y}"] for i in range(30)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == 30 * 35


def test_lines_belong_to_the_order_that_a_column_names_not_to_their_own_id(tmp_path: Path) -> None:
    rows: Rows = [["Sale Date", "Item Name", "Buyer", "Quantity", "Item Total", "Transaction ID", "Order ID"]]
    for i in range(60):
        rows.append([f"{day(i // 2):%m/%d/%y}", "tea", f"b{i // 2 % 7}", 1, 10, 4000 + i, 3000 + i // 2])
    write(tmp_path, "SoldOrderItems.csv", rows)
    assert loaded(tmp_path)["orders"].order_id.nunique().execute() == 30


def test_of_the_events_of_a_shop_purchases_count_and_refunds_count_against_them(tmp_path: Path) -> None:
    rows: Rows = [["Event ID", "Metric", "Timestamp", "Profile ID", "Value", "Order ID"]]
    for i in range(40):
        rows.append([f"p{i}", "Placed Order", day(i), f"c{i % 7}", "10.50", i])
        rows += [[f"r{i}", "Refunded Order", day(i + 2), f"c{i % 7}", "10.50", i]] * (i % 10 == 0)
        rows.append([f"o{i}", "Opened Email", day(i), f"c{i % 7}", "", ""])
    write(tmp_path, "events.csv", rows)
    assert revenue(loaded(tmp_path)) == 36 * 10.5


def test_a_refund_with_tax_takes_back_no_more_than_a_sale_without(tmp_path: Path) -> None:
    rows: Rows = [["Order ID", "Customer ID", "Order Date", "Order Total (ex tax)", "Refund Amount"]]
    rows += [[i, f"c{i % 7}", day(i), 10, 12 if i % 10 == 0 else 0] for i in range(40)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == 36 * 10


def test_the_first_line_of_a_file_that_says_what_it_is_is_no_header(tmp_path: Path) -> None:
    lines = ['"EXTF";700;21;"Buchungsstapel";9;20240101;"RE";"EUR"', "Umsatz;Kundennummer;Belegdatum;Belegfeld 1"]
    lines += [f"10,50;{10000 + i % 7};{day(i):%d.%m.%Y};RE{i}" for i in range(30)]
    (tmp_path / "EXTF_Rechnungen.csv").write_text("\n".join(lines) + "\n")
    assert revenue(loaded(tmp_path)) == 30 * 10.5


def test_days_and_months_without_a_year_are_named(tmp_path: Path) -> None:
    rows = [["Umsatz", "Konto", "Belegdatum"], *(["10,00", 10000 + i % 7, f"{day(i):%d%m}"] for i in range(30))]
    write(tmp_path, "stapel.csv", rows, ";")
    with pytest.raises(Exception, match="Belegdatum has days and months without a year, such as 0201"):
        propose_source(tmp_path)


def test_the_status_of_a_french_order_is_read(tmp_path: Path) -> None:
    rows: Rows = [["Référence", "Client", "Total", "État", "Date"]]
    states = ["Paiement accepté", "Livré", "Annulé", "Erreur de paiement", "Livré"]
    rows += [[f"X{i}", f"c{i % 7}", 10, states[i % 5], day(i) + timedelta(days=1)] for i in range(50)]
    write(tmp_path, "commandes.csv", rows)
    assert revenue(loaded(tmp_path)) == 30 * 10


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%y"])
def test_a_log_of_movements_says_what_each_customer_paid_and_until_when(tmp_path: Path, form: str) -> None:
    rows: Rows = [["Date", "Customer ID", "Type", "MRR Movement"]]
    for i in range(30):
        rows.append([f"{day(i):{form}}", f"c{i}", "New Business", 10])
        rows += [[f"{day(60 + i):{form}}", f"c{i}", "Expansion", 5]] * (i % 3 == 0)
        rows += [[f"{day(120 + i):{form}}", f"c{i}", "Churn", -15 if i % 3 == 0 else -10]] * (i % 5 == 0)
    write(tmp_path, "movements.csv", rows)
    assert recurring(loaded(tmp_path)) == 8 * 15 + 16 * 10


@pytest.mark.parametrize(("amount", "last"), [("new_mrr", 10), ("value_mrr", 0)])
def test_a_log_of_what_is_paid_from_each_change_on_is_not_added_up(tmp_path: Path, amount: str, last: int) -> None:
    rows: Rows = [["account_id", "event", "happened_on", amount]]
    for i in range(12):
        rows.append([f"c{i}", "started", day(i), 10])
        rows += [[f"c{i}", "upgraded", day(60 + i), 25]] * (i % 3 == 0)
        rows += [[f"c{i}", "cancelled", day(120 + i), last]] * (i % 4 == 0)
    write(tmp_path, "subscription_events.csv", rows)
    assert recurring(loaded(tmp_path)) == 3 * 25 + 6 * 10


def test_a_log_of_movements_whose_days_may_be_months_is_read_as_it_goes_forward(tmp_path: Path) -> None:
    rows: Rows = [["Date", "Customer ID", "Type", "MRR Movement"]]
    rows += [[f"{d:02d}/{m:02d}/2024", f"c{m}-{d}", "New Business", 10] for m in range(1, 7) for d in (2, 5, 9)]
    rows += [[f"{d:02d}/07/2024", f"c1-{d}", "Churn", -10] for d in (2, 5, 9)]
    write(tmp_path, "movements.csv", rows)
    ended = loaded(tmp_path)["subscriptions"].ended_at.to_pandas().dropna()
    assert sorted(ended.dt.strftime("%m-%d")) == ["07-02", "07-05", "07-09"]


def test_the_last_days_of_months_are_months_under_whatever_heading(tmp_path: Path) -> None:
    ends = ["31.01.2024", "29.02.2024", "31.03.2024", "30.04.2024"]
    rows: Rows = [["Kunde", "Stichtag", "MRR"]]
    rows += [[f"k{i}", end, "10,00"] for month, end in enumerate(ends) for i in range(8) if i > 2 or month < 2]
    write(tmp_path, "stand.csv", rows, ";")
    assert recurring(loaded(tmp_path)) == 5 * 10


def test_a_row_of_a_later_full_export_counts_and_not_that_of_an_earlier_one(tmp_path: Path) -> None:
    header = ["subscription_id", "customer_id", "status", "started_at", "canceled_at", "mrr"]
    for month in (1, 2):
        rows: Rows = [[i, f"c{i}", "active", day(i), "", 10] for i in range(30)]
        rows[0][2:5] = ["canceled", day(0), day(31)] if month == 2 else rows[0][2:5]
        write(tmp_path, f"subscriptions_2024-0{month}.csv", [header, *rows])
    crm = loaded(tmp_path)
    assert recurring(crm) == 29 * 10
    (refused,) = crm.facts.refused
    assert refused["reason"] == "subscription_id occurs again further down, in a later file"


def test_a_list_of_people_with_the_day_on_which_each_was_last_seen_is_no_activity(tmp_path: Path) -> None:
    rows: Rows = [["$distinct_id", "$created", "$last_seen", "plan"]]
    rows += [[f"u{i}", day(i), day(100 + i), "pro"] for i in range(30)]
    write(tmp_path, "people.csv", rows)
    assert any("no file shows dated activity" in question for question in propose_source(tmp_path).unsure)


def test_payments_by_what_became_of_them_are_read_though_the_column_is_called_a_type(tmp_path: Path) -> None:
    rows: Rows = [["Psp Reference", "Shopper Reference", "Creation Date", "Amount", "Type"]]
    words = ["Settled", "Settled", "Refused", "Cancelled", "Refunded"]
    rows += [[f"88{i}", f"s{i % 7}", day(i), "10.50", words[i % 5]] for i in range(50)]
    write(tmp_path, "received_payments_report.csv", rows)
    assert revenue(loaded(tmp_path)) == 20 * 10.5


def test_objects_within_objects_become_columns(tmp_path: Path) -> None:
    price = '"price": {"amount": 120, "interval": "year"}'
    text = "".join(
        f'{{"_id": "m{i}", "membership": {{"startedAt": "{day(i)}T00:00:00Z", "endedAt": null, {price}}}}}\n'
        for i in range(30)
    )
    (tmp_path / "members.jsonl").write_text(text)
    assert recurring(loaded(tmp_path)) == 30 * 10


def test_subscriptions_without_a_price_are_said_to_have_none(tmp_path: Path) -> None:
    rows: Rows = [["subscription_id", "customer_id", "plan", "start_date", "end_date", "quux"]]
    rows += [[i, f"c{i}", "pro", day(i), day(200) if i % 3 == 0 else "", 10.5] for i in range(30)]
    write(tmp_path, "subscriptions.csv", rows)
    (asked,) = [doubt for doubt in propose_source(tmp_path).questions if doubt.topic == "price"]
    assert "no column of subscriptions says what a subscription costs" in asked.text
    assert [choice.label for choice in asked.choices] == ["none", "quux, a month's", "quux, a year's"]


def test_paid_months_become_sales_where_that_is_the_answer(tmp_path: Path) -> None:
    rows: Rows = [["account_id", "month", "mrr"]]
    rows += [[f"a{customer}", f"2024-{month:02}", 10] for customer in range(5) for month in range(1, 7)]
    write(tmp_path, "mrr.csv", rows)
    proposal = propose_source(tmp_path)
    (asked,) = [doubt for doubt in proposal.questions if doubt.topic == "months"]
    assert asked.choices[1].shown[0] == "a0 | 10 -> a sale on 2024-01-01"
    assert [table.table for table in proposal.answered(asked, asked.choices[1]).tables] == ["orders"]


def test_a_subscription_of_a_store_that_names_nobody_is_the_customer_and_fees_are_no_sales(tmp_path: Path) -> None:
    rows: Rows = [["Description", "Transaction Date", "Transaction Type", "Amount (Merchant Currency)"]]
    rows[0] += ["Buyer Currency", "Merchant Currency"]
    for i in range(20):
        for month in range(3):
            order = f"GPA.3300-1111-2222-{10000 + i}" + (f"..{month - 1}" if month else "")
            when = f'"{day(i + 30 * month):%b %d, %Y}"'
            rows.append([order, when, "Charge", "10.99", "EUR", "USD"])
            rows.append([order, when, "Google fee", "-1.65", "EUR", "USD"])
    write(tmp_path, "earnings.csv", rows)
    crm = loaded(tmp_path)
    assert crm["orders"].customer_id.nunique().execute() == 20
    assert crm.facts.currency == "USD"
    assert round(revenue(crm), 2) == round(60 * 10.99, 2)
    assert any("each subscription" in question for question in propose_source(tmp_path).unsure)


def test_a_status_is_known_by_its_words_whatever_its_column_is_called(tmp_path: Path) -> None:
    rows: Rows = [["order_id", "customer_id", "order_date", "amount", "Quux"]]
    words = ["Teslim Edildi", "İptal Edildi", "Kargoya Verildi"]
    rows += [[i, f"c{i % 7}", day(i), 10, words[i % 3]] for i in range(60)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == 40 * 10


def test_what_is_named_without_tax_is_an_amount(tmp_path: Path) -> None:
    rows: Rows = [["N° ligne", "Réf client", "Date activation", "Date résiliation", "Abonnement HT"]]
    rows += [[i, f"C{i}", f"{day(9 * i):%d/%m/%Y}", f"{day(330):%d/%m/%Y}" * (i < 5), "10,50"] for i in range(30)]
    write(tmp_path, "abonnements.csv", rows, ";")
    assert recurring(loaded(tmp_path)) == 25 * 10.5


@pytest.mark.parametrize(("amount", "sign"), [("new_mrr", -1), ("mrr", 1)])
def test_a_log_of_differences_is_added_up_though_one_end_takes_nothing(tmp_path: Path, amount: str, sign: int) -> None:
    rows: Rows = [["account_id", "event", "happened_on", amount]]
    for i in range(12):
        rows.append([f"c{i}", "started", day(i), 10 * (i > 0)])
        rows += [[f"c{i}", "upgraded", day(60 + i), 5]] * (i % 4 == 1)
        rows += [[f"c{i}", "cancelled", day(120 + i), sign * 10 * (i > 0)]] * (i % 4 == 0)
    write(tmp_path, "subscription_events.csv", rows)
    assert recurring(loaded(tmp_path)) == 9 * 10 + 3 * 5
