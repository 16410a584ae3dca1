"""Companies whose report several tests read."""

from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.report.made import MONEY, six_customers, stages
from workbench.report import Findings, gather


@pytest.fixture(scope="session")
def unpriced(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """What is found of a hundred subscribers whose prices nobody recorded, and of whom too few left for a model."""
    folder = tmp_path_factory.mktemp("small")
    wb.simulate(folder / "made", customers=100, months=18, seed=3)
    tables = {name: pd.read_parquet(folder / "made" / f"{name}.parquet") for name in ("customers", "subscriptions")}
    tables["subscriptions"] = tables["subscriptions"].drop(columns="mrr")
    crm = wb.load_tables(tables)
    wb.write_crm(crm, folder / "crm")
    made = stages(crm, folder, "2025-12-22")
    found = gather(made, money=MONEY, vip_share=0.8)
    assert set(made.whole) <= {1}, "all features of one snapshot are in memory at the most"
    return found


@pytest.fixture(scope="session")
def six(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return six_customers(tmp_path_factory.mktemp("six"))


@pytest.fixture(scope="session")
def report(unpriced: Findings, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The page on these subscribers, and the folder it lies in."""
    folder = tmp_path_factory.mktemp("page") / "report"
    wb.write_report(unpriced, folder)
    return (folder / "index.html").read_text(), folder
