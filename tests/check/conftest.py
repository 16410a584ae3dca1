"""One small simulated company for all tests of checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.crm import Crm, load_tables
from workbench.demo import simulate


@pytest.fixture(scope="session")
def demo_check(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crm, Path]:
    source = simulate(tmp_path_factory.mktemp("demo"), customers=600, months=24, seed=1).source
    return load_tables(source), source
