"""One run of a name at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from workbench.errors import ParameterError
from workbench.runs.stages.folders import Run
from workbench.runs.stages.locks import is_under_way, locked, names

HOLDER = """
import sys, pathlib
from workbench.runs.stages.folders import Run
from workbench.runs.stages.locks import locked
with locked(Run("nightly", pathlib.Path(sys.argv[1]), "")):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_start_is_refused_with_a_sentence_and_a_lock_ends_with_its_owner(tmp_path: Path) -> None:
    run, command = Run("nightly", tmp_path, ""), [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "held\n"
        assert is_under_way(run)
        sentence = rf"run 'nightly' is under way since .* UTC, process {owner.pid}: wait until it has ended, or give"
        with pytest.raises(ParameterError, match=sentence), locked(run):
            pass
        owner.kill()
    with locked(run):
        assert is_under_way(run)
    assert not is_under_way(run)


def test_runs_of_different_names_go_side_by_side(tmp_path: Path) -> None:
    with locked(Run("nightly", tmp_path, "")), locked(Run("weekly", tmp_path, "")):
        assert names(tmp_path) == ["nightly", "weekly"]
    assert not is_under_way(Run("never_started", tmp_path, ""))
