"""What features cost against a bare scan of the same columns, and against other ways to compute them.

Run: ``python tests/benchmarks/bench_features.py --rows 1000000 10000000 --json features.json``. The job: order lines of
one customer per hundred rows in a year, 6 monthly snapshots, windows of 7, 30, 90 and 180 days; count and sum of all
lines and of three products, and days since the last: 33 numbers per customer and snapshot. Each way runs in a process of
its own, the ways in turns, twice: the first time also imports and touches fresh memory, which a virtual machine may have
to ask its host for, so the second is compared. Seconds are medians. All must give the same checksum.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import ibis

import workbench as wb
from workbench.crm.asof import Crm, Facts
from workbench.features import compute
from workbench.features.declare import columns

SNAPSHOTS = [datetime(2024, month, 1) for month in range(7, 13)]
WINDOWS = (7, 30, 90, 180)
PRODUCTS = ("a", "b", "c")
COLUMNS = ("customer_id", "ordered_at", "product", "amount")
IDS = {"text": "'C' || lpad(({code})::VARCHAR, 8, '0')", "number": "({code})::BIGINT"}
RECORDED = (
    ("fight-churn's SQL on PostgreSQL 15, 1 M rows", "65 times SQL in bands"),
    ("featuretools, 1 M rows, shared snapshots", "5.7 times SQL in bands"),
    ("getML FastProp, 1 M rows", "11 times SQL in bands"),
)
"""Measured once beside this job on two cores; not run here."""
MEMORY_LIMIT = "3GB"
"""Of DuckDB while the lines are written."""
Found = tuple[int, float, int]
"""Sums over the result: of all counts, of all sums, and of the days since the last line."""


def write_lines(folder: Path, rows: int, ids: str) -> None:
    """Write a year of order lines as a loaded Crm, in order of time."""
    step = timedelta(days=365) // timedelta(microseconds=1) // rows
    code = IDS[ids].format(code=f"hash(i) % {max(rows // 100, 1)}")
    con = ibis.duckdb.connect(memory_limit=MEMORY_LIMIT, temp_directory=str(folder / "spill"))
    lines = con.sql(
        f"SELECT {code} AS customer_id, TIMESTAMP '2024-01-01' + to_microseconds(i * {step}) AS ordered_at, "
        "['a', 'b', 'c', 'd'][(1 + hash(i + 1) % 4)::BIGINT] AS product, "
        f"((1 + hash(i + 2) % 50000) / 100)::DECIMAL(18, 4) AS amount FROM range({rows}) t(i)"
    )
    begin, end = datetime(2024, 1, 1), datetime(2025, 1, 1)
    facts = Facts("benchmark", "EUR", "", begin, end, end, loaded={"orders": rows})
    wb.write_crm(Crm({"orders": lines}, facts, refused=con.sql("SELECT 1 AS none")), folder)


def declared() -> list[wb.Feature]:
    """The job as features."""
    words = {"meaning": "{days}", "worry": "low", "reason": "{value} {days}"}
    kinds = {"all": None, **{p: (lambda t, p=p: t["product"] == p) for p in PRODUCTS}}
    last = wb.Aggregate("days since last")
    made = [wb.Feature("last", "silence", "orders", "days", "days", "high", "{value}", last)]
    for kind, where in kinds.items():
        for how, of in (("count", None), ("sum", lambda t: t.amount)):
            value = wb.Aggregate(how, of=of, where=where)
            made.append(wb.Feature(f"{how}_{kind}", "x", "orders", "x", value=value, windows=WINDOWS, **words))
    return made


def aggregated(folder: Path, many_rows: int) -> ibis.Table:
    compute.MANY_ROWS = many_rows
    crm = wb.read_crm(folder)
    (table,) = compute.aggregates(crm.as_of(SNAPSHOTS), columns(declared()))
    return table


def checksum(numbers: dict[str, float]) -> Found:
    return (
        round(sum(value for name, value in numbers.items() if name.startswith("count"))),
        round(float(sum(value for name, value in numbers.items() if name.startswith("sum"))), 2),
        round(numbers["last"]),
    )


def totals(table: ibis.Table) -> Found:
    return checksum(table.aggregate(**{c: table[c].sum() for c in table.columns[2:]}).execute().iloc[0].to_dict())


def bare_scan(folder: Path) -> Callable[[], Found]:
    """Read every value of the columns, and nothing more: for the maximum of a text column all are read."""
    wanted = ", ".join(f"max({column})" for column in COLUMNS)
    duckdb.connect().execute(f"SELECT {wanted} FROM '{folder / 'orders.parquet'}'").fetchall()
    return lambda: (0, 0.0, 0)


def by_cube(folder: Path) -> Callable[[], Found]:
    table = aggregated(folder, 0)
    return lambda: totals(table)


def cube_written(folder: Path) -> Callable[[], Found]:
    table = aggregated(folder, 0)
    table.to_parquet(folder / "written.parquet")
    return lambda: totals(ibis.duckdb.connect().read_parquet(folder / "written.parquet"))


def by_ibis(folder: Path) -> Callable[[], Found]:
    table = aggregated(folder, sys.maxsize).cache()
    return lambda: totals(table)


def by_polars(folder: Path) -> Callable[[], Found]:
    """One streaming pass per snapshot."""
    import polars as pl

    found = []
    for t in SNAPSHOTS:
        wanted = {"last": (pl.lit(t).dt.date() - pl.col("ordered_at").max().dt.date()).dt.total_days()}
        for days in WINDOWS:
            inside = pl.col("ordered_at") >= t - timedelta(days=days)
            for kind in ("all", *PRODUCTS):
                which = inside if kind == "all" else inside & (pl.col("product") == kind)
                wanted[f"count_{kind}_{days}d"] = which.sum()
                wanted[f"sum_{kind}_{days}d"] = pl.col("amount").filter(which).sum()
        lines = pl.scan_parquet(folder / "orders.parquet").filter(pl.col("ordered_at") < t)
        found.append(lines.group_by("customer_id").agg(**wanted).collect(engine="streaming"))
    whole = pl.concat(found)
    return lambda: checksum({c: float(whole[c].sum()) for c in whole.columns[1:]})


def by_pandas(folder: Path) -> Callable[[], Found]:
    """As a competent analyst writes it: amounts as floats, one groupby per window."""
    import pandas as pd

    lines = pd.read_parquet(folder / "orders.parquet", columns=list(COLUMNS))
    lines["amount"] = lines["amount"].astype("float64")
    lines["product"] = lines["product"].astype("category")
    found = []
    for t in SNAPSHOTS:
        known = lines[lines["ordered_at"] < t]
        parts = {"last": (t - known.groupby("customer_id")["ordered_at"].max().dt.normalize()).dt.days}
        for days in WINDOWS:
            inside = known[known["ordered_at"] >= t - timedelta(days=days)]
            every = inside.groupby("customer_id")["amount"].agg(["count", "sum"])
            each = inside.groupby(["customer_id", "product"], observed=True)["amount"].agg(["count", "sum"]).unstack()
            for how in ("count", "sum"):
                parts[f"{how}_all_{days}d"] = every[how]
                parts |= {f"{how}_{p}_{days}d": each[how, p] for p in PRODUCTS}
        found.append(pd.DataFrame(parts).fillna(0))
    whole = pd.concat(found)
    return lambda: checksum(whole.sum().to_dict())


def by_naive_sql(folder: Path) -> Callable[[], Found]:
    """Join lines to snapshots by range, one FILTER per window."""
    wanted = ["date_diff('day', max(ordered_at), any_value(as_of)) AS last"]
    for days in WINDOWS:
        for kind in ("all", *PRODUCTS):
            which = f"ordered_at >= as_of - INTERVAL {days} DAY" + ("" if kind == "all" else f" AND product = '{kind}'")
            wanted.append(f"count(*) FILTER ({which}) AS count_{kind}_{days}d")
            wanted.append(f"sum(amount) FILTER ({which}) AS sum_{kind}_{days}d")
    snapshots = ", ".join(f"(TIMESTAMP '{t}')" for t in SNAPSHOTS)
    con = duckdb.connect()
    con.execute(
        f"CREATE TABLE found AS SELECT customer_id, as_of, {', '.join(wanted)} FROM '{folder / 'orders.parquet'}' "
        f"JOIN (VALUES {snapshots}) s(as_of) ON ordered_at < as_of GROUP BY ALL"
    )
    return lambda: totals(ibis.duckdb.from_connection(con).table("found"))


WAYS: dict[str, Callable[[Path], Callable[[], Found]]] = {
    "bare scan": bare_scan,
    "cube": by_cube,
    "cube, and write the result": cube_written,
    "SQL in bands (Ibis)": by_ibis,
    "Polars, streaming": by_polars,
    "pandas": by_pandas,
    "naive SQL": by_naive_sql,
}


def twice(way: str, folder: Path, limit_gb: float) -> dict[str, object]:
    """Run one way twice in this process; return the seconds of both, the peak and the checksum."""
    if limit_gb:
        resource.setrlimit(resource.RLIMIT_AS, (int(limit_gb * 2**30),) * 2)
    seconds = []
    for _ in range(2):
        computed = None  # lets the first result go
        begun = time.perf_counter()
        computed = WAYS[way](folder)
        seconds.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"first_seconds": seconds[0], "seconds": seconds[1], "peak_mb": peak, "checksum": computed()}


def measure(ways: Sequence[str], folder: Path, rounds: int, limit_gb: float) -> Iterator[dict[str, object]]:
    """Yield a row per way: the medians of its runs, taken in turns."""
    runs: dict[str, list[dict[str, object]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            command = [sys.executable, __file__, "--way", way, "--folder", str(folder), "--limit-gb", str(limit_gb)]
            runs[way].append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    scan = statistics.median(run["seconds"] for run in runs["bare scan"])
    for way, taken in runs.items():
        seconds, first = (statistics.median(run[key] for run in taken) for key in ("seconds", "first_seconds"))
        yield {
            "way": way,
            "seconds": seconds,
            "ratio": seconds / scan,
            "first_seconds": first,
            "peak_mb": max(run["peak_mb"] for run in taken),
            "checksum": taken[0]["checksum"],
        }


def same(one: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether two checksums agree: sums of floats to nine digits."""
    return all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(one, other, strict=True))


def exponent(seconds: dict[int, float]) -> float:
    """Return the power of the rows by which seconds grow, fitted to several sizes: 1 is twice the time for twice as many."""
    return statistics.linear_regression([math.log(n) for n in seconds], [math.log(s) for s in seconds.values()]).slope


def differing(found: Sequence[dict[str, object]]) -> list[str]:
    """Return the ways whose result is another than the cube's."""
    computed = {row["way"]: row["checksum"] for row in found if row["way"] != "bare scan"}
    return [way for way, sums in computed.items() if not same(sums, next(iter(computed.values())))]


def show(rows: int, ids: str, found: Sequence[dict[str, object]]) -> None:
    """Print what one size took; end where results differ."""
    print(f"{rows:,} rows, {ids} ids, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for row in found:
        computed = f"{row['way']:30} {row['seconds']:9.2f} s {row['ratio']:7.1f} x scan {row['peak_mb']:7.0f} MB"
        print(f"{computed}   (first run {row['first_seconds']:.2f} s)")
    if differing(found):
        sys.exit(f"other results: {', '.join(differing(found))}")


def main() -> None:
    """Measure, print a table and write the figures as JSON where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="sizes; of several, the exponent too")
    options.add_argument("--ids", choices=IDS, default="text", help="what customer ids are")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--limit-gb", type=float, default=0.0, help="addresses each process may take; 0: no limit")
    options.add_argument("--without", nargs="*", default=[], choices=WAYS, help="ways to leave out")
    options.add_argument("--json", type=Path, help="where to write the figures")
    options.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.way:
        print(json.dumps(twice(chosen.way, chosen.folder, chosen.limit_gb)))
        return
    ways = [way for way in WAYS if way not in chosen.without]
    sizes = {}
    for rows in chosen.rows:
        with tempfile.TemporaryDirectory() as name:
            write_lines(Path(name), rows, chosen.ids)
            sizes[rows] = found = list(measure(ways, Path(name), chosen.rounds, chosen.limit_gb))
        show(rows, chosen.ids, found)
    for i, way in enumerate(ways if len(sizes) > 1 else ()):
        print(f"{way:30} exponent {exponent({n: found[i]['seconds'] for n, found in sizes.items()}):.2f}")
    for way, said in RECORDED:
        print(f"{way:48} {said} (recorded, not run here)")
    if chosen.json:
        written = [{"rows": rows, "ids": chosen.ids, "found": found} for rows, found in sizes.items()]
        chosen.json.write_text(json.dumps(written, indent=2))


if __name__ == "__main__":
    main()
