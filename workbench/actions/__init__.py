"""Whom to contact next, for what, how and when, within consents and limits; and all that is known of one customer."""

from workbench.actions.consent import allowed_channels as allowed_channels
from workbench.actions.contact_limits import Limits as Limits
from workbench.actions.control_group import has_control_group as has_control_group
from workbench.actions.control_group import held_out as held_out
from workbench.actions.control_group import holdout_power as holdout_power
from workbench.actions.customer_profile import CustomerProfile as CustomerProfile
from workbench.actions.customer_profile import customer as customer
from workbench.actions.health import HealthReport as HealthReport
from workbench.actions.health import HealthScore as HealthScore
from workbench.actions.health import health_report as health_report
from workbench.actions.health import read_health as read_health
from workbench.actions.lists import contact_list as contact_list
from workbench.actions.lists import health_list as health_list
from workbench.actions.lists import win_back_list as win_back_list
from workbench.actions.playbook import LISTS as LISTS
from workbench.actions.playbook import PLAYBOOK as PLAYBOOK
from workbench.actions.playbook import Line as Line
from workbench.actions.playbook import read_playbook as read_playbook
from workbench.actions.task_customers import all_customers as all_customers
from workbench.actions.worklists import Worklists as Worklists
from workbench.actions.worklists import make_lists as make_lists
