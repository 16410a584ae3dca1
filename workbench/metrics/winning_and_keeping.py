"""What winning customers costs beside what keeping them costs, period by period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Moment
from workbench.metrics.period_check import edges_of, period

COLUMNS = ["begins", "ends", "won", "cost_of_winning", "cost_of_keeping"]


def winning_and_keeping(crm: Crm, lives: ir.Table, edges: Sequence[Moment]) -> pd.DataFrame:
    """Return, per period between consecutive ``edges``, customers won, and what winning and keeping cost.

    Columns: begins, ends, won (customers whose first life began in the period), cost_of_winning (acquisition costs of
    those who signed up in it), cost_of_keeping (costs of campaigns whose customers were assigned in it); currency,
    empty where the source has no such cost. No rows where it has neither.

    Raises SettingError for edges that are not rising or lie outside the data.
    """
    periods = list(pairwise(edges_of(edges)))
    period(crm.facts, periods[0][0], periods[-1][1], stock=False)
    winning = _dated(crm, "customers", "signed_up_at", "acquisition_cost")
    keeping = _dated(crm, "treatments", "treated_at", "cost")
    if winning is None and keeping is None:
        return pd.DataFrame(columns=COLUMNS)
    first = lives.group_by("customer_id").aggregate(at=lives.started_at.min()).to_pandas()["at"]
    rows = [
        (begin, finish, int(((first >= begin) & (first < finish)).sum()), _sum(winning, begin, finish),
         _sum(keeping, begin, finish))
        for begin, finish in periods
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _dated(crm: Crm, table: str, at: str, cost: str) -> pd.Series | None:
    """Return the costs of a table by their day; None where it has none."""
    if table not in crm or not {at, cost} <= {*crm[table].columns}:
        return None
    rows = crm.counted()[table]
    known = rows.filter(rows[at].notnull() & rows[cost].notnull())
    return known.select(at=known[at], cost=known[cost].cast("float64")).to_pandas().set_index("at")["cost"]


def _sum(costs: pd.Series | None, begin: datetime, finish: datetime) -> float:
    if costs is None:
        return float("nan")
    return float(costs[(costs.index >= begin) & (costs.index < finish)].sum())
