"""What the notebooks before the report left of a run, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench import label, metrics
from workbench.crm import Crm, read_crm
from workbench.model import NO_MODEL

LABELS = ("churned", "kind", "reason", "avoidable", "billing_outcome")
STATES = ("state", "at_risk", "judged_by")
"""What the report reads of labels and states beside the key: of a large company the rest takes 0.1 GB."""


class Stages(Protocol):
    """The tables that the notebooks before wrote, in a run's folder."""

    @property
    def derived(self) -> Path:
        """The folder they lie in."""

    @property
    def name(self) -> str:
        """The run's name."""

    @property
    def before(self) -> Path:
        """The folder with what the run before found; it need not be there."""

    def read(
        self,
        stage: str,
        *,
        columns: Sequence[str] | None = None,
        as_of: Sequence[datetime] | None = None,
        customer_id: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return a stage's table, or the key and some columns, or the rows of some snapshots or customers."""

    def read_json(self, name: str) -> Any:
        """Return plain values written beside the tables."""


@dataclass(frozen=True)
class StageResults:
    """The company as ``loaded``, as it was known on the day (``crm``), and with the dates labels believe (``closed``).

    ``labels`` and ``states`` hold the columns LABELS and STATES of what notebook 02 wrote, ``states`` those of the last
    labelled snapshot and of the day alone; ``snapshots`` are the instants of all. ``scores`` and ``evaluation`` are
    those of notebook 04; ``rules`` those of the labels, but for the horizon.
    """

    run: Stages
    labels: pd.DataFrame
    states: pd.DataFrame
    snapshots: pd.Series
    scores: pd.DataFrame
    evaluation: Mapping[str, Any]
    rules: Any
    horizon_days: int
    as_of: datetime
    loaded: Crm
    crm: Crm
    closed: Crm
    lives: ir.Table

    @cached_property
    def edges(self) -> list[datetime]:
        """The begin of each labelled period, and the end of the last."""
        starts = [t.to_pydatetime() for t in sorted(self.labels["as_of"].unique())]
        return [*starts, starts[-1] + timedelta(days=self.horizon_days)]

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The states on the day."""
        return self.states[self.states["as_of"] == self.as_of]

    @cached_property
    def by_subscription(self) -> bool:
        """Whether most customers at risk are judged by subscriptions."""
        return bool(self.at_risk_by("subscriptions").mean() > 0.5)

    @property
    def starter(self) -> str:
        """The kind of business, by which files of points are named."""
        return "subscriptions" if self.by_subscription else "orders"

    @property
    def priced(self) -> bool:
        """Whether a customer who churns within the horizon may be priced as lost."""
        return self.by_subscription or self.horizon_days >= self.rules["inactive_days"]

    @property
    def scored(self) -> bool:
        """Whether the probabilities tell customers apart well enough to choose whom to contact by them."""
        return self.priced and self.evaluation["verdict"]["word"] not in ("no usable signal", NO_MODEL)

    @property
    def settle_days(self) -> int:
        """Days after which the outcome of a snapshot no longer changes."""
        return self.horizon_days + label.Rules.of(self.crm, self.rules).settle_days(self.crm)

    @cached_property
    def assigned(self) -> pd.DataFrame | None:
        """Who was assigned to which arm of a campaign, with the outcome; None without campaigns."""
        if not metrics.has_campaigns(self.crm):
            return None
        return metrics.assignments(self.crm, self.lives, horizon_days=self.horizon_days)

    def at_risk_by(self, records: str) -> pd.Series:
        """Return, of each customer at risk on the day, whether these records judge it."""
        return self.judged.loc[self.judged["at_risk"], "judged_by"].eq(records)

    def not_counted_yet(self) -> int:
        """Return how many customers left after the last labelled period: it ends before their days of grace do."""
        since = self.lives.ended_at >= ibis.timestamp(str(self.edges[-1]))
        unsettled = label.unsettled_departures(self.crm, **self.rules)
        gone = [self.lives.filter(since & self.lives.reactivated_at.isnull()), unsettled]
        return int(ibis.union(*(rows.select("customer_id") for rows in gone), distinct=True).count().to_pandas())

    def not_judged(self) -> dict[str, int]:
        """Return the number of customers in each state that is neither at risk nor lapsed."""
        judged = self.judged
        elsewhere = judged[~judged["at_risk"] & (judged["state"] != "lapsed")]["state"].value_counts()
        return {str(state): int(n) for state, n in elsewhere.items()}


def read_results(run: Stages) -> StageResults:
    """Return what notebooks 01 to 04 left of a run.

    Raises DataError naming the notebook that has not run.
    """
    labels, scores = run.read("labels", columns=LABELS), run.read("scores")
    evaluation = run.read_json("evaluation")
    as_of = scores["as_of"].max().to_pydatetime()
    loaded = read_crm(run.derived / "crm")
    crm = loaded.known_at(as_of)
    rules = run.read_json("rules")
    horizon_days = rules.pop("horizon_days")
    return StageResults(
        run=run,
        labels=labels,
        states=run.read("states", columns=STATES, as_of=[labels["as_of"].max(), as_of]),
        snapshots=run.read("states", columns=[])["as_of"].drop_duplicates(),
        scores=scores,
        evaluation=evaluation,
        rules=rules,
        horizon_days=horizon_days,
        as_of=as_of,
        loaded=loaded,
        crm=crm,
        closed=label.closed_by_rules(crm, **rules),
        lives=label.lives(crm, **rules),
    )
