"""Folders as companies have them: ledgers, policies, accounts, overlapping exports, ids that differ per file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from workbench import churn_events, lives, mrr
from workbench.crm import Crm, load_tables
from workbench.propose import propose_source, write_source
from workbench.propose.proposed.proposal import Proposal

pytestmark = pytest.mark.slow


def write(folder: Path, name: str, header: str, rows: Sequence[str]) -> None:
    (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def day(number: int) -> date:
    return date(2023, 1, 2) + timedelta(days=number)


def loaded(folder: Path) -> tuple[Proposal, Crm]:
    proposal = propose_source(folder)
    write_source(proposal, folder / "source.yaml")
    return proposal, load_tables(folder / "source.yaml")


def revenue(crm: Crm) -> float:
    return float(crm["orders"].amount.sum().execute())


def test_the_customer_of_a_journal_is_no_account_and_the_rarer_side_takes_back(tmp_path: Path) -> None:
    header = "Buchungsnr;Buchungsdatum;Kundennummer;Konto;Betrag;Soll/Haben"
    write(
        tmp_path, "Buchungsjournal.csv", header,
        [f"{i};{day(i):%d.%m.%Y};K-{i % 9};8400;1.010,00;{'S' if i % 10 == 0 else 'H'}" for i in range(40)],
    )  # fmt: skip
    _, crm = loaded(tmp_path)
    assert crm["orders"].customer_id.nunique().execute() == 9
    assert revenue(crm) == (36 - 4) * 1010


def test_credit_notes_in_a_column_of_their_own_reduce_what_was_invoiced(tmp_path: Path) -> None:
    rows = [f"1000{i % 9};RE{i};Rechnung;{day(i):%d.%m.%Y};100,00;" for i in range(40)]
    rows += [f"1000{i};GU{i};Gutschrift;{day(50 + i):%d.%m.%Y};;30,00" for i in range(5)]
    rows += [f"1000{i % 9};ZA{i};Zahlung;{day(60 + i):%d.%m.%Y};;70,00" for i in range(20)]
    write(tmp_path, "op_liste.csv", "Debitorennr;Belegnummer;Belegart;Belegdatum;Soll;Haben", rows)
    proposal, crm = loaded(tmp_path)
    assert revenue(crm) == 4000 - 150
    assert any("Soll" in doubt for doubt in proposal.unsure)


def test_overlapping_exports_of_two_regions_count_each_order_once(tmp_path: Path) -> None:
    rows = [f"{1000 + i},C{i % 9},{day(i)},{10 + i}.00" for i in range(60)]
    for region, part in (("north", rows[:35]), ("south", rows[25:])):
        write(tmp_path, f"orders_{region}.csv", "order_no,customer_no,order_date,net_amount", part)
    proposal, crm = loaded(tmp_path)
    assert crm["orders"].count().execute() == 60 and revenue(crm) == sum(10 + i for i in range(60))
    assert any("10 ids" in doubt and "taken once" in doubt for doubt in proposal.unsure)


def test_files_that_name_the_customer_by_mail_and_by_id_name_the_same_one(tmp_path: Path) -> None:
    write(tmp_path, "customers.csv", "id,email,created_at", [f"{900 + i},Us{i}@Ex.com,{day(i)}" for i in range(30)])
    write(
        tmp_path, "subscriptions.csv", "subscription_id,customer_id,plan,price,interval,start_date,end_date",
        [f"S{i},{900 + i},Pro,20,month,{day(i)},{day(i + 90) if i % 3 == 0 else ''}" for i in range(30)],
    )  # fmt: skip
    write(
        tmp_path, "addon_orders.csv", "order_id,email,ordered_at,total",
        [f"O{i},us{i % 30}@ex.com,{day(i + 5)},{5 + i}.50" for i in range(50)],
    )  # fmt: skip
    _, crm = loaded(tmp_path)
    assert set(crm["orders"].customer_id.to_pandas()) == {str(900 + i) for i in range(30)}


def test_a_list_of_readers_with_trials_and_prices_is_one_of_subscriptions(tmp_path: Path) -> None:
    rows = []
    for i in range(40):
        trial_end = day(i + 28)
        end, state = ("", "active") if i % 4 else (f"{day(i + 90)}", "expired")
        if i % 5 == 0:
            end, state = f"{trial_end}", "trial_expired"
        rows.append(f"r{i}@mail.example,{day(i)},{trial_end},12.90,monthly,{end},{state}")
    write(tmp_path, "subscribers.csv", "email,trial_started,trial_end,price,interval,end_date,state", rows)
    reads = [f"r{i % 40}@mail.example,{day(i)}T08:00:00Z,/page/{i}" for i in range(260)]
    write(tmp_path, "article_reads.csv", "email,read_at,article", reads)
    _, crm = loaded(tmp_path)
    left = set(churn_events(crm).customer_id.to_pandas())
    assert left == {f"r{i}@mail.example" for i in range(40) if i % 4 == 0 and i % 5}
    live = sum(1 for i in range(40) if i % 4 and i % 5)
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == round(12.90 * live, 2)


def test_policies_are_subscriptions_and_claims_lead_to_their_holder(tmp_path: Path) -> None:
    header = "Policy Number,Policyholder ID,Inception Date,Expiry Date,Annual Premium,Policy Status"
    write(
        tmp_path, "policies.csv", header,
        [f"POL-{i},H{i},{day(i)},{day(i + 365)},1200,{'Lapsed' if i % 5 == 0 else 'In force'}" for i in range(40)],
    )  # fmt: skip
    claims = [f"CLM{i},POL-{3 * i},{day(50 + i)},310.20,Settled" for i in range(12)]
    write(tmp_path, "claims.csv", "Claim Number,Policy Number,Date of Loss,Claim Amount,Claim Status", claims)
    _, crm = loaded(tmp_path)
    assert set(crm["tickets"].customer_id.to_pandas()) == {f"H{3 * i}" for i in range(12)}
    assert set(crm["subscriptions"].mrr.to_pandas().astype(float)) == {100.0}


def test_a_departure_after_the_last_row_moves_the_end_of_the_data_and_is_asked(tmp_path: Path) -> None:
    header = "subscription_id,customer_id,plan,price,interval,start_date,end_date"
    rows = [f"S{i},C{i},Pro,20,month,{day(i)},{day(200 + i) if i % 4 == 0 else ''}" for i in range(40)]
    write(tmp_path, "subscriptions.csv", header, rows)
    proposal, crm = loaded(tmp_path)
    assert crm.facts.known_until.date() == day(237)
    assert any(doubt.startswith("exported_at") for doubt in proposal.unsure)
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == 30 * 20


def test_deliveries_that_were_skipped_are_no_revenue(tmp_path: Path) -> None:
    header = "delivery_id,customer_id,delivery_date,delivery_status,box_price"
    rows = [f"{i},C{i % 9},{day(i)},{'skipped' if i % 4 == 0 else 'delivered'},60.00" for i in range(40)]
    write(tmp_path, "deliveries.csv", header, rows)
    assert revenue(loaded(tmp_path)[1]) == 30 * 60


def test_a_discount_of_the_order_is_taken_off_its_lines(tmp_path: Path) -> None:
    rows = [
        f"{i // 2},C{i % 7},{day(i // 2)},2,15.00,{'5.00' if i % 10 == 0 else ('0.00' if i % 2 == 0 else '')}"
        for i in range(40)
    ]
    header = "order_id,customer_id,order_date,quantity,unit_price,discount_amount"
    write(tmp_path, "order_lines.csv", header, rows)
    proposal, crm = loaded(tmp_path)
    assert revenue(crm) == 40 * 30 - 4 * 5
    assert any("discount_amount" in doubt for doubt in proposal.unsure)


def test_what_no_reading_can_know_is_asked(tmp_path: Path) -> None:
    times = ("T10:00:00Z", "T10:00:00")
    write(
        tmp_path, "orders.csv", "order_id,customer_id,seller_id,placed_at,total",
        [
            f"O{i},{f'{4 + i % 3}.0000{i % 9}E+12'},s{i % 5},{day(i)}{times[i % 2]},{-10 if i % 3 == 0 else 12}.00"
            for i in range(60)
        ],
    )  # fmt: skip
    unsure = " ".join(propose_source(tmp_path).unsure)
    for word in ("a spreadsheet has rounded them", "seller_id sells", "offset from UTC", "movements of an account"):
        assert word in unsure


def test_accounts_of_one_person_are_one_customer_that_left_when_all_are_closed(tmp_path: Path) -> None:
    rows = [
        f"NL{i:02d}BANK{i:06d},{300 + i // 2},{day(i)},{day(200 + i) if i % 4 in (0, 1) or i % 8 == 2 else ''}"
        for i in range(40)
    ]
    write(tmp_path, "accounts.csv", "iban,customer_number,opening_date,closing_date", rows)
    uses = [f"{i},NL{i % 40:02d}BANK{i % 40:06d},{day(50 + i)},{5 + i}.00" for i in range(120)]
    write(tmp_path, "payments_made.csv", "transaction_id,iban,booking_date,amount", uses)
    _, crm = loaded(tmp_path)
    people = crm["customers"].to_pandas().set_index("customer_id")
    assert len(people) == 20
    assert set(people.index[people.closed_at.notna()]) == {str(300 + i) for i in range(0, 20, 2)}


def test_a_history_of_monthly_revenue_in_its_own_file_is_joined_by_the_name_that_both_have(tmp_path: Path) -> None:
    subs = [f"2c92{i:028d},A-S{i:08d},A{i:05d},{day(i)},{day(300) if i % 4 == 0 else ''}" for i in range(40)]
    header = "Subscription: ID,Subscription: Name,Account: Account Number,Subscription: Start Date,"
    write(tmp_path, "Subscription.csv", header + "Subscription: Cancelled Date", subs)
    charges = [f"A-S{i:08d},{day(i)},100" for i in range(40)] + [f"A-S{i:08d},{day(150)},130" for i in range(10)]
    header = "Subscription: Name,Rate Plan Charge: Effective Start Date,Rate Plan Charge: MRR"
    write(tmp_path, "RatePlanCharge.csv", header, charges)
    _, crm = loaded(tmp_path)
    assert float(mrr(crm, day(200)).mrr.sum().execute()) == 40 * 100 + 10 * 30
    assert float(mrr(crm, day(100)).mrr.sum().execute()) == 40 * 100


def test_purchases_among_the_events_of_a_site_are_its_orders_and_asked(tmp_path: Path) -> None:
    names = ("visit", "purchase", "view_item")
    rows = [
        f"{day(i)},u{i % 9},{names[i % 3]},{'20.50' if i % 3 == 1 else ''},{f'T{i}' if i % 3 == 1 else ''}"
        for i in range(60)
    ]
    write(tmp_path, "site_events.csv", "event_date,user_id,event_name,purchase_revenue,transaction_id", rows)
    proposal, crm = loaded(tmp_path)
    assert (revenue(crm), crm.facts.loaded["events"]) == (20 * 20.5, 60)
    doubt = next(doubt for doubt in proposal.questions if doubt.topic == "purchases")
    assert [t.table for t in proposal.answered(doubt, doubt.choices[1]).tables] == ["events"]


def test_a_subscription_paused_by_its_status_pays_nothing_at_the_end_and_is_asked(tmp_path: Path) -> None:
    rows = [f"s{i},c{i},{day(i)},{'paused' if i % 10 == 0 else 'active'},10.00" for i in range(40)]
    write(tmp_path, "subscriptions.csv", "subscription_id,customer_id,started_at,status,mrr", rows)
    proposal, crm = loaded(tmp_path)
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == 360
    assert any("4 subscriptions are paused" in doubt for doubt in proposal.unsure)


def test_a_notice_without_an_end_of_service_is_asked_with_its_number(tmp_path: Path) -> None:
    rows = [
        f"s{i},c{i},{day(i)},{day(i + 30) if i % 4 == 0 else ''},{day(i + 60) if i % 8 == 0 else ''},10.00"
        for i in range(80)
    ]
    write(tmp_path, "subscriptions.csv", "subscription_id,customer_id,started_at,cancelled_at,ended_at,mrr", rows)
    proposal, crm = loaded(tmp_path)
    assert any("subscriptions have a notice and no end of service" in doubt for doubt in proposal.unsure)
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == 800 - 10 * (6 + 2)


def test_amounts_in_a_shops_own_currency_are_taken_before_those_in_which_was_paid(tmp_path: Path) -> None:
    header = "ID,Purchase Date,Customer Email,Grand Total (Base),Grand Total (Purchased),order_currency,base_currency,Total Refunded"
    rows = [
        f"{1000 + i},{day(i)},u{i % 9}@ex.org,10.00,{10 + 3.5 * (i % 2):.2f},{'CAD' if i % 2 else 'USD'},USD,0.00"
        for i in range(60)
    ]
    write(tmp_path, "orders.csv", header, rows)
    assert revenue(loaded(tmp_path)[1]) == 600


def test_a_column_whose_words_are_all_periods_is_the_billing_period_whatever_it_is_called(tmp_path: Path) -> None:
    every = ("monatlich,10", "jährlich,120", "vierteljährlich,30")
    rows = [f"V{i},K{i},{day(i)},{every[i % 3]}" for i in range(40)]
    write(tmp_path, "Verträge.csv", "Vertragsnr,Kundennr,Beginn,Abrechnung,Betrag", rows)
    crm = loaded(tmp_path)[1]
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == 400


def test_instalments_of_devices_are_no_recurring_revenue(tmp_path: Path) -> None:
    lines = [f"+44{i:07d},7{i % 20:05d},{day(i)},{day(i + 90) if i % 5 == 0 else ''},20.00" for i in range(40)]
    write(tmp_path, "lines.csv", "MSISDN,SubscriberNo,ActivatedOn,CeasedOn,MonthlyFee", lines)
    plans = [f"IP{i},7{i % 20:05d},{day(i)},{day(i + 700)},25.00" for i in range(20)]
    write(tmp_path, "device_instalments.csv", "InstalmentPlan,SubscriberNo,StartDate,EndDate,MonthlyInstalment", plans)
    write(tmp_path, "subscribers.csv", "SubscriberNo,RegisteredOn", [f"7{i:05d},{day(i)}" for i in range(20)])
    proposal, crm = loaded(tmp_path)
    assert (proposal["subscriptions"].file, "device_instalments" in proposal.unused) == ("lines", True)
    assert float(mrr(crm, day(60)).mrr.sum().execute()) == 40 * 20


def test_the_customers_of_a_file_that_names_them_by_mail_are_those_of_its_orders(tmp_path: Path) -> None:
    rows = [f"O{i},{day(i)},{'U' if i % 2 else 'u'}{i % 9}@ex.org,10.00,GB" for i in range(60)]
    write(tmp_path, "orders.csv", "order_id,purchase_date,buyer_email,item_price,country", rows)
    _, crm = loaded(tmp_path)
    assert sorted(crm["customers"].customer_id.to_pandas()) == sorted(set(crm["orders"].customer_id.to_pandas()))
    assert crm["customers"].count().to_pandas() == 9


def test_a_discount_in_percent_is_taken_off_the_price_of_a_subscription(tmp_path: Path) -> None:
    rows = [f"S{i},C{i},{day(i)},,30.00,month,{20 if i % 4 == 0 else 0}" for i in range(40)]
    write(tmp_path, "subscriptions.csv", "id,customer_id,start_date,end_date,price,interval,discount_percent", rows)
    proposal, crm = loaded(tmp_path)
    assert float(crm["subscriptions"].mrr.sum().execute()) == 30 * 30 + 10 * 24
    assert any("discount_percent" in doubt for doubt in proposal.unsure)


def test_a_billing_problem_that_lasts_is_the_reason_why_service_ended(tmp_path: Path) -> None:
    rows = [
        f"S{i},C{i},{day(5 * i)},{day(5 * i + 30) if i < 20 else ''},30.00,month,{day(5 * i + 25) if i < 5 else ''}"
        for i in range(40)
    ]
    header = "id,customer_id,start_date,end_date,price,interval,billing_issues_detected_at"
    write(tmp_path, "subscriptions.csv", header, rows)
    _, crm = loaded(tmp_path)
    kinds = lives(crm).kind.to_pandas().value_counts()
    assert kinds.to_dict() == {"financial": 5, "passive": 15}
