"""What a run was made from and what it made: parameters, inputs, rows, packages, fingerprints."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from workbench.runs.stages.folders import Run
from workbench.runs.stages.lineage import fingerprint
from workbench.runs.stages.params import FILES, RunParams

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


@cache
def version(package: str) -> str:
    """Return the version of a package; read once, for it stays while the process lasts.

    >>> version("churn-workbench")[0].isdigit()
    True
    """
    return metadata.version(package)


def write_started(staged: Run, params: RunParams) -> None:
    """Write ``started.json`` beside the stage tables: parameters, fingerprints of their files, release."""
    release = {"churn-workbench": version("churn-workbench")}
    staged.write_json("started", {**params.model_dump(mode="json"), **_files(staged, params), **release})


def _files(staged: Run, params: RunParams) -> dict[str, str | None]:
    """Return the fingerprint of each file that a parameter names; None where it names none."""
    named = {name: getattr(params, name) for name in FILES}
    return {f"{name}_sha256": fingerprint(staged.root / file) if file else None for name, file in named.items()}


def write_manifest(
    staged: Run,
    params: RunParams,
    started_at: datetime,
    *,
    seconds: dict[str, float],
    peak_mb: dict[str, float | None],
    run_seconds: float | None = None,
    resumed_after: str | None = None,
) -> None:
    """Write ``manifest.json`` into a staged run's report folder; seconds and peak memory are those of each notebook.

    Notebooks overlap, so ``run_seconds`` says how long the run took by the clock, since it was started or went on.
    A run that went on from one that ended early has that one's last finished notebook as ``resumed_after``.
    """
    import pyarrow.parquet as pq

    facts = json.loads((staged.derived / "crm" / "crm.json").read_text(encoding="utf-8"))
    stages = sorted(staged.derived.glob("*.parquet"))
    manifest = {
        "run": staged.name,
        "started_at": started_at.isoformat(timespec="seconds"),
        "resumed_after": resumed_after,
        "run_seconds": run_seconds,
        "seconds": seconds,
        "peak_mb": peak_mb,
        "parameters": params.model_dump(mode="json"),
        "inputs": facts["files"],
        **_files(staged, params),
        "rows": {
            **{f"crm/{name}": rows for name, rows in facts["loaded"].items()},
            "refused": sum(r["rows"] for r in facts["refused"]),
            **{path.stem: pq.read_metadata(path).num_rows for path in stages},
        },
        "python": ".".join(map(str, sys.version_info[:3])),
        "packages": {name: version(name) for name in PACKAGES},
        "tables": _fingerprints(staged.derived),
        "outputs": _fingerprints(staged.reports),
        **_of_the_summary(staged),
    }
    (staged.reports / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _of_the_summary(staged: Run) -> dict[str, Any]:
    """Return what changed since the run before, and the warnings of a future that may differ, as the summary has them.

    Nothing (None) changed for a first run; without a model there are no warnings.
    """
    path = staged.reports / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {"changes": summary.get("changes"), "warnings": (summary.get("model") or {}).get("warnings", [])}


def _fingerprints(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): fingerprint(path) for path in files}
