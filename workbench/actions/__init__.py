"""Whom to contact next, by channels that the customers consent to; and all that is known of one customer."""

from workbench.actions.consent import allowed_channels as allowed_channels
from workbench.actions.consent import with_consent as with_consent
from workbench.actions.control_group import has_control_group as has_control_group
from workbench.actions.customer_profile import CustomerProfile as CustomerProfile
from workbench.actions.customer_profile import customer as customer
from workbench.actions.health import HealthReport as HealthReport
from workbench.actions.health import HealthScore as HealthScore
from workbench.actions.health import health_report as health_report
from workbench.actions.health import read_health as read_health
from workbench.actions.lists import contact_list as contact_list
from workbench.actions.lists import health_list as health_list
from workbench.actions.lists import win_back_list as win_back_list
