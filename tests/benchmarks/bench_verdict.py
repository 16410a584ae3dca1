"""How often data without any signal are called better than a rule, or scored: at most one seed in twenty may be.

RavenStack, a synthetic CRM whose departures nothing in it explains, as it is and with its outcomes drawn anew among the
customers of each snapshot; by the whole way from raw files over labels and features to the verdict.

Run: ``python -m tests.benchmarks.bench_verdict 20``
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

import workbench as wb
from workbench.crm import KEY
from workbench.model.train import MODEL

RAVENSTACK = Path(__file__).parents[2].parent / "shared" / "data" / "ravenstack"
AS_OF, HORIZON_DAYS = "2024-12-31", 60


def rows() -> pd.DataFrame:
    """Return the labelled snapshots of RavenStack with their features."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.yaml"
        wb.write_source(wb.propose_source(RAVENSTACK), source)
        crm = wb.load_tables(source)
        snapshots = wb.past_snapshots(
            crm.facts, AS_OF, horizon_days=HORIZON_DAYS, history_days=90, settle_days=30, most=6
        )
        labels = wb.label_churn(crm, snapshots, horizon_days=HORIZON_DAYS).to_pandas()
        panel = wb.build_features(crm, snapshots).to_pandas()
    return wb.outcomes(labels, labels[KEY].iloc[:0].assign(returned=[])).merge(panel, on=KEY)


def verdict(labelled: pd.DataFrame, seed: int) -> tuple[str, str]:
    """Return the verdict on a model of these rows, tested on the last snapshot, and what gives the probabilities."""
    earlier, last = wb.split_last(labelled)
    trial = wb.try_models(earlier, last, wb.feature_columns(earlier), seed=seed)
    return trial.verdict.word, trial.chosen


def drawn_anew(labelled: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the rows with the outcomes of each snapshot given to other customers of it, by chance."""
    rng = np.random.default_rng(seed)
    return labelled.assign(
        silent=labelled.groupby("as_of")["silent"].transform(lambda s: rng.permutation(s.to_numpy()))
    )


def main(seeds: int) -> int:
    """Print the verdicts and what scores; return 1 where too many are *better*, or scored by the model."""
    labelled = rows()
    real = [verdict(labelled, seed) for seed in range(1, 4)]
    chance = [verdict(drawn_anew(labelled, seed), seed) for seed in range(1, seeds + 1)]
    print(f"{len(labelled):,} rows, {labelled['silent'].sum():,.0f} lost")
    for title, found in (("as it is, three seeds", real), (f"outcomes drawn anew, {seeds} seeds", chance)):
        print(f"{title}: {dict(Counter(word for word, _ in found))}; scored by {dict(Counter(by for _, by in found))}")
    wrong = [word == "better" or by == MODEL for word, by in chance]
    return int(any(word == "better" or by == MODEL for word, by in real) or sum(wrong) > 0.05 * seeds)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
