"""What customers say in their own words, what they expected, and who would recommend the company."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Moment, check_current, is_open, moment, nps_mark
from workbench.errors import DataError, SettingError
from workbench.metrics.definitions import Metric, share
from workbench.metrics.period_check import period
from workbench.yamlfile import read_yaml

STARTER_THEMES = Path(__file__).with_name("themes.yaml")
"""The word list that comes with the workbench, to copy and change."""
NO_THEME = "no theme"
PROMOTER = 9
SPOKEN = {
    "surveys": ("answered_at", "comment"),
    "cancellations": ("occurred_at", "comment"),
    "messages": ("sent_at", "text"),
}
"""The tables with customers' own words: the date of each, and the column of the words."""


def read_themes(path: str | Path = STARTER_THEMES) -> dict[str, tuple[str, ...]]:
    """Return the words of each theme, from a YAML file of ``theme: [words]``, in its order.

    >>> "price" in read_themes()
    True

    Raises SettingError naming file, theme and cure.
    """
    content = read_yaml(Path(path), SettingError)
    for theme, words in content.items():
        if not isinstance(words, list) or not words or not all(isinstance(w, str) and w.strip() for w in words):
            raise SettingError(f"{path}: {theme}: needs a list of words, such as [slow, waiting]; quote numbers.")
    return {str(theme): tuple(w.strip().lower() for w in words) for theme, words in content.items()}


def comment_themes(
    crm: Crm, start: Moment, end: Moment, *, themes: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Return the comments of ``[start, end)`` counted by theme, most frequent first.

    Comments are those of surveys, reviews and forms (surveys), of cancellations, and messages from customers. One is of
    a theme when it holds one of its words, or a word that begins so: "price" finds "prices"; it may be of several.
    Columns: theme, comments, share (of all comments), customers, low_marks (comments beside a mark in the lower 60 % of
    its instrument's scale; empty where no mark stands beside any). 'no theme' has the others.

    Raises DataError for a source without comments.
    """
    found = _comments(crm, start, end)
    known = read_themes() if themes is None else themes
    holds = pd.DataFrame(
        {theme: found["words"].str.contains(_pattern(words), case=False, regex=True) for theme, words in known.items()},
        index=found.index,
    )
    holds[NO_THEME] = ~holds.any(axis=1)
    rows = [
        (theme, len(part), len(part) / len(found), part["customer_id"].nunique(), _low_marks(part["low"]))
        for theme in holds
        if len(part := found[holds[theme]])
    ]
    counted = pd.DataFrame(rows, columns=["theme", "comments", "share", "customers", "low_marks"])
    last = counted["theme"] == NO_THEME
    return counted.assign(last=last).sort_values(
        ["last", "comments", "theme"], ascending=[True, False, True], ignore_index=True
    )[list(counted.columns)]


def _low_marks(low: pd.Series) -> float:
    """Return how many marks are low; NaN where there is no mark."""
    marks = low.dropna()
    return float(marks.sum()) if len(marks) else float("nan")


def _pattern(words: Sequence[str]) -> str:
    return r"(?<!\w)(?:" + "|".join(re.escape(word.strip()) for word in words) + ")"


def _comments(crm: Crm, start: Moment, end: Moment) -> pd.DataFrame:
    """Return the period's comments: customer_id, words and low (whether the mark beside is low; empty without one)."""
    begin, finish = period(crm.facts, start, end, stock=False)
    counted = crm.counted()
    parts = []
    for table, (at, words) in SPOKEN.items():
        if table in crm and words in crm[table].columns:
            rows = counted[table]
            inside = (rows[at] >= begin) & (rows[at] < finish) & rows[words].notnull() & (rows[words].strip() != "")
            if table == "messages" and "direction" in rows.columns:
                inside &= rows.direction.lower() == "in"
            parts.append(rows.filter(inside).select("customer_id", words=rows[words], low=_is_low(crm, table, rows)))
    if not parts:
        raise DataError(
            "comments are read from surveys.comment, cancellations.comment and messages.text; this source maps none."
        )
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return every.order_by("customer_id", "words").to_pandas()


def _is_low(crm: Crm, table: str, rows: ir.Table) -> ir.Value:
    if table != "surveys" or not {"instrument", "score"} <= {*rows.columns}:
        return ibis.null("boolean")
    limits = {name: low + 0.6 * (high - low) for name, (low, high) in crm.facts.scales.items()}
    limit = rows.instrument.strip().lower().cases(*limits.items(), else_=None)
    return rows.score <= limit


def advocates(crm: Crm, as_of: Moment) -> pd.DataFrame:
    """Return who may give a testimonial: customer_id, answered_at, mark (0 to 10), comment; the newest answer first.

    Their last NPS answer before ``as_of`` is 9 or 10, they have given no notice and have no open ticket. A comment of
    theirs is one already (empty: none).

    Raises DataError for a source without NPS answers, SettingError for an instant outside the data.
    """
    check_current(crm.facts, as_of)
    at = ibis.timestamp(str(moment(as_of)))
    known = crm.known_at(as_of).counted()
    if "surveys" not in known or not {"instrument", "score"} <= {*known["surveys"].columns}:
        raise DataError("who would give a testimonial is read from NPS answers; map surveys.instrument and score.")
    rows = known["surveys"]
    rows = rows.filter((rows.instrument.strip().lower() == "nps") & rows.score.notnull() & (rows.answered_at < at))
    comment = rows.comment if "comment" in rows.columns else ibis.null("string")
    marks = rows.select(
        "customer_id", "answered_at", mark=nps_mark(rows.score, crm.facts.scales["nps"]), comment=comment
    )
    for unhappy in _unhappy(known):
        marks = marks.anti_join(unhappy, "customer_id")
    answers = marks.to_pandas().sort_values(["answered_at", "customer_id"], ascending=[False, True])
    last = answers.drop_duplicates("customer_id")
    return last[last["mark"] >= PROMOTER].reset_index(drop=True)


def _unhappy(known: Crm) -> list[ir.Table]:
    found = []
    if "tickets" in known and "resolved_at" in known["tickets"].columns:
        found.append(known["tickets"].filter(is_open(known["tickets"])).select("customer_id"))
    if "subscriptions" in known and "cancelled_at" in known["subscriptions"].columns:
        found.append(known["subscriptions"].filter(ibis._.cancelled_at.notnull()).select("customer_id"))
    return found


def goals_reached(crm: Crm, start: Moment, end: Moment) -> Metric:
    """Return the share of the goals due in ``[start, end)`` that were reached by then; Wilson interval over goals.

    Raises DataError for a source without goals, or whose goals have no due date or no date when they were reached.
    """
    if "goals" not in crm or not {"due_at", "reached_at"} <= {*crm["goals"].columns}:
        raise DataError("what customers expected is read from goals.due_at and goals.reached_at; map them.")
    begin, finish = period(crm.facts, start, end, stock=False)
    rows = crm.counted()["goals"]
    due = rows.filter((rows.due_at >= begin) & (rows.due_at < finish)).select("due_at", "reached_at").to_pandas()
    in_time = (due["reached_at"] <= due["due_at"]).sum()
    return share("goals reached", float(in_time), len(due), "goals reached by their due date / goals due", n_of="goals")
