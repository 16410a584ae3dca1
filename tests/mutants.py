"""Change the code on purpose, one place at a time, and count the changes that no test of the room notices.

``make mutants`` takes a sample of ten from each of label, metrics and model, the same at every call: a comparison moved by its boundary or turned round, a
number one larger, ``and`` for ``or``, plus for minus, true for false. A change that survives is either a test to write
or a change that changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("label", "metrics", "model")
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip
MOST_CPU_S = 300
"""A change may loop for ever; then it is noticed."""
STAGES = ("not slow", "slow")
"""Which of the room's tests are asked, in this order, until one fails."""
NO_TESTS = 5  # pytest's exit code
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")

Mutant = tuple[Path, int, str]
"""A file, the line of the change, and the file's changed source."""


def main() -> None:
    """Run the sample and print the survivors and the score."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("rooms", nargs="*", default=ROOMS, help="of workbench/; label, metrics and model unless given")
    wanted.add_argument("--sample", type=int, default=10, help="changes per room")
    wanted.add_argument("--seed", type=int, default=1)
    call = wanted.parse_args()
    preload()
    with tempfile.TemporaryDirectory() as folder:
        for room in call.rooms:
            score(room, call.sample, call.seed, Path(folder))


def score(room: str, sample: int, seed: int, folder: Path) -> None:
    """Run a room's sample; print each survivor as it is found, and the score."""
    found = [(file, place) for file in files(room) for place in places(file)]
    drawn = [mutant(*chosen) for chosen in random.Random(seed).sample(found, min(sample, len(found)))]
    file = files(room)[0]
    if not survives((file, 1, file.read_text(encoding="utf-8")), folder):
        sys.exit(f"The tests of {room} do not pass on the code as it stands; fix that first.")
    killed = len(drawn)
    for file, line, source in drawn:
        if survives((file, line, source), folder):
            killed -= 1
            print(f"survived: {file.relative_to(ROOT)}:{line}: {changed(file, line, source)}", flush=True)
    print(f"{room}: {killed} of {len(drawn)} changes noticed, of {len(found)} possible ones.", flush=True)


def files(room: str) -> list[Path]:
    """Return the modules of a room."""
    return sorted((ROOT / "workbench" / room).rglob("*.py"))


def places(file: Path) -> list[int]:
    """Return which nodes of a file's syntax tree can be changed; what decorates a class or function stays."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    decorators = [part for node in ast.walk(tree) for part in getattr(node, "decorator_list", [])]
    kept = {node for part in decorators for node in ast.walk(part)}
    return [place for place, node in enumerate(ast.walk(tree)) if changeable(node) and node not in kept]


def mutant(file: Path, place: int) -> Mutant:
    """Return a file changed in one place."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    node = list(ast.walk(tree))[place]
    change(node)
    return file, node.lineno, ast.unparse(tree)  # type: ignore[attr-defined]


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


def survives(changed_file: Mutant, folder: Path) -> bool:
    """Return whether all tests of the mutant's room pass on it."""
    file, _, source = changed_file
    place = folder / "project"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for path in ROOT.iterdir():
        if path.name in {"workbench", "tests"}:
            shutil.copytree(path, place / path.name, ignore=IGNORED)
        elif path.name != ".git":
            (place / path.name).symlink_to(path)
    (place / file.relative_to(ROOT)).write_text(source, encoding="utf-8")
    room = file.relative_to(ROOT / "workbench").parts[0]
    return all(passes(place, room, stage) for stage in STAGES)


def passes(place: Path, room: str, stage: str) -> bool:
    """Return whether a room's tests of a stage pass in a process of their own."""
    child = os.fork()
    if child == 0:
        os._exit(tested(place, room, stage))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in (0, NO_TESTS)


def tested(place: Path, room: str, stage: str) -> int:
    """Run a room's tests of a stage, and its examples, in a copy of the project; return pytest's exit code."""
    import resource

    import pytest

    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    os.chdir(place)
    sys.path[:] = [str(place), *(path for path in sys.path if path not in {str(ROOT), str(ROOT / "tests"), ""})]
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    options = ["-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-m", stage, "-o", "addopts="]
    return int(pytest.main([*options, "--doctest-modules", f"tests/{room}", f"workbench/{room}"]))


if __name__ == "__main__":
    main()
