"""The proof that features know nothing of the future, on the simulated company with all tables and on real sales."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import workbench as wb
from tests.conftest import orders
from tests.features.conftest import AS_OF
from workbench.crm.asof import Crm
from workbench.demo.company import Simulated
from workbench.features import all_but, feature_batches

pytestmark = pytest.mark.slow


def panel(crm: Crm, as_of: str | list[str], *, leave_out: Sequence[str] = ()) -> pd.DataFrame:
    return (
        wb.build_features(crm, as_of, leave_out=leave_out)
        .to_pandas()
        .sort_values(["customer_id", "as_of"], ignore_index=True)
    )


def is_quotient(column: str) -> bool:
    """Tell whether a column divides; counts, days, categories and sums do not."""
    value = wb.FEATURES[column].feature.value
    return value.how == "mean" if isinstance(value, wb.Aggregate) else True


def assert_same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Hold two panels equal: quotients to 1e-9 of their size, all else exactly."""
    quotients = [c for c in one if c in wb.FEATURES and is_quotient(c)]
    pd.testing.assert_frame_equal(one.drop(columns=quotients), other.drop(columns=quotients), check_exact=True)
    pd.testing.assert_frame_equal(one[quotients], other[quotients], rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def known(whole_panel: pd.DataFrame) -> pd.DataFrame:
    """The panel of a day, which was asked for among other days."""
    return whole_panel[whole_panel["as_of"] == AS_OF].reset_index(drop=True)


def rewritten(source: Path, folder: Path, selects: dict[str, list[str]]) -> Crm:
    """Write each table anew from its SELECTs, one file each, and load them as the same source."""
    folder.mkdir()
    text = source.read_text()
    with duckdb.connect() as con:
        for name, parts in selects.items():
            text = text.replace(f"{name}.parquet", f"{name}_*.parquet")
            for i, select in enumerate(parts):
                con.execute(f"COPY ({select}) TO '{folder}/{name}_{i}.parquet' (FORMAT parquet)")
    (folder / "source.yaml").write_text(text)
    return wb.load_tables(folder / "source.yaml")


def test_a_true_extract_of_the_day_gives_the_same_features_and_states_whatever_the_order_of_its_rows_and_files(
    company: Simulated, loaded: Crm, known: pd.DataFrame, tmp_path: Path
) -> None:
    """The extract is what was known then (tests/demo), without later rows and with overwritten columns as they were.

    It is asked about that day alone, and so also shows that many snapshots at once give what one at a time gives.
    """
    assert company.extract is not None
    third = "SELECT * FROM '{file}' AS t WHERE hash(t) % 3 = {i} ORDER BY hash(t) DESC"
    files = {name: company.extract.parent / f"{name}.parquet" for name in loaded}
    shuffled = {name: [third.format(file=file, i=i) for i in range(3)] for name, file in files.items()}
    extract = rewritten(company.extract, tmp_path / "shuffled", shuffled)
    assert_same(known, panel(extract, AS_OF))
    states = [wb.states(crm, AS_OF).order_by("customer_id", "as_of").to_pandas() for crm in (loaded, extract)]
    pd.testing.assert_frame_equal(*states)


def test_the_panel_written_batch_by_batch_is_the_same_but_for_the_rounding_of_quotients(
    loaded: Crm, known: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.features.panel.MOST_ROWS", 1)
    narrow = all_but(
        "n_events_30d", "usage_trend", "first_response_hours", "net_revenue", "average_order", "owed_amount"
    )
    batches = feature_batches(loaded, ["2024-03-01", AS_OF], leave_out=narrow)
    first, last = (batch.to_pandas() for batch in batches)
    assert [*first["as_of"].unique(), *last["as_of"].unique()] == [pd.Timestamp("2024-03-01"), pd.Timestamp(AS_OF)]
    same = known[list(last)]
    exact = [c for c in last if c in wb.FEATURES and not is_quotient(c)]
    pd.testing.assert_frame_equal(last[exact].astype("float64"), same[exact], check_exact=True)
    pd.testing.assert_frame_equal(last.astype(same.dtypes), same, rtol=1e-7)
    assert {c for c in last if last[c].dtype == "float64"} == {
        c for c in last if c in wb.FEATURES and wb.FEATURES[c].unit == "currency"
    }


def test_a_query_run_while_the_panel_is_read_ends_in_an_error_rather_than_in_a_part_of_the_customers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("workbench.features.panel.HANDED_OVER", 2_048)
    ids = [str(i) for i in range(5_000)]
    orders = pd.DataFrame({"order_id": ids, "customer_id": ids, "ordered_at": "2024-01-10", "amount": 1})
    crm, as_of, narrow = wb.load_tables({"orders": orders}), "2024-01-11", all_but("n_orders")
    assert [batch.num_rows for batch in feature_batches(crm, as_of, leave_out=narrow)] == [2_048, 2_048, 904]
    batches = feature_batches(crm, as_of, leave_out=narrow)
    next(batches)
    crm["orders"].count().to_pandas()
    with pytest.raises(RuntimeError, match="2,952 rows of features are missing"):
        list(batches)


def test_a_leak_planted_in_the_as_of_view_fails_that_comparison(
    loaded: Crm, known: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = all_but("n_live_subscriptions", "n_tickets_30d", "days_since_order")
    columns = list(panel(loaded, AS_OF, leave_out=narrow))
    assert_same(known[columns], panel(loaded, AS_OF, leave_out=narrow))
    monkeypatch.setattr("workbench.crm.asof._visible", lambda rows, column, _at: rows[column.name])
    with pytest.raises(AssertionError, match="n_live_subscriptions"):
        assert_same(known[columns], panel(loaded, AS_OF, leave_out=narrow))


def test_real_sales_deleted_at_or_after_the_snapshot_and_shuffled_change_no_feature(retail: Crm) -> None:
    lines = retail["orders"]
    lines = lines.filter(lines.customer_id.endswith("7")).to_pandas().astype({"amount": str})
    earlier = lines[lines["ordered_at"] < "2011-06-10"].sample(frac=1, random_state=3)
    some, deleted = (wb.load_tables({"orders": rows}) for rows in (lines, earlier))
    together = panel(some, ["2011-03-11", "2011-06-10", "2011-12-08"])
    then = together[together["as_of"] == "2011-06-10"].reset_index(drop=True)
    assert len(then) > 100
    assert_same(then, panel(deleted, "2011-06-10"))


EDGES = ["2024-03-02 11:59:59.999999", "2024-03-02 12:00", "2024-05-31 11:59:59.999999", "2024-05-31 12:00"]


def test_a_row_exactly_at_the_windows_edge_is_inside_and_one_exactly_at_the_snapshot_is_not() -> None:
    at = ["2024-01-01", *EDGES]
    made = {"order_id": list("abcde"), "customer_id": "ann", "ordered_at": at, "amount": 1}
    used = {"customer_id": "ann", "occurred_at": at, "event": "login"}
    crm = wb.load_tables({"orders": pd.DataFrame(made), "events": pd.DataFrame(used)})
    columns = ["n_orders_90d", "n_orders", "n_events_90d"]
    row = panel(crm, "2024-05-31 12:00", leave_out=all_but(*columns)).iloc[0]
    assert row[columns].tolist() == [2, 4, 2]


def test_an_event_dated_column_exactly_at_the_snapshot_is_still_unknown() -> None:
    tickets = {
        "ticket_id": ["0", "a", "b"],
        "customer_id": ["bob", "ann", "ann"],
        "opened_at": ["2024-01-01", "2024-05-01", "2024-05-01"],
        "resolved_at": [None, "2024-05-31 12:00", "2024-05-31 11:59:59"],
        "reopened_at": [None, "2024-05-31 12:00", "2024-05-01 12:00"],
    }
    crm = wb.load_tables(
        {
            "orders": orders(("1", "ann", "2024-01-01", 1), ("2", "bob", "2024-05-30", 1)),
            "tickets": pd.DataFrame(tickets),
        }
    )
    columns = ["n_open_tickets", "n_reopened_30d", "n_reopened_90d"]
    row = panel(crm, "2024-05-31 12:00", leave_out=all_but(*columns)).iloc[0]
    assert row[columns].tolist() == [1, 1, 1]


def test_a_ticket_is_open_from_when_it_was_opened_again_until_it_is_solved_again() -> None:
    tickets = {"ticket_id": ["a", "b"], "customer_id": "ann", "opened_at": "2024-05-01", "resolved_at": ["2024-05-03", "2024-05-20"],
               "reopened_at": "2024-05-10"}  # fmt: skip
    made = {"orders": orders(("1", "ann", "2024-01-01", 1), ("2", "ann", "2024-05-30", 1))}
    crm = wb.load_tables({**made, "tickets": pd.DataFrame(tickets)})
    columns = ["n_open_tickets", "longest_open_days"]
    found = panel(crm, ["2024-05-05", "2024-05-15", "2024-05-25"], leave_out=all_but(*columns))
    assert found[columns].to_numpy().tolist() == [[1, 4], [2, 5], [1, 15]]
