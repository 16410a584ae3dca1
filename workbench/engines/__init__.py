"""Where tables are computed: DuckDB in this process, or Spark."""

from workbench.engines.displays import INJECTED as INJECTED
from workbench.engines.displays import UNATTENDED as UNATTENDED
from workbench.engines.displays import in_notebook as in_notebook
from workbench.engines.displays import notebook_shell as notebook_shell
from workbench.engines.displays import progress as progress
from workbench.engines.displays import show_tables as show_tables
from workbench.engines.displays import traceback as traceback
from workbench.engines.duck import in_duckdb as in_duckdb
from workbench.engines.duck import in_memory as in_memory
from workbench.engines.duck import leave_selects_apart as leave_selects_apart
from workbench.engines.duck import settings as settings
from workbench.engines.duck import table_there as table_there
from workbench.engines.duck import without_bar as without_bar
from workbench.engines.mistakes import shorten_mistakes as shorten_mistakes
from workbench.engines.quoting import identifier as identifier
from workbench.engines.quoting import literal as literal
from workbench.engines.recipes import Recipe as Recipe
from workbench.engines.relations import attach as attach
from workbench.engines.relations import first_of as first_of
from workbench.engines.relations import in_pandas as in_pandas
from workbench.engines.relations import materialized as materialized
from workbench.engines.relations import rows_of as rows_of
from workbench.engines.relations import written_once as written_once
from workbench.engines.scratch import scratch_folder as scratch_folder
from workbench.engines.spark import in_spark as in_spark
from workbench.engines.spark import materialized_in_spark as materialized_in_spark
