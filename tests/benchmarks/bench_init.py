"""How long ``workbench init`` takes: python tests/benchmarks/bench_init.py --megabytes 100 --json init.json.

A shop's export: order lines with a status and decimal commas, use, tickets and customers, in CSV files. Measured is the
whole command, with the load it tries at the end; the aim is 20 s of wall clock for 100 MB on two cores.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from workbench.propose import init_command

_LINES_PER_MB = 7_800
_DAY = "(DATE '2023-01-01' + (i % 700)::INTEGER)"
FILES = {
    "orders": (
        0.6,
        f"'O' || lpad((i // 3)::VARCHAR, 8, '0') AS order_no, 'C' || lpad((hash(i // 3) % 50000)::VARCHAR, 6, '0') "
        f"AS customer_no, strftime({_DAY}, '%d.%m.%Y') AS order_date, 'article ' || i % 400 AS article, "
        "1 + i % 4 AS quantity, replace((1 + hash(i) % 9000 / 100)::DECIMAL(9, 2)::VARCHAR, '.', ',') AS price, "
        "CASE WHEN i // 3 % 20 = 0 THEN 'cancelled' ELSE 'completed' END AS status",
    ),
    "logins": (
        0.3,
        "'C' || lpad((hash(i) % 50000)::VARCHAR, 6, '0') AS customer_no, "
        f"strftime({_DAY} + to_seconds(i % 86400), '%Y-%m-%d %H:%M:%S') AS login_at, 'page ' || i % 9 AS page, "
        "md5(i::VARCHAR) AS session",
    ),
    "tickets": (
        0.1,
        "i AS ticket_id, 'C' || lpad((hash(i) % 50000)::VARCHAR, 6, '0') AS customer_no, "
        f"{_DAY} AS created, {_DAY} + 2 AS solved, ['low', 'normal', 'high'][1 + i % 3] AS priority, "
        "'a question about delivery, number ' || i AS subject",
    ),
    "customers": (
        0.02,
        "'C' || lpad(i::VARCHAR, 6, '0') AS customer_no, DATE '2022-01-01' + (i % 300)::INTEGER AS customer_since, "
        "['NL', 'DE', 'FR'][1 + i % 3] AS country",
    ),
}


def write_export(folder: Path, megabytes: int) -> float:
    """Write the files; return their megabytes."""
    for name, (share, columns) in FILES.items():
        rows = 50_000 if name == "customers" else int(share * megabytes * _LINES_PER_MB * 2)
        duckdb.execute(f"COPY (SELECT {columns} FROM range({rows}) AS r(i)) TO '{folder / name}.csv' (HEADER)")
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def measure(megabytes: int) -> dict[str, float | str]:
    """Run init once; return megabytes, seconds of wall clock and of all cores, the peak memory, and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        raw.mkdir()
        size = write_export(raw, megabytes)
        printed, start, before = io.StringIO(), time.perf_counter(), time.process_time()
        with contextlib.redirect_stdout(printed):
            init_command(str(raw), Path(folder) / "source.yaml")
        wall, cpu = time.perf_counter() - start, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"megabytes": size, "wall_s": wall, "cpu_s": cpu, "peak_mb": peak, "printed": printed.getvalue()}


def main() -> None:
    """Print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--show", action="store_true", help="print what init printed")
    given = parser.parse_args()
    found = measure(given.megabytes)
    if given.show:
        print(found["printed"])
    print("init: " + ", ".join(f"{name} {value:.1f}" for name, value in found.items() if isinstance(value, float)))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
