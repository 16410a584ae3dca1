"""What customers say of the company and how long it lets them wait: NPS, CSAT, response, resolution, reaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, get_args

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Moment, nps_mark
from workbench.errors import DataError, check_choice
from workbench.metrics.definitions import Metric, ratio_of_sums
from workbench.metrics.period_check import period
from workbench.metrics.waiting import BusinessHours, waiting_times

Asked = Literal["surveys", "tickets"]
PROMOTERS, DETRACTORS = 9, 6
TOP = 0.75
"""How far up a scale a satisfied mark lies at least: 4 and 5 of 1 to 5."""
ENOUGH_TO_DOUBT = 30
"""Answers after which a scale whose upper half nobody used is taken for another one."""


def nps(crm: Crm, start: Moment, end: Moment, *, mapping: Mapping[float, int] | None = None) -> Metric:
    """Return the net promoter score of the answers in ``[start, end)``: % of 9 and 10 less % of 0 to 6, in points.

    ``count`` is promoters less detractors, ``n`` the answers; bootstrap interval by customer, for one may answer twice.
    Marks on the scale that the source states under ``scales`` (0 to 10 unless stated) are taken to the nearest mark of
    0 to 10; ``mapping`` instead names what each mark means on it (Reichheld 2003).

    Raises DataError for a source without NPS answers, and for marks off the scale (or that all lie in its lower half,
    as those of 1 to 5 do on one of 0 to 10) unless they are mapped.
    """
    answers = _nps_answers(crm, mapping)
    promoter, detractor = (answers.mark >= PROMOTERS).cast("int64"), (answers.mark <= DETRACTORS).cast("int64")
    counted = _per_customer(crm, answers.mutate(above=promoter - detractor), start, end)
    return ratio_of_sums(
        "NPS", counted["above"], counted["n"], "% of answers 9 and 10 − % of answers 0 to 6",
        scale=100.0, n=int(counted["n"].sum()), n_of="answers", unit="points",
    )  # fmt: skip


def _nps_answers(crm: Crm, mapping: Mapping[float, int] | None) -> ir.Table:
    """Return the NPS answers with their mark of 0 to 10: customer_id, score, at, mark."""
    answers, scale = _answers(crm, "nps"), crm.facts.scales["nps"]
    seen = answers.group_by("score").aggregate(n=answers.count()).to_pandas()
    if mapping is not None:
        _check_mapped(seen["score"], mapping)
        return answers.mutate(mark=answers.score.cases(*mapping.items(), else_=None))
    _check_scale(seen, scale)
    return answers.mutate(mark=nps_mark(answers.score, scale))


def _check_mapped(scores: pd.Series, mapping: Mapping[float, int]) -> None:
    unknown = sorted({*scores} - {*mapping})
    if unknown:
        raise DataError(
            f"surveys column score has {unknown[0]:g} among the nps answers, which the mapping lacks; "
            "add what it means, 0 to 10."
        )


def _check_scale(seen: pd.DataFrame, scale: Sequence[float]) -> None:
    low, high = scale
    cure = "state the right one under scales in the source file, or map each mark with mapping={mark: 0 to 10}."
    off = seen.loc[~seen["score"].between(low, high), "score"]
    if len(off):
        raise DataError(
            f"surveys column score has {off.min():g} among the nps answers, off the scale of {low:g} to {high:g}; "
            f"{cure}"
        )
    if seen["n"].sum() >= ENOUGH_TO_DOUBT and seen["score"].max() <= (low + high) / 2:
        raise DataError(
            f"surveys column score has no nps answer above {seen['score'].max():g} among {seen['n'].sum():,}: is the "
            f"scale really {low:g} to {high:g}? If not, {cure}"
        )


def csat(
    crm: Crm,
    start: Moment,
    end: Moment,
    *,
    asked: Asked = "surveys",
    satisfied: Collection[float] | None = None,
    scale: Collection[float] | None = None,
) -> Metric:
    """Return customer satisfaction in ``[start, end)``: the share of answers that are satisfied.

    Answers are those of csat surveys, or the marks of tickets, dated by their solution. Their scale is the one that the
    source states under ``scales`` (1 to 5 unless stated); satisfied are the marks in its upper quarter, such as 4 and 5
    of 5. ``scale`` and ``satisfied`` name other marks. ``n`` counts answers; bootstrap interval by customer.

    Raises DataError for a source without such answers, and for marks off the scale; SettingError when ``asked`` is
    neither surveys nor tickets.
    """
    check_choice("asked", asked, get_args(Asked))
    answers = _answers(crm, "csat") if asked == "surveys" else _ticket_marks(crm)
    low, high = crm.facts.scales["csat" if asked == "surveys" else "tickets"]
    marks = [float(mark) for mark in answers.select("score").distinct().to_pandas()["score"]]
    off = [mark for mark in marks if (not low <= mark <= high if scale is None else mark not in scale)]
    among = f"{low:g} to {high:g}" if scale is None else _listed(scale)
    if off:
        raise DataError(
            f"{asked} has the mark {min(off):g}, off the scale {among}; state the right one under scales in the source "
            "file, or name the whole scale=(…) and which marks are satisfied=(…)."
        )
    best = [mark for mark in marks if mark >= low + TOP * (high - low)] if satisfied is None else satisfied
    happy = answers.score.isin([float(mark) for mark in best]).cast("int64")
    counted = _per_customer(crm, answers.mutate(above=happy), start, end)
    top = f"of {low + TOP * (high - low):g} and above" if satisfied is None else _listed(satisfied)
    words = f"answers {top} / answers, on the scale {among}"
    return ratio_of_sums("CSAT", counted["above"], counted["n"], words, n=int(counted["n"].sum()), n_of="answers")


def _listed(marks: Collection[float]) -> str:
    return ", ".join(f"{mark:g}" for mark in sorted(marks))


def _answers(crm: Crm, instrument: str) -> ir.Table:
    rows = _rows(crm, "surveys", "instrument", "score")
    answers = rows.filter((rows.instrument.strip().lower() == instrument) & rows.score.notnull())
    return answers.select("customer_id", "score", at=answers.answered_at)


def _ticket_marks(crm: Crm) -> ir.Table:
    rows = _rows(crm, "tickets", "satisfaction", "resolved_at")
    return rows.filter(rows.satisfaction.notnull()).select("customer_id", score="satisfaction", at="resolved_at")


def _rows(crm: Crm, table: str, *columns: str) -> ir.Table:
    rows = crm.counted()[table]
    missing = [c for c in columns if c not in rows.columns]
    if missing:
        raise DataError(f"{table} has no {', '.join(missing)}, which this figure needs; map it in the source file.")
    return rows


def _per_customer(crm: Crm, answers: ir.Table, start: Moment, end: Moment) -> pd.DataFrame:
    rows = _between(crm, answers, "at", start, end)
    sums = rows.group_by("customer_id").aggregate(above=rows.above.sum(), n=rows.count())
    return sums.order_by("customer_id").to_pandas()


def _between(crm: Crm, rows: ir.Table, column: str, start: Moment, end: Moment) -> ir.Table:
    begin, finish = period(crm.facts, start, end, stock=False)
    return rows.filter((rows[column] >= begin) & (rows[column] < finish))


def first_response(
    crm: Crm, start: Moment, end: Moment, *, sla_hours: float = 24, office: BusinessHours | None = None
) -> dict[str, Metric]:
    """Return median, p90 (hours) and within (share in ``sla_hours``) of the tickets opened in ``[start, end)``.

    From opening to the first answer. Unanswered ones are censored when they are solved, or when the data end.

    Raises DataError for a source whose tickets have no first response.
    """
    rows = _rows(crm, "tickets", "first_response_at")
    solved = rows.resolved_at if "resolved_at" in rows.columns else ibis.null("timestamp")
    waiting = rows.mutate(begin=rows.opened_at, finish=rows.first_response_at, until=_until(crm, solved))
    words = "hours from opening a ticket to its first answer"
    return waiting_times(
        "first response",
        _waits(crm, waiting, start, end),
        sla_hours=sla_hours,
        office=office,
        words=words,
        n_of="tickets",
    )


def resolution(
    crm: Crm, start: Moment, end: Moment, *, sla_hours: float = 72, office: BusinessHours | None = None
) -> dict[str, Metric]:
    """Return median, p90 (hours) and within (share in ``sla_hours``) of the tickets opened in ``[start, end)``.

    From opening to the solution on record, whether or not the ticket was opened again. Open ones are censored.

    Raises DataError for a source whose tickets have no time of solution.
    """
    rows = _rows(crm, "tickets", "resolved_at")
    waiting = rows.mutate(begin=rows.opened_at, finish=rows.resolved_at, until=_until(crm))
    words = "hours from opening a ticket to its solution"
    return waiting_times(
        "resolution", _waits(crm, waiting, start, end), sla_hours=sla_hours, office=office, words=words, n_of="tickets"
    )


def time_to_react(
    crm: Crm,
    start: Moment,
    end: Moment,
    *,
    sla_hours: float = 48,
    office: BusinessHours | None = None,
    mapping: Mapping[float, int] | None = None,
) -> dict[str, Metric]:
    """Return median, p90 (hours) and within (share in ``sla_hours``) until somebody reacts to a detractor (G20).

    From an NPS answer of 0 to 6 in ``[start, end)`` to the first message out (a campaign's is no reaction) or first
    answer to a ticket of that customer. Detractors not reacted to are censored when the data end. Scale and ``mapping``
    as of :func:`nps`.

    Raises DataError for a source without NPS answers, or with neither messages nor tickets.
    """
    answers = _nps_answers(crm, mapping)
    unhappy = answers.filter(answers.mark <= DETRACTORS).select("customer_id", begin="at").distinct()
    pairs = unhappy.join(_reactions(crm), "customer_id")
    after = pairs.filter(pairs.reacted_at >= pairs.begin)
    first = after.group_by("customer_id", "begin").aggregate(finish=after.reacted_at.min())
    reactions = unhappy.left_join(first, ["customer_id", "begin"]).drop("customer_id_right", "begin_right")
    words = "hours from an NPS answer of 0 to 6 to the first message out (no campaign) or answer to a ticket"
    waited = _waits(crm, reactions.mutate(until=_until(crm)), start, end)
    return waiting_times(
        "reaction to a detractor", waited, sla_hours=sla_hours, office=office, words=words, n_of="answers"
    )


def _reactions(crm: Crm) -> ir.Table:
    """Return customer_id, reacted_at: personal messages out, and first answers to tickets."""
    parts = []
    if "messages" in crm:
        sent = _rows(crm, "messages", "direction")
        personal = sent.campaign.isnull() if "campaign" in sent.columns else ibis.literal(True)
        sent = sent.filter((sent.direction.strip().lower() == "out") & personal)
        parts.append(sent.select("customer_id", reacted_at="sent_at"))
    if "tickets" in crm and "first_response_at" in crm["tickets"].columns:
        tickets = crm.counted()["tickets"]
        answered = tickets.filter(tickets.first_response_at.notnull())
        parts.append(answered.select("customer_id", reacted_at="first_response_at"))
    if not parts:
        raise DataError("a reaction shows in messages or tickets.first_response_at; this source maps neither.")
    same = [part.cast({"reacted_at": "timestamp"}) for part in parts]
    return ibis.union(*same) if len(same) > 1 else same[0]


def _until(crm: Crm, *earlier: ir.Value) -> ir.Value:
    known_until = ibis.timestamp(str(crm.facts.known_until))
    return ibis.least(known_until, *earlier) if earlier else known_until


def _waits(crm: Crm, rows: ir.Table, start: Moment, end: Moment) -> pd.DataFrame:
    """Fetch customer_id, begin, finish, until of what began in the period, in an order that no engine changes."""
    waits = _between(crm, rows, "begin", start, end).select("customer_id", "begin", "finish", "until")
    return waits.order_by(waits.columns).to_pandas()
