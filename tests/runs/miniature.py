"""A project whose five notebooks have the parameters of the real ones and a line of work each.

The text of its source stands in every table and on the page, so that one can see whether they are of one run. A notebook
runs in this process, which spares five kernels; what kernels do is tested beside.
"""

import shutil
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import papermill.engines
import pytest

from tests.conftest import ROOT
from workbench.runs.commands.execute import execute
from workbench.runs.live.params_file import read_params
from workbench.runs.notebooks import kernels
from workbench.runs.stages.params import NOTEBOOKS

OPEN = """
import json
import pandas as pd
from workbench.runs.stages.folders import Run
run = Run(run_name)
def table(stage, text):
    run.write(stage, pd.DataFrame({"customer_id": ["ann"], "as_of": pd.Timestamp("2024-05-14"), "text": text}))
"""
WORK = {
    "01_load": """
text = (run.root / "sales.csv").read_text().split()[1]
(run.derived / "crm").mkdir()
pd.DataFrame({"text": [text]}).to_parquet(run.derived / "crm" / "orders.parquet")
facts = {"files": [], "loaded": {"orders": 1}, "refused": []}
(run.derived / "crm" / "crm.json").write_text(json.dumps(facts))
""",
    "02_label": 'table("labels", pd.read_parquet(run.derived / "crm" / "orders.parquet")["text"][0])',
    "03_features": 'table("features", run.read("labels")["text"][0])',
    "04_train": 'table("scores", run.read("features")["text"][0])',
    "05_report": """
table("customer_base", run.read("scores")["text"][0])
(run.reports / "index.html").write_text(run.read("scores")["text"][0])
(run.reports / "summary.json").write_text(json.dumps({"as_of": "2024-05-14", "changes": None}))
""",
}


class InThisProcess(papermill.engines.Engine):
    """Papermill's engine without a kernel."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, _: str, *, on_cell: Any, on_end: Any, **__: Any) -> None:
        names: dict[str, Any] = {}
        with kernels._saved_seldom(nb_man):
            for index, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, index)
                if cell.cell_type == "code":
                    exec(cell.source, names)
                nb_man.cell_complete(cell, index)
                on_cell(index, len(nb_man.nb.cells), "")
        on_end(None)


def in_this_process(patch: pytest.MonkeyPatch) -> None:
    """Have runs execute notebooks in this process, and write no page of each."""
    papermill.engines.papermill_engines.register("in this process", InThisProcess)
    patch.setattr(kernels, "ENGINE", "in this process")
    for start in ("kernel_server", "started_early"):
        patch.setattr(f"workbench.runs.notebooks.kernel_server.{start}", nullcontext)
    patch.setattr("workbench.runs.notebooks.notebook_pages._page", lambda _, name: name)


@pytest.fixture
def miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a published run whose source says "old", and a source that now says "new"."""
    in_this_process(monkeypatch)
    (tmp_path / "notebooks").mkdir()
    for name in NOTEBOOKS:
        notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
        given = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
        notebook.cells = [*given, *map(nbformat.v4.new_code_cell, (OPEN, WORK[name]))]
        for place, cell in enumerate(notebook.cells):
            cell.id = f"cell-{place}"
        nbformat.write(notebook, tmp_path / "notebooks" / f"{name}.ipynb")
    (tmp_path / "source.yaml").write_text(
        "name: shop\ncurrency: EUR\nfiles: {sales: {path: sales.csv}}\ntables:\n  orders: {from: sales, "
        "columns: {order_id: id, customer_id: id, ordered_at: id, amount: id}}\n"
    )
    (tmp_path / "nightly.yaml").write_text("source: source.yaml\nas_of: 2024-05-14\n")
    monkeypatch.chdir(tmp_path)
    say(tmp_path, "old")
    start(tmp_path)
    say(tmp_path, "new")
    return tmp_path


def say(project: Path, text: str) -> None:
    """Have the source say a text."""
    (project / "sales.csv").write_text(f"id\n{text}\n")


def start(project: Path, *, name: str = "nightly", on_stage: Any = lambda _: None, **how: Any) -> list[str]:
    """Run the miniature; return what was said of going on."""
    sentences: list[str] = []
    params = read_params(project / "nightly.yaml", how.pop("changes", {}), as_of=None, name=name)
    execute(params, on_cell=lambda *_: None, on_stage=on_stage, on_resume=sentences.append, **how)
    return sentences


def seen(project: Path, name: str = "nightly") -> set[str]:
    """The texts of all that people and notebooks find at the paths they know: of one run there is but one."""
    page = (project / "reports" / name / "index.html").read_text()
    tables = sorted((project / "data" / "derived" / name).glob("*.parquet"))
    assert len(tables) == 4
    return {page, *(pd.read_parquet(path)["text"][0] for path in tables)}


def left(project: Path, name: str = "nightly") -> list[str]:
    """Versions of the run that are not the one published."""
    shown = (project / "reports" / f".{name}").readlink().name
    found = [path.name for folder in ("reports", "data/derived") for path in (project / folder).glob(f".{name}.*")]
    return sorted({version for version in found if version != shown and not version.endswith(".lock")})


def damage(path: Path) -> None:
    shutil.copyfile(__file__, path)
