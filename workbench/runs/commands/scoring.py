"""Scores of another day by a run's model, without training."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.crm import KEY, Crm, check_current, load_tables, moment
from workbench.errors import DataError, SettingError
from workbench.runs.stages.folders import Run, project_root
from workbench.runs.stages.params import RunParams, latest_day

if TYPE_CHECKING:
    from workbench.model import Saved

ROUNDED = 4
PATHS = ("reasons", "corrections")
"""Rules that name a file; the model does not record where it lay."""


def score(params: RunParams, *, model: Path | None = None) -> pd.DataFrame:
    """Return every customer's scores on the day of the parameters, by the model of the run of that name, or ``model``.

    The source is loaded as it is now, features are built as in a run, nothing is trained. Where customers differ from
    those the model learned from, the level is damped as in a run. Columns as of ``score_customers``.

    Raises DataError where there is no model, or one of other features or settings, each named; SettingError for a day
    outside the data.
    """
    from workbench.features import dictionary, read_own, read_words  # seconds that no other command needs
    from workbench.label import states
    from workbench.model import adjust, read_model, score_customers

    saved = read_model(model or Run(params.run_name, staging="").derived / "model")
    _check_settings(saved, params)
    root = project_root()
    crm = load_tables(root / params.source)
    at = moment(latest_day(crm.facts) if params.as_of == "latest" else params.as_of)
    check_current(crm.facts, at)
    own = read_own(str(root / params.own_features) if params.own_features else "")
    panel = _panel(crm, at, own, params)
    saved.check_features(panel)
    rules = params.rules | {name: root / params.rules[name] for name in PATHS if name in params.rules}
    known = states(crm.known_at(at), at, **rules).to_pandas()
    words = read_words(dictionary(own, crm))
    scores = score_customers(saved.model, panel, known, as_of=at, words=words, kinds=saved.kinds)
    scores = adjust(scores, panel, saved.model, saved.learned, words).scores
    return scores.sort_values("churn_probability", ascending=False, ignore_index=True)


def _panel(crm: Crm, at: datetime, own: Any, params: RunParams) -> pd.DataFrame:
    from workbench.features import build_categories, feature_batches

    (batch,) = feature_batches(crm, [at], own=own, leave_out=params.leave_out)
    categories = build_categories(crm, [at], leave_out=params.leave_out).to_pandas()
    return batch.to_pandas().merge(categories, on=KEY, how="left")


def _check_settings(saved: Saved, params: RunParams) -> None:
    now = {**params.rules, "horizon_days": params.horizon_days}
    trained = saved.manifest.get("settings") or {}
    differ = [f"{name} {now[name]} (the model: {value})" for name, value in trained.items() if now.get(name) != value]
    if differ:
        raise DataError(
            f"the model was trained with other rules than these parameters state: {', '.join(differ)}. "
            "Use the parameters of its run, or train again."
        )


def write_scores(scores: pd.DataFrame, path: Path) -> None:
    """Write scores as CSV, for a CRM. Raises SettingError where that cannot be."""
    from workbench.report import harmless, harmless_id  # loads matplotlib, which no other command needs

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shown = scores.round({c: ROUNDED for c in scores if str(c).endswith("_probability")})
        text = [c for c in shown.columns if pd.api.types.is_string_dtype(shown[c])]
        shown[text] = shown[text].map(harmless)
        shown["customer_id"] = scores["customer_id"].map(harmless_id)
        shown.to_csv(path, index=False, encoding="utf-8-sig")
    except OSError as problem:
        raise SettingError(f"{path} cannot be written ({problem.strerror}); name another place.") from None
