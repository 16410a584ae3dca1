"""A model's folder is plain JSON and gives back the same model."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError
from workbench.model.estimators import Constant, Logistic
from workbench.model.folder import read_model, write_model
from workbench.model.trial import Trial
from workbench.model.verdict import Verdict, untested
from workbench.stats import Estimate

MODEL = Logistic(["n"], [0.0], [1.0], [2.0], [0.5], -1.0)


def written(folder: Path, model: Logistic | Constant = MODEL) -> Path:
    nothing = pd.DataFrame()
    trial = Trial(np.array([]), {}, nothing, nothing, untested("too few", "base"), "base", {})
    rows = pd.DataFrame({"as_of": pd.to_datetime(["2024-01-01"]), "silent": [1.0]})
    write_model(folder, model, kinds=None, trial=trial, rows=rows)
    return folder


def test_a_model_comes_back_as_it_was_written(tmp_path: Path) -> None:
    saved = read_model(written(tmp_path))
    assert (saved.model, saved.kinds) == (MODEL, None)
    assert saved.manifest["trained_on"] == ["2024-01-01"]


def test_the_folder_holds_nothing_but_json_and_a_card(tmp_path: Path) -> None:
    written(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "model.json", "model_card.md"]
    for path in tmp_path.glob("*.json"):
        json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_card_says_what_was_learned_when_it_was_tested_and_what_it_is_not_for(tmp_path: Path) -> None:
    calibration = pd.DataFrame({"predicted": [0.1], "observed": [0.2], "low": [0.1], "high": [0.3], "n": [50]})
    found = Verdict(
        "not better", "It shows who leaves.", "rule", Estimate(0.7, 0.6, 0.8, 50), Estimate(0, -1, 1, 50), 0.1
    )
    trial = Trial(np.array([]), {}, pd.DataFrame(), calibration, found, "a model", {})
    rows = pd.DataFrame({"as_of": pd.to_datetime(["2024-01-01", "2024-04-01"]), "silent": [1.0, 0.0]})
    about = {"tested_on": pd.Timestamp("2024-04-01"), "settings": {"horizon_days": 60, "inactive_days": 45}}
    write_model(tmp_path, MODEL, kinds=None, trial=trial, rows=rows, **about)
    card = (tmp_path / "model_card.md").read_text()
    for words in (
        "# Model card: a model", "within 60 days", "inactive_days 45", "2 snapshots from 2024-01-01 to 2024-04-01",
        "Tested on 2024-04-01", "AUC 0.700", "| 10.0% | 20.0% | 10.0% to 30.0% | 50 |", "not surely better",
    ):  # fmt: skip
        assert words in card
    shown = read_model(tmp_path)
    for form in (repr(shown), shown._repr_html_()):
        assert "not better: It shows who leaves." in form
        assert "0.700 (95 %: 0.600 to 0.800)" in form
        assert "2 rows, 1 lost" in form


def test_another_feature_set_is_refused_by_name(tmp_path: Path) -> None:
    saved = read_model(written(tmp_path))
    saved.check_features(pd.DataFrame({"n": [1.0]}))
    with pytest.raises(DataError, match="not in this panel: n"):
        saved.check_features(pd.DataFrame({"m": [1.0]}))


def test_no_model_and_another_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no manifest"):
        read_model(tmp_path)
    manifest = written(tmp_path) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 2', '"format": 0'))
    with pytest.raises(DataError, match="format 0 is not 2"):
        read_model(tmp_path)
