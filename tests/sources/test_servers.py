"""PostgreSQL and Spark as sources; the tests are skipped by name where there is no server or no Spark."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pandas as pd
import psycopg
import pytest

from workbench.crm.asof import Crm
from workbench.crm.load import load_tables
from workbench.errors import SourceError

DSN = os.environ.get("WORKBENCH_TEST_DSN", "")
"""Where a test server is, without its password: that is in WORKBENCH_TEST_PASSWORD."""
PASSWORD = os.environ.get("WORKBENCH_TEST_PASSWORD", "")
needs_server = pytest.mark.skipif(not DSN, reason="needs a PostgreSQL server: WORKBENCH_TEST_DSN is not set")
TABLES = """
tables:
  orders:
    from: crm
    columns: {order_id: order_id, customer_id: customer_id, ordered_at: ordered_at, amount: amount}
"""


def source_file(folder: Path, raw: str, top: str = "") -> Path:
    path = folder / "source.yaml"
    path.write_text(f"name: test\ncurrency: EUR\n{top}\nfiles:\n  crm: {raw}\n{TABLES}", encoding="utf-8")
    return path


def rows_of(crm: Crm) -> list[list[object]]:
    return [list(row) for row in crm["orders"].execute().itertuples(index=False)]


@pytest.fixture
def server() -> Iterator[psycopg.Connection]:
    with psycopg.connect(DSN, password=PASSWORD, autocommit=True) as con:
        con.execute("DROP SCHEMA IF EXISTS workbench_test CASCADE; CREATE SCHEMA workbench_test")
        con.execute(
            "CREATE TABLE workbench_test.orders AS SELECT * FROM (VALUES "
            "('007', 'سارا, \"ب\"\nx', TIMESTAMPTZ '2024-07-01 12:00Z', 0.1::numeric), "
            "('008', '', TIMESTAMPTZ '2024-07-02 12:00Z', 12345678.12), "
            "('009', 'b', NULL, 5), ('010', 'c', 'infinity', 5)) AS t(order_id, customer_id, ordered_at, amount)"
        )
        yield con
        con.execute("DROP SCHEMA workbench_test CASCADE")


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)


@needs_server
@pytest.mark.parametrize("what", ["table: workbench_test.orders", 'query: "SELECT * FROM workbench_test.orders;"'])
@pytest.mark.usefixtures("server")
def test_postgresql_keeps_types_times_and_text(tmp_path: Path, what: str) -> None:
    raw = f"{{postgres: {{dsn: '{DSN}', password_env: CRM_PASSWORD, {what}}}}}"
    crm = load_tables(source_file(tmp_path, raw, top="time_zone: Europe/Berlin\ndecimal: comma"))
    assert rows_of(crm) == [["007", 'سارا, "ب"\nx', pd.Timestamp("2024-07-01 14:00"), Decimal("0.1")]]
    assert {row["reason"] for row in crm.facts.refused} == {
        "customer_id is missing",
        "ordered_at is missing",
        "ordered_at is outside 1900 to 2199",
    }
    assert PASSWORD not in repr(crm.facts)


@needs_server
@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1) TO STDOUT; COMMIT; BEGIN READ WRITE; CREATE TABLE workbench_test.made (a int); COMMIT; COPY (SELECT 1",
        "SELECT 1) AS a; COMMIT; BEGIN READ WRITE; CREATE TABLE workbench_test.made (a int); COMMIT; SELECT * FROM (SELECT 1",
        "SELECT set_config('transaction_read_only', 'off', false)",
    ],
)
def test_a_query_cannot_leave_its_read_only_transaction(tmp_path: Path, server: psycopg.Connection, query: str) -> None:
    raw = f'{{postgres: {{dsn: "{DSN}", password_env: CRM_PASSWORD, query: "{query}"}}}}'
    with pytest.raises(SourceError, match="PostgreSQL refused"):
        load_tables(source_file(tmp_path, raw))
    made = server.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'made'").fetchone()
    assert made == (0,)


@needs_server
def test_a_lost_connection_is_reported_and_nothing_is_loaded(tmp_path: Path, server: psycopg.Connection) -> None:
    query = "SELECT *, pg_sleep(0.001) FROM workbench_test.orders, generate_series(1, 20000)"
    raw = f"{{postgres: {{dsn: '{DSN}', password_env: CRM_PASSWORD, query: '{query}'}}}}"

    def drop() -> None:
        for _ in range(100):
            time.sleep(0.05)
            ended = server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%generate_series%'"
            ).fetchall()
            if ended:
                return

    dropper = threading.Thread(target=drop)
    dropper.start()
    with pytest.raises(SourceError, match=r"files\.crm: the connection to PostgreSQL was lost"):
        load_tables(source_file(tmp_path, raw))
    dropper.join()


@needs_server
def test_the_database_is_only_read(tmp_path: Path, server: psycopg.Connection) -> None:
    for query in (
        "DELETE FROM workbench_test.orders RETURNING *",
        "SELECT 1) TO STDOUT; DROP TABLE workbench_test.orders; --",
    ):
        raw = f"{{postgres: {{dsn: '{DSN}', password_env: CRM_PASSWORD, query: '{query}'}}}}"
        with pytest.raises(SourceError, match=r"files\.crm"):
            load_tables(source_file(tmp_path, raw))
    assert server.execute("SELECT count(*) FROM workbench_test.orders").fetchone() == (4,)


@needs_server
@pytest.mark.usefixtures("server")
def test_a_wrong_password_and_an_unknown_table_are_reported_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = f"{{postgres: {{dsn: '{DSN}', password_env: CRM_PASSWORD, table: nowhere.orders}}}}"
    with pytest.raises(SourceError, match=r"PostgreSQL refused.*nowhere"):
        load_tables(source_file(tmp_path, raw))
    monkeypatch.setenv("CRM_PASSWORD", "hunter2-wrong")
    with pytest.raises(SourceError, match=r"cannot be reached.*password_env") as error:
        load_tables(source_file(tmp_path, raw))
    assert "hunter2" not in str(error.value)


def test_a_server_that_is_not_there_is_reported(tmp_path: Path) -> None:
    raw = "{postgres: {dsn: 'postgresql://ann@127.0.0.1:1/crm', password_env: CRM_PASSWORD, table: orders}}"
    with pytest.raises(SourceError, match=r"files\.crm: PostgreSQL cannot be reached"):
        load_tables(source_file(tmp_path, raw))


def test_a_password_that_is_not_in_the_environment_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRM_PASSWORD")
    raw = "{postgres: {dsn: 'postgresql://ann@127.0.0.1:1/crm', password_env: CRM_PASSWORD, table: orders}}"
    with pytest.raises(SourceError, match="CRM_PASSWORD is not set"):
        load_tables(source_file(tmp_path, raw))


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://ann:s3cret-pw@db/crm",
        "host=db user=ann password=s3cret-pw",
        "host=db password = 's3cret-pw x'",
        "postgresql://ann@db/crm?password=s3cret-pw",
        "postgresql://ann:s3cret-pw:@/!@db/crm",
    ],
)
def test_a_password_in_the_source_file_is_refused_and_not_repeated(tmp_path: Path, dsn: str) -> None:
    raw = f'{{postgres: {{dsn: "{dsn}", table: orders}}}}'
    with pytest.raises(SourceError, match="password_env") as error:
        load_tables(source_file(tmp_path, raw))
    assert "s3cret" not in str(error.value)


def test_without_pyspark_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyspark.errors", None)
    with pytest.raises(SourceError, match=r"churn-workbench\[spark\]"):
        load_tables(source_file(tmp_path, "{spark: crm.orders}"))


def test_spark_reads_tables_and_paths(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="needs pyspark (the extra spark) and Java 17")
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        frame = spark.sql(
            "SELECT '007' AS order_id, 'سارا' AS customer_id, TIMESTAMP '2024-07-01 12:00:00Z' AS ordered_at, "
            "CAST(1.5 AS DECIMAL(9, 2)) AS amount"
        )
        frame.createOrReplaceTempView("crm_orders")
        frame.write.parquet(str(tmp_path / "orders.parquet"))
        for place in ("crm_orders", "orders.parquet"):
            crm = load_tables(source_file(tmp_path, f"{{spark: {place}}}", top="time_zone: Europe/Berlin"))
            assert rows_of(crm) == [["007", "سارا", pd.Timestamp("2024-07-01 14:00"), Decimal("1.5")]]
        with pytest.raises(SourceError, match=r"files\.crm: Spark cannot read nowhere"):
            load_tables(source_file(tmp_path, "{spark: nowhere}"))
    finally:
        spark.stop()
