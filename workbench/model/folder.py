"""A model's folder, safe to share: xgboost's own JSON and a manifest, nothing that runs code when read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import DataError
from workbench.model.card import model_card
from workbench.model.estimators import Model, from_dict
from workbench.model.kinds import Kinds, kinds_from
from workbench.model.learned import Learned, from_plain
from workbench.model.trial import Trial
from workbench.model.verdict import as_json, as_records

FORMAT = 2
MODEL_FILE, MANIFEST, CARD = "model.json", "manifest.json", "model_card.md"
TITLES = {"auc": "AUC", "gain": "gain in log-loss over the best baseline"}


@dataclass(frozen=True)
class Saved:
    """A model read back: what scores, its kinds if any, and the manifest."""

    model: Model
    kinds: Kinds | None
    manifest: dict[str, Any]
    learned: Learned

    def __repr__(self) -> str:
        return "\n".join([f"Saved model: {self._heading}", *(f"  {name}: {value}" for name, value in self._figures)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td style='text-align: left'>{escape(value)}</td></tr>"
            for name, value in self._figures
        )
        return f"<p>Saved model: {escape(self._heading)}</p><table>{rows}</table>"

    @property
    def _heading(self) -> str:
        return str(self.manifest.get("scored_by", type(self.model).__name__))

    @property
    def _figures(self) -> list[tuple[str, str]]:
        """The verdict, the figures it rests on where anything was tested, and what was learned from."""
        verdict = self.manifest.get("verdict") or {}
        known = [("verdict", f"{verdict['word']}: {verdict['sentence']}")] if verdict else []
        for title, form in {"auc": ".3f", "gain": "+.4f"}.items():
            found = verdict.get(title) or {}
            if found.get("value") is not None:
                low, high = (format(found[side], form) for side in ("low", "high"))
                known.append((TITLES[title], f"{found['value']:{form}} (95 %: {low} to {high})"))
        known.append(("learned from", f"{self.manifest['n_rows']:,} rows, {self.manifest['n_lost']:,} lost"))
        tested_on = self.manifest["tested_on"]
        return [*known, ("tested on", tested_on)] if tested_on else known

    def check_features(self, panel: pd.DataFrame) -> None:
        """Raise DataError naming the features that the model reads and the panel lacks."""
        missing = sorted({*_reads(self.model, self.kinds)} - {*panel.columns})
        if missing:
            raise DataError(
                f"the model reads features that are not in this panel: {', '.join(missing)}. Build the features it was "
                "trained on, or train anew."
            )


def write_model(
    folder: str | Path,
    model: Model,
    *,
    kinds: Kinds | None,
    trial: Trial,
    rows: pd.DataFrame,
    tested_on: datetime | None = None,
    settings: Mapping[str, Any] | None = None,
    learned: Learned = Learned(),  # noqa: B008 - frozen
) -> None:
    """Write ``model.json`` (every number of the model), ``manifest.json`` and ``model_card.md`` into ``folder``.

    The manifest holds: format, scored_by, kinds, verdict, calibration, features read, trained_on (snapshots), n_rows,
    n_lost, tested_on (a day), ``settings``: horizon_days and the rules of who is lost, which scoring must share; and
    ``learned``: how the features lay, as counts, so that scoring notices customers who differ.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    content = {"model": model.as_dict(), "kinds": kinds.as_dict() if kinds else None}
    (folder / MODEL_FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "scored_by": trial.chosen,
        "kinds": list(kinds.models) if kinds else [],
        "verdict": as_json(trial.verdict),
        "calibration": as_records(trial.calibration),
        "features": _reads(model, kinds),
        "trained_on": [f"{t:%Y-%m-%d}" for t in sorted(rows["as_of"].unique())],
        "n_rows": len(rows),
        "n_lost": int(rows["silent"].sum()),
        "tested_on": f"{tested_on:%Y-%m-%d}" if tested_on else None,
        "settings": dict(settings or {}),
        "learned": learned.as_dict(),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    (folder / CARD).write_text(model_card(manifest), encoding="utf-8")


def _reads(model: Model, kinds: Kinds | None) -> list[str]:
    """Return the features that the model and those of its kinds read, each once."""
    models = [model, *(kinds.models.values() if kinds else ())]
    return list(dict.fromkeys(c for m in models for c in m.columns))


def read_model(folder: str | Path) -> Saved:
    """Return the model that :func:`write_model` wrote into ``folder``.

    Raises DataError where there is none, or one of another format.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise DataError(f"{folder} holds no {MANIFEST}; run notebook 04, or name the folder of a model.")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest.get("format") != FORMAT:
        raise DataError(f"{folder / MANIFEST}: format {manifest.get('format')} is not {FORMAT}; train the model anew.")
    content = json.loads((folder / MODEL_FILE).read_text(encoding="utf-8"))
    kinds = kinds_from(content["kinds"]) if content["kinds"] else None
    return Saved(from_dict(content["model"]), kinds, manifest, from_plain(manifest["learned"]))
