"""How much work the lists are, by hand."""

import pandas as pd

import workbench as wb


def tasks(*rows: tuple[str, str | None, float, float, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer_id", "value_segment", "contact_cost", "offer_cost", "expected_gain"])


def test_tasks_and_costs_are_counted_per_segment_and_a_mailing_is_no_task() -> None:
    keep = tasks(("ann", "VIP", 5, 10, 40.0), ("bob", "other", 5, 0, 3.0))
    answer = tasks(("ann", "VIP", 5, 0, None))
    newsletter = tasks(("ann", "VIP", 0, 0, None), ("cid", "other", 0, 0, None))
    vip, other = wb.effort_by_segment({"keep": keep, "answer": answer, "newsletter": newsletter}).to_dict("records")
    assert vip == {
        "segment": "VIP",
        "customers": 1,
        "tasks": 2,
        "contacts_cost": 10,
        "offers_cost": 10,
        "expected_gain": 40,
    }
    assert (other["customers"], other["tasks"]) == (1, 1)


def test_customers_of_no_known_segment_are_counted_apart_and_an_unknown_gain_stays_unknown() -> None:
    (only,) = wb.effort_by_segment({"answer": tasks(("ann", None, 5, 0, None))}).to_dict("records")
    assert only["segment"] == "not known"
    assert pd.isna(only["expected_gain"])


def test_without_lists_there_is_no_effort() -> None:
    assert wb.effort_by_segment({}).empty
