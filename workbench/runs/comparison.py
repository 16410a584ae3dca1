"""Two published runs side by side."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import ParameterError, did_you_mean, ended
from workbench.runs.folders import Run, project_root
from workbench.runs.locks import names

if TYPE_CHECKING:
    from workbench.report import Changes

MODEL_FIGURES = ["auc", "auc_low", "auc_high", "log_loss", "calibration_error"]
TITLES = {
    "figures": "Figures", "segments": "Segments, expected churn", "risk": "Customers at high risk",
    "definitions": "Settings and definitions", "data": "Rows of data", "columns": "Columns of the source",
    "drift": "Features that moved",
    "labels": "Outcomes: customers by what either run says", "models": "Models",
}  # fmt: skip
"""The tables of a comparison, in order, and what stands over each."""


class Comparison(dict[str, pd.DataFrame]):
    """The tables of a comparison by name, in order; shows itself under its titles."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], run: str = "", against: str = "") -> None:
        super().__init__(tables)
        self.run, self.against = run, against

    def __repr__(self) -> str:
        return comparison_text(self, self.run, self.against)

    def _repr_html_(self) -> str:
        from workbench.report import show

        tables = {TITLES[name]: show(_shown(name, rows))._repr_html_() for name, rows in self.items()}
        parts = [f"<h4>{escape(title)}</h4>{table}" for title, table in tables.items()]
        return f"<p>{escape(self.run)} against {escape(self.against)}</p>{''.join(parts)}"


def _shown(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["drifted"]] if name == "drift" else rows.drop(columns=["key"], errors="ignore")


def compare(run: str, against: str, root: Path | None = None) -> Comparison:
    """Return what differs between two published runs, ``against`` being the one before.

    Tables: figures (key, name, unit, before, now, change, low, high, paired, clear), segments (segmentation, segment,
    at_risk_before, at_risk, before, now, change, low, high, clear; of expected churn), risk (what, customers; threshold
    is the churn probability from which risk is high), definitions (setting, before, now), data (table, before, now),
    columns (table, column, before, now; types), drift (feature, psi, chance_95, drifted), labels (one row per outcome
    by ``against``, one column per outcome by ``run``: customers at the snapshots of both), models (model, figure,
    before, now).

    In a notebook it shows all of them; of features that moved, those beyond chance.

    Raises ParameterError for a name that no run has, DataError for a run of a release that kept too little.
    """
    from workbench.report import changes_between, read_found

    sides = [_published(name, root or project_root()) for name in (run, against)]
    now, before = (read_found(side.name, side.derived, side.reports) for side in sides)
    tables = {**tables_of(changes_between(now, before)), "labels": _labels(*sides), "models": _models(*sides)}
    return Comparison(tables, run, against)


def compare_runs(run: str, against: str, root: Path | None = None) -> Comparison:
    """Return what :func:`compare` does; the name it had until release 0.2."""
    warnings.warn("wb.compare_runs is now wb.compare", DeprecationWarning, stacklevel=2)
    return compare(run, against, root)


def comparison_text(tables: Mapping[str, pd.DataFrame], run: str, against: str) -> str:
    """Return the tables of a comparison as text for a screen; of features that moved, those beyond chance."""
    parts = [f"{run} against {against}"]
    for name, title in TITLES.items():
        shown = _shown(name, tables[name])
        text = shown.to_string(index=False, na_rep="–", float_format="{:,.4g}".format) if len(shown) else "none"
        parts.append(f"{title}\n{text}")
    return "\n\n".join(parts)


def comparison_json(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the tables of a comparison as JSON: a list of records each, null for what is not known."""
    plain = {name: json.loads(rows.to_json(orient="records")) for name, rows in tables.items()}
    return json.dumps(plain, indent=2) + "\n"


def tables_of(changes: Changes) -> dict[str, pd.DataFrame]:
    """Return the tables of what changed, by name."""
    risk = pd.DataFrame(changes.risk.items(), columns=["what", "customers"])
    return {
        "figures": changes.figures, "segments": changes.segments, "risk": risk, "definitions": changes.definitions,
        "data": changes.data, "drift": changes.drift, "columns": changes.columns,
    }  # fmt: skip


def _published(name: str, root: Path) -> Run:
    run = Run(name, root, "")
    if not run.reports.is_dir():
        known = [other for other in names(root) if Run(other, root, "").reports.is_dir()]
        raise ParameterError(ended(f"run {name!r} has no report; {did_you_mean(name, known)}"))
    return run


def _labels(run: Run, against: Run) -> pd.DataFrame:
    """Return how many customers at a snapshot of both runs have which outcome by either."""
    sides = [side.read("labels", columns=["churned", "kind"]) for side in (against, run)]
    both = sides[0].merge(sides[1], on=["customer_id", "as_of"], suffixes=("_before", "_now"))
    before, now = (both[f"kind_{side}"].where(both[f"churned_{side}"], "stayed") for side in ("before", "now"))
    counts = pd.crosstab(before, now, rownames=["before"], colnames=["now"])
    return counts.reset_index().rename_axis(columns=None)


def _models(run: Run, against: Run) -> pd.DataFrame:
    now, before = (
        pd.DataFrame(side.read_json("evaluation")["comparison"]).melt("model", MODEL_FIGURES, "figure", "value")
        for side in (run, against)
    )
    return before.merge(now, on=["model", "figure"], how="outer", suffixes=("_before", "_now")).rename(
        columns={"value_before": "before", "value_now": "now"}
    )
