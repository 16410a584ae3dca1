"""What loading, checking and writing events costs, against a bare scan of the same columns.

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

from workbench.crm.load import load_tables, write_crm

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


def load(folder: Path) -> None:
    """Read the events and check every value; they stay where they are."""
    load_tables(folder / "source.yaml")


def load_and_write(folder: Path) -> None:
    """Do what notebook 01 does: load, and write the tables with every customer's number."""
    write_crm(load_tables(folder / "source.yaml"), folder / "crm")


WAYS: dict[str, Callable[[Path], None]] = {
    "bare scan": bare_scan, "load and check": load, "load, check and write": load_and_write,
}  # fmt: skip


def seconds(work: Callable[[Path], object], folder: Path) -> float:
    """Return how long the work took."""
    begun = time.perf_counter()
    work(folder)
    return time.perf_counter() - begun


def measure(rows: int) -> list[dict[str, object]]:
    """Return one row per way: the median of three runs, taken in turns, and its ratio to the bare scan."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_events(folder, rows)
        taken: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(3):
            for way, work in WAYS.items():
                taken[way].append(seconds(work, folder))
    floor = statistics.median(taken["bare scan"])
    middle = {way: statistics.median(times) for way, times in taken.items()}
    return [{"rows": rows, "way": way, "seconds": s, "ratio": s / floor} for way, s in middle.items()]


def main() -> None:
    """Measure, print a table and write the figures as JSON where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--json", type=Path, help="where to write the figures")
    chosen = options.parse_args()
    found = measure(chosen.rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for row in found:
        print(f"{row['rows']:>12,} rows  {row['way']:24} {row['seconds']:8.2f} s {row['ratio']:6.1f} x scan")
    print(f"at most {peak:.0f} MB in one process")
    if chosen.json:
        chosen.json.write_text(json.dumps({"found": found, "peak_mb": peak}, indent=2))


if __name__ == "__main__":
    main()
