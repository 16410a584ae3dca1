"""Publishing: one switch shows a finished run's pages and tables together, or those of the run before.

::

    reports/nightly           -> .nightly/pages                  what people open; never changes
    data/derived/nightly      -> ../../reports/.nightly/tables   what notebooks read; never changes
    reports/.nightly          -> .nightly.<version>              the switch
    reports/.nightly.<version>/pages/                            the report
    reports/.nightly.<version>/tables -> ../../data/derived/.nightly.<version>
    data/derived/.nightly.<version>/                             the stage tables

Pages lie under ``reports`` and tables under ``data``, so each may be a disk of its own, and a copied report takes no
tables along.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from pathlib import Path

from workbench.errors import ParameterError
from workbench.runs.stages.folders import PAGES, Run

TABLES = "tables"
DRAFT = "draft"
"""The version that notebooks run by hand write; it stays until it is published."""
BEFORE = "before"
"""The version that takes in plain folders: those of a release without versions, or of notebooks run by hand."""


def check_places(target: Run) -> None:
    """Raise ParameterError where a run's folder could not be replaced: a mount point, or a link that is not ours."""
    for place, link in _places(target).items():
        if place.is_symlink():
            if str(place.readlink()) != link:
                _refuse(place, f"is a link to {place.readlink()}", "remove the link")
        elif place.is_mount():
            _refuse(place, "is a mount point", "mount the folder above it instead")
        elif place.exists() and not place.is_dir():
            _refuse(place, "is a file", "move it away")
    switch = _switch(target)
    if switch.exists() and not switch.is_symlink():
        _refuse(switch, "is no link", "move it away")


def _refuse(place: Path, what: str, cure: str) -> None:
    raise ParameterError(f"{place} {what}, so a run cannot replace it: {cure}, or give the run another --name.")


def publish(staged: Run, target: Run) -> None:
    """Show a staged run's pages and tables in place of those before, in one step, all of it on the disk."""
    version = staged.reports.parent
    _link(version / TABLES, staged.derived)
    _flush(staged.derived, version)
    _take_in_plain_folders(target)
    for place, link in _places(target).items():
        if not place.is_symlink():
            place.symlink_to(link)
    _link(_switch(target), version)
    _flush_folder(version.parent)
    sweep(target)


def sweep(target: Run, *, but: str = "") -> None:
    """Remove the run's versions that are not shown, ``but`` one, and links that lead nowhere; only with its lock."""
    switch = _switch(target)
    shown = switch.readlink().name if switch.is_symlink() else None
    staying = (shown, f".{target.name}.{DRAFT}", f".{target.name}.{but}")
    for parent in (target.derived.parent, target.reports.parent):
        for left in parent.glob(f".{target.name}.*"):
            if left.name not in staying and not left.name.endswith(".lock"):
                _remove(left)
    for place in _places(target):
        if place.is_symlink() and not place.exists():
            place.unlink()


def published_version(target: Run) -> str:
    """Return which version of a run is published: empty for none, 'before' for plain folders."""
    switch = _switch(target)
    if switch.is_symlink():
        return switch.readlink().name.removeprefix(f"{switch.name}.")
    return BEFORE if target.derived.is_dir() else ""


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _switch(target: Run) -> Path:
    return target.reports.parent / f".{target.name}"


def _places(target: Run) -> dict[Path, str]:
    """Return the two paths people know, and the link each is."""
    switch = _switch(target)
    return {
        target.reports: f"{switch.name}/{PAGES}",
        target.derived: _relative(switch / TABLES, target.derived.parent),
    }


def _relative(path: Path, folder: Path) -> str:
    """Return the way from a folder to a path, as the disk has it: a folder above may itself be a link."""
    top = Path(os.path.commonpath([path, folder]))
    within = path.relative_to(top)
    return os.path.relpath((top / within.parts[0]).resolve().joinpath(*within.parts[1:]), folder.resolve())


def _link(link: Path, path: Path) -> None:
    """Make a link lead to a path, in one step where it led elsewhere."""
    fresh = link.with_name(f"{link.name}.link")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(_relative(path, link.parent))
    fresh.replace(link)


def _take_in_plain_folders(target: Run) -> None:
    """Turn plain folders into links to themselves: at every moment both paths show what they showed before."""
    plain = [place for place in (target.derived, target.reports) if place.is_dir() and not place.is_symlink()]
    if not plain:
        return
    before = Run(target.name, target.root, BEFORE)
    version = before.reports.parent
    version.mkdir(exist_ok=True)
    if not _switch(target).is_symlink():
        _link(version / TABLES, before.derived)
        _link(_switch(target), version)
    for place in plain:
        _exchange(place, before.derived if place == target.derived else before.reports, _places(target)[place])


def _exchange(place: Path, inside: Path, link: str) -> None:
    """Move a folder inside a version and leave a link in its place, in one step where the system can (Linux)."""
    inside.unlink(missing_ok=True)
    inside.symlink_to(link)
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    at_cwd, exchange = -100, 2
    if rename is None or rename(at_cwd, os.fsencode(place), at_cwd, os.fsencode(inside), exchange) != 0:
        inside.unlink()
        place.rename(inside)
        place.symlink_to(link)


def _flush(*folders: Path) -> None:
    """Wait until all files are on the disk, so that a power cut after the switch leaves none empty."""
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                _flush_folder(path)


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
