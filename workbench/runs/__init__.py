"""A run: its parameters, stage tables, folders, and the notebooks executed in order.

Each name is imported when first used: what a command does not need would cost it three seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench import imports_listed

if TYPE_CHECKING:
    from workbench.runs.alerts.alerting import alert_file as alert_file
    from workbench.runs.alerts.alerting import preview_alerts as preview_alerts
    from workbench.runs.alerts.alerting import report_alerts as report_alerts
    from workbench.runs.alerts.alerting import report_failure as report_failure
    from workbench.runs.commands.run_command import from_here as from_here
    from workbench.runs.commands.run_command import run_notebooks as run_notebooks
    from workbench.runs.commands.scoring import score as score
    from workbench.runs.commands.scoring import write_scores as write_scores
    from workbench.runs.commands.server import reports_server as reports_server
    from workbench.runs.live.one_customer import customer as customer
    from workbench.runs.live.params_file import from_cell as from_cell
    from workbench.runs.live.params_file import read_params as read_params
    from workbench.runs.live.params_file import save_params as save_params
    from workbench.runs.live.params_file import use as use
    from workbench.runs.live.thresholds import LabelChoices as LabelChoices
    from workbench.runs.live.thresholds import label_choices as label_choices
    from workbench.runs.live.thresholds import what_if as what_if
    from workbench.runs.notebooks.kernel_server import started_early as started_early
    from workbench.runs.notebooks.progress import Stage as Stage
    from workbench.runs.publishing.comparison import compare as compare
    from workbench.runs.publishing.comparison import compare_runs as compare_runs
    from workbench.runs.publishing.comparison import comparison_json as comparison_json
    from workbench.runs.publishing.comparison import comparison_text as comparison_text
    from workbench.runs.publishing.drafts import open_run as open_run
    from workbench.runs.publishing.drafts import publish_draft as publish_draft
    from workbench.runs.publishing.overview import COLUMNS as COLUMNS
    from workbench.runs.publishing.overview import run_rows as run_rows
    from workbench.runs.publishing.run_history import history as history
    from workbench.runs.stages.folders import Run as Run
    from workbench.runs.stages.folders import project_root as project_root
    from workbench.runs.stages.folders import published_run as published_run
    from workbench.runs.stages.folders import resolve_file as resolve_file
    from workbench.runs.stages.folders import run_names as run_names
    from workbench.runs.stages.params import FILES as FILES
    from workbench.runs.stages.params import RunParams as RunParams
    from workbench.runs.stages.params import check as check
    from workbench.runs.stages.params import described as described
    from workbench.runs.stages.params import resolve_today as resolve_today
else:
    _HOME = imports_listed(__file__)

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOME[name]), name)
