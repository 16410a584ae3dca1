"""A run's two folders: stage tables in one, what people read in the other."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.crm import KEY
from workbench.errors import DataError, ParameterError
from workbench.runs.stage_tables import checked

STAGING = "WORKBENCH_STAGING"


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
