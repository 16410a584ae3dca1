"""When customers had a paid service, of which plan and at what price: cases typed by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.crm import AsOf, Crm, first_term_end, last_term_end, paid_service, service_spans, unpaid_service

SUBSCRIPTIONS: list[dict[str, Any]] = [
    {"subscription_id": "plain", "started_at": "2024-01-01", "plan": "basic", "mrr": 10},
    {"subscription_id": "noticed", "started_at": "2024-01-01", "cancelled_at": "2024-03-01", "ended_at": "2024-04-01", "mrr": 10},
    {"subscription_id": "dearer", "started_at": "2024-01-01", "plan": "pro", "mrr": 80},
    {"subscription_id": "late", "started_at": "2024-01-01", "mrr": 80},
    {"subscription_id": "paused", "started_at": "2024-01-01", "mrr": 10},
    {"subscription_id": "blink", "started_at": "2024-01-01", "mrr": 10},
    {"subscription_id": "over", "started_at": "2024-01-01", "ended_at": "2024-02-01", "mrr": 10},
    {"subscription_id": "trial", "kind": "trial", "started_at": "2024-01-01", "trial_ends_at": "2024-01-15"},
    {"subscription_id": "free", "kind": "free", "started_at": "2024-01-01"},
    {"subscription_id": "never", "kind": "incomplete_expired", "started_at": "2024-01-01", "ended_at": "2024-01-02"},
    {"subscription_id": "turned", "started_at": "2024-01-01", "trial_ends_at": "2024-01-15", "mrr": 10},
    {"subscription_id": "unpaid", "started_at": "2024-01-01", "trial_ends_at": "2024-01-15", "ended_at": "2024-01-15"},
    {"subscription_id": "noticed in trial", "started_at": "2024-01-01", "trial_ends_at": "2024-01-15", "cancelled_at": "2024-01-09"},
    {"subscription_id": "trying", "started_at": "2024-12-25", "trial_ends_at": "2025-01-08"},
]  # fmt: skip
CHANGES: list[dict[str, Any]] = [
    {"subscription_id": "dearer", "changed_at": "2024-01-01", "change": "plan", "plan": "basic", "mrr": 50},
    {"subscription_id": "dearer", "changed_at": "2024-03-01", "change": "plan", "plan": "pro", "mrr": 80},
    {"subscription_id": "late", "changed_at": "2024-03-01", "change": "price", "mrr": 80},
    {"subscription_id": "paused", "changed_at": "2024-02-01", "change": "paused"},
    {"subscription_id": "paused", "changed_at": "2024-03-01", "change": "resumed"},
    {"subscription_id": "blink", "changed_at": "2024-02-01", "change": "paused"},
    {"subscription_id": "blink", "changed_at": "2024-02-01", "change": "resumed"},
    {"subscription_id": "over", "changed_at": "2024-06-01", "change": "price", "mrr": 99},
]


@pytest.fixture(scope="module")
def company() -> Crm:
    rows = [{"customer_id": row["subscription_id"], **row} for row in SUBSCRIPTIONS]
    rows.append({"subscription_id": "end", "customer_id": "end", "started_at": "2024-12-31", "mrr": 1})
    tables = {"subscriptions": pd.DataFrame(rows), "subscription_changes": pd.DataFrame(CHANGES)}
    return wb.load_tables({name: table.astype(object).where(table.notna(), None) for name, table in tables.items()})


@pytest.fixture(scope="module")
def spans(company: Crm) -> pd.DataFrame:
    return service_spans(company).order_by("subscription_id", "started_at").to_pandas()


def typed(spans: pd.DataFrame, subscription: str) -> list[tuple[str, str, float | None]]:
    rows = spans[spans["subscription_id"] == subscription]
    return [
        (f"{r.started_at:%m-%d}", "" if pd.isna(r.ended_at) else f"{r.ended_at:%m-%d}", None if pd.isna(r.mrr) else float(r.mrr))
        for r in rows.itertuples()
    ]  # fmt: skip


def test_a_subscription_without_changes_is_one_span_at_todays_price(spans: pd.DataFrame) -> None:
    assert typed(spans, "plain") == [("01-01", "", 10)]
    assert spans.loc[spans["subscription_id"] == "plain", ["plan", "todays", "paused"]].to_numpy().tolist() == [
        ["basic", True, False]
    ]


def test_service_goes_on_from_the_notice_to_the_end(spans: pd.DataFrame) -> None:
    assert typed(spans, "noticed") == [("01-01", "04-01", 10)]
    assert spans.loc[spans["subscription_id"] == "noticed", "noticed_at"].tolist() == [pd.Timestamp("2024-03-01")]


def test_a_change_of_plan_cuts_the_service_and_carries_the_price_of_its_time(spans: pd.DataFrame) -> None:
    assert typed(spans, "dearer") == [("01-01", "03-01", 50), ("03-01", "", 80)]
    assert spans.loc[spans["subscription_id"] == "dearer", "plan"].tolist() == ["basic", "pro"]


def test_the_price_before_the_first_recorded_change_is_unknown_and_not_todays(spans: pd.DataFrame) -> None:
    assert typed(spans, "late") == [("01-01", "03-01", None), ("03-01", "", 80)]


def test_a_pause_brings_nothing_while_it_lasts(spans: pd.DataFrame) -> None:
    assert typed(spans, "paused") == [("01-01", "02-01", 10), ("02-01", "03-01", 0), ("03-01", "", 10)]


def test_a_pause_and_a_resumption_at_one_instant_cancel_out_in_state_and_revenue(
    company: Crm, spans: pd.DataFrame
) -> None:
    assert not spans.loc[spans["subscription_id"] == "blink", "paused"].any()
    states = wb.states(company, "2024-02-10").to_pandas().set_index("customer_id")["state"]
    assert states[["blink", "paused"]].tolist() == ["paying", "paused"]


def test_a_change_after_the_end_adds_no_service(spans: pd.DataFrame) -> None:
    assert [row[:2] for row in typed(spans, "over")] == [("01-01", "02-01")]


def test_what_never_was_paid_is_no_service(company: Crm, spans: pd.DataFrame) -> None:
    never = {"trial", "free", "never", "unpaid", "noticed in trial", "trying"}
    assert never.isdisjoint(spans["subscription_id"])
    tried = unpaid_service(company).order_by("customer_id").to_pandas().set_index("customer_id")
    assert tried["kind"].to_dict() == {
        "free": "free", "noticed in trial": "trial", "trial": "trial", "trying": "trial", "unpaid": "trial",
    }  # fmt: skip
    over = {"noticed in trial": False, "trial": False, "unpaid": False, "free": True, "trying": True}
    assert tried["ended_at"].isna().to_dict() == over


def test_a_trial_that_turns_is_paid_service_from_its_end(spans: pd.DataFrame) -> None:
    assert typed(spans, "turned") == [("01-15", "", 10)]


def test_in_a_view_a_trial_is_a_trial_until_it_ends_and_the_exports_prices_are_not_known(company: Crm) -> None:
    view = company.as_of(["2024-01-10", "2024-02-10"])
    rows = service_spans(view).to_pandas()
    turned = rows[rows["subscription_id"] == "turned"]
    assert turned["as_of"].tolist() == [pd.Timestamp("2024-02-10")]
    assert turned["mrr"].isna().all()
    tried = unpaid_service(view).to_pandas()
    assert tried.loc[tried["customer_id"] == "turned", "as_of"].tolist() == [pd.Timestamp("2024-01-10")]


def test_a_source_with_notices_only_takes_them_for_the_end_of_service() -> None:
    rows = {"subscription_id": ["a", "b"], "customer_id": ["ann", "bob"], "started_at": ["2024-01-01", "2024-12-30"],
            "cancelled_at": ["2024-03-01", None]}  # fmt: skip
    crm = wb.load_tables({"subscriptions": pd.DataFrame(rows)})
    tables: list[Crm | AsOf] = [crm, crm.as_of("2024-06-01")]
    for one in tables:
        ends = paid_service(one).to_pandas().set_index("customer_id")["ended_at"]
        assert ends["ann"] == pd.Timestamp("2024-03-01")


STARTED = {"2025-06-09": "2024-06-01", "2024-06-05": "2024-06-01"}
"""When a subscription began that was renewed then; others long before."""


@pytest.mark.parametrize(
    ("renews", "period", "at", "first", "last"),
    [
        ("2024-01-15", "month", "2024-06-10", "2024-06-15", "2024-05-15"),
        ("2024-01-15", "month", "2024-06-15", "2024-06-15", "2024-05-15"),
        ("2024-01-15", "month", "2024-06-16", "2024-07-15", "2024-06-15"),
        ("2024-12-15", "Monthly", "2024-06-16", "2024-07-15", "2024-06-15"),
        ("2024-01-31", "month", "2024-02-10", "2024-02-29", "2024-01-31"),
        ("2023-03-01", "year", "2024-06-10", "2025-03-01", "2024-03-01"),
        ("2023-03-01", "quarter", "2024-06-10", "2024-09-01", "2024-06-01"),
        ("2023-03-01", None, "2024-06-10", None, "2023-03-01"),
        ("2024-09-01", None, "2024-06-10", "2024-09-01", None),
        # Begun on 1 June 2024: what would be the end of a term on the 9th of that month is none.
        ("2025-06-09", "year", "2024-06-03", "2025-06-09", None),
        ("2025-06-09", "year", "2024-07-01", "2025-06-09", None),
        ("2025-06-09", "year", "2025-07-01", "2026-06-09", "2025-06-09"),
        # The one on record is one, however soon it comes.
        ("2024-06-05", "month", "2024-06-03", "2024-06-05", None),
        ("2024-06-05", "month", "2024-06-06", "2024-07-05", "2024-06-05"),
    ],
)
def test_terms_end_at_the_renewal_and_every_billing_period_from_it(
    renews: str, period: str | None, at: str, first: str | None, last: str | None
) -> None:
    import ibis

    rows = ibis.memtable(
        pd.DataFrame(
            {
                "started_at": [pd.Timestamp(STARTED.get(renews, "2022-01-01"))],
                "renews_at": [pd.Timestamp(renews)],
                "billing_period": pd.Series([period], dtype="str"),
            }
        )
    )
    ends = rows.select(first=first_term_end(rows, ibis.timestamp(at)), last=last_term_end(rows, ibis.timestamp(at)))
    found = ends.to_pandas().iloc[0]
    assert [None if pd.isna(x) else f"{x:%Y-%m-%d}" for x in found[["first", "last"]]] == [first, last]
