"""All runs of a project: which are published, under way or failed, and what they found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workbench.runs.stages.folders import Run
from workbench.runs.stages.locks import is_under_way, names

FAILED = ".failed"
REASON = "reason.txt"
ALERTS = ".alerts"
"""The folder, beside the stage tables, of what the runs reported."""
COLUMNS = (
    "run", "state", "as_of", "started", "seconds", "at risk", "churn", "expected churn", "revenue at risk", "model",
    "reason",
)  # fmt: skip
SHARES = ("churn", "expected churn")


def run_rows(root: Path) -> list[dict[str, str]]:
    """Return one row a run that was ever started here, by name; what is not known is an empty text.

    ``state`` is *under way*, *failed* (since the report that is shown, if any), *published* or *nothing published*.
    ``churn`` is that of the last period, ``expected churn`` and ``revenue at risk`` belong to the next; ``reason`` says
    why a run failed, or which alerts could not be sent.
    """
    return [_row(Run(name, root, "")) for name in names(root)]


def keep_reason(run: Run, reason: str) -> None:
    """Keep why a run failed beside its partly run notebook."""
    folder = run.root / "reports" / FAILED / run.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REASON).write_text(f"{reason}\n", encoding="utf-8")


def _row(run: Run) -> dict[str, str]:
    manifest, summary = (read_plain(run.reports / f"{name}.json") for name in ("manifest", "summary"))
    kept = run.root / "reports" / FAILED / run.name / REASON
    reason = kept.read_text(encoding="utf-8").strip() if kept.is_file() else ""
    state = "failed" if reason else "published" if manifest else "nothing published"
    known = {
        "run": run.name,
        "state": "under way" if is_under_way(run) else state,
        "as_of": manifest.get("parameters", {}).get("as_of"),
        "started": manifest.get("started_at"),
        "seconds": _seconds(manifest),
        "at risk": summary.get("customers", {}).get("at_risk"),
        **{name: _figure(name, summary) for name in ("churn", "expected churn", "revenue at risk")},
        "model": summary.get("model", {}).get("verdict", {}).get("word"),
        "reason": reason or _unsent(run),
    }
    return {name: "" if known[name] is None else str(known[name]) for name in COLUMNS}


def _seconds(manifest: dict[str, Any]) -> int | None:
    """Return how long a run took; of an older release, whose notebooks did not overlap, they say so together."""
    taken = manifest.get("run_seconds") or sum(manifest.get("seconds", {}).values())
    return round(taken) if taken else None


def _figure(name: str, summary: dict[str, Any]) -> str:
    key = {"churn": "churn_rate"}.get(name, name.replace(" ", "_"))
    value = summary.get("metrics", {}).get(key, {}).get("value")
    return "" if value is None else f"{value:.1%}" if name in SHARES else f"{value:,.0f}"


def _unsent(run: Run) -> str:
    problems = read_plain(run.root / "data" / "derived" / ALERTS / f"{run.name}.json").get("problems", [])
    return f"alerts not sent to {'; '.join(problems)}" if problems else ""


def read_plain(path: Path) -> dict[str, Any]:
    """Return the values of a JSON file; none where there is no file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
