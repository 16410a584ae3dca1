"""A loaded Crm on disk: one Parquet file per table, the refused rows, and what is known of them."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from workbench import contract
from workbench.crm.asof import CODE, Crm, Facts
from workbench.engines import attach, in_duckdb, in_spark, materialized
from workbench.errors import DataError

Engine = Literal["duckdb", "spark"]
SIDE_TABLE = "refused"
CODES = "customer_codes"
_CARD = "crm.json"


def write_crm(crm: Crm, folder: str | Path) -> None:
    """Write the tables and the refused rows as one Parquet file each, and what is known of them as ``crm.json``.

    Every row of a customer gets the customer's number in this load beside the id, customer_code.
    ``crm.json`` goes first and comes back last, so a folder half written is never taken for a whole one.

    Raises DataError when the disk is full or the folder may not be written.
    """
    folder, codes = Path(folder), _codes(crm)
    tables = {name: _in_order(name, _coded(crm[name], codes)) for name in crm}
    tables |= {CODES: codes.order_by(CODE), SIDE_TABLE: crm.refused.order_by(*crm.refused.columns)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _CARD).unlink(missing_ok=True)
        for name, table in tables.items():
            table.to_parquet(folder / f"{name}.parquet")
        (folder / _CARD).write_text(json.dumps(dataclasses.asdict(crm.facts), default=str, indent=2), encoding="utf-8")
    except (OSError, duckdb.IOException) as problem:
        reason = str(problem).strip().splitlines()[0]
        raise DataError(
            f"{folder}: cannot be written: {reason}. Free space, or correct its permissions, and load again."
        ) from None


def take_back(folder: Path) -> None:
    """Have nothing read the tables of a folder until they are loaded again; the tables stay, to be looked at."""
    (folder / _CARD).unlink(missing_ok=True)


def _codes(crm: Crm) -> ir.Table:
    """Return every customer's customer_id and customer_code, from 0 in the order of the ids."""
    ids = [rows.select("customer_id") for rows in crm.tables.values() if "customer_id" in rows.columns]
    customers = (ibis.union(*ids) if len(ids) > 1 else ids[0]).distinct().filter(ibis._.customer_id.notnull())
    place = ibis.row_number().over(order_by=customers.customer_id)
    return materialized(customers.mutate(place.cast("int32").name(CODE)))


def _coded(rows: ir.Table, codes: ir.Table) -> ir.Table:
    return attach(rows, codes, ["customer_id"]) if "customer_id" in rows.columns else rows


def _in_order(name: str, rows: ir.Table) -> ir.Table:
    """Return the rows by customer, date and then all else: what is summed or drawn in another order differs by run."""
    dated = contract.TABLES[name].dated_by
    first = [column for column in (CODE, dated) if column in rows.columns]
    return rows.order_by([*first, *(c for c in rows.columns if c not in (*first, "customer_id"))])


def stored_columns(folder: Path) -> dict[str, dict[str, str]]:
    """Return of each table written to a folder its columns with their types; those that loading adds are left out."""
    files = {path.stem: path for path in sorted(folder.glob("*.parquet")) if path.stem in contract.TABLES}
    schemas = {table: pq.read_schema(path) for table, path in files.items()}
    return {
        table: {name: str(kind) for name, kind in zip(schema.names, schema.types, strict=True) if name != CODE}
        for table, schema in schemas.items()
    }


def read_crm(folder: str | Path, engine: Engine = "duckdb") -> Crm:
    """Return the Crm that ``write_crm`` wrote, to be computed by DuckDB in this process or by Spark.

    Raises DataError when notebook 01 has not run yet, and when a file is missing or damaged; SettingError for Spark
    where pyspark or Java is missing.
    """
    folder = Path(folder)
    if not (folder / _CARD).is_file():
        raise DataError(f"{folder.parent.name or folder}: no loaded tables; run notebook 01_load first.")
    content = json.loads((folder / _CARD).read_text(encoding="utf-8"))
    for instant in ("begins_at", "last_record_at", "known_until"):
        content[instant] = datetime.fromisoformat(content[instant])
    facts = Facts(**content)
    read = in_spark if engine == "spark" else in_duckdb
    tables = read({name: folder / f"{name}.parquet" for name in (*facts.tables, CODES, SIDE_TABLE)})
    return Crm({name: tables[name] for name in facts.tables}, facts, tables[SIDE_TABLE], tables[CODES])
