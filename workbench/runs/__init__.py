"""A run: its parameters, stage tables, folders, and the notebooks executed in order.

Each name is imported when first used: what a command does not need would cost it three seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench import imports_listed

if TYPE_CHECKING:
    from workbench.runs.alerting import alert_file as alert_file
    from workbench.runs.alerting import preview_alerts as preview_alerts
    from workbench.runs.alerting import report_alerts as report_alerts
    from workbench.runs.alerting import report_failure as report_failure
    from workbench.runs.all_runs import history as history
    from workbench.runs.comparison import compare as compare
    from workbench.runs.comparison import compare_runs as compare_runs
    from workbench.runs.comparison import comparison_json as comparison_json
    from workbench.runs.comparison import comparison_text as comparison_text
    from workbench.runs.drafts import open_run as open_run
    from workbench.runs.drafts import publish_draft as publish_draft
    from workbench.runs.folders import Run as Run
    from workbench.runs.folders import project_root as project_root
    from workbench.runs.folders import published_run as published_run
    from workbench.runs.folders import resolve_file as resolve_file
    from workbench.runs.folders import run_names as run_names
    from workbench.runs.one_customer import customer as customer
    from workbench.runs.overview import COLUMNS as COLUMNS
    from workbench.runs.overview import run_rows as run_rows
    from workbench.runs.params import FILES as FILES
    from workbench.runs.params import RunParams as RunParams
    from workbench.runs.params import check as check
    from workbench.runs.params import described as described
    from workbench.runs.params import resolve_today as resolve_today
    from workbench.runs.progress import Stage as Stage
    from workbench.runs.run_command import from_here as from_here
    from workbench.runs.run_command import run_notebooks as run_notebooks
    from workbench.runs.scoring import score as score
    from workbench.runs.scoring import write_scores as write_scores
    from workbench.runs.server import reports_server as reports_server
    from workbench.runs.thresholds import LabelChoices as LabelChoices
    from workbench.runs.thresholds import label_choices as label_choices
    from workbench.runs.thresholds import what_if as what_if
    from workbench.runs.using import from_cell as from_cell
    from workbench.runs.using import read_params as read_params
    from workbench.runs.using import save_params as save_params
    from workbench.runs.using import use as use
else:
    _HOME = imports_listed(__file__)

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOME[name]), name)
