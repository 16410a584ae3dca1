"""The verbs an analyst types; ``import workbench as wb``. Each is imported when first used, so importing is instant."""

from importlib import import_module
from typing import Any

_VERBS = {
    "actions": ["contact_list", "win_back_list"],
    "activity": ["monthly_activity"],
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
    "label": [
        "Rules",
        "churn_events",
        "closed_by_rules",
        "disagreements",
        "label_churn",
        "label_returns",
        "lives",
        "renewals_due",
        "states",
    ],
    "load": ["load_tables", "read_crm", "write_crm"],
    "metrics": [
        "activation_by_cohort",
        "activation_rate",
        "avoidable_split",
        "by_segment",
        "chance_of_return",
        "change_of_rate",
        "churn_by_period",
        "churn_rate",
        "cohort_activity",
        "cohort_retention",
        "cohorts",
        "comeback_curve",
        "compare_labels",
        "csat",
        "cumulative_incidence",
        "customer_bridge",
        "departures_by_reason",
        "first_response",
        "follow_lives",
        "gross_revenue_retention",
        "inactivity_threshold",
        "kinds_by_month",
        "life_cohorts",
        "lifetime_value",
        "logrank",
        "Metric",
        "mix_and_rate",
        "movements",
        "mrr",
        "mrr_bridge",
        "mrr_movements",
        "net_revenue_retention",
        "nps",
        "psi",
        "renewal_churn",
        "repeat_purchase_rate",
        "rescale",
        "resolution",
        "retention_rate",
        "return_rate",
        "revenue_cohorts",
        "silences",
        "stickiness",
        "survival_curves",
        "survival_summary",
        "time_to_react",
    ],
    "params": ["from_cell"],
    "propose": ["propose_source", "write_source"],
    "report": ["write_report"],
    "run": ["open_run"],
    "segment": ["segment_report"],
    "snapshots": ["check_current", "past_snapshots"],
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
