"""One customer's profile, on a few customers whose rows are typed by hand."""

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

import workbench as wb
from tests.browser import Reader
from workbench.actions import similar_customers as similar
from workbench.actions.customer_page import timeline
from workbench.crm.asof import Crm
from workbench.errors import DataError

EVIL = "<script>alert(1)</script>'\"&\u202eO'Neil"


@pytest.fixture(scope="module")
def company() -> Crm:
    """Ann has an open ticket, an invoice past due and a trial of everything else; the evil one has one order."""
    return wb.load_tables(
        {
            "customers": pd.DataFrame({"customer_id": ["ann", EVIL], "signed_up_at": "2024-01-01", "owner": "Joe"}),
            "orders": pd.DataFrame(
                [["1", "ann", "2024-01-10", 5, "tea"], ["1", "ann", "2024-01-10", 7, "jam"],
                 ["2", "ann", "2024-05-20", -5, "tea"], ["3", EVIL, "2024-05-01", 1, EVIL]],
                columns=["order_id", "customer_id", "ordered_at", "amount", "product"],
            ),
            "invoices": pd.DataFrame(
                [["i1", "ann", "2024-02-01", "2024-02-15", "2024-02-10", 20], ["i2", "ann", "2024-05-01", "2024-05-15", None, 30]],
                columns=["invoice_id", "customer_id", "issued_at", "due_at", "paid_at", "amount"],
            ),
            "tickets": pd.DataFrame(
                [["t1", "ann", "2024-03-01", "2024-03-02", None, "complaint"],
                 ["t2", "ann", "2024-05-25 12:00", None, None, "question"],
                 ["t3", EVIL, "2024-05-01", "2024-05-02", "2024-05-18", "question"]],
                columns=["ticket_id", "customer_id", "opened_at", "resolved_at", "reopened_at", "kind"],
            ),
            "events": pd.DataFrame(
                {"customer_id": "ann", "occurred_at": ["2024-05-02 08:00", "2024-05-02 09:00", "2024-05-03 08:00"],
                 "event": ["login", "search", "login"]}
            ),
            "messages": pd.DataFrame(
                {"customer_id": ["ann", "ann"], "sent_at": ["2024-04-01", "2024-04-02"], "direction": ["out", "in"],
                 "channel": ["email", "phone"]}
            ),
            "subscriptions": pd.DataFrame(
                {"subscription_id": ["s1"], "customer_id": ["ann"], "started_at": ["2024-01-15"], "billing_period": ["month"],
                 "renews_at": ["2024-02-15"]}
            ),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def ann(company: Crm) -> Any:
    return wb.customer(company, "ann", as_of="2024-05-28")


def test_the_history_has_a_row_per_order_and_per_day_of_use_the_newest_first(ann: Any) -> None:
    rows = [tuple(row) for row in ann.history[["event", "detail", "amount"]].fillna(0.0).itertuples(index=False)]
    assert rows == [
        ("ticket opened", "ticket t2; kind question", 0.0),
        ("returned", "order 2; product tea", -5.0),
        ("used the product", "login 1", 0.0),
        ("used the product", "login 1, search 1", 0.0),
        ("invoice issued", "invoice i2", 30.0),
        ("message from the customer", "direction in; channel phone", 0.0),
        ("message to the customer", "direction out; channel email", 0.0),
        ("ticket solved", "ticket t1", 0.0),
        ("ticket opened", "ticket t1; kind complaint", 0.0),
        ("invoice paid", "invoice i1", 0.0),
        ("invoice issued", "invoice i1", 20.0),
        ("subscription began", "subscription s1; billing period month", 0.0),
        ("ordered", "order 1; product jam, tea", 12.0),
        ("signed up", "", 0.0),
    ]


def test_a_note_stands_in_the_history_as_such_and_is_no_contact() -> None:
    company = wb.load_tables({
        "messages": pd.DataFrame(
            [["ann", "2024-05-01", "out", "email", "message", "Your order"], ["ann", "2024-05-20", "out", "", "Note", "asks for a call"]],
            columns=["customer_id", "sent_at", "direction", "channel", "kind", "text"],
        ),
        "orders": pd.DataFrame({"order_id": ["1"], "customer_id": ["ann"], "ordered_at": ["2024-04-01"], "amount": [5]}),
    })  # fmt: skip
    ann = wb.customer(company, "ann", as_of="2024-05-28")
    assert ann.history["event"].tolist() == ["note", "message to the customer", "ordered"]
    assert "asks for a call" in ann.history["detail"].iloc[0]
    assert ann.last_contact.startswith("2024-05-01: message to the customer")


def test_bad_news_is_marked(ann: Any) -> None:
    assert ann.history.loc[ann.history["negative"], "event"].tolist() == ["returned", "ticket opened"]


def test_a_cancelled_order_is_two_events_the_second_bad_news() -> None:
    dates = {"ordered_at": ["2024-01-10", "2024-02-01"], "cancelled_at": [None, "2024-02-03"]}
    orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": "ann", **dates, "amount": [5, 7]})
    shown = wb.customer(wb.load_tables({"orders": orders}), "ann", as_of="2024-02-04").history
    assert shown[["event", "detail", "negative"]].to_numpy().tolist() == [
        ["order cancelled", "order 2", True],
        ["ordered", "order 2", False],
        ["ordered", "order 1", False],
    ]


def test_nothing_of_the_day_of_the_report_or_later_is_shown(company: Crm) -> None:
    before = wb.customer(company, "ann", as_of="2024-03-01")
    assert before.history["at"].max() == pd.Timestamp("2024-02-10")
    assert before.open.empty


def test_what_waits_is_listed_with_its_days_of_the_calendar_as_on_the_lists(ann: Any) -> None:
    assert ann.open[["what", "waiting_days", "negative"]].to_numpy().tolist() == [
        ["invoice, past due", 13, True],
        ["ticket, not answered yet", 3, True],
    ]


def test_the_term_that_runs_ends_after_the_day_of_the_report(ann: Any) -> None:
    assert ann.ahead[["at", "event"]].to_numpy().tolist() == [[pd.Timestamp("2024-06-15"), "term ends or renews"]]


def test_results_are_of_90_days_and_the_90_before(ann: Any) -> None:
    assert ann.results.set_index("what").loc["order amount"].tolist() == [-5.0, 12.0, 7.0]
    assert ann.results.set_index("what").loc["use: login"].tolist() == [2.0, 0.0, 2.0]


def test_a_ticket_opened_again_waits_from_that_day_and_is_bad_news(company: Crm) -> None:
    waiting = wb.customer(company, EVIL, as_of="2024-05-28").open
    assert waiting[["what", "waiting_days", "negative"]].to_numpy().tolist() == [["ticket, opened again", 10, True]]


def test_text_names_the_state_the_last_contact_and_what_waits(ann: Any) -> None:
    text = repr(ann)
    for shown in ("state: paying", "owner: Joe", "last contact: 2024-04-02", "open: invoice, past due, 13 days"):
        assert shown in text


class Outside(HTMLParser):
    """Collects the tags of a page, and every address it would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.addresses = list[str](), list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def test_a_page_runs_nothing_and_fetches_nothing_whatever_the_customer_is_called(company: Crm) -> None:
    page = wb.customer(company, EVIL).page()
    found = Outside(page)
    assert "script" not in found.tags
    assert not found.addresses
    assert "url(" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(("score", "shown"), [({}, ""), ({"why": "silent for 80 days"}, "silent for 80 days.")])
def test_a_score_is_shown_with_its_reason_or_without_any(ann: Any, score: dict[str, str], shown: str) -> None:
    page = replace(ann, score={"chance of leaving": "3.0 %"} | score).page()
    assert "3.0 %" in page
    assert shown in page


def test_a_page_for_the_customer_has_no_fact_score_or_message_of_ours(ann: Any) -> None:
    shared, whole = ann.page(for_customer=True), ann.page()
    for internal in ("Joe", "paying", "message to the customer", "Last contact"):
        assert internal in whole
        assert internal not in shared
    assert "use: login" in shared


def test_an_unknown_id_is_refused_with_the_nearest_ones(company: Crm) -> None:
    with pytest.raises(DataError, match=r"'Anne' is in no table of data frames; the nearest ids are ann, "):
        wb.customer(company, "Anne")


def test_a_customer_who_came_later_is_not_shown_as_unknown() -> None:
    orders = {"order_id": ["1", "2"], "customer_id": ["ann", "bob"], "ordered_at": ["2024-01-01", "2024-03-01"]}
    crm = wb.load_tables({"orders": pd.DataFrame(orders).assign(amount=5)})
    with pytest.raises(DataError, match="'bob' has no row before 2024-02-01; choose a later as_of"):
        wb.customer(crm, "bob", as_of="2024-02-01")


def test_the_timeline_draws_events_of_one_day_once() -> None:
    days = pd.to_datetime(["2020-01-01 08:00", "2020-01-01 09:00", "2024-01-01 00:00"])
    happened = pd.DataFrame({"at": days, "lane": "use", "event": "used", "negative": False})
    drawn = str(timeline(happened, datetime(2024, 1, 1)))
    assert drawn.count("<circle") == 2
    assert "2020-01-01 used and 1 more" in drawn
    assert re.findall(r">(20\d\d)<", drawn) == ["2021", "2022", "2023", "2024"]


class Stored:
    """A run's features and nothing else."""

    def __init__(self, features: pd.DataFrame) -> None:
        self.features = features

    def read(
        self, stage: str, *, columns: Any = None, as_of: Any = None, most_customers: Any = None, customer_id: Any = None
    ) -> Any:
        assert (stage, columns) == ("features", ["days"])
        assert most_customers in (None, similar.MOST_CUSTOMERS)
        at = pd.to_datetime([as_of] if isinstance(as_of, datetime) else as_of)
        rows = self.features[self.features["as_of"].isin(at)]
        return rows if customer_id is None else rows[rows["customer_id"] == customer_id]


def test_similar_customers_are_those_with_the_nearest_figures() -> None:
    then, now = datetime(2024, 1, 1), datetime(2024, 4, 1)
    ids = [f"c{i}" for i in range(300)]
    features = pd.DataFrame({"customer_id": [*ids, "x"], "as_of": [then] * 300 + [now], "days": [*range(300), 10]})
    labels = pd.DataFrame({"customer_id": ids, "as_of": then, "churned": [i < 50 for i in range(300)]})
    labels["kind"] = labels["churned"].map({True: "active", False: None})
    found = similar.similar_customers(Stored(features), "x", labels, [{"feature": "plan"}, {"feature": "days"}], now)
    assert found is not None, "a plan is a text, and stands in another table"
    assert (found.n, found.left.value, found.kinds) == (100, 0.5, {"active": 50})
    assert found.sentence.startswith("Of the 100 customers at earlier snapshots whose figures were nearest, 50 % left")


def test_nobody_is_similar_where_nothing_moves_the_model() -> None:
    assert similar.similar_customers(Stored(pd.DataFrame()), "x", pd.DataFrame(), [], datetime(2024, 1, 1)) is None


@pytest.mark.slow
def test_no_barrier_is_found_on_the_page_for_who_reads_by_keyboard_or_by_ear(
    browser: Any, company: Crm, tmp_path: Path
) -> None:
    page = tmp_path / "ann.html"
    page.write_text(wb.customer(company, "ann").page(), encoding="utf-8")
    reader = Reader(browser, page, width=390)
    found = Axe().run(reader.page).response["violations"]
    reader.close()
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
