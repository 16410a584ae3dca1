"""Tables that end before the others, and dates far from all others, are named first."""

from __future__ import annotations

from pathlib import Path

from tests.check.reports import check_files, check_frames, days, found, orders


def test_a_table_that_ends_before_the_others_comes_first() -> None:
    report = check_frames(
        orders=orders(["a"] * 60, days(60)),
        events={"customer_id": ["a", "b"] * 60, "occurred_at": days(120), "event": [None] * 120},
    )
    first = report.findings[0]
    assert first.rule == "early end"
    assert first.sentence == "orders end on 2024-02-29, 60 days before the other tables (2024-04-29)."


def test_a_table_with_seldom_rows_may_be_silent_at_the_end() -> None:
    seldom = days(30, every=20)
    report = check_frames(
        orders=orders(["a"] * 30, seldom), events={"customer_id": ["a"] * 640, "occurred_at": days(640)}
    )
    assert found(report, "early end") == []


def test_no_new_customers_for_months_is_no_early_end() -> None:
    report = check_frames(
        customers={"customer_id": [f"c{i}" for i in range(40)], "signed_up_at": days(40)},
        orders=orders([f"c{i % 40}" for i in range(200)], days(200)),
    )
    assert found(report, "early end") == []


def test_subscriptions_that_end_later_than_any_begins_are_no_early_end() -> None:
    events = {"customer_id": ["c1"] * 200, "occurred_at": days(200)}
    none: list[str | None] = [None] * 40
    subscriptions = {
        "subscription_id": [f"s{i}" for i in range(40)],
        "customer_id": [f"c{i}" for i in range(40)],
        "started_at": days(40),
    }
    ended = check_frames(subscriptions={**subscriptions, "ended_at": [*none[:39], days(196)[-1]]}, events=events)
    assert found(ended, "early end") == []
    assert len(found(check_frames(subscriptions={**subscriptions, "ended_at": none}, events=events), "early end")) == 1


def test_a_date_far_from_all_others_is_named_with_its_row() -> None:
    stray = check_frames(orders=orders(["a"] * 200, [*days(199), "2042-03-05"]))
    (finding,) = found(stray, "stray date")
    assert (finding.rows, finding.of) == (1, 200)
    assert "2042-03-05; the others lie between 2024-01-01 and 2024-07-17" in finding.sentence
    assert finding.examples == ("order_id o199, customer_id a, ordered_at 2042-03-05 00:00:00",)
    assert found(stray, "gap") == []


def test_a_first_order_years_before_all_others_is_no_stray_beside_that_customer_s_sign_up() -> None:
    seldom = ["2015-01-03", "2017-01-01", "2019-06-01", "2021-06-01"]
    report = check_frames(
        customers={"customer_id": [f"c{i}" for i in range(200)], "signed_up_at": [*seldom, *days(196)]},
        orders=orders([f"c{i}" for i in range(200)], ["2015-01-21", *days(199)]),
    )
    assert found(report, "stray date") == []


def test_half_of_the_rows_years_later_are_no_strays() -> None:
    report = check_frames(orders=orders(["a"] * 100, [*days(50), *days(50, "2026-01-01")]))
    assert found(report, "stray date") == []


def test_a_table_that_ends_before_the_stated_day_of_the_export_is_named_and_what_is_planned_is_no_end(
    tmp_path: Path,
) -> None:
    report = check_files(
        tmp_path,
        "{name: t, currency: EUR, exported_at: 2024-07-31, files: {e: {path: e.csv}, s: {path: s.csv}, "
        "c: {path: c.csv}}, tables: {events: {from: e, columns: {customer_id: customer, occurred_at: day}}, subscriptions: {from: s, "
        "columns: {subscription_id: id, customer_id: who, started_at: begun}}, subscription_changes: {from: c, "
        "columns: {subscription_id: id, changed_at: day, change: what}}}}",
        e="customer,day\n" + "\n".join(f"a{i % 2},{day}" for i, day in enumerate(days(120))),
        s="id,who,begun\n" + "\n".join(f"s{i},a{i % 2},{day}" for i, day in enumerate(days(200, "2024-01-10"))),
        c="id,day,what\ns1,2024-07-01,paused\ns1,2025-01-01,resumed",
    )
    assert report.span == "2024-01-01 to 2024-07-27"
    (finding,) = found(report, "early end")
    assert finding.sentence == "events end on 2024-04-29, 89 days before the other tables (2024-07-27)."


def test_waves_of_answers_once_a_year_are_no_gaps() -> None:
    asked = [f"{year}-05-{day:02}" for year in (2024, 2025, 2026) for day in range(1, 31) for _ in "ab"]
    answers = {"customer_id": ["a", "b"] * 90, "answered_at": asked, "instrument": ["nps"] * 180, "score": [9, 3] * 90}
    report = check_frames(orders=orders(["a"] * 60, days(60, every=15)), surveys=answers)
    assert found(report, "gap") == found(report, "constant column") == []
    also = {name: [*values, values[0]] for name, values in answers.items()}
    also["answered_at"][-1] = "2024-06-02"
    assert found(check_frames(orders=orders(["a"] * 60, days(60, every=15)), surveys=also), "gap")
