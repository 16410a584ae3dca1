"""How often the 95 % intervals of campaign effects hold the truth: python -m tests.benchmarks.bench_effects."""

from __future__ import annotations

import sys

import numpy as np

from workbench.metrics.arms import Arms, difference, share_saved

SHARES_LOST = np.array([0.02, 0.04, 0.05, 0.05, 0.07, 0.12])
"""Of the control, campaign by campaign."""
SCENARIOS = {
    "one campaign, 800 against 550": (1, 800, 550, 0.33),
    "one campaign, 5,000 against 500": (1, 5000, 500, 0.33),
    "one small campaign, 100 against 60": (1, 100, 60, 0.33),
    "six campaigns, 800 against 550": (6, 800, 550, 0.33),
    "six campaigns without effect": (6, 800, 550, 0.0),
    "six small campaigns, 100 against 60": (6, 100, 60, 0.33),
}
"""Campaigns, treated and control of each, share of leavers kept."""


def simulated(campaigns: int, treated: int, control: int, save: float, rng: np.random.Generator) -> tuple[Arms, float]:
    """Return the counts of campaigns drawn by chance, and the true difference of them together."""
    lost = SHARES_LOST if campaigns > 1 else np.array([0.05])
    growth = np.linspace(0.7, 1.3, campaigns) if campaigns > 1 else np.ones(1)
    n, m = (np.rint(size * growth).astype(int) for size in (treated, control))
    weight = n * m / (n + m)
    return (
        Arms.of(n, rng.binomial(n, lost * (1 - save)), m, rng.binomial(m, lost)),
        float(-save * (weight @ lost) / weight.sum()),
    )


def main(repeats: int) -> None:
    """Print the share of intervals that hold the true difference, and the true share saved, per scenario."""
    rng = np.random.default_rng(0)
    for name, (campaigns, treated, control, save) in SCENARIOS.items():
        held = []
        for _ in range(repeats):
            arms, truth = simulated(campaigns, treated, control, save, rng)
            (_, low, high), (_, least, most) = difference(arms), share_saved(arms)
            held.append((low <= truth <= high, least <= save <= most))
        by_difference, by_share = np.mean(held, axis=0)
        print(f"{name:36} difference {by_difference:.3f}, share saved {by_share:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
