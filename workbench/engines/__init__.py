"""Where tables are computed: DuckDB in this process, or Spark."""

from workbench.engines.duck import in_duckdb as in_duckdb
from workbench.engines.duck import settings as settings
from workbench.engines.spark import in_spark as in_spark
from workbench.engines.spark import kept_in_spark as kept_in_spark
