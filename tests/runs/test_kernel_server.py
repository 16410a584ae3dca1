"""Kernels copied from one process that has imported all: each its own, and none outlives the run."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import papermill
import pytest

from tests.conftest import ROOT
from workbench.runs.notebooks.kernel_server import KernelServer, _early, kernel_server, started_early
from workbench.runs.notebooks.kernels import ENGINE, KernelEnded, Limits

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere kernels start as Jupyter starts them"),
]
OWNER = """
import os, sys, threading, time
from workbench.runs.notebooks.kernel_server import KernelServer
server = KernelServer(["ipykernel.kernelapp"])
server.start(["--IPKernelApp.code_to_run=" + sys.argv[1]], os.getcwd(), os.environ, threading.Event())
time.sleep(600)
"""
HOLD_AND_STOP = (
    "import fcntl, os, signal; held = open('held', 'w'); fcntl.flock(held, fcntl.LOCK_EX); open('ready', 'w').close(); "
    "os.kill(os.getpid(), signal.SIGSTOP)"
)


@pytest.fixture(scope="module")
def server() -> Iterator[KernelServer]:
    started = KernelServer(["ipykernel.kernelapp", "colorsys"])
    yield started
    started.close()


def run(server: KernelServer, folder: Path, source: str, cell_s: int = 60) -> str:
    """Run a notebook of one cell in a folder; return what it printed."""
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), folder / "in.ipynb")
    papermill.execute_notebook(
        folder / "in.ipynb", folder / "out.ipynb", engine_name=ENGINE, kernel_name="python3", progress_bar=False,
        limits=Limits(cell_s, 60, time.monotonic() + 600, threading.Event()), on_cell=lambda *_: None,
        on_end=lambda _: None, server=server, cwd=folder,
    )  # fmt: skip
    return "".join(out.text for out in nbformat.read(folder / "out.ipynb", as_version=4).cells[0].outputs)


def test_each_kernel_has_a_process_names_folder_and_environment_of_its_own(
    server: KernelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = "import os, sys; print(os.getpid(), os.getcwd(), os.environ.get('OF_ONE'), 'colorsys' in sys.modules)"
    monkeypatch.setenv("OF_ONE", "yes")
    one, *of_one = run(server, tmp_path, f"mine = 1; {seen}").split()
    monkeypatch.delenv("OF_ONE")
    other, *of_other = run(server, tmp_path, f"assert 'mine' not in globals(); {seen}").split()
    assert one != other
    assert (of_one, of_other) == ([str(tmp_path), "yes", "True"], [str(tmp_path), "None", "True"])


def test_a_server_started_early_is_the_runs_and_never_outlives_the_call() -> None:
    with started_early():
        (used,) = _early
        with kernel_server() as of_run:
            assert of_run is used
        assert used.process.poll() is not None
    with started_early():
        (unused,) = _early
    assert unused.process.poll() is not None


def test_draws_of_two_kernels_differ(server: KernelServer, tmp_path: Path) -> None:
    draw = "import random, numpy; print(random.random(), numpy.random.random())"
    assert not {*run(server, tmp_path, draw).split()} & {*run(server, tmp_path, draw).split()}


def test_a_kernel_that_dies_or_hangs_is_noticed_and_the_next_one_starts(server: KernelServer, tmp_path: Path) -> None:
    with pytest.raises(KernelEnded, match="its kernel died"):
        run(server, tmp_path, "import os; os._exit(3)")
    with pytest.raises(KernelEnded, match="it took longer"):
        run(server, tmp_path, "while True: pass", cell_s=1)
    assert run(server, tmp_path, "print('well')") == "well\n"


def test_a_server_that_has_ended_ends_the_notebook(tmp_path: Path) -> None:
    ended = KernelServer(["ipykernel.kernelapp"])
    ended.close()
    with pytest.raises(OSError, match=r"."):
        run(ended, tmp_path, "1")


def test_one_asked_to_stop_does_not_wait_until_the_server_has_imported(tmp_path: Path) -> None:
    server, asked = KernelServer([]), threading.Event()
    asked.set()
    with pytest.raises(ChildProcessError):
        server.start([], str(tmp_path), {}, asked)
    server.close()


def test_when_the_run_is_killed_its_kernel_ends_even_one_that_is_stopped(tmp_path: Path) -> None:
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", OWNER, HOLD_AND_STOP], cwd=tmp_path, env=here) as owner:
        while not (tmp_path / "ready").exists():
            assert owner.poll() is None
            time.sleep(0.05)
        owner.kill()
    with (tmp_path / "held").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # returns once the kernel, which holds it, is gone
