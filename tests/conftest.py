"""Data shared by the tests: a handful of hand-typed customers, and the shipped sales lines loaded once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench.crm.asof import Crm

ROOT = Path(__file__).resolve().parents[1]
LARGE = {"retail", "company", "demo_folder", "demo_check", "loaded", "small", "planted"}
"""Fixtures that simulate a company, or read all of the shipped data."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow, beside the tests that say so themselves, those that stand on much data or draw many examples."""
    for item in items:
        if item.get_closest_marker("hypothesis") or LARGE & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


def orders(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """Type orders by hand: order_id, customer_id, ordered_at, amount."""
    return pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_at", "amount"])


def crm_of(*rows: tuple[str, str, str, float]) -> Crm:
    return wb.load_tables({"orders": orders(*rows)})


@pytest.fixture(scope="session")
def retail() -> Crm:
    return wb.load_tables(ROOT / "data" / "sources" / "online_retail.yaml")
