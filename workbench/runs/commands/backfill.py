"""Past runs: one a month, each as it would have been made then."""

from __future__ import annotations

import re
from datetime import date

from workbench.errors import ParameterError
from workbench.runs.stages.params import RunParams

MOST_MONTHS = 120


def backfill(params: RunParams, months: str) -> list[RunParams]:
    """Return the parameters of one run for each month of ``2024-01..2024-12``, the first month first.

    Each looks from the first day after its month, uses nothing later, and is named after the month.

    Raises ParameterError for anything but two months in order, for more than ten years, and for too long a name.
    """
    return [
        params.model_copy(update={"as_of": _first_day(month + 1), "run_name": _named(params.run_name, month)})
        for month in _months(months)
    ]


def _months(text: str) -> range:
    """Return the months from one to another, counted from year 0.

    >>> len(_months("2023-11..2024-02"))
    4
    """
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])\.\.(\d{4})-(0[1-9]|1[0-2])", text.strip())
    if found is None:
        raise ParameterError(f"--backfill {text}: should be two months such as 2024-01..2024-12.")
    first, last = (12 * int(found[i]) + int(found[i + 1]) - 1 for i in (1, 3))
    if not 0 <= last - first < MOST_MONTHS:
        raise ParameterError(f"--backfill {text}: give the earlier month first, {MOST_MONTHS} months at the most.")
    return range(first, last + 1)


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _named(run: str, month: int) -> str:
    name = f"{run}_{_first_day(month):%Y-%m}"
    if len(name) > 64:
        raise ParameterError(f"--backfill: the run's name would be {name}, over 64 letters; give a shorter --name.")
    return name
