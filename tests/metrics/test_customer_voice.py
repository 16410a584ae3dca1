"""What customers say, expect and bring, on a few rows typed by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.crm.asof import Crm
from workbench.errors import DataError, SettingError

START, END = "2024-02-01", "2024-03-01"


@pytest.fixture(scope="module")
def crm() -> Crm:
    customers = [
        ["ann", "2023-01-01", None],
        ["bob", "2024-02-03", "ann"],
        ["cid", "2024-02-20", None],
        ["dee", "2024-03-09", "ann"],
    ]
    orders = [
        ["1", "ann", "2024-01-05", 5, "tea", None], ["2", "ann", "2024-02-10", 5, "tea", None],
        ["3", "ann", "2024-02-12", 5, "jam", "2024-02-13"], ["4", "bob", "2024-01-05", 5, "tea", None],
        ["5", "bob", "2024-02-20", 5, "jam", None], ["6", "cid", "2024-02-21", 5, "tea", None],
        ["7", "dee", "2024-03-31", 5, "tea", None],
    ]  # fmt: skip
    tickets = [
        ["t1", "ann", "2024-02-11 00:00", "2024-02-11 10:00", "complaint", "email", "Joe", 3, 2],
        ["t2", "bob", "2024-02-02 00:00", "2024-02-02 02:00", "question", "chat", "Joe", 1, 0],
        ["t3", "bob", "2024-02-03 00:00", None, "question", "chat", "Kim", None, None],
        ["t4", "cid", "2024-02-04 00:00", "2024-02-04 04:00", "question", "chat", "Joe", 1, 0],
    ]  # fmt: skip
    surveys = [
        ["ann", "2024-02-05", "nps", 3, "Prices too high, and slow support"], ["bob", "2024-02-06", "nps", 10, "Love it"],
        ["cid", "2024-02-07", "review", 5, "Nothing to say"], ["cid", "2024-02-08", "nps", 9, None],
        ["dee", "2024-03-10", "nps", 2, "PRICEY"],
    ]  # fmt: skip
    goals = [["ann", "2024-01-01", "2024-02-05", "2024-02-01"], ["bob", "2024-01-01", "2024-02-05", "2024-02-06"],
             ["cid", "2024-01-01", "2024-02-09", None], ["dee", "2024-01-01", "2024-03-09", "2024-02-01"]]  # fmt: skip
    messages = [["ann", f"2024-02-1{i}", "Joe"] for i in range(4)] + [["bob", "2024-02-10", "Kim"]]
    return wb.load_tables(
        {
            "customers": pd.DataFrame(customers, columns=["customer_id", "signed_up_at", "referred_by"]),
            "orders": pd.DataFrame(orders, columns=["order_id", "customer_id", "ordered_at", "amount", "product", "cancelled_at"]),
            "tickets": pd.DataFrame(
                tickets,
                columns=["ticket_id", "customer_id", "opened_at", "resolved_at", "kind", "channel", "agent", "n_replies", "n_transfers"],
            ),
            "surveys": pd.DataFrame(surveys, columns=["customer_id", "answered_at", "instrument", "score", "comment"]),
            "goals": pd.DataFrame(goals, columns=["customer_id", "stated_at", "due_at", "reached_at"]),
            "messages": pd.DataFrame(messages, columns=["customer_id", "sent_at", "agent"]),
        }
    )  # fmt: skip


def test_a_comment_is_counted_under_each_theme_whose_words_it_holds_and_only_inside_the_period(crm: Crm) -> None:
    themes = {"price": ["price", "pricey"], "support": ["support"], "praise": ["love"], "delivery": ["parcel"]}
    found = wb.comment_themes(crm, START, END, themes=themes).set_index("theme")
    assert found["comments"].to_dict() == {"praise": 1, "price": 1, "support": 1, "no theme": 1}
    assert found["low_marks"].drop("no theme").to_dict() == {"praise": 0, "price": 1, "support": 1}
    assert np.isnan(found.loc["no theme", "low_marks"]), "no mark stands beside it"
    assert found["share"].sum() == pytest.approx(4 / 3)


def test_a_word_is_found_at_the_begin_of_a_word_only(crm: Crm) -> None:
    found = wb.comment_themes(crm, START, END, themes={"ice": ["rice"], "love": ["lov"]})
    assert found["theme"].tolist() == ["love", "no theme"]


def test_a_word_list_is_the_analysts_own_and_a_mistake_in_it_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "themes.yaml"
    path.write_text("slow: [slow, waiting]\n")
    assert wb.read_themes(path) == {"slow": ("slow", "waiting")}
    path.write_text("slow: waiting\n")
    with pytest.raises(SettingError, match=r"themes.yaml: slow: needs a list of words"):
        wb.read_themes(path)


def test_who_would_give_a_testimonial_has_a_high_last_mark_and_nothing_open(crm: Crm) -> None:
    assert wb.advocates(crm, "2024-03-01")["customer_id"].tolist() == ["cid"], "bob has an open ticket"


def test_goals_are_reached_by_their_due_date_or_not(crm: Crm) -> None:
    reached = wb.goals_reached(crm, START, END)
    assert (reached.count, reached.of) == (1, 3)


def test_referred_customers_are_counted_of_the_new_ones(crm: Crm) -> None:
    found = wb.referrals(crm, START, END)
    assert (found.count, found.of) == (1, 2)
    assert wb.referrers(crm, "2024-03-01").to_numpy().tolist() == [["ann", 1]]


def test_only_customers_with_an_earlier_order_can_try_something_new_and_no_cancelled_order_counts(crm: Crm) -> None:
    found = wb.new_products_tried(crm, START, END)
    assert (found.count, found.of) == (1, 2)


def test_a_product_taken_back_whole_was_not_tried_also_where_the_return_names_no_product() -> None:
    rows = [
        ("1", "2024-01-05", "tea", 5, None),
        ("2", "2024-02-05", "cup", 9, None),
        ("3", "2024-02-09", None, -9, "2"),
    ]
    orders = pd.DataFrame(rows, columns=["order_id", "ordered_at", "product", "amount", "returns_order_id"])
    found = wb.new_products_tried(
        wb.load_tables({"orders": orders.assign(customer_id="ann")}), "2024-02-01", "2024-02-10"
    )
    assert found.count == 0


def test_cancelled_orders_are_set_apart_by_the_service_before_them(crm: Crm) -> None:
    found = wb.cancelled_after_service(crm, START, END)
    assert {name: (m.count, m.of) for name, m in found.items()} == {"after bad service": (1, 1), "others": (0, 3)}


def test_transfers_are_counted_per_ticket_solved(crm: Crm) -> None:
    moved = wb.transfers(crm, START, END)
    assert (moved.value, moved.n) == (pytest.approx(2 / 3), 3)


def test_time_and_steps_to_an_answer_stand_by_channel(crm: Crm) -> None:
    chat, email = wb.ease_by_channel(crm, START, END).to_dict("records")
    assert (chat["channel"], chat["tickets"], chat["solved"], chat["median_hours"]) == ("chat", 3, 2, 3.0)
    assert (email["replies"], email["transfers"], email["solved_at_once"]) == (3, 2, 0)


def test_a_customer_depends_on_the_agent_who_holds_most_of_enough_contact(crm: Crm) -> None:
    found = wb.contact_by_agent(crm, START, END).set_index("agent")
    assert found["dependent"].to_dict() == {"Joe": 1, "Kim": 0}
    assert found["contacts"].to_dict() == {"Joe": 7, "Kim": 2}
    assert found.loc["Kim", "dependent_share"] == 0


@pytest.mark.parametrize(
    ("verb", "needs"),
    [
        (wb.comment_themes, "surveys.comment"), (wb.goals_reached, "goals.due_at"), (wb.referrals, "customers.referred_by"),
        (wb.new_products_tried, "orders.product"), (wb.cancelled_after_service, "orders.cancelled_at"),
        (wb.transfers, "tickets.n_transfers"), (wb.ease_by_channel, "tickets.channel"), (wb.contact_by_agent, "messages.agent"),
    ],
)  # fmt: skip
def test_a_source_without_the_columns_is_answered_with_those_it_needs(verb: object, needs: str) -> None:
    orders = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": "ann", "ordered_at": ["2024-01-01", "2024-03-01"], "amount": 1}
    )
    bare = wb.load_tables({"orders": orders})
    with pytest.raises(DataError, match=needs):
        verb(bare, START, END)  # type: ignore[operator]
