"""What the whole panel of a company with all tables costs against a bare scan of them, and where the time goes.

Run: ``python tests/benchmarks/bench_panel.py --customers 5000 --json panel.json``
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

import workbench as wb
from workbench.crm.asof import Crm
from workbench.features import compute, usable_features

SNAPSHOTS = ["2024-06-01", "2024-09-01", "2024-12-01", "2025-03-01", "2025-06-01"]


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work took."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def scan(folder: Path, crm: Crm) -> None:
    """Read every value of every table."""
    for name in crm:
        wanted = ", ".join(f"max({column})" for column in crm[name].columns)
        duckdb.connect().execute(f"SELECT {wanted} FROM '{folder / name}.parquet'").fetchall()


def parts(crm: Crm) -> dict[str, float]:
    """Return the seconds of every pass over a table's rows, by table and way."""
    view = crm.as_of(SNAPSHOTS)
    declared = [c for c in usable_features(crm) if c.feature.table]
    spent: dict[str, float] = {}
    for table in dict.fromkeys(c.feature.table for c in declared):
        columns = [c for c in declared if c.feature.table == table]
        spent[table] = seconds(lambda columns=columns: [t.to_pyarrow() for t in compute.aggregates(view, columns)])
    return spent


def main() -> None:
    """Measure, print a table and write the figures as JSON where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--customers", type=int, default=2000)
    options.add_argument("--json", type=Path, help="where to write the figures")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        made = wb.simulate(Path(name) / "made", customers=chosen.customers, months=24, seed=1)
        folder = Path(name) / "crm"
        wb.write_crm(wb.load_tables(made.source), folder)
        crm = wb.read_crm(folder)
        taken: dict[str, list[float]] = {"scan": [], "panel": []}
        for _ in range(3):
            taken["scan"].append(seconds(lambda: scan(folder, crm)))
            out = Path(name) / "panel.parquet"
            taken["panel"].append(seconds(lambda out=out: wb.build_features(crm, SNAPSHOTS).to_parquet(out)))
        spent, rows = parts(crm), sum(crm.facts.loaded.values())
    found = {what: statistics.median(times) for what, times in taken.items()}
    print(f"{chosen.customers:,} customers, {rows:,} rows in all tables, {len(SNAPSHOTS)} snapshots")
    print(f"{'bare scan of all tables':30} {found['scan']:8.2f} s")
    print(f"{'panel, written':30} {found['panel']:8.2f} s {found['panel'] / found['scan']:7.1f} x scan")
    for table, taken_by in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {table:28} {taken_by:8.2f} s {crm.facts.loaded[table]:>10,} rows")
    if chosen.json:
        chosen.json.write_text(json.dumps({"rows": rows, **found, "by_table": spent}, indent=2))


if __name__ == "__main__":
    main()
