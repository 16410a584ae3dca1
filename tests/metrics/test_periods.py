"""Every verb of a period or an instant reads dates alike, and refuses what lies outside the data."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench import metrics
from workbench.crm.asof import Crm
from workbench.errors import SettingError

Company = tuple[Crm, ir.Table]
Verb = Callable[[Crm, Any, Any], Any]

OF_A_CRM: dict[str, Verb] = {
    "repeat_purchase_rate": wb.repeat_purchase_rate,
    "renewal_churn": wb.renewal_churn,
    "mrr_movements": wb.mrr_movements,
    "mrr_bridge": wb.mrr_bridge,
    "gross_revenue_retention": wb.gross_revenue_retention,
    "net_revenue_retention": wb.net_revenue_retention,
    "nps": wb.nps,
    "csat": wb.csat,
    "first_response": wb.first_response,
    "resolution": wb.resolution,
    "time_to_react": wb.time_to_react,
    "transfers": wb.transfers,
    "ease_by_channel": wb.ease_by_channel,
    "winning_and_keeping": lambda crm, *edges: wb.winning_and_keeping(crm, wb.lives(crm), edges),
    "contact_by_agent": wb.contact_by_agent,
    "contact_pressure": wb.contact_pressure,
    "opt_outs": wb.opt_outs,
    "comment_themes": wb.comment_themes,
    "goals_reached": wb.goals_reached,
    "referrals": wb.referrals,
    "new_products_tried": wb.new_products_tried,
    "cancelled_after_service": wb.cancelled_after_service,
}
OF_LIVES: dict[str, Callable[[ir.Table, Any, Any], Any]] = {
    "movements": wb.movements,
    "return_rate": wb.return_rate,
    "customer_bridge": wb.customer_bridge,
    "churn_by_period": lambda lives, start, end: wb.churn_by_period(lives, [start, end]),
}
PERIODS = [*OF_A_CRM, *OF_LIVES]
INSTANTS: dict[str, Callable[[Company, Any], Any]] = {
    "mrr": lambda company, at: wb.mrr(company[0], at),
    "cohorts": lambda company, end: wb.cohorts(company[0], end),
    "life_cohorts": lambda company, end: wb.life_cohorts(company[1], end),
}


@pytest.fixture(scope="module")
def company() -> Company:
    """A Crm from 1 January to 1 June 2024, and its lives."""
    who = ["ann", "bob"]
    tables = {
        "subscriptions": {"subscription_id": ["s1", "s2"], "customer_id": who, "kind": "paid", "mrr": [10, 20],
                          "started_at": "2024-01-01", "ended_at": [None, "2024-02-20"], "renews_at": "2024-02-20"},
        "customers": {"customer_id": [*who, "cat", "dan"], "signed_up_at": "2024-02-02", "acquisition_cost": 5,
                      "referred_by": [None, "ann"] * 2},
        "orders": {"order_id": ["1", "2", "3"], "customer_id": ["cat", "cat", "dan"], "amount": 1,
                   "ordered_at": ["2024-01-05", "2024-02-05", "2024-06-01"], "product": ["a", "b", "a"],
                   "cancelled_at": [None, "2024-02-06", None]},
        "messages": {"customer_id": who, "sent_at": "2024-02-07", "direction": "out", "agent": ["max", "eva"],
                     "channel": "email"},
        "consents": {"customer_id": who, "channel": "email", "granted_at": "2024-01-02",
                     "withdrawn_at": ["2024-02-03", None]},
        "goals": {"customer_id": who, "stated_at": "2024-01-02", "due_at": "2024-02-08", "reached_at": "2024-02-03"},
        "surveys": {"customer_id": [*who, *who], "answered_at": "2024-02-10", "score": [3, 9, 5, 5],
                    "instrument": ["nps", "nps", "csat", "csat"], "comment": "too expensive"},
        "tickets": {"ticket_id": ["t1", "t2"], "customer_id": who, "opened_at": "2024-02-11", "satisfaction": 4,
                    "first_response_at": "2024-02-12", "resolved_at": "2024-02-13", "channel": "email", "agent": "max",
                    "n_replies": 2, "n_transfers": 1},
    }  # fmt: skip
    crm = wb.load_tables({name: pd.DataFrame(rows) for name, rows in tables.items()})
    return crm, wb.lives(crm).cache()


def figure(verb: str, company: Company, start: Any, end: Any) -> Any:
    crm, lives = company
    return OF_A_CRM[verb](crm, start, end) if verb in OF_A_CRM else OF_LIVES[verb](lives, start, end)


def shown(figure: Any) -> str:
    """Write a figure out, so that frames, tables and metrics are compared alike."""
    if isinstance(figure, ir.Table):
        figure = figure.order_by("customer_id").to_pandas()
    return figure.to_csv() if isinstance(figure, pd.DataFrame) else repr(figure)


def test_all_verbs_of_a_period_or_an_instant_are_tested_here() -> None:
    verbs = {name: getattr(metrics, name) for name in wb.__all__ if hasattr(metrics, name)}
    taken = {name: {*inspect.signature(verb).parameters} for name, verb in verbs.items() if inspect.isfunction(verb)}
    assert {n for n, names in taken.items() if {"start", "end"} <= names or "edges" in names} == {*PERIODS}
    assert {n for n, names in taken.items() if {"at", "end"} & names} - {*PERIODS} == {*INSTANTS}


@pytest.mark.parametrize("verb", ["movements", "customer_bridge", "churn_by_period"])
def test_departures_that_may_still_be_undone_are_no_end_of_a_period(verb: str, company: Company) -> None:
    """The days of grace of who left from 2 May on are not over on 1 June: a rate up to then would be near 0."""
    cure = "departures from 2024-05-03 on are not settled.* Let it end by 2024-05-03, or ask wb.unsettled_departures"
    with pytest.raises(SettingError, match=cure):
        figure(verb, company, "2024-02-01", "2024-06-01")
    assert figure(verb, company, "2024-02-01", "2024-05-03") is not None
    with pytest.raises(SettingError, match=cure):
        wb.life_cohorts(company[1], "2024-06-01")


def test_a_crm_in_place_of_lives_is_answered_with_the_verb_that_makes_them(company: Company) -> None:
    with pytest.raises(SettingError, match=r"give wb.lives\(crm\)"):
        wb.movements(company[0], "2024-02-01", "2024-03-01")  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", PERIODS)
def test_texts_dates_and_instants_are_the_same_period(verb: str, company: Company) -> None:
    expected = shown(figure(verb, company, pd.Timestamp("2024-02-01"), np.datetime64("2024-03-01")))
    assert shown(figure(verb, company, "2024-02-01", date(2024, 3, 1))) == expected


@pytest.mark.parametrize("verb", PERIODS)
@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("01.02.2024", "2024-03-01", r"'01\.02\.2024' is not a date; write it as"),
        ("2024-02-01", "03/01/2024", "'03/01/2024' is not a date; write it as"),
        ("2024-03-01", "2024-02-01", "let start be before end|each later than the one before"),
        ("2024-02-01", "2024-02-01", "let start be before end|each later than the one before"),
        ("2024-02-01", "2024-09-01", "is not wholly known: the data begin"),
        ("2030-01-01", "2030-02-01", "is not wholly known: the data begin"),
        ("2023-12-01", "2024-03-01", "is not wholly known: the data begin"),
    ],
)
def test_a_period_that_cannot_be_read_is_reversed_or_lies_outside_the_data_is_refused(
    verb: str, start: str, end: str, words: str, company: Company
) -> None:
    with pytest.raises(SettingError, match=words):
        figure(verb, company, start, end)


@pytest.mark.parametrize("verb", INSTANTS)
def test_an_instant_is_read_and_checked_as_a_period_is(verb: str, company: Company) -> None:
    assert shown(INSTANTS[verb](company, "2024-03-01")) == shown(INSTANTS[verb](company, datetime(2024, 3, 1)))
    for wrong, words in (("01.02.2024", "is not a date"), ("2030-01-01", "is not wholly known")):
        with pytest.raises(SettingError, match=words):
            INSTANTS[verb](company, wrong)


def test_a_segment_is_judged_by_what_is_known_of_the_whole(company: Company) -> None:
    segments = pd.DataFrame({"customer_id": ["cat", "dan"], "segment": ["early", "late"]})
    for data in (company[0], company[0]["orders"]):
        rates = wb.by_segment(lambda rows: wb.repeat_purchase_rate(rows, "2024-01-05", "2024-03-01"), data, segments)
        assert rates["of"].tolist() == [1, 0]
