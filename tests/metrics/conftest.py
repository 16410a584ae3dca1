"""A small simulated company, made once for all tests of metrics."""

from __future__ import annotations

from pathlib import Path

import ibis.expr.types as ir
import pytest

import workbench as wb
from workbench.crm.asof import Crm


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("demo")
    wb.simulate(folder, customers=400, months=18, seed=3)
    return folder


@pytest.fixture(scope="session")
def demo(demo_folder: Path) -> Crm:
    return wb.load_tables(demo_folder / "source.yaml")


@pytest.fixture(scope="session")
def demo_lives(demo: Crm) -> ir.Table:
    return wb.lives(demo).cache()
