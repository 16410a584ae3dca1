"""Recurring revenue: bridges that close to the last digit, and how much of it is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise

import ibis.expr.types as ir
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from tests.conftest import crm_of
from workbench import metrics
from workbench.crm.asof import Crm
from workbench.errors import DataError, SettingError

START, END = datetime(2024, 2, 1), datetime(2024, 3, 1)
Change = tuple[str, str, str, str | None]
Subscription = tuple[str, str, str, str | None, str | None]


def company(
    subscriptions: list[Subscription],
    changes: list[Change] | None,
    *,
    mrr: list[str | None] | None = None,
    excluded: str = "",
) -> Crm:
    """Type by hand: subscriptions (id, customer, started, cancelled, ended) and changes (id, at, change, mrr)."""
    last: Subscription = ("last", "last", "2024-12-30", None, None)
    columns = ["subscription_id", "customer_id", "started_at", "cancelled_at", "ended_at"]
    tables = {"subscriptions": pd.DataFrame([*subscriptions, last], columns=columns).assign(kind="paid")}
    if mrr is not None:
        tables["subscriptions"]["mrr"] = [*mrr, "1"]
    if changes is not None:
        rows = [*changes, ("last", "2024-12-30", "plan", "1")]
        tables["subscription_changes"] = pd.DataFrame(rows, columns=["subscription_id", "changed_at", "change", "mrr"])
    if excluded:
        tables["customers"] = pd.DataFrame({"customer_id": ["ann", excluded], "exclude_reason": [None, "test"]})
    return wb.load_tables(tables)


@cache
def six_customers() -> Crm:
    """One of each: stays at 100, grows 50 to 80, shrinks 60 to 20, leaves with 30, comes back with 25, is new with 40."""
    return company(
        [
            ("s1", "stays", "2024-01-05", None, None), ("s2", "grows", "2024-01-05", None, None),
            ("s3", "shrinks", "2024-01-05", None, None), ("s4", "leaves", "2024-01-05", "2024-01-20", "2024-02-20"),
            ("s5", "back", "2024-01-05", "2024-01-15", "2024-01-15"), ("s6", "back", "2024-02-10", None, None),
            ("s7", "new", "2024-02-11", None, None), ("s8", "visits", "2024-02-11", None, "2024-02-20"),
        ],
        [
            ("s1", "2024-01-05", "plan", "100"), ("s2", "2024-01-05", "plan", "50"), ("s2", "2024-02-03", "plan", "80"),
            ("s3", "2024-01-05", "plan", "60"), ("s3", "2024-02-03", "quantity", "20"),
            ("s4", "2024-01-05", "plan", "30"), ("s5", "2024-01-05", "plan", "90"), ("s6", "2024-02-10", "plan", "25"),
            ("s7", "2024-02-11", "plan", "40"), ("s8", "2024-02-11", "plan", "70"), ("s1", "2024-03-01", "price", "999"),
        ],
    )  # fmt: skip


def amounts(bridge: pd.DataFrame) -> dict[str, str]:
    return {row.movement: f"{row.amount:.4f}" for row in bridge.itertuples()}


def test_the_bridge_of_six_customers_counted_by_hand() -> None:
    bridge = metrics.mrr_bridge(six_customers(), START, END)
    assert amounts(bridge) == {
        "start": "240.0000", "new": "40.0000", "expansion": "30.0000", "reactivation": "25.0000",
        "contraction": "-40.0000", "churn": "-30.0000", "end": "265.0000",
    }  # fmt: skip
    assert bridge["customers"].tolist() == [4, 1, 1, 1, 1, 1, 5]


def test_the_retention_of_six_customers_counted_by_hand() -> None:
    crm = six_customers()
    gross = metrics.gross_revenue_retention(crm, START, END)
    assert (gross.count, gross.of, gross.n) == (170, 240, 4)
    net = metrics.net_revenue_retention(crm, START, END)
    assert (net.value, net.named) == (pytest.approx(200 / 240), "reactivation out")
    back = metrics.net_revenue_retention(crm, START, END, reactivation=True)
    assert (back.value, back.named, back.n) == (pytest.approx(225 / 240), "reactivation in", 4)
    assert gross.low <= gross.value <= gross.high <= 1


def test_one_customers_expansion_does_not_make_up_for_anothers_loss_in_gross_retention() -> None:
    crm = company(
        [("s1", "ann", "2024-01-05", None, None), ("s2", "bob", "2024-01-05", None, "2024-02-05")],
        [("s1", "2024-01-05", "plan", "10"), ("s1", "2024-02-05", "plan", "30"), ("s2", "2024-01-05", "plan", "10")],
    )
    assert metrics.gross_revenue_retention(crm, START, END).value == 0.5
    assert metrics.net_revenue_retention(crm, START, END).value == 1.5


def test_losing_one_of_two_subscriptions_is_contraction() -> None:
    crm = company(
        [("s1", "ann", "2024-01-05", None, None), ("s2", "ann", "2024-01-05", None, "2024-02-05")],
        [("s1", "2024-01-05", "plan", "10"), ("s2", "2024-01-05", "plan", "4")],
    )
    assert amounts(metrics.mrr_bridge(crm, START, END))["contraction"] == "-4.0000"


def test_who_is_in_notice_pays_until_the_service_ends() -> None:
    crm = company([("s1", "ann", "2024-01-05", "2024-01-20", "2024-03-20")], [("s1", "2024-01-05", "plan", "10")])
    assert metrics.net_revenue_retention(crm, START, END).value == 1


def test_a_pause_brings_nothing_and_is_a_contraction_not_churn_whatever_amount_its_change_states() -> None:
    stated = {"nothing": "0", "unknown": None, "as before": "10"}
    crm = company(
        [(name, name, "2024-01-05", None, None) for name in stated],
        [
            change
            for name, mrr in stated.items()
            for change in (
                (name, "2024-01-05", "plan", "10"),
                (name, "2024-02-05", "paused", mrr),
                (name, "2024-03-05", "resumed", None),
            )
        ],
    )
    moved = metrics.mrr_movements(crm, START, END).to_pandas().set_index("customer_id")
    assert (
        moved.loc[[*stated], ["mrr_start", "mrr_end", "movement"]].astype(str).to_numpy().tolist()
        == [["10.0000", "0.0000", "contraction"]] * 3
    )
    pausing = metrics.mrr_bridge(crm, START, END)
    assert (amounts(pausing)["contraction"], amounts(pausing)["churn"]) == ("-30.0000", "0.0000")
    assert pausing.set_index("movement").loc["end", "customers"] == 3
    assert metrics.net_revenue_retention(crm, START, END).value == 0
    resuming = amounts(metrics.mrr_bridge(crm, END, datetime(2024, 4, 1)))
    assert (resuming["start"], resuming["expansion"], resuming["new"]) == ("0.0000", "30.0000", "0.0000")


def test_a_pause_that_ends_retains_nothing_that_was_paid_at_the_start() -> None:
    crm = company(
        [("s1", "ann", "2024-01-05", None, None), ("s2", "bob", "2024-01-05", None, None)],
        [
            ("s1", "2024-01-05", "plan", "10"), ("s1", "2024-01-20", "paused", None), ("s1", "2024-03-05", "resumed", None),
            ("s2", "2024-01-05", "plan", "20"),
        ],
    )  # fmt: skip
    later = datetime(2024, 4, 1)
    assert metrics.net_revenue_retention(crm, START, later).value == 1
    assert metrics.net_revenue_retention(crm, START, later, reactivation=True).value == 1.5


def test_excluded_customers_are_left_out() -> None:
    crm = company(
        [("s1", "ann", "2024-01-05", None, None), ("s2", "tester", "2024-01-05", None, None)],
        [("s1", "2024-01-05", "plan", "10"), ("s2", "2024-01-05", "plan", "1000")],
        excluded="tester",
    )
    assert amounts(metrics.mrr_bridge(crm, START, END))["start"] == "10.0000"


def test_todays_amount_serves_only_a_subscription_without_a_history_and_the_result_says_so() -> None:
    crm = company(
        [("s1", "ann", "2024-01-05", None, None), ("s2", "bob", "2024-01-05", None, None)],
        [("s1", "2024-01-05", "plan", "10")],
        mrr=["77", "5"],
    )
    bridge = metrics.mrr_bridge(crm, START, END)
    assert (amounts(bridge)["start"], bridge.attrs) == ("15.0000", {"todays": 1, "unknown": 0, "copies": 0})
    assert "today's amount taken for 1 customers" in metrics.net_revenue_retention(crm, START, END).definition


def test_who_has_an_unknown_amount_is_left_out_and_counted() -> None:
    crm = company(
        [("s1", "ann", "2024-01-05", None, None), ("s2", "bob", "2024-01-05", None, None)],
        [("s1", "2024-01-05", "plan", "10"), ("s2", "2024-02-05", "price", "9")],
        mrr=["10", "9"],
    )
    bridge = metrics.mrr_bridge(crm, START, END)
    assert (amounts(bridge)["start"], amounts(bridge)["expansion"]) == ("10.0000", "0.0000")
    assert bridge.attrs["unknown"] == 1
    kept = metrics.gross_revenue_retention(crm, START, END)
    assert kept.n == 1
    assert "1 customers left out" in kept.definition


def test_lost_revenue_is_not_stated_where_what_the_leavers_paid_is_not_known() -> None:
    stays, leaves = ("s1", "ann", "2024-01-05", None, None), ("s2", "bob", "2024-01-05", None, "2024-02-10")
    also = ("s3", "cem", "2024-01-05", None, "2024-02-20")
    crm = company([stays, leaves, also], None, mrr=["10", None, None])
    for figure in (metrics.mrr_bridge, metrics.net_revenue_retention, metrics.gross_revenue_retention):
        with pytest.raises(DataError, match=r"known of none of the 2 customers who left .* map subscriptions.mrr"):
            figure(crm, START, END)
    some = metrics.mrr_bridge(company([stays, leaves, also], None, mrr=["10", "4", None]), START, END)
    assert (amounts(some)["churn"], some.attrs["unknown"]) == ("-4.0000", 1)


def test_an_overwritten_amount_is_not_known_at_a_snapshot() -> None:
    crm = company([("s1", "ann", "2024-01-05", None, None)], None, mrr=["10"])
    assert amounts(metrics.mrr_bridge(crm, START, END))["start"] == "10.0000"
    with pytest.raises(DataError, match=r"no MRR is known of any of the 1 .* state mrr_is: price_since_start"):
        metrics.mrr_bridge(crm.known_at("2024-04-01"), START, END)


def test_of_several_changes_at_one_instant_the_largest_amount_holds_whatever_their_order() -> None:
    at_once = [("s1", "2024-01-05", "plan", "10"), ("s1", "2024-01-05", "quantity", "12")]
    for changes in (at_once, at_once[::-1]):
        crm = company([("s1", "ann", "2024-01-05", None, None)], changes)
        assert amounts(metrics.mrr_bridge(crm, START, END))["start"] == "12.0000"


def test_subscriptions_of_one_customer_plan_and_start_are_noted_as_probable_copies() -> None:
    rows = {"subscription_id": ["old", "new", "s3"], "customer_id": ["ann", "ann", "bob"], "plan": "monthly",
            "started_at": "2023-01-05", "ended_at": ["2024-02-10", None, None], "mrr": 10}  # fmt: skip
    last = {"subscription_id": ["last"], "customer_id": ["last"], "started_at": ["2024-12-30"], "mrr": [1]}
    crm = wb.load_tables({"subscriptions": pd.concat([pd.DataFrame(rows), pd.DataFrame(last)])})
    assert metrics.mrr_bridge(crm, START, END).attrs["copies"] == 1
    assert "1 subscription is probably a copy of another" in metrics.net_revenue_retention(crm, START, END).definition


def test_the_analysts_total_is_set_against_the_end_and_the_difference_shown() -> None:
    bridge = metrics.mrr_bridge(six_customers(), START, END, total="264.99")
    assert amounts(bridge.tail(2)) == {"total": "264.9900", "difference": "-0.0100"}


def test_a_business_of_orders_has_no_recurring_revenue_and_the_answer_names_what_it_has() -> None:
    with pytest.raises(DataError, match=r"need the table subscriptions.*repeat purchases"):
        metrics.mrr_bridge(crm_of(("1", "ann", "2024-01-01", 1), ("2", "ann", "2024-06-01", 1)), START, END)


@pytest.mark.parametrize(
    ("start", "end"), [(END, START), (datetime(2024, 1, 5), END), (START, datetime(2025, 3, 1)), (START, START)]
)
def test_a_period_the_data_do_not_tell_of_is_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(SettingError, match="the period from"):
        metrics.mrr_bridge(six_customers(), start, end)


cents = st.integers(0, 10_000_000).map(lambda n: str(Decimal(n) / 100))
days = st.integers(0, 88)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Subscription], list[Change]]:
    subscriptions: list[Subscription] = [("first", "first", "2024-01-01", None, None)]
    changes: list[Change] = [("first", "2024-01-01", "plan", "1")]
    for i in range(draw(st.integers(1, 24))):
        started = draw(days)
        ended = draw(st.none() | st.integers(started, 90))
        subscriptions.append(
            (f"s{i}", draw(st.sampled_from("abcdefghijkl")), day(started), None, None if ended is None else day(ended))
        )
        changes.append((f"s{i}", day(started), "plan", draw(cents)))
        for at in draw(st.lists(st.integers(started, 90), max_size=3)):
            kind = draw(st.sampled_from(["price", "quantity", "paused", "resumed"]))
            changes.append((f"s{i}", day(at), kind, None if kind == "resumed" else draw(cents)))
    return subscriptions, changes


def day(n: int) -> str:
    return f"{datetime(2024, 1, 1) + timedelta(days=n):%Y-%m-%d}"


def paid_at(history: tuple[list[Subscription], list[Change]], at: str) -> Decimal:
    """Sum, in plain Python, what each live subscription's last change left; nothing while it is paused."""
    subscriptions, changes = history
    total = Decimal(0)
    for name, _, started, _, ended in subscriptions:
        past = sorted(c for c in changes if c[0] == name and c[1] < at)
        switches = [c[2] for c in past if c[2] in ("paused", "resumed")]
        priced = [(c[1], Decimal(c[3])) for c in past if c[2] != "paused" and c[3] is not None]
        if started < at and (ended is None or ended >= at) and not (switches and switches[-1] == "paused"):
            total += max(priced)[1]
    return total


@settings(max_examples=3)
@given(histories())
def test_every_bridge_closes_to_the_last_digit(history: tuple[list[Subscription], list[Change]]) -> None:
    bridge = metrics.mrr_bridge(company(*history), START, END).set_index("movement")
    amount, customers = bridge["amount"], bridge["customers"]
    steps = ["new", "expansion", "reactivation", "contraction", "churn"]
    assert amount["start"] + sum(amount[steps], Decimal(0)) == amount["end"]
    assert (amount["start"], amount["end"]) == (paid_at(history, "2024-02-01"), paid_at(history, "2024-03-01"))
    assert amount[["new", "expansion", "reactivation"]].min() >= 0 >= amount[["contraction", "churn"]].max()
    assert customers["start"] + customers["new"] + customers["reactivation"] - customers["churn"] == customers["end"]


def test_quarter_after_quarter_the_simulated_company_starts_where_it_ended(demo: Crm) -> None:
    edges = [t.to_pydatetime() for t in pd.date_range(demo.facts.begins_at, demo.facts.known_until, freq="3MS")[1:]]
    bridges = [metrics.mrr_bridge(demo, a, b).set_index("movement")["amount"] for a, b in pairwise(edges)]
    assert len(bridges) == 5
    assert all(before["end"] == after["start"] for before, after in pairwise(bridges))
    assert all(b["start"] + b.iloc[1:-1].sum() == b["end"] for b in bridges)


def test_the_amounts_at_the_end_of_the_data_are_those_of_the_subscriptions_then(demo: Crm) -> None:
    subs, customers = demo["subscriptions"], demo["customers"]
    excluded = customers.filter(customers.exclude_reason.notnull())
    paid = subs.filter((subs.kind == "paid") & subs.ended_at.isnull()).anti_join(excluded, "customer_id")
    start = demo.facts.known_until - timedelta(days=91)
    bridge = metrics.mrr_bridge(demo, start, demo.facts.known_until, total=paid.mrr.sum().execute())
    assert amounts(bridge)["difference"] == "0.0000"


def test_net_retention_of_all_is_the_bridge_without_new_and_returning_customers(demo: Crm) -> None:
    start, end = demo.facts.known_until - timedelta(days=91), demo.facts.known_until
    amount = metrics.mrr_bridge(demo, start, end).set_index("movement")["amount"]
    moved = metrics.mrr_movements(demo, start, end)
    resumed = moved.filter(moved.paused_start).mrr_end.sum().fill_null(0).to_pandas()
    kept = amount["end"] - amount["new"] - amount["reactivation"] - resumed
    assert metrics.net_revenue_retention(demo, start, end).value == pytest.approx(float(kept / amount["start"]))


def test_customers_move_from_start_to_end_as_lives_begin_and_end(demo: Crm, demo_lives: ir.Table) -> None:
    start, end = demo.facts.known_until - timedelta(days=180), demo.facts.known_until - timedelta(days=60)
    bridge = metrics.customer_bridge(demo_lives, start, end).set_index("movement")["customers"]
    assert bridge["start"] + bridge["new"] + bridge["reactivation"] + bridge["churn"] == bridge["end"]
    assert bridge["churn"] < 0 < bridge["new"]


def test_the_segments_of_a_bridge_add_up_to_the_whole(demo: Crm) -> None:
    start, end = demo.facts.known_until - timedelta(days=91), demo.facts.known_until
    sizes = demo["customers"].select("customer_id", segment="company_size").to_pandas()
    by_size = metrics.by_segment(lambda crm: metrics.net_revenue_retention(crm, start, end), demo, sizes)
    whole = metrics.net_revenue_retention(demo, start, end)
    assert by_size["segment"].tolist() == ["1-10", "101+", "11-100"]
    assert by_size[["count", "of", "n"]].sum().tolist() == pytest.approx([whole.count, whole.of, whole.n])
    assert (by_size["low"] <= by_size["value"]).all() and (by_size["value"] <= by_size["high"]).all()


def test_segments_that_name_a_customer_twice_or_lack_a_column_are_refused(demo: Crm, demo_lives: ir.Table) -> None:
    twice = pd.DataFrame({"customer_id": ["a", "a"], "segment": ["x", "y"]})
    with pytest.raises(DataError, match="customer_id 'a' stands there more than once"):
        metrics.by_segment(lambda lives: metrics.return_rate(lives, START, END), demo_lives, twice)
    with pytest.raises(DataError, match="the column segment is missing; it has customer_id"):
        metrics.by_segment(lambda crm: metrics.nps(crm, START, END), demo, twice[["customer_id"]])
