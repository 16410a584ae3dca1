"""Whom to contact next: lists ranked by expected gain."""

from workbench.actions.lists import contact_list as contact_list
from workbench.actions.lists import win_back_list as win_back_list
