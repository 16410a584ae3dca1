"""Ids that stand for nobody, one customer that holds too much, and tables that cover few are named with the cure."""

from __future__ import annotations

import pytest

from tests.check.reports import check_frames, days, found, orders


def shop(odd: object, times: int, customers: int = 30) -> dict[str, list[object]]:
    ids: list[object] = [f"c{i % customers}" for i in range(60)] + [odd] * times
    return orders(ids, days(60 + times))


@pytest.mark.parametrize("odd", ["undefined", "Guest", "n/a ", "test", "0", "00000000-0000-0000-0000-000000000000"])
def test_an_id_that_stands_for_nobody_is_named_with_its_rows_and_the_cure(odd: str) -> None:
    (finding,) = found(check_frames(orders=shop(odd, 40)), "placeholder customer")
    assert (finding.rows, finding.of, finding.severity) == (40, 100, "warning")
    assert f'not_customers: ["{odd.strip()}"]' in finding.cure


def test_a_serial_id_that_begins_at_0_is_a_customer() -> None:
    ids: list[object] = [str(i % 30) for i in range(90)]
    assert found(check_frames(orders=orders(ids, days(90))), "placeholder customer") == []


def test_ids_shortened_by_a_spreadsheet_need_another_export() -> None:
    (finding,) = found(check_frames(orders=shop("1.2E+12", 3)), "placeholder customer")
    assert finding.rows == 3
    assert "export them as text" in finding.cure


def test_one_customer_with_an_implausible_share_is_named() -> None:
    (finding,) = found(check_frames(orders=shop("acme", 40)), "dominant customer")
    assert finding.sentence == ("customer_id 'acme' alone holds 40 of 100 rows (40.0 %); the next of 31 customers 2.")
    assert found(check_frames(orders=shop("acme", 5)), "dominant customer") == []


def test_a_table_that_fits_few_customers_comes_first() -> None:
    report = check_frames(
        customers={"customer_id": [f"c{i}" for i in range(30)]},
        orders=orders([f"c{i}" for i in range(30)], days(30)),
        events={"customer_id": ["c1", "c2", "z"] * 10, "occurred_at": days(30)},
    )
    assert report.findings[0].sentence == "Only 2 of 30 customers (6.7 %) have a row."
    assert report.findings[0].where == "events.customer_id"


def test_without_a_customers_table_strangers_are_found_by_the_activity() -> None:
    report = check_frames(
        orders=orders(["a", "b"], days(2)),
        tickets={"ticket_id": ["1", "2"], "customer_id": ["a", "K-1"], "opened_at": days(2)},
    )
    (finding,) = found(report, "orphan")
    assert (finding.rows, finding.of, finding.examples) == (1, 2, ("customer_id K-1",))


def test_where_few_of_those_who_use_a_product_buy_it_is_said_that_all_others_count_as_prospects() -> None:
    ids: list[object] = [f"c{i}" for i in range(40)]
    report = check_frames(
        customers={"customer_id": ids},
        orders=orders(["c1", "c2"], days(2)),
        events={"customer_id": ids, "occurred_at": days(40)},
    )
    (few,) = found(report, "few customers covered", "orders")
    assert few.cure.endswith("counts as a prospect: to judge all by their use instead, leave orders out.")


def test_use_of_none_of_those_with_a_subscription_is_named() -> None:
    ids = [f"c{i}" for i in range(30)]
    starts: dict[str, list[object]] = {"subscription_id": [*ids], "customer_id": [*ids], "started_at": days(30)}
    others: list[object] = [f"user{i}" for i in range(30)]
    report = check_frames(subscriptions=starts, events={"customer_id": others, "occurred_at": days(30)})
    (finding,) = found(report, "few customers covered")
    assert finding.sentence == "Only 0 of 30 customers with a subscription (0.0 %) have a row."
