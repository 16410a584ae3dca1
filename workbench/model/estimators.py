"""What gives a probability: the same for all, a logistic regression, or calibrated boosting; all plain numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.model.examples import is_text
from workbench.stats import Floats

if TYPE_CHECKING:
    from xgboost import DMatrix


PREDICTED_TOGETHER = 100_000
_SIGNS = str.maketrans("[]<", "()‹")


class Model(Protocol):
    """What every fitted model can do."""

    @property
    def columns(self) -> list[str]:
        """The feature columns it reads."""

    def probability(self, panel: pd.DataFrame) -> Floats:
        """Return each row's probability (0 to 1) of buying nothing, or leaving, within the horizon."""

    def contributions(self, panel: pd.DataFrame) -> pd.DataFrame:
        """Return what each feature adds to each row's log-odds: rows as given, one column per feature."""

    def as_dict(self) -> dict[str, Any]:
        """Return the whole model as plain values."""


@dataclass(frozen=True)
class Constant:
    """One probability for all rows."""

    share: float
    columns: list[str] = field(default_factory=list)

    def probability(self, panel: pd.DataFrame) -> Floats:
        """Return the same probability for each row."""
        return np.full(len(panel), self.share)

    def contributions(self, panel: pd.DataFrame) -> pd.DataFrame:
        """Return no columns: nothing sets one row apart from another."""
        return pd.DataFrame(index=panel.index)

    def as_dict(self) -> dict[str, Any]:
        """Return the whole model as plain values."""
        return {"form": "constant", **asdict(self)}


@dataclass(frozen=True)
class Logistic:
    """Log-odds linear in each column's signed logarithm, centred and scaled; the median stands for what is empty."""

    columns: list[str]
    filling: list[float]
    centre: list[float]
    spread: list[float]
    weights: list[float]
    intercept: float

    def __repr__(self) -> str:
        return f"Logistic regression of {len(self.columns)} features"

    def probability(self, panel: pd.DataFrame) -> Floats:
        """Return each row's probability."""
        return _sigmoid(self.log_odds(panel))

    def log_odds(self, panel: pd.DataFrame) -> Floats:
        """Return each row's log-odds; columns without a weight, most of a sparse model, are not read."""
        weights = np.array(self.weights)
        weighing = np.flatnonzero(weights)
        filling, centre, spread = (np.array(each)[weighing] for each in (self.filling, self.centre, self.spread))
        logged = signed_log(panel[[self.columns[place] for place in weighing]], list(filling))
        odds: Floats = (logged - centre) / spread @ weights[weighing] + self.intercept
        return odds

    def contributions(self, panel: pd.DataFrame) -> pd.DataFrame:
        """Return coefficient times distance from the mean."""
        scaled = signed_log(panel[self.columns], self.filling)
        scaled -= self.centre
        scaled /= self.spread
        scaled *= self.weights
        return pd.DataFrame(scaled, index=panel.index, columns=self.columns)

    def as_dict(self) -> dict[str, Any]:
        """Return the whole model as plain values."""
        return {"form": "logistic", **asdict(self)}


@dataclass(frozen=True)
class Boosted:
    """Gradient boosting whose log-odds were calibrated by a line: intercept + slope × margin.

    ``categories`` are the known values of each text column, in order; any other value counts as empty. ``shape`` names
    the form of its trees.
    """

    columns: list[str]
    categories: dict[str, list[str]]
    shape: str
    booster: Any
    slope: float
    intercept: float

    def __repr__(self) -> str:
        return (
            f"Boosted trees ({self.shape}) of {len(self.columns)} features, {len(self.categories)} of them categories"
        )

    def probability(self, panel: pd.DataFrame) -> Floats:
        """Return each row's calibrated probability."""
        margin = self._predicted(panel, np.empty(len(panel), np.float32), output_margin=True)
        return _sigmoid(self.intercept + self.slope * margin)

    def contributions(self, panel: pd.DataFrame) -> pd.DataFrame:
        """Return exact TreeSHAP values (Lundberg et al. 2020) of the calibrated log-odds."""
        added = np.empty((len(panel), len(self.columns) + 1), np.float32)
        added = self._predicted(panel, added, pred_contribs=True)[:, :-1]
        added *= self.slope  # in place: the numbers of a million customers are a gigabyte
        return pd.DataFrame(added, index=panel.index, columns=self.columns)

    def as_dict(self) -> dict[str, Any]:
        """Return the whole model as plain values, the trees in xgboost's own JSON."""
        trees = json.loads(self.booster.save_raw("json"))
        plain = {"columns": self.columns, "categories": self.categories, "shape": self.shape, "slope": self.slope}
        return {"form": "boosted", **plain, "intercept": self.intercept, "trees": trees}

    def _predicted(self, panel: pd.DataFrame, found: NDArray[np.float32], **what: bool) -> NDArray[np.float32]:
        """Fill in what the trees give for each row, some rows at a time: xgboost's own copy takes 8 bytes a value."""
        for start in range(0, len(panel), PREDICTED_TOGETHER):
            some = slice(start, start + PREDICTED_TOGETHER)
            rows = matrix(panel.iloc[some][self.columns], self.categories)
            found[some] = self.booster.predict(rows, **what)
        return found


def from_dict(content: dict[str, Any]) -> Model:
    """Return the model that ``as_dict`` of one returned."""
    content = dict(content)
    form = content.pop("form")
    if form == "boosted":
        from xgboost import Booster

        booster = Booster()
        # xgboost takes an escaped letter for the six signs it is written with.
        booster.load_model(bytearray(json.dumps(content.pop("trees"), ensure_ascii=False), "utf-8"))
        return Boosted(booster=booster, **content)
    return {"constant": Constant, "logistic": Logistic}[form](**content)


def known_categories(panel: pd.DataFrame, *, fewest: int = 20) -> dict[str, list[str]]:
    """Return the values of each text column that at least ``fewest`` rows have, in alphabetical order.

    >>> known_categories(pd.DataFrame({"plan": ["pro", "pro", "basic"], "n": [1, 2, 3]}), fewest=2)
    {'plan': ['pro']}
    """
    counts = {str(c): panel[c].value_counts() for c in panel if is_text(panel[c])}
    return {c: sorted(str(value) for value in n[n >= fewest].index) for c, n in counts.items()}


def matrix(features: pd.DataFrame, categories: dict[str, list[str]]) -> DMatrix:
    """Return the features as xgboost reads them to predict, text as codes of its categories."""
    from xgboost import DMatrix

    return DMatrix(_coded(features, categories), enable_categorical=bool(categories), nthread=1)


def binned(
    features: pd.DataFrame,
    categories: dict[str, list[str]],
    outcome: Floats,
    weight: Floats,
    *,
    like: DMatrix | None = None,
) -> DMatrix:
    """Return the features as xgboost learns from them: of each value the bin it lies in, one byte instead of eight.

    The bins are those of ``like`` where it is given.
    """
    from xgboost import QuantileDMatrix

    text = bool(categories)
    return QuantileDMatrix(
        _coded(features, categories), outcome, weight=weight, enable_categorical=text, nthread=1, ref=like
    )


def _coded(features: pd.DataFrame, categories: dict[str, list[str]]) -> pd.DataFrame:
    """Return text as codes, and titles without the signs that xgboost refuses in a name.

    Of a text without a known value, as a column of names is, all rows are empty; xgboost fails without any category.
    """
    text = {
        c: pd.Categorical(features[c].astype("object").where(features[c].isin(known)), categories=known or [""])
        for c, known in categories.items()
    }
    coded = features.assign(**text) if text else features
    titles = [str(name).translate(_SIGNS) for name in coded]
    return coded if titles == [*coded] else coded.set_axis(titles, axis=1)


def signed_log(values: pd.DataFrame, filling: list[float]) -> Floats:
    """Return sign × log(1 + size) of each value, what is empty replaced by ``filling`` (in logarithms)."""
    logged = values.to_numpy(dtype=float, copy=True)
    size = np.abs(logged)
    np.copysign(np.log1p(size, out=size), logged, out=logged)
    np.copyto(logged, np.array(filling), where=np.isnan(logged))
    return logged


def _sigmoid(odds: NDArray[Any]) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(odds), dtype=float)
