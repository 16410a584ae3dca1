"""Tables in Spark, for data that one machine cannot hold; the same Ibis expressions run there."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from workbench.errors import DataError, SettingError

SETTINGS = {
    # All instants are wall-clock times: read as written, they must not move.
    "spark.sql.session.timeZone": "UTC",
    # Without it, missing text comes back as the text 'NaN' under pandas 3.
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


def in_spark(files: Mapping[str, Path]) -> dict[str, ir.Table]:
    """Return Parquet files as tables of the Spark session there is, or of one started on this machine.

    Raises SettingError where pyspark or Java is missing, DataError when a file is missing or damaged.
    """
    session = _session()
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    backend = ibis.pyspark.connect(session)
    try:
        for name, file in files.items():
            session.read.parquet(str(file.resolve())).createOrReplaceTempView(name)
    except (PySparkException, Py4JError) as problem:
        said = str(problem).strip().splitlines()[0]
        raise DataError(f"{file.parent}: Spark cannot read {file.name}: {said} Run notebook 01_load again.") from None
    return {name: backend.table(name) for name in files}


def _session() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SettingError(
            "engine spark: pyspark is not installed; run 'make spark' or pip install 'churn-workbench[spark]', "
            "or set engine to duckdb."
        ) from None
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise SettingError("engine spark: there is no Java; install Java 17 or newer, or set engine to duckdb.")
    # At every frame; that what comes back is right is tested.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
    warnings.filterwarnings("ignore", message="The copy keyword is deprecated")
    builder = SparkSession.builder.appName("churn-workbench")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
