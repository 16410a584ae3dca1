"""Copies, terms paid for and last days of service are distinguished from departures."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.check.reports import check_files, check_frames, found
from workbench.crm import load_tables


def subscriptions(rows: list[tuple[str, str, str, str | None]], plan: str = "pro") -> dict[str, list[object]]:
    ids, customers, starts, ends = ([*column] for column in zip(*rows, strict=True))
    return {
        "subscription_id": ids, "customer_id": customers, "plan": [plan] * len(rows), "started_at": starts,
        "ended_at": ends, "mrr": [10] * len(rows),
    }  # fmt: skip


def test_two_subscriptions_of_one_plan_from_one_moment_are_probable_copies_with_their_mrr() -> None:
    report = check_frames(
        subscriptions=subscriptions(
            [
                ("old1", "a", "2024-01-05", "2024-03-10"),
                ("new1", "a", "2024-01-05", None),
                ("s2", "b", "2024-01-05", None),
                ("s3", "b", "2024-04-01", None),
            ]
        )
    )
    (finding,) = found(report, "probable copy")
    assert finding.sentence.startswith("1 of 2 customers (50.0 %) have two or more subscriptions of one plan")
    assert "; the copy carries 10.00 a month" in finding.sentence
    assert finding.examples == ("customer_id a, started_at 2024-01-05, copies new1, old1",)


def test_an_end_in_the_future_is_the_term_paid_for_and_stops_nothing(tmp_path: Path) -> None:
    yaml = (
        "name: n\ncurrency: EUR\nexported_at: 2024-02-05 00:00:00\nfiles: {s: {path: s.csv}}\ntables:\n  subscriptions:\n"
        "    from: s\n    columns: {subscription_id: id, customer_id: who, started_at: begin, ended_at: stop}"
    )
    report = check_files(
        tmp_path,
        yaml,
        s="id,who,begin,stop\n1,a,2023-01-05,2024-03-05\n2,b,2023-01-10,2024-01-10\n3,c,2023-01-12,2025-01-12",
    )
    (finding,) = found(report, "paid term")
    assert (finding.rows, finding.of, report.exit_code) == (2, 3, 0)
    assert "renews_at" in finding.cure and found(report, "after the export") == []


def test_a_planned_end_of_a_pause_moves_no_end_of_the_data() -> None:
    ends = [("s1", "a", "2024-01-05", "2024-12-31"), ("s2", "b", "2024-01-05", "2024-01-20")]
    rows = subscriptions([*ends, ("s3", "c", "2024-02-05", None)])
    turns = ["paused", "resumed"]
    changes = {"subscription_id": ["s1", "s1"], "changed_at": ["2024-02-01", "2024-09-01"], "change": turns}
    crm = load_tables({"subscriptions": pd.DataFrame(rows), "subscription_changes": pd.DataFrame(changes)})
    assert f"{crm.facts.known_until:%Y-%m-%d}" == "2024-02-06"


def test_an_end_in_the_future_after_a_notice_is_no_paid_term() -> None:
    rows = subscriptions([("s1", "a", "2024-01-05", "2024-12-31"), ("s2", "b", "2024-02-05", None)])
    report = check_frames(subscriptions={**rows, "cancelled_at": ["2024-02-01", None]})
    assert found(report, "paid term") == []


def test_ends_a_day_before_the_next_start_name_the_reading_in_force() -> None:
    terms = [
        ("2024-01-01", "2024-01-31"),
        ("2024-02-01", "2024-02-29"),
        ("2024-03-01", "2024-03-31"),
        ("2024-04-01", None),
    ]
    report = check_frames(subscriptions=subscriptions([(f"s{i}", "a", *term) for i, term in enumerate(terms)]))
    (finding,) = found(report, "end of service")
    assert (finding.rows, finding.of) == (3, 3)
    assert "the date is read as the first day without service" in finding.sentence
    joined = [(begin, after) for (begin, _), (after, _) in zip(terms, [*terms[1:], (None, None)], strict=True)]
    report = check_frames(subscriptions=subscriptions([(f"s{i}", "a", *term) for i, term in enumerate(joined)]))
    assert found(report, "end of service") == []


def test_an_amount_that_only_those_have_who_stayed_is_named_as_that_of_today() -> None:
    rows = [(f"s{i}", f"c{i}", f"2024-01-{i + 1:02d}", "2024-01-10" if i < 5 else None) for i in range(12)]
    for gone, words in ((0, "an mrr of 0"), (None, "no mrr")):
        taken_away = {**subscriptions(rows), "mrr": [gone] * 5 + [10] * 7}
        (finding,) = found(check_frames(subscriptions=taken_away), "price taken away")
        assert f"5 of 5 subscriptions that ended (100.0 %) have {words}, of the others 0 of 7" in finding.sentence
    assert found(check_frames(subscriptions=subscriptions(rows)), "price taken away") == []
