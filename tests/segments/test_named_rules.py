"""An analyst's segments: read strictly, computed safely, their history counted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import SettingError
from workbench.segments.conditions import condition
from workbench.segments.named_rules import check_segments, entered_and_left, own_segments, read_segments, segment_moves

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["ann", "bob", "cid", "dee"],
        "days_since_order": [200.0, 10.0, None, 190.0],
        "n_pricing_30d": [0, 3, 2, 0],
        "plan": ["pro", "basic", "basic", None],
        "started_at": pd.to_datetime(["2024-01-01", "2024-06-01", "2024-06-02", None]),
    }
)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "segments.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_rules_may_overlap_and_each_is_compared_with_all_others(tmp_path: Path) -> None:
    rules = read_segments(
        written(
            tmp_path,
            "no_purchase_6m: {when: days_since_order > 182, meaning: no purchase for six months}\n"
            "looked_at_prices: {when: n_pricing_30d > 0 and plan = 'basic', meaning: saw prices and did not upgrade}\n",
        )
    )
    found = own_segments(rules, CUSTOMERS)
    assert found["no_purchase_6m"].tolist() == ["no_purchase_6m", "all others", "all others", "no_purchase_6m"]
    assert found["looked_at_prices"].eq("looked_at_prices").tolist() == [False, True, True, False]


def test_of_an_ordered_partition_the_first_condition_that_holds_decides(tmp_path: Path) -> None:
    rules = read_segments(
        written(
            tmp_path,
            "stage:\n  meaning: how far a customer is\n  otherwise: unknown\n  first_of:\n"
            "    curious: n_pricing_30d > 2\n    basic: plan = 'basic'\n    quiet: days_since_order >= 190\n",
        )
    )
    assert own_segments(rules, CUSTOMERS)["stage"].tolist() == ["quiet", "curious", "basic", "quiet"]


def test_who_is_in_the_last_part_only_because_nothing_is_known_is_counted(tmp_path: Path) -> None:
    text = "age:\n  meaning: m\n  otherwise: old\n  first_of: {new: days_since_order < 100}\n"
    (doubt,) = check_segments(read_segments(written(tmp_path, text)), CUSTOMERS)
    assert doubt.endswith("age, new: days_since_order is not known of 1 customer, sorted into old")


def test_dates_are_compared_as_dates() -> None:
    assert condition("started_at < '2024-06-02'", where="x").holds(CUSTOMERS).tolist() == [True, True, False, False]


def test_a_rule_for_nobody_or_for_all_is_reported(tmp_path: Path) -> None:
    rules = read_segments(
        written(tmp_path, "a: {when: n_pricing_30d > 9, meaning: m}\nb: {when: n_pricing_30d >= 0, meaning: m}\n")
    )
    none, every_one = check_segments(rules, CUSTOMERS)
    assert "a: holds for no customer: n_pricing_30d > 9" in none
    assert "b: holds for all 4 customers" in every_one


def test_a_segment_of_a_partition_that_those_before_it_leave_nobody_for_is_reported(tmp_path: Path) -> None:
    text = "p:\n  meaning: m\n  first_of: {some: n_pricing_30d >= 0, more: n_pricing_30d >= 0}\n"
    *_, doubt = check_segments(read_segments(written(tmp_path, text)), CUSTOMERS)
    assert doubt.endswith("p, more: takes no customer: segments before it take all 4 it holds for")


def test_a_text_that_no_customer_has_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    (doubt,) = check_segments(read_segments(written(tmp_path, "a: {when: plan = 'Basic', meaning: m}")), CUSTOMERS)
    assert doubt.endswith("plan is 'Basic' of no customer; did you mean basic?")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{when: plan = pro, meaning: m}", "plan is compared with pro; write a text as 'pro'"),
        ("{when: days_since_ordr > 3, meaning: m}", "unknown column 'days_since_ordr'; did you mean days_since_order?"),
        ("{when: n_returns_30d > 3, meaning: m}", "this run has no n_returns_30d, which is made of orders"),
        ("{when: plan + 1 > 3, meaning: m}", "cannot be computed; compare numbers with numbers"),
        ("{when: plan = 3, meaning: m}", "plan is text and is compared with 3; put it in quotes"),
        ("{when: plan > 'b', meaning: m}", "plan is text, and texts have no order; name them: plan in"),
        ("{when: \"n_pricing_30d = '3'\", meaning: m}", "n_pricing_30d is a number and is compared with '3'; leave"),
    ],
)
def test_a_condition_that_does_not_fit_the_customers_is_refused(tmp_path: Path, rule: str, message: str) -> None:
    with pytest.raises(SettingError, match=message.replace("?", r"\?")):
        check_segments(read_segments(written(tmp_path, f"mine: {rule}")), CUSTOMERS)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{when: days >, meaning: m}", "'days >' is not a condition"),
        ("{when: days + 3, meaning: m}", "is neither true nor false"),
        ("{when: at_risk, meaning: m}", "write 'at_risk = true' of a flag, else comparisons"),
        ("{when: 1 = 1, meaning: m}", "reads no column"),
        ("{when: started_at > 2024-06-01, meaning: m}", "write a date as '2024-06-01'"),
        ("{when: plan = null, meaning: m}", "write 'is null' or 'is not null'"),
        ("{when: state = 'payng', meaning: m}", "state is never 'payng'; did you mean paying"),
        ("{when: churn_probability > 30, meaning: m}", "write 0.3 for 30 %, not 30"),
        ("{when: 'churn_probability > 0,3', meaning: m}", "Decimals have a point"),
        ("{when: days > 3}", "needs 'meaning:'"),
        ("{whn: days > 3, meaning: m}", "whn: unknown; did you mean when?"),
        ("{when: days > 3, meaning: m, colour: red}", "colour: unknown; known: meaning, when"),
        ("{first_of: {}, meaning: m}", "first_of needs at least one"),
        ("{first_of: {a: days > 3}, otherwise: a, meaning: m}", "'a' is a segment of first_of too"),
        ("{when: days > 3, first_of: {a: days > 3}, meaning: m}", "and one of them"),
    ],
)
def test_a_mistake_in_the_file_is_a_sentence(tmp_path: Path, rule: str, message: str) -> None:
    with pytest.raises(SettingError, match=message) as refused:
        read_segments(written(tmp_path, f"mine: {rule}"))
    assert "segments.yaml: mine" in str(refused.value)


@pytest.mark.parametrize(
    "attack",
    [
        "days > (select count(*) from read_text('/etc/passwd'))",
        "getenv('HOME') = 'x'",
        "days > 1; drop table customers",
        "__import__('os').system('true') = 0",
        "customers.days > 1",
        "exists (select 1)",
    ],
)
def test_nothing_but_comparisons_is_ever_computed(attack: str) -> None:
    with pytest.raises(SettingError, match="rule: "):
        condition(attack, where="rule")


def test_a_column_of_an_odd_name_is_compared_by_quoting_it() -> None:
    odd = pd.DataFrame({"my plan": ["a", "b"]})
    assert condition("\"my plan\" = 'a'", where="x").holds(odd).tolist() == [True, False]


def test_moves_between_segments_conserve_the_customers_of_both_snapshots() -> None:
    then = pd.DataFrame({"customer_id": list("abc"), "value": ["VIP", "VIP", "other"]})
    now = pd.DataFrame({"customer_id": list("bcd"), "value": ["other", "other", "VIP"]})
    moves = segment_moves(then, now, "value")
    assert moves["customers"].sum() == 4
    assert moves[moves["segment_now"] != "not there"]["customers"].sum() == 3
    assert moves.query("segment_then == 'VIP' and segment_now == 'other'")["customers"].item() == 1
    moved = entered_and_left(then, now, "value")
    assert moved.query("segment_now == 'VIP'")["customer_id"].tolist() == ["d"]
    assert moved.query("segment_then == 'VIP'")["customer_id"].tolist() == ["a", "b"]
    assert "c" not in {*moved["customer_id"]}
