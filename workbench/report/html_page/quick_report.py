"""What a table with one row per customer and a given label shows: drivers, scores, segments, and a page of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SettingError, in_singular, unturned
from workbench.features import Words
from workbench.model import (
    FEWEST_LOST,
    Labelled,
    as_json,
    as_records,
    best_boosting,
    beyond_doubt,
    calibration_with_intervals,
    choose,
    drivers,
    judge,
    read_labels,
    read_table,
    reasons,
    shuffled_p,
    untested,
    with_p,
)
from workbench.model import Verdict as Verdict
from workbench.report.drawing import charts
from workbench.report.exports.files import harmless, harmless_id
from workbench.report.formats.number_texts import PERCENT
from workbench.report.html_page.page import environment, svg
from workbench.segments import observed_churn

CANNOT_KNOW = (
    "This table has one row per customer and no dates, so it shows who resembles those who left, not who will leave: "
    "there is no proof that a column was known before the departure, no horizon, and no test on a later period."
)
"""What a label without dates cannot show; it stands first on the page."""
BASE_RATE, SCORES = "the base rate", "the scores"
MOST_EXPLAINED = 5_000
"""So many rows, drawn by the seed, are enough to see what the scores rest on."""
FEW_VALUES = 6


@dataclass(frozen=True)
class Quick:
    """What was found.

    ``scores`` has a row per customer: id, left (1 or 0), score (0 to 1, by a fit that did not see its outcome) and why.
    ``drivers`` and ``segments`` are those of a run; columns among the ``suspects`` may know the answer.
    """

    label: str
    base_rate: float
    scores: pd.DataFrame
    drivers: pd.DataFrame
    segments: pd.DataFrame
    calibration: pd.DataFrame
    verdict: Verdict
    suspects: Mapping[str, float]
    unused: Mapping[str, str]
    without_label: int
    words: Mapping[str, Sequence[str]]

    def __repr__(self) -> str:
        return "\n".join(self.summary)

    @property
    def summary(self) -> list[str]:
        """The findings in sentences, what cannot be known first."""
        return [CANNOT_KNOW, self._how_many(), self._how_well(), *self._doubts()]

    def _how_many(self) -> str:
        left, n = int(self.scores["left"].sum()), len(self.scores)
        aside = f" {self.without_label:,} rows without a label were set aside." if self.without_label else ""
        meaning = "; ".join(f"{' and '.join(values)} as {what}" for what, values in self.words.items())
        share = f"{100 * self.base_rate:.1f} %"
        return f"{left:,} of {n:,} customers left ({share}). Read from {self.label}: {meaning}.{aside}"

    def _how_well(self) -> str:
        area = self.verdict.auc
        if np.isnan(area.value):
            return f"No scores beyond the base rate: {self.verdict.sentence}"
        if choose(self.verdict, SCORES) != SCORES:
            return (
                "No scores beyond the base rate: the columns find those who left no better than chance could (AUC "
                f"{area.value:.3f}, 95 % {area.low:.3f} to {area.high:.3f}; 0.5 is chance)."
            )
        return (
            f"The scores rank a customer who left above one who stayed in {100 * area.value:.1f} % of pairs (AUC "
            f"{area.value:.3f}, 95 % {area.low:.3f} to {area.high:.3f}; 0.5 is chance). Each row was scored by a fit "
            "that did not see its outcome."
        )

    def _doubts(self) -> list[str]:
        named = ", ".join(f"{name} (AUC {area:.2f})" for name, area in self.suspects.items())
        if not named:
            return []
        return [
            f"Mind these columns: {named}. Each alone predicts the label so well that it may have been written after "
            "the customer left; if so, leave it out."
        ]


def quick(
    table: str | Path | pd.DataFrame, *, label: str, id: str = "", leave_out: Sequence[str] = (), seed: int = 1
) -> Quick:
    """Return drivers, scores and segments of a table with one row per customer and a ``label`` that says who left.

    ``table`` is a file (CSV, Excel, Parquet …) or a frame; ``id`` names the column of the customers' ids. Scores are
    calibrated and cross-fitted. With fewer than 20 customers who left, or stayed, every one has the base rate.

    Raises SourceError and DataError as :func:`read_table` and :func:`read_labels`.

    >>> shop = pd.DataFrame({"who": [f"c{i}" for i in range(60)], "plan": ["a", "b"] * 30, "gone": ["no", "yes"] * 30})
    >>> quick(shop.assign(gone=["no", "yes", "yes"] * 20), label="gone", id="who").segments["n"].tolist()
    [30, 30]
    """
    data = read_labels(read_table(table), label=label, id=id, leave_out=leave_out)
    score, why, moved, verdict = _fitted(data, seed)
    return Quick(
        label=label,
        base_rate=float(data.left.mean()),
        scores=pd.DataFrame({"id": data.ids, "left": data.left.astype(int), "score": score, "why": why}),
        drivers=moved,
        segments=_segments(data),
        calibration=calibration_with_intervals(data.left, score),
        verdict=verdict,
        suspects=data.suspects,
        unused=data.unused,
        without_label=data.without_label,
        words=data.words,
    )


def _fitted(data: Labelled, seed: int) -> tuple[Any, pd.Series, pd.DataFrame, Verdict]:
    """Return each row's score and reasons, what moves the scores, and how well they rank."""
    base, n = np.full(len(data.left), data.left.mean()), len(data.left)
    nothing = pd.Series("", index=data.features.index, dtype="str")
    fewest = int(min(data.left.sum(), n - data.left.sum()))
    if fewest < FEWEST_LOST or data.features.empty:
        reason = f"{fewest} customers left or stayed, {FEWEST_LOST} are needed." if fewest < FEWEST_LOST else (
            "no column is left that could explain who left."
        )  # fmt: skip
        return base, nothing, drivers(pd.DataFrame(), data.features, {}), untested(reason, BASE_RATE)
    words = {name: _words(name) for name in map(str, data.features)}
    rows = data.features.assign(customer_id=data.ids)
    model, score = best_boosting(rows, [*words], data.left, seed=seed, words=words)
    verdict = judge(data.left, score, {BASE_RATE: base}, seed=seed)
    if choose(verdict, SCORES) == SCORES and not beyond_doubt(data.left, verdict.auc.value):
        verdict = with_p(verdict, shuffled_p(rows, [*words], data.left, score, seed=seed, words=words))
    if choose(verdict, SCORES) != SCORES:
        return base, nothing, drivers(pd.DataFrame(), data.features, {}), verdict
    added = model.contributions(rows)
    shown = added.sample(min(n, MOST_EXPLAINED), random_state=seed)
    moved = drivers(shown, rows.loc[shown.index], words)
    return score, reasons(added, rows, words), moved, verdict


def _words(column: str) -> Words:
    """Return what a column of an unknown table means: its own title."""
    plain = column.replace("{", "(").replace("}", ")")
    return Words(column, column, "", None, "", column, "neither", f"{plain}: {{value}}")


def _segments(data: Labelled) -> pd.DataFrame:
    """Return the share that left per value of each column, numbers in quarters, against all other customers."""
    groups = {f"by {name}": _grouped(data.features[name]) for name in data.features}
    named = [name for name, values in groups.items() if (values != values.iloc[0]).any()]
    if not named:
        return pd.DataFrame(columns=["segmentation", "segment", "n", "lost", "churn", "low", "high", "differs"])
    found = observed_churn(pd.DataFrame({**groups, "churned": data.left.astype(bool)}), named)
    return found.assign(segmentation=found["segmentation"].str.removeprefix("by "))


def _grouped(column: pd.Series) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(column):
        return column.fillna("others or not known")
    if column.nunique() <= FEW_VALUES:
        return column.map("{:g}".format, na_action="ignore").fillna("not known")
    cut = pd.qcut(column, 4, duplicates="drop")
    least, most = column.groupby(cut, observed=True).min(), column.groupby(cut, observed=True).max()
    quarters = cut.cat.rename_categories([f"{low:g} to {high:g}" for low, high in zip(least, most, strict=True)])
    return quarters.cat.add_categories("not known").fillna("not known")


def write_quick(found: Quick, folder: str | Path) -> Path:
    """Write index.html, scores.csv and summary.json into ``folder``; return the page's path.

    Raises SettingError where they cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        page = folder / "index.html"
        page.write_text(render_quick(found), encoding="utf-8")
        ids, why = found.scores["id"].map(harmless_id), found.scores["why"].map(harmless)
        scores = found.scores.assign(id=ids, why=why)
        scores.assign(score=scores["score"].round(4)).to_csv(folder / "scores.csv", index=False, encoding="utf-8-sig")
        (folder / "summary.json").write_text(json.dumps(_summary(found), indent=2) + "\n", encoding="utf-8")
    except OSError as problem:
        raise SettingError(f"{folder} cannot be written ({problem.strerror}); name another place.") from None
    return page


def _summary(found: Quick) -> dict[str, Any]:
    return {
        "cannot_know": CANNOT_KNOW,
        "label": found.label,
        "read_as": found.words,
        "customers": len(found.scores),
        "left": int(found.scores["left"].sum()),
        "without_label": found.without_label,
        "verdict": as_json(found.verdict),
        "drivers": as_records(found.drivers),
        "calibration": as_records(found.calibration),
        "segments": as_records(found.segments),
        "suspects": found.suspects,
        "unused": found.unused,
    }


def render_quick(found: Quick) -> str:
    """Return the page's HTML: no scripts, no outside files; every text from the data is escaped."""
    tables = {str(name): rows.to_dict("records") for name, rows in found.segments.groupby("segmentation", sort=False)}
    order = [*found.drivers["family"], *tables]
    page = environment().get_template("quick_page.html.j2").render(
        found=found,
        tables={name: tables[name] for name in dict.fromkeys(order) if name in tables},
        percent=PERCENT,
        drivers=svg(charts.draw(charts.driver_bars, found.drivers.head(12)), "drivers") if len(found.drivers) else None,
        calibration=svg(charts.draw(charts.calibration, found.calibration), "calibration")
        if len(found.drivers)
        else None,
        highest=found.scores.nlargest(15, "score").to_dict("records"),
    )  # fmt: skip
    return unturned(in_singular(page))
