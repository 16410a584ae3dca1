"""What contacting the first k customers truly saves, by what they are ranked: python -m tests.benchmarks.bench_money.

Of a simulated company: who leaves within the horizon and would respond to an offer is known. Risk is the true
probability, so the rankings alone are compared, not the models; the share kept is the one campaigns measured.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

import workbench as wb
from workbench.metrics import assignments
from workbench.model import Money, coming_revenue, expected_gain, margin_if_retained, money_basis
from workbench.segments import static_segmentations

AT = datetime(2025, 10, 1)
ASSUMED = Money(0.3, 0.1, 10.0, 0.3, 5.0, 0.1)
CONTACTED = (100, 200, 400, 600, 800, 1000)


def customers(folder: Path, *, n: int, seed: int) -> tuple[pd.DataFrame, Money]:
    """Return the customers at risk with risk, margin, save_share and saved (margin that a contact truly keeps)."""
    wb.simulate(folder, customers=n, months=36, seed=seed)
    crm = wb.load_tables(folder / "source.yaml").known_at(AT)
    lives = wb.lives(crm, inactive_days=91)
    basis = money_basis(
        ASSUMED, assignments(crm, lives, horizon_days=91), horizon_days=91, segmentations=static_segmentations(crm)
    )
    truth = pd.read_parquet(folder / "truth_snapshots.parquet").query("as_of == @AT")
    responds = pd.read_parquet(folder / "truth.parquet").groupby("customer_id")["would_respond"].first()
    now = truth[["customer_id", "p91"]].reset_index(drop=True)
    before = pd.Series(0.0, index=now["customer_id"])
    margin = margin_if_retained(coming_revenue(crm, AT, before), basis.money).to_numpy(float)
    saved = margin * now["p91"] * now["customer_id"].map(responds)
    return now.assign(margin=margin, save_share=basis.share_of(now["customer_id"]), saved=saved), basis.money


def main(n: int, seeds: int) -> None:
    """Print the margin truly saved by the first k contacted, less what contacting cost, per ranking and seed."""
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            now, money = customers(Path(folder) / "company", n=n, seed=seed)
        rng = np.random.default_rng(seed)
        scores = {
            "gain, measured": expected_gain(now["p91"], now["margin"], money, save_share=now["save_share"]),
            "gain, one share": expected_gain(now["p91"], now["margin"], money),
            "gain, assumed": expected_gain(now["p91"], now["margin"], ASSUMED),
            "risk": now["p91"],
            "value": now["margin"],
            "random": pd.Series(rng.random(len(now))),
        }
        print(f"seed {seed}: {len(now):,} customers at risk, share kept {money.save_share:.2f}")
        for name, score in scores.items():
            saved = now["saved"].to_numpy(float)[np.argsort(-score.to_numpy(float), kind="stable")].cumsum()
            print(f"  {name:16}", *(f"{k}: {saved[min(k, len(saved)) - 1]:9,.0f}" for k in CONTACTED))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6000, int(sys.argv[2]) if len(sys.argv) > 2 else 3)
