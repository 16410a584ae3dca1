"""Small groups are not shown: the one place that decides what the page, the workbook and the summary leave out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from workbench.actions import effort_by_segment
from workbench.report.changes import Changes
from workbench.report.contents import Findings
from workbench.report.details import Details

OTHERS = "reasons that few gave"
MONEY = ["yearly_revenue", "revenue_at_risk"]
NOW = ["customers", "at_risk", "expected_churn", "expected_lost", *MONEY]
THEN = ["n", "lost", "churn", "low", "high", "p_adjusted"]
"""The figures of a segment that belong to the customers it has now, and to those of the last period."""


def private(findings: Findings, min_cell: int) -> Findings:
    """Return findings in which no figure is about a group of fewer than ``min_cell`` customers; 0 and 1 hide nothing.

    Hidden figures are empty (NaN); as many more groups of the same sorting are hidden, the smallest first, as it takes
    that no hidden group can be had by subtraction. Cohorts and changes of hidden groups are left out. Lists of
    customers are not touched: they are files of their own, for those who contact customers.
    """
    if min_cell <= 1:
        return findings
    return replace(
        findings,
        min_cell=min_cell,
        segments=_private_segments(findings.segments, min_cell),
        cohorts=_private_cohorts(findings.cohorts, min_cell),
        campaigns=_private_campaigns(findings.campaigns, min_cell),
        details=_private_details(findings.details, min_cell),
        feedback_tables={
            name: rows[rows["customers"] >= min_cell] if "customers" in rows else rows
            for name, rows in findings.feedback_tables.items()
        },
        value=replace(findings.value, segments=_private_value(findings.value.segments, min_cell)),
        changes=None if findings.changes is None else _private_changes(findings.changes, min_cell),
    )


def hidden(sizes: pd.Series, min_cell: int) -> pd.Series:
    """Return which groups of one sorting are not shown: the small ones, and those that would give them away.

    Whoever knows the whole can subtract the groups that are shown; so at least two are hidden, with ``min_cell``
    customers among them. An empty group hides nothing.

    >>> hidden(pd.Series([500, 40, 12, 3]), 10).tolist()
    [False, False, True, True]
    >>> hidden(pd.Series([500, 40, 6, 5]), 10).tolist()
    [False, False, True, True]
    """
    small = sizes.between(1, min_cell - 1)
    others = sizes[(sizes >= min_cell)].sort_values(kind="stable")
    for group in others.index:
        if not small.any() or (small.sum() > 1 and sizes[small].sum() >= min_cell):
            break
        small[group] = True
    return small


def shown_effort(findings: Findings) -> pd.DataFrame:
    """Return what the lists ask for by value of the customers; small groups count as other, hidden if still small."""
    effort = effort_by_segment(findings.lists)
    few = effort.loc[effort["customers"].between(1, findings.min_cell - 1), "segment"]
    joined = {
        name: rows.assign(value_segment=rows["value_segment"].where(~rows["value_segment"].isin(few), "other"))
        for name, rows in findings.lists.items()
    }
    effort = effort_by_segment(joined)
    return effort[~hidden(effort["customers"], findings.min_cell)].reset_index(drop=True)


def _private_segments(segments: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    if not len(segments):
        return segments
    shown = segments.astype(dict.fromkeys(("customers", "at_risk", "n", "lost"), "float64"))
    of_each = segments.groupby("segmentation", sort=False)
    now = of_each["customers"].transform(hidden, min_cell) | of_each["at_risk"].transform(hidden, min_cell)
    then = of_each["n"].transform(lambda sizes: hidden(sizes.fillna(0), min_cell))
    shown.loc[now.astype(bool), NOW] = float("nan")
    shown.loc[then.astype(bool), THEN] = float("nan")
    return shown.assign(differs=shown["differs"] & ~then.astype(bool))


def _private_cohorts(cohorts: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    if not len(cohorts):
        return cohorts
    sizes: Mapping[str, int] = cohorts.attrs["sizes"]
    shown = cohorts[[sizes[f"{month:%Y-%m-%d}"] >= min_cell for month in pd.DatetimeIndex(cohorts.index)]].copy()
    shown.attrs["sizes"] = {month: n for month, n in sizes.items() if n >= min_cell}
    return shown


def _private_campaigns(campaigns: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Leave out campaigns, kinds and segments of which one arm is small."""
    return campaigns[(campaigns[["treated", "control"]] >= min_cell).all(axis=1)].reset_index(drop=True)


def _private_details(details: Details, min_cell: int) -> Details:
    """Hide figures of small bands of risk, join reasons that few gave, leave out signs and months of few customers."""
    return replace(
        details,
        bands=_hide(details.bands, "customers", ["customers", "expected_lost", *MONEY], min_cell),
        reasons=_join_reasons(details.reasons, min_cell),
        activation=details.activation[details.activation["new"] >= min_cell].reset_index(drop=True),
        signs=details.signs[(details.signs[["n", "others_n"]] >= min_cell).all(axis=1)].reset_index(drop=True),
    )


def _private_value(rows: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Leave out segments of few customers, and those that would give them away."""
    if not len(rows):
        return rows
    few = rows.groupby("segmentation", sort=False)["customers"].transform(hidden, min_cell).astype(bool)
    return rows[~few | (rows["segmentation"] == "all")].reset_index(drop=True)


def _join_reasons(reasons: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Join the reasons that few gave as other reasons; none are shown where all together are few."""
    few = hidden(reasons["n"], min_cell) if len(reasons) else pd.Series(dtype=bool)
    if not few.any():
        return reasons
    joined = reasons[few]
    if joined["n"].sum() < min_cell:
        return reasons[~few]
    figures = joined.drop(columns="avoidable").sum(min_count=1).to_dict()
    other = pd.DataFrame([{**figures, "avoidable": "unknown"}], index=pd.Index([OTHERS], name=reasons.index.name))
    return pd.concat([reasons[~few], other.astype(reasons.dtypes.to_dict())])


def _hide(rows: pd.DataFrame, sizes: str, figures: list[str], min_cell: int) -> pd.DataFrame:
    """Return rows with the figures of small groups empty."""
    if not len(rows):
        return rows
    shown = rows.astype(dict.fromkeys(figures, "float64"))
    shown.loc[hidden(rows[sizes], min_cell), figures] = float("nan")
    return shown


def _private_changes(changes: Changes, min_cell: int) -> Changes:
    rows = changes.segments
    if not len(rows):
        return changes
    of_each = rows.groupby("segmentation", sort=False)
    small = of_each["at_risk"].transform(hidden, min_cell) | of_each["at_risk_before"].transform(hidden, min_cell)
    return replace(changes, segments=rows[~small.astype(bool)].reset_index(drop=True))
