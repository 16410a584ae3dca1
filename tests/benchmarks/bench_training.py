"""What training costs beside one bare fit of the trees it chooses: 200,000 rows of 250 features.

Everything included is: the rows learned from drawn, the form and number of trees chosen and calibrated by
cross-fitting, the final fit. The bare fit is xgboost's own, of the chosen form and number of trees on all the rows, as
``xgboost.train`` does it on an array of numbers, on as many threads as the machine has cores.

Run: ``python tests/benchmarks/bench_training.py --rows 200000 --features 250 --json training.json``
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost

from workbench.model import fit_model, training_sample
from workbench.model.boosting import FORMS, SHALLOW, STUMPS

SNAPSHOTS = 5


def panel(rows: int, features: int, seed: int) -> pd.DataFrame:
    """Return rows of counts, amounts and days, a third of them unknown for some; one in ten left, and 30 features say so."""
    rng = np.random.default_rng(seed)
    customer, size = np.arange(rows) // SNAPSHOTS, (rows, features)
    habit = rng.normal(size=(rows // SNAPSHOTS + 1, features))[customer]
    values = habit + rng.normal(size=size)
    odds = values[:, :30] @ rng.normal(scale=0.2, size=30) + 0.3 * values[:, 0] * values[:, 1] - 2.8
    count, unknown = np.arange(features) % 3 == 1, np.arange(features) % 3 == 2
    values = np.where(count, np.floor(np.exp(values)), np.exp(values)).astype(np.float32)
    values[(rng.random(size) < 0.3) & unknown] = np.nan
    key = {
        "customer_id": np.char.add("c", customer.astype(str)),
        "as_of": pd.Timestamp("2025-01-01") + pd.to_timedelta(30 * (np.arange(rows) % SNAPSHOTS), unit="D"),
        "at_risk": True,
        "silent": (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(float),
    }
    numbers = pd.DataFrame(values, columns=[f"x{i}" for i in range(features)])
    return pd.concat([pd.DataFrame(key), numbers], axis=1)


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what the work returns, its seconds by the clock and its CPU seconds."""
    clock, cpu = time.perf_counter(), time.process_time()
    return work(), time.perf_counter() - clock, time.process_time() - cpu


def main() -> None:
    """Measure, print and write the figures as JSON where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=200_000)
    options.add_argument("--features", type=int, default=250)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--json", type=Path, help="where to write the figures")
    chosen = options.parse_args()
    rows = panel(chosen.rows, chosen.features, chosen.seed)
    columns = [f"x{i}" for i in range(chosen.features)]
    model, clock, cpu = timed(lambda: fit_model(training_sample(rows, seed=chosen.seed), columns, seed=chosen.seed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    trees = model.booster.num_boosted_rounds()
    form = {
        "objective": "binary:logistic", "subsample": 0.8, "colsample_bytree": 0.5, "nthread": os.cpu_count(),
        **(SHALLOW if model.shape == FORMS[1] else STUMPS),
    }  # fmt: skip

    def bare() -> None:
        xgboost.train(form, xgboost.QuantileDMatrix(rows[columns].to_numpy(), rows["silent"]), num_boost_round=trees)

    _, bare_clock, bare_cpu = timed(bare)
    found = {
        "rows": chosen.rows, "features": chosen.features, "lost": int(rows["silent"].sum()), "form": model.shape,
        "trees": trees, "everything_seconds": clock, "everything_cpu": cpu, "bare_seconds": bare_clock,
        "bare_cpu": bare_cpu, "times_clock": clock / bare_clock, "times_cpu": cpu / bare_cpu, "peak_mb": peak,
    }  # fmt: skip
    print({name: round(value, 2) if isinstance(value, float) else value for name, value in found.items()})
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
