"""The parts of the documentation that are generated: parameters, features, the data contract, every key of a source file.

Run: ``make dictionary``
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path

from workbench.contract import TABLES, dictionary
from workbench.features import FEATURES
from workbench.report import summary_schema
from workbench.runs.stages.params import RunParams, described

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
        f"| {family} | {', '.join(_windowed(n, w) for n, w in named.items())} |" for family, named in families.items()
    ]
    return "\n".join(["| warning sign | features (windows in days) |", "| --- | --- |", *rows])


def _windowed(name: str, windows: list[int]) -> str:
    return f"`{name}` ({', '.join(map(str, windows))})" if windows else f"`{name}`"


def every_key_text() -> str:
    """Return the source file that shows every key."""
    return f"```yaml\n{(ROOT / 'data' / 'sources' / 'every_key.yaml').read_text(encoding='utf-8')}```"


def parameters_text() -> str:
    """Return every parameter of a run: name, type, default and meaning."""
    rows = [f"| `{name}` | {kind} | {default} | {meaning} |" for name, kind, default, meaning in described(RunParams)]
    return "\n".join(["| parameter | type | default | meaning |", "| --- | --- | --- | --- |", *rows])


PARTS = {
    "data/README.md": {"every key": every_key_text, "contract": contract_text},
    "notebooks/README.md": {"parameters": parameters_text, "features": features_text},
}
"""The generated parts of each page, by the name in their markers."""


def with_generated(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with its generated parts written anew between their markers."""
    for name, text in parts.items():
        begin, end = f"<!-- {name}: make dictionary -->", f"<!-- end of {name} -->"
        before, rest = page.split(begin)
        page = f"{before}{begin}\n{text()}\n{end}{rest.split(end)[1]}"
    return page


def schema_text() -> str:
    """Return the JSON schema of a run's summary.json."""
    return json.dumps(summary_schema(), indent=2) + "\n"


if __name__ == "__main__":
    (ROOT / "reports" / "summary.schema.json").write_text(schema_text(), encoding="utf-8")
    for place, parts in PARTS.items():
        page = ROOT / place
        page.write_text(with_generated(page.read_text(encoding="utf-8"), parts), encoding="utf-8")
