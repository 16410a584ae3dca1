import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of, orders
from workbench import features
from workbench.asof import Crm
from workbench.features.declare import columns


def panel(crm: Crm, as_of: str | list[str]) -> pd.DataFrame:
    return wb.build_features(crm, as_of).to_pandas().sort_values(["customer_id", "as_of"], ignore_index=True)


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
    row = panel(crm, "2024-06-01").iloc[0]
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
