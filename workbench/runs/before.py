"""The run before: what a run keeps of the published run of its name, so that its report can say what changed."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from workbench.runs.folders import Run

SUMMARY = "summary.json"
PLAIN = ("started.json", "crm/crm.json")
TABLES = {"customer_base": None, "labels": ["customer_id", "as_of", "churned"], "features": None}
"""The stage tables kept, each with all columns or those named; of their snapshots only the newest."""


def keep_before(target: Run, staged: Run, as_of: date) -> None:
    """Keep in a staged run what the newest published run of its name with an earlier ``as_of`` found; none: nothing.

    A run made again for the same day compares itself with the same run as the first time: the published run of that day
    kept it too.
    """
    if _is_earlier(target.reports, target.derived, as_of):
        _keep(target, staged.before)
    elif _is_earlier(target.before, target.before, as_of):
        shutil.copytree(target.before, staged.before)


def _is_earlier(reports: Path, derived: Path, as_of: date) -> bool:
    """Return whether a report is of an earlier day, and of a release that keeps all that is compared."""
    needed = [reports / SUMMARY, *(derived / name for name in PLAIN), *(derived / f"{name}.parquet" for name in TABLES)]
    if not all(path.is_file() for path in needed):
        return False
    return date.fromisoformat(json.loads((reports / SUMMARY).read_text(encoding="utf-8"))["as_of"]) < as_of


def _keep(target: Run, kept: Path) -> None:
    (kept / "crm").mkdir(parents=True)
    shutil.copyfile(target.reports / SUMMARY, kept / SUMMARY)
    for name in PLAIN:
        shutil.copyfile(target.derived / name, kept / name)
    for name, columns in TABLES.items():
        path = target.derived / f"{name}.parquet"
        newest = pq.read_table(path, columns=["as_of"])["as_of"].to_pandas().max()
        rows = pq.read_table(path, columns=columns, filters=[("as_of", "=", newest)])
        pq.write_table(rows, kept / path.name)
