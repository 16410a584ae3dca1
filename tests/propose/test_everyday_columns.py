"""What the everyday files of a company say beside money: consents, reasons, use by the month, answers, campaigns."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from tests.propose.folders import loaded, write
from tests.propose.test_rows_within_rows import rows_of
from workbench import churn_events
from workbench.actions import allowed_channels
from workbench.crm import Crm

pytestmark = pytest.mark.slow
N = 30
MONTHS = pd.period_range("2024-06", "2024-12", freq="M")


def accounts(folder: Path, **flags: str) -> None:
    """Write a list of accounts; every third says yes to each flag."""
    rows: list[list[object]] = [["AccountNo", "Opened", *flags]]
    rows += [[900 + i, "2024-02-01", *(yes if i % 3 == 0 else "no" for yes in flags.values())] for i in range(N)]
    write(folder, "accounts.csv", rows)


def lines(folder: Path, reasons: list[str]) -> None:
    """Write a line per account; the first ones are ceased, each for one of the reasons."""
    rows: list[list[object]] = [["Line ID", "Account", "Product", "Activated", "Ceased", "Cease reason", "Monthly fee"]]
    for i in range(N):
        left = i < len(reasons)
        rows.append([f"L{i}", 900 + i, "Fibre", "2024-02-01", f"2024-10-{i + 1:02}" if left else "",
                     reasons[i] if left else "", "29.90"])  # fmt: skip
    write(folder, "lines.csv", rows)


def use(folder: Path) -> None:
    """Write a file for each month; account 929 used nothing in any of them."""
    for month in MONTHS:
        rows: list[list[object]] = [["account", "data_gb", "voice_calls"]]
        rows += [[900 + i, 0 if i == N - 1 else 100 + i, 0 if i == N - 1 else 5 + i % 7] for i in range(N)]
        write(folder, f"usage_{month}.csv", rows)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Crm:
    folder = tmp_path_factory.mktemp("isp")
    accounts(folder, email_opt_in="yes", **{"Do Not Call": "yes"})
    lines(folder, ["Competitor", "Non-payment", "Not renewed", "Deceased"])
    use(folder)
    sent: list[list[object]] = [["account", "campaign", "date", "group", "reached", "cost NOK"]]
    sent += [[900 + i, "spring", "2024-05-01", "control" if i % 2 else "contacted", "" if i % 2 else "yes" if i % 4
              else "no", 0 if i % 2 else 35] for i in range(N)]  # fmt: skip
    write(folder, "campaign_spring.csv", sent)
    asked: list[list[object]] = [["acct", "sent", "How likely are you to recommend us (0-10)"]]
    asked += [[900 + i, "2024-09-15", i % 11] for i in range(N)]
    write(folder, "nps.csv", asked)
    return loaded(folder)


def test_a_yes_or_no_per_channel_in_the_list_of_customers_is_a_consent_and_a_yes_to_no_calls_is_none(
    company: Crm,
) -> None:
    found = allowed_channels(company, company.facts.known_until)
    assert found is not None
    assert found["channel"].value_counts().to_dict() == {"phone": N - N // 3, "email": N // 3}


def test_the_use_of_a_month_is_known_at_its_end_and_none_is_no_use(company: Crm) -> None:
    rows = company["events"].to_pandas()
    assert rows["occurred_at"].dt.date.unique().tolist() == [month.end_time.date() for month in MONTHS]
    assert rows.groupby("occurred_at")["quantity"].sum().unique().tolist() == [sum(range(100, 100 + N - 1))]
    assert "929" not in {*rows["customer_id"]}


def test_a_reason_for_the_end_is_a_notice_unless_it_says_that_the_term_was_over(company: Crm) -> None:
    left = churn_events(company).to_pandas().set_index("customer_id")
    assert left["kind"].to_dict() == {"900": "active", "901": "financial", "902": "passive", "903": "active"}
    assert left.loc["900", "reason"] == "competitor"
    assert left.loc["900", "occurred_at"].date() == date(2024, 10, 1)


def test_the_answer_to_a_question_of_a_survey_is_its_score(company: Crm) -> None:
    assert company["surveys"].score.sum().execute() == sum(i % 11 for i in range(N))


def test_a_yes_to_reached_dates_the_contact_of_a_campaign_and_its_cost_is_in_its_currency(company: Crm) -> None:
    rows = company["treatments"].to_pandas()
    assert (rows["contacted_at"].notna().sum(), rows["cost"].sum()) == (7, 15 * 35)


def test_a_list_of_answers_per_channel_is_one_of_consents_given_and_withdrawn() -> None:
    rows = rows_of(
        "account channel opt_in updated",
        ("1", "email", "Y", "2024-01-05"),
        ("1", "sms", "N", "2024-03-01"),
        ("2", "email", "", "2024-02-01"),
        ("3", "email", "Y", None),
        ("3", "sms", "N", None),
    )
    assert [tuple(row.values()) for row in rows] == [
        ("1", "email", "2024-01-05", None),
        ("1", "sms", None, "2024-03-01"),
        ("3", "email", None, None),
    ]


def test_answers_count_by_their_last_change_and_without_any_date_too() -> None:
    (changed,) = rows_of("account channel opt_in created updated", ("1", "sms", "N", "2024-01-05", "2024-03-01"))
    assert changed["withdrawn_at"] == "2024-03-01"
    (undated,) = rows_of("account channel consent", ("1", "sms", "yes"))
    assert (undated["channel"], undated["granted_at"], undated["withdrawn_at"]) == ("sms", None, None)


def test_a_state_of_subscription_is_a_consent_only_where_it_is_confirmed(tmp_path: Path) -> None:
    states = ["SUBSCRIBED", "UNSUBSCRIBED", "NEVER_SUBSCRIBED"]
    rows = [[f"C{i}", "2024-01-01", states[i % 3], "pending" if i % 2 else "subscribed"] for i in range(30)]
    write(tmp_path, "customers.csv", [["id", "joined", "Email Marketing Consent", "sms_consent.state"], *rows])
    sold = [[i, f"C{i % 30}", f"2024-03-{1 + i % 28:02}", "9.00"] for i in range(60)]
    write(tmp_path, "orders.csv", [["order_id", "customer_id", "ordered_at", "amount"], *sold])
    crm = loaded(tmp_path)
    found = allowed_channels(crm, crm.facts.known_until)
    assert found is not None
    assert found["channel"].value_counts().to_dict() == {"sms": 15, "email": 10}


def test_messages_that_were_sent_by_a_channel_are_no_consents() -> None:
    (row,) = rows_of("account channel opened sent_at", ("1", "email", "Y", "2024-01-05"))
    assert "granted_at" not in row
