"""The README's examples, run as they stand."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

import workbench as wb
from tests.conftest import ROOT
from tests.dictionary import with_generated
from workbench.crm.asof import Crm
from workbench.runs.params import RunParams, check

README = (ROOT / "README.md").read_text()


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.S)
    (found,) = [b for b in blocks if containing in b]
    return str(found)


def test_the_python_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(block("python", "label_churn"), names)
    assert names["panel"].count().to_pandas() > 0  # type: ignore[attr-defined]


def test_the_feature_of_ones_own_runs(retail: Crm) -> None:
    names: dict[str, object] = {"wb": wb, "crm": retail}
    exec(block("python", "n_dear_lines"), names)
    assert names["panel"].n_dear_lines_90d.max().to_pandas() > 0  # type: ignore[attr-defined]


def test_the_source_file_example_loads(tmp_path: Path) -> None:
    (tmp_path / "source.yaml").write_text(block("yaml", "invoice_no"))
    raw = pd.DataFrame(
        {"invoice_no": ["1"], "client": ["ann"], "sold_on": ["29/02/2024"], "quantity": [2], "unit_price": [1.25]}
    )
    raw.to_csv(tmp_path / "sales.csv", index=False)
    row = wb.load_tables(tmp_path / "source.yaml")["orders"].to_pandas().iloc[0]
    assert row["ordered_at"] == pd.Timestamp("2024-02-29")
    assert float(row["amount"]) == 2.5


def test_the_parameters_example_is_accepted() -> None:
    content = yaml.safe_load(block("yaml", "horizon_days"))
    assert check(RunParams, {"run_name": "my_shop", **content}, where="README").horizon_days == 60


def test_the_contract_and_the_source_file_shown_are_those_of_the_code() -> None:
    assert "| `customer_id` | text |" in README
    assert "cancelled_on" in README
    assert with_generated(README) == README
