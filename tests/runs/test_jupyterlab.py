"""An analyst's first minutes in a real JupyterLab: open notebooks, run all cells, move a slider, make a mistake."""

import os
import platform
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow
PATIENCE_S = 300
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',  # cells out of sight stay on the page
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}
CELLS = [
    'import workbench as wb\n\nhere = wb.open_run("nightly")\ncrm = wb.read_crm(here.derived / "crm")',
    'wb.show(wb.states(crm, "2024-05-14").to_pandas().head())',
    "wb.label_controls(here)",
    'wb.label_churn(crm, "2024-03-01", horizon_days=0)',
]
"""What an analyst types about a published run: its tables, one shown, sliders, and last a mistake."""


@pytest.fixture(scope="module")
def folder(published: Path) -> Path:
    """A project with a published run, whose analyst opens the welcome and a short notebook of the own."""
    for notebook in ("00_welcome", "typed"):
        path = published / "notebooks" / f"{notebook}.ipynb"
        cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
        made = nbformat.read(published / "notebooks" / "00_welcome.ipynb", as_version=4)
        made.cells = made.cells if notebook == "00_welcome" else cells
        made.metadata.language_info.version = platform.python_version()  # which JupyterLab writes into what it opens
        nbformat.write(made, path)
    return published


@pytest.fixture(scope="module")
def lab(browser: Any, folder: Path) -> Iterator[str]:  # noqa: ARG001  # without a browser no server is started
    """The address of a JupyterLab of its own, stopped at the end."""
    home, port = folder / "home", free_port()
    for name, text in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    places = {"HOME": home, "JUPYTER_CONFIG_DIR": home / "config", "JUPYTERLAB_SETTINGS_DIR": home / "settings"}
    environment = {**os.environ, **{name: str(place) for name, place in places.items()}, "PYTHONPATH": str(ROOT)}
    environment["PATH"] = str(Path(sys.executable).parent)  # without Node, of which each page asks what to build
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--LabApp.news_url=None"]
    command += ["--LabApp.extension_manager=readonly", "--IdentityProvider.token="]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail("JupyterLab did not start")


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    """A page for both notebooks: to load JupyterLab takes the browser seconds."""
    opened = browser.new_page(viewport={"width": 1280, "height": 1000})
    opened.set_default_timeout(PATIENCE_S * 1000)
    opened.asked = []  # every address the page asks for
    opened.on("request", lambda request: opened.asked.append(urlsplit(request.url)))
    yield opened
    opened.close()


SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"


def opened(page: Any, lab: str, name: str) -> None:
    """Open a notebook and wait until its kernel is there: from the list of files once JupyterLab is there."""
    listed = page.locator(".jp-DirListing-item", has_text=f"{name}.ipynb")
    if listed.count() and not page.locator(".lm-TabBar-tab", has_text=f"{name}.ipynb").count():
        listed.dblclick()
        page.locator(".lm-TabBar-tab.jp-mod-current", has_text=f"{name}.ipynb").wait_for()
    else:
        page.goto(f"{lab}/lab/tree/notebooks/{name}.ipynb?reset")
    page.locator(f"{SHOWN} .jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()


PROMPTS = f"[...document.querySelectorAll('{SHOWN} .jp-CodeCell .jp-InputPrompt')].map(prompt => prompt.innerText)"
BEGUN = f"() => {PROMPTS}.some(text => /[*\\d]/.test(text))"
AT_REST = f"() => !{PROMPTS}.some(text => text.includes('*'))"
ERROR = "document.querySelector('[data-mime-type=\"application/vnd.jupyter.stderr\"]')"
DONE = f"() => /\\d/.test({PROMPTS}.at(-1)) || {ERROR} !== null"


def run_all(page: Any, lab: str, name: str) -> None:
    """Open a notebook, run all cells, and wait until the last has run, or one has failed.

    JupyterLab shows a kernel as idle while it still connects to it, and then drops what it was asked to run, or all but
    the first cell; so they are run again, and after three times the notebook is opened again, which takes long.
    """
    from playwright.sync_api import TimeoutError as TookTooLong

    for attempt in range(9):
        if attempt % 3 == 0:
            opened(page, lab, name)
        with suppress(TookTooLong):
            page.get_by_role("menuitem", name="Run", exact=True).click(timeout=10_000)
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click(timeout=10_000)
            page.wait_for_function(BEGUN, timeout=20_000)
            page.wait_for_function(AT_REST)
        if page.evaluate(DONE):
            return
    pytest.fail("JupyterLab does not run the cells")


def errors(page: Any) -> list[str]:
    return [
        text.strip() for text in page.locator("[data-mime-type='application/vnd.jupyter.stderr']").all_inner_texts()
    ]


def test_opening_a_notebook_changes_neither_it_nor_its_source(page: Any, lab: str, folder: Path) -> None:
    pair = [folder / "notebooks" / f"00_welcome{ending}" for ending in (".ipynb", ".py")]
    before = [path.read_bytes() for path in pair]
    opened(page, lab, "00_welcome")
    page.locator(".lm-TabBar-tab.jp-mod-current:not(.jp-mod-dirty)", has_text="00_welcome").wait_for()
    assert [path.read_bytes() for path in pair] == before


def test_all_cells_run_a_slider_changes_the_numbers_and_a_mistake_is_a_short_message(page: Any, lab: str) -> None:
    run_all(page, lab, "typed")
    assert errors(page) == ["SettingError: horizon_days 0 is too short; use 1 or more.\n\nwb.traceback() shows where."]

    answer = page.locator(".widget-html").last
    slider = page.locator(".widget-slider", has_text="inactive_days")
    answer.get_by_text("present").wait_for()
    assert answer.get_by_text("chosen").count() == 0
    slider.get_by_role("slider").press("ArrowLeft")
    answer.get_by_text("chosen").wait_for()
    assert "inactive_days: 45" in answer.inner_text()
    numbers = [row.inner_text().split() for row in answer.locator("table").first.locator("tbody tr").all()]
    assert [row[0] for row in numbers] == ["present", "chosen"]
    assert int(numbers[1][1]) < int(numbers[0][1])  # fewer bought in a shorter time
    assert {place.hostname for place in page.asked if place.scheme.startswith("http")} == {"127.0.0.1"}
