from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of, orders
from workbench import features
from workbench.asof import Crm
from workbench.errors import DataError
from workbench.features.declare import Column, Feature, columns


def panel(crm: Crm, as_of: str | list[str]) -> pd.DataFrame:
    return wb.build_features(crm, as_of).to_pandas().sort_values(["customer_id", "as_of"], ignore_index=True)


def test_every_feature_of_a_customer_counted_by_hand() -> None:
    lines = orders(
        ("1", "ann", "2024-01-01 10:00", 100), ("1", "ann", "2024-01-01 10:00", 50), ("2", "ann", "2024-05-10", 30),
        ("3", "ann", "2024-05-20 23:59", 20), ("R", "ann", "2024-05-25", -40),
    ).assign(product=["x", "y", "x", "z", "x"])  # fmt: skip
    row = panel(wb.load_tables({"orders": lines}), "2024-06-01").iloc[0]
    got = {name: row[name] for name in features.FEATURES if name in row}
    assert got == {
        "days_since_order": 12, "tenure_days": 152, "usual_gap_days": 70, "silence_against_usual": 12 / 70,
        "n_orders": 3, "n_orders_30d": 2, "n_orders_90d": 2, "share_of_orders_90d": pytest.approx(2 / 3),
        "net_revenue": 160, "net_revenue_30d": 10, "net_revenue_90d": 10, "gross_revenue": 200,
        "average_order": pytest.approx(200 / 3), "n_products": 3, "returned_share": pytest.approx(0.2),
    }  # fmt: skip


def test_an_order_exactly_at_the_snapshot_is_not_known_and_one_at_the_windows_edge_is_inside() -> None:
    crm = crm_of(("1", "ann", "2024-05-02", 1), ("2", "ann", "2024-05-01 23:59:59", 1), ("3", "ann", "2024-06-01", 1))
    row = panel(crm, "2024-06-01").iloc[0]
    assert (row["n_orders"], row["n_orders_30d"]) == (2, 1)


def test_nothing_known_is_empty_and_known_to_be_none_is_zero() -> None:
    row = panel(crm_of(("1", "ann", "2024-01-01", 1)), "2024-06-01").iloc[0]
    assert pd.isna(row["usual_gap_days"])
    assert row["n_orders_30d"] == 0


def test_deleting_everything_at_or_after_the_snapshot_changes_no_feature(retail: Crm) -> None:
    lines = retail["orders"]
    before = lines.filter(lines.ordered_at < datetime(2011, 6, 10)).to_pandas()
    truncated = wb.load_tables({"orders": before.astype({"amount": str})})
    pd.testing.assert_frame_equal(panel(retail, "2011-06-10"), panel(truncated, "2011-06-10"), rtol=1e-9)


def test_a_true_extract_of_the_day_gives_the_same_features_and_states_as_the_data_of_today(tmp_path: Path) -> None:
    """An extract lacks later rows and holds overwritten columns as they were then, which deletion cannot show."""
    made = wb.simulate(tmp_path / "company", customers=1000, months=24, seed=2, extract_at="2025-06-01")
    today, then = wb.load_tables(made.source), wb.load_tables(made.extract)
    dates = ["2025-03-01", "2025-06-01"]
    pd.testing.assert_frame_equal(panel(today, dates), panel(then, dates), rtol=1e-9)
    states = [wb.states(crm, dates).order_by("customer_id", "as_of").to_pandas() for crm in (today, then)]
    pd.testing.assert_frame_equal(*states)


def test_a_planted_feature_that_reads_the_raw_table_fails_that_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = wb.simulate(tmp_path / "company", customers=300, months=12, seed=2, extract_at="2025-09-01")
    panels = []
    for place in (made.source, made.extract):
        crm = wb.load_tables(place)
        everything = crm["events"].count().as_scalar()
        leak = Feature(
            "leak", "usage", "events", "events", "all events ever", "low", "{value}", lambda _, n=everything: n
        )
        monkeypatch.setitem(features.FEATURES, "leak", Column("leak", None, leak))
        panels.append(panel(crm, "2025-09-01"))
    with pytest.raises(AssertionError, match="leak"):
        pd.testing.assert_frame_equal(*panels, rtol=1e-9)


def test_many_snapshots_at_once_give_what_one_at_a_time_gives(retail: Crm) -> None:
    dates = ["2011-03-11", "2011-09-09"]
    one_by_one = pd.concat([panel(retail, t) for t in dates])
    together = one_by_one.sort_values(["customer_id", "as_of"], ignore_index=True)
    pd.testing.assert_frame_equal(panel(retail, dates), together)


def test_the_order_of_rows_does_not_matter(retail: Crm) -> None:
    lines = retail["orders"].to_pandas().astype({"amount": str})
    shuffled = wb.load_tables({"orders": lines.sample(frac=1, random_state=3)})
    pd.testing.assert_frame_equal(panel(retail, "2011-09-09"), panel(shuffled, "2011-09-09"))


def test_a_feature_whose_column_the_source_lacks_is_left_out() -> None:
    assert "n_products" not in panel(crm_of(("1", "ann", "2024-01-01", 1)), "2024-06-01").columns


def test_names_are_unique_and_every_declaration_says_what_it_means() -> None:
    declared = [f for room in features.ROOMS for f in room.FEATURES]
    assert len({c.name for c in columns(declared)}) == len(columns(declared))
    assert all(f.meaning and f.unit and "{value}" in f.reason for f in declared)


@pytest.mark.parametrize("read", [lambda t: t.mrr.max(), lambda t: t["mrr"].max()])
def test_a_feature_that_reads_an_overwritten_column_is_refused_by_name(
    read: Callable[[ir.Table], ir.Value], monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriptions = {"subscription_id": ["s"], "customer_id": ["a"], "started_at": ["2024-01-01"], "mrr": [9]}
    crm = wb.load_tables({"subscriptions": pd.DataFrame(subscriptions)})
    own = Feature("worth", "money", "subscriptions", "currency", "today's price", "low", "{value}", read)
    monkeypatch.setitem(features.FEATURES, "worth", Column("worth", None, own))
    with pytest.raises(DataError, match=r"feature worth: subscriptions.mrr is overwritten"):
        wb.build_features(crm, "2024-02-01")
