"""Control groups, without which nobody knows what contacting brings: those recorded, and the next one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from workbench.crm import Crm

SALT = "workbench hold-out"
"""Part of what is hashed: the same at every run, so that a customer stays in the group or out of it."""


def has_control_group(crm: Crm) -> bool:
    """Return whether any recorded campaign left a control group alone (treatments.arm is 'control', in any case)."""
    if "treatments" not in crm or "arm" not in crm["treatments"].columns:
        return False
    arms = crm["treatments"].arm
    return bool((arms.lower() == "control").any().execute())


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
