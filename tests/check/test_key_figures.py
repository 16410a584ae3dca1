"""Figures a person can compare with what they know, and departures that come all at once."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import workbench as wb
from tests.check.reports import check_files, check_frames, days, found, orders
from workbench.check import Finding, check_crm, render_terminal
from workbench.check.check_page import render_page
from workbench.check.departure_checks import check_departures, jumps
from workbench.check.key_figures import key_figures
from workbench.crm import Crm, load_tables


@pytest.fixture(scope="module")
def small() -> Crm:
    return load_tables(
        {
            "orders": pd.DataFrame(orders(["a", "a", "b"], ["2024-01-05", "2024-02-05", "2024-02-06"], 10.5)),
            "subscriptions": pd.DataFrame(
                {
                    "subscription_id": ["s1", "s2"], "customer_id": ["a", "b"], "mrr": [20, 30],
                    "started_at": ["2024-01-01", "2024-01-01"], "ended_at": [None, "2024-02-01"],
                }
            ),
        }
    )  # fmt: skip


def test_without_sales_a_month_holds_what_was_collected_and_without_an_end_who_gave_notice() -> None:
    charges = {
        "charge_id": ["1", "2"], "customer_id": ["a", "b"], "attempted_at": ["2024-01-05", "2024-01-06"],
        "succeeded": [True, False], "amount": [10.5, 20],
    }  # fmt: skip
    subscriptions = {
        "subscription_id": ["s", "t"], "customer_id": ["a", "b"], "started_at": ["2024-01-01", "2024-01-01"],
        "cancelled_at": ["2024-01-03", None],
    }  # fmt: skip
    crm = load_tables({"charges": pd.DataFrame(charges), "subscriptions": pd.DataFrame(subscriptions)})
    assert key_figures(crm).months[0].counts == {
        "collected": 10.5, "subscriptions begun": 2, "customers that left": 1,
    }  # fmt: skip


def test_the_figures_hold_customers_orders_revenue_and_recurring_revenue(small: Crm) -> None:
    known = check_crm(small).key_figures
    values = {figure.name: figure.value for figure in known.figures}
    assert values["customers"] == "2"
    assert (values["paying customers"], values["active subscriptions"], values["MRR"]) == ("1", "1", "20.00")
    assert known.columns == ["orders", "revenue", "buyers", "subscriptions begun", "customers that left"]
    assert known.months[1].counts == {"orders": 2, "revenue": 21.0, "buyers": 2, "customers that left": 1}


def test_who_pauses_does_not_pay_now() -> None:
    plans = {"subscription_id": ["s1", "s2"], "customer_id": ["a", "b"], "mrr": [20, 30], "started_at": "2024-01-01"}
    paused = {"subscription_id": ["s2"], "changed_at": ["2024-03-01"], "change": ["paused"]}
    tables = {"subscriptions": pd.DataFrame(plans), "subscription_changes": pd.DataFrame(paused)}
    shown = {figure.name: figure.value for figure in key_figures(load_tables(tables)).figures}
    assert (shown["paying customers"], shown["MRR"]) == ("1", "20.00")


def test_who_left_by_a_recorded_cancellation_does_not_pay_now() -> None:
    rows = {
        "subscription_id": ["s1", "s2"],
        "customer_id": ["a", "b"],
        "mrr": [20, 30],
        "started_at": ["2024-01-01"] * 2,
    }
    left = {"customer_id": ["a"], "occurred_at": ["2024-02-01"]}
    crm = load_tables({"subscriptions": pd.DataFrame(rows), "cancellations": pd.DataFrame(left)})
    assert {f.name: f.value for f in key_figures(crm).figures}["MRR"] == "30.00"


def test_the_figures_are_those_of_the_metrics(demo_check: tuple[Crm, Path]) -> None:
    crm, _ = demo_check
    values = {figure.name: figure.value for figure in key_figures(crm).figures}
    mrr = wb.mrr(crm, crm.facts.known_until).to_pandas()
    assert values["paying customers"] == f"{(mrr.mrr != 0).sum():,}"  # who pauses pays nothing
    assert values["MRR"] == f"{mrr.mrr.sum():,.2f} EUR"


def test_the_largest_customer_is_named_by_rows_and_by_money() -> None:
    subscriptions = {"subscription_id": [*"abcdef"], "customer_id": [*"aaaabc"], "mrr": [5, 5, 5, 5, 10, 70]}
    events = {"customer_id": [*"ababab"], "occurred_at": days(6, "2024-02-01", 1)}
    report = check_frames(subscriptions=subscriptions | {"started_at": ["2024-01-01"] * 6}, events=events)
    largest = [(f.value, f.note) for f in report.key_figures.figures if f.name == "largest customer"]
    assert largest == [
        ("66.7 %", "of all rows of subscriptions: customer_id a"), ("70.0 %", "of MRR: customer_id c"),
    ]  # fmt: skip


def test_figures_stand_on_screen_and_page_before_the_findings(small: Crm) -> None:
    finding = Finding("gap", "orders", "ordered_at", 1, 4, "A month is missing.", "Export it.")
    report = replace(check_crm(small), findings=(finding,))
    console = Console(width=120, record=True, file=io.StringIO())
    render_terminal(report, console)
    screen, page = console.export_text(), render_page(report)
    assert screen.index("Compare with what you know") < screen.index("A month is missing")
    assert page.index("Compare with what you know") < page.index("Warnings (")
    assert '<th scope="row" class="month">2024-02</th><td class="n">2</td><td class="n">21.00</td>' in page


def cancelled(dates: list[object]) -> dict[str, dict[str, list[object]]]:
    ids: list[object] = [f"c{i}" for i in range(len(dates))]
    return {
        "events": {"customer_id": ids + ids, "occurred_at": days(len(ids), every=6) + days(len(ids), every=6)},
        "cancellations": {"customer_id": ids, "occurred_at": dates},
    }


def test_a_month_with_most_departures_is_named() -> None:
    dates: list[object] = [*days(20, "2024-01-10", 17), *["2024-08-08"] * 40]
    (finding,) = found(check_frames(**cancelled(dates)), "departures")
    assert finding.sentence == "42 of 60 departures (70.0 %) fall into 2024-08: 42; a usual month has 2."


def months(counts: Iterable[int]) -> dict[str, int]:
    return {f"month {place}": int(n) for place, n in enumerate(counts)}


def test_a_month_of_threefold_departures_is_named_and_one_of_half_as_many_more_is_not() -> None:
    usual = [8 + month % 3 for month in range(1, 11)]
    (finding,) = jumps(months([*usual[:4], usual[4] + 18, *usual[5:]]))
    assert finding.sentence == "28 of 108 departures (25.9 %) fall into month 4: 28; a usual month has 9."
    assert jumps(months([*usual[:4], usual[4] + 4, *usual[5:]])) == []


def test_a_small_company_s_jump_is_found_and_its_chance_is_not() -> None:
    usual = [1, 2, 1, 0, 2, 1, 2, 1, 3, 1, 2]
    assert [len(jumps(months([*usual[:5], n, *usual[5:]]))) for n in (4, 5, 9)] == [0, 0, 1]
    assert len(jumps(months([*usual[:3], 9, *usual[3:], 9, *usual[:5]]))) == 1  # one does not hide the other


def test_few_steady_years_hold_a_jump() -> None:
    draw = np.random.default_rng(1)
    false = [bool(jumps(months(draw.poisson(rate, 12) + 1))) for rate in (1, 3, 8, 20) for _ in range(150)]
    assert sum(false) <= 0.05 * len(false)


def test_departures_that_grow_month_by_month_are_no_jump() -> None:
    assert jumps(months(1 + month * month // 4 for month in range(1, 11))) == []


def contracts(starts: list[object], ends: list[object]) -> Crm:
    ids = [f"c{i}" for i in range(len(starts) + 1)]
    rows = {
        "subscription_id": ids,
        "customer_id": ids,
        "started_at": [*starts, "2025-01-01"],
        "ended_at": [*ends, None],
    }
    return load_tables({"subscriptions": pd.DataFrame(rows)})


def test_a_long_beginning_without_departures_is_named_where_customers_could_have_left() -> None:
    ends = days(60, "2024-09-01", 2)
    purged = contracts(["2024-01-01"] * 50 + ["2024-08-20"] * 10, [*[None] * 30, *ends[:30]])
    (finding,) = check_departures(purged)
    assert finding.sentence == (
        "No departure is recorded in the first 8 months, from 2024-01 to 2024-08, where about 35 would be at the later "
        "rate."
    )
    assert check_departures(contracts(["2024-01-01", *["2024-08-20"] * 59], ends)) == []  # one could have left before
    assert check_departures(contracts(["2024-01-01"] * 60, ends)) == []  # nobody leaves in the first eight months


def test_the_source_s_own_totals_stand_beside_what_is_computed(tmp_path: Path) -> None:
    yaml = (
        "name: n\ncurrency: EUR\nfiles: {o: {path: o.csv}, c: {path: c.csv}}\ntables:\n"
        "  customers: {from: c, columns: {customer_id: id}}\n"
        "  orders: {from: o, columns: {order_id: id, customer_id: who, ordered_at: day, amount: amount}}"
    )
    people = "id,orders_count,total_spent\na,2,30.00\nb,1,5.50"
    report = check_files(tmp_path, yaml, c=people, o="id,who,day,amount\n1,a,2024-01-01,20\n2,b,2024-01-02,5.5")
    shown = [(f.name, f.value, f.note.split(": ")[1]) for f in report.key_figures.figures if "own total" in f.note]
    assert shown == [("sum of orders_count", "3", "2"), ("sum of total_spent", "35.50 EUR", "25.50 EUR")]


def test_what_lies_ahead_of_the_export_is_in_no_figure_and_without_a_day_of_export_it_is_named(tmp_path: Path) -> None:
    ahead = date.today() + timedelta(days=3)
    rows = "\n".join(f"{i},{customer},{day},10" for i, (customer, day) in enumerate([
        ("a", date.today() - timedelta(days=2)), ("b", date.today() - timedelta(days=200)), ("b", ahead),
    ]))  # fmt: skip
    yaml = (
        "currency: EUR\nfiles: {visits: {path: visits.csv}}\ntables: {orders: {from: visits, columns: "
        "{order_id: id, customer_id: client, ordered_at: day, amount: price}}}\n"
    )
    visits = f"id,client,day,price\n{rows}"
    (named,) = found(check_files(tmp_path, f"name: Salon\n{yaml}", visits=visits), "after today")
    assert (named.rows, named.of) == (1, 3) and "exported_at" in named.cure
    report = check_files(tmp_path, f"name: Salon\nexported_at: '{date.today()}'\n{yaml}", visits=visits)
    assert found(report, "after today") == [] and found(report, "after the export")[0].rows == 1
    figures = {figure.name: figure.value for figure in report.key_figures.figures}
    assert figures["customers with orders"] == "1"
    assert sum(month.counts.get("revenue", 0) for month in report.key_figures.months) == 20
