"""A run: its parameters, stage tables, folders, and the notebooks executed in order."""

from workbench.runs.all_runs import history as history
from workbench.runs.backfill import backfill as backfill
from workbench.runs.comparison import compare_runs as compare_runs
from workbench.runs.comparison import comparison_json as comparison_json
from workbench.runs.comparison import comparison_text as comparison_text
from workbench.runs.execute import RunFailure as RunFailure
from workbench.runs.execute import Stage as Stage
from workbench.runs.execute import execute as execute
from workbench.runs.folders import Run as Run
from workbench.runs.folders import open_run as open_run
from workbench.runs.folders import project_root as project_root
from workbench.runs.folders import resolve_file as resolve_file
from workbench.runs.folders import run_names as run_names
from workbench.runs.overview import COLUMNS as COLUMNS
from workbench.runs.overview import overview as overview
from workbench.runs.params import FILES as FILES
from workbench.runs.params import RunParams as RunParams
from workbench.runs.params import check as check
from workbench.runs.params import described as described
from workbench.runs.params import from_cell as from_cell
from workbench.runs.params import resolve_today as resolve_today
from workbench.runs.scoring import score as score
from workbench.runs.scoring import write_scores as write_scores
from workbench.runs.thresholds import LabelChoices as LabelChoices
from workbench.runs.thresholds import label_choices as label_choices
from workbench.runs.thresholds import what_if as what_if
