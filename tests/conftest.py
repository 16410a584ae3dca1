"""Data shared by the tests: a handful of hand-typed customers, and the shipped sales lines loaded once."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

import workbench as wb
from workbench.crm.asof import Crm

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads that wait for each other burn the cores of other tests
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each worker, kernel and command compiles the project anew
sys.dont_write_bytecode = False
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # its grammars take seconds; see runs/execute

# The same examples at every run: whether a change passes depends on the change alone.
slow = [HealthCheck.too_slow]  # of a busy machine
settings.register_profile(
    "tests", derandomize=True, database=None, deadline=None, max_examples=25, suppress_health_check=slow
)
settings.load_profile("tests")

ROOT = Path(__file__).resolve().parents[1]
SLOW = ROOT / "tests" / "slow.txt"
"""The tests, beside those marked slow in their files, that took ``SLOW_S`` when last measured; 'make slow' writes it."""
SLOW_S = 0.15
LARGE = {
    "retail", "company", "demo_folder", "demo_check", "loaded", "small", "planted", "ravenstack", "unpriced", "fitted",
    "corrected",
}  # fmt: skip
"""Fixtures that simulate a company, train on one, or read all of the shipped data: each takes seconds."""

measured: dict[str, list[float]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--measure", action="store_true", help="write tests/slow.txt anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow, beside the tests that say so themselves, those on much data, of drawn examples, or measured slow."""
    slow = set(SLOW.read_text(encoding="utf-8").split())
    for item in items:
        drawn = hasattr(getattr(item, "obj", None), "hypothesis")
        if drawn or function_of(item.nodeid) in slow or LARGE & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give all tests of a room to one worker: fixtures of a session are of a room, and computed once by each worker."""
    from xdist.scheduler import LoadFileScheduling

    if config.getoption("dist") != "loadfile":
        return None

    class ByRoom(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return Path(nodeid.split("::")[0]).parent.as_posix()

    return ByRoom(config, log)


def function_of(test: str) -> str:
    return test.split("[")[0]


def cpu_seconds() -> float:
    """Return the processor time of this process and of those it has ended."""
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    item.user_properties.append(("begun_s", cpu_seconds()))
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    try:
        return (yield)
    finally:
        begun = dict(item.user_properties)["begun_s"]
        item.user_properties.append(("cpu_s", cpu_seconds() - float(begun)))  # type: ignore[arg-type]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what a test took; examples of docstrings, which lie elsewhere, are not measured."""
    seconds = dict(report.user_properties).get("cpu_s")
    if report.when == "teardown" and seconds is not None:
        measured.setdefault(function_of(report.nodeid), []).append(float(seconds))  # type: ignore[arg-type]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Report the processor time of all tests; with --measure, keep which of them are slow."""
    total = sum(map(sum, measured.values()))
    terminalreporter.write_line(f"{total:.0f} CPU seconds in tests")
    if config.getoption("measure"):
        slow = sorted(name for name, each in measured.items() if sum(each) / len(each) >= SLOW_S)
        SLOW.write_text("\n".join(slow) + "\n", encoding="utf-8")


def pytest_collection_finish() -> None:
    """Look for garbage less often: what was imported is half a million objects, and an expression leaves thousands."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def orders(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """Type orders by hand: order_id, customer_id, ordered_at, amount."""
    return pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_at", "amount"])


@lru_cache(maxsize=50)
def crm_of(*rows: tuple[str, str, str, float]) -> Crm:
    return wb.load_tables({"orders": orders(*rows)})


@pytest.fixture(scope="session")
def retail() -> Crm:
    return wb.load_tables(ROOT / "data" / "sources" / "online_retail.yaml")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium that the system has, never one that is downloaded; without one its tests are skipped."""
    from workbench.report.html_page.printing import BROWSERS

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no Chromium on this system; looked for {', '.join(BROWSERS)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"], timeout=120_000
        )
        yield started
        started.close()
