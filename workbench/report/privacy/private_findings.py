"""Small groups are not shown: the one place that decides what the page, the workbook and the summary leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from workbench.actions import effort_by_segment
from workbench.metrics import Metric
from workbench.report.findings.changes import Changes
from workbench.report.findings.contents import Findings
from workbench.report.findings.details import Details
from workbench.report.privacy.hidden_cells import hidden_cells
from workbench.report.privacy.privacy_counts import (
    hidden,
    private_cases,
    private_kinds,
    private_states,
)
from workbench.segments import ALL
from workbench.stats import wilson

OTHERS = "reasons that few gave"
TOGETHER = " + "
"""Stands between the names of segments that are one row."""
REASON_FIGURES = ("n", "share", "revenue", "avoidable")
MONEY = ["yearly_revenue", "revenue_at_risk"]
AVOIDABLE = ("avoidable", "not avoidable", "unknown")
NOW = ["customers", "at_risk", "expected_churn", "expected_lost", *MONEY]
THEN = ["n", "lost", "churn", "low", "high", "p_adjusted"]
"""The figures of a segment that belong to the customers it has now, and to those of the last period."""
CONTACTING = ("contacts", "gain", "cost", "gain_per_cost")
"""The figures of a segment that belong to those of its customers whose contact pays."""
FEW_OF_MANY = {"low_marks": (), "dependent": ("dependent_share",)}
"""Counts of customers within the rows of feedback, and what is computed from them."""


def private(findings: Findings, min_cell: int) -> Findings:
    """Return findings in which no figure is about a group of fewer than ``min_cell`` customers; 0 and 1 hide nothing.

    Hidden figures are empty (NaN); as many more groups of the same sorting are hidden, the smallest first, as it takes
    that no hidden group can be had by subtraction. Cohorts and changes of hidden groups are left out. Lists of
    customers are not touched: they are files of their own, for those who contact customers.
    """
    if min_cell <= 1:
        return findings
    findings = _without_small_figures(findings, min_cell)
    return replace(
        findings,
        min_cell=min_cell,
        segments=_private_segments(findings.segments, min_cell, _wholes(findings)),
        cohorts=_private_cohorts(findings.cohorts, min_cell),
        campaigns=_private_campaigns(findings.campaigns, min_cell),
        details=_private_details(findings.details, min_cell),
        feedback_tables={name: _private_feedback(rows, min_cell) for name, rows in findings.feedback_tables.items()},
        value=replace(findings.value, segments=_private_value(findings.value.segments, min_cell)),
        kinds=private_kinds(findings.kinds, min_cell),
        not_judged=private_states(findings.not_judged, min_cell),
        left_out=findings.left_out[findings.left_out["customers"] >= min_cell].reset_index(drop=True),
        bridge=None if findings.bridge is None else _private_bridge(findings.bridge, min_cell),
        evaluation={
            **findings.evaluation,
            "kinds": private_cases(findings.evaluation["kinds"], min_cell),
            "calibration_by_group": private_calibration(
                findings.evaluation.get("calibration_by_group", []), min_cell, findings.evaluation["n_lost"]
            ),
        },
        changes=None if findings.changes is None else _private_changes(findings.changes, min_cell),
    )


ALWAYS_SHOWN = ("churn_rate", "retention_rate", "revenue_retention")
"""Figures about all customers at risk, who are as many as the company has."""


def _without_small_figures(f: Findings, min_cell: int) -> Findings:
    """Leave out figures that rest on fewer answers, tickets, contracts or customers; ``missing`` says which and why."""
    few = {
        key: metric.name
        for key, metric in {**f.metrics, **f.feedback}.items()
        if key not in ALWAYS_SHOWN and rests_on_few(metric, min_cell)
    }
    few |= {name: name for name, each in f.details.service.items() if rests_on_few(each["median"], min_cell)}
    changes = f.changes and replace(f.changes, figures=f.changes.figures[~f.changes.figures["key"].isin(few)])
    return replace(
        f,
        trends={key: trend for key, trend in f.trends.items() if key not in few},
        metrics={key: metric for key, metric in f.metrics.items() if key not in few},
        feedback={key: metric for key, metric in f.feedback.items() if key not in few},
        details=replace(f.details, service={n: each for n, each in f.details.service.items() if n not in few}),
        missing={**f.missing, **dict.fromkeys(few.values(), f"fewer than {min_cell} cases in the last period.")},
        changes=changes,
    )


def rests_on_few(metric: Metric, min_cell: int) -> bool:
    """Return whether a figure rests on so few things that they are surely of few customers.

    >>> rests_on_few(Metric("goals reached", 0.0, 0.0, 0.8, 0, 1, "", 1), 10)
    True
    """
    return 0 < metric.n < min_cell


def shown_effort(findings: Findings) -> pd.DataFrame:
    """Return what the lists ask for by value of the customers; small groups count as other, hidden if still small.

    A list of few customers counts in none: who knows the tasks of all lists could subtract those of the others.
    """
    lists = {name: rows for name, rows in findings.lists.items() if not 0 < len(rows) < findings.min_cell}
    effort = effort_by_segment(lists)
    few = effort.loc[effort["customers"].between(1, findings.min_cell - 1), "segment"]
    joined = {
        name: rows.assign(value_segment=rows["value_segment"].where(~rows["value_segment"].isin(few), "other"))
        for name, rows in lists.items()
    }
    effort = effort_by_segment(joined)
    return effort[~hidden(effort["customers"], findings.min_cell)].reset_index(drop=True)


def private_calibration(groups: Sequence[Mapping[str, Any]], min_cell: int, lost: int) -> list[Mapping[str, Any]]:
    """Return the groups whose leavers are not few, nor those left over beside them; of one split all or none.

    >>> groups = [{"by": "plan", "group": plan, "n": 100, "observed": o} for plan, o in (("a", 0.3), ("b", 0.02))]
    >>> private_calibration(groups, 10, 32), len(private_calibration(groups, 2, 32))
    ([], 2)
    """
    few: set[str] = set()
    for by in {g["by"] for g in groups}:
        cells = [round(g["n"] * g["observed"]) for g in groups if g["by"] == by]
        others = [] if by in ("snapshot", "chance of return") else [lost - sum(cells)]
        if any(0 < cell < min_cell for cell in (*cells, *others)):
            few.add(by)
    return [g for g in groups if g["by"] not in few]


def _wholes(findings: Findings) -> dict[str, float]:
    """Return of how many customers the sizes of the segments are parts: those known, at risk now, and then."""
    then = findings.metrics["churn_rate"].of
    return {"customers": len(findings.base), "at_risk": findings.n_at_risk, "n": 0.0 if then is None else then}


def _private_segments(segments: pd.DataFrame, min_cell: int, wholes: Mapping[str, float]) -> pd.DataFrame:
    """Join small segments with the next smallest, or hide their figures; leave out what shows no segment at all."""
    if not len(segments):
        return segments
    of_one = [rows for _, rows in segments.groupby("segmentation", sort=False)]
    segments = pd.concat([_joined_segments(rows, min_cell, wholes) for rows in of_one], ignore_index=True)
    shown = segments.astype(dict.fromkeys(("customers", "at_risk", "n", "lost"), "float64"))
    of_each = segments.groupby("segmentation", sort=False)
    few = {
        name: of_each[name].transform(lambda n, w=whole: hidden(n.fillna(0), min_cell, w))
        for name, whole in wholes.items()
    }
    now, then = few["customers"] | few["at_risk"], few["n"]
    shown.loc[now.astype(bool), NOW] = float("nan")
    shown.loc[then.astype(bool), THEN] = float("nan")
    shown["differs"] &= ~then.astype(bool)
    seen_then = ~then.astype(bool) & segments["n"].notna()
    nothing = (now.astype(bool) & ~seen_then).groupby(segments["segmentation"], sort=False).transform("all")
    return shown[~nothing].reset_index(drop=True)


def _joined_segments(rows: pd.DataFrame, min_cell: int, wholes: Mapping[str, float]) -> pd.DataFrame:
    """Return the segments of one segmentation, those that would be hidden now as one row, if that hides nothing more.

    >>> _small_now(pd.DataFrame({"customers": [90, 20, 4], "at_risk": [90, 20, 4]}), 10, {}).tolist()
    [False, True, True]
    """
    few = _small_now(rows, min_cell, wholes)
    if few.sum() < 2 or few.all():
        return rows
    joined = rows.astype(dict.fromkeys(("n", "lost", *MONEY), "float64"))
    sums = joined.loc[few, ["customers", "at_risk", "expected_lost", *MONEY, "n", "lost"]].sum(min_count=1)
    churn = wilson(sums["lost"], sums["n"]) if sums["n"] > 0 else None
    one = {
        **sums,
        "segmentation": rows["segmentation"].iloc[0],
        "segment": TOGETHER.join(rows.loc[few, "segment"]),
        "expected_churn": sums["expected_lost"] / sums["at_risk"] if sums["at_risk"] else float("nan"),
        **dict.fromkeys(("churn", "low", "high", "p_adjusted"), float("nan")),
        **({"churn": churn.value, "low": churn.low, "high": churn.high} if churn else {}),
        "differs": False,
    }
    kept = joined[~few]
    together = pd.concat([kept, pd.DataFrame([one])[list(rows)].astype(joined.dtypes.to_dict())], ignore_index=True)
    return rows if _small_now(together, min_cell, wholes).any() else together


def _small_now(rows: pd.DataFrame, min_cell: int, wholes: Mapping[str, float]) -> pd.Series:
    """Return which segments of one segmentation are small today, or would give a small one away."""
    few = [hidden(rows[name].fillna(0), min_cell, wholes.get(name)) for name in ("customers", "at_risk")]
    return (few[0] | few[1]).astype(bool)


def _private_bridge(bridge: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Hide how many customers the movements of few come from, and of as many more that none can be subtracted."""
    moved = ~bridge["movement"].isin(["start", "end", "total", "difference"])
    sizes = bridge["customers"].astype("Int64")
    few = hidden(sizes[moved].fillna(0).astype("int64"), min_cell).reindex(bridge.index, fill_value=False)
    shown = bridge.assign(customers=sizes.mask(few))
    shown.attrs = bridge.attrs
    return shown


def _private_cohorts(cohorts: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    if not len(cohorts):
        return cohorts
    sizes: Mapping[str, int] = cohorts.attrs["sizes"]
    shown = cohorts[[sizes[f"{month:%Y-%m-%d}"] >= min_cell for month in pd.DatetimeIndex(cohorts.index)]]
    shown = shown.dropna(axis="columns", how="all")  # months that only small cohorts have reached
    shown.attrs["sizes"] = {month: n for month, n in sizes.items() if n >= min_cell}
    return shown


def _private_campaigns(campaigns: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Leave out campaigns, kinds and segments of which one arm is small; hide that few were reached, or few not."""
    shown = campaigns[(campaigns[["treated", "control"]] >= min_cell).all(axis=1)].reset_index(drop=True)
    reached = shown["reached"].astype("float64")
    few = pd.Series(False, index=shown.index)
    for sizes in (reached, shown["treated"] - reached):
        few |= sizes.between(1, min_cell - 1)
        for parts, whole in _sorted_alike(shown):
            few[parts] |= hidden(sizes[parts].fillna(0), min_cell, float(sizes[whole].sum()))
    return shown.assign(reached=reached.mask(few))


def _sorted_alike(campaigns: pd.DataFrame) -> list[tuple[pd.Series, pd.Series]]:
    """Return which rows are the single campaigns or the segments of all, and which row counts them together."""
    kinds, all_segments = campaigns["kind"] == ALL, campaigns["segment"] == ALL
    found = []
    for among in campaigns["among"].unique():
        rows, one = kinds & (campaigns["among"] == among), campaigns["campaign"] != ALL
        whole = rows & ~one & all_segments
        found += [(rows & one & all_segments, whole), (rows & ~one & ~all_segments, whole)]
    return [(parts, whole) for parts, whole in found if parts.any() and whole.any()]


def _private_details(details: Details, min_cell: int) -> Details:
    """Join small bands of risk and reasons that few gave; leave out signs and months of few customers."""
    return replace(
        details,
        bands=_joined_bands(details.bands, min_cell),
        reasons=_join_reasons(details.reasons, min_cell),
        split=_private_split(details.split, min_cell),
        spending=_private_spending(details.spending, min_cell),
        activation=details.activation[details.activation["new"] >= min_cell].reset_index(drop=True),
        signs=details.signs[(details.signs[["n", "others_n"]] >= min_cell).all(axis=1)].reset_index(drop=True),
    )


def _private_split(split: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Count parts of few customers with those of whom it is not known, of the two questions each for itself."""
    parts = split.index.isin(AVOIDABLE)
    shown = [_join_parts(rows, min_cell) for rows in (split[~parts], split[parts])]
    return pd.concat([rows for rows in shown if len(rows)]) if any(map(len, shown)) else split.iloc[:0]


def _join_parts(parts: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    few = parts["n"].between(1, min_cell - 1)
    if not few.any():
        return parts
    few |= parts.index == parts.index[-1]  # neither, or unknown
    n, of = int(parts.loc[few, "n"].sum()), int(parts["n"].sum())
    share = wilson(n, of)
    joined = {"share": share.value, "low": share.low, "high": share.high, "n": n, "of": of, "claimed": float("nan")}
    rows = pd.concat([parts[~few], pd.DataFrame([joined], index=[" or ".join(parts.index[few])])[list(parts)]])
    return rows if n >= min_cell and len(rows) > 1 else rows.iloc[:0]


def _private_spending(spending: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Hide what winning few customers cost."""
    few = spending["won"].between(1, min_cell - 1)
    figures = ["won", "cost_of_winning"]
    return spending.assign(**{name: spending[name].astype("float64").mask(few) for name in figures})


def _private_value(rows: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Leave out segments of few customers, what contacting few brings, and what would give these away."""
    if not len(rows):
        return rows
    of_each = rows.groupby("segmentation", sort=False)
    few = of_each["customers"].transform(hidden, min_cell).astype(bool)
    contacts = of_each["contacts"].transform(hidden, min_cell).astype(bool)
    shown = rows.assign(**{name: rows[name].astype("float64").mask(contacts) for name in CONTACTING})
    return shown[~few | (rows["segmentation"] == "all")].reset_index(drop=True)


def _private_feedback(rows: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Leave out themes, channels and agents of few customers, and hide how few of the others they concern."""
    if "customers" not in rows:
        return rows
    shown = rows[rows["customers"] >= min_cell].reset_index(drop=True)
    for count, also in FEW_OF_MANY.items():
        if count in shown:
            few = shown[count].between(1, min_cell - 1)
            shown = shown.assign(**{name: shown[name].astype("float64").mask(few) for name in (count, *also)})
    return shown


def _join_reasons(reasons: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Join the reasons that few gave as other reasons; none are shown where all together are few."""
    few = hidden(reasons["n"], min_cell) if len(reasons) else pd.Series(dtype=bool)
    if not few.any():
        return _hide_kinds(reasons, min_cell)
    joined = reasons[few]
    if joined["n"].sum() < min_cell:
        return _hide_kinds(reasons[~few], min_cell)
    figures = joined.drop(columns="avoidable").sum(min_count=1).to_dict()
    other = pd.DataFrame([{**figures, "avoidable": "unknown"}], index=pd.Index([OTHERS], name=reasons.index.name))
    return _hide_kinds(pd.concat([reasons[~few], other.astype(reasons.dtypes.to_dict())]), min_cell)


def _hide_kinds(reasons: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Hide how few customers of a reason left in which way."""
    kinds = [str(name) for name in reasons if name not in REASON_FIGURES]
    if not len(reasons) or not kinds:
        return reasons
    covered = hidden_cells(reasons[kinds], min_cell)
    return reasons.assign(**{name: reasons[name].astype("float64").mask(covered[name]) for name in kinds})


def _joined_bands(bands: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Return the bands of risk, the riskiest first, each small one together with the next; none where all are few.

    >>> bands = pd.DataFrame({"band": ["40 to 60 %", "20 to 40 %", "0 to 5 %"], "customers": [2, 31, 6],
    ...                       "expected_lost": 1.0, "yearly_revenue": float("nan"), "revenue_at_risk": 2.0})
    >>> _joined_bands(bands, 10)[["band", "customers"]].to_numpy().tolist()
    [['0 to 60 %', 39.0]]
    """
    if not len(bands):
        return bands
    groups: list[list[int]] = []
    for place in range(len(bands)):
        if groups and sum(bands["customers"].iloc[groups[-1]]) < min_cell:
            groups[-1].append(place)
        else:
            groups.append([place])
    if len(groups) > 1 and sum(bands["customers"].iloc[groups[-1]]) < min_cell:
        last = groups.pop()
        groups[-1] += last
    rows = [_one_band(bands.iloc[places]) for places in groups]
    return pd.DataFrame([row for row in rows if row["customers"] >= min_cell], columns=bands.columns)


def _one_band(rows: pd.DataFrame) -> dict[str, Any]:
    low, high = rows["band"].iloc[-1].split(" to ")[0], rows["band"].iloc[0].split(" to ")[1]
    return {"band": f"{low} to {high}", **rows.drop(columns="band").astype("float64").sum(min_count=1)}


def _private_changes(changes: Changes, min_cell: int) -> Changes:
    rows = changes.segments
    changes = replace(changes, risk=_private_risk(changes.risk, min_cell))
    if not len(rows):
        return changes
    of_each = rows.groupby("segmentation", sort=False)
    small = of_each["at_risk"].transform(hidden, min_cell) | of_each["at_risk_before"].transform(hidden, min_cell)
    return replace(changes, segments=rows[~small.astype(bool)].reset_index(drop=True))


def _private_risk(risk: Mapping[str, float], min_cell: int) -> dict[str, float]:
    """Return how many customers are at high risk, entered and left it; those of few are not known.

    Those now are those before and who came, less who went: so one alone is not hidden, but with the next smallest.
    """
    if not risk:
        return {}
    counts = pd.Series({name: n for name, n in risk.items() if name != "threshold"}, dtype="float64")
    few = hidden(counts, min_cell)
    return {name: n if name == "threshold" or not few[name] else float("nan") for name, n in risk.items()}
