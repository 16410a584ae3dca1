"""Columns written because customers left are named, whatever their table; honest warning signs are not."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.check.reports import check_files
from workbench.check import LIMITS, Finding, check_crm
from workbench.check.findings import judge
from workbench.check.leak_checks import check_leaks
from workbench.crm import Crm, load_tables
from workbench.sources import read_source

LEAKS = ("leak", "only leavers", "predicts too early", "looks like the answer")
TABLES = ("customers", "subscriptions", "cancellations", "tickets", "contacts", "events")


@pytest.fixture(scope="module")
def frames(demo_check: tuple[Crm, Path]) -> dict[str, pd.DataFrame]:
    return {name: demo_check[0][name].to_pandas() for name in TABLES}


@pytest.fixture(scope="module")
def left(frames: dict[str, pd.DataFrame]) -> pd.Series:
    """Return when customers left: by a cancellation, else by the end of the last of their paid subscriptions."""
    paid = frames["subscriptions"].query("kind == 'paid'").groupby("customer_id").ended_at
    ended = paid.max()[paid.count() == paid.size()]
    return frames["cancellations"].groupby("customer_id").occurred_at.max().combine_first(ended)


def leaks(frames: dict[str, pd.DataFrame], **planted: pd.DataFrame) -> list[Finding]:
    names = {"customers", "subscriptions", "cancellations", *planted}
    return leaks_of({name: rows for name, rows in {**frames, **planted}.items() if name in names})


def leaks_of(frames: dict[str, pd.DataFrame]) -> list[Finding]:
    return list(judge(check_leaks(load_tables(frames)), LIMITS))


def test_the_simulated_company_gives_no_alarm(demo_check: tuple[Crm, Path]) -> None:
    crm, source = demo_check
    assert check_crm(crm, read_source(source)).findings == ()


ONLY_LEAVERS = ("acquisition_cost", "preferred_channel", "company_size")


@pytest.fixture(scope="module")
def planted(frames: dict[str, pd.DataFrame], left: pd.Series) -> dict[str, Finding]:
    """What is found, by place, where columns of customers, subscriptions, tickets, contacts and events know who left."""
    customers, tickets, contacts, events = (frames[name] for name in ("customers", "tickets", "contacts", "events"))
    gone = customers.customer_id.isin(left.index)
    filled = {column: customers[column].where(gone) for column in ONLY_LEAVERS}
    country = customers.country
    over_written = {
        "industry": customers.industry.mask(gone, "closed"),
        "country": country.mask(gone, country.mode()[0]),
    }
    backdated = contacts.customer_id.map(left) - pd.Timedelta(days=20)
    dated = (contacts.role == "decision maker") & (backdated > contacts.joined_at)
    days_left = (events.customer_id.map(left) - events.occurred_at).dt.days
    every, rows = np.arange(len(contacts)), frames["subscriptions"]
    former = contacts.customer_id.isin(left.index).to_numpy() & (every % 10 > 0) | (every % 25 == 0)
    over = rows.customer_id.isin(left.index)
    found = leaks(
        frames,
        customers=customers.assign(**filled, **over_written),
        subscriptions=rows.assign(
            auto_renew=~over & (np.arange(len(rows)) % 7 > 0), mrr=rows["mrr"].mask(over, Decimal(0))
        ),
        tickets=relabelled(tickets, last_before(tickets, left)),
        contacts=contacts.assign(
            left_at=contacts.left_at.mask(dated, backdated), role=contacts["role"].mask(former, "former user")
        ),
        events=events.assign(event=events.event.mask(days_left.between(2, 60), "save_offer")),
    )
    return {finding.where: finding for finding in found}


def last_before(tickets: pd.DataFrame, left: pd.Series) -> pd.Series:
    """Return which tickets are a customer's last before the departure."""
    earlier = tickets[tickets.opened_at < tickets.customer_id.map(left)].sort_values("opened_at")
    return pd.Series(tickets.index.isin(earlier.groupby("customer_id").tail(1).index), index=tickets.index)


def relabelled(tickets: pd.DataFrame, which: pd.Series) -> pd.DataFrame:
    return tickets.assign(kind=tickets.kind.mask(which, "complaint"))


def test_what_was_planted_is_named_and_nothing_else(planted: dict[str, Finding]) -> None:
    others = {"tickets.kind", "contacts.left_at", "contacts.role", "events.event"}
    written_over = {"subscriptions.auto_renew", "subscriptions.mrr", "customers.industry", "customers.country"}
    assert set(planted) == {*(f"customers.{column}" for column in ONLY_LEAVERS), *others, *written_over}


@pytest.mark.parametrize("column", ["auto_renew", "mrr"])
def test_what_a_subscription_was_written_over_with_is_named_and_stops_nothing(
    column: str, planted: dict[str, Finding]
) -> None:
    """Both hold the value of the export's day, which is no warning sign."""
    assert planted[f"subscriptions.{column}"].severity == "warning"


def test_a_contact_s_role_written_over_when_the_customer_left_is_named(planted: dict[str, Finding]) -> None:
    assert "customers that leave ever" in planted["contacts.role"].sentence


@pytest.mark.parametrize("column", ONLY_LEAVERS)
def test_a_column_filled_only_for_leavers_is_named(column: str, planted: dict[str, Finding]) -> None:
    finding = planted[f"customers.{column}"]
    assert finding.rule == "only leavers"
    assert f"customers.{column}" in finding.cure


def test_a_value_overwritten_when_the_account_is_closed_is_named(planted: dict[str, Finding]) -> None:
    assert planted["customers.industry"].sentence.startswith("industry is closed only for customers that left: ")


def test_a_value_that_all_who_left_were_given_is_named_though_others_have_it_too(planted: dict[str, Finding]) -> None:
    finding = planted["customers.country"]
    assert finding.rule == "only leavers"
    assert "others have another value" in finding.sentence


def test_tickets_relabelled_at_departure_are_named(planted: dict[str, Finding]) -> None:
    finding = planted["tickets.kind"]
    assert finding.rule == "leak"
    assert finding.auc is not None and finding.auc > 0.8


def test_tickets_relabelled_half_a_year_before_departure_are_named(
    frames: dict[str, pd.DataFrame], left: pd.Series
) -> None:
    tickets = frames["tickets"]
    departure = tickets.customer_id.map(left)
    half_a_year = (tickets.opened_at < departure) & (tickets.opened_at >= departure - pd.Timedelta(days=182))
    (finding,) = leaks(frames, tickets=relabelled(tickets, half_a_year))
    assert (finding.rule, finding.where) == ("leak", "tickets.kind")
    assert finding.auc is not None and finding.auc > 0.8


def test_a_contact_s_leaving_backdated_from_the_departure_stops(planted: dict[str, Finding]) -> None:
    assert planted["contacts.left_at"].severity == "stop"


def test_an_event_that_only_leavers_have_is_named(planted: dict[str, Finding]) -> None:
    assert planted["events.event"].sentence.startswith("event is save_offer only for customers that left: ")


def test_a_flag_of_the_usage_export_is_named_by_its_raw_name_though_not_mapped(tmp_path: Path) -> None:
    usage, ends = ["who,day,pre_churn_flag"], ["id,who,begin,stop"]
    for i in range(100):
        gone = i % 4 == 0
        ends.append(f"s{i},c{i},2023-01-01,{'2024-03-01' if gone else ''}")
        usage += [f"c{i},2024-{month:02d}-10,{int(gone and month == 2)}" for month in (1, 2, 3, 4, 5, 6)]
    yaml = (
        "name: n\ncurrency: EUR\nfiles: {u: {path: u.csv}, s: {path: s.csv}}\ntables:\n"
        "  events: {from: u, columns: {customer_id: who, occurred_at: day}}\n"
        "  subscriptions: {from: s, columns: {subscription_id: id, customer_id: who, started_at: begin, ended_at: stop}}"
    )
    report = check_files(tmp_path, yaml, u="\n".join(usage), s="\n".join(ends))
    (finding,) = [f for f in report.findings if f.rule in LEAKS]
    assert finding.where == "events.pre_churn_flag"
    assert finding.sentence == ("pre_churn_flag is 1 only for customers that left: 25 of 25, none of 75 others.")
    assert finding.cure.startswith("pre_churn_flag is not mapped, so no report sees it.")


def test_a_habit_known_a_year_ahead_is_named() -> None:
    rows, ends = list[dict[str, object]](), list[dict[str, object]]()
    for i in range(200):
        gone = pd.Timestamp("2024-06-01") + pd.Timedelta(days=i) if i % 2 else None
        ends.append({"subscription_id": f"s{i}", "customer_id": f"c{i}", "started_at": "2023-01-01", "ended_at": gone})
        plan = "old" if (i % 2 and i % 10) or i % 20 == 2 else "new"
        dates = pd.date_range("2023-01-05", gone or "2025-06-01", freq="30D")
        rows += [{"customer_id": f"c{i}", "occurred_at": day, "event": plan} for day in dates]
    found = leaks_of({"subscriptions": pd.DataFrame(ends), "events": pd.DataFrame(rows)})
    assert [f.where for f in found if f.rule in ("leak", "predicts too early")] == ["events.event"]


def test_who_left_without_a_cancellation_left_too() -> None:
    names = [f"c{i}" for i in range(100)]
    gone, cancelled = names[:40], names[:20]
    subscriptions = pd.DataFrame(
        {"subscription_id": names, "customer_id": names, "started_at": "2023-01-01", "kind": "paid",
         "ended_at": ["2024-03-01" if name in gone else None for name in names]}
    )  # fmt: skip
    tried = pd.DataFrame(
        {"subscription_id": ["t"], "customer_id": ["c99"], "started_at": "2022-12-01", "kind": "trial",
         "ended_at": "2024-06-01"}
    )  # fmt: skip
    sizes = ["0" if name in gone else "11-50" for name in names]
    (finding,) = leaks_of(
        {
            "customers": pd.DataFrame({"customer_id": names, "company_size": sizes}),
            "subscriptions": pd.concat([subscriptions, tried]),
            "cancellations": pd.DataFrame({"customer_id": cancelled, "occurred_at": "2024-02-01"}),
        }
    )
    assert finding.sentence == "company_size is 0 only for customers that left: 40 of 40, none of 60 others."


def test_what_was_written_over_when_service_ended_is_named_though_some_cancelled_and_came_back(
    frames: dict[str, pd.DataFrame], left: pd.Series
) -> None:
    customers, subscriptions, contacts = (frames[name] for name in ("customers", "subscriptions", "contacts"))
    ended = subscriptions.query("kind == 'paid'").groupby("customer_id").ended_at
    over = ended.max()[ended.count() == ended.size()]
    assert len(over) < len(left)
    gone, size = customers.customer_id.isin(over.index), customers.company_size
    backdated = contacts.customer_id.map(over) - pd.Timedelta(days=120)
    found = leaks(
        frames,
        customers=customers.assign(company_size=size.mask(gone, size.mode()[0])),
        subscriptions=subscriptions.assign(
            plan=subscriptions["plan"].mask(subscriptions.customer_id.isin(over.index), "closed")
        ),
        contacts=contacts.assign(left_at=contacts.left_at.mask(backdated > contacts.joined_at, backdated)),
    )
    assert {f.where for f in found} == {"customers.company_size", "subscriptions.plan", "contacts.left_at"}
    (date,) = [f for f in found if f.where == "contacts.left_at"]
    assert "have left_at within " in date.sentence


def test_a_mark_of_leavers_is_named_though_some_came_back_with_it() -> None:
    """Of 90 customers 33 left, three of whom began anew two months later; all 33 are marked."""
    names = [f"c{i}" for i in range(90)]
    left = np.arange(90) < 33
    rows = pd.DataFrame(
        {
            "subscription_id": [*names, "again0", "again1", "again2"], "customer_id": [*names, *names[:3]],
            "started_at": ["2024-01-01"] * 90 + ["2024-08-01"] * 3,
            "ended_at": [*np.where(left, "2024-05-31", None), None, None, None],
        }
    )  # fmt: skip
    customers = pd.DataFrame({"customer_id": names, "owner": np.where(left, "win back", "team")})
    (finding,) = leaks_of({"customers": customers, "subscriptions": rows})
    assert finding.sentence == (
        "owner is win back only for customers that left: 30 of 30, none of 57 others, but 3 that left and came back."
    )


def test_a_plan_given_up_whose_few_customers_have_all_left_is_no_alarm(frames: dict[str, pd.DataFrame]) -> None:
    rows = frames["subscriptions"]
    few = rows.loc[rows["plan"].notna() & rows.ended_at.notna(), "customer_id"].drop_duplicates()[:15]
    assert leaks(frames, subscriptions=rows.assign(plan=rows["plan"].mask(rows.customer_id.isin(few), "legacy"))) == []


def test_where_no_end_is_recorded_columns_written_over_for_the_silent_are_named() -> None:
    """A shop: every third customer last ordered in July; a cost of 0 lies amid those of the others."""
    names = [f"c{i}" for i in range(150)]
    gone = np.arange(150) % 3 == 0
    dates = [pd.date_range("2024-01-05", "2024-07-01" if left else "2025-06-20", freq="40D") for left in gone]
    orders = [
        {"customer_id": c, "ordered_at": day, "amount": 9} for c, days in zip(names, dates, strict=True) for day in days
    ]
    cost = np.where(gone, 0.0, np.linspace(-40, 40, 150))
    country = np.where(gone, "unknown", np.where(np.arange(150) % 25 == 1, "unknown", "NL"))
    customers = pd.DataFrame(
        {"customer_id": names, "country": country, "acquisition_cost": cost, "segment": ["a", "b"] * 75}
    )
    shop = {"customers": customers, "orders": pd.DataFrame(orders).assign(order_id=range(len(orders)))}
    found = {f.column: f for f in leaks_of(shop)}
    assert set(found) == {"country", "acquisition_cost"}
    assert "silent for 182 days, as no end is recorded" in found["country"].sentence


def test_where_no_end_is_recorded_an_event_that_only_the_silent_have_is_named() -> None:
    """Every third customer of a shop last ordered in July, every seventh of the others in March, too lately to tell."""
    until = [("2024-07-01", "2025-03-10")[i % 3 > 0] if i % 3 == 0 or i % 7 == 1 else "2025-06-20" for i in range(150)]
    visits = [(f"c{i}", day) for i in range(150) for day in pd.date_range("2024-01-05", until[i], freq="40D")]
    orders = pd.DataFrame(visits, columns=["customer_id", "ordered_at"]).assign(amount=9)
    looks = orders.rename(columns={"ordered_at": "occurred_at"})[["customer_id", "occurred_at"]].assign(event="look")
    last = looks.groupby("customer_id").occurred_at.max().loc[lambda at: at < "2025-04-01"] + pd.Timedelta(days=10)
    marked = last.reset_index().assign(event="score_low")
    shop = {"orders": orders.assign(order_id=range(len(orders))), "events": pd.concat([looks, marked])}
    (finding,) = leaks_of(shop)
    assert finding.sentence.startswith("event is score_low only for customers that left: 50 of 50, none of ")
