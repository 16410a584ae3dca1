"""The page of an executed notebook: offline, its code shown on demand, readable."""

from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

import workbench as wb
from tests.browser import CONTRAST, Reader
from workbench.runs.notebooks.notebook_pages import tidy_notebook, write_notebook_page

CODE = "# a comment\nchurn = 0.5 + 1\n@wraps\ndef f(x): return f'{x!r}' and not None"
TABLE = "<table><thead><tr><th></th><th>churn</th></tr></thead><tbody><tr><th>NL</th><td>0.5</td></tr></tbody></table>"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The page of a notebook with a cell of code, a table as pandas writes one, and a wide one of ours."""
    wide = wb.show(pd.DataFrame([range(40)], columns=[f"column {place}" for place in range(40)]))._repr_html_()
    outputs = [nbformat.v4.new_output("display_data", {"text/html": table}) for table in (TABLE, wide)]
    cell = nbformat.v4.new_code_cell(CODE, execution_count=1, outputs=outputs)
    cell.metadata["papermill"] = {"start_time": "2024-05-01T10:00:00"}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Churn"), cell])
    nbformat.write(notebook, tmp_path / "01.ipynb")
    tidy_notebook(tmp_path / "01.ipynb")
    write_notebook_page(tmp_path / "01.ipynb")
    return tmp_path / "01.html"


def test_the_page_has_no_script_no_time_of_day_and_no_empty_header(written: Path) -> None:
    text = written.read_text()
    assert "<script" not in text
    assert "2024-05-01T10" not in text
    assert "2024-05-01T10" not in written.with_suffix(".ipynb").read_text()
    assert "<td></td><th>churn</th>" in text


def test_styled_tables_and_warnings_are_the_same_at_every_run(tmp_path: Path) -> None:
    for run, (table, process) in {"one": ("0fa12", 11), "other": ("77bc0", 12)}.items():
        html = f'<style>#T_{table}_row0_col0 {{color: red}}</style><table id="T_{table}"><td id="T_{table}_row0_col0">'
        outputs = [
            nbformat.v4.new_output("display_data", {"text/html": html}),
            nbformat.v4.new_output("stream", name="stderr", text=f"/tmp/ipykernel_{process}/313.py:4: UserWarning: x"),
        ]
        cell = nbformat.v4.new_code_cell("show()", id="cell", outputs=outputs)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{run}.ipynb")
        tidy_notebook(tmp_path / f"{run}.ipynb")
    assert (tmp_path / "one.ipynb").read_text() == (tmp_path / "other.ipynb").read_text()
    assert '<table id=\\"T_1_0\\">' in (tmp_path / "one.ipynb").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_the_code_is_shown_on_demand_and_every_letter_can_be_read(browser: Any, written: Path, width: int) -> None:
    reader = Reader(browser, written, width=width)
    code = reader.page.locator(".jp-CodeCell .jp-Cell-inputWrapper").first
    assert not code.is_visible()
    reader.page.get_by_label("Show the code").check()
    assert code.is_visible()
    assert reader.page.evaluate(CONTRAST) == {}
    barriers = Axe().run(reader.page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in barriers] == []
    assert (reader.requests, reader.console) == ([written.resolve().as_uri()], [])
    reader.close()
