"""One simulated company with all tables, and the extract that was true on a day, for all tests of features."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.crm.asof import Crm
from workbench.demo.company import Simulated

AS_OF = "2025-06-01"
"""The day of the extract."""


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("company") / "made"
    return wb.simulate(folder, customers=400, months=24, seed=5, extract_at=AS_OF)


@pytest.fixture(scope="session")
def loaded(company: Simulated) -> Crm:
    return wb.load_tables(company.source)
