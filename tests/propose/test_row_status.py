"""What the status of a row says: whether it counts, is set aside, takes back, or is asked about."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

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
    shop,
    write,
)
from workbench import mrr
from workbench.crm import load_tables
from workbench.propose import propose_source, write_source
from workbench.propose.raw_files.raw_columns import profile_table
from workbench.propose.row_status.status import sale_status


def test_codes_of_german_documents_make_credit_notes_count_against_sales(tmp_path: Path) -> None:
    sales(tmp_path, "Belegart=RE|RE|RE|GS")
    credits = sum(10 + i for i in range(3, 24, 4))
    assert revenue(loaded(tmp_path, propose_source(tmp_path))) == sum(range(10, 34)) - 2 * credits


def test_words_of_status_that_nobody_knows_can_be_set_aside_by_an_answer(tmp_path: Path) -> None:
    sales(tmp_path, "status=paid|paid|blorped|cancelled")
    proposal = propose_source(tmp_path)
    (doubt,) = (d for d in proposal.questions if d.topic == "status status")
    labels = ["these rows are kept", "they are set aside", "they are of sales that were taken back"]
    assert [choice.label for choice in doubt.choices] == [f"blorped: {label}" for label in labels]
    loaded(tmp_path, proposal.answered(doubt, doubt.choices[1]))
    assert load_tables(tmp_path / "source.yaml").facts.loaded["orders"] == 12


def test_chargebacks_take_back_sales_and_are_no_subscriptions(tmp_path: Path) -> None:
    sold = [["Order No", "Member", "Date", "Total"]]
    sold += [[f"W{i}", f"M{i % 9}", day(i, IN_2025), "£45.00"] for i in range(40)]
    write(tmp_path, "orders.csv", sold, ";")
    back = [
        ["Order No", "Date", "Amount", "Reason"],
        *([f"W{i}", day(i + 9, IN_2025), "£45.00", "Fraud"] for i in range(4)),
    ]
    write(tmp_path, "chargebacks.csv", back, ";")
    proposal = propose_source(tmp_path)
    assert [table.table for table in proposal.tables] == ["orders"]
    assert revenue(loaded(tmp_path, proposal)) == 36 * 45


def test_payments_skipped_queued_and_failed_are_attempts_to_collect_and_no_sales(tmp_path: Path) -> None:
    subscriptions = [
        ["subscription_id", "customer_id", "status", "product_title", "price", "created_at", "cancelled_at"]
    ]
    charges = [["charge_id", "customer_id", "status", "scheduled_at", "processed_at", "total_price", "error_type"]]
    for i in range(40):
        gone = day(100 + i, IN_2025) if i < 10 else ""
        subscriptions += [[900 + i, 7000 + i, "CANCELLED" if gone else "ACTIVE", "Box", "40.00", day(i, IN_2025), gone]]
        for k, status in enumerate(["SUCCESS", "SKIPPED", "REFUNDED", "ERROR" if gone else "QUEUED"]):
            done = day(i + 30 * k, IN_2025) if status not in ("SKIPPED", "QUEUED") else ""
            why = "CARD_DECLINED" if status == "ERROR" else ""
            charges += [[10 * i + k, 7000 + i, status, day(i + 30 * k, IN_2025), done, "40.00", why]]
    write(tmp_path, "subscriptions.csv", subscriptions, mark=",")
    write(tmp_path, "charges.csv", charges, mark=",")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert crm["charges"].succeeded.value_counts().execute().set_index("succeeded").iloc[:, 0].to_dict() == {
        True: 80,
        False: 10,
    }
    assert {r["reason"]: r["rows"] for r in crm.facts.refused} == {"status is skipped": 40, "status is queued": 30}
    assert "orders" not in crm


def test_a_payment_that_is_open_beside_the_status_of_an_order_is_asked_about(tmp_path: Path) -> None:
    shop(tmp_path)
    doubt = next(d for d in propose_source(tmp_path).questions if "Status do Pagamento" in d.text)
    answered = propose_source(tmp_path).answered(doubt, doubt.choices[1])
    pending = answered["orders"].statuses[-1]
    assert "pendente" in doubt.text
    assert pending["values"]["pendente"] == "refuse"
    assert "OVER" in pending["column"]


def test_readings_of_a_status_are_offered_where_files_are_put_together(tmp_path: Path) -> None:
    for year in ("alt", "neu"):
        rows = [["Rechnungsnr", "Kundennr", "Datum", "Betrag", "Status"]]
        rows += [
            [f"{year}{i}", i % 9, day(i + 100 * (year == "neu")), 50, "Ruht" if i % 9 == 0 else "bezahlt"]
            for i in range(40)
        ]
        rows[3][4] = "storniert"
        write(tmp_path, f"Rechnungen_{year}.csv", [r if year == "alt" else [*r, "x"] for r in rows])
    proposal = propose_source(tmp_path)
    doubts = [d for d in proposal.questions if "nothing is known of ruht" in d.text]
    assert doubts
    refused = next(c for c in doubts[0].choices if "set aside" in c.label)
    assert proposal.answered(doubts[0], refused)["orders"].statuses[0]["values"]["ruht"] == "refuse"


def test_consent_called_soft_sets_no_order_aside(tmp_path: Path) -> None:
    rows = [["order_id", "customer_id", "order_date", "total", "Soft Opt-In"]]
    rows += [[i, f"c{i % 9}", day(3 * i), 20, "No" if i % 4 else "Yes"] for i in range(40)]
    write(tmp_path, "orders.csv", rows)
    assert revenue(loaded(tmp_path)) == 800


def test_deliveries_that_were_skipped_are_no_revenue(tmp_path: Path) -> None:
    header = "delivery_id,customer_id,delivery_date,delivery_status,box_price"
    rows = [f"{i},C{i % 9},{day(i, IN_2023)},{'skipped' if i % 4 == 0 else 'delivered'},60.00" for i in range(40)]
    write(tmp_path, "deliveries.csv", [header, *rows])
    assert revenue(proposed_and_loaded(tmp_path)[1]) == 30 * 60


def test_a_subscription_paused_by_its_status_pays_nothing_at_the_end_and_is_asked(tmp_path: Path) -> None:
    rows = [f"s{i},c{i},{day(i, IN_2023)},{'paused' if i % 10 == 0 else 'active'},10.00" for i in range(40)]
    write(tmp_path, "subscriptions.csv", ["subscription_id,customer_id,started_at,status,mrr", *rows])
    proposal, crm = proposed_and_loaded(tmp_path)
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == 360
    assert any("4 subscriptions are paused" in doubt for doubt in proposal.unsure)


def test_mandates_are_subscriptions_and_rejected_collections_no_revenue(tmp_path: Path) -> None:
    rows = [[f"RUM{i}", f"D{i}", day(9 * i), day(300) if i < 3 else "", "Mensuel", "10,00 €"] for i in range(30)]
    head = ["RUM", "N° donateur", "Date signature", "Date résiliation", "Périodicité", "Montant"]
    write(tmp_path, "mandats.csv", [head, *([*row[:5], f'"{row[5]}"'] for row in rows)])
    paid = [[f"P{i}", f"RUM{i % 30}", day(270 + i), '"10,00 €"', "Rejeté" if i < 5 else "Encaissé"] for i in range(60)]
    write(tmp_path, "prelevements.csv", [["Réf. prélèvement", "RUM", "Date échéance", "Montant", "Statut"], *paid])
    crm = loaded(tmp_path)
    assert recurring(crm) == 10 * 27
    assert crm["charges"].succeeded.sum().execute() == 55


def test_invoices_that_are_paid_open_or_overdue_all_count_without_a_question() -> None:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE bills AS SELECT range AS no, ['Paid', 'Open', 'Overdue'][1 + range % 3] AS status FROM range(30)"
    )
    raw = profile_table(con, "bills")
    assert sale_status(raw, owed={"open", "overdue"}) is None
    asked = sale_status(raw)
    assert asked and [word for word, action in asked[1].items() if action is None] == ["open", "overdue"]


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


def test_use_of_customers_who_are_cancelled_today_took_place_all_the_same(tmp_path: Path) -> None:
    for name in ("account_status", "status"):
        folder = tmp_path / name
        folder.mkdir()
        rows: list[list[object]] = [["user_id", "timestamp", "event", name]]
        rows += [[f"U{i % 9}", f"{day(i)} 10:00:00", "login", ("active", "cancelled")[i % 9 == 0]] for i in range(90)]
        write(folder, "usage.csv", rows)
        assert loaded(folder).facts.loaded == {"events": 90}


def test_numbers_of_plans_give_no_words_to_the_states_of_orders(tmp_path: Path) -> None:
    rows: list[list[object]] = [["order_id", "customer_id", "order_date", "status", "amount"]]
    rows += [[f"O{i}", f"C{i % 9}", day(i), 1 + i % 3, "10.50"] for i in range(60)]
    write(tmp_path, "orders.csv", rows)
    write(tmp_path, "plans.csv", [["id", "name"], [1, "Pending"], [2, "Pro"], [3, "Basic"]])
    assert revenue(loaded(tmp_path)) == 60 * 10.5


def test_norway_and_slovenia_are_no_flags(tmp_path: Path) -> None:
    rows: list[list[object]] = [["order_id", "customer_id", "order_date", "amount", "country"]]
    rows += [[f"O{i}", f"C{i % 9}", day(i), "10.50", ("NO", "SI")[i % 9 % 2]] for i in range(60)]
    write(tmp_path, "orders.csv", rows)
    assert set(loaded(tmp_path)["customers"].country.execute()) == {"NO", "SI"}


def test_a_status_whose_words_nobody_knows_is_asked_about() -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE sales AS SELECT n AS id, ['plim', 'plum'][1 + n % 2] AS status FROM range(9) t(n)")
    found = sale_status(profile_table(con, "sales"))
    assert found is not None and found[1] == {"plim": None, "plum": None}


def test_rows_that_cancel_are_no_sales_unless_all_rows_of_a_customer_say_so(tmp_path: Path) -> None:
    sales(tmp_path, "is_cancel=0|0|0|0|0|1|0")
    proposal = propose_source(tmp_path)
    (asked,) = (d for d in proposal.questions if d.topic == "status is_cancel")
    assert [choice.label for choice in asked.choices] == ["set aside", "sales all the same"]
    assert loaded(tmp_path, proposal).facts.loaded["orders"] == 21
    kept = proposal.answered(asked, asked.choices[1])
    assert loaded(tmp_path, kept, "kept").facts.loaded["orders"] == 24
    sales(tmp_path, "is_cancel=0|0|1|0|1|0|0|1")  # of eight customers: the same in all their rows
    assert loaded(tmp_path, propose_source(tmp_path / "orders.csv"), "all").facts.loaded["orders"] == 24


@pytest.mark.parametrize(
    ("column", "taken_back"),
    [
        ("payment_type=payment|payment|payment|refund", 1),
        ("Vorgang=Verkauf|Verkauf|Storno|Gutschrift", 2),
        ("what=card|paypal|card|chargeback", 1),
        ("payment_type=card|cash|debit|credit", 0),
        ("flow=Card payment|Gift card refund|Refund to card|Rückerstattung", 3),
        ("category=Mugs|Order books|Return shipping label|Sale booklet", 0),
        ("item=Booking cover|Sale booklet|Refund insurance", 0),
        ("terms=Invoice 30 days|Credit 60 days|Invoice 30 days", 0),
        ("remark=|invoice sent|return visit", 0),
        ("tag=order|order|refund|order", 0),
        ("visit_type=First booking|Return visit", 0),
        ("on_credit=no|no|yes", 0),
        ("type=PAY|PAY|PAY|CN", 1),
        ("type=PAY|PAY|PAY|REF", 1),
    ],
)
def test_rows_that_take_back_are_found_by_their_words_whatever_names_them(
    tmp_path: Path, column: str, taken_back: int
) -> None:
    sales(tmp_path, column)
    amounts = loaded(tmp_path)["orders"].amount
    assert (amounts < 0).sum().execute() == taken_back * 6


def test_a_kind_of_row_that_nobody_knows_is_asked_about_beside_those_that_take_back(tmp_path: Path) -> None:
    sales(tmp_path, "operation=sale|sale|refund|dispute")
    (question,) = (d for d in propose_source(tmp_path).questions if d.topic == "status operation")
    assert "nothing is known of dispute" in question.text
    assert len(question.choices) == 3


def test_a_payment_on_hold_is_no_sale(tmp_path: Path) -> None:
    sales(tmp_path, "payment_status=captured|captured|captured|hold")
    assert loaded(tmp_path)["orders"].count().execute() == 18


def test_a_contract_that_was_won_lasts_until_its_end_and_one_that_was_lost_never_began(tmp_path: Path) -> None:
    rows = [[f"N{i}", f"K{i}", ("Closed Lost", "Closed Won")[i % 2], day(i), day(730 + i), 1200] for i in range(12)]
    head = ["Contract ID", "Account ID", "Stage", "Start Date", "End Date", "Annual Value"]
    write(tmp_path, "contracts.csv", [head, *rows])
    crm = loaded(tmp_path)
    assert crm["subscriptions"].count().execute() == 6
    assert recurring(crm) == 600


def test_payments_in_a_ledger_of_invoices_and_credit_notes_are_no_returns(tmp_path: Path) -> None:
    head = ["doc", "debtor", "posting date", "type", "debit", "credit"]
    said = [["INV", 50.5, ""], ["INV", 30.5, ""], ["PAY", "", 40.5], ["CRN", "", 10.5]]
    rows = [[f"D{i}", f"K{i % 6}", day(i), k, d and d + i, c and c + i] for i in range(24) for k, d, c in [said[i % 4]]]
    write(tmp_path, "debtor_ledger.csv", [head, *rows])
    sold = sum((50.5, 30.5, 0, -10.5)[i % 4] + (1, 1, 0, -1)[i % 4] * i for i in range(24))
    assert revenue(loaded(tmp_path)) == sold


@pytest.mark.parametrize("flag", ["free_cancellation", "cancel_at_period_end", "cancelled_subscription"])
def test_a_flag_about_another_cancellation_than_that_of_the_row_sets_no_sale_aside(tmp_path: Path, flag: str) -> None:
    sales(tmp_path, f"{flag}=0|0|0|0|0|1|0")
    assert loaded(tmp_path).facts.loaded["orders"] == 24


def test_a_paid_newsletter_has_a_status_and_the_consent_to_one_has_not(tmp_path: Path) -> None:
    contracts(tmp_path, "newsletter_status=active|active|pending")
    assert loaded(tmp_path).facts.loaded["subscriptions"] == 8
    contracts(tmp_path, "newsletter_status=subscribed|unsubscribed")
    assert "status" not in propose_source(tmp_path)["subscriptions"].stated


def test_rows_that_a_bank_books_as_credits_are_money_that_came_in(tmp_path: Path) -> None:
    sales(tmp_path, "Buchungsart=Gutschrift")
    assert revenue(loaded(tmp_path)) == sum(range(10, 34))


def test_a_lesson_that_was_held_took_place_or_is_asked_about(tmp_path: Path) -> None:
    sales(tmp_path, "status=held|held|cancelled", name="lessons.csv")
    proposal = propose_source(tmp_path)
    assert any("nothing is known of held" in question.text for question in proposal.questions)
    assert loaded(tmp_path, proposal)["orders"].count().execute() == 16


def test_where_every_contract_was_won_another_column_says_which_have_ended(tmp_path: Path) -> None:
    contracts(tmp_path, "end_date=", "stage=Closed Won", "status=active|cancelled|active")
    assert loaded(tmp_path)["subscriptions"].ended_at.count().execute() == 4
