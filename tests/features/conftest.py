"""One simulated company with all tables, the extract that was true on a day, and its panel, for all tests of features."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench.crm.asof import Crm
from workbench.demo.company import Simulated

AS_OF = "2025-06-01"
"""The day of the extract."""
MOMENTS = [
    "2024-03-01",
    "2024-03-02 12:00",
    "2024-09-01",
    "2024-12-01 12:00",
    "2025-02-01",
    AS_OF,
    "2025-06-15 12:00",
    "2025-11-01",
]
"""Snapshots of the panel, some of them a day or a fortnight apart."""


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("company") / "made"
    return wb.simulate(folder, customers=400, months=24, seed=5, extract_at=AS_OF)


@pytest.fixture(scope="session")
def loaded(company: Simulated) -> Crm:
    return wb.load_tables(company.source)


@pytest.fixture(scope="session")
def whole_panel(loaded: Crm) -> pd.DataFrame:
    """All features at all moments, asked for at once: to plan such a query takes longer than to run it."""
    return wb.build_features(loaded, MOMENTS).to_pandas().sort_values(["customer_id", "as_of"], ignore_index=True)
