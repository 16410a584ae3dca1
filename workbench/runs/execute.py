"""The five notebooks in order, in a folder that appears whole or not at all. Only this module knows papermill."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.errors import ParameterError, UserError
from workbench.runs.folders import STAGING, Run, project_root
from workbench.runs.locks import locked, names
from workbench.runs.manifest import write_manifest
from workbench.runs.params import NOTEBOOKS, RunParams, for_notebook
from workbench.runs.publish import check_places, publish, sweep

CELL_TIMEOUT_S = 1800
KERNEL_START_TIMEOUT_S = 120
UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR}
"""What the system says where a folder cannot be written; the person at the keyboard can mend it."""

Progress = Callable[[str, int, int, float, str], None]
"""Called after each cell with: notebook, cell number, number of cells, seconds since the run began, what it does."""


class RunFailure(Exception):
    """A notebook failed: which, in which cell, and where the partly run notebook was kept."""


def execute(params: RunParams, *, on_cell: Progress) -> Path:
    """Run the five notebooks and publish the run; return the report's path.

    Raises UserError for a mistake a notebook found, or while a run of this name is under way; RunFailure for anything
    else. Nothing is published then.
    """
    _check_notebooks()
    target = Run(params.run_name, staging="")
    staged = Run(params.run_name, staging=f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}")
    try:
        with locked(target):
            check_places(target)
            _sweep_all(target)
            try:
                _stage(staged, params, on_cell)
                publish(staged, target)
            finally:
                sweep(target)
    except OSError as problem:
        raise _unwritable(problem, target) or problem from None
    return target.reports / "index.html"


def _stage(staged: Run, params: RunParams, on_cell: Progress) -> None:
    """Run the notebooks in a version of the run that nobody sees yet."""
    began, started_at = time.monotonic(), datetime.now(UTC)
    os.environ[STAGING] = staged.staging
    try:
        for folder in (staged.derived, staged.reports / "notebooks"):
            folder.mkdir(parents=True)
        seconds = {name: _execute_one(name, params, staged, began, on_cell) for name in NOTEBOOKS}
        write_manifest(staged, params, started_at, seconds)
    finally:
        del os.environ[STAGING]


def _sweep_all(target: Run) -> None:
    """Remove what killed runs left behind: of this name, and of every other whose lock is free."""
    sweep(target)
    for other in names(target.root):
        if other != target.name:
            with suppress(ParameterError), locked(Run(other, target.root, "")):
                sweep(Run(other, target.root, ""))


def _unwritable(problem: OSError, target: Run) -> UserError | None:
    """Return the mistake to report where a folder of the run cannot be written; None for any other problem."""
    if problem.errno not in UNWRITABLE:
        return None
    derived = str(problem.filename or "").startswith(str(target.derived.parent))
    folder = (target.derived if derived else target.reports).parent
    return UserError(f"{folder} cannot be written ({problem.strerror}): free space, or fix its rights, and run again.")


def _check_notebooks() -> None:
    """Papermill lets a parameter the notebook does not know pass in silence, so an edited notebook is checked first."""
    import papermill

    for name, model in NOTEBOOKS.items():
        path = project_root() / "notebooks" / f"{name}.ipynb"
        known = papermill.inspect_notebook(path)
        differing = set(known) ^ set(model.model_fields)
        if differing:
            raise ParameterError(
                f"{path.name}: its parameters cell and workbench/runs/params.py disagree about "
                f"{', '.join(sorted(differing))}."
            )


def _execute_one(name: str, params: RunParams, staged: Run, began: float, on_cell: Progress) -> float:
    import papermill
    from papermill.exceptions import PapermillExecutionError

    start = time.monotonic()
    out = staged.reports / "notebooks" / f"{name}.ipynb"

    def told(cell: int, cells: int, title: str) -> None:
        on_cell(name, cell, cells, time.monotonic() - began, title)

    _register_engine()
    try:
        papermill.execute_notebook(
            staged.root / "notebooks" / f"{name}.ipynb",
            out,
            parameters=for_notebook(name, params),
            engine_name="workbench",
            on_cell=told,
            cwd=staged.root,
            progress_bar=False,
            start_timeout=KERNEL_START_TIMEOUT_S,
            extra_arguments=["--log-level=CRITICAL"],
            execution_timeout=CELL_TIMEOUT_S,
        )
    except PapermillExecutionError as problem:
        _raise_told(problem, name, out, staged)
    except Exception as problem:
        if isinstance(problem, OSError) and problem.errno in UNWRITABLE:
            raise
        kept = _keep_failed(out, staged) if out.is_file() else "none was saved"
        raise RunFailure(f"{name}: {type(problem).__name__}: {problem}. Partly run notebook: {kept}") from problem
    _finish_notebook(out)
    return round(time.monotonic() - start, 2)


def _raise_told(problem: Any, name: str, out: Path, staged: Run) -> None:
    """Tell a user's mistake as such, anything else as a failure with its place."""
    if problem.ename in {kind.__name__ for kind in UserError.__subclasses__()}:
        raise UserError(f"{name}: {problem.evalue}") from None
    kept = _keep_failed(out, staged)
    raise RunFailure(
        f"{name}, cell {problem.cell_index + 1}: {problem.ename}: {problem.evalue}. Partly run notebook: {kept}"
    ) from None


def _keep_failed(out: Path, staged: Run) -> str:
    kept = staged.root / "reports" / ".failed" / staged.name / out.name
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(out, kept)
    except OSError as problem:
        return f"could not be kept ({problem.strerror})"
    return str(kept.relative_to(staged.root))


def _register_engine() -> None:
    from papermill.engines import NBClientEngine, papermill_engines

    class Narrating(NBClientEngine):  # type: ignore[misc]
        """Papermill's own engine, telling of each finished code cell."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, on_cell: Any = None, **options: Any) -> Any:
            complete, cells = nb_man.cell_complete, nb_man.nb.cells

            def told(cell: Any, cell_index: int, **more: Any) -> None:
                complete(cell, cell_index, **more)
                if cell.cell_type == "code":
                    on_cell(cell_index + 1, len(cells), _heading(cells[:cell_index]))

            nb_man.cell_complete = told
            return super().execute_managed_notebook(nb_man, kernel_name, **options)

    papermill_engines.register("workbench", Narrating)


def _heading(cells: list[Any]) -> str:
    """The last heading above a cell: what it is about."""
    lines = [line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines()]
    headings = [line.lstrip("# ") for line in lines if line.startswith("#")]
    return headings[-1] if headings else ""


def _finish_notebook(path: Path) -> None:
    """Take the machine's paths out of an executed notebook and write its HTML beside it, which opens offline."""
    import nbformat
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    notebook = nbformat.read(path, as_version=4)
    for name in ("input_path", "output_path"):
        notebook.metadata.get("papermill", {}).pop(name, None)
    nbformat.write(notebook, path)
    told = Config({"TagRemovePreprocessor": {"enabled": True, "remove_input_tags": {"hide-input"}}})
    html, _ = HTMLExporter(config=told).from_notebook_node(notebook, resources={"metadata": {"name": path.stem}})
    # Nothing in the notebooks needs a script, and the template's own would load from the web.
    html = re.sub(r"<script\b.*?</script>", "", html, flags=re.DOTALL)
    path.with_suffix(".html").write_text(html, encoding="utf-8")
