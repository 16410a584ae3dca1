"""What each stage was made from: its notebook, its parameters and the stages before it, in ``stages.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from workbench.errors import DataError
from workbench.sources import fingerprint as read_fingerprint

CARDS = "stages.json"
LOADED = "crm/crm.json"
"""What the first notebook leaves: the loaded tables, known by their card."""

Card = dict[str, Any]


def record(folder: Path, file: str, notebook: str, parameters: Mapping[str, Any]) -> None:
    """Note what a stage's file, just written, was made from: every stage of the notebooks before, as it is now."""
    known = cards(folder)
    before = {name: _short(card) for name, card in known.items() if card["notebook"] < notebook}
    known[file] = {
        "notebook": notebook,
        "parameters": dict(parameters),
        "sha256": fingerprint(folder / file),
        "made_from": _loaded(folder) | before,
    }
    fresh = folder / f".{CARDS}"
    fresh.write_text(json.dumps(dict(sorted(known.items())), indent=2, default=str) + "\n", encoding="utf-8")
    fresh.replace(folder / CARDS)


def cards(folder: Path) -> dict[str, Card]:
    """Return what is recorded of each stage's file: notebook, parameters, sha256, and what it was made from."""
    path = folder / CARDS
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def check_lineage(
    folder: Path, file: str, *, reader: tuple[str, Mapping[str, Any]] = ("", MappingProxyType({}))
) -> None:
    """Raise DataError, naming what to run again, if a stage's file does not fit the stages beside it.

    It does not when it was changed since, when its notebook stopped half-way with other parameters, or when a stage it
    was made from has been made anew since. A file nothing is recorded of passes. The ``reader`` is a notebook and its
    parameters: of what it has just written itself, that it is not at its end yet is no fault.
    """
    known = cards(folder)
    if file not in known:
        return
    card = known[file]
    if fingerprint(folder / file) != card["sha256"]:
        raise DataError(f"{file} is not as {card['notebook']} wrote it, so damaged or edited: {_cure(card)}")
    unfinished = (card["notebook"], card["parameters"]) == (reader[0], dict(reader[1]))
    for name, other in known.items():
        if not unfinished and other["notebook"] == card["notebook"] and other["parameters"] != card["parameters"]:
            raise DataError(f"{file} and {name} differ in {_difference(card, other)}: {_cure(card)}")
    now = _loaded(folder) | {name: _short(other) for name, other in known.items()}
    for name, then in card["made_from"].items():
        if name in now and now[name]["sha256"] != then["sha256"]:
            raise DataError(
                f"{file} was made from another {name} than the one there now ({_difference(then, now[name])}): "
                f"{_cure(card)}"
            )


def fingerprint(path: Path) -> str:
    """Return a file's SHA-256; a large panel that is read by snapshots is not read whole each time."""
    state = path.stat()
    return _fingerprint(path, (state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=64)
def _fingerprint(path: Path, _: tuple[int, ...]) -> str:
    return read_fingerprint(path)


def _loaded(folder: Path) -> dict[str, Card]:
    path = folder / LOADED
    return {LOADED: {"parameters": {}, "sha256": fingerprint(path)}} if path.is_file() else {}


def _short(card: Card) -> Card:
    return {"parameters": card["parameters"], "sha256": card["sha256"]}


def _difference(one: Card, other: Card) -> str:
    """Return how two stages differ: in which parameters, one's value first."""
    names = sorted(one["parameters"].keys() | other["parameters"].keys())
    pairs = [(name, one["parameters"].get(name), other["parameters"].get(name)) for name in names]
    differing = [f"{name} {then!r} and {now!r}" for name, then, now in pairs if then != now]
    return ", ".join(differing) or "the same parameters, other data"


def _cure(card: Card) -> str:
    return f"run notebook {card['notebook']} again, and those after it."
