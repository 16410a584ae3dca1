"""Tables in Spark, for data that one machine cannot hold; the same Ibis expressions run there."""

from __future__ import annotations

import os
import shutil
import warnings
import weakref
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from workbench.engines.scratch import scratch_folder
from workbench.errors import DataError, SettingError

SETTINGS = {
    # All instants are wall-clock times: read as written, they must not move.
    "spark.sql.session.timeZone": "UTC",
    # Without it, missing text comes back as the text 'NaN' under pandas 3.
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
"""What the same numbers rest on, of any session."""
STARTED_HERE = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""Of a session that this process starts; a server's are its own."""
ON_THIS_MACHINE = {
    # The 1 GiB that Spark takes by itself ends a run of 10,000 customers.
    "spark.driver.memory": "2g",
    "spark.sql.shuffle.partitions": str(os.cpu_count() or 1),
    # Nearly all of its time goes into planning, once each: a second compiler of Java takes more than it gives.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m",
}
"""Of a session without a cluster, for as many rows as one machine holds."""
CONFIGURED = "SPARK_CONF_DIR"
"""Spark's own variable: the folder of the configuration, where there is one."""


def in_spark(files: Mapping[str, Path]) -> dict[str, ir.Table]:
    """Return Parquet files as tables of the Spark session there is, or of one started on this machine.

    Raises SettingError where pyspark or Java is missing, DataError when a file is missing or damaged.
    """
    session = _session()
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    backend = ibis.pyspark.connect(session)
    ibis.options.sql.fuse_selects = True  # planning is most of what Spark does with few rows
    try:
        for name, file in files.items():
            session.read.parquet(str(file.resolve())).createOrReplaceTempView(name)
    except (PySparkException, Py4JError) as problem:
        message = str(problem).strip().splitlines()[0]
        raise DataError(
            f"{file.parent}: Spark cannot read {file.name}: {message} Run notebook 01_load again."
        ) from None
    return {name: backend.table(name) for name in files}


def materialized_in_spark(table: ir.Table) -> ir.Table:
    """Return a table computed now, for as long as something made from it is in use.

    Written to Spark's warehouse: its cache would carry the whole history of the table into every plan made from it,
    until no plan fits into memory.
    """
    session, backend = _session(), table.get_backend()
    name = gen_name("materialized")
    session.sql(backend.compile(table)).write.saveAsTable(name)
    table_there = backend.table(name)
    weakref.finalize(table_there.op(), _drop, session, name).atexit = False
    return table_there


def _drop(session: Any, name: str) -> None:
    """Remove a table; it may be in use for longer than its session, of which nothing is left to remove."""
    with suppress(Exception):
        session.sql(f"DROP TABLE IF EXISTS {name}")


@cache
def _warehouse() -> TemporaryDirectory[str]:
    """Where a session started here keeps tables; a session that is there already has a place of its own."""
    return TemporaryDirectory(prefix="spark-", dir=scratch_folder())


def _session() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SettingError(
            "engine spark: pyspark is not installed; run 'make spark' or pip install 'churn-workbench[spark]', "
            "or set engine to duckdb."
        ) from None
    # At every frame; that what comes back is right is tested.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
    warnings.filterwarnings("ignore", message="The copy keyword is deprecated")
    builder = SparkSession.builder.appName("churn-workbench")
    for name, value in (SETTINGS if _is_server() else SETTINGS | _started_here()).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _is_server() -> bool:
    """Return whether tables are computed by a server, over Spark Connect."""
    from pyspark.sql.utils import is_remote

    return "SPARK_REMOTE" in os.environ or is_remote()


def _started_here() -> dict[str, str]:
    """Return what a session of this process needs; a cluster, if one is configured, does not see this disk."""
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise SettingError("engine spark: there is no Java; install Java 17 or newer, or set engine to duckdb.")
    if CONFIGURED in os.environ:
        return STARTED_HERE
    return STARTED_HERE | ON_THIS_MACHINE | {"spark.sql.warehouse.dir": _warehouse().name}
