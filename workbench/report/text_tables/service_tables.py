"""The tables of what customers say, how easy help is, and which groups they moved between, as texts."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from workbench.report.findings.contents import Findings
from workbench.report.formats import number_texts as texts
from workbench.report.privacy.privacy_counts import MOVES, shown_moves
from workbench.report.text_tables.tables import Table, records

MOST_ROWS = 8
"""Rows shown of the themes and of the agents; the notebook has all."""


def service_tables(f: Findings) -> dict[str, Table | None]:
    """Return the tables by name; None where the source has nothing of it."""
    found: dict[str, Callable[[pd.DataFrame], Table]] = {
        "comment_themes": _themes, "ease_by_channel": _channels, "contact_by_channel": _pressure,
        "contact_by_campaign": _pressure, "contact_by_agent": _agents,
    }  # fmt: skip
    known = {name: rows for name, rows in f.feedback_tables.items() if len(rows) and not _depends_on_nobody(name, rows)}
    tables = {name: table(known[name].head(MOST_ROWS)) if name in known else None for name, table in found.items()}
    return {**tables, "feedback": _figures(f), "moves": _moves(f)}


def _depends_on_nobody(name: str, rows: pd.DataFrame) -> bool:
    return name == "contact_by_agent" and not rows["dependent"].ne(0).any()


def _figures(f: Findings) -> Table | None:
    rows = [
        (metric.name[:1].upper() + metric.name[1:], texts.figure(metric, f.currency),
         texts.interval(metric, f.currency), texts.based_on(metric))
        for metric in f.feedback.values() if metric.value == metric.value
    ]  # fmt: skip
    return Table(("Figure", "Value", "95 %", "Counted"), rows, texts=(3,)) if rows else None


def _themes(themes: pd.DataFrame) -> Table:
    rows = [
        (texts.sentence_case(row["theme"]), f"{row['comments']:,}",
         texts.share_of(row["share"], row["comments"] / row["share"]),
         f"{row['customers']:,}",
         texts.counted(row["low_marks"]))
        for row in records(themes)
    ]  # fmt: skip
    return Table(("Theme", "Comments", "Share", "Customers", "With a low mark"), rows)


def _channels(channels: pd.DataFrame) -> Table:
    rows = [
        (texts.sentence_case(row["channel"]), f"{row['tickets']:,}",
         _hours(row["median_hours"]), _hours(row["p90_hours"]),
         _decimal(row["replies"]), _decimal(row["transfers"]),
         texts.share_of(row["solved_at_once"], row["tickets"]))
        for row in records(channels)
    ]  # fmt: skip
    heads = ("Channel", "Tickets", "Solved after, median", "9 of 10 after", "Replies", "Transfers", "Solved at once")
    return Table(heads, rows)


def _pressure(sent: pd.DataFrame) -> Table:
    named = str(sent.columns[0])
    called = texts.sentence_case if named == "channel" else str
    rows = [
        (called(row[named]), f"{row['messages']:,}", f"{row['customers']:,}", _decimal(row["per_customer"]),
         f"{row['most']:,.0f}", texts.share_of(row["opened"], row["messages"]),
         texts.share_of(row["replied"], row["messages"]))
        for row in records(sent)
    ]  # fmt: skip
    heads = (named.capitalize(), "Messages", "Customers", "Each, mean", "9 of 10 got at most", "Opened", "Answered")
    return Table(heads, rows)


def _agents(agents: pd.DataFrame) -> Table:
    rows = [
        (
            row["agent"],
            f"{row['customers']:,}",
            texts.counted(row["dependent"]),
            texts.share_of(row["dependent_share"], row["customers"]),
        )
        for row in records(agents)
    ]
    return Table(("Agent", "Customers", "Know nobody else", "Share"), rows)


def _moves(f: Findings) -> Table | None:
    """Return who moved between groups of one sorting: by value where that is known."""
    moves = shown_moves(f)
    moved = moves[moves[MOVES].notna().any(axis=1) & (moves["entered"] != 0)]
    if not len(moved):
        return None
    by_value = moved["segmentation"] == "value_segment"
    sorting = "value_segment" if by_value.any() else str(moved["segmentation"].iloc[0])
    shown = moves[moves["segmentation"] == sorting]
    rows = [(str(row["segment"]), *(texts.counted(row[n]) for n in MOVES)) for row in records(shown)]
    return Table((f.segmentations[sorting], "Then", "Entered", "Left", "Now"), rows).known()


def _hours(hours: float) -> str:
    return "–" if pd.isna(hours) else f"{hours:,.0f} hours"


def _decimal(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.1f}"
