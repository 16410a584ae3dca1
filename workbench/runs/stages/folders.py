"""A run's two folders: stage tables in one, what people read in the other."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.crm import KEY, Moment, moments
from workbench.engines import UNATTENDED
from workbench.errors import DataError, ParameterError, did_you_mean, ended, or_near
from workbench.runs.stages.lineage import check_lineage, record
from workbench.runs.stages.stage_tables import checked, panel_rows, read_rows, write_batches

STAGING = UNATTENDED
"""The environment variable that gives notebooks of a run under way its version."""
PAGES = "pages"


def project_root() -> Path:
    """Return the project's folder: the nearest above the working directory that has the notebooks, else this clone."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks" / "01_load.ipynb").is_file():
            return folder
    return Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Run:
    """A run's two folders: stage tables in ``derived``, what people read in ``reports``."""

    name: str
    root: Path = field(default_factory=project_root)
    staging: str = field(default_factory=lambda: os.environ.get(STAGING, ""))
    notebook: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def derived(self) -> Path:
        """The folder of the stage tables; while a run is under way, that of its version."""
        return self.root / "data" / "derived" / self._folder

    @property
    def reports(self) -> Path:
        """The folder of the report; while a run is under way, that of its version."""
        folder = self.root / "reports" / self._folder
        return folder / PAGES if self.staging else folder

    @property
    def before(self) -> Path:
        """The folder with what the run before found, laid out as this one's; there is none for a first run."""
        return self.derived / "before"

    @property
    def _folder(self) -> str:
        return f".{self.name}.{self.staging}" if self.staging else self.name

    def write(self, stage: str, table: Any) -> Any:
        """Write a stage's checked table, sorted by its key, as ``<stage>.parquet``; return it as a data frame."""
        frame = table if hasattr(table, "sort_values") else table.to_pandas()
        frame = checked(stage, frame).sort_values(KEY, ignore_index=True)
        self.derived.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(self.derived / f"{stage}.parquet", coerce_timestamps="us", index=False)
        self._record(f"{stage}.parquet")
        return frame

    def write_batches(self, stage: str, batches: Iterable[Any]) -> int:
        """Write a stage's table from Arrow tables, each with whole snapshots, one after the other; return the rows.

        Only one of them is in memory at a time; the key is checked as in :meth:`write`.
        """
        rows = write_batches(stage, batches, self.derived / f"{stage}.parquet")
        self._record(f"{stage}.parquet")
        return rows

    def read(
        self,
        stage: str,
        *,
        columns: Sequence[str] | None = None,
        as_of: Moment | Iterable[Moment] | None = None,
        most_customers: int | None = None,
        customer_id: str | Iterable[str] | None = None,
    ) -> Any:
        """Return a stage's table as a data frame, or only what is asked for, which alone is then read.

        ``columns`` are returned beside the key; ``as_of`` names one snapshot or several; ``most_customers`` draws so
        many customers with all their snapshots, the same at every call; ``customer_id`` names one customer or several.

        Raises DataError when its notebook has not run yet, a column is not there, or the table does not fit the stages
        it was made from.
        """
        path = self.derived / f"{stage}.parquet"
        if not path.is_file():
            raise DataError(
                f"run {self.name!r} has no {path.name} yet: run the notebooks before this one, or "
                f"'workbench run notebooks/params/{self.name}.yaml'."
            )
        check_lineage(self.derived, path.name, reader=(self.notebook, self.parameters))
        return read_rows(path, columns, None if as_of is None else moments(as_of), most_customers, customer_id)

    def panel(self, rows: Any) -> Any:
        """Return the rows (customer_id, as_of and any other columns) with their features and categories beside.

        One snapshot is read at a time, labelled or between, so that rows left out are never all in memory. Texts are
        categories. Rows without features are left out.
        """
        return panel_rows(self, rows)

    def write_json(self, name: str, content: Any) -> None:
        """Write plain values as ``<name>.json`` beside the stage tables."""
        self.derived.mkdir(parents=True, exist_ok=True)
        (self.derived / f"{name}.json").write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")
        self._record(f"{name}.json")

    def read_json(self, name: str) -> Any:
        """Return what :meth:`write_json` wrote; raises as :meth:`read` does."""
        path = self.derived / f"{name}.json"
        if not path.is_file():
            raise DataError(f"run {self.name!r} has no {path.name} yet: run the notebooks before this one.")
        check_lineage(self.derived, path.name, reader=(self.notebook, self.parameters))
        return json.loads(path.read_text(encoding="utf-8"))

    def _record(self, file: str) -> None:
        if self.notebook:
            record(self.derived, file, self.notebook, self.parameters)


def run_names(root: Path) -> list[str]:
    """Return the names of the runs of a project that have stage tables."""
    folder = root / "data" / "derived"
    return sorted(path.name for path in folder.glob("[!.]*") if path.is_dir())


def published_run(name: str, root: Path) -> Run:
    """Return a run by its name; raises ParameterError with the nearest one where there is none."""
    if name not in (known := run_names(root)):
        raise ParameterError(ended(f"there is no run {name!r}; {did_you_mean(name, known)}"))
    return Run(name, root, "")


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
    places = dict.fromkeys((root, beside.resolve()))
    where = "" if Path(value).is_absolute() else f", neither in {' nor in '.join(map(str, places))}"
    cure = or_near("check the path.", *(folder / value for folder in places))
    raise ParameterError(f"{parameter}: {value!r}: no such file{where}; {cure}")
