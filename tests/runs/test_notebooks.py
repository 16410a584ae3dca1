import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

import workbench as wb
from tests.conftest import ROOT
from workbench.runs.params import NOTEBOOKS

FOLDER = ROOT / "notebooks"


def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(c.cell_type, c.source, tuple(c.metadata.get("tags", []))) for c in notebook.cells]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_and_its_source_are_twins(name: str) -> None:
    source = jupytext.read(FOLDER / f"{name}.py")
    twin = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    assert cells(twin) == cells(source)
    assert twin.metadata.kernelspec.language == "python"


def test_making_the_twins_anew_changes_nothing(tmp_path: Path) -> None:
    copied = shutil.copytree(FOLDER, tmp_path / "notebooks")
    sources = sorted(map(str, copied.glob("*.py")))
    subprocess.run([sys.executable, "-m", "jupytext", "--quiet", "--update", "--to", "ipynb", *sources], check=True)
    for twin in sorted(copied.iterdir()):
        if twin.is_file():
            assert twin.read_bytes() == (FOLDER / twin.name).read_bytes(), twin.name


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_kept_without_outputs(name: str) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert all(not c.outputs and c.execution_count is None for c in code)


def test_the_folder_holds_the_notebooks_of_a_run_and_no_others() -> None:
    assert sorted(p.stem for p in FOLDER.glob("*.ipynb")) == list(NOTEBOOKS)
    assert sorted(p.stem for p in FOLDER.glob("*.py")) == list(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_narrates_before_it_computes(name: str) -> None:
    kinds = [kind for kind, _, _ in cells(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4))]
    assert kinds[0] == "markdown"
    assert kinds.count("markdown") >= kinds.count("code") / 2


def test_simulating_proposing_and_checking_work_with_paths_as_typed_in_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wb.simulate("company", customers=50, months=3)
    wb.write_source(wb.propose_source("company"), "proposed.yaml")
    _, report = wb.check_source("company/source.yaml")
    assert report.summary.startswith("Nothing")
