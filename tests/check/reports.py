"""Short ways to check invented tables and to find a finding."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from workbench.check import Finding, Report, check_crm, check_source
from workbench.crm import load_tables


def found(report: Report, rule: str, where: str = "") -> list[Finding]:
    return [f for f in report.findings if f.rule == rule and where in f"{f.table}.{f.column}"]


def check_frames(**frames: dict[str, list[object]]) -> Report:
    return check_crm(load_tables({name: pd.DataFrame(columns) for name, columns in frames.items()}))


def check_files(folder: Path, yaml: str, **files: str) -> Report:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text.strip() + "\n", encoding="utf-8")
    (folder / "source.yaml").write_text(yaml)
    return check_source(folder / "source.yaml")[1]


def days(n: int, begin: str = "2024-01-01", every: int = 1) -> list[object]:
    return [str(day.date()) for day in pd.date_range(begin, periods=n, freq=f"{every}D")]


def orders(customers: list[object], dates: list[object], amount: object = 9.5) -> dict[str, list[object]]:
    n = len(customers)
    return {
        "order_id": [f"o{i}" for i in range(n)], "customer_id": customers, "ordered_at": dates, "amount": [amount] * n,
    }  # fmt: skip
