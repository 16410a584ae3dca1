"""One definition, two engines, the same numbers: features, labels and metrics of a small company on Spark and DuckDB."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pytest

import workbench as wb
from tests.features.test_point_in_time import is_quotient
from workbench import metrics
from workbench.crm.asof import Crm
from workbench.engines.spark import _is_server, _started_here
from workbench.errors import DataError, SettingError

AS_OF = ["2025-03-01", "2025-06-01"]
Metric = Callable[[Crm, datetime, datetime], Any]
needs_java = pytest.mark.skipif(not shutil.which("java"), reason="needs Java 17 or newer")
# PySpark's doubts about pandas 3 at every frame it hands over; what it hands over is held equal here.
pytestmark = [
    pytest.mark.slow,
    needs_java,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small company with all tables, loaded and written."""
    made = wb.simulate(tmp_path_factory.mktemp("company") / "made", customers=150, months=24, seed=3)
    wb.write_crm(wb.load_tables(made.source), made.source.parent / "crm")
    return made.source.parent / "crm"


@pytest.fixture(scope="module")
def duckdb_crm(folder: Path) -> Crm:
    return wb.read_crm(folder)


@pytest.fixture(scope="module")
def spark_crm(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    pytest.importorskip("pyspark", reason="needs pyspark (the extra spark) and Java 17")
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .config("spark.log.level", "OFF")
        .config("spark.driver.extraJavaOptions", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
        # What pays on billions of rows costs minutes on these few: compiling every step, and planning it anew.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.adaptive.enabled", "false")
        .getOrCreate()
    )
    yield wb.read_crm(folder, engine="spark")
    session.stop()


def frame(table: ir.Table) -> pd.DataFrame:
    made = table.to_pandas()
    return made.sort_values([c for c in ("customer_id", "as_of", "at", "life") if c in made], ignore_index=True)


def test_every_table_holds_the_same_rows(duckdb_crm: Crm, spark_crm: Crm) -> None:
    for name in duckdb_crm:
        one, other = (crm[name].to_pandas() for crm in (duckdb_crm, spark_crm))
        keys = list(one.columns)
        one, other = (made.astype("string").sort_values(keys, ignore_index=True) for made in (one, other))
        pd.testing.assert_frame_equal(one, other)


def test_the_panel_is_the_same(duckdb_crm: Crm, spark_crm: Crm) -> None:
    # One window of each feature: another is the same query with another number, which Spark plans for a minute.
    one, other = (frame(wb.build_features(crm, AS_OF, windows=[90])) for crm in (duckdb_crm, spark_crm))
    quotients = [c for c in one if c in wb.FEATURES and is_quotient(c)]
    whole = [c for c in one if c not in quotients]
    pd.testing.assert_frame_equal(one[whole], other[whole], check_exact=True, check_dtype=False)
    pd.testing.assert_frame_equal(one[quotients], other[quotients], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "verb",
    [
        lambda crm: wb.states(crm, AS_OF),
        lambda crm: wb.label_churn(crm, AS_OF, horizon_days=91),
        lambda crm: wb.lives(crm),
    ],
    ids=["states", "label_churn", "lives"],
)
def test_labels_are_the_same(verb: Callable[[Crm], ir.Table], duckdb_crm: Crm, spark_crm: Crm) -> None:
    one, other = (verb(crm).to_pandas() for crm in (duckdb_crm, spark_crm))
    keys = [c for c in one.columns if not one[c].map(lambda v: isinstance(v, dict | list)).any()]
    one, other = (made[keys].astype("string").sort_values(keys, ignore_index=True) for made in (one, other))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    "metric", [metrics.mrr_bridge, metrics.renewal_churn, metrics.first_response, metrics.time_to_react]
)
def test_metrics_are_the_same_to_the_last_digit(metric: Metric, duckdb_crm: Crm, spark_crm: Crm) -> None:
    one, other = (as_frame(metric(crm, datetime(2025, 7, 1), datetime(2025, 10, 1))) for crm in (duckdb_crm, spark_crm))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def as_frame(figures: Any) -> pd.DataFrame:
    """Return figures as a frame: an open end of an interval is NaN, which equals itself there."""
    if isinstance(figures, pd.DataFrame):
        return figures
    named = figures if isinstance(figures, dict) else {"": figures}
    return pd.DataFrame.from_dict({name: asdict(figure) for name, figure in named.items()}, orient="index")


def test_a_missing_file_is_reported(duckdb_crm: Crm, spark_crm: Crm, tmp_path: Path) -> None:
    assert list(spark_crm) == list(duckdb_crm)
    wb.write_crm(duckdb_crm, tmp_path / "crm")
    (tmp_path / "crm" / "orders.parquet").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"Spark cannot read orders\.parquet.*Run notebook 01_load again"):
        wb.read_crm(tmp_path / "crm", engine="spark")


def test_without_pyspark_the_cure_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(SettingError, match="make spark"):
        wb.read_crm(folder, engine="spark")


def test_without_java_the_cure_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="needs pyspark (the extra spark)")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SettingError, match="install Java 17"):
        wb.read_crm(folder, engine="spark")


def test_a_session_configured_elsewhere_keeps_its_place_for_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "spark.sql.warehouse.dir" in _started_here()
    monkeypatch.setenv("SPARK_CONF_DIR", "/etc/spark")
    assert "spark.sql.warehouse.dir" not in _started_here()


def test_a_session_of_this_machine_alone_has_the_memory_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _started_here()["spark.driver.memory"] == "2g"
    monkeypatch.setenv("SPARK_CONF_DIR", "/etc/spark")
    assert "spark.driver.memory" not in _started_here()


def test_a_server_needs_no_java_here(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="needs pyspark (the extra spark)")
    monkeypatch.setenv("SPARK_REMOTE", "sc://127.0.0.1:1")
    assert _is_server()
