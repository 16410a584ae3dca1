from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from workbench.errors import DataError
from workbench.runs.stages.folders import Run
from workbench.runs.stages.stage_tables import StageError, checked

SCORES = pd.DataFrame(
    {
        "customer_id": ["ann", "bob"],
        "as_of": pd.to_datetime(["2024-01-01", "2024-01-01"]),
        "churn_probability": [0.2, None],
        "return_probability": [None, 0.4],
    }
)


def test_a_stage_table_that_is_as_it_must_be_is_returned_as_it_is() -> None:
    pd.testing.assert_frame_equal(checked("scores", SCORES), SCORES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"customer_id": ["ann", "ann"]}, "scores: 2 rows share a customer_id and as_of, the first ann"),
        ({"customer_id": ["ann", None]}, "1 rows without customer_id or as_of"),
        ({"churn_probability": [1.2, None]}, "1 values of churn_probability are not from 0 to 1, the first 1.2"),
    ],
)
def test_a_stage_table_that_is_not_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(StageError, match=words):
        checked("scores", SCORES.assign(**change))


def batch(at: str, **columns: list[object]) -> pa.Table:
    frame = pd.DataFrame({"customer_id": ["ann", "bob"], "as_of": pd.Timestamp(at)} | columns)
    return pa.Table.from_pandas(frame, preserve_index=False)


def test_a_table_written_batch_by_batch_is_read_whole_or_in_part(tmp_path: Path) -> None:
    run = Run("mine", root=tmp_path)
    assert run.write_batches("features", (batch(f"2024-0{m}-01", n=[m, 9], k=["x", "y"]) for m in (1, 2))) == 4
    assert run.read("features")["n"].tolist() == [1, 9, 2, 9]
    part = run.read("features", columns=["n"], as_of="2024-02-01")
    assert part.columns.tolist() == ["customer_id", "as_of", "n"]
    assert part["n"].tolist() == [2, 9]
    assert run.read("features", most_customers=1).groupby("customer_id").size().tolist() == [2]
    nobody = run.read("features", customer_id="nobody")
    assert not len(nobody)
    assert (nobody.dtypes == run.read("features").dtypes).all()
    with pytest.raises(DataError, match=r"features.parquet has no column 'm'; known: as_of, customer_id, k, n"):
        run.read("features", columns=["m"])


def test_a_snapshot_may_go_on_in_the_next_batch_and_one_customer_is_found_in_it(tmp_path: Path) -> None:
    run, whole = Run("mine", root=tmp_path), batch("2024-01-01", n=[1, 2])
    assert run.write_batches("features", [whole[:1], whole[1:], batch("2024-02-01", n=[3, 4])]) == 4
    assert run.read("features", as_of="2024-01-01")["n"].tolist() == [1, 2]
    assert run.read("features", customer_id=["bob", "nobody"])["n"].tolist() == [2, 4]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (batch("2024-01-01"), "features: a batch begins with ann at 2024-01-01 00:00:00, not after the one before"),
        (batch("2024-02-01", customer_id=["ann", "ann"]), "features: 2 rows share a customer_id and as_of"),
    ],
)
def test_a_batch_that_breaks_the_key_leaves_no_table(tmp_path: Path, second: pa.Table, words: str) -> None:
    run = Run("mine", root=tmp_path)
    with pytest.raises(StageError, match=words):
        run.write_batches("features", [batch("2024-01-01"), second])
    assert not (run.derived / "features.parquet").exists()


def test_features_are_read_for_the_rows_asked_for_in_their_order_whatever_their_snapshots(
    tmp_path: Path,
) -> None:
    run = Run("some", root=tmp_path, staging="")
    at, between = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")
    keys = pd.DataFrame([(c, day) for day in (at, between) for c in "abc"], columns=["customer_id", "as_of"])
    run.write("features", keys.assign(n=[1.0, 2.0, 3.0, 1.0, 2.0, 3.0]))
    run.write("categories", keys.assign(plan=["x", "y", "z", "x", "y", "z"]))
    rows = pd.DataFrame({"customer_id": ["c", "a", "b"], "as_of": [at, between, at], "silent": [1.0, 0.0, 0.0]})
    panel = run.panel(rows)
    assert panel[["customer_id", "silent", "n", "plan"]].values.tolist() == [
        ["c", 1.0, 3.0, "z"], ["a", 0.0, 1.0, "x"], ["b", 0.0, 2.0, "y"],
    ]  # fmt: skip
    assert list(run.panel(rows.iloc[:0])) == list(panel)
