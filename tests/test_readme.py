"""The examples of the documentation, run as they stand, and its generated parts."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import workbench as wb
from tests.conftest import ROOT
from tests.dictionary import PARTS, with_generated
from workbench.runs.stages.params import RunParams, check

PAGES = {
    place: (ROOT / place).read_text()
    for place in (
        "README.md",
        "data/README.md",
        "notebooks/README.md",
        "reports/README.md",
        "workbench/README.md",
        ".github/CONTRIBUTING.md",
    )
}


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGES["README.md"] + PAGES["notebooks/README.md"], re.S)
    (found,) = [b for b in blocks if containing in b]
    return str(found)


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The names that the example in Python leaves."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        exec(block("python", "label_churn"), names)
    return names


@pytest.mark.slow
def test_the_python_example_runs(example: dict[str, Any]) -> None:
    assert example["panel"].count().to_pandas() > 0


@pytest.mark.slow
def test_the_feature_of_ones_own_runs(example: dict[str, Any]) -> None:
    names: dict[str, object] = {"wb": wb, "crm": example["crm"]}
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
    assert check(RunParams, {"run_name": "my_shop", **content}, where="README.md").horizon_days == 60


def test_the_readme_is_one_page() -> None:
    assert len(PAGES["README.md"].splitlines()) <= 200


@pytest.mark.parametrize("place", PARTS)
def test_the_generated_parts_are_those_of_the_code(place: str) -> None:
    assert all(f"<!-- {part}: make dictionary -->" in PAGES[place] for part in PARTS[place])
    assert with_generated(PAGES[place], PARTS[place]) == PAGES[place]


def test_the_contract_shown_has_its_columns_and_the_source_file_its_keys() -> None:
    assert "| `customer_id` | text |" in PAGES["data/README.md"]
    assert "cancelled_on" in PAGES["data/README.md"]


@pytest.mark.parametrize("place", PAGES)
def test_every_link_and_every_file_named_exists(place: str) -> None:
    folder = (ROOT / place).parent
    links = [link.split("#")[0] for link in re.findall(r"\]\((?!https?:)([^)#][^)]*)\)", PAGES[place])]
    assert [link for link in links if not (folder / link).exists()] == []
    named = re.findall(r"`((?:notebooks|data|workbench|reports|tests)/[\w./-]+)`", PAGES[place])
    kept = [path for path in named if not path.startswith(("data/derived", "reports/"))]
    assert [path for path in kept if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("place", PAGES)
def test_every_make_command_named_exists(place: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", PAGES[place], re.M)) <= targets


def test_the_map_names_every_room() -> None:
    rooms = {p.name for p in (ROOT / "workbench").iterdir() if (p / "__init__.py").is_file()}
    assert {room for room in rooms if f"`{room}/`" not in PAGES["workbench/README.md"]} == set()
