"""How often the 95 % bootstrap interval of few customers holds the truth: python -m tests.benchmarks.bench_bootstrap."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np
from scipy.stats import norm

from workbench.stats import Floats, auc, bootstrap

Statistic = Callable[[Floats], float]


def drawn(n: int, rng: np.random.Generator) -> Iterator[tuple[str, Statistic, float]]:
    """Yield statistics of a sample of n customers, each with its true value."""
    even, skewed = rng.normal(size=n), rng.lognormal(0, 1, n)
    size = rng.lognormal(0, 0.7, n)
    kept = size * rng.binomial(1, 0.8, n)
    left = (rng.random(n) < 0.3).astype(float)
    score = rng.normal(size=n) + left
    yield "mean", lambda w: float(w @ even / w.sum()), 0.0
    yield "mean, skewed", lambda w: float(w @ skewed / w.sum()), float(np.exp(0.5))
    yield "ratio", lambda w: float(w @ kept / (w @ size)), 0.8
    yield "auc", lambda w: auc(left, score, w), float(norm.cdf(1 / np.sqrt(2)))


def main(repeats: int) -> None:
    """Print the share of intervals that hold the truth, per statistic and number of customers."""
    for n in (30, 60, 150, 280, 600):
        held: dict[str, list[bool]] = {}
        for seed in range(repeats):
            for name, statistic, truth in drawn(n, np.random.default_rng(seed)):
                found = bootstrap(statistic, n, draws=400, seed=seed)
                held.setdefault(name, []).append(found.low <= truth <= found.high)
        shares = ", ".join(f"{name} {np.mean(hits):.3f}" for name, hits in held.items())
        print(f"{n:4} customers: {shares}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
