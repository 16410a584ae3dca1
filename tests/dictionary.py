"""The parts of the README that are generated: the features, the data contract, the source file with every key.

Run: ``make dictionary``
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from workbench.contract import TABLES, dictionary
from workbench.features import FEATURES

ROOT = Path(__file__).resolve().parents[1]


def contract_text() -> str:
    """Return every table of the contract as a heading, its meaning and a table of its columns."""
    return "\n\n".join(_table(name, list(rows)) for name, rows in groupby(dictionary(), lambda row: row["table"]))


def _table(name: str, rows: list[dict[str, str]]) -> str:
    keys = [key for key in rows[0] if key != "table"]
    lines = [keys, ["---"] * len(keys), *([f"`{row['column']}`", *(row[key] for key in keys[1:])] for row in rows)]
    columns = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"#### {name}\n\n{TABLES[name].meaning}\n\n{columns}"


def features_text() -> str:
    """Return the features per warning sign, each with the days of its windows."""
    families: dict[str, dict[str, list[int]]] = {}
    for column in FEATURES.values():
        windows = families.setdefault(column.family, {}).setdefault(column.feature.name, [])
        windows += [column.window_days] if column.window_days else []
    rows = [
        f"| {family} | {', '.join(_windowed(n, w) for n, w in told.items())} |" for family, told in families.items()
    ]
    return "\n".join(["| warning sign | features (windows in days) |", "| --- | --- |", *rows])


def _windowed(name: str, windows: list[int]) -> str:
    return f"`{name}` ({', '.join(map(str, windows))})" if windows else f"`{name}`"


def every_key_text() -> str:
    """Return the source file that shows every key."""
    return f"```yaml\n{(ROOT / 'data' / 'sources' / 'every_key.yaml').read_text(encoding='utf-8')}```"


def with_generated(readme: str) -> str:
    """Return the README with its generated parts written anew between their markers."""
    for name, text in (
        ("every key", every_key_text()),
        ("features", features_text()),
        ("contract", contract_text()),
    ):
        begin, end = f"<!-- {name}: make dictionary -->", f"<!-- end of {name} -->"
        readme = re.sub(f"{begin}.*?{end}", lambda _, t=f"{begin}\n{text}\n{end}": t, readme, flags=re.DOTALL)  # type: ignore[misc]
    return readme


if __name__ == "__main__":
    page = ROOT / "README.md"
    page.write_text(with_generated(page.read_text(encoding="utf-8")), encoding="utf-8")
