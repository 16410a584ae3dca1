"""What a step of a notebook cost: seconds and memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Cost:
    """Seconds a step took, and the most memory (MB) this process has used so far; None where that is not known."""

    seconds: float
    peak_mb: float | None

    def __str__(self) -> str:
        memory = f"; this notebook has used at most {self.peak_mb:,.0f} MB of memory" if self.peak_mb else ""
        return f"{self.seconds:.1f} s{memory}"


def timed(make: Callable[[], T]) -> tuple[T, Cost]:
    """Return what ``make()`` returns, and what it cost.

    >>> timed(lambda: 7)[0]
    7
    """
    start = time.perf_counter()
    made = make()
    return made, Cost(time.perf_counter() - start, _peak_mb())


def _peak_mb() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
