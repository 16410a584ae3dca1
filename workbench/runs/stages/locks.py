"""One run of a name at a time: a lock on a file, which the system releases when its owner ends, however it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from workbench.errors import ParameterError
from workbench.runs.stages.folders import Run

SUFFIX = ".lock"


def names(root: Path) -> list[str]:
    """Return the names of all runs that were ever started in a project."""
    return sorted(path.name[1 : -len(SUFFIX)] for path in (root / "data" / "derived").glob(f".*{SUFFIX}"))


def _path(run: Run) -> Path:
    return run.root / "data" / "derived" / f".{run.name}{SUFFIX}"


@contextmanager
def locked(run: Run) -> Iterator[None]:
    """Hold the run's lock; the file stays, only the lock on it counts.

    Process ids would not do: in two containers that share the folder, both may be 1.

    Raises ParameterError, saying since when, if another process holds it.
    """
    import fcntl

    path = _path(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise ParameterError(
                f"run {run.name!r} is under way{file.read()}: wait until it has ended, or give this one another --name."
            ) from None
        file.truncate(0)
        file.write(f" since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, process {os.getpid()}")
        file.flush()
        yield


def is_under_way(run: Run) -> bool:
    """Return whether a process holds the run's lock."""
    import fcntl

    if not _path(run).is_file():
        return False
    with _path(run).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
