"""PostgreSQL and Spark as raw inputs: streamed to a file on this machine, then read by DuckDB."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
from psycopg import sql as pg

from workbench.engines import identifier, literal
from workbench.sources.opening import Opening, distinct_names, fingerprint, first_line
from workbench.sources.source import Postgres
from workbench.sources.textfile import load_csv
from workbench.yamlfile import scrub

if TYPE_CHECKING:
    from psycopg.cursor import Cursor

_TYPES = {
    "bool": "BOOLEAN",
    "int2": "BIGINT",
    "int4": "BIGINT",
    "int8": "BIGINT",
    "float4": "DOUBLE",
    "float8": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
}
# Read only, whatever the query says; one spelling of dates, whatever the server's settings.
_OPTIONS = "-c default_transaction_read_only=on -c datestyle=ISO -c timezone=UTC -c client_encoding=UTF8"


def open_postgres(opening: Opening, server: Postgres) -> dict[str, object]:
    """Copy a table or query of PostgreSQL into a table, its with its types; return what was read.

    Raises SourceError when the server cannot be reached, refuses, or when the connection is lost.
    """
    password = _password(opening, server)
    target = opening.scratch / f"{opening.name}.csv"
    try:
        with psycopg.connect(
            server.dsn, password=password, options=_OPTIONS, connect_timeout=15,
            keepalives_idle=60, keepalives_interval=10, keepalives_count=6,  # else a server that vanished hangs 2 hours
        ) as con:  # fmt: skip
            types = _stream(con.cursor(), server, target)
    except psycopg.Error as problem:
        lost = target.exists() and isinstance(problem, psycopg.OperationalError)
        raise opening.fail(_explained(problem, password, lost=lost)) from None
    load_csv(opening, server.table or "the query", target, types, ",", trusted=True)
    read = {"file": f"{opening.name} (PostgreSQL)", "bytes": target.stat().st_size, "sha256": fingerprint(target)}
    target.unlink()
    return read


def _password(opening: Opening, server: Postgres) -> str | None:
    if server.password_env is None:
        return None
    if server.password_env not in os.environ:
        raise opening.fail(f"the environment variable {server.password_env} is not set; set it to the password.")
    return os.environ[server.password_env]


def _stream(cursor: Cursor[Any], server: Postgres, target: Path) -> dict[str, str]:
    select: pg.Composable = pg.SQL((server.query or "").rstrip().rstrip(";"))
    if server.table is not None:
        select = pg.SQL("SELECT * FROM {}").format(pg.Identifier(*server.table.split(".")))
    # With prepare the server takes one statement only: a query cannot end the read-only transaction and go on.
    cursor.execute(pg.SQL("SELECT * FROM ({}) AS rows LIMIT 0").format(select), prepare=True)
    columns = cursor.description or []
    types = dict(zip(distinct_names(c.name for c in columns), map(_type, columns), strict=True))
    with (
        target.open("wb") as out,
        cursor.copy(pg.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv, HEADER true)").format(select)) as rows,
    ):
        for block in rows:
            out.write(block)
    return types


def _type(column: psycopg.Column) -> str:
    if column.type_display.startswith("numeric"):
        digits = column.precision
        # Without a stated precision: wide enough for money, and exact; what does not fit is refused, not rounded.
        return f"DECIMAL({digits}, {column.scale})" if digits and digits <= 38 else "DECIMAL(38, 9)"
    registered = psycopg.adapters.types.get(column.type_code)
    return _TYPES.get(registered.name, "VARCHAR") if registered else "VARCHAR"


def _explained(problem: psycopg.Error, password: str | None, *, lost: bool) -> str:
    message = scrub(first_line(problem))
    if password:
        message = message.replace(password, "***")
    if lost:
        return f"the connection to PostgreSQL was lost while reading: {message} Nothing was loaded; run it again."
    if isinstance(problem, psycopg.OperationalError):
        return f"PostgreSQL cannot be reached: {message} Check dsn, network and password_env."
    return f"PostgreSQL refused: {message} Check table, query and the user's rights."


def open_spark(opening: Opening, place: str) -> dict[str, object]:
    """Copy a Spark table, or a path that Spark reads, into a table by way of Parquet; return what was read.

    Raises SourceError without pyspark (the extra ``spark``) or Java, and when Spark cannot read the place.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise opening.fail("Spark is not installed; pip install 'churn-workbench[spark]' (needs Java 17).") from None
    target = opening.scratch / f"{opening.name}.parquet"
    try:
        session = SparkSession.builder.appName("churn-workbench").getOrCreate()
        _write(session, _frame(session, opening.folder, place), target)
        opening.con.execute(
            f"CREATE TABLE {identifier(opening.name)} AS SELECT * FROM read_parquet({literal(target / '*.parquet')})"
        )
    except (PySparkException, duckdb.Error, RuntimeError) as problem:
        raise opening.fail(f"Spark cannot read {place}: {scrub(first_line(problem))} Check table or path.") from None
    size = sum(part.stat().st_size for part in target.glob("*.parquet"))
    return {"file": f"{opening.name} (Spark)", "bytes": size, "sha256": ""}


def _write(session: Any, frame: Any, target: Path) -> None:
    # Spark's own choice, INT96, forgets that its times are instants.
    kind = "spark.sql.parquet.outputTimestampType"
    before = session.conf.get(kind)
    session.conf.set(kind, "TIMESTAMP_MICROS")
    try:
        frame.write.parquet(str(target))
    finally:
        session.conf.set(kind, before)


def _frame(session: Any, folder: Path, place: str) -> Any:
    suffix = Path(place).suffix.lstrip(".")
    if "/" not in place and suffix not in ("parquet", "csv", "json", "orc"):
        return session.table(place)
    local = place if ":" in place else str((folder / place).resolve())
    reader = session.read.option("header", True)
    return reader.format(suffix or "parquet").load(local)
