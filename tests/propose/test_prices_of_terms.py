"""What a subscription costs a month: billing periods, terms, seats, discounts, and prices of today."""

from __future__ import annotations

from pathlib import Path

from tests.propose.folders import (
    IN_2023,
    IN_2025,
    contracts,
    contracts_with,
    day,
    loaded,
    proposed_and_loaded,
    recurring,
    write,
)
from workbench import churn_events, mrr
from workbench.propose import propose_source


def test_a_word_that_is_no_billing_period_sets_its_rows_aside_and_stops_nothing(tmp_path: Path) -> None:
    contracts(tmp_path, "billing_cycle=Monthly|Annually|One Time", "status=Active|Active|Active|Cancelled")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert (crm.facts.loaded["subscriptions"], recurring(crm)) == (8, 3 * 30.0 + 3 * 2.5)


def test_a_list_of_prices_by_month_and_year_gives_the_price_of_the_period_that_is_billed(tmp_path: Path) -> None:
    rows = [[f"S{i}", f"C{i}", day(i), ("basic", "pro")[i % 2], ("month", "year")[i % 3 == 0]] for i in range(12)]
    write(
        tmp_path,
        "subscriptions.csv",
        [["subscription_id", "customer_id", "start_date", "plan", "interval"], *rows],
        ";",
    )
    plans = [["basic", "10.00", "96.00"], ["pro", "30.00", "300.00"]]
    write(tmp_path, "plans.csv", [["plan", "monthly_price", "annual_price"], *plans], ";")
    assert recurring(loaded(tmp_path, propose_source(tmp_path))) == 4 * 10 + 4 * 30 + 2 * 8 + 2 * 25


def test_a_number_of_months_says_for_how_long_a_price_pays(tmp_path: Path) -> None:
    terms = [[f"S{i}", f"C{i}", day(i), ("30.00", "240.00")[i % 2], (1, 12)[i % 2], ""] for i in range(12)]
    write(
        tmp_path,
        "terms.csv",
        [["subscription_id", "customer_id", "start_date", "price", "months", "end_date"], *terms],
        ";",
    )
    assert recurring(loaded(tmp_path, propose_source(tmp_path))) == 6 * 30 + 6 * 20


def test_a_price_that_does_not_grow_with_the_months_of_a_contract_is_a_months(tmp_path: Path) -> None:
    contracts(tmp_path, "contract_months=12|24", "end_date=")
    proposal = propose_source(tmp_path)
    assert "about the same whatever contract_months says" in " ".join(proposal.unsure)
    assert recurring(loaded(tmp_path, proposal)) == 12 * 30.0


def test_a_price_that_does_not_grow_with_the_months_between_deliveries_is_that_of_each(tmp_path: Path) -> None:
    contracts(tmp_path, "delivery_interval=1|3", "end_date=")
    assert recurring(loaded(tmp_path, propose_source(tmp_path))) == 6 * 30.0 + 6 * 10


def test_a_price_per_seat_and_year_is_a_twelfth_of_it_for_each_seat(tmp_path: Path) -> None:
    rows = [["Account No", "Contract No", "Start", "End", "Seats", "Price per seat / year"]]
    rows += [[f"A{i}", f"C{i}", day(9 * i, IN_2025), "", f"{3 + i % 5}.0", "120.0"] for i in range(20)]
    write(tmp_path, "contracts.csv", rows, ";")
    crm = loaded(tmp_path, propose_source(tmp_path))
    assert crm["subscriptions"].mrr.sum().execute() == sum(10 * (3 + i % 5) for i in range(20))


def test_the_value_of_a_contract_is_divided_by_the_months_of_its_term(tmp_path: Path) -> None:
    head: list[object] = ["Term (months)", "Total Contract Value"]
    crm = loaded(tmp_path, contracts_with(tmp_path, head, (12, "1,200.00"), (24, "4,800.00")))
    assert crm["subscriptions"].mrr.sum().execute() == 12 * 100 + 12 * 200


def test_a_price_that_says_in_its_cell_for_how_long_it_pays_is_brought_to_a_month(tmp_path: Path) -> None:
    crm = loaded(tmp_path, contracts_with(tmp_path, ["Price"], ("$49/mo",), ("$1,200.00/yr",)))
    assert crm["subscriptions"].mrr.sum().execute() == 12 * 49 + 12 * 100


def test_what_was_paid_for_a_number_of_months_is_divided_by_them_in_any_language(tmp_path: Path) -> None:
    rows = [["N. ricevuta", "N. tessera", "Inizio", "Fine", "Durata (mesi)", "Importo pagato"]]
    rows += [
        [f"A{i}", f"T{i}", day(i, IN_2025), day(i + 365, IN_2025), *((12, "420,00 €") if i % 2 else (6, "240,00 €"))]
        for i in range(20)
    ]
    write(tmp_path, "abbonamenti.csv", rows, ";")
    assert loaded(tmp_path, propose_source(tmp_path))["subscriptions"].mrr.sum().execute() == 10 * 35 + 10 * 40


def test_the_value_of_a_contract_is_divided_by_the_months_from_its_start_to_its_end(tmp_path: Path) -> None:
    rows = [["Contract #", "Customer #", "Start Date", "End Date", "Total Contract Value"]]
    rows += [
        [f"C{i}", f"K{i}", day(i, IN_2025), day(i + 365 * (1 + i % 2), IN_2025), 1200 * (1 + i % 2)] for i in range(24)
    ]
    write(tmp_path, "contracts.csv", rows, ";")
    assert loaded(tmp_path, propose_source(tmp_path))["subscriptions"].mrr.sum().execute() == 24 * 100


def test_a_card_of_visits_beside_memberships_pays_once(tmp_path: Path) -> None:
    rows = [["membership_id", "user_id", "plan_name", "start_date", "cancelled_date", "price", "interval_unit"]]
    for i in range(30):
        card = i % 5 == 0
        ended = day(200) if i % 6 == 1 else ""
        rows.append([f"m{i}", f"u{i}", "Card" if card else "Gold", day(i), ended, 120 if card else 49])
        rows[-1].append("" if card else "month")
    write(tmp_path, "memberships.csv", rows)
    assert any("6 rows have price and no interval_unit" in text for text in propose_source(tmp_path).unsure)
    assert recurring(loaded(tmp_path)) == 49 * sum(1 for i in range(30) if i % 5 and i % 6 != 1)


def test_the_value_of_a_contract_without_a_term_is_taken_for_a_year_and_asked_about(tmp_path: Path) -> None:
    rows = [["contract_id", "customer_id", "start_date", "end_date", "total_contract_value"]]
    rows += [[f"S{i}", f"C{i}", day(i), day(i + 60) if i % 4 == 0 else "", 1231] for i in range(40)]
    write(tmp_path, "subscriptions.csv", rows)
    asked = next(d for d in propose_source(tmp_path).questions if "whole contract" in d.text)
    assert [choice.label for choice in asked.choices] == ["a year's: divided by 12", "a month's"]


def test_what_ended_and_lost_its_period_paid_like_the_others(tmp_path: Path) -> None:
    rows = [["subscription_id", "customer_id", "plan", "price", "billing_period", "start_date", "end_date"]]
    rows += [
        [i, f"c{i}", "Basic", 20, *(["", day(i), day(i + 120)] if i % 3 == 0 else ["month", day(i), ""])]
        for i in range(40)
    ]
    write(tmp_path, "subscriptions.csv", rows)
    assert loaded(tmp_path)["subscriptions"].mrr.sum().execute() == 40 * 20


def test_a_history_of_monthly_revenue_in_its_own_file_is_joined_by_the_name_that_both_have(tmp_path: Path) -> None:
    subs = [
        f"2c92{i:028d},A-S{i:08d},A{i:05d},{day(i, IN_2023)},{day(300, IN_2023) if i % 4 == 0 else ''}"
        for i in range(40)
    ]
    header = "Subscription: ID,Subscription: Name,Account: Account Number,Subscription: Start Date,"
    write(tmp_path, "Subscription.csv", [header + "Subscription: Cancelled Date", *subs])
    charges = [f"A-S{i:08d},{day(i, IN_2023)},100" for i in range(40)] + [
        f"A-S{i:08d},{day(150, IN_2023)},130" for i in range(10)
    ]
    header = "Subscription: Name,Rate Plan Charge: Effective Start Date,Rate Plan Charge: MRR"
    write(tmp_path, "RatePlanCharge.csv", [header, *charges])
    _, crm = proposed_and_loaded(tmp_path)
    assert float(mrr(crm, day(200, IN_2023)).mrr.sum().execute()) == 40 * 100 + 10 * 30
    assert float(mrr(crm, day(100, IN_2023)).mrr.sum().execute()) == 40 * 100


def test_a_column_whose_words_are_all_periods_is_the_billing_period_whatever_it_is_called(tmp_path: Path) -> None:
    every = ("monatlich,10", "jährlich,120", "vierteljährlich,30")
    rows = [f"V{i},K{i},{day(i, IN_2023)},{every[i % 3]}" for i in range(40)]
    write(tmp_path, "Verträge.csv", ["Vertragsnr,Kundennr,Beginn,Abrechnung,Betrag", *rows])
    crm = proposed_and_loaded(tmp_path)[1]
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == 400


def test_instalments_of_devices_are_no_recurring_revenue(tmp_path: Path) -> None:
    lines = [
        f"+44{i:07d},7{i % 20:05d},{day(i, IN_2023)},{day(i + 90, IN_2023) if i % 5 == 0 else ''},20.00"
        for i in range(40)
    ]
    write(tmp_path, "lines.csv", ["MSISDN,SubscriberNo,ActivatedOn,CeasedOn,MonthlyFee", *lines])
    plans = [f"IP{i},7{i % 20:05d},{day(i, IN_2023)},{day(i + 700, IN_2023)},25.00" for i in range(20)]
    write(
        tmp_path, "device_instalments.csv", ["InstalmentPlan,SubscriberNo,StartDate,EndDate,MonthlyInstalment", *plans]
    )
    write(
        tmp_path, "subscribers.csv", ["SubscriberNo,RegisteredOn", *[f"7{i:05d},{day(i, IN_2023)}" for i in range(20)]]
    )
    proposal, crm = proposed_and_loaded(tmp_path)
    assert (proposal["subscriptions"].file, "device_instalments" in proposal.unused) == ("lines", True)
    assert float(mrr(crm, day(60, IN_2023)).mrr.sum().execute()) == 40 * 20


def test_a_discount_in_percent_is_taken_off_the_price_of_a_subscription(tmp_path: Path) -> None:
    rows = [f"S{i},C{i},{day(i, IN_2023)},,30.00,month,{20 if i % 4 == 0 else 0}" for i in range(40)]
    write(tmp_path, "subscriptions.csv", ["id,customer_id,start_date,end_date,price,interval,discount_percent", *rows])
    proposal, crm = proposed_and_loaded(tmp_path)
    assert float(crm["subscriptions"].mrr.sum().execute()) == 30 * 30 + 10 * 24
    assert any("discount_percent" in doubt for doubt in proposal.unsure)


def test_interrupted_deliveries_are_pauses_and_a_term_of_payment_is_brought_to_a_month(tmp_path: Path) -> None:
    rows = [[f"AB{i}", f"K{i}", f"{day(9 * i):%d-%m-%Y}", "30.00", "kwartaal"] for i in range(30)]
    write(tmp_path, "abonnementen.csv", [["Abonnementnr", "Klantnr", "Ingangsdatum", "Prijs", "Betaaltermijn"], *rows])
    away = [[f"AB{i}", f"{day(200):%d-%m-%Y}", f"{day(400):%d-%m-%Y}", "vakantie"] for i in range(4)]
    write(tmp_path, "bezorgonderbrekingen.csv", [["Abonnementnr", "Vanaf", "Tot en met", "Reden"], *away])
    crm = loaded(tmp_path)
    assert crm["subscription_changes"].count().execute() == 8
    assert recurring(crm) == 10 * (30 - 4)


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


def test_where_some_left_as_paid_those_who_left_as_free_never_paid(tmp_path: Path) -> None:
    rows: list[list[object]] = [["subscription_id", "customer_id", "plan_type", "start_date", "end_date"]]
    rows += [
        [f"S{i}", f"C{i}", "Free" if i % 3 == 0 else "Paid", day(i), day(60 + i) if i % 2 else ""] for i in range(60)
    ]
    write(tmp_path, "subscriptions.csv", rows)
    assert not any("read as paid until then" in question for question in propose_source(tmp_path).unsure)


def test_a_membership_fee_in_danish_pays_for_as_long_as_its_column_of_periods_says(tmp_path: Path) -> None:
    rows = [[f"P{i}", day(i), "", "180 kr", "årligt"] for i in range(12)]
    write(tmp_path, "medlemmer.csv", [["medlem", "indmeldt", "udmeldt", "kontingent", "betaling"], *rows])
    assert recurring(loaded(tmp_path)) == 12 * 15
