"""How much of what can be known the model learns: its log-loss between that of baselines and of the true probability.

A simulated company states the true probability of every customer at risk. The share of the gap closed is
(loss of a baseline − loss of the model) / (loss of the baseline − loss of the truth): 1 is all that can be known, 0 is no
gain. Losses are expected ones under the true probability, so that chance in one period's outcomes plays no part.

Run: ``python tests/benchmarks/bench_model.py --customers 1000 6000 --seeds 1 2 3 --json model.json``
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import workbench as wb
from workbench.crm import KEY, write_crm
from workbench.features import build_categories, feature_batches
from workbench.model.baselines import BASE_RATE, SPARSE, fit_baselines
from workbench.model.boosting import fit_boosting
from workbench.model.examples import training_sample
from workbench.model.verdict import losses

HORIZON_DAYS, SETTLE_DAYS = 91, 121
TESTED = pd.Timestamp("2025-09-01")
LEARNED = pd.date_range("2023-05-01", TESTED - pd.Timedelta(days=SETTLE_DAYS), freq="MS")


def company(customers: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows to learn from, of monthly snapshots, and those of the test snapshot with the true chance p91."""
    with tempfile.TemporaryDirectory() as name:
        made = wb.simulate(Path(name) / "made", customers=customers, months=36, seed=seed)
        write_crm(wb.load_tables(made.source), Path(name) / "crm")
        crm = wb.read_crm(Path(name) / "crm")
        snapshots = [*LEARNED, TESTED]
        labels = wb.label_churn(crm, snapshots, horizon_days=HORIZON_DAYS).select(*KEY, "churned").to_pandas()
        rows = wb.outcomes(labels, labels[KEY].iloc[:0].assign(returned=[]))
        earlier, last = training_sample(rows[rows["as_of"] < TESTED], seed=seed), rows[rows["as_of"] == TESTED]
        wanted = pd.concat([earlier, last])[KEY]
        batches = [wanted.merge(batch.to_pandas(), on=KEY) for batch in feature_batches(crm, snapshots)]
        texts = build_categories(crm, snapshots).to_pandas()
        panel = pd.concat(batches, ignore_index=True).merge(texts, on=KEY)
        truth = pd.read_parquet(Path(name) / "made" / "truth_snapshots.parquet", columns=[*KEY, "p91"])
    return earlier.merge(panel, on=KEY), last.merge(panel, on=KEY).merge(truth, on=KEY)


def closed(customers: int, seed: int) -> dict[str, float]:
    """Return the shares of the gap closed in one simulated company, and what the fit cost."""
    earlier, last = company(customers, seed)
    truth = last["p91"].to_numpy(float)
    columns = wb.feature_columns(earlier)
    begun = time.process_time()
    model = fit_boosting(earlier, columns, earlier["silent"].to_numpy(float), seed=seed)
    spent = time.process_time() - begun
    predictions = {name: baseline.probability(last) for name, baseline in fit_baselines(earlier).items()}
    loss = {
        name: float(losses(truth, p).mean()) for name, p in {**predictions, "model": model.probability(last)}.items()
    }
    best = float(losses(truth, truth).mean())
    rules = min(value for name, value in loss.items() if name not in ("model", SPARSE))
    every = min(value for name, value in loss.items() if name != "model")
    share = {what: (of - loss["model"]) / (of - best) for what, of in
             {"of_base_rate": loss[BASE_RATE], "of_best_rule": rules, "of_best_baseline": every}.items()}  # fmt: skip
    odds = np.log(model.probability(last) / (1 - model.probability(last)))
    true_odds = np.log(truth / (1 - truth))
    slope = float(np.cov(odds, true_odds)[0, 1] / odds.var(ddof=1))
    return {"customers": customers, "seed": seed, "n_test": len(last), **share, "slope": slope, "fit_seconds": spent}


def main() -> None:
    """Measure, print a table and write the figures as JSON where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--customers", type=int, nargs="+", default=[1000, 6000])
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options.add_argument("--json", type=Path, help="where to write the figures")
    chosen = options.parse_args()
    found = []
    for customers in chosen.customers:
        for seed in chosen.seeds:
            found.append(closed(customers, seed))
            print({name: round(value, 3) for name, value in found[-1].items()}, flush=True)
    print(pd.DataFrame(found).groupby("customers").mean().drop(columns="seed").round(3).to_string())
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
