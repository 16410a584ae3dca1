"""Drafts: notebooks run by hand write beside the published run, which stays as it is until the draft is published.

A draft begins as a copy of the published run, so each notebook finds the stages before it, and starts anew once a newer
run was published.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from workbench.errors import DataError, ParameterError, did_you_mean, ended
from workbench.runs.publishing.previous_run import keep_before
from workbench.runs.publishing.publish import DRAFT, check_places, publish, published_version
from workbench.runs.publishing.run_history import write_index
from workbench.runs.stages.folders import Run, project_root, published_run, run_names
from workbench.runs.stages.lineage import LOADED, cards, check_lineage
from workbench.runs.stages.locks import locked
from workbench.runs.stages.manifest import write_manifest, write_started
from workbench.runs.stages.params import FILES, NOTEBOOKS, AnyParams, RunParams, check

CARD = "draft.json"
"""What is known of a draft, beside its pages: the published version it began from, and the notebooks' parameters."""
OF_A_RUN = ("notebooks", "manifest.json")
"""What in a report a draft does not have: the notebooks as executed, and the list of what the run made."""
LOADING, *_ = NOTEBOOKS

_opened: list[Run] = []
"""The run that this process opened last, for verbs that are given none."""


def open_run(run: str | AnyParams | None = None) -> Run:
    """Return the folders of a run for a notebook to read from and write to; given by name, or by its parameters.

    With a notebook's parameters they are those of the run's *draft*: the published run stays as it is until the draft
    is published (``workbench publish RUN``) or the next run is. By name it is the draft if it is newer, else the
    published run; without anything, the run opened last. Each stage written records what it was made from, and a later
    notebook refuses one that does not fit the others.

    Raises ParameterError for a name no run has, with the nearest one, or when none was opened yet.
    """
    if run is None:
        if not _opened:
            raise ParameterError("no run was opened in this notebook yet: wb.open_run('its_name') opens one.")
        return _opened[0]
    _opened[:] = [_with_name(run) if isinstance(run, str) else _of_notebook(run)]
    return _opened[0]


def _with_name(name: str) -> Run:
    run = Run(name)
    if run.staging or (draft := _newer_draft(run)) is None:
        known = run_names(run.root)
        if not run.staging and name not in known:
            raise ParameterError(ended(f"there is no run {name!r}; {did_you_mean(name, known)}"))
        return run
    return draft


def _of_notebook(params: AnyParams) -> Run:
    """Return the run of a notebook's parameters; those of a whole file, of no single notebook, write no stage."""
    notebook = next((name for name, model in NOTEBOOKS.items() if type(params) is model), "")
    if not notebook:
        return _with_name(params.run_name)
    run = Run(params.run_name, notebook=notebook)
    if not run.staging:
        run = _draft(run, params)
    return replace(run, parameters=_recorded(params, run.root))


def _recorded(params: AnyParams, root: Path) -> dict[str, Any]:
    """Return the parameters as stages record them: a file that lies in the project by its path there."""
    values = params.model_dump(mode="json", exclude={"run_name"})
    inside = {n: Path(values[n]) for n in FILES if values.get(n) and Path(values[n]).is_relative_to(root)}
    return values | {name: str(path.relative_to(root)) for name, path in inside.items()}


def _newer_draft(run: Run) -> Run | None:
    draft = replace(run, staging=DRAFT)
    return draft if _card(draft).get("base") == published_version(replace(run, staging="")) else None


def _card(draft: Run) -> dict[str, Any]:
    path = draft.reports.parent / CARD
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _draft(run: Run, params: AnyParams) -> Run:
    """Return the draft of a run for one of its notebooks, begun anew where there is none or a newer run published."""
    target, draft = replace(run, staging=""), _newer_draft(run)
    if draft is None:
        draft = replace(run, staging=DRAFT)
        if _card(draft):
            print(
                f"A newer run of {run.name!r} was published since its draft was begun: the draft starts anew from it."
            )
        _begin(draft, target)
    card = _card(draft)
    card["notebooks"][run.notebook] = _recorded(params, run.root)
    _write_card(draft, card)
    day = getattr(params, "as_of", None)
    if run.notebook == LOADING and isinstance(day, date):
        shutil.rmtree(draft.before, ignore_errors=True)
        keep_before(target, draft, day)
    return draft


def _begin(draft: Run, target: Run) -> None:
    """Copy the published run into an empty draft."""
    fresh = replace(draft, staging=f"{DRAFT}-{secrets.token_hex(4)}")
    for folder, published in ((fresh.derived, target.derived), (fresh.reports, target.reports)):
        if published.is_dir():
            shutil.copytree(published, folder, ignore=shutil.ignore_patterns(*OF_A_RUN))
        folder.mkdir(parents=True, exist_ok=True)
    _write_card(fresh, {"base": published_version(target), "notebooks": {}})
    _remove(draft)
    fresh.reports.parent.rename(draft.reports.parent)
    fresh.derived.rename(draft.derived)


def _write_card(draft: Run, card: Mapping[str, Any]) -> None:
    (draft.reports.parent / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _remove(draft: Run) -> None:
    for folder in (draft.derived, draft.reports.parent):
        shutil.rmtree(folder, ignore_errors=True)


def publish_draft(name: str) -> Path:
    """Publish the draft that notebooks run by hand have made of a run, whole; return the report's path.

    Raises ParameterError where there is no run or draft, or a newer run was published; DataError, naming the notebook
    to run again, where its stages do not fit each other or no report was written from them.
    """
    root = project_root()
    target = Run(name, root, "")
    draft = replace(target, staging=DRAFT)
    if not _card(draft):
        published_run(name, root)
        raise ParameterError(f"run {name!r} has no draft: run its notebooks in JupyterLab first.")
    with locked(target):
        check_places(target)
        if _newer_draft(target) is None:
            raise ParameterError(
                f"a newer run of {name!r} was published since its draft was begun: run the notebooks again."
            )
        params = _params_of(draft)
        write_started(draft, params)
        write_manifest(draft, params, datetime.now(UTC), seconds={}, peak_mb={})
        staged = replace(draft, staging=f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}")
        draft.derived.rename(staged.derived)
        draft.reports.parent.rename(staged.reports.parent)
        (staged.reports.parent / CARD).unlink()
        publish(staged, target)
    write_index(root)
    return target.reports / "index.html"


def _params_of(draft: Run) -> RunParams:
    """Return the parameters of a draft whose stages fit each other; a notebook not run in it has those of its base."""
    _check_whole(draft)
    known = {"run_name": draft.name, **_started(draft)}
    known |= _card(draft)["notebooks"].get(LOADING, {})
    for card in cards(draft.derived).values():
        known |= card["parameters"]
    return check(RunParams, known, where=f"the draft of {draft.name}")


def _started(draft: Run) -> dict[str, Any]:
    path = draft.derived / "started.json"
    written = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {name: value for name, value in written.items() if name in RunParams.model_fields and name != "run_name"}


def _check_whole(draft: Run) -> None:
    if not (draft.derived / LOADED).is_file():
        raise DataError(f"the draft of {draft.name!r} has no loaded tables: run notebook {LOADING}.")
    known = cards(draft.derived)
    for file in sorted(known, key=lambda name: known[name]["notebook"]):
        check_lineage(draft.derived, file)
    run = {card["notebook"] for card in known.values()}
    lacking = [name for name in NOTEBOOKS if name not in run and name != LOADING]
    if lacking or not (draft.reports / "index.html").is_file():
        missing = lacking[0] if lacking else list(NOTEBOOKS)[-1]
        raise DataError(f"the draft of {draft.name!r} is not whole: run notebook {missing}, and those after it.")
