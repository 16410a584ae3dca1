"""What a whole run of a simulated company costs on Spark, on this machine, beside DuckDB: CPU seconds and memory.

Needs what 'make spark' adds; not part of 'make bench', as it takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from workbench.demo import simulate

ROOT = Path(__file__).resolve().parents[2]
LOOKS_S = 0.5


def cost(folder: Path, engine: str) -> dict[str, float]:
    """Run the five notebooks; return the CPU seconds and the most memory (MB) of all processes, Java's included.

    What a process used after it was last looked at is missing.
    """
    command = [sys.executable, "-m", "workbench", "run", "nightly.yaml", "--name", engine, "-p", "engine", engine]
    begun, used, peak = time.monotonic(), dict[int, float](), 0
    run = psutil.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL)
    while run.poll() is None:
        memory = 0
        for process in [run, *run.children(recursive=True)]:
            with suppress(psutil.Error):
                used[process.pid] = sum(process.cpu_times()[:2])
                memory += process.memory_info().rss
        peak = max(peak, memory)
        time.sleep(LOOKS_S)
    if run.returncode:
        sys.exit(f"the run on {engine} failed")
    return {
        "cpu_seconds": round(sum(used.values()), 1),
        "seconds": round(time.monotonic() - begun, 1),
        "peak_mb": round(peak / 2**20),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    called = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copytree(ROOT / "notebooks", folder / "notebooks")
        simulate(folder / "company", customers=called.customers, months=24, seed=3)
        (folder / "nightly.yaml").write_text("source: company/source.yaml\nas_of: 2026-01-01\n")
        costs = {engine: cost(folder, engine) for engine in ("duckdb", "spark")}
    for engine, figures in costs.items():
        print(f"{engine}: {figures}", flush=True)
    times = costs["spark"]["cpu_seconds"] / costs["duckdb"]["cpu_seconds"]
    print(f"On Spark the run costs {times:.1f} times what it costs on DuckDB.")
    if called.json:
        called.json.write_text(json.dumps({**costs, "times": times}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
