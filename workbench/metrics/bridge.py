"""Bridges: how revenue and the number of customers moved from a period's start to its end, adding up exactly."""

from __future__ import annotations

from decimal import Decimal

import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Moment
from workbench.metrics.period_check import period
from workbench.metrics.retention import alive
from workbench.metrics.revenue import check_amounts, check_leavers, copies, mrr_movements

MOVEMENTS = ["new", "expansion", "reactivation", "contraction", "churn"]


def mrr_bridge(crm: Crm, start: Moment, end: Moment, *, total: Decimal | str | int | None = None) -> pd.DataFrame:
    """Return how MRR moved over ``[start, end)``: columns movement, amount and level (Decimal, per month), customers.

    Rows: start, new, expansion, reactivation, contraction and churn (both negative), end; start and the movements add
    up to end, to the last digit; ``level`` is where each leaves MRR. With the analyst's own ``total`` for the end the
    rows total and difference (total − end) follow. The frame's attributes ``todays`` and ``unknown`` count the
    customers whose amount is today's for want of a history, and those left out because no amount of theirs is known;
    ``copies`` the subscriptions that are probably copies of another: same customer, plan and start.

    Raises DataError for a source without subscriptions, or where no amount is known, of all or of those who left.
    """
    moved = mrr_movements(crm, start, end)
    sums = moved.group_by("movement").aggregate(
        amount_start=moved.mrr_start.sum(),
        amount_end=moved.mrr_end.sum(),
        customers_start=(moved.live_start > 0).cast("int64").sum(),
        customers_end=(moved.live_end > 0).cast("int64").sum(),
        customers=moved.count(),
        leavers=((moved.live_start > 0) & (moved.live_end == 0)).cast("int64").sum(),
        todays=moved.todays.sum(),
    )
    by = sums.to_pandas().set_index("movement")
    known = by.drop(index="unknown", errors="ignore")
    unknown = int(by["customers"].sum() - known["customers"].sum())
    check_amounts(known=len(known), unknown=unknown)
    check_leavers(known=int(known["leavers"].sum()), all_=int(by["leavers"].sum()))
    moves = [_movement(known, name) for name in MOVEMENTS]
    rows = [_end(known, "start"), *moves, _end(known, "end"), *_reconciled(_sum(known["amount_end"]), total)]
    bridge = pd.DataFrame(rows, columns=["movement", "amount", "customers"]).astype({"customers": "Int64"})
    level = bridge["amount"].iloc[: len(moves) + 1].cumsum()
    bridge.insert(2, "level", level.reindex(bridge.index).fillna(bridge["amount"]))
    bridge.attrs.update(todays=int(known["todays"].sum()), unknown=unknown, copies=copies(crm))
    return bridge


def _end(known: pd.DataFrame, which: str) -> tuple[str, Decimal, int | None]:
    return which, _sum(known[f"amount_{which}"]), int(known[f"customers_{which}"].sum())


def _movement(known: pd.DataFrame, name: str) -> tuple[str, Decimal, int | None]:
    part = known[known.index == name]
    return name, _sum(part["amount_end"]) - _sum(part["amount_start"]), int(part["customers"].sum())


def _reconciled(end: Decimal, total: Decimal | str | int | None) -> list[tuple[str, Decimal, int | None]]:
    if total is None:
        return []
    return [("total", Decimal(total), None), ("difference", Decimal(total) - end, None)]


def _sum(amounts: pd.Series) -> Decimal:
    return sum(amounts, Decimal(0))


def customer_bridge(lives: ir.Table, start: Moment, end: Moment) -> pd.DataFrame:
    """Return how the number of customers moved: rows start, new, reactivation, churn (negative), end; column customers.

    start + new + reactivation + churn = end. New are first lives begun in ``[start, end)``, reactivation later ones;
    who joins and leaves within the period counts in both. Input columns: customer_id, life, started_at, ended_at.
    """
    begin, finish = period(lives, start, end, settled=True)
    born = (lives.started_at >= begin) & (lives.started_at < finish)
    died = (lives.ended_at >= begin) & (lives.ended_at < finish)
    moves = {
        "start": alive(lives, begin),
        "new": born & (lives.life == 1),
        "reactivation": born & (lives.life > 1),
        "churn": died,
        "end": alive(lives, finish),
    }
    counts = lives.aggregate(**{n: when.cast("int64").sum().fill_null(0) for n, when in moves.items()}).to_pandas()
    moved = counts.T.set_axis(["customers"], axis=1).rename_axis("movement").reset_index()
    moved.loc[moved["movement"] == "churn", "customers"] *= -1
    return moved
