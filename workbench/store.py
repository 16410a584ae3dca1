"""A loaded Crm on disk: one Parquet file per table, the refused rows, and what is known of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb
import ibis
import ibis.expr.types as ir

from workbench.asof import Crm, Facts
from workbench.errors import DataError
from workbench.spark import in_spark

Engine = Literal["duckdb", "spark"]
SIDE_TABLE = "refused"
_CARD = "crm.json"


def write_crm(crm: Crm, folder: Path) -> None:
    """Write the tables and the refused rows as one Parquet file each, and what is known of them as ``crm.json``.

    ``crm.json`` goes first and comes back last, so a folder half written is never taken for a whole one.

    Raises DataError when the disk is full or the folder may not be written.
    """
    tables = {**{name: crm[name] for name in crm}, SIDE_TABLE: crm.refused}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _CARD).unlink(missing_ok=True)
        for name, table in tables.items():
            table.to_parquet(folder / f"{name}.parquet")
        (folder / _CARD).write_text(json.dumps(dataclasses.asdict(crm.facts), default=str, indent=2), encoding="utf-8")
    except (OSError, duckdb.IOException) as problem:
        said = str(problem).strip().splitlines()[0]
        raise DataError(
            f"{folder}: cannot be written: {said}. Free space, or mend its rights, and load again."
        ) from None


def read_crm(folder: Path, engine: Engine = "duckdb") -> Crm:
    """Return the Crm that ``write_crm`` wrote, to be computed by DuckDB in this process or by Spark.

    Raises DataError when notebook 01 has not run yet, and when a file is missing or damaged; SettingError for Spark
    where pyspark or Java is missing.
    """
    if not (folder / _CARD).is_file():
        raise DataError(f"{folder.parent.name}: no loaded tables; run notebook 01_load first.")
    content = json.loads((folder / _CARD).read_text(encoding="utf-8"))
    for instant in ("begins_at", "last_record_at", "known_until"):
        content[instant] = datetime.fromisoformat(content[instant])
    facts = Facts(**content)
    read = in_spark if engine == "spark" else _in_duckdb
    tables = read({name: folder / f"{name}.parquet" for name in (*facts.loaded, SIDE_TABLE)})
    return Crm({name: tables[name] for name in facts.loaded}, facts, tables[SIDE_TABLE])


def _in_duckdb(files: Mapping[str, Path]) -> dict[str, ir.Table]:
    backend = ibis.duckdb.connect()
    try:
        for name, file in files.items():
            # Not ibis' read_parquet: its views are hidden from other connections, and so from other threads.
            backend.con.read_parquet(str(file)).create_view(name)
    except duckdb.Error as problem:
        said = str(problem).strip().splitlines()[0]
        raise DataError(f"{file.parent}: cannot be read: {said}. Run notebook 01_load again.") from None
    return {name: backend.table(name) for name in files}
