"""What five notebooks cost beside one notebook of all their cells: CPU seconds of everything a run starts.

All run the orders of the same small simulated company through papermill, and write the same report and pages: a run as it
is, a run whose kernels each start and import for themselves, and one notebook.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import nbformat
import yaml

from workbench.demo import simulate

ROOT = Path(__file__).resolve().parents[2]
ONE = """
import threading, time
from datetime import UTC, datetime
from pathlib import Path
import papermill
from workbench.runs import read_params
from workbench.runs.stages.folders import Run
from workbench.runs.notebooks.kernels import ENGINE, Limits
from workbench.runs.stages.manifest import write_manifest
from workbench.runs.notebooks.notebook_pages import tidy_notebook, write_notebook_page
from workbench.runs.publishing.publish import DRAFT
params = read_params(Path("nightly.yaml"), {}, as_of=None, name="one")
run, at = Run("one", staging=DRAFT), datetime.now(UTC)
limits = Limits(3600, 3600, time.monotonic() + 3600, threading.Event())
papermill.execute_notebook("one.ipynb", "done.ipynb", engine_name=ENGINE, limits=limits, cwd=Path.cwd(),
    on_cell=lambda *_: None, on_end=lambda *_: None, progress_bar=False)
tidy_notebook(Path("done.ipynb"))
write_notebook_page(Path("done.ipynb"))
write_manifest(run, params, at, seconds={}, peak_mb={})
"""
"""What a run does, with one notebook."""
ALONE = """
import sys
from contextlib import nullcontext
from workbench.runs.notebooks import kernel_server
kernel_server.kernel_server = kernel_server.started_early = nullcontext
from workbench.cli import main
sys.argv[1:] = ["run", "nightly.yaml"]
main()
"""
"""A run without the process that kernels are copied from."""


def merged(folder: Path) -> None:
    """Write one notebook of all cells; each part starts with its parameters alone, as a kernel of its own would."""
    from workbench.runs import read_params
    from workbench.runs.stages.params import NOTEBOOKS, for_notebook

    params = read_params(folder / "nightly.yaml", {}, as_of=None, name="one")
    cells = []
    for name in NOTEBOOKS:
        given = "\n".join(f"{key} = {value!r}" for key, value in for_notebook(name, params).items())
        cells.append(nbformat.v4.new_code_cell('In[:] = [""] * len(In)'))
        for cell in nbformat.read(folder / "notebooks" / f"{name}.ipynb", as_version=4).cells:
            given_here = "parameters" in cell.metadata.get("tags", [])
            cells.append(nbformat.v4.new_code_cell(f"# Parameters\n{given}") if given_here else cell)
    notebook = nbformat.read(folder / "notebooks" / "01_load.ipynb", as_version=4)
    notebook.cells = [nbformat.NotebookNode(cell, id=f"cell-{place}") for place, cell in enumerate(cells)]
    nbformat.write(notebook, folder / "one.ipynb")


def cpu_seconds(folder: Path, *words: str) -> float:
    """Run a command; return its CPU seconds and those of all it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *words], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    called = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copytree(ROOT / "notebooks", folder / "notebooks")
        simulate(folder / "company", customers=called.customers, months=24, seed=1)
        source = yaml.safe_load((folder / "company" / "source.yaml").read_text())
        tables = {name: source["tables"][name] for name in ("customers", "orders")}
        (folder / "company" / "orders.yaml").write_text(yaml.safe_dump({**source, "tables": tables}))
        (folder / "nightly.yaml").write_text("source: company/orders.yaml\nas_of: 2026-01-01\n")
        merged(folder)
        jobs = {
            "five notebooks": ["-m", "workbench", "run", "nightly.yaml"],
            "kernels alone": ["-c", ALONE],
            "one notebook": ["-c", ONE],
        }
        taken: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(called.rounds):
            for name, words in jobs.items():
                taken[name].append(cpu_seconds(folder, *words))
                print(f"{name}: {taken[name][-1]:.1f} CPU seconds", flush=True)
    five, alone, one = (median(each) for each in taken.values())
    print(f"Five notebooks cost {five / one:.2f} times one; with kernels alone {alone / one:.2f} times.")
    if called.json:
        called.json.write_text(json.dumps({**taken, "times": five / one}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
