"""A notebook always ends by itself: a kernel that stops, hangs or takes too long is given up with its reason."""

import threading
import time
from pathlib import Path

import nbformat
import papermill
import pytest

from workbench.runs.notebooks import kernels
from workbench.runs.notebooks.kernels import ENGINE, KernelEnded, Limits

pytestmark = pytest.mark.slow
STOP_ITSELF = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
HANG = "while True: pass"
LATER = time.monotonic() + 3600


def run(folder: Path, source: str, limits: Limits) -> list[tuple[int, int, str]]:
    """Run a notebook of a heading and one cell; return what was reported of its cells."""
    cells = [nbformat.v4.new_markdown_cell("# Only this"), nbformat.v4.new_code_cell(source)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "in.ipynb")
    reported: list[tuple[int, int, str]] = []
    papermill.execute_notebook(
        folder / "in.ipynb",
        folder / "out.ipynb",
        engine_name=ENGINE,
        kernel_name="python3",
        progress_bar=False,
        limits=limits,
        on_cell=lambda *cell: reported.append(cell),
        on_end=lambda peak_mb: reported.append((0, 0, f"peak of {type(peak_mb).__name__}")),
    )
    assert reported.pop()[2] in ("peak of float", "peak of NoneType")  # None: not Linux
    return reported


def test_each_finished_code_cell_is_reported_with_its_heading(tmp_path: Path) -> None:
    assert run(tmp_path, "1 + 1", Limits(60, 60, LATER, threading.Event())) == [(2, 2, "Only this")]
    assert nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[1].outputs[0].data["text/plain"] == "2"


def test_a_kernel_that_is_stopped_but_not_dead_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "SILENT_S", 2)
    with pytest.raises(KernelEnded, match="has not answered for 2 seconds, though it still exists"):
        run(tmp_path, STOP_ITSELF, Limits(60, 60, LATER, threading.Event()))


def test_a_cell_that_takes_too_long_ends_the_notebook(tmp_path: Path) -> None:
    with pytest.raises(
        KernelEnded, match=r"^cell 2 \(Only this\): it took longer than 0 minutes \(cell_timeout_minutes\)"
    ):
        run(tmp_path, HANG, Limits(1, 60, LATER, threading.Event()))


def test_a_run_that_takes_too_long_ends_the_notebook(tmp_path: Path) -> None:
    with pytest.raises(KernelEnded, match=r"the run has taken longer than 2 minutes \(run_timeout_minutes\)"):
        run(tmp_path, HANG, Limits(60, 120, time.monotonic(), threading.Event()))


def test_a_kernel_that_dies_ends_the_notebook(tmp_path: Path) -> None:
    with pytest.raises(KernelEnded, match=r"^cell 2 \(Only this\): its kernel died"):
        run(tmp_path, "import os; os._exit(1)", Limits(60, 60, LATER, threading.Event()))
