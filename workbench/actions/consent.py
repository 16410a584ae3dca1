"""Which customers may be contacted, and by which channel, as far as the source records consents."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from workbench.actions.channel_names import channel_name
from workbench.crm import Crm


def allowed_channels(crm: Crm, at: datetime) -> pd.DataFrame | None:
    """Return customer_id and channel of every consent that holds at ``at``; None where the source records none at all.

    A consent holds while the last day it was given is later than the last day it was withdrawn; given and withdrawn on
    one day, it is withdrawn; without any date, it holds. Channels have their one name: who withdraws 'E-Mail' no longer
    consents to 'email'. On the day of the export all that it holds counts: who withdrew that day is not
    to be contacted.
    """
    if "consents" not in crm or not crm["consents"].count().execute():
        return None
    known = crm.counted() if crm.facts.is_export_day(at) else crm.known_at(at)
    rows = known["consents"].to_pandas().reindex(columns=["customer_id", "channel", "granted_at", "withdrawn_at"])
    rows = rows.assign(channel=rows["channel"].map(channel_name, na_action="ignore"))
    days = rows.assign(given=_day(rows["granted_at"]), withdrawn=_day(rows["withdrawn_at"]))
    last = days.groupby(["customer_id", "channel"])[["given", "withdrawn"]].max().reset_index()
    holds = last["withdrawn"].isna() | (last["given"] > last["withdrawn"])
    return last.loc[holds, ["customer_id", "channel"]].reset_index(drop=True)


def _day(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column).dt.normalize()
