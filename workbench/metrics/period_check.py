"""The one check of periods and instants: readable, in order, and inside the data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Facts, Moment, midnight, moment
from workbench.errors import SettingError

SLACK = timedelta(days=31)
"""How long after its last row a table by itself is taken to be known: a quiet month is no end of the data."""
DATES = ("started_at", "ended_at", "ordered_at")
Span = tuple[datetime, datetime]


def period(
    known: Facts | ir.Table, start: Moment, end: Moment, *, stock: bool = True, settled: bool = False
) -> tuple[ir.TimestampScalar, ir.TimestampScalar]:
    """Return both ends of ``[start, end)``, each an ISO text, a date or an instant, checked.

    ``known`` is the facts of a Crm, or lives or orders. With ``stock`` customers at the start are counted, so the data
    must begin before it; ``settled``: departures up to the end are counted, so none of them may still be undone.
    Raises SettingError unless start is before end and the period inside the data.
    """
    if isinstance(known, Crm):
        raise SettingError("this figure is counted of lives, not of a Crm: give wb.lives(crm).")
    begin, finish = moment(start, name="start"), moment(end, name="end")
    if begin >= finish:
        raise SettingError(f"the period from {begin} to {finish} holds nothing; let start be before end.")
    _check_inside(known, f"the period from {begin} to {finish}", begin, finish, stock=stock)
    if settled:
        _check_settled(known, finish)
    return ibis.timestamp(str(begin)), ibis.timestamp(str(finish))


def instant(known: Facts | ir.Table, at: Moment, *, name: str, settled: bool = False) -> datetime:
    """Return an instant, given as an ISO text, a date or an instant, checked to lie in what is known, or settled."""
    when = moment(at, name=name)
    _check_inside(known, f"{name} {when}", when, when, stock=True)
    if settled:
        _check_settled(known, when)
    return when


def edges_of(edges: Sequence[Moment]) -> list[datetime]:
    """Return the edges of periods one after another. Raises SettingError unless there are two or more, rising."""
    instants = [moment(edge, name="edges") for edge in edges]
    if len(instants) < 2 or any(a >= b for a, b in pairwise(instants)):
        listed = ", ".join(f"{t:%Y-%m-%d}" for t in instants) or "none"
        raise SettingError(f"edges {listed} bound no periods; give two or more, each later than the one before.")
    return instants


def with_span(rows: ir.Table) -> ir.Table:
    """Return rows with known_from and known_until of the whole table, so that a part of it is judged by the whole."""
    span = _span(rows)
    if span is None or "known_until" in rows.columns:
        return rows
    begins, until = (ibis.timestamp(str(at)) for at in span)
    return rows.mutate(known_from=begins, known_until=until)


def _check_inside(known: Facts | ir.Table, words: str, first: datetime, last: datetime, *, stock: bool) -> None:
    span = (known.begins_at, known.known_until) if isinstance(known, Facts) else _span(known)
    if span is None:
        return
    begins, until = span
    early = first <= begins if stock else first < midnight(begins)
    if early or last > until:
        raise SettingError(
            f"{words} is not wholly known: the data begin {begins} and are known until {until}. Choose a start after "
            "the one and an end up to the other."
        )


def _check_settled(lives: Facts | ir.Table, finish: datetime) -> None:
    if isinstance(lives, Facts) or "settled_until" not in lives.columns:
        return
    until = lives.settled_until.min().to_pandas()
    if not pd.isna(until) and finish > until:
        raise SettingError(
            f"departures from {until:%Y-%m-%d} on are not settled: who comes back within the days of grace never left, "
            f"so that a period up to {finish:%Y-%m-%d} would show hardly any. Let it end by {until:%Y-%m-%d}, or ask "
            "wb.unsettled_departures(crm) who left since."
        )


def _span(rows: ir.Table) -> Span | None:
    """Return from and until when a table is known: as known_from and known_until state, else by its dates."""
    if "known_until" in rows.columns:
        return _times(rows.aggregate(begins=rows.known_from.min(), until=rows.known_until.max()), timedelta(0))
    dates = [rows[name] for name in DATES if name in rows.columns]
    if not dates:
        return None
    latest = ibis.greatest(*(each.max().coalesce(dates[0].max()) for each in dates))
    return _times(rows.aggregate(begins=dates[0].min(), until=latest), SLACK)


def _times(ends: ir.Table, slack: timedelta) -> Span | None:
    found = ends.to_pandas().iloc[0]
    if pd.isna(found["begins"]):
        return None
    return pd.Timestamp(found["begins"]).to_pydatetime(), pd.Timestamp(found["until"]).to_pydatetime() + slack
