"""Publishing: a finished folder takes its place whole, and what killed runs have left behind is removed."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from pathlib import Path

from workbench.runs.folders import Run


def publish(staged: Path, target: Path) -> None:
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


def sweep(staged: Run) -> None:
    """Remove what runs that were killed have left behind."""
    for parent in (staged.derived.parent, staged.reports.parent):
        for left in parent.glob(".*.part"):
            pid = left.name.split(".")[-2]
            if pid.isdigit() and (int(pid) == os.getpid() or not Path(f"/proc/{pid}").exists()):
                shutil.rmtree(left, ignore_errors=True)
