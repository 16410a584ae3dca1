"""Signs that are easily got wrong, each counted by hand on a customer or two."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.crm.asof import Crm
from workbench.features import all_but

EVENTS = {"customer_id": ["ann", "bob"], "occurred_at": ["2023-01-02", "2023-01-02"], "event": "login"}
LAST = {"customer_id": "zoe", "occurred_at": "2024-12-31", "event": "login"}


def company(**tables: Any) -> Crm:
    """Return a company whose users are there from the start of 2023, unless stated otherwise, to the end of 2024."""
    return loaded(pickle.dumps(tables))


@cache
def loaded(tables: bytes) -> Crm:
    """Load typed tables once, however many cases ask about them."""
    frames = {name: pd.DataFrame(rows) for name, rows in ({"events": EVENTS} | pickle.loads(tables)).items()}
    frames["events"] = pd.concat([frames["events"], pd.DataFrame([LAST])])
    return wb.load_tables(frames)


def feature_of(feature: str, as_of: str, who: str = "ann", **tables: Any) -> float | None:
    """Return a feature of one customer."""
    panel = wb.build_features(company(**tables), as_of, leave_out=all_but(feature)).to_pandas()
    value = panel.set_index("customer_id").loc[who, feature]
    return None if pd.isna(value) else float(value)


def features_of(names: list[str], as_of: list[str], **tables: Any) -> dict[tuple[str, str, pd.Timestamp], Any]:
    """Return features of all customers at all snapshots, by feature, customer and snapshot, in one panel."""
    panel = wb.build_features(company(**tables), as_of, leave_out=all_but(*names)).to_pandas()
    values = panel.set_index(["customer_id", "as_of"])[names].astype(object)
    return {
        (name, *key): None if pd.isna(value) else float(value) for name in names for key, value in values[name].items()
    }


def users(names: Iterable[str]) -> dict[str, Any]:
    return {"customer_id": [*names], "occurred_at": "2023-01-02", "event": "login"}


def subscription(**more: Any) -> dict[str, Any]:
    return {"subscription_id": ["s"], "customer_id": ["ann"], "started_at": ["2023-02-01"], "ended_at": [None]} | more


def changes(*rows: tuple[Any, ...]) -> dict[str, list[Any]]:
    return dict(
        zip(("subscription_id", "changed_at", "change", "mrr"), map(list, zip(*rows, strict=True)), strict=True)
    )


LOG = changes(
    ("s", "2023-02-01", "plan", 100), ("s", "2024-05-01", "auto_renew", None), ("s", "2024-05-20", "plan", 80),
    ("s", "2024-07-01", "paused", 80), ("s", "2024-08-01", "resumed", None),
)  # fmt: skip


PAID = [
    ("mrr", "2024-05-10", 100),
    ("mrr", "2024-05-25", 80),
    ("mrr_change_90d", "2024-05-25", -20),
    ("n_downgrades_90d", "2024-05-25", 1),
    ("mrr", "2024-07-15", 0),
    ("mrr", "2024-08-15", 80),
    ("n_downgrades_90d", "2024-08-15", 1),
]


@cache
def paid() -> dict[tuple[str, str, pd.Timestamp], Any]:
    names, days, _ = (sorted({*values}) for values in zip(*PAID, strict=True))
    return features_of(names, days, subscriptions=subscription(), subscription_changes=LOG)


@pytest.mark.parametrize(("feature", "as_of", "expected"), PAID)
def test_what_is_paid_survives_changes_without_a_price_and_pauses(feature: str, as_of: str, expected: float) -> None:
    assert paid()[feature, "ann", pd.Timestamp(as_of)] == expected


def test_what_is_paid_is_what_the_metric_says() -> None:
    crm = company(subscriptions=subscription(), subscription_changes=LOG)
    days = ["2023-03-01", "2024-05-10", "2024-05-25", "2024-07-15", "2024-08-15"]
    found = features_of(["mrr"], days, subscriptions=subscription(), subscription_changes=LOG)
    for at in pd.to_datetime(days):
        (amount,) = wb.mrr(crm, at.to_pydatetime()).to_pandas()["mrr"]
        assert found["mrr", "ann", at] == float(amount)


@pytest.mark.parametrize(
    ("as_of", "mrr", "n_live"), [("2024-05-01", 100, 1), ("2024-05-20", 100, 1), ("2024-05-21", 0, 0)]
)
def test_a_notice_is_the_end_where_the_source_has_no_other(as_of: str, mrr: float, n_live: int) -> None:
    noticed = {"subscription_id": ["s"], "customer_id": ["ann"], "started_at": ["2023-02-01"],
               "cancelled_at": ["2024-05-20"]}  # fmt: skip
    tables = {"subscriptions": noticed, "subscription_changes": changes(("s", "2023-02-01", "plan", 100))}
    assert feature_of("mrr", as_of, **tables) == mrr
    assert feature_of("n_live_subscriptions", as_of, **tables) == n_live


def test_an_excluded_account_has_no_row_and_no_part_in_the_companys_norm() -> None:
    tickets = {
        "ticket_id": ["0", "1", "2"], "customer_id": ["bob", "ann", "test"],
        "opened_at": ["2023-01-03", "2024-05-20 10:00", "2024-05-20 10:00"],
        "first_response_at": [None, "2024-05-20 12:00", "2024-05-24 10:00"],
    }  # fmt: skip
    customers = {"customer_id": ["ann", "test"], "exclude_reason": [None, "test account"]}
    crm = company(tickets=tickets, customers=customers, subscriptions=subscription(customer_id=["test"]))
    panel = wb.build_features(crm, "2024-06-01", leave_out=all_but("subscription_days")).to_pandas()
    assert set(panel["customer_id"]) == set()
    tables = {"tickets": tickets, "customers": customers}
    assert feature_of("first_response_hours_against_company", "2024-06-01", **tables) == 1


def test_automatic_renewal_is_looked_at_subscription_by_subscription() -> None:
    two = {
        "subscription_id": ["s", "t"], "customer_id": "ann", "started_at": "2023-02-01", "ended_at": None,
    }  # fmt: skip
    once = changes(("s", "2024-01-01", "auto_renew", 1), ("t", "2024-02-01", "auto_renew", 1))
    back = changes(("s", "2024-01-01", "auto_renew", 1), ("s", "2024-02-01", "auto_renew", 1))
    assert feature_of("renewal_switched_off", "2024-06-01", subscriptions=two, subscription_changes=once) == 1
    assert feature_of("renewal_switched_off", "2024-06-01", subscriptions=two, subscription_changes=back) == 0


TERMS = [
    ("2024-02-01", "month", "2024-03-01", 0),
    ("2024-02-01", "month", "2024-03-02", 30),
    ("2024-02-01", "monthly", "2024-12-31", 1),
    ("2023-12-01", "quarter", "2024-03-01", 0),
    ("2024-01-31", "month", "2024-02-10", 19),
    ("2024-01-31", "month", "2024-03-01", 30),
    ("2023-02-28", "year", "2024-02-28 12:00", 0),
    ("2024-09-01", "annual", "2024-08-01", 31),
]
"""When a subscription renews as exported, how often, and the days to its renewal at a snapshot."""


@cache
def terms() -> dict[tuple[str, str, pd.Timestamp], Any]:
    dates, periods, days, _ = (list(values) for values in zip(*TERMS, strict=True))
    who = [f"{date} {period}" for date, period in dict.fromkeys(zip(dates, periods, strict=True))]
    renews_at, period = zip(*(name.split() for name in who), strict=True)
    subscriptions = subscription(
        subscription_id=who, customer_id=who, renews_at=renews_at, billing_period=period,
        started_at="2023-02-01", ended_at=None,
    )  # fmt: skip
    return features_of(["days_to_renewal"], sorted({*days}), events=users(who), subscriptions=subscriptions)


@pytest.mark.parametrize(("renews_at", "period", "as_of", "days"), TERMS)
def test_terms_are_counted_in_calendar_months(renews_at: str, period: str, as_of: str, days: int) -> None:
    assert terms()["days_to_renewal", f"{renews_at} {period}", pd.Timestamp(as_of)] == days


def test_an_invoice_that_a_credit_note_took_back_is_owed_no_more_from_the_day_of_the_note() -> None:
    bills = {
        "invoice_id": ["1", "2", "3"], "customer_id": ["ann"] * 3, "issued_at": ["2024-03-01", "2024-03-01", "2024-04-20"],
        "due_at": ["2024-03-15", "2024-03-15", "2024-04-21"], "paid_at": [None] * 3, "amount": [20, 30, -30],
    }  # fmt: skip
    assert feature_of("owed_amount", "2024-04-01", invoices=bills) == 50, "not known to be credited yet"
    assert feature_of("owed_amount", "2024-05-01", invoices=bills) == 20
    assert feature_of("n_owed_invoices", "2024-05-01", invoices=bills) == 1


def test_an_invoice_written_off_is_owed_no_more_and_was_late_all_the_same() -> None:
    bills = pd.DataFrame({
        "invoice_id": ["1", "2"], "customer_id": "ann", "issued_at": "2024-04-01", "amount": [10359, 20],
        "due_at": "2024-04-10", "paid_at": None, "written_off_at": ["2024-05-20", None],
    })  # fmt: skip
    assert feature_of("owed_amount", "2024-05-01", invoices=bills) == 10379, "not known to be given up yet"
    assert feature_of("owed_amount", "2024-06-01", invoices=bills) == 20
    assert feature_of("n_owed_invoices", "2024-06-01", invoices=bills) == 1
    assert feature_of("n_late_invoices_365d", "2024-06-01", invoices=bills.assign(issued_at="2024-04-01")) in (2, None)


def test_an_invoice_paid_on_the_day_it_is_due_is_not_late() -> None:
    bills = {
        "invoice_id": ["1", "2"], "customer_id": ["ann", "bob"], "issued_at": "2024-04-20", "amount": 1,
        "due_at": "2024-05-10", "paid_at": ["2024-05-10 10:00", "2024-05-11 00:00"],
    }  # fmt: skip
    old = {"invoice_id": "0", "customer_id": "ann", "issued_at": "2023-01-01", "amount": 1, "due_at": "2023-01-01"}
    frame = pd.concat([pd.DataFrame(bills), pd.DataFrame([old | {"paid_at": "2023-01-01"}])])
    assert feature_of("n_late_invoices_90d", "2024-06-01", invoices=frame) == 0
    assert feature_of("n_late_invoices_90d", "2024-06-01", "bob", invoices=frame) == 1


CHARGES = {
    "charge_id": ["1", "2", "3"], "invoice_id": ["i", "i", "j"], "customer_id": "ann",
    "attempted_at": ["2024-04-01", "2024-05-01", "2024-05-02"], "succeeded": [True, False, False],
    "card_expires_at": ["2030-01-01", "2030-01-01", "2024-07-01"],
}  # fmt: skip


def test_a_failure_after_the_money_came_is_no_recovery() -> None:
    assert feature_of("n_recovered", "2024-06-01", charges=CHARGES) == 0
    later = CHARGES | {"succeeded": [False, True, False]}
    assert feature_of("n_recovered", "2024-06-01", charges=later) == 1
    assert feature_of("n_recovered", "2024-05-01", charges=later) == 0
    at_once = later | {"attempted_at": ["2024-05-01", "2024-05-01", "2024-05-02"]}
    assert feature_of("n_recovered", "2024-06-01", charges=at_once) == 0


def test_the_card_last_used_is_the_one_that_matters() -> None:
    assert feature_of("days_to_card_expiry", "2024-06-01", charges=CHARGES) == 30


def test_consent_given_twice_for_a_channel_is_one_channel() -> None:
    given = {"customer_id": "ann", "channel": ["email", "Email", "phone"], "granted_at": "2024-01-01",
             "withdrawn_at": [None, None, "2024-02-01"]}  # fmt: skip
    assert feature_of("n_consents", "2024-06-01", consents=given) == 1


HOURS = {
    "elsewhere": None, "09:00-17:00": 0.5, "9:00-17:00": 0.5, "08:00 - 18:00": 0.5, "22:00-06:00": 0.5, "9-17": 0.5, "any": None,
}  # fmt: skip
"""Contact hours, and the share of messages at 10:00 and 23:00 outside of them; in another time zone it is not known."""
MINUTES = [
    ("08:59", "09:00-17:00", 1), ("09:00", "09:00-17:00", 0), ("16:59", "09:00-17:00", 0), ("17:00", "09:00-17:00", 1),
    ("05:59", "22:00-06:00", 0), ("06:00", "22:00-06:00", 1), ("21:59", "22:00-06:00", 1), ("22:00", "22:00-06:00", 0),
]  # fmt: skip


def off_hours(messages: pd.DataFrame, hours: dict[str, str]) -> dict[str, Any]:
    """Return the share of messages outside contact hours, by customer."""
    old = {"customer_id": "bob", "direction": "in", "campaign": "x", "sent_at": "2023-01-01"}
    zones = ["America/New_York" if who == "elsewhere" else None for who in hours]
    customers = {"customer_id": [*hours], "contact_hours": [*hours.values()], "time_zone": zones}
    sent = pd.concat([messages, pd.DataFrame([old])])
    tables = {"events": users([*hours, "bob"]), "customers": customers, "messages": sent}
    found = features_of(["off_hours_share_30d"], ["2024-06-01"], **tables)
    return {who: share for (_, who, _), share in found.items()}


@cache
def off_hours_as_written() -> dict[str, Any]:
    sent = [
        {"customer_id": hours, "direction": direction, "campaign": None, "sent_at": f"2024-05-20 {at}"}
        for hours in HOURS
        for direction, at in (("out", "10:00"), ("OUT", "23:00"))
    ]
    return off_hours(pd.DataFrame(sent), dict(zip(HOURS, HOURS, strict=True)) | {"elsewhere": "09:00-17:00"})


@pytest.mark.parametrize(("hours", "share"), HOURS.items())
def test_contact_hours_are_read_as_people_write_them(hours: str, share: float | None) -> None:
    assert off_hours_as_written()[hours] == share


@cache
def off_hours_by_minute() -> dict[str, Any]:
    hours = {f"{at} of {written}": written for at, written, _ in MINUTES}
    sent = {"customer_id": [*hours], "direction": "out", "campaign": None,
            "sent_at": [f"2024-05-20 {at}" for at, *_ in MINUTES]}  # fmt: skip
    return off_hours(pd.DataFrame(sent), hours)


@pytest.mark.parametrize(("sent_at", "hours", "share"), MINUTES)
def test_contact_hours_begin_with_their_first_minute_and_end_before_their_last(
    sent_at: str, hours: str, share: float
) -> None:
    assert off_hours_by_minute()[f"{sent_at} of {hours}"] == share


SIZES = {
    "11-100": 11, "101+": 101, "1,000+": 1000, "1.000-5.000": 1000, "5,001-10,000": 5001, "<50": 1, "10k+": 10000,
    "self-employed": None,
}  # fmt: skip


@cache
def smallest_sizes() -> dict[str, Any]:
    customers = {"customer_id": [*SIZES], "company_size": [*SIZES]}
    found = features_of(["company_size_from"], ["2024-06-01"], events=users(SIZES), customers=customers)
    return {who: people for (_, who, _), people in found.items()}


@pytest.mark.parametrize(("text", "people"), SIZES.items())
def test_a_size_class_begins_with_its_first_number(text: str, people: float | None) -> None:
    assert smallest_sizes()[text] == people


def test_a_survey_without_a_mark_is_no_answer_to_it() -> None:
    asked = {"customer_id": "ann", "instrument": "nps", "score": [9, None], "answered_at": ["2024-01-01", "2024-03-01"]}
    assert feature_of("days_since_nps", "2024-06-01", surveys=asked) == 152


@pytest.mark.parametrize(("score", "mark", "bad"), [(5, 10, 0), (4, 8, 0), (3, 6, 1)])
def test_a_perfect_answer_on_another_nps_scale_is_no_detractors(score: int, mark: int, bad: int) -> None:
    asked = {"customer_id": ["bob", "ann"], "instrument": " NPS", "score": [5, score],
             "answered_at": ["2023-01-02", "2024-05-01"]}  # fmt: skip
    crm = company(surveys=asked)
    crm = replace(crm, facts=replace(crm.facts, scales={**crm.facts.scales, "nps": [0.0, 5.0]}))
    narrow = all_but("last_nps", "n_detractor_answers_90d")
    row = wb.build_features(crm, "2024-06-01", leave_out=narrow).to_pandas().set_index("customer_id").loc["ann"]
    assert (row["last_nps"], row["n_detractor_answers_90d"]) == (mark, bad)


def test_kinds_of_tickets_are_known_in_capitals_too_and_an_answer_before_the_question_is_no_time() -> None:
    tickets = {
        "ticket_id": list("abc"), "customer_id": ["bob", "ann", "ann"], "kind": ["x", "Complaint", "Cancel request"],
        "opened_at": ["2023-01-02", "2024-05-20 10:00", "2024-05-21 10:00"],
        "first_response_at": [None, "2024-05-20 12:00", "2024-05-21 09:00"],
    }  # fmt: skip
    assert feature_of("n_complaints_30d", "2024-06-01", tickets=tickets) == 1
    assert feature_of("n_cancel_requests_30d", "2024-06-01", tickets=tickets) == 1
    assert feature_of("first_response_hours_90d", "2024-06-01", tickets=tickets) == 2


def test_contacts_are_counted_where_nobody_records_who_left() -> None:
    people = {"contact_id": ["p", "q"], "customer_id": ["ann", "bob"], "role": ["Decision maker", "user"]}
    assert feature_of("single_contact", "2024-06-01", contacts=people) == 1
    assert feature_of("n_decision_makers", "2024-06-01", contacts=people) == 1


@pytest.mark.parametrize(
    ("event", "feature", "count"),
    [("feature_core_a", "n_key_uses_30d", 1), ("view_scorecard", "n_key_uses_30d", 0), ("key", "n_key_uses_30d", 1),
     ("monkey_island", "n_key_uses_30d", 0), ("Export all data", "n_exports_of_all_30d", 1)],
)  # fmt: skip
def test_events_are_known_by_whole_words(event: str, feature: str, count: int) -> None:
    used = {"customer_id": ["ann", "ann"], "occurred_at": ["2023-01-02", "2024-05-20"], "event": ["login", event]}
    assert feature_of(feature, "2024-06-01", events=used) == count


def test_a_cart_visited_after_the_last_order_is_abandoned() -> None:
    used = {"customer_id": ["ann", "bob"], "occurred_at": "2024-05-20", "event": "checkout"}
    bought = {
        "order_id": ["1", "2"],
        "customer_id": ["ann", "bob"],
        "ordered_at": ["2024-05-20", "2024-05-19"],
        "amount": 1,
    }
    assert feature_of("abandoned_cart", "2024-06-01", events=used, orders=bought) == 0
    assert feature_of("abandoned_cart", "2024-06-01", "bob", events=used, orders=bought) == 1


def test_a_trend_from_nothing_or_from_less_than_nothing_is_not_known() -> None:
    lines = {"order_id": ["0", "1", "2"], "customer_id": ["bob", "ann", "ann"], "amount": [1, 50, -100],
             "ordered_at": ["2023-01-02", "2024-01-10", "2024-05-30"]}  # fmt: skip
    assert feature_of("revenue_trend", "2024-06-01", orders=lines) is None


def test_activation_before_the_record_of_events_begins_is_not_known() -> None:
    used = {"customer_id": ["ann", "bob"], "occurred_at": ["2024-01-05", "2024-01-01"], "event": "feature_core_a"}
    subscribed = {"subscription_id": ["s", "t"], "customer_id": ["ann", "bob"],
                  "started_at": ["2020-02-01", "2018-01-01"], "ended_at": None}  # fmt: skip
    assert feature_of("activated_by_day_30", "2024-06-01", events=used, subscriptions=subscribed) is None


def test_a_customer_first_seen_when_the_table_that_shows_it_begins_was_there_before() -> None:
    lines = {
        "order_id": ["1", "2"],
        "customer_id": ["ann", "cid"],
        "amount": 1,
        "ordered_at": ["2024-01-02", "2024-01-01"],
    }
    used = {"customer_id": ["bob"], "occurred_at": ["2024-01-03"], "event": "login"}
    subscribed = {"subscription_id": ["s", "t"], "customer_id": ["bob", "dan"],
                  "started_at": ["2020-02-01", "2018-01-01"], "ended_at": None}  # fmt: skip
    tables = {"orders": lines, "events": used, "subscriptions": subscribed}
    assert feature_of("existing_at_begin", "2024-06-01", **tables) == 1
    assert feature_of("existing_at_begin", "2024-06-01", "bob", **tables) == 0
    assert feature_of("existing_at_begin", "2024-06-01", "dan", **tables) == 1


def test_before_a_table_begins_its_counts_are_not_known_and_that_is_reported() -> None:
    tickets = {"ticket_id": ["1"], "customer_id": ["bob"], "opened_at": ["2024-06-01 10:00"], "resolved_at": [None]}
    assert feature_of("n_open_tickets", "2024-01-15", tickets=tickets) is None
    assert feature_of("n_open_tickets", "2024-06-01", tickets=tickets) is None
    assert feature_of("n_open_tickets", "2024-06-02", tickets=tickets) == 0
    unknown = wb.unknown_windows(company(tickets=tickets), "2024-01-15").set_index("column")
    assert unknown.loc["n_open_tickets", "window_days"] == 0


def test_a_table_whose_rows_all_come_later_says_nothing() -> None:
    lines = {"order_id": ["1"], "customer_id": ["ann"], "ordered_at": ["2024-01-02"], "amount": 1}
    for crm in (company(orders=lines), company(orders=lines).known_at("2023-06-01")):
        row = wb.build_features(crm, "2023-06-01", leave_out=all_but("n_orders_30d")).to_pandas()
        assert row.empty
    subscribed = {"subscription_id": ["s"], "customer_id": ["ann"], "started_at": ["2023-03-01"], "ended_at": None}
    tables = {"orders": lines, "subscriptions": subscribed}
    for crm in (company(**tables), company(**tables).known_at("2023-06-01")):
        narrow = all_but("n_orders_30d", "existing_at_begin", "n_live_subscriptions")
        (row,) = wb.build_features(crm, "2023-06-01", leave_out=narrow).to_pandas().to_dict("records")
        assert np.isnan(row["n_orders_30d"])
        assert (row["existing_at_begin"], row["n_live_subscriptions"]) == (1, 1)
