"""A model's folder, safe to share: xgboost's own JSON and a manifest, nothing that runs code when read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import DataError
from workbench.model.estimators import Model, from_dict
from workbench.model.kinds import Kinds, kinds_from
from workbench.model.trial import Trial
from workbench.model.verdict import as_json

FORMAT = 1
MODEL_FILE, MANIFEST = "model.json", "manifest.json"


@dataclass(frozen=True)
class Saved:
    """A model read back: what scores, its kinds if any, and the manifest."""

    model: Model
    kinds: Kinds | None
    manifest: dict[str, Any]

    def check_features(self, panel: pd.DataFrame) -> None:
        """Raise DataError naming the features that the model reads and the panel lacks."""
        reads = {
            *self.model.columns,
            *(c for m in (self.kinds.models.values() if self.kinds else ()) for c in m.columns),
        }
        missing = sorted(reads - {*panel.columns})
        if missing:
            raise DataError(
                f"the model reads features that are not in this panel: {', '.join(missing)}. Build the features it was "
                "trained on, or train anew."
            )


def write_model(folder: Path, model: Model, *, kinds: Kinds | None, trial: Trial, rows: pd.DataFrame) -> None:
    """Write ``model.json`` (every number of the model) and ``manifest.json`` (what it is and rests on) into ``folder``.

    The manifest holds: format, scored_by, verdict, features read, trained_on (snapshots), n_rows and n_lost.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = {"model": model.as_dict(), "kinds": kinds.as_dict() if kinds else None}
    (folder / MODEL_FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "scored_by": trial.chosen,
        "verdict": as_json(trial.verdict),
        "features": model.columns,
        "trained_on": [f"{t:%Y-%m-%d}" for t in sorted(rows["as_of"].unique())],
        "n_rows": len(rows),
        "n_lost": int(rows["silent"].sum()),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def read_model(folder: Path) -> Saved:
    """Return the model that :func:`write_model` wrote into ``folder``.

    Raises DataError where there is none, or one of another format.
    """
    if not (folder / MANIFEST).is_file():
        raise DataError(f"{folder} holds no {MANIFEST}; run notebook 04, or name the folder of a model.")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest.get("format") != FORMAT:
        raise DataError(f"{folder / MANIFEST}: format {manifest.get('format')} is not {FORMAT}; train the model anew.")
    content = json.loads((folder / MODEL_FILE).read_text(encoding="utf-8"))
    kinds = kinds_from(content["kinds"]) if content["kinds"] else None
    return Saved(from_dict(content["model"]), kinds, manifest)
