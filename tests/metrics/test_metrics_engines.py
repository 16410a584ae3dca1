"""The same metrics, to the last digit, from DuckDB and from Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest

from workbench import metrics
from workbench.crm.asof import Crm

pytestmark = pytest.mark.slow

START, END = datetime(2025, 7, 1), datetime(2025, 10, 1)
TABLES = ("customers", "subscriptions", "subscription_changes", "surveys", "tickets", "messages")
METRICS: dict[str, Callable[[Crm, datetime, datetime], Any]] = {
    "mrr_bridge": metrics.mrr_bridge,
    "renewal_churn": metrics.renewal_churn,
    "first_response": metrics.first_response,
    "time_to_react": metrics.time_to_react,
}


@pytest.fixture(scope="module")
def on_spark(demo: Crm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    pytest.importorskip("pyspark", reason="needs pyspark (the extra spark) and Java 17")
    from pyspark.sql import SparkSession

    folder: Path = tmp_path_factory.mktemp("spark")
    settings = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "2"}
    settings["spark.sql.warehouse.dir"] = str(folder / "warehouse")
    spark = SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
    con = ibis.pyspark.connect(spark)
    for name in TABLES:
        demo[name].to_parquet(folder / f"{name}.parquet")
    yield Crm({name: con.read_parquet(folder / f"{name}.parquet") for name in TABLES}, demo.facts, demo.refused)
    spark.stop()


@pytest.mark.filterwarnings("ignore")  # Spark 4 fetches into pandas 3 with warnings of its own
@pytest.mark.parametrize("name", METRICS)
def test_spark_gives_the_same_figures(name: str, demo: Crm, on_spark: Crm) -> None:
    here, there = (METRICS[name](crm, START, END) for crm in (demo, on_spark))
    pd.testing.assert_frame_equal(as_frame(here), as_frame(there), check_exact=True)


def as_frame(figures: Any) -> pd.DataFrame:
    """Return figures as a frame: an open end of an interval is NaN, which equals itself there."""
    if isinstance(figures, pd.DataFrame):
        return figures
    named = figures if isinstance(figures, dict) else {"": figures}
    return pd.DataFrame.from_dict({name: asdict(metric) for name, metric in named.items()}, orient="index")
