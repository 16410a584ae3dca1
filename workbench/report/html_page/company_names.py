"""What the company named itself is marked in the findings, so that no translation touches it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from workbench.actions import read_playbook
from workbench.label import shipped_reasons
from workbench.metrics import read_themes
from workbench.report.findings.contents import UNSAID, Findings
from workbench.report.privacy.private_findings import OTHERS, TOGETHER
from workbench.segments import segment_titles

NAME = ("\ufdd0", "\ufdd1")
"""Stands before and after a name that no language changes: signs that Unicode keeps free for such a use."""
PHRASE = ("\ufdd2", "\ufdd3")
"""Stands before and after a phrase of ours inside a sentence: it is translated by itself."""
NAMED_BY_US = ("value_segment", "rfm_segment", "risk_kind_segment", "stage_segment", "activation_segment",
               "agents_segment")  # fmt: skip
"""The segmentations whose segments have names of ours."""
LEFT_OVER = ("all", "other", "others", "all others", "unknown", "not known")
_MARKS = re.compile(f"[{''.join((*NAME, *PHRASE))}]")


def unmarked(text: str) -> str:
    """Return a text without marks.

    >>> unmarked(f"churn of {NAME[0]}Pro{NAME[1]}")
    'churn of Pro'
    """
    return _MARKS.sub("", text)


def with_names_marked(f: Findings) -> Findings:
    """Return the findings in which every name of the company's is marked, for a page in another language."""
    ours = set(segment_titles())
    lines, themes = {line.name for line in read_playbook()}, {"no theme", *read_themes()}
    return replace(
        f,
        run=named(f.run),
        facts=replace(
            f.facts, name=named(f.facts.name), about=f.facts.about and named(f.facts.about),
            refused=[{**row, "table": named(str(row["table"]))} for row in f.facts.refused],
        ),
        evaluation={**f.evaluation, "calibration_by_group": [
            _group(each) for each in f.evaluation.get("calibration_by_group", [])
        ]},
        segmentations={
            key: (_marked(title, PHRASE) if key in ours else named(title)) for key, title in f.segmentations.items()
        },
        segments=_segments(f.segments),
        segmented=_members(f.segmented, f.segmentations),
        value=replace(f.value, segments=_segments(f.value.segments)),
        campaigns=_columns(f.campaigns, ["campaign", "segment"], {"all", "customers"}),
        details=replace(
            f.details, reasons=f.details.reasons.rename(index=_reason),
            signs=f.details.signs.assign(meaning=[_marked(text, PHRASE) for text in f.details.signs["meaning"]]),
        ),
        feedback_tables={
            name: _columns(_columns(rows, ["theme"], themes), ["channel", "campaign", "agent"], ()) for name, rows in
            f.feedback_tables.items()
        },
        lists={name: _columns(rows, ["line"], lines) for name, rows in f.lists.items()},
        changes=f.changes and replace(
            f.changes, segments=_segments(f.changes.segments),
            definitions=_columns(f.changes.definitions, ["setting", "before", "now"], ()),
            columns=_columns(f.changes.columns, ["table", "column", "before", "now"], ()),
        ),
    )  # fmt: skip


def _reason(reason: str) -> str:
    """Mark a reason for leaving: one that comes with the package is a phrase of ours."""
    if reason in (*UNSAID, OTHERS):
        return reason
    return _marked(reason, PHRASE) if reason in shipped_reasons() else named(reason)


def _group(group: Mapping[str, Any]) -> Mapping[str, Any]:
    """Mark a group that predictions were compared for: a way to leave is a phrase of ours, a column's value no."""
    if group["by"] in ("probability", "snapshot"):
        return group
    if group["by"] in ("kind of churn", "chance of return"):
        return {**group, "group": _marked(str(group["group"]), PHRASE)}
    return {**group, "group": named(str(group["group"]))}


def _marked(text: str, marks: tuple[str, str]) -> str:
    return f"{marks[0]}{_MARKS.sub('', text)}{marks[1]}"


def named(text: str) -> str:
    """Return a name of the company's, marked."""
    return _marked(text, NAME)


def _but(spared: Collection[str]) -> Callable[[object], object]:
    return lambda text: named(text) if isinstance(text, str) and text not in spared else text


def _columns(rows: pd.DataFrame, columns: Collection[str], spared: Collection[str]) -> pd.DataFrame:
    return rows.assign(**{name: rows[name].astype(object).map(_but(spared)) for name in columns if name in rows})


def _segments(rows: pd.DataFrame) -> pd.DataFrame:
    """Mark the segments that have the company's own names: a phrase of ours inside a sentence is marked as such."""
    if not len(rows):
        return rows
    ours, spared = rows["segmentation"].isin(NAMED_BY_US), rows["segment"].isin(LEFT_OVER)
    names = rows["segment"].astype(object)
    phrases = names.map(lambda text: TOGETHER.join(_marked(name, PHRASE) for name in text.split(TOGETHER)))
    return rows.assign(segment=names.where(spared, phrases.where(ours, names.map(_each_named))))


def _each_named(segments: str) -> str:
    """Mark the names of segments that are one row, but not those who are left over.

    >>> unmarked(_each_named("Pro + others")), _each_named("Pro + others").endswith("others")
    ('Pro + others', True)
    """
    return TOGETHER.join(name if name in LEFT_OVER else named(name) for name in segments.split(TOGETHER))


def _members(rows: pd.DataFrame, segmentations: Collection[str]) -> pd.DataFrame:
    theirs = [name for name in segmentations if name in rows and name not in NAMED_BY_US]
    return _columns(rows, theirs, LEFT_OVER)
