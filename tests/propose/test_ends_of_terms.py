"""When service ended: ends, notices, terms, pauses, and the day of the export."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tests.propose.folders import (
    EXPORT,
    IN_2023,
    IN_2025,
    contracts,
    contracts_with,
    day,
    doubt,
    loaded,
    proposed_and_loaded,
    recurring,
    topics,
    write,
)
from workbench import churn_events, lives, mrr
from workbench.propose import propose_source


def test_the_date_that_only_cancelled_subscriptions_have_is_their_end(tmp_path: Path) -> None:
    contracts(tmp_path, "status=Active|Terminated", "date_changed=0000-00-00|2024-03-05 03:00:00", "monthly_fee=30")
    proposal = propose_source(tmp_path)
    assert "stands beside cancelled subscriptions" in " ".join(proposal.unsure)
    ends = loaded(tmp_path, proposal)["subscriptions"].ended_at
    assert (ends.count().execute(), ends.max().execute().date()) == (6, date(2024, 3, 5))


def test_words_beside_dates_are_no_date_and_words_of_leaving_are_not_passed_over(tmp_path: Path) -> None:
    contracts(tmp_path, "end_date=ongoing|2024-03-05", "monthly_fee=30")
    proposal = propose_source(tmp_path)
    assert "end_date holds 'ongoing' in some rows" in " ".join(proposal.unsure)
    assert loaded(tmp_path, proposal).facts.loaded["subscriptions"] == 12
    contracts(tmp_path, "end_date=cancelled|2024-03-05", "monthly_fee=30")
    asked = topics(propose_source(tmp_path))
    assert "undated" in asked
    assert "no_dates" not in asked


def test_pauses_are_known_by_words_of_rest_and_return(tmp_path: Path) -> None:
    contracts(tmp_path, "monthly_fee=30")
    rests = [[f"C{i}", day(40 + i), day(60 + i), "holiday"] for i in range(6)]
    write(tmp_path, "pauses.csv", [["customer_id", "paused_at", "resumed_at", "reason"], *rests], ";")
    assert propose_source(tmp_path)["subscription_changes"].file == "pauses"


def test_until_when_a_customer_is_bound_is_no_end_and_says_so(tmp_path: Path) -> None:
    rows = [["Contract No", "Customer No", "Start date", "Binding until", "Monthly fee"]]
    rows += [[f"C{i}", f"K{i}", day(i, IN_2025), day(365 + i, IN_2025), "30.00"] for i in range(20)]
    write(tmp_path, "contracts.csv", rows, ";")
    subscriptions = propose_source(tmp_path)["subscriptions"]
    assert "ended_at" not in subscriptions.columns
    assert subscriptions.unmapped["Binding until"].startswith("until when the customer is bound")


def test_the_day_in_the_name_of_a_list_of_contracts_is_that_of_the_export_weeks_after_their_last_change(
    tmp_path: Path,
) -> None:
    contracts_with(tmp_path, ["Monthly fee"], ("30.00",))
    (tmp_path / "contracts.csv").rename(tmp_path / "Contracts 31.12.2025.csv")
    assert propose_source(tmp_path).settings["exported_at"][0] == "2025-12-31"


def test_the_day_on_which_some_left_is_no_end_of_the_term_of_a_contract(tmp_path: Path) -> None:
    rows = [["Contract #", "Customer #", "Start Date", "End Date", "Total Contract Value"]]
    rows += [
        [f"C{i}", f"K{i}", day(i, IN_2025), day(110 + i, IN_2025) if i % 3 == 0 else "", "1200"] for i in range(24)
    ]
    write(tmp_path, "contracts.csv", rows, ";")
    proposal = propose_source(tmp_path)
    assert loaded(tmp_path, proposal)["subscriptions"].mrr.count().execute() == 24
    assert "nothing says for how long" in doubt(proposal, "period").text


def test_members_end_on_the_day_on_which_they_were_deleted(tmp_path: Path) -> None:
    rows = [["id", "email", "created_at", "deleted_at", "tiers"]]
    rows += [[f"{i:024x}", f"m{i}@x.example", day(i), day(i + 90) if i % 5 == 0 else "", "Gold"] for i in range(40)]
    write(tmp_path, "members.csv", rows)
    crm = loaded(tmp_path)
    assert crm["subscriptions"].ended_at.count().execute() == 8
    assert isinstance(crm.facts.known_until.date(), date)


def test_a_row_for_each_yearly_term_ends_with_it_although_some_were_cancelled(tmp_path: Path) -> None:
    rows = [["PolicyNumber", "AccountNumber", "PeriodStart", "PeriodEnd", "Status", "CancellationDate", "TotalPremium"]]
    for i in range(30):
        for year in (2023, 2024):
            cancelled = date(2024, 3, 1) if (year, i % 10) == (2024, 0) else ""
            dates = [date(year, 2, 1 + i % 20), date(year + 1, 2, 1 + i % 20), "Bound", cancelled]
            if year == 2023 or i % 3 != 1:
                rows.append([f"P{i}", f"A{i % 25}", *dates, 361])
    rows.append(["P31", "A1", date(2024, 5, 1), date(2025, 5, 1), "Quoted", "", 361])
    write(tmp_path, "periods.csv", rows, "|")
    proposal = propose_source(tmp_path)
    assert "ended_at" in proposal["subscriptions"].columns
    assert "'year'" in proposal["subscriptions"].columns["mrr"].sql
    assert proposal["subscriptions"].statuses[0]["values"]["quoted"] == "refuse"


def test_the_deletion_of_a_record_is_no_end_beside_a_cancellation(tmp_path: Path) -> None:
    rows = [["id", "customer_id", "plan", "price", "created_at", "cancelled_at", "deleted_at"]]
    for i in range(40):
        rows.append([i, f"c{i}", "Basic", 20, day(i), day(i + 100) if i % 4 == 0 else "", ""])
        rows[-1][-1] = day(i + 300) if i % 8 == 0 else ""
    write(tmp_path, "subscriptions.csv", rows)
    assert recurring(loaded(tmp_path)) == 30 * 20


def test_a_departure_after_the_last_row_moves_the_end_of_the_data_and_is_asked(tmp_path: Path) -> None:
    header = "subscription_id,customer_id,plan,price,interval,start_date,end_date"
    rows = [
        f"S{i},C{i},Pro,20,month,{day(i, IN_2023)},{day(200 + i, IN_2023) if i % 4 == 0 else ''}" for i in range(40)
    ]
    write(tmp_path, "subscriptions.csv", [header, *rows])
    proposal, crm = proposed_and_loaded(tmp_path)
    assert crm.facts.known_until.date() == day(237, IN_2023)
    assert any(doubt.startswith("exported_at") for doubt in proposal.unsure)
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == 30 * 20


def test_a_notice_without_an_end_of_service_is_asked_with_its_number(tmp_path: Path) -> None:
    rows = [
        f"s{i},c{i},{day(i, IN_2023)},{day(i + 30, IN_2023) if i % 4 == 0 else ''},{day(i + 60, IN_2023) if i % 8 == 0 else ''},10.00"
        for i in range(80)
    ]
    write(tmp_path, "subscriptions.csv", ["subscription_id,customer_id,started_at,cancelled_at,ended_at,mrr", *rows])
    proposal, crm = proposed_and_loaded(tmp_path)
    assert any("subscriptions have a notice and no end of service" in doubt for doubt in proposal.unsure)
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == 800 - 10 * (6 + 2)


def test_a_billing_problem_that_lasts_is_the_reason_why_service_ended(tmp_path: Path) -> None:
    rows = [
        f"S{i},C{i},{day(5 * i, IN_2023)},{day(5 * i + 30, IN_2023) if i < 20 else ''},30.00,month,{day(5 * i + 25, IN_2023) if i < 5 else ''}"
        for i in range(40)
    ]
    header = "id,customer_id,start_date,end_date,price,interval,billing_issues_detected_at"
    write(tmp_path, "subscriptions.csv", [header, *rows])
    _, crm = proposed_and_loaded(tmp_path)
    kinds = lives(crm).kind.to_pandas().value_counts()
    assert kinds.to_dict() == {"financial": 5, "passive": 15}


def test_a_row_for_each_paid_year_ends_with_its_year(tmp_path: Path) -> None:
    members = [[f"M{i}", day(3 * i)] for i in range(40)]
    write(tmp_path, "members.csv", [["Member No", "Joined"], *members])
    paid = [(i, year) for i in range(40) for year in range(1 if i < 10 else 2)]
    rows = [
        [n, f"M{i}", day(3 * i + 366 * year), day(3 * i + 366 * year + 365), "60.00"]
        for n, (i, year) in enumerate(paid)
    ]
    write(tmp_path, "subscriptions_paid.csv", [["Receipt No", "Member No", "Period From", "Period To", "Fee"], *rows])
    crm = loaded(tmp_path)
    assert recurring(crm) == 30 * 5
    assert churn_events(crm).customer_id.nunique().execute() == 10


def test_pauses_from_and_to_of_a_gym_are_pauses_and_one_that_lies_ahead_moves_no_end(tmp_path: Path) -> None:
    members = [["Nº socio", "Fecha alta", "Fecha baja", "Cuota mensual"]]
    members += [[f"S{i}", f"{day(15 * i):%d/%m/%Y}", f"{EXPORT:%d/%m/%Y}" if i < 3 else "", "30,00"] for i in range(30)]
    write(tmp_path, "socios.csv", members, ";", "windows-1252")
    ahead = EXPORT + timedelta(days=20)
    frozen = [
        ["Nº socio", "Desde", "Hasta"],
        ["S9", "01/03/2025", f"{ahead:%d/%m/%Y}"],
        ["S8", "01/02/2025", "20/02/2025"],
    ]
    write(tmp_path, "congelaciones.csv", frozen, ";", "windows-1252")
    crm = loaded(tmp_path)
    assert crm["subscription_changes"].count().execute() == 4
    assert str(crm.facts.known_until)[:10] == "2025-04-01"
    assert recurring(crm) == (30 - 3 - 1) * 30


def test_the_end_of_a_policys_term_is_no_end_of_service_and_a_yearly_premium_is_a_twelfth_a_month(
    tmp_path: Path,
) -> None:
    rows = [["N° police", "N° client", "Date d'effet", "Date d'échéance", "Date de résiliation", "Prime annuelle"]]
    for i in range(30):
        ends = ["", f"{day(300 + i):%d/%m/%Y}"] if i < 6 else [f"{day(500 + i):%d/%m/%Y}", ""]
        rows.append([f"P{i:03d}", f"CL{i % 25:03d}", f"{day(i):%d/%m/%Y}", *ends, "240,00"])
    write(tmp_path, "polices.csv", rows, ";", "utf-8-sig")
    crm = loaded(tmp_path)
    assert recurring(crm) == 24 * 20
    assert "renews_at" in crm["subscriptions"].columns


def test_an_end_in_the_year_9999_is_none_and_meter_readings_are_no_sales(tmp_path: Path) -> None:
    contracts = [["Vertragskonto", "Geschäftspartner", "Lieferbeginn", "Lieferende", "Abschlag monatlich"]]
    contracts += [[4000 + i, f"GP{i:04d}", f"{day(i):%d.%m.%Y}", "31.12.9999", "68,00"] for i in range(30)]
    readings = [["Vertragskonto", "Ablesedatum", "Zählerstand (kWh)"]]
    readings += [[4000 + i % 30, f"{day(100 + i):%d.%m.%Y}", f"1.{i:03d},00"] for i in range(90)]
    write(tmp_path, "Verträge.csv", contracts, ";")
    write(tmp_path, "Zählerstände.csv", readings, ";")
    crm = loaded(tmp_path)
    assert recurring(crm) == 30 * 68
    assert "orders" not in crm
    assert crm["events"].count().execute() == 90


def test_of_several_versions_of_a_subscription_the_last_one_holds(tmp_path: Path) -> None:
    names = ("Name", "Version", "Status", "Original Created Date", "Contract Effective Date", "Cancelled Date", "CMRR")
    rows: list[list[object]] = [[*(f"Subscription: {name}" for name in names), "Account: ID"]]
    for i in range(20):
        rows.append([f"A-S{i}", 1, "Expired", day(i), day(i), "", 50, f"acc{i}"])
        left = "Cancelled" if i < 5 else "Active"
        rows.append([f"A-S{i}", 2, left, day(i), day(i + 100), day(300 + i) if i < 5 else "", 75, f"acc{i}"])
    write(tmp_path, "Subscription.csv", rows)
    crm = loaded(tmp_path)
    assert crm["subscriptions"].count().execute() == 20
    assert recurring(crm) == 15 * 75


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


def test_the_day_of_a_pause_is_no_end_of_service(tmp_path: Path) -> None:
    contracts(tmp_path, "status=active|paused|active|active", "paused_at=|2024-01-13||")
    proposal, crm = proposed_and_loaded(tmp_path)
    assert "ended_at" not in proposal["subscriptions"].columns
    assert recurring(crm) == 9 * 30.0


def test_until_when_a_subscription_is_paused_is_no_end_and_its_file_no_list_of_pauses(tmp_path: Path) -> None:
    for columns in (["paused_until=|2024-03-01"], ["pause_start=|2024-01-20", "pausiert_bis=|2024-03-01"]):
        contracts(tmp_path, "status=active|paused", *columns)
        proposal = propose_source(tmp_path)
        assert "ended_at" not in proposal["subscriptions"].columns
        assert "paused" in topics(proposal)


def test_pauses_of_members_known_by_their_address_are_theirs(tmp_path: Path) -> None:
    rows = [[f"u{i}@x.example", f"Name{i}", day(i), 30] for i in range(24)]
    write(tmp_path, "members.csv", [["email", "name", "joined_on", "monthly_fee"], *rows])
    rests = [[f"u{i}@x.example", day(40), day(60)] for i in range(0, 24, 4)]
    write(tmp_path, "pauses.csv", [["email", "paused_from", "paused_until"], *rests])
    assert loaded(tmp_path).facts.loaded["subscription_changes"] == 12


def test_the_day_on_which_mails_ended_is_no_end_of_what_is_paid_for(tmp_path: Path) -> None:
    contracts(tmp_path, "cancelled_at=|2024-03-01|", "unsub_date=|2024-02-01|2024-02-20")
    subscriptions = propose_source(tmp_path)["subscriptions"]
    assert subscriptions.columns["cancelled_at"].raw == ("cancelled_at",)
    assert "ended_at" not in subscriptions.columns
