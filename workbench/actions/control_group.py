"""Whether any campaign left a control group alone, without which nobody knows what contacting brings."""

from __future__ import annotations

from workbench.crm import Crm


def has_control_group(crm: Crm) -> bool:
    """Return whether any recorded campaign left a control group alone (treatments.arm is 'control', in any case)."""
    if "treatments" not in crm or "arm" not in crm["treatments"].columns:
        return False
    arms = crm["treatments"].arm
    return bool((arms.lower() == "control").any().execute())
