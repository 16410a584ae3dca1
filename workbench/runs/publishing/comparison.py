"""Two published runs side by side."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import ParameterError, did_you_mean, ended
from workbench.runs.stages.folders import Run, project_root
from workbench.runs.stages.locks import names

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


SAME = {
    "labels": "No customer is at a snapshot of both runs.", "drift": "No feature moved beyond chance.",
    "definitions": "Both runs have the same settings.", "columns": "The same columns.",
}  # fmt: skip
"""What an empty table of a comparison means."""
RISK = {
    "threshold": "churn probability from which risk is high", "high_before": "at high risk before",
    "lower": "of these, lower now", "no_longer_at_risk": "of these, no longer at risk",
    "entered": "came from lower risk", "new_at_risk": "not at risk before", "high": "at high risk now",
}  # fmt: skip


class Comparison(dict[str, pd.DataFrame]):
    """The tables of a comparison by name, in order; shows itself under its titles."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], title: str = "", currency: str = "") -> None:
        super().__init__(tables)
        self.title, self.currency = title, currency

    def __repr__(self) -> str:
        return comparison_text(self)

    def _repr_html_(self) -> str:
        from workbench.report import show

        parts = [
            f"<h4>{escape(TITLES[name])}</h4>{show(rows, empty=_same(name), shares=_shares(name))._repr_html_()}"
            for name, rows in self._shown()
        ]
        return f"<p>{escape(self.title)}</p>{''.join(parts)}"

    def _shown(self) -> list[tuple[str, pd.DataFrame]]:
        """Return the tables as a reader needs them: in words and units, what matters most in the first rows."""
        from workbench.report import figure_changes

        how: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
            "figures": lambda rows: figure_changes(rows, self.currency),
            "segments": lambda rows: rows.sort_values(["clear", "change"], ascending=False, key=abs, kind="stable"),
            "risk": _in_words,
            "drift": lambda rows: rows[rows["drifted"]].drop(columns="drifted"),
            "models": _by_model,
        }
        return [(name, how.get(name, pd.DataFrame.copy)(rows)) for name, rows in self.items()]


def _in_words(risk: pd.DataFrame) -> pd.DataFrame:
    """Return the customers at high risk as whole numbers, and the probability it begins at as a share."""
    pairs = zip(risk["what"], risk["customers"], strict=True)
    values = [f"{n:.1%}".replace("%", " %") if what == "threshold" else f"{n:,.0f}" for what, n in pairs]
    return pd.DataFrame({"what": risk["what"].replace(RISK), "customers": values})


def _same(name: str) -> str:
    return SAME.get(name, "Nothing to compare.")


def _shares(name: str) -> tuple[str, ...]:
    return ("before", "now", "change", "low", "high") if name == "segments" else ()


def _by_model(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per model, without the bounds of figures."""
    kept = rows[rows["figure"].isin(["auc", "log_loss", "calibration_error"])]
    wide = kept.pivot(index="model", columns="figure", values=["before", "now"]).swaplevel(axis=1).sort_index(axis=1)
    return wide.set_axis(["_".join(pair) for pair in wide.columns], axis=1).reset_index()


def compare(run: str, against: str, root: str | Path | None = None) -> Comparison:
    """Return what differs between two published runs, ``against`` being the one before.

    Tables: figures (key, name, unit, before, now, now_low, now_high, change, low, high, paired, clear), segments
    (segmentation, segment, at_risk_before, at_risk, before, now, change, low, high, clear; of expected churn), risk
    (what, customers; threshold is the churn probability from which risk is high), definitions (setting, before, now),
    data (table, before, now), columns (table, column, before, now; types), drift (feature, psi, chance_95, drifted),
    labels (one row per outcome by ``against``, one column per outcome by ``run``: customers at the snapshots of both),
    models (model, figure, before, now).

    In a notebook it shows all of them; of features that moved, those beyond chance.

    Raises ParameterError for a name that no run has, DataError for a run of a release that kept too little.
    """
    from workbench.report import changes_between, read_found

    sides = [_published(name, Path(root or project_root())) for name in (run, against)]
    now, before = (read_found(side.name, side.derived, side.reports) for side in sides)
    tables = {**tables_of(changes_between(now, before)), "labels": _labels(*sides), "models": _models(*sides)}
    title = f"{run} on {now.as_of:%Y-%m-%d} against {against} on {before.as_of:%Y-%m-%d}"
    return Comparison(tables, title, now.currency)


def compare_runs(run: str, against: str, root: str | Path | None = None) -> Comparison:
    """Return what :func:`compare` does; the name it had until release 0.2."""
    warnings.warn("wb.compare_runs is now wb.compare", DeprecationWarning, stacklevel=2)
    return compare(run, against, root)


def comparison_text(found: Comparison) -> str:
    """Return a comparison as text for a screen, all rows of it."""
    from workbench.report import show

    shown = {name: show(rows, empty=_same(name), shares=_shares(name), most=len(rows)) for name, rows in found._shown()}
    return "\n\n".join([found.title, *(f"{TITLES[name]}\n{table}" for name, table in shown.items())])


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
