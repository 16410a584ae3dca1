"""Control groups, without which nobody knows what contacting brings: those recorded, and the next one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pandas as pd

from workbench.crm import Crm
from workbench.metrics import smallest_detectable

SALT = "workbench hold-out"
"""Part of what is hashed: the same at every run, so that a customer stays in the group or out of it."""


def has_control_group(crm: Crm) -> bool:
    """Return whether any recorded campaign left a control group alone (treatments.arm is 'control', in any case)."""
    if "treatments" not in crm or "arm" not in crm["treatments"].columns:
        return False
    arms = crm["treatments"].arm
    return bool((arms.lower() == "control").any().execute())


def holdout_power(listed: pd.DataFrame, held_out: pd.DataFrame, name: str) -> str:
    """Return in a sentence which effect of contacting the group held out of a list would show.

    Input: the list (with probability, the chance of churn), and customer_id and list of all who are held out; ``name``
    is the list's.

    >>> listed = pd.DataFrame({"probability": [0.1] * 3210})
    >>> out = pd.DataFrame({"customer_id": range(3210), "list": "keep"})
    >>> holdout_power(listed, out, "keep")
    'Held out of keep: 3,210 beside 3,210 to contact; a fall of churn from 10.0 % to 8.0 % would show.'
    """
    n, treated = int((held_out["list"] == name).sum()), len(listed)
    rate = float(listed["probability"].mean()) if treated else float("nan")
    effect = smallest_detectable(rate, treated, n) if n and treated else float("nan")
    groups = f"Held out of {name}: {n:,} beside {treated:,} to contact"
    if effect != effect:
        return f"{groups}; too few to show any effect; hold out a larger share, or pool several runs."
    return f"{groups}; a fall of churn from {rate:.1%} to {rate - effect:.1%} would show.".replace("%", " %")


def held_out(customer_ids: Iterable[str], share: float) -> list[bool]:
    """Return for each customer whether it is held out: the same for an id at every call, about ``share`` of them.

    A larger share holds out the same customers and some more.

    >>> held_out(["ann", "bob"], 0.0), held_out(["ann", "bob"], 1.0)
    ([False, False], [True, True])
    """
    return [_place(each) < share for each in customer_ids]


def _place(customer_id: str) -> float:
    digest = hashlib.blake2b(f"{SALT}\x1f{customer_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
