"""What churn labels cost at several snapshots, against a bare scan of the same columns, and beside pandas.

Two businesses: a shop (orders alone) and a subscription company (subscriptions, and as many uses of the product). Each
way runs in a process of its own under a memory limit, so that memory is its own.
Run: ``python tests/benchmarks/bench_labels.py --rows 100000000 --json labels.json``
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

ROWS_PER_CUSTOMER = 100
PANDAS_ROWS = 10_000_000
"""More rows than this do not fit into the limit as pandas frames."""
SNAPSHOTS = ["2023-04-01", "2023-07-01", "2023-10-01", "2024-01-01", "2024-04-01", "2024-07-01"]
MEMORY_LIMIT = "3GB"
"""Of DuckDB; the rest of the four gigabytes is Python and its libraries."""
SOURCE = "name: benchmark\ncurrency: EUR\nfiles:\n{files}tables:\n{tables}"
SHOP = {"orders": ["order_id", "customer_id", "ordered_at", "amount"]}
SAAS = {
    "subscriptions": ["subscription_id", "customer_id", "kind", "started_at", "cancelled_at", "ended_at"],
    "events": ["customer_id", "occurred_at", "event"],
}


def write(folder: Path, rows: int) -> None:
    """Write three years of a shop's orders and of a subscription company's, a hundred rows a customer."""
    customers, begins = rows // ROWS_PER_CUSTOMER, "TIMESTAMP '2022-01-01'"
    at = f"{begins} + to_seconds((i * 94608000 / {rows})::BIGINT)"
    who = f"'C' || lpad((hash(i) % {customers})::VARCHAR, 8, '0')"
    sql = {
        "orders": f"SELECT 'O' || lpad(i::VARCHAR, 10, '0') AS order_id, {who} AS customer_id, {at} AS ordered_at, "
        f"((hash(i + 1) % 10000) / 100)::DECIMAL(18, 4) AS amount FROM range({rows}) t(i)",
        "events": f"SELECT {who} AS customer_id, {at} AS occurred_at, "
        f"['login', 'export', 'page', 'search'][(1 + hash(i + 2) % 4)::BIGINT] AS event FROM range({rows}) t(i)",
        "subscriptions": "SELECT 'S' || lpad(i::VARCHAR, 8, '0') AS subscription_id, 'C' || lpad(i::VARCHAR, 8, '0') "
        f"AS customer_id, 'paid' AS kind, {begins} + to_days((hash(i) % 300)::INTEGER) AS started_at, "
        "CASE WHEN hash(i + 1) % 2 = 0 THEN started_at + to_days(30 + (hash(i + 2) % 900)::INTEGER) END "
        f"AS cancelled_at, cancelled_at + INTERVAL 7 DAY AS ended_at FROM range({customers}) t(i)",
    }
    for name, select in sql.items():
        duckdb.sql(f"COPY ({select}) TO '{folder / name}.parquet' (FORMAT parquet)")
    for name, tables in (("shop", SHOP), ("saas", SAAS)):
        files = "".join(f"  {t}: {{path: {t}.parquet}}\n" for t in tables)
        mapped = "".join(
            f"  {t}:\n    from: {t}\n    columns: {{{', '.join(f'{c}: {c}' for c in columns)}}}\n"
            for t, columns in tables.items()
        )
        (folder / f"{name}.yaml").write_text(SOURCE.format(files=files, tables=mapped))


def scan(folder: Path, business: str) -> None:
    """Read every value of the columns, and nothing more."""
    for table, columns in (SHOP if business == "shop" else SAAS).items():
        wanted = ", ".join(f"max({column})" for column in columns)
        duckdb.connect().execute(f"SELECT {wanted} FROM '{folder / table}.parquet'").fetchall()


def labels(folder: Path, business: str) -> None:
    """Label all customers at all snapshots, and write the labels to Parquet; the tables are loaded before."""
    import workbench as wb

    crm = wb.read_crm(folder / business)
    con = next(iter(crm.tables.values())).get_backend().con
    con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    con.execute(f"SET temp_directory = '{folder / 'spill'}'")
    wb.label_churn(crm, SNAPSHOTS).to_parquet(folder / f"labels_{business}.parquet")


def with_pandas(folder: Path, business: str) -> None:
    """Label a shop's customers as a competent analyst does in pandas: sorted once, one pass per snapshot."""
    import pandas as pd

    orders = pd.read_parquet(folder / "orders.parquet")
    orders = orders[orders["amount"] >= 0].sort_values(["ordered_at", "order_id"])
    frames = []
    for t in pd.to_datetime(SNAPSHOTS):
        before = orders[orders["ordered_at"] < t].drop_duplicates("customer_id", keep="last")
        at_risk = before[before["ordered_at"] >= t - pd.Timedelta(days=91)].set_index("customer_id")
        ahead = orders[(orders["ordered_at"] >= t) & (orders["ordered_at"] < t + pd.Timedelta(days=91))]
        following = ahead.drop_duplicates("customer_id").set_index("customer_id").add_prefix("next_")
        frames.append(
            at_risk.join(following).assign(as_of=t, churned=lambda f: f["next_order_id"].isna()).reset_index()
        )
    pd.concat(frames).to_parquet(folder / f"pandas_{business}.parquet")


WAYS: dict[str, Callable[[Path, str], None]] = {"scan": scan, "labels": labels, "pandas": with_pandas}


def alone(way: str, folder: Path, business: str) -> tuple[float, float]:
    """Return seconds (imports not counted) and peak MB of one way in a process of its own."""
    frames = subprocess.run(
        [sys.executable, __file__, "--way", way, "--folder", str(folder), "--business", business],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    seconds, peak = frames.split()
    return float(seconds), float(peak)


def once(way: str, folder: Path, business: str) -> None:
    """Run one way and print its seconds and peak memory; called in a process of its own."""
    import workbench as wb

    _ = wb.label_churn, wb.read_crm  # imported before the clock starts
    begun = time.perf_counter()
    WAYS[way](folder, business)
    print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure(rows: int, runs: int) -> list[dict[str, object]]:
    """Return one row per business and way: medians of interleaved runs, and the ratio to the bare scan."""
    import workbench as wb

    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, rows)
        for business in ("shop", "saas"):
            wb.write_crm(wb.load_tables(folder / f"{business}.yaml"), folder / business)
            ways = [w for w in WAYS if w != "pandas" or (business == "shop" and rows <= PANDAS_ROWS)]
            taken = {way: [] for way in ways}
            for _ in range(runs):
                for way in ways:
                    taken[way].append(alone(way, folder, business))
            floor = statistics.median(s for s, _ in taken["scan"])
            for way in ways:
                seconds = statistics.median(s for s, _ in taken[way])
                peak = max(mb for _, mb in taken[way])
                found.append(
                    {"rows": rows, "business": business, "way": way, "seconds": seconds, "ratio": seconds / floor,
                     "peak_mb": peak}
                )  # fmt: skip
    return found


def main() -> None:
    """Measure, print a table and write the figures as JSON where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--json", type=Path, help="where to write the figures")
    for hidden in ("--way", "--business"):
        options.add_argument(hidden, help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.way:
        once(chosen.way, chosen.folder, chosen.business)
        return
    found = measure(chosen.rows, chosen.runs)
    print(f"{'rows':>12} {'business':>9} {'way':>7} {'seconds':>8} {'x scan':>7} {'peak MB':>8}")
    for row in found:
        print(
            f"{row['rows']:>12,} {row['business']:>9} {row['way']:>7} {row['seconds']:>8.2f} {row['ratio']:>7.1f} "
            f"{row['peak_mb']:>8.0f}"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
