"""The five notebooks in order, in a folder that appears whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.crm import read_crm
from workbench.engines import message
from workbench.errors import DataError, ParameterError, RunFailure, UserError
from workbench.runs.notebooks.notebook_pages import pages_beside, tidy_notebook
from workbench.runs.notebooks.progress import (
    Stage,
    forget_published,
    last_finished,
    note,
    sweep_failed,
    take_up,
    unfinished,
)
from workbench.runs.notebooks.stopping import stoppable
from workbench.runs.notebooks.turns import HANDS_OVER, Turn, Turns, files, in_turns
from workbench.runs.publishing.overview import FAILED, keep_reason
from workbench.runs.publishing.previous_run import keep_before
from workbench.runs.publishing.publish import check_places, publish, sweep
from workbench.runs.publishing.run_history import prepare_index, write_index
from workbench.runs.stages.folders import STAGING, Run, project_root
from workbench.runs.stages.locks import locked, names
from workbench.runs.stages.manifest import write_manifest, write_started
from workbench.runs.stages.params import NOTEBOOKS, RunParams, for_notebook, latest_day

if TYPE_CHECKING:
    from workbench.runs.notebooks.kernel_server import KernelServer
    from workbench.runs.notebooks.kernels import Limits, OnCell

UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOTDIR}
"""What the system says where a folder cannot be written; the person at the keyboard can fix it."""

LOADING = "01_load"
"""The notebook after which the day of the run is known."""

LAST = "05_report"
"""The notebook that begins when all others have ended."""

Progress = Callable[[str, int, int, float, str], None]
"""Called after each cell with: notebook, cell number, number of cells, seconds since the run began, what it does."""


def _no_report(_: object) -> None:
    """Report nothing."""


def execute(
    params: RunParams,
    *,
    on_cell: Progress,
    on_stage: Callable[[Stage], None] = _no_report,
    resume: bool = False,
    on_resume: Callable[[str], None] = _no_report,
) -> Path:
    """Run the five notebooks and publish the run; return the report's path.

    ``on_cell`` is called after each cell, ``on_stage`` after each notebook. With ``resume`` the run goes on after the
    last notebook that a run of this name finished before it ended early, as far as nothing has changed since;
    ``on_resume`` is called with a sentence on that.

    Raises UserError for a mistake a notebook found, or while a run of this name is under way; RunFailure for anything
    else, KeyboardInterrupt when asked to stop. Nothing is published then.
    """
    from workbench.runs.notebooks.kernel_server import kernel_server

    target = Run(params.run_name, staging="")
    try:
        with locked(target), stoppable() as asked, kernel_server() as server:
            _check_notebooks()
            check_places(target)
            forget_published(target)
            version = (unfinished(target) if resume else "") or _new_version()
            _sweep_all(target, but=version)
            staged = Run(params.run_name, staging=version)
            try:
                finished = _finished(staged, params, on_resume) if resume else []
                _stage(staged, target, params, finished, on_cell, on_stage, asked, server)
                _stop_if(asked)
                publish(staged, target)
                shutil.rmtree(target.reports.parent / FAILED / target.name, ignore_errors=True)
            except RunFailure as failure:
                said = _with_notebook(failure, staged)
                keep_reason(target, said)
                last = last_finished(staged)
                raise RunFailure(
                    f"{said}. Once fixed, --resume goes on after {last}." if last else f"{said}."
                ) from None
            finally:
                sweep(target, but=unfinished(target))
        write_index(target.root)  # once the run is no longer under way
    except OSError as problem:
        raise _unwritable(problem, target) or problem from None
    return target.reports / "index.html"


def _new_version() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _finished(staged: Run, params: RunParams, on_resume: Callable[[str], None]) -> list[Stage]:
    """Return the finished notebooks of a staged run to go on from, and report which."""
    finished, reason = take_up(staged, params)
    why = f": {reason}" if reason else ""
    after = f"The run goes on after {finished[-1].notebook}" if finished else "The run starts over"
    on_resume(f"{after}{why or ('' if finished else ': no notebook had finished')}.")
    return finished


def _stop_if(asked: threading.Event) -> None:
    if asked.is_set():
        raise KeyboardInterrupt


def _stage(
    staged: Run,
    target: Run,
    params: RunParams,
    finished: Sequence[Stage],
    on_cell: Progress,
    on_stage: Callable[[Stage], None],
    asked: threading.Event,
    server: KernelServer | None,
) -> None:
    """Run the notebooks that are not finished in a version of the run that nobody sees yet."""
    began, started_at = time.monotonic(), datetime.now(UTC)
    os.environ[STAGING] = staged.staging
    try:
        for folder in (staged.derived, staged.reports / "notebooks"):
            folder.mkdir(parents=True, exist_ok=True)
        write_started(staged, params)
        if finished:
            params, _ = _with_day(params, staged)
        stages = list(finished)
        with pages_beside() as write_page, in_turns(staged, asked) as turns:
            for stage in finished:
                write_page(_executed(staged, stage.notebook))
            run = partial(_take_turn, turns=turns, staged=staged, began=began, on_cell=on_cell, server=server)
            close = partial(_close, staged=staged, write_page=write_page, on_stage=on_stage)
            for name in list(NOTEBOOKS)[len(finished) :]:
                if name == LAST:  # alone, so a processor is free
                    threading.Thread(target=prepare_index, daemon=True).start()
                begun = turns.begin(name, params, run)
                stages.extend(map(close, turns.ended_before(begun)))
                if name == LOADING:
                    params = _loaded(begun, params, target, staged, turns)
                stages.extend(map(close, turns.ended(leaving=int(name in HANDS_OVER))))
        write_manifest(
            staged,
            params,
            started_at,
            seconds={stage.notebook: stage.seconds for stage in stages},
            peak_mb={stage.notebook: stage.peak_mb for stage in stages},
            run_seconds=round(time.monotonic() - began, 2),
            resumed_after=finished[-1].notebook if finished else None,
        )
    finally:
        del os.environ[STAGING]


def _take_turn(
    turn: Turn, *, turns: Turns, staged: Run, began: float, on_cell: Progress, server: KernelServer | None
) -> tuple[float, float | None]:
    """Run the notebook whose turn it is; return the seconds and the memory (MB) it took."""
    from workbench.runs.notebooks.kernels import Limits

    cell_s, run_s = 60 * turn.params.cell_timeout_minutes, 60 * turn.params.run_timeout_minutes
    limits = Limits(cell_s, run_s, began + run_s, turn.stop)

    def completed(cell: int, cells: int, title: str) -> None:
        on_cell(turn.notebook, cell, cells, time.monotonic() - began, title)
        turns.look(turn)

    return _execute_one(turn.notebook, turn.params, staged, completed, limits, server)


def _loaded(begun: Turn, params: RunParams, target: Run, staged: Run, turns: Turns) -> RunParams:
    """Return the parameters with the day of the run, and keep the run before as of the first notebook's files.

    So it is done before that notebook is noted as finished; nothing is done where the run is to end.
    """
    if turns.to_end:
        return params
    try:
        params, day = _with_day(params, staged)
    except DataError:  # a stop took the tables back just now: what it said is to be raised
        list(turns.ended(leaving=0))
        raise
    keep_before(target, staged, day)
    begun.written = files(staged.derived)
    return params


def _close(turn: Turn, *, staged: Run, write_page: Callable[[Path], None], on_stage: Callable[[Stage], None]) -> Stage:
    """Note a notebook that has ended, and report it."""
    write_page(_executed(staged, turn.notebook))
    stage = turn.stage(staged)
    note(staged, turn.params, stage, turn.written)
    on_stage(stage)
    return stage


def _executed(staged: Run, notebook: str) -> Path:
    return staged.reports / "notebooks" / f"{notebook}.ipynb"


def _with_day(params: RunParams, staged: Run) -> tuple[RunParams, date]:
    """Return the parameters with the day that *latest* stands for, once the tables are loaded, and that day."""
    if isinstance(params.as_of, date):
        return params, params.as_of
    day = latest_day(read_crm(staged.derived / "crm").facts)
    return params.model_copy(update={"as_of": day}), day


def _sweep_all(target: Run, *, but: str) -> None:
    """Remove what killed runs left behind: of this name, ``but`` one, and of every other whose lock is free.

    Of another name the run to go on from stays, for a time.
    """
    sweep(target, but=but)
    for other in names(target.root):
        if other != target.name:
            with suppress(ParameterError), locked(run := Run(other, target.root, "")):
                sweep(run, but=unfinished(run))
    sweep_failed(target.root, FAILED)


def _unwritable(problem: OSError, target: Run) -> UserError | None:
    """Return the mistake to report where a folder of the run cannot be written; None for any other problem."""
    if problem.errno not in UNWRITABLE:
        return None
    derived = str(problem.filename or "").startswith(str(target.derived.parent))
    folder = (target.derived if derived else target.reports).parent
    return UserError(f"{folder} cannot be written ({problem.strerror}): free space, or fix its rights, and run again.")


def _papermill() -> Any:
    """Import papermill without the grammars of web addresses, which take seconds to build and no notebook needs."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # to jsonschema: not installed
    import papermill

    return papermill


def _check_notebooks() -> None:
    """Papermill lets a parameter the notebook does not know pass silently, so an edited notebook is checked first."""
    papermill = _papermill()
    for name, model in NOTEBOOKS.items():
        path = project_root() / "notebooks" / f"{name}.ipynb"
        known = papermill.inspect_notebook(path)
        differing = set(known) ^ set(model.model_fields)
        if differing:
            raise ParameterError(
                f"{path.name}: its parameters cell and workbench/runs/stages/params.py disagree about "
                f"{', '.join(sorted(differing))}."
            )


def _execute_one(
    name: str,
    params: RunParams,
    staged: Run,
    on_cell: OnCell,
    limits: Limits,
    server: KernelServer | None,
) -> tuple[float, float | None]:
    """Run one notebook; return the seconds and the memory (MB) it took."""
    papermill = _papermill()
    from workbench.runs.notebooks.kernels import ENGINE

    start, peaks = time.monotonic(), list[float | None]()
    out = _executed(staged, name)
    try:
        papermill.execute_notebook(
            staged.root / "notebooks" / f"{name}.ipynb",
            out,
            parameters=for_notebook(name, params),
            engine_name=ENGINE,
            on_cell=on_cell,
            limits=limits,
            on_end=peaks.append,
            server=server,
            folder=staged.root,
            progress_bar=False,
        )
    except Exception as problem:
        _stop_if(limits.asked)
        raise _reported(problem, name, out) from None
    _stop_if(limits.asked)
    tidy_notebook(out)
    return round(time.monotonic() - start, 2), peaks[0]


def _reported(problem: Exception, name: str, out: Path) -> Exception:
    """Return what to raise for what ended a notebook: a user's mistake as such, anything else as a failure."""
    from papermill.exceptions import PapermillExecutionError

    from workbench.runs.notebooks.kernels import KernelEnded

    if isinstance(problem, PapermillExecutionError):
        if problem.ename in {kind.__name__ for kind in UserError.__subclasses__()}:
            return UserError(f"{name}: {problem.evalue}")
        what = f"{name}, cell {problem.cell_index + 1}: {problem.ename}: {message(problem.evalue)}".removesuffix(": ")
    elif isinstance(problem, KernelEnded):
        what = f"{name}, {problem}"
    elif isinstance(problem, OSError) and problem.errno in UNWRITABLE:
        return problem
    else:
        what = f"{name}: {type(problem).__name__}: {problem}"
    failure = RunFailure(what)
    failure.notebook = out
    return failure


def _with_notebook(failure: RunFailure, staged: Run) -> str:
    """Return what failed, and where its notebook is kept: of notebooks side by side that of the reported one alone."""
    kept = f". Partly run notebook: {_keep_failed(failure.notebook, staged)}" if failure.notebook else ""
    return f"{failure}{kept}"


def _keep_failed(out: Path, staged: Run) -> str:
    if not out.is_file():
        return "none was saved"
    kept = staged.root / "reports" / FAILED / staged.name / out.name
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(out, kept)
    except OSError as problem:
        return f"could not be kept ({problem.strerror})"
    return str(kept.relative_to(staged.root))
