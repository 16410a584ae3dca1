"""How far a run has come, beside its pages: what each finished notebook was made from and wrote, for --resume."""

from __future__ import annotations

import glob
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbench.runs.notebooks.notebook_pages import PAGE
from workbench.runs.publishing.publish import published_version
from workbench.runs.stages.folders import Run
from workbench.runs.stages.lineage import CARDS, fingerprint
from workbench.runs.stages.manifest import PACKAGES, version
from workbench.runs.stages.params import FILES, NOTEBOOKS, RunParams, for_notebook
from workbench.sources import read_source

PROGRESS = "progress.json"
KEPT_DAYS = 7
"""How long a run that ended early is kept, to go on from or to look at."""


@dataclass(frozen=True)
class Stage:
    """What one notebook of a run cost and made: seconds, peak memory (MB; None: not known), rows per table written."""

    run: str
    notebook: str
    seconds: float
    peak_mb: float | None
    rows: Mapping[str, int]


def note(staged: Run, params: RunParams, stage: Stage, written: Collection[Path]) -> None:
    """Add a finished notebook to the progress of a staged run; it and those before it have ``written`` these tables."""
    cards, path = _cards(staged), _path(staged)
    known = {name: sha256 for card in cards for name, sha256 in card["files"].items()}
    own = [*sorted(written), *(page for page in sorted(staged.reports.rglob("*")) if _is_of(page, stage.notebook))]
    files = {name: sha256 for name, sha256 in _fingerprints(staged, own).items() if known.get(name) != sha256}
    cards.append({"stage": asdict(stage), "made_from": _made_from(stage.notebook, params, staged.root), "files": files})
    fresh = path.with_suffix(".fresh")
    fresh.write_text(json.dumps(cards, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)


def is_kept(version_folder: Path) -> bool:
    """Return whether a version that was never published is one to go on from: a notebook had finished, and lately.

    A link to a version, which a kill amid the switch leaves behind, is none.
    """
    path = version_folder / PROGRESS
    return not version_folder.is_symlink() and path.is_file() and not is_old(path)


def is_old(path: Path) -> bool:
    """Return whether a file was last written more than ``KEPT_DAYS`` ago; a clock set back makes none old."""
    return time.time() - path.stat().st_mtime > KEPT_DAYS * 86_400


def unfinished(target: Run) -> str:
    """Return the version of the run that ended early most lately and can be gone on from; empty for none."""
    begin, shown = f".{target.name}.", published_version(target)
    found = {path.name.removeprefix(begin): path for path in target.reports.parent.glob(f"{begin}*") if is_kept(path)}
    found.pop(shown, None)
    return max(found, key=lambda version: (found[version] / PROGRESS).stat().st_mtime, default="")


def forget_published(target: Run) -> None:
    """Remove the progress of the published version, which is no run that ended early, nor will be once replaced."""
    if shown := published_version(target):
        (target.reports.parent / f".{target.name}.{shown}" / PROGRESS).unlink(missing_ok=True)


def last_finished(staged: Run) -> str:
    """Return the last notebook a staged run has finished; empty for none."""
    return next((card["stage"]["notebook"] for card in reversed(_cards(staged))), "")


def take_up(staged: Run, params: RunParams) -> tuple[list[Stage], str]:
    """Return the finished notebooks of a staged run that still hold, and why those after them do not, if any.

    What is not theirs is removed from the staged run. A notebook holds if its parameters, files, notebook, the release
    and packages are as they were, and what it wrote is unchanged.
    """
    cards, there, reason = _cards(staged), _files(staged), ""
    if not cards:
        return [], ""
    holding = list[dict[str, Any]]()
    for card in cards:
        reason = _difference(card, _made_from(card["stage"]["notebook"], params, staged.root), there)
        if reason:
            break
        holding.append(card)
    _forget(staged, holding)
    return [Stage(**card["stage"]) for card in holding], reason


def _difference(card: Mapping[str, Any], now: Mapping[str, Any], there: Mapping[str, str]) -> str:
    """Return what differs between a finished notebook then and now; empty for nothing."""
    then = card["made_from"]
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            hashed = {len(str(value)) for value in (then.get(name), now.get(name))} == {64}
            return f"{name} has changed" if hashed else f"{name} was {then.get(name)!r} and is {now.get(name)!r}"
    damaged = [name for name, sha256 in card["files"].items() if there.get(name) != sha256]
    return f"{damaged[0]} is not as {card['stage']['notebook']} wrote it" if damaged else ""


def _forget(staged: Run, holding: Sequence[Mapping[str, Any]]) -> None:
    """Remove from a staged run all that the notebooks which hold did not write."""
    own = {name for card in holding for name in card["files"]}
    for name in _files(staged):
        if name not in own:
            (staged.root / name).unlink()
    for folder in sorted((*staged.derived.rglob("*"), *staged.reports.rglob("*")), reverse=True):
        with suppress(OSError):  # has files
            folder.rmdir()
    notebooks = {card["stage"]["notebook"] for card in holding}
    stages = staged.derived / CARDS
    if stages.is_file():
        cards = json.loads(stages.read_text(encoding="utf-8"))
        left = {name: card for name, card in cards.items() if card["notebook"] in notebooks}
        stages.write_text(json.dumps(left, indent=2, default=str) + "\n", encoding="utf-8")
    _path(staged).write_text(json.dumps(list(holding), indent=2) + "\n", encoding="utf-8")


def sweep_failed(root: Path, failed: str) -> None:
    """Remove what failed runs left to look at, once it is old."""
    for folder in (root / "reports" / failed).glob("*"):
        with suppress(OSError):
            if folder.is_dir() and is_old(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _path(staged: Run) -> Path:
    return staged.reports.parent / PROGRESS


def _cards(staged: Run) -> list[dict[str, Any]]:
    """Return what is noted; nothing where the file is damaged."""
    with suppress(FileNotFoundError, ValueError):
        return list(json.loads(_path(staged).read_text(encoding="utf-8")))
    return []


def _files(staged: Run) -> dict[str, str]:
    """Return the fingerprint of every file the staged run has written.

    But for the list of stages, which grows, and the notebooks' pages, which are written while the run goes on.
    """
    return _fingerprints(staged, [p for folder in (staged.derived, staged.reports) for p in sorted(folder.rglob("*"))])


def _fingerprints(staged: Run, paths: Iterable[Path]) -> dict[str, str]:
    return {
        str(path.relative_to(staged.root)): fingerprint(path)
        for path in paths
        if path.is_file() and path.name not in (CARDS, "started.json") and not _is_page(path)
    }


def _is_of(page: Path, notebook: str) -> bool:
    """Whether a page may be of a notebook: it is no executed notebook, or its own, as the next may be running."""
    return page.parent.name != "notebooks" or page.stem == notebook


def _is_page(path: Path) -> bool:
    return path.suffix == PAGE and path.parent.name == "notebooks"


def _made_from(notebook: str, params: RunParams, root: Path) -> dict[str, Any]:
    """Return what a notebook's results rest on, by the name a person knows it by."""
    own = NOTEBOOKS[notebook].model_fields
    found = {name: value for name, value in for_notebook(notebook, params).items() if name not in FILES}
    if "source" not in own:  # "latest" stands for the same day in the same tables
        found.pop("as_of", None)
    files = {getattr(params, name) for name in FILES if name in own} - {""}
    if "source" in own:
        files |= _raw_files(root, params.source)
    files.add(f"notebooks/{notebook}.ipynb")
    return {**found, **{file: fingerprint(root / file) for file in sorted(files)}, **_release()}


def _raw_files(root: Path, source: str) -> set[str]:
    """Return the raw files a source names, from the project's folder; a server's tables are not looked at."""
    described = read_source(root / source)
    stated = [described.folder / file.path for file in described.files.values() if file.path]
    found = [Path(path) for pattern in stated for path in glob.glob(str(pattern), recursive=True)]  # noqa: PTH207
    whole = {file for path in found for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()}
    return {str(path.relative_to(root) if path.is_relative_to(root) else path) for path in whole}


def _release() -> dict[str, str]:
    """Return the versions of Python and of what computes, and a fingerprint of this package's own code."""
    python = ".".join(map(str, sys.version_info[:3]))
    return {**{name: version(name) for name in PACKAGES}, "python": python, "the workbench": _code()}


@cache
def _code() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).resolve().parents[2].rglob("*")):
        if path.suffix in (".py", ".yaml", ".j2"):
            digest.update(path.read_bytes())
    return digest.hexdigest()
