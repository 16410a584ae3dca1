"""The verbs an analyst types; ``import workbench as wb``. Each is imported when first used, so importing is instant."""

from importlib import import_module
from typing import Any

_VERBS = {
    "actions": ["contact_list", "win_back_list"],
    "activity": ["monthly_activity"],
    "asof": ["check_current", "past_snapshots"],
    "check": ["check_crm", "check_source", "write_page", "write_refused"],
    "contract": ["dictionary"],
    "customers": ["customer_base", "score_customers"],
    "demo": ["simulate"],
    "evaluate": ["auc", "calibration_bins", "choose", "compare", "judge"],
    "explain": ["drivers", "reasons"],
    "features": ["FEATURES", "build_features", "unknown_windows"],
    "features.own": ["read_own"],
    "features.declare": ["Aggregate", "Feature"],
    "figures": ["draw"],
    "label": ["Rules", "churn_events", "label_churn", "label_returns", "lives", "states"],
    "load": ["load_tables", "read_crm", "write_crm"],
    "metrics": [
        "churn_by_period",
        "churn_rate",
        "cohort_retention",
        "cohorts",
        "movements",
        "repeat_purchase_rate",
        "retention_rate",
        "return_rate",
    ],
    "params": ["from_cell"],
    "propose": ["propose_source", "write_source"],
    "report": ["write_report"],
    "run": ["open_run"],
    "segment": ["segment_report"],
    "sources.source": ["read_source"],
    "train": ["check_leaks", "feature_columns", "fit", "fit_baselines", "fit_model", "outcomes", "split_last"],
    "value": ["Money"],
}
_HOME = {verb: module for module, verbs in _VERBS.items() for verb in verbs}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    return getattr(import_module(f"workbench.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
