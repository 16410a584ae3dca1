"""A calibrated model of who buys nothing within the horizon, and the honest baselines it must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from xgboost import DMatrix, XGBClassifier, cv

from workbench.crm import KEY
from workbench.errors import DataError, SettingError
from workbench.stats import Floats

MODEL = "gradient boosting, calibrated"
RULES = {
    "days_since_order": "silence rule (days since last order)",
    "days_since_event": "silence rule (days since last use)",
    "n_orders": "frequency rule (number of orders)",
    "n_events_90d": "frequency rule (uses in 90 days)",
}
RFM = [
    ("days_since_order", "days_since_event"),
    ("n_orders", "n_events_90d"),
    ("net_revenue", "invoiced_90d"),
    ("tenure_days", "subscription_days"),
]
"""Recency, frequency, money and tenure: of orders, or of subscriptions; the better known one is taken."""
BASE_RATE = "base rate (the same for all)"
LOGISTIC = "logistic regression (recency, frequency, money, tenure)"
OUTCOME = ["at_risk", "silent"]
FOLDS = 5
MOST_TREES = 500
PATIENCE = 20
"""Boosting ends when so many trees more have not lowered the log-loss of customers left out."""
LEAK_AUC = 0.95
FEWEST_LOST = 20
"""Fewer departures than this in training leave nothing to learn from."""


@dataclass(frozen=True)
class Model:
    """A fitted estimator and the feature columns it reads."""

    estimator: Any
    columns: list[str]

    def probability(self, panel: pd.DataFrame) -> Floats:
        """Return each row's probability (0 to 1) of buying nothing within the horizon."""
        return np.asarray(self.estimator.predict_proba(panel[self.columns])[:, 1], dtype=float)


def feature_columns(panel: pd.DataFrame) -> list[str]:
    """Return the panel's usable feature columns: all but key and outcome, less those empty or constant.

    >>> feature_columns(pd.DataFrame({"customer_id": ["a", "b"], "as_of": [1, 1], "n": [1, 2], "same": [3, 3]}))
    ['n']
    """
    return [c for c in panel.columns if c not in {*KEY, *OUTCOME} and panel[c].max() > panel[c].min()]


def outcomes(labels: pd.DataFrame, returns: pd.DataFrame) -> pd.DataFrame:
    """Return customer_id, as_of, at_risk, silent: 1 for who bought nothing in the window, at risk and lapsed alike.

    One model learns from both: for those at risk silence is churn, for the lapsed it is not returning.
    """
    at_risk = labels[KEY].assign(at_risk=True, silent=labels["churned"].astype(float))
    lapsed = returns[KEY].assign(at_risk=False, silent=1 - returns["returned"].astype(float))
    both = pd.concat([part for part in (at_risk, lapsed) if len(part)])
    return both.sort_values(KEY, ignore_index=True)  # so that folds and draws do not depend on the rows' order


def split_last(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the earlier snapshots for training and the last for testing.

    Raises SettingError when there are fewer than two, or too few departures to learn from.
    """
    moments = sorted(rows["as_of"].unique())
    if len(moments) < 2:
        raise SettingError(
            f"training needs two labelled snapshots, there {'is one' if moments else 'are none'}: "
            "choose a later as_of, a shorter horizon_days or a shorter inactive_days."
        )
    train, test = rows[rows["as_of"] < moments[-1]], rows[rows["as_of"] == moments[-1]]
    at_risk = train[train["at_risk"]]
    lost, stayed = at_risk["silent"].sum(), (1 - at_risk["silent"]).sum()
    if min(lost, stayed) < FEWEST_LOST:
        raise DataError(
            f"at the training snapshots {lost:.0f} customers at risk left or bought nothing and {stayed:.0f} stayed; "
            f"{FEWEST_LOST} of each are needed. Choose a later as_of or another horizon_days."
        )
    return train, test


def check_leaks(rows: pd.DataFrame, columns: list[str]) -> None:
    """Raise DataError naming every column that alone tells the outcome too well to have been known before it."""
    rows = rows[rows["at_risk"]]  # long-lapsed customers are told by silence alone, and rightly so
    told = rows["silent"].to_numpy()
    if len(set(told)) < 2:
        return
    telling = {c: _one_column_auc(told, rows[c]) for c in columns}
    leaks = [f"{c} (AUC {a:.3f})" for c, a in telling.items() if a >= LEAK_AUC]
    if leaks:
        raise DataError(
            f"columns that look like the answer: {', '.join(leaks)}. Alone they tell who leaves; take them out, "
            "or show that they were known at the snapshot."
        )


def _one_column_auc(outcome: Floats, column: pd.Series) -> float:
    empty = column.isna().to_numpy()
    views = [column.fillna(column.median()).fillna(0), *([empty] if empty.any() else [])]
    areas = [roc_auc_score(outcome, values) for values in views]
    return float(max(max(a, 1 - a) for a in areas))


def fit(name: str, rows: pd.DataFrame, columns: list[str], *, seed: int) -> Model:
    """Return the model of that name (``MODEL`` or a baseline's) fitted on the rows."""
    return fit_model(rows, columns, seed=seed) if name == MODEL else fit_baselines(rows)[name]


def fit_model(rows: pd.DataFrame, columns: list[str], *, seed: int) -> Model:
    """Return shallow gradient boosting, of as many trees as cross-fitting finds best, its log-odds calibrated by it.

    All snapshots of a customer stay in one fold, so neither is judged on a customer it was fitted on.
    """
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    splits = list(folds.split(rows[columns], rows["silent"], rows["customer_id"]))
    boosting = _boosting(seed)
    told = cv(
        boosting.get_xgb_params() | {"eval_metric": "logloss"},
        DMatrix(rows[columns], rows["silent"]),
        num_boost_round=MOST_TREES,
        folds=splits,
        early_stopping_rounds=PATIENCE,
    )
    boosting.set_params(n_estimators=len(told))
    calibrated = CalibratedClassifierCV(boosting, method="sigmoid", cv=splits, ensemble=False)
    return Model(calibrated.fit(rows[columns], rows["silent"]), columns)


def fit_baselines(rows: pd.DataFrame) -> dict[str, Model]:
    """Return the baselines fitted on the same rows; each is calibrated by nature."""
    at_risk = rows[rows["at_risk"]]
    same = DummyClassifier(strategy="prior").fit(at_risk[[]], at_risk["silent"])
    fitted = {
        name: Model(_logistic().fit(rows[columns], rows["silent"]), columns)
        for name, columns in baseline_columns(rows).items()
    }
    return {BASE_RATE: Model(same, []), **fitted}


def baseline_columns(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return each baseline's columns: a silence rule, a frequency rule and a logistic regression on both and more.

    >>> columns = baseline_columns(pd.DataFrame({"days_since_event": [3.0, 9.0], "n_orders": [1.0, 4.0]}))
    >>> for name in columns: print(name, columns[name])
    silence rule (days since last use) ['days_since_event']
    frequency rule (number of orders) ['n_orders']
    logistic regression (recency, frequency, money, tenure) ['days_since_event', 'n_orders']
    """
    known = [[c for c in pair if c in feature_columns(rows)] for pair in RFM]
    best = [max(pair, key=lambda c: rows[c].count()) for pair in known if pair]
    return {**{RULES[c]: [c] for c in best if c in RULES}, LOGISTIC: best}


def contributions(model: Model, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each feature adds to each row's log-odds of silence: rows as given, one column per feature.

    Exact TreeSHAP (Lundberg et al. 2020) for boosting; coefficient times distance from the mean for a logistic model.
    """
    if isinstance(model.estimator, CalibratedClassifierCV):
        boosted = model.estimator.calibrated_classifiers_[0].estimator.get_booster()
        added = boosted.predict(DMatrix(rows[model.columns]), pred_contribs=True)[:, :-1]
    elif isinstance(model.estimator, DummyClassifier):
        added = np.zeros((len(rows), 0))
    else:
        added = model.estimator[:-1].transform(rows[model.columns]) * model.estimator[-1].coef_[0]
    return pd.DataFrame(added, index=rows.index, columns=model.columns)


class _Boosting(XGBClassifier):
    """Boosting that tells its log-odds, so that they are calibrated: a sigmoid of probabilities bends honest ones."""

    def decision_function(self, rows: pd.DataFrame) -> Floats:
        return np.asarray(self.predict(rows, output_margin=True), dtype=float)


def _boosting(seed: int) -> _Boosting:
    return _Boosting(
        max_depth=3,
        learning_rate=0.05,
        subsample=0.8,
        colsample_bytree=0.5,
        min_child_weight=5,  # at 5 % churn a leaf of a hundred customers; 20 hid what only some of them show
        n_jobs=1,  # threads that wait for a busy core made one fit 25 times slower on a loaded server
        random_state=seed,
    )


def _logistic() -> Any:
    return make_pipeline(
        FunctionTransformer(_signed_log), SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression()
    )


def _signed_log(values: pd.DataFrame) -> pd.DataFrame:
    return values.apply(lambda column: np.sign(column) * np.log1p(np.abs(column)))
