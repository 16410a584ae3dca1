"""Change the code on purpose, one place at a time, and count the changes that no quick test notices.

``make mutants`` takes a sample over label, metrics and model: a comparison moved by its boundary or turned round, a
number one larger, ``and`` for ``or``, plus for minus, true for false. A change that survives is either a test to write
or a change that changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("label", "metrics", "model")
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip
TIMEOUT_S = 600
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")

Mutant = tuple[Path, int, str]
"""A file, the line of the change, and the file's changed source."""


def main() -> None:
    """Run the sample and print the survivors and the score."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("rooms", nargs="*", default=ROOMS)
    wanted.add_argument("--sample", type=int, default=60)
    wanted.add_argument("--seed", type=int, default=1)
    call = wanted.parse_args()
    found = [mutant for room in call.rooms for file in files(room) for mutant in mutants(file)]
    drawn = random.Random(call.seed).sample(found, min(call.sample, len(found)))
    preload()
    with tempfile.TemporaryDirectory() as folder:
        for room in call.rooms:
            file = files(room)[0]
            if not survives((file, 1, file.read_text(encoding="utf-8")), Path(folder)):
                sys.exit(f"The quick tests of {room} do not pass on the code as it stands; fix that first.")
        survivors = [mutant for mutant in drawn if survives(mutant, Path(folder))]
    for file, line, source in survivors:
        print(f"survived: {file.relative_to(ROOT)}:{line}: {changed(file, line, source)}")
    killed = len(drawn) - len(survivors)
    print(f"{killed} of {len(drawn)} changes noticed ({killed / len(drawn):.0%}), of {len(found)} possible ones.")


def files(room: str) -> list[Path]:
    """Return the modules of a room."""
    return sorted((ROOT / "workbench" / room).rglob("*.py"))


def mutants(file: Path) -> Iterator[Mutant]:
    """Return every changed version of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for place, node in enumerate(ast.walk(tree)):
        if changeable(node):
            fresh = copy.deepcopy(tree)
            changed_node = list(ast.walk(fresh))[place]
            change(changed_node)
            yield file, node.lineno, ast.unparse(fresh)  # type: ignore[attr-defined]


def changeable(node: ast.AST) -> bool:
    """Return whether a node has a counterpart."""
    if isinstance(node, ast.Compare):
        return type(node.ops[0]) in SWAPS
    if isinstance(node, ast.BoolOp | ast.BinOp):
        return type(node.op) in SWAPS
    return isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float)


def change(node: ast.AST) -> None:
    """Put a node's counterpart in its place."""
    if isinstance(node, ast.Compare):
        node.ops[0] = SWAPS[type(node.ops[0])]()  # type: ignore[assignment]
    elif isinstance(node, ast.BoolOp | ast.BinOp):
        node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
    elif isinstance(node, ast.Constant):
        node.value = (not node.value) if isinstance(node.value, bool) else node.value + 1  # type: ignore[operator]


def changed(file: Path, line: int, source: str) -> str:
    """Return the line as it stands in the file, and as the change makes it."""
    before = ast.unparse(ast.parse(file.read_text(encoding="utf-8"))).splitlines()
    differing = [(old, new) for old, new in zip(before, source.splitlines(), strict=False) if old != new]
    old, new = differing[0] if differing else (f"line {line}", "the same")
    return f"{old.strip()}  →  {new.strip()}"


def preload() -> None:
    """Import what takes long once: every mutant runs in a fork of this process."""
    import ibis  # noqa: F401
    import lifelines  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    import pytest  # noqa: F401
    import sklearn.ensemble  # noqa: F401
    import xgboost  # noqa: F401


def survives(mutant: Mutant, folder: Path) -> bool:
    """Return whether the quick tests of the mutant's room pass on it."""
    file, _, source = mutant
    place = folder / "project"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for path in ROOT.iterdir():
        if path.name in {"workbench", "tests"}:
            shutil.copytree(path, place / path.name, ignore=IGNORED)
        elif path.name != ".git":
            (place / path.name).symlink_to(path)
    (place / file.relative_to(ROOT)).write_text(source, encoding="utf-8")
    child = os.fork()
    if child == 0:
        os._exit(tested(place, file.relative_to(ROOT / "workbench").parts[0]))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def tested(place: Path, room: str) -> int:
    """Run a room's quick tests and examples in a copy of the project; return pytest's exit code."""
    import signal

    import pytest

    signal.alarm(TIMEOUT_S)  # a change may loop for ever; then it is noticed
    os.chdir(place)
    sys.path[:] = [str(place), *(path for path in sys.path if path not in {str(ROOT), str(ROOT / "tests"), ""})]
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    options = ["-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-m", "not slow", "-o", "addopts="]
    return int(pytest.main([*options, "--doctest-modules", f"tests/{room}", f"workbench/{room}"]))


if __name__ == "__main__":
    main()
