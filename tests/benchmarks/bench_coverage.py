"""How often the 95 % interval of a ratio of sums holds the truth: python -m tests.benchmarks.bench_coverage."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from workbench.metrics import ratio_of_sums

Draw = Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]


def retained(spread: float) -> Draw:
    """Draw what customers of log-normal size paid before and still pay, a tenth of them lost, a fifth shrunk."""

    def draw(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        size = rng.lognormal(0, spread, n)
        shrunk = np.where(rng.random(n) < 0.2, rng.uniform(0.5, 1, n), 1)
        return size * (rng.random(n) > 0.1) * shrunk, size

    return draw


def lost(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw whether customers were lost, and whether they were there at the start."""
    return (rng.random(n) < 0.08).astype(float), (rng.random(n) < 0.8).astype(float)


SCENARIOS: dict[str, Draw] = {
    "even sizes": retained(0.3),
    "uneven": retained(1.0),
    "a few large": retained(1.5),
    "lost": lost,
}


def main(repeats: int) -> None:
    """Print the share of intervals that hold the truth, per scenario and number of customers."""
    for name, draw in SCENARIOS.items():
        rng = np.random.default_rng(0)
        above, below = draw(2_000_000, rng)
        truth = above.sum() / below.sum()
        for n in (30, 60, 120, 250, 600):
            drawn = [ratio_of_sums("", *draw(n, rng), "") for _ in range(repeats)]
            print(f"{name:12} {n:4} customers: {np.mean([m.low <= truth <= m.high for m in drawn]):.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
