"""By which channel to reach a customer: preferred, consented to, and one on which the customer is not silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd

from workbench.actions.channel_names import channel_name
from workbench.actions.consent import allowed_channels
from workbench.crm import Crm

NOT_RECORDED = "not recorded"


def consented(crm: Crm, at: datetime) -> Mapping[str, tuple[str, ...]] | None:
    """Return the channels each customer consents to, in small letters; None where no consents are recorded."""
    allowed = allowed_channels(crm, at)
    if allowed is None:
        return None
    by_customer = allowed.sort_values("channel").groupby("customer_id")["channel"].agg(tuple)
    return {str(customer): channels for customer, channels in by_customer.items()}


def known_channels(crm: Crm) -> set[str]:
    """Return the channels that a source names anywhere, in small letters."""
    columns = [("messages", "channel"), ("consents", "channel"), ("customers", "preferred_channel")]
    there = [crm[table][column] for table, column in columns if table in crm and column in crm[table].columns]
    return {channel_name(str(v)) for c in there for v in c.name("v").as_table().distinct().v.to_pandas().dropna()}


def choose_channel(
    wanted: Sequence[str], preferred: str | None, consent: tuple[str, ...] | None, silent_on: str | None
) -> str | None:
    """Return the channel to use: preferred, wanted and consented to, in that order; None: none may be used.

    A single channel wanted comes before the one preferred: it is what is done, as a newsletter. ``consent`` None means
    that no consents are recorded. A channel on which the customer is silent comes last.

    >>> choose_channel((), "email", ("email", "phone"), None), choose_channel((), "email", ("email", "phone"), "email")
    ('email', 'phone')
    >>> choose_channel(("phone",), "email", ("email",), None), choose_channel((), "email", (), None)
    ('email', None)
    >>> choose_channel(("phone",), None, None, None), choose_channel((), None, None, None)
    ('phone', '')
    >>> choose_channel(("phone", "email"), "email", None, None), choose_channel(("phone", "email"), "chat", None, None)
    ('email', 'chat')
    >>> choose_channel(("phone", "email"), "chat", ("email", "phone"), None)
    'phone'
    """
    own = [preferred] if preferred else []
    order = dict.fromkeys([*wanted, *own] if len(wanted) == 1 else [*own, *wanted])
    order |= dict.fromkeys(consent or ())
    allowed = [channel for channel in order if consent is None or channel in consent]
    if not allowed:
        return None if consent is not None else ""
    return min(allowed, key=lambda channel: channel == silent_on)


def with_channels(tasks: pd.DataFrame, consents: Mapping[str, tuple[str, ...]] | None) -> pd.DataFrame:
    """Return the tasks with channel (None: no consent to any) and consent, the channels consented to, joined by '; '.

    Input columns: customer_id, wanted (tuple of channels), preferred_channel and silent_on (empty: not known).
    """
    given = [None if consents is None else consents.get(c, ()) for c in tasks["customer_id"]]
    preferred, silent_on = (_channels(tasks[name]) for name in ("preferred_channel", "silent_on"))
    rows = zip(tasks["wanted"], preferred, given, silent_on, strict=True)
    consent = [NOT_RECORDED if g is None else "; ".join(g) for g in given]
    channel = pd.Series([choose_channel(*row) for row in rows], index=tasks.index, dtype="object")
    return tasks.assign(channel=channel, consent=pd.Series(consent, index=tasks.index, dtype="str"))


def reach_by(customers: pd.DataFrame, consents: Mapping[str, tuple[str, ...]] | None) -> pd.Series:
    """Return the channel by which each customer is reached where a line names none; empty where there is none."""
    wanted = pd.Series([()] * len(customers), index=customers.index, dtype="object")
    channel = with_channels(customers.assign(wanted=wanted), consents)["channel"]
    return channel.replace("", None).astype("str")


def may_be_mailed(customers: pd.DataFrame, consents: Mapping[str, tuple[str, ...]] | None) -> pd.Series:
    """Return 1 for who consents to e-mail, 0 for who does not; empty where no consents are recorded."""
    if consents is None:
        return pd.Series(float("nan"), index=customers.index)
    return pd.Series([float("email" in consents.get(c, ())) for c in customers["customer_id"]], index=customers.index)


def _channels(column: pd.Series) -> list[str | None]:
    return [channel_name(value) if isinstance(value, str) and value.strip() else None for value in column]
