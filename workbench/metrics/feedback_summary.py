"""What the last period shows of feedback and service beside NPS and waiting times, as far as the source has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pandas as pd

from workbench.crm import Crm, Moment
from workbench.errors import DataError
from workbench.metrics.contact_pressure import contact_pressure, opt_outs
from workbench.metrics.customer_voice import comment_themes, goals_reached
from workbench.metrics.definitions import Metric
from workbench.metrics.new_business import cancelled_after_service, new_products_tried, referrals
from workbench.metrics.service_people import contact_by_agent, ease_by_channel, transfers

FIGURES: dict[str, Callable[[Crm, Moment, Moment], Metric]] = {
    "transfers": transfers,
    "goals_reached": goals_reached,
    "referrals": referrals,
    "new_products_tried": new_products_tried,
    "cancelled_after_bad_service": lambda crm, *period: cancelled_after_service(crm, *period)["after bad service"],
    "cancelled_others": lambda crm, *period: cancelled_after_service(crm, *period)["others"],
    "consents_withdrawn": opt_outs,
}
"""The figures by key."""
PRESSURE = ("channel", "campaign")


def feedback_figures(crm: Crm, start: Moment, end: Moment) -> dict[str, Metric]:
    """Return what the source records of transfers, goals, referrals, new products, consents and cancelled orders."""
    found = {}
    for key, figure in FIGURES.items():
        try:
            found[key] = figure(crm, start, end)
        except DataError:
            continue
    return found


def feedback_tables(
    crm: Crm, start: Moment, end: Moment, *, themes: Mapping[str, Sequence[str]] | None = None
) -> dict[str, pd.DataFrame]:
    """Return comments by theme, ease by channel, and contact by channel, campaign and agent, as far as recorded."""
    tables: dict[str, Callable[[], pd.DataFrame]] = {
        "comment_themes": lambda: comment_themes(crm, start, end, themes=themes),
        "ease_by_channel": lambda: ease_by_channel(crm, start, end),
        **{f"contact_by_{what}": partial(contact_pressure, crm, start, end, by=what) for what in PRESSURE},
        "contact_by_agent": lambda: contact_by_agent(crm, start, end),
    }
    found = {}
    for key, table in tables.items():
        try:
            found[key] = table()
        except DataError:
            continue
    return {key: table for key, table in found.items() if len(table)}
