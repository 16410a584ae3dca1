"""The verbs an analyst types; ``import workbench as wb``. Each is imported when first used, so importing is instant."""

import ast
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the list of verbs, for editors and for the lines below
    from workbench.actions import (
        LISTS,
        Limits,
        all_customers,
        contact_list,
        effort_by_segment,
        health_list,
        health_report,
        holdout_power,
        make_lists,
        read_alerts,
        read_health,
        read_playbook,
        win_back_list,
    )
    from workbench.check import check_crm, check_source, write_page, write_refused
    from workbench.contract import dictionary
    from workbench.crm import check_current, load_tables, monthly_activity, past_snapshots, read_crm, write_crm
    from workbench.demo import simulate
    from workbench.engines import traceback
    from workbench.features import FEATURES, Aggregate, Feature, build_features, read_own, unknown_windows
    from workbench.label import (
        Rules,
        churn_events,
        closed_by_rules,
        disagreements,
        label_churn,
        label_returns,
        lives,
        renewals_due,
        states,
        unsettled_departures,
    )
    from workbench.metrics import (  # type: ignore[no-redef]  # a module there is named as its verb
        BusinessHours,
        Metric,
        activation_by_cohort,
        activation_rate,
        advocates,
        avoidable_split,
        buyer_value,
        buyer_value_by_segment,
        by_segment,
        campaign_effects,
        cancelled_after_service,
        chance_of_return,
        change_of_rate,
        churn_by_period,
        churn_rate,
        cohort_activity,
        cohort_retention,
        cohorts,
        comeback_curve,
        comment_themes,
        compare_labels,
        contact_by_agent,
        contact_pressure,
        csat,
        cumulative_incidence,
        customer_bridge,
        customer_value,
        departures_by_reason,
        ease_by_channel,
        first_response,
        fit_purchases,
        fit_spending,
        follow_lives,
        goals_reached,
        gross_revenue_retention,
        inactivity_threshold,
        kinds_by_month,
        life_cohorts,
        lifetime_value,
        logrank,
        mix_and_rate,
        movements,
        mrr,
        mrr_bridge,
        mrr_movements,
        net_revenue_retention,
        new_products_tried,
        nps,
        opt_outs,
        psi,
        purchase_history,
        read_themes,
        referrals,
        referrers,
        renewal_churn,
        repeat_purchase_rate,
        rescale,
        resolution,
        retention_rate,
        return_rate,
        revenue_cohorts,
        silences,
        stickiness,
        survival_curves,
        survival_summary,
        time_to_react,
        transfers,
        winning_and_keeping,
    )
    from workbench.model import (
        Money,
        MoneyBasis,
        auc,
        calibration_bins,
        check_leaks,
        choose,
        drivers,
        feature_columns,
        fit,
        fit_baselines,
        fit_kinds,
        fit_model,
        judge,
        judge_kinds,
        kind_drivers,
        money_basis,
        money_curves,
        more_snapshots,
        outcomes,
        read_model,
        reasons,
        score_customers,
        sensitivity,
        split_last,
        try_models,
        write_model,
    )
    from workbench.propose import propose_source, write_source
    from workbench.report import draw, quick, show, write_quick, write_report
    from workbench.runs import (
        compare,
        compare_runs,
        customer,
        from_cell,
        history,
        open_run,
        project_root,
        save_params,
        use,
        what_if,
    )
    from workbench.runs.live.controls import health_controls, label_controls, offer_controls, segment_editor
    from workbench.runs.live.large_tables import table
    from workbench.segments import (  # type: ignore[no-redef]
        check_segments,
        customer_base,
        entered_and_left,
        own_segments,
        read_segments,
        segment_moves,
        segment_report,
    )
    from workbench.sources import read_source


def imports_listed(file: str) -> dict[str, str]:
    """Return the home of each name that a package imports for editors alone, as it is imported when first used."""
    parsed = ast.parse(Path(file).read_text(encoding="utf-8"))
    (listed,) = [node for node in parsed.body if isinstance(node, ast.If)]
    return {verb.name: node.module for node in listed.body for verb in node.names}  # type: ignore[attr-defined]


_HOME = imports_listed(__file__)

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        near = [] if name.startswith("_") else get_close_matches(name, __all__, n=1)
        close = "".join(f"; did you mean {verb}?" for verb in near)
        raise import_module("workbench.errors").UnknownVerb(f"module 'workbench' has no attribute {name!r}{close}")
    verb = getattr(import_module(_HOME[name]), name)
    engines = import_module("workbench.engines")
    engines.show_tables()
    engines.shorten_errors()
    return verb


def __dir__() -> list[str]:
    return __all__
