"""What loading and checking events from Parquet costs, against a bare scan of the same columns.

Run: ``python tests/benchmarks/bench_load.py --rows 1000000 --json load.json``
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from workbench.load import load_tables

COLUMNS = ("customer_id", "occurred_at", "event", "quantity")
SOURCE = """
name: benchmark
currency: EUR
files:
  usage: {path: events.parquet}
tables:
  events:
    from: usage
    columns: {customer_id: customer_id, occurred_at: occurred_at, event: event, quantity: quantity}
"""


def write_events(folder: Path, rows: int) -> None:
    """Write a year of events of one customer per hundred rows, in order of time, and its source file."""
    customers = max(rows // 100, 1)
    duckdb.sql(
        f"COPY (SELECT 'C' || lpad((hash(i) % {customers})::VARCHAR, 8, '0') AS customer_id, "
        f"TIMESTAMP '2024-01-01' + to_seconds((i * 31536000 / {rows})::BIGINT) AS occurred_at, "
        "['login', 'export', 'page', 'search'][(1 + hash(i + 1) % 4)::BIGINT] AS event, "
        "(1 + hash(i + 2) % 5)::DOUBLE AS quantity "
        f"FROM range({rows}) t(i)) TO '{folder / 'events.parquet'}' (FORMAT parquet)"
    )
    (folder / "source.yaml").write_text(SOURCE)


def bare_scan(folder: Path) -> None:
    """Read every value of the four columns, and nothing more: max() needs each; count() reads only the footer."""
    wanted = ", ".join(f"max({column})" for column in COLUMNS)
    duckdb.connect().execute(f"SELECT {wanted} FROM '{folder / 'events.parquet'}'").fetchall()


def seconds(work: Callable[[Path], object], folder: Path) -> float:
    """Return how long the work took."""
    begun = time.perf_counter()
    work(folder)
    return time.perf_counter() - begun


def measure(rows: int) -> dict[str, float]:
    """Return the medians of three runs of each, interleaved, and the peak memory of the process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_events(folder, rows)
        taken: dict[str, list[float]] = {"scan": [], "load": []}
        for _ in range(3):
            taken["scan"].append(seconds(bare_scan, folder))
            taken["load"].append(seconds(lambda f: load_tables(f / "source.yaml"), folder))
    scan, load = (statistics.median(taken[what]) for what in ("scan", "load"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": rows, "scan_s": scan, "load_s": load, "ratio": load / scan, "peak_mb": peak}


def main() -> None:
    """Measure, print a table and write the figures as JSON where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--json", type=Path, help="where to write the figures")
    chosen = options.parse_args()
    rows = chosen.rows
    found = measure(rows)
    shown = {
        "rows": f"{rows:,}",
        "bare scan s": f"{found['scan_s']:.3f}",
        "load and check s": f"{found['load_s']:.3f}",
        "ratio": f"{found['ratio']:.2f}",
        "peak MB": f"{found['peak_mb']:.0f}",
    }
    print("  ".join(f"{name:>16}" for name in shown))
    print("  ".join(f"{value:>16}" for value in shown.values()))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
