"""A private folder for rows that are spilled or unpacked; what a killed process left is swept by the next."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

PREFIX = "churn-workbench-scratch-"
_LOCK = ".lock"


def scratch_folder() -> Path:
    """Return this process's folder under the temporary folder; only its owner may read it, and it goes at the end.

    >>> scratch_folder() == scratch_folder()
    True
    >>> oct(scratch_folder().stat().st_mode)[-3:]
    '700'
    """
    owner = os.getpid(), getattr(os, "geteuid", lambda: 0)()
    if not _made(owner).is_dir():
        _made.cache_clear()  # somebody tidied the temporary folder
    return _made(owner)


@cache
def _made(owner: tuple[int, int]) -> Path:
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if not _is_held(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    _held[folder] = _held_lock(folder)
    atexit.register(_remove, folder, owner[0])
    return folder


_held: dict[Path, IO[bytes]] = {}
"""The locks on this process's folders: the system releases them when it ends, however it ends."""


def _held_lock(folder: Path) -> IO[bytes]:
    file = (folder / f"{_LOCK}.new").open("wb")
    _locked(file)
    Path(file.name).rename(folder / _LOCK)  # seen by others only once it is held
    return file


def _is_held(folder: Path) -> bool:
    """Return whether a process holds the folder; one without a lock is being made, or another user's."""
    try:
        with (folder / _LOCK).open("rb") as file:
            return not _locked(file)
    except OSError:
        return True


def _locked(file: IO[bytes]) -> bool:
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # not in a fork of it
        _held.pop(folder).close()
        shutil.rmtree(folder, ignore_errors=True)
