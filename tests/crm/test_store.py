"""A Crm written and read again: everybody has a number, which the tables do not show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd

import workbench as wb
from tests.conftest import orders
from workbench.crm.asof import Crm

EVENTS = pd.DataFrame(
    {"customer_id": ["zoe", "ann", None], "occurred_at": ["2024-01-05", "2024-01-06", "2024-01-07"], "event": "login"}
)


def written(crm: Crm, folder: Path) -> Crm:
    wb.write_crm(crm, folder)
    return wb.read_crm(folder)


def test_everybody_in_any_table_has_a_number_in_the_order_of_the_ids(tmp_path: Path) -> None:
    bought = orders(("1", "bob", "2024-01-10", 5), ("2", "ann", "2024-01-11", 5))
    crm = written(wb.load_tables({"orders": bought, "events": EVENTS}), tmp_path)
    assert crm.codes is not None
    assert crm.codes.order_by("customer_code").to_pandas().to_numpy().tolist() == [["ann", 0], ["bob", 1], ["zoe", 2]]
    rows = crm.lasting("orders").order_by("order_id").to_pandas()
    assert rows[["customer_id", "customer_code"]].to_numpy().tolist() == [["bob", 1], ["ann", 0]]


def test_the_number_is_in_no_table_as_people_see_it(tmp_path: Path) -> None:
    crm = wb.load_tables({"orders": orders(("1", "bob", "2024-01-10", 5))})
    again = written(crm, tmp_path)
    assert again["orders"].columns == crm["orders"].columns
    assert "customer_code" not in again.as_of("2024-02-01")["orders"].columns
    assert written(again, tmp_path / "twice")["orders"].columns == crm["orders"].columns


def test_the_number_stays_beside_the_rows_known_at_an_earlier_day(tmp_path: Path) -> None:
    crm = written(wb.load_tables({"events": EVENTS}), tmp_path).known_at("2024-01-06")
    assert crm.lasting("events")[["customer_id", "customer_code"]].to_pandas().to_numpy().tolist() == [["zoe", 1]]
    assert "customer_code" not in crm["events"].columns


def test_labels_of_a_crm_read_again_are_the_same(retail: Crm, tmp_path: Path) -> None:
    snapshots = ["2011-06-10", "2011-09-09"]
    again = written(retail, tmp_path)
    labels = [wb.label_churn(c, snapshots).to_pandas() for c in (retail, again, again.known_at("2011-12-10"))]
    first, *others = (frame.sort_values(["as_of", "customer_id"], ignore_index=True) for frame in labels)
    for other in others:
        pd.testing.assert_frame_equal(first, other)


def test_a_process_with_a_limit_keeps_most_of_it_for_python(tmp_path: Path) -> None:
    wb.write_crm(wb.load_tables({"orders": orders(("1", "bob", "2024-01-10", 5))}), tmp_path)
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import resource, sys; from pathlib import Path; from workbench.crm import read_crm\n"
            "resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))\n"
            "con = read_crm(Path(sys.argv[1]))['orders'].get_backend().con\n"
            "print(con.sql(\"SELECT current_setting('memory_limit')\").fetchall()[0][0])",
            str(tmp_path),
        ],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.strip() == "512.0 MiB"


def test_rows_in_another_order_are_written_as_the_same_files(tmp_path: Path) -> None:
    lines = [(str(i), ("bob", "ann", "cid")[i % 3], f"2024-01-{1 + i % 9:02}", 5 + i % 2) for i in range(40)]
    wb.write_crm(wb.load_tables({"orders": orders(*lines)}), tmp_path / "one")
    wb.write_crm(wb.load_tables({"orders": orders(*lines[::-1])}), tmp_path / "other")
    for file in ("orders.parquet", "customer_codes.parquet"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()
