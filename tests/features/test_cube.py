"""The cube gives what SQL gives: on edges by hand, on any events, on the simulated company; and only big tables use it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from tests.features.test_point_in_time import assert_same, panel
from workbench.crm.asof import Crm
from workbench.features import all_but, compute, cube
from workbench.features.cube import Wanted

NOON = datetime(2024, 6, 1, 12)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def table_of(rows: pd.DataFrame) -> ibis.Table:
    """Return order lines as a table of a DuckDB of their own, amounts exact, customers numbered by name."""
    con = ibis.duckdb.connect()
    con.con.register("typed", rows)
    con.con.execute(
        "CREATE TABLE lines AS SELECT (dense_rank() OVER (ORDER BY customer_id) - 1)::INTEGER AS customer_code, "
        "customer_id::VARCHAR AS customer_id, ordered_at::TIMESTAMP AS ordered_at, "
        "amount::DECIMAL(18, 4) AS amount, weight::DOUBLE AS weight, is_gift::BOOLEAN AS is_gift FROM typed"
    )
    return con.table("lines")


def lines(*rows: tuple[str, datetime, object, object, object]) -> ibis.Table:
    return table_of(pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount", "weight", "is_gift"]))


def turns_of(rows: ibis.Table, moments: list[datetime], wanted: list[Wanted]) -> list[cube.Turn]:
    codes = rows.select("customer_id", "customer_code").distinct()
    return cube.cube(rows, "ordered_at", moments, wanted, codes)


def by_cube(rows: ibis.Table, moments: list[datetime], wanted: list[Wanted]) -> pd.DataFrame:
    found = pa.concat_tables(turn() for turn in turns_of(rows, moments, wanted)).to_pandas()
    return found.sort_values(["customer_id", "as_of"], ignore_index=True)


def test_a_window_begins_with_its_edge_and_ends_before_the_snapshot() -> None:
    at = [NOON - 7 * DAY - TICK, NOON - 7 * DAY, NOON - TICK, NOON, NOON + DAY]
    rows = lines(*(("ann", t, 10**i, 1, True) for i, t in enumerate(at)))
    wanted = [
        Wanted("n", "count", days=7),
        Wanted("sum", "sum", rows.amount, days=7),
        Wanted("all", "sum", rows.amount),
    ]
    assert by_cube(rows, [NOON], wanted)[["n", "sum", "all"]].to_numpy().tolist() == [[2, 110, 111]]


def test_each_snapshot_knows_only_the_rows_before_it() -> None:
    rows = lines(("ann", NOON, 1, 1, True), ("bob", NOON + DAY, 2, 1, True), ("cleo", NOON + 9 * DAY, 4, 1, True))
    found = by_cube(rows, [NOON, NOON + TICK, NOON + 2 * DAY], [Wanted("n", "count")])
    assert found[["customer_id", "as_of", "n"]].to_numpy().tolist() == [
        ["ann", pd.Timestamp(NOON + TICK), 1],
        ["ann", pd.Timestamp(NOON + 2 * DAY), 1],
        ["bob", pd.Timestamp(NOON + 2 * DAY), 1],
    ]


def test_an_unknown_condition_does_not_count_and_an_unknown_value_adds_nothing() -> None:
    t = NOON - DAY
    rows = lines(("ann", t, 5, 1, True), ("ann", t, 7, 3, None), ("ann", t, None, None, True), ("bob", t, 1, 1, None))
    gifts = [
        Wanted(how, how, None if how == "count" else rows.weight, rows.is_gift, 7) for how in ("count", "mean", "min")
    ]
    found = by_cube(rows, [NOON], [*gifts, Wanted("sum", "sum", rows.amount, rows.is_gift, 7)])
    assert found[["count", "mean", "min", "sum"]].astype(object).where(found.notna(), None).to_numpy().tolist() == [
        [2, 1, 1, 5],
        [0, None, None, 0],
    ]


def test_sums_of_amounts_are_exact() -> None:
    rows = lines(*(("ann", NOON - (i + 1) * DAY, f"{10**11 if i else 0}.0001", 1, True) for i in range(8)))
    found = by_cube(rows, [NOON], [Wanted("sum", "sum", rows.amount, days=3), Wanted("all", "sum", rows.amount)])
    assert found[["sum", "all"]].to_numpy().tolist() == [[200000000000.0003, 700000000000.0008]]


def test_days_since_count_midnights() -> None:
    rows = lines(("ann", datetime(2024, 5, 30, 23, 59), 1, 1, True), ("ann", datetime(2024, 5, 31, 0, 1), 1, 1, False))
    wanted = [Wanted("first", "days since first"), Wanted("last", "days since last")]
    gift = [Wanted("gift", "days since last", where=rows.is_gift)]
    found = by_cube(rows, [NOON], wanted + gift)
    assert found[["first", "last", "gift"]].to_numpy().tolist() == [[2, 1, 2]]


def test_customers_who_do_not_fit_together_go_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = lines(*((f"c{i}", NOON - i * DAY, i, 1, True) for i in range(1, 40)))
    whole = by_cube(rows, [NOON], [Wanted("sum", "sum", rows.amount, days=30)])
    monkeypatch.setattr(cube, "MOST_BYTES", 400)
    turns = [turn() for turn in turns_of(rows, [NOON], [Wanted("sum", "sum", rows.amount, days=30)])]
    assert len(turns) > 3
    pd.testing.assert_frame_equal(
        pa.concat_tables(turns).to_pandas().sort_values("customer_id", ignore_index=True), whole
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob", "cleo"]),
            st.integers(-20 * 24, 24),
            st.none() | st.integers(-99, 99),
            st.none() | st.booleans(),
        ),
        min_size=1,
        max_size=30,
    ),
    st.lists(st.integers(0, 9 * 24), min_size=1, max_size=3, unique=True),
    st.lists(st.none() | st.integers(1, 12), min_size=1, max_size=3, unique=True),
)
@settings(max_examples=25, deadline=None)
def test_any_events_give_what_counting_them_one_by_one_gives(
    made: list[tuple[str, int, int | None, bool | None]], hours: list[int], windows: list[int | None]
) -> None:
    rows = lines(*((who, NOON + h * DAY / 24, amount, amount, gift) for who, h, amount, gift in made))
    moments = [NOON - h * DAY / 24 for h in hours]
    hows = ("count", "sum", "mean", "min", "max")
    wanted = [
        Wanted(f"{how}_{days}", how, None if how == "count" else rows.amount, rows.is_gift, days)
        for how in hows
        for days in windows
    ]
    found = by_cube(rows, moments, wanted)
    expected = one_by_one(made, moments, windows, hows)
    assert list(zip(found.customer_id, found.as_of, strict=True)) == sorted(expected)
    for row in found.itertuples(index=False):
        got = [None if np.isnan(value) else round(value, 9) for value in row[2:]]
        assert got == expected[row.customer_id, row.as_of]


def one_by_one(
    made: list[tuple[str, int, int | None, bool | None]],
    moments: list[datetime],
    windows: list[int | None],
    hows: tuple[str, ...],
) -> dict[tuple[str, datetime], list[float | None]]:
    expected = {}
    for who in {row[0] for row in made}:
        for t in moments:
            rows = [(NOON + h * DAY / 24, amount, gift) for w, h, amount, gift in made if w == who]
            rows = [row for row in rows if row[0] < t]
            if rows:
                expected[who, t] = [aggregate(rows, how, t, days) for how in hows for days in windows]
    return expected


def aggregate(
    rows: list[tuple[datetime, int | None, bool | None]], how: str, t: datetime, days: int | None
) -> float | None:
    inside = [amount for at, amount, gift in rows if gift and (days is None or at >= t - days * DAY)]
    known = [amount for amount in inside if amount is not None]
    if how == "count":
        return len(inside)
    if how == "sum":
        return sum(known)
    if not known:
        return None
    return round(sum(known) / len(known), 9) if how == "mean" else {"min": min, "max": max}[how](known)


LASTING = [
    c.name
    for c in wb.FEATURES.values()
    if c.feature.table in {"orders", "events", "tickets", "charges"}
    and isinstance(c.feature.value, wb.Aggregate)
    and c.feature.value.how not in {"count distinct", "last"}
]
NARROW = all_but(*LASTING)
"""Only what is added up from rows may take the cube."""
MOMENTS = ["2025-02-01", "2025-06-01", "2025-06-15 12:00"]


@pytest.fixture(scope="module")
def crm(loaded: Crm, tmp_path_factory: pytest.TempPathFactory) -> Crm:
    """The company written and read back: its customers have numbers."""
    folder = tmp_path_factory.mktemp("company") / "tables"
    wb.write_crm(loaded, folder)
    return wb.read_crm(folder)


@pytest.fixture(scope="module")
def plain(whole_panel: pd.DataFrame) -> pd.DataFrame:
    """What SQL gives, of the tables before they were written."""
    return whole_panel[whole_panel["as_of"].isin(map(pd.Timestamp, MOMENTS))].reset_index(drop=True)


def test_the_panel_of_a_company_is_the_same_both_ways(
    crm: Crm, plain: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "MANY_ROWS", 1)
    made = panel(crm, MOMENTS, leave_out=NARROW)
    assert_same(made, plain[list(made)])


def test_a_panel_made_in_turns_is_the_same(crm: Crm, plain: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "MANY_ROWS", 1)
    monkeypatch.setattr(cube, "MOST_BYTES", 2**16)
    kept = []
    monkeypatch.setattr(
        compute, "_kept", lambda turns, home, keep=compute._kept: kept.append(turns) or keep(turns, home)
    )
    made = panel(crm, MOMENTS, leave_out=NARROW)
    assert_same(made, plain[list(made)])
    assert kept


def test_only_tables_of_many_rows_take_the_cube(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    monkeypatch.setattr(compute, "cube", lambda rows, *rest: taken.append(1) or cube.cube(rows, *rest))
    wb.build_features(crm, "2025-06-01", leave_out=NARROW)
    assert not taken
    monkeypatch.setattr(compute, "MANY_ROWS", crm.facts.loaded["events"])
    wb.build_features(crm, "2025-06-01", leave_out=NARROW)
    assert len(taken) == 1


def test_a_crm_without_numbers_goes_without_the_cube(
    loaded: Crm, plain: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "MANY_ROWS", 1)
    monkeypatch.delattr(compute, "cube")
    then = plain[plain["as_of"] == "2025-06-01"].reset_index(drop=True)
    made = panel(loaded, "2025-06-01", leave_out=NARROW)
    assert_same(made, then[list(made)])


def test_amounts_too_great_for_the_cube_are_added_up_by_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    amounts = [90_000_000_000_000.5] * 40 + [-1]
    great = {"order_id": [str(i) for i in range(41)], "customer_id": "ann", "ordered_at": "2024-05-01"}
    wb.write_crm(wb.load_tables({"orders": pd.DataFrame(great).assign(amount=amounts)}), tmp_path / "crm")
    monkeypatch.setattr(compute, "MANY_ROWS", 1)
    (row,) = wb.build_features(wb.read_crm(tmp_path / "crm"), "2024-05-02").to_pandas().itertuples()
    assert (row.net_revenue, row.n_lines) == (3_600_000_000_000_019, 40)
