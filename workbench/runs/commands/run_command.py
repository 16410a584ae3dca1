"""What ``workbench run`` does once its call is read: runs in order, a line for each step, and alerts."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import typer

from workbench.errors import UserError, visible
from workbench.runs.alerts.alerting import report_alerts, report_failure
from workbench.runs.commands.backfill import backfill
from workbench.runs.commands.execute import execute
from workbench.runs.notebooks.progress import Stage
from workbench.runs.stages.folders import Run, project_root
from workbench.runs.stages.params import RunParams

NAMED_FILES = ("alerts", "own_segments", "health_points", "playbook", "reasons", "themes", "report_style")
"""The parameters that name a YAML file of the analyst's."""


def run_notebooks(params: RunParams, months: str | None, *, resume: bool, as_json: bool) -> None:
    """Run the notebooks once, or for each of past ``months``, and report alerts, also of a run that failed.

    ``as_json``: print an object for each notebook instead of a line for each cell.
    """
    if any(getattr(params, named) for named in NAMED_FILES):
        _check_files(params)
    try:
        for one in [params] if months is None else backfill(params, months):
            _run_one(one, resume=resume, as_json=as_json)
    except Exception:  # whatever failed is reported by the caller
        if params.alerts and months is None:
            _report_alerts(params, as_json=as_json, failed=True)
        raise
    if params.alerts and months is None:  # months past are no news
        _report_alerts(params, as_json=as_json)


def _run_one(params: RunParams, *, resume: bool, as_json: bool) -> None:
    """Run the notebooks of one run, and say where its report lies."""
    if as_json:
        resumed = partial(_log_resumed, params)
        report = execute(params, on_cell=_show_no_cell, on_stage=_log_stage, resume=resume, on_resume=resumed)
        _log("published", run=params.run_name, report=from_here(report))
    else:
        report = execute(params, on_cell=_show_cell, resume=resume, on_resume=typer.echo)
        typer.echo(f"Report: {from_here(report)}")


def _check_files(params: RunParams) -> None:
    """Raise SettingError for a mistake in a file of the analyst's before the run, not at its end."""
    from workbench.runs.stages.named_files import check_files  # seconds that a run without such files does not need

    check_files(params, project_root())


def _report_alerts(params: RunParams, *, as_json: bool, failed: bool = False) -> None:
    """Send what is new, or that the run failed; whatever goes wrong is said, and the run is as good as without it."""
    run, file = Run(params.run_name, project_root(), ""), project_root() / params.alerts
    try:
        reported = report_failure(run, file, datetime.now(UTC).date()) if failed else report_alerts(run, file)
    except (UserError, OSError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        typer.echo(visible(f"Alerts not sent: {reason}. Tried again next time."), err=True)
        return
    if reported is None:
        return
    if as_json:
        _log("alerts", run=params.run_name, **asdict(reported))
    else:
        typer.echo(visible("\n".join(reported.sentences())))


def from_here(path: Path) -> str:
    """Return a path as a person in this folder would type it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _show_cell(notebook: str, cell: int, cells: int, seconds: float, title: str) -> None:
    typer.echo(visible(f"{notebook:<12} cell {cell:>2}/{cells:<2} {seconds:6.1f} s  {title}"))


def _show_no_cell(*_: object) -> None:
    """Show no cell: the log has whole notebooks."""


def _log_resumed(params: RunParams, sentence: str) -> None:
    _log("resumed", run=params.run_name, message=sentence)


def _log_stage(stage: Stage) -> None:
    _log("stage", **asdict(stage))


def _log(event: str, **fields: object) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    typer.echo(json.dumps({"at": at, "event": event, **fields}))
