"""Raw inputs: what a source file says, how each format and server is opened, and how raw values are read."""

from workbench.sources.opening import RAW as RAW
from workbench.sources.opening import REFUSALS as REFUSALS
from workbench.sources.opening import Opening as Opening
from workbench.sources.opening import connect as connect
from workbench.sources.opening import disk_is_full as disk_is_full
from workbench.sources.opening import fingerprint as fingerprint
from workbench.sources.opening import first_line as first_line
from workbench.sources.raw import open_raw as open_raw
from workbench.sources.raw import open_source as open_source
from workbench.sources.read import is_view as is_view
from workbench.sources.read import open_file as open_file
from workbench.sources.source import SUFFIXES as SUFFIXES
from workbench.sources.source import Postgres as Postgres
from workbench.sources.source import RawFile as RawFile
from workbench.sources.source import Source as Source
from workbench.sources.source import TableMapping as TableMapping
from workbench.sources.source import read_source as read_source
from workbench.sources.table_loading import Loaded as Loaded
from workbench.sources.table_loading import load_table as load_table
from workbench.sources.values import read_value as read_value
from workbench.sources.values import reading as reading
