"""The loaded company: its tables, what was known at a moment, amounts and activity."""

from workbench.crm.activity import Activity as Activity
from workbench.crm.activity import active_days as active_days
from workbench.crm.activity import last_whole_day as last_whole_day
from workbench.crm.activity import monthly_activity as monthly_activity
from workbench.crm.amounts import net_amounts as net_amounts
from workbench.crm.amounts import tells_amounts as tells_amounts
from workbench.crm.asof import CODE as CODE
from workbench.crm.asof import KEY as KEY
from workbench.crm.asof import AsOf as AsOf
from workbench.crm.asof import Crm as Crm
from workbench.crm.asof import Facts as Facts
from workbench.crm.asof import keys as keys
from workbench.crm.asof import last_and_next as last_and_next
from workbench.crm.asof import snapshot_table as snapshot_table
from workbench.crm.instants import Moment as Moment
from workbench.crm.instants import midnight as midnight
from workbench.crm.instants import moment as moment
from workbench.crm.instants import moments as moments
from workbench.crm.load import load_tables as load_tables
from workbench.crm.load import read_crm as read_crm
from workbench.crm.load import write_crm as write_crm
from workbench.crm.snapshots import check_current as check_current
from workbench.crm.snapshots import check_mature as check_mature
from workbench.crm.snapshots import latest_as_of as latest_as_of
from workbench.crm.snapshots import past_snapshots as past_snapshots
