"""The verbs an analyst types; ``import workbench as wb``. Each is imported when first used, so importing is instant."""

from importlib import import_module
from typing import Any

_VERBS = {
    "actions": ["contact_list", "win_back_list"],
    "check": ["check_crm", "check_source", "write_page", "write_refused"],
    "contract": ["dictionary"],
    "charts": ["draw"],
    "crm": ["check_current", "load_tables", "monthly_activity", "past_snapshots", "read_crm", "write_crm"],
    "demo": ["simulate"],
    "features": ["FEATURES", "Aggregate", "Feature", "build_features", "read_own", "unknown_windows"],
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
    "model": [
        "Money",
        "auc",
        "calibration_bins",
        "check_leaks",
        "choose",
        "compare",
        "drivers",
        "feature_columns",
        "fit",
        "fit_baselines",
        "fit_model",
        "judge",
        "outcomes",
        "reasons",
        "score_customers",
        "split_last",
    ],
    "propose": ["propose_source", "write_source"],
    "report": ["write_report"],
    "runs": ["from_cell", "open_run"],
    "segments": ["customer_base", "segment_report"],
    "sources": ["read_source"],
}
_HOME = {verb: module for module, verbs in _VERBS.items() for verb in verbs}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    return getattr(import_module(f"workbench.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
