"""Currencies that cannot be added, cents, repeated rows, statuses nobody reads and dates written in two ways."""

from __future__ import annotations

from pathlib import Path

from tests.check.reports import check_files, check_frames, days, found, orders

SHOP = (
    "name: n\ncurrency: EUR\nfiles: {o: {path: o.csv}}\ntables:\n  orders:\n    from: o\n"
    "    columns: {order_id: id, customer_id: who, ordered_at: day, amount: amount}"
)
USERS = (
    "name: n\ncurrency: EUR\nfiles: {s: {path: s.csv}}\ntables:\n  subscriptions:\n    from: s\n"
    "    columns: {subscription_id: id, customer_id: who, started_at: begin, ended_at: stop}"
)


def test_whole_amounts_that_end_as_prices_in_cents_do_are_doubted() -> None:
    (finding,) = found(check_frames(orders=orders(["a"] * 30, days(30), 4999)), "amounts in cents")
    assert "unit: cents under tables.orders" in finding.cure
    assert found(check_frames(orders=orders(["a"] * 30, days(30), 49.99)), "amounts in cents") == []


def test_amounts_written_with_decimals_are_no_cents(tmp_path: Path) -> None:
    for text, n in (("4999", 1), ("4999.00", 0), ('"4999,00"', 0)):
        lines = "\n".join(f"{i},a,{day},{text}" for i, day in enumerate(days(30)))
        report = check_files(tmp_path, SHOP, o=f"id,who,day,amount\n{lines}")
        assert len(found(report, "amounts in cents")) == n


def test_tables_of_any_name_are_checked_and_rows_a_status_sets_aside_are_not(tmp_path: Path) -> None:
    yaml = (
        "name: n\ncurrency: EUR\ndates: day_first\nfiles: {judged: {path: judged.csv}, crm_left: {path: crm_left.csv}}\ntables:\n"
        "  customers: {from: crm_left, columns: {customer_id: who, closed_at: gone}}\n  orders:\n    from: judged\n"
        "    status: {column: status, values: {paid: keep, void: refuse}}\n"
        "    columns: {order_id: id, customer_id: who, ordered_at: day, amount: amount}"
    )
    day = ["2024-01-01", "2024-02-13", "13/03/2024"]
    report = check_files(
        tmp_path,
        yaml,
        judged="id,who,day,amount,status\n"
        + "\n".join(f"{i},a,{day[i]},5,{'void' if i == 2 else 'paid'}" for i in range(3)),
        crm_left="who,gone,note\na,,x\nb,2024-02-01,x",
    )
    assert found(report, "two date formats") == []
    assert report.loaded == {"customers": 2, "orders": 2}


def test_a_status_nobody_reads_is_counted(tmp_path: Path) -> None:
    report = check_files(
        tmp_path,
        SHOP,
        o="id,who,day,amount,status\n1,a,2024-01-01,5,completed\n2,b,2024-01-02,9,cancelled\n3,b,2024-01-03,9,failed",
    )
    (finding,) = found(report, "status not read")
    assert "cancelled 1, failed 1" in finding.sentence and (finding.rows, finding.of) == (2, 3)


def test_a_status_that_disagrees_with_the_dates_names_the_customers(tmp_path: Path) -> None:
    lines = [
        "id,who,begin,stop,status",
        "1,a,2024-01-01,2024-02-01,active",
        "2,b,2024-01-01,,cancelled",
        "3,b,2024-01-02,,Canceled",
        "4,c,2024-03-01,,active",
    ]
    undated, live = found(check_files(tmp_path, USERS, s="\n".join(lines)), "status against dates")
    assert (
        undated.sentence
        == "2 of 4 subscriptions (50.0 %) of 1 customer have an ended status without a date of the end (status)."
    )
    assert live.examples == ("customer_id a, status active",)
    stated = USERS.replace(
        "columns:", "status: {column: status, values: {active: keep, cancelled: cancelled}}\n    columns:"
    )
    (live,) = found(
        check_files(tmp_path, stated, s="\n".join(lines).replace("Canceled", "cancelled")), "status against dates"
    )
    assert live.examples == ("customer_id a, status active",)


def test_two_pulls_of_one_week_are_found_without_any_id() -> None:
    week = [(c, day) for c in "abcdefg" for day in days(5, every=7)]
    twice = [*week, *[(c, "2024-01-15") for c in "abcdefg"]]
    usage = {
        "customer_id": [c for c, _ in twice], "occurred_at": [d for _, d in twice], "quantity": list(range(len(twice))),
    }  # fmt: skip
    (finding,) = found(check_frames(events=usage), "repeated row")
    assert finding.sentence == (
        "On 1 day from 2024-01-15 to 2024-01-15 nearly every row occurs again, so 7 of 14 rows of these days (50.0 %) "
        "repeat a fact; on other days hardly any does."
    )
    assert finding.examples[0].endswith("2 rows")


def test_equal_rows_on_whole_days_may_be_different_facts() -> None:
    events = {"customer_id": ["a", "a", "b", "b", "c", "d"] * 5, "occurred_at": [d for d in days(5) for _ in range(6)]}
    assert found(check_frames(events=events), "repeated row") == []
    timed = {**events, "occurred_at": [f"{d} 10:15:00" for d in events["occurred_at"]]}
    (finding,) = found(check_frames(events=timed), "repeated row")
    assert (finding.rows, finding.of) == (10, 30)


def test_an_order_written_twice_is_found_where_no_other_has_two_lines() -> None:
    who, when = ["ann", "bob", "cid", "ann"], [*days(3), *days(1)]
    shop = orders(who, when) | {"order_id": ["o1", "o2", "o3", "o1"]}
    (finding,) = found(check_frames(orders=shop), "repeated row")
    assert (finding.rows, finding.of) == (1, 4)
    of_two_products = {name: [*values, 5 if name == "amount" else values[-1]] for name, values in shop.items()}
    assert found(check_frames(orders=of_two_products), "repeated row") == []


def test_dates_written_in_two_ways_are_shown_side_by_side(tmp_path: Path) -> None:
    report = check_files(
        tmp_path,
        f"dates: day_first\n{SHOP}",
        o="id,who,day,amount\n1,a,2024-01-01,5\n2,b,14/01/2024,9\n3,b,2024-01-20,9",
    )
    (finding,) = found(report, "two date formats")
    assert finding.examples == ("2024-01-01", "14/01/2024")


def test_a_constant_price_is_no_finding() -> None:
    report = check_frames(
        subscriptions={
            "subscription_id": [f"s{i}" for i in range(12)], "customer_id": [f"c{i}" for i in range(12)],
            "started_at": days(12), "mrr": [10] * 12,
        }
    )  # fmt: skip
    assert report.findings == ()


def test_rows_set_aside_by_the_words_of_a_status_are_told_in_one_sum(tmp_path: Path) -> None:
    yaml = (
        "name: n\ncurrency: EUR\nfiles: {o: {path: o.csv}}\ntables:\n  orders:\n    from: o\n    status: {column: state, "
        "values: {done: keep, void: refuse, open: refuse}}\n"
        "    columns: {order_id: id, customer_id: who, ordered_at: day, amount: paid}"
    )
    states = ["done", "void", "open", "open", "done"]
    rows = [f"{i},c{i},2024-01-0{i + 1},5,{state}" for i, state in enumerate(states)]
    report = check_files(tmp_path, yaml, o="\n".join(["id,who,day,paid,state", *rows]))
    (finding,) = found(report, "set aside by status")
    assert finding.sentence == "3 of 5 rows (60.0 %) are set aside by their status: open 2, void 1."
    assert found(report, "unreadable value") == []
