"""Runs: the five notebooks in order, in a folder that appears whole or not at all. Only this module knows papermill."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workbench.crm import KEY
from workbench.errors import DataError, ParameterError, UserError
from workbench.runs.params import NOTEBOOKS, RunParams, for_notebook

STAGING = "WORKBENCH_STAGING"
CELL_TIMEOUT_S = 1800
KERNEL_START_TIMEOUT_S = 120
PACKAGES = (
    "churn-workbench",
    "duckdb",
    "ibis-framework",
    "numpy",
    "pandas",
    "papermill",
    "scikit-learn",
    "xgboost-cpu",
)

UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR}
"""What the system says where a folder cannot be written; the person at the keyboard can mend it."""

Progress = Callable[[str, int, int, float, str], None]
"""Called after each cell with: notebook, cell number, number of cells, seconds since the run began, what it does."""


class RunFailure(Exception):
    """A notebook failed: which, in which cell, and where the partly run notebook was kept."""


def project_root() -> Path:
    """Return the project's folder: the nearest above the working directory that has the notebooks, else this clone."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks" / "01_load.ipynb").is_file():
            return folder
    return Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Run:
    """A run's two folders: stage tables in ``derived``, what people read in ``reports``."""

    name: str
    root: Path = field(default_factory=project_root)
    staging: str = field(default_factory=lambda: os.environ.get(STAGING, ""))

    @property
    def derived(self) -> Path:
        """The folder of the stage tables; while a run is under way, its staging folder."""
        return self.root / "data" / "derived" / self._folder

    @property
    def reports(self) -> Path:
        """The folder of the report; while a run is under way, its staging folder."""
        return self.root / "reports" / self._folder

    @property
    def _folder(self) -> str:
        return f".{self.name}.{self.staging}" if self.staging else self.name

    def write(self, stage: str, table: Any) -> Any:
        """Write a stage's checked table, sorted by its key, as ``<stage>.parquet``; return it as a data frame."""
        from workbench.runs.stage_tables import checked

        frame = table if hasattr(table, "sort_values") else table.to_pandas()
        frame = checked(stage, frame).sort_values(KEY, ignore_index=True)
        self.derived.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(self.derived / f"{stage}.parquet", coerce_timestamps="us", index=False)
        return frame

    def read(self, stage: str) -> Any:
        """Return a stage's table as a data frame; raise DataError when its notebook has not run yet."""
        import pandas as pd

        path = self.derived / f"{stage}.parquet"
        if not path.is_file():
            raise DataError(
                f"run {self.name!r} has no {path.name} yet: run the notebooks before this one, or "
                f"'workbench run notebooks/params/{self.name}.yaml'."
            )
        return pd.read_parquet(path)

    def write_json(self, name: str, content: Any) -> None:
        """Write plain values as ``<name>.json`` beside the stage tables."""
        self.derived.mkdir(parents=True, exist_ok=True)
        (self.derived / f"{name}.json").write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")

    def read_json(self, name: str) -> Any:
        """Return what :meth:`write_json` wrote; raise DataError when its notebook has not run yet."""
        path = self.derived / f"{name}.json"
        if not path.is_file():
            raise DataError(f"run {self.name!r} has no {path.name} yet: run the notebooks before this one.")
        return json.loads(path.read_text(encoding="utf-8"))


def open_run(name: str) -> Run:
    """Return the run's folders, for a notebook to read from and write to."""
    return Run(name)


def resolve_file(parameter: str, value: str, beside: Path) -> str:
    """Return a parameter's file for the notebooks: relative to the project where it lies in it, else absolute.

    A relative path is looked up from the project's folder, then from the folder of the parameters file.

    Raises ParameterError naming both places.
    """
    root = project_root()
    for folder in (root, beside):
        path = (folder / value).resolve()
        if path.is_file():
            return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    raise ParameterError(f"{parameter}: {value!r}: no such file, neither in {root} nor in {beside.resolve()}.")


def execute(params: RunParams, *, on_cell: Progress) -> Path:
    """Run the five notebooks and publish the run; return the report's path.

    Raises UserError for a mistake a notebook found, RunFailure for anything else; nothing is published then.
    """
    _check_notebooks()
    began, started_at = time.monotonic(), datetime.now(UTC)
    target = Run(params.run_name, staging="")
    staged = Run(params.run_name, staging=f"{os.getpid()}.part")
    _sweep(staged)
    os.environ[STAGING] = staged.staging
    try:
        (staged.reports / "notebooks").mkdir(parents=True)
        seconds = {name: _execute_one(name, params, staged, began, on_cell) for name in NOTEBOOKS}
        _write_manifest(staged, params, started_at, seconds)
        _publish(staged.derived, target.derived)
        _publish(staged.reports, target.reports)
    except OSError as problem:
        raise _unwritable(problem, staged) or problem from None
    finally:
        del os.environ[STAGING]
        for folder in (staged.derived, staged.reports):
            shutil.rmtree(folder, ignore_errors=True)
    return target.reports / "index.html"


def _unwritable(problem: OSError, staged: Run) -> UserError | None:
    """Return the mistake to tell where a folder of the run cannot be written; None for any other problem."""
    if problem.errno not in UNWRITABLE:
        return None
    derived = str(problem.filename or "").startswith(str(staged.derived.parent))
    folder = (staged.derived if derived else staged.reports).parent
    return UserError(f"{folder} cannot be written ({problem.strerror}): free space, or mend its rights, and run again.")


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


def _write_manifest(staged: Run, params: RunParams, started_at: datetime, seconds: dict[str, float]) -> None:
    import pyarrow.parquet as pq

    facts = json.loads((staged.derived / "crm" / "crm.json").read_text(encoding="utf-8"))
    stages = sorted(staged.derived.glob("*.parquet"))
    manifest = {
        "run": staged.name,
        "started_at": started_at.isoformat(timespec="seconds"),
        "seconds": seconds,
        "parameters": params.model_dump(mode="json"),
        "inputs": facts["files"],
        "own_features_sha256": _fingerprint(staged.root / params.own_features) if params.own_features else None,
        "rows": {
            **{f"crm/{name}": rows for name, rows in facts["loaded"].items()},
            "refused": sum(r["rows"] for r in facts["refused"]),
            **{path.stem: pq.read_metadata(path).num_rows for path in stages},
        },
        "python": ".".join(map(str, sys.version_info[:3])),
        "packages": {name: version(name) for name in PACKAGES},
        "outputs": {
            str(path.relative_to(staged.reports)): _fingerprint(path)
            for path in sorted(staged.reports.rglob("*"))
            if path.is_file()
        },
    }
    (staged.reports / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sweep(staged: Run) -> None:
    """Remove what runs that were killed have left behind."""
    for parent in (staged.derived.parent, staged.reports.parent):
        for left in parent.glob(".*.part"):
            pid = left.name.split(".")[-2]
            if pid.isdigit() and (int(pid) == os.getpid() or not Path(f"/proc/{pid}").exists()):
                shutil.rmtree(left, ignore_errors=True)


def _publish(staged: Path, target: Path) -> None:
    """Put a finished folder in its place; a reader sees the old one or the new one, whole."""
    if not target.exists():
        staged.rename(target)
    elif not _exchange(staged, target):
        aside = target.with_name(f"{staged.name}.old")
        target.rename(aside)
        staged.rename(target)
        shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step where the system can (Linux renameat2); return whether it did."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    at_cwd, exchange = -100, 2
    return rename is not None and rename(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange) == 0
