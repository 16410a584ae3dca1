"""What similar customers did next: the nearest ones at earlier snapshots, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import pandas as pd

from workbench.contract import is_own
from workbench.features import CATEGORIES
from workbench.stats import Estimate, wilson

NEAREST = 100
MOST_FEATURES = 12
MOST_CUSTOMERS = 20_000


class Panel(Protocol):
    """Reads a run's stage tables."""

    def read(
        self, stage: str, *, columns: Any = ..., as_of: Any = ..., most_customers: Any = ..., customer_id: Any = ...
    ) -> Any:
        """Return a stage's table, or the columns, snapshots or customers of it that are chosen."""


@dataclass(frozen=True)
class Similar:
    """What became of the customers most like one: how many, by which features, and which share left (by kind)."""

    n: int
    features: tuple[str, ...]
    left: Estimate
    kinds: Mapping[str, int]

    @property
    def sentence(self) -> str:
        """What became of them, in a sentence."""
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.kinds.items())
        left, low, high = (f"{100 * share:.0f}" for share in (self.left.value, self.left.low, self.left.high))
        return (
            f"Of the {self.n:,} customers at earlier snapshots whose figures were nearest, {left} % left within the "
            f"horizon (95 % interval {low} to {high} %)" + (f": {kinds}." if kinds else ".")
        )


def similar_customers(
    run: Panel, customer_id: str, labels: pd.DataFrame, drivers: Sequence[Mapping[str, Any]], at: datetime
) -> Similar | None:
    """Return what the customers most like one did after earlier snapshots; None where there is nothing to compare.

    Alike are those with the smallest mean distance in ranks over the main feature of each warning sign that moves the
    model (``drivers``; texts are left out), the strongest twelve. Of many customers a fixed draw of 20,000 is compared.
    """
    named = [str(d["feature"]) for d in drivers]
    features = [name for name in named if name not in CATEGORIES and not is_own(name)][:MOST_FEATURES]
    if not features:
        return None
    mine = run.read("features", columns=features, as_of=at, customer_id=customer_id)
    then = run.read("features", columns=features, as_of=list(labels["as_of"].unique()), most_customers=MOST_CUSTOMERS)
    known = then.merge(labels[["customer_id", "as_of", "churned", "kind"]], on=["customer_id", "as_of"])
    others = known[known["customer_id"] != customer_id].reset_index(drop=True)
    numbers = [f for f in features if pd.api.types.is_numeric_dtype(others[f])]
    if mine.empty or not numbers or len(others) < NEAREST:
        return None
    nearest = others.loc[distances(others[numbers], mine[numbers].iloc[0]).nsmallest(NEAREST).index]
    kinds = nearest.loc[nearest["churned"], "kind"].value_counts()
    left = wilson(float(nearest["churned"].sum()), len(nearest))
    return Similar(len(nearest), tuple(numbers), left, {str(kind): int(n) for kind, n in kinds.items()})


def distances(others: pd.DataFrame, one: pd.Series) -> pd.Series:
    """Return each row's mean distance from ``one`` in ranks (0 to 1); known against unknown is 1, unknown twice 0.

    >>> distances(pd.DataFrame({"days": [1.0, 2, 3, 4]}), pd.Series({"days": 1.0})).tolist()
    [0.0, 0.25, 0.5, 0.75]
    """
    apart = {}
    for name in others:
        values, own = others[name], float(one[str(name)])
        place = (values <= own).sum() / max(int(values.notna().sum()), 1)
        ranks = (values.rank(method="max", pct=True) - place).abs().fillna(1.0)
        apart[name] = values.notna().astype(float) if np.isnan(own) else ranks
    return pd.DataFrame(apart).mean(axis=1)
