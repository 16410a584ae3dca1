from dataclasses import replace

import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of, orders
from workbench import features
from workbench.crm.asof import Crm
from workbench.errors import DataError
from workbench.features import all_but
from workbench.features.declare import columns


def panel(crm: Crm, as_of: str | list[str], *only: str) -> pd.DataFrame:
    leave_out = all_but(*only) if only else ()
    return (
        wb.build_features(crm, as_of, leave_out=leave_out)
        .to_pandas()
        .sort_values(["customer_id", "as_of"], ignore_index=True)
    )


def test_every_feature_of_a_customer_counted_by_hand() -> None:
    lines = orders(
        ("1", "ann", "2024-01-01 10:00", 100), ("1", "ann", "2024-01-01 10:00", 50), ("2", "ann", "2024-05-10", 30),
        ("3", "ann", "2024-05-20 23:59", 20), ("R", "ann", "2024-05-25", -40),
    ).assign(product=["x", "y", "x", "z", "x"])  # fmt: skip
    row = panel(wb.load_tables({"orders": lines}), "2024-06-01").iloc[0]
    got = {name: row[name] for name in features.FEATURES if name in row and pd.notna(row[name])}
    assert got == {
        "days_since_order": 12, "tenure_days": 152, "n_order_days": 3, "usual_gap_days": 70,
        "silence_against_usual": 12 / 70, "existing_at_begin": 1,
        "n_orders": 3, "n_orders_7d": 0, "n_orders_30d": 2, "n_orders_90d": 2,
        "share_of_orders_90d": pytest.approx(2 / 3), "n_lines": 4, "lines_per_order": pytest.approx(4 / 3),
        "net_revenue": 160, "net_revenue_7d": -40, "net_revenue_30d": 10, "net_revenue_90d": 10,
        "gross_revenue": 200, "gross_revenue_90d": 50, "largest_line": 100,
        "average_order": pytest.approx(200 / 3), "basket_against_usual": pytest.approx(25 * 3 / 200),
        "n_products": 3, "n_products_90d": 2, "weekend_share": 0,
        "n_returns_30d": 1, "n_returns_90d": 1,
        "returned_share": pytest.approx(0.2), "returned_share_90d": pytest.approx(0.8),
        "returns_against_usual": pytest.approx(0.6),
    }  # fmt: skip


def test_an_order_exactly_at_the_snapshot_is_not_known_and_one_at_the_windows_edge_is_inside() -> None:
    crm = crm_of(("1", "ann", "2024-05-02", 1), ("2", "ann", "2024-05-01 23:59:59", 1), ("3", "ann", "2024-06-01", 1))
    row = panel(crm, "2024-06-01", "n_orders", "n_orders_30d").iloc[0]
    assert (row["n_orders"], row["n_orders_30d"]) == (2, 1)


def test_nothing_known_is_empty_and_known_to_be_none_is_zero() -> None:
    row = panel(crm_of(("1", "ann", "2024-01-01", 1), ("2", "bob", "2024-05-31", 1)), "2024-06-01").iloc[0]
    assert pd.isna(row["usual_gap_days"])
    assert row["n_orders_30d"] == 0


def test_a_feature_whose_column_the_source_lacks_is_left_out() -> None:
    assert "n_products" not in panel(crm_of(("1", "ann", "2024-01-01", 1)), "2024-01-05").columns


def test_names_are_unique_and_every_declaration_says_what_it_means() -> None:
    declared = [f for room in features.ROOMS for f in room.FEATURES]
    assert len({c.name for c in columns(declared)}) == len(columns(declared))
    assert all(f.meaning and f.unit and f.family and "{value}" in f.reason for f in declared)
    assert all(("{days}" in f.meaning) == ("{days}" in f.reason) == bool(f.windows) for f in declared)


def test_there_are_sixty_definitions_and_more_before_windows() -> None:
    assert len({f.name for room in features.ROOMS for f in room.FEATURES}) >= 60


def test_contacts_without_a_date_of_their_own_are_counted_from_when_they_left() -> None:
    lines = orders(("1", "ann", "2024-01-01", 1), ("2", "bob", "2024-05-30", 1))
    people = {"contact_id": ["p", "q"], "customer_id": ["ann", "ann"], "left_at": ["2024-05-20", None]}
    row = panel(wb.load_tables({"orders": lines, "contacts": pd.DataFrame(people)}), "2024-06-01").iloc[0]
    assert (row["n_contacts"], row["n_contacts_left_30d"], row["n_contacts_left_90d"]) == (1, 1, 1)
    assert pd.isna(row["n_contacts_left_180d"])


def test_where_neither_orders_nor_subscriptions_are_recorded_users_are_the_customers() -> None:
    used = {"customer_id": ["ann", "ann", "bob"], "occurred_at": ["2024-01-01", "2024-01-09", "2024-01-05"]}
    row = panel(wb.load_tables({"events": pd.DataFrame(used)}), "2024-01-10").set_index("customer_id").loc["ann"]
    assert (row["n_events_7d"], row["n_use_days"], row["usual_use_gap_days"]) == (1, 2, 8)


def test_a_source_that_says_nothing_of_its_customers_use_is_refused() -> None:
    tickets = {"ticket_id": ["1"], "customer_id": ["ann"], "opened_at": ["2024-01-01"]}
    crm = wb.load_tables({"tickets": pd.DataFrame(tickets), "orders": orders(("1", "ann", "2024-01-01", 1))})
    with pytest.raises(DataError, match="no feature can be built from tickets; map the table orders"):
        wb.build_features(replace(crm, tables={"tickets": crm["tickets"]}), "2024-01-02")


def test_signs_against_usual_are_those_counted_by_hand() -> None:
    """Ann pays on the day, then 30 days late; complains 1 time in the first 9 months and 3 times in the last 3."""
    bills = {
        "invoice_id": ["1", "2"], "customer_id": "ann", "issued_at": ["2024-02-01", "2024-11-01"], "amount": [10, 10],
        "due_at": ["2024-02-10", "2024-11-10"], "paid_at": ["2024-02-10", "2024-12-10"],
    }  # fmt: skip
    asked = {
        "ticket_id": list("abcd"), "customer_id": "ann", "kind": "complaint",
        "opened_at": ["2024-01-01", "2024-10-15", "2024-11-15", "2024-12-15"],
        "first_response_at": ["2024-01-01 04:00", "2024-10-15 08:00", "2024-11-15 08:00", None],
    }  # fmt: skip
    said = {
        "customer_id": "ann", "instrument": "nps", "score": [9, 3], "answered_at": ["2024-03-01", "2024-12-01"],
    }  # fmt: skip
    lines = orders(("1", "ann", "2024-01-01", 1), ("2", "bob", "2024-12-30", 1))
    frames = {"orders": lines, "invoices": bills, "tickets": asked, "surveys": said}
    crm = wb.load_tables({name: pd.DataFrame(made) for name, made in frames.items()})
    columns = (
        "delay_against_usual", "complaints_against_usual", "first_response_hours_against_usual",
        "first_response_hours_against_company", "nps_against_usual", "days_since_nps",
    )  # fmt: skip
    row = panel(crm, "2024-12-31", *columns).iloc[0]
    assert (row["payment_delay_days"], row["payment_delay_days_90d"], row["delay_against_usual"]) == (15, 30, 15)
    assert row["complaints_against_usual"] == pytest.approx(3 / 4 * 365 / 90)
    assert row["first_response_hours_against_usual"] == pytest.approx(8 / (20 / 3))
    assert row["first_response_hours_against_company"] == 1
    assert (row["last_nps"], row["mean_nps"], row["nps_against_usual"], row["days_since_nps"]) == (3, 6, -3, 30)


def test_activation_is_known_from_day_30_on_and_only_for_who_started_within_the_data() -> None:
    started = {
        "subscription_id": list("abcd"), "customer_id": ["old", "quick", "late", "young"],
        "started_at": ["2024-01-01", "2024-03-01", "2024-03-01", "2024-06-10"],
    }  # fmt: skip
    used = {
        "customer_id": ["old", "quick", "late", "young"], "event": "feature_core",
        "occurred_at": ["2024-01-02", "2024-03-31", "2024-04-01", "2024-06-11"],
    }  # fmt: skip
    crm = wb.load_tables({"subscriptions": pd.DataFrame(started), "events": pd.DataFrame(used)})
    values = panel(crm, "2024-06-15", "activated_by_day_30").set_index("customer_id")["activated_by_day_30"]
    assert values.dropna().to_dict() == {"quick": 1, "late": 0}


def test_the_next_renewal_is_the_end_of_the_first_term_and_then_of_every_later_one() -> None:
    started = {
        "subscription_id": list("ab"), "customer_id": ["first", "later"], "started_at": "2024-01-01",
        "renews_at": ["2024-12-31", "2024-02-01"], "billing_period": ["year", "month"], "ended_at": [None, None],
    }  # fmt: skip
    used = pd.DataFrame({"customer_id": ["first"], "occurred_at": ["2024-06-14"]})
    crm = wb.load_tables({"subscriptions": pd.DataFrame(started).assign(ended_at=None), "events": used})
    values = panel(crm, "2024-06-15", "days_to_renewal").set_index("customer_id")["days_to_renewal"]
    assert values["first"] == 199
    assert values["later"] == 16
