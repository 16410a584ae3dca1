import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import jupytext
import jupytext.cli
import nbformat
import pytest

import workbench as wb
from tests.conftest import ROOT
from tests.runs.conftest import project, run_notebook
from workbench.runs.notebooks.kernel_server import KernelServer
from workbench.runs.stages.params import NOTEBOOKS

FOLDER = ROOT / "notebooks"
SOURCES = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.py"))
SOURCES = [name for name in SOURCES if not name.startswith("own/")]
TUTORIALS = ["bring_your_own_data", "choose_thresholds", "questions_and_answers"]


def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(c.cell_type, c.source, tuple(c.metadata.get("tags", []))) for c in notebook.cells]


@pytest.mark.parametrize("name", SOURCES)
def test_a_notebook_and_its_source_are_twins(name: str) -> None:
    source = jupytext.read(FOLDER / f"{name}.py")
    twin = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    assert cells(twin) == cells(source)
    assert twin.metadata.kernelspec.language == "python"


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "notebooks", ignore=shutil.ignore_patterns("own", "tutorials")))


def sync(folder: Path, name: str = "*") -> None:
    sources = sorted(map(str, folder.glob(f"{name}.py")))
    assert jupytext.cli.jupytext(["--quiet", "--sync", *sources]) == 0


def test_bringing_pairs_that_agree_together_changes_nothing(pairs: Path) -> None:
    sync(pairs)
    for path in sorted(p for p in pairs.iterdir() if p.is_file()):
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name


@pytest.mark.parametrize(("edited", "other"), [(".ipynb", ".py"), (".py", ".ipynb")])
def test_the_newer_of_a_pair_wins(pairs: Path, edited: str, other: str) -> None:
    path = pairs / f"00_welcome{edited}"
    path.write_text(path.read_text().replace("# Welcome", "# Welcome back"))
    newer = (pairs / f"00_welcome{other}").stat().st_mtime + 60
    os.utime(path, (newer, newer))
    sync(pairs, "00_welcome")
    assert "# Welcome back" in (pairs / f"00_welcome{other}").read_text()


@pytest.mark.parametrize("name", SOURCES)
def test_a_notebook_is_kept_without_outputs(name: str) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert all(not c.outputs and c.execution_count is None for c in code)


def test_the_folder_holds_the_welcome_the_notebooks_of_a_run_and_no_others() -> None:
    assert [path.stem for path in sorted(FOLDER.glob("*.ipynb"))] == ["00_welcome", *NOTEBOOKS]
    assert [path.stem for path in sorted(FOLDER.glob("*.py"))] == ["00_welcome", *NOTEBOOKS]


@pytest.mark.parametrize("name", SOURCES)
def test_a_notebook_says_first_what_it_reads_and_writes_and_which_parameters_matter(name: str) -> None:
    kind, first, _ = cells(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4))[0]
    assert kind == "markdown"
    assert all(re.search(rf"^- \*\*{word}s?\b", first, re.MULTILINE) for word in ("Read", "Write", "Parameter"))


@pytest.mark.parametrize("name", SOURCES)
def test_a_notebook_narrates_before_it_computes(name: str) -> None:
    kinds = [kind for kind, _, _ in cells(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4))]
    assert kinds.count("markdown") >= kinds.count("code") / 2


def test_each_verb_stands_in_a_notebook_or_a_readme() -> None:
    places = [FOLDER / f"{name}.py" for name in SOURCES]
    places += [ROOT / name / "README.md" for name in ("", "data", "notebooks", "workbench", "reports")]
    text = "\n".join(place.read_text(encoding="utf-8") for place in places)
    missing = [verb for verb in wb.__all__ if not re.search(rf"wb\.{verb}\b", text)]
    assert missing == ["compare_runs", "contact_list", "health_list", "win_back_list"], "the deprecated verbs alone"


@pytest.mark.slow
@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_runs_in_papermill_on_its_defaults(
    tmp_path: Path, shared_server: Callable[[], KernelServer | None], name: str
) -> None:
    folder, done = project(tmp_path), tmp_path / "done.ipynb"
    run_notebook(folder / "notebooks" / "tutorials" / f"{name}.ipynb", done, shared_server(), cwd=folder)
    outputs = [o for c in nbformat.read(done, as_version=4).cells for o in c.get("outputs", [])]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert any("text/html" in o.get("data", {}) for o in outputs)


def test_simulating_proposing_and_checking_work_with_paths_as_typed_in_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wb.simulate("company", customers=2, months=3)
    sales = "order_id,customer_id,ordered_at,amount\n1,ann,2024-01-31,5\n2,bob,2024-02-28,6\n"
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "sales.csv").write_text(sales)
    wb.write_source(wb.propose_source("raw"), "proposed.yaml")
    _, report = wb.check_source("proposed.yaml")
    assert report.summary.startswith("Nothing")
