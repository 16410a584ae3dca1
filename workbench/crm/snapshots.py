"""From which days one can look: not before the data begin, not far beyond their end."""

from __future__ import annotations

from datetime import datetime, timedelta

from workbench.crm.asof import Facts
from workbench.crm.instants import Moment, midnight, midnight_from, moment
from workbench.errors import SettingError


def latest_as_of(facts: Facts, horizon_days: int) -> datetime:
    """Return the last midnight whose outcome window lies wholly inside the data."""
    last = facts.known_until - timedelta(days=horizon_days)
    return midnight(last)


def check_mature(facts: Facts, at: list[datetime], horizon_days: int) -> None:
    """Raise SettingError unless every snapshot's outcome window lies inside the data."""
    unknown = [t for t in at if t + timedelta(days=horizon_days) > facts.known_until]
    if unknown:
        raise SettingError(
            f"the outcome of as_of {unknown[-1].date()} within {horizon_days} days is not known yet: "
            f"the data end {facts.last_record_at:%Y-%m-%d %H:%M}. "
            f"The latest as_of that works is {latest_as_of(facts, horizon_days).date()}."
        )


def check_current(facts: Facts, as_of: Moment, *, max_age_days: int = 7) -> None:
    """Raise SettingError when ``as_of`` lies before the data begin, or so long after their end that silence is a gap.

    Without this a run dated a year too late would call every customer lost.
    """
    as_of = moment(as_of)
    if as_of <= facts.begins_at:
        raise SettingError(
            f"as_of {as_of.date()} is before the data begin ({facts.begins_at:%Y-%m-%d}); choose a later as_of."
        )
    if as_of > facts.known_until + timedelta(days=max_age_days):
        latest = facts.known_until + timedelta(days=max_age_days)
        raise SettingError(
            f"as_of {as_of.date()} is more than {max_age_days} days after the data end "
            f"({facts.last_record_at:%Y-%m-%d %H:%M}): silence since then would count as churn. "
            f"Load a newer export, use as_of {latest.date()} or earlier, or state exported_at in the source."
        )


def past_snapshots(
    facts: Facts,
    as_of: Moment,
    *,
    horizon_days: int,
    history_days: int,
    settle_days: int = 0,
    fewest: int = 2,
    most: int = 8,
) -> list[datetime]:
    """Return the labelled snapshots before ``as_of``: midnights with disjoint outcome windows, all known at ``as_of``.

    The newest window ends ``settle_days`` before ``as_of`` (or before the data end, if earlier), when its labels cannot
    change any more; each snapshot has at least ``history_days`` of data before it.

    Two are needed to learn and to test. With ``fewest=1`` one will do, for rates without a model; where the history is
    too short even for that, the newest window is taken with a day of history or more.

    Raises SettingError for an ``as_of`` outside the data, and when there are fewer than ``fewest``, with the ``as_of``
    that works, or where none does the longest ``horizon_days``.
    """
    check_current(facts, as_of)
    end = midnight(min(moment(as_of), facts.known_until)) - timedelta(days=settle_days)
    steps = (end - timedelta(days=horizon_days * k) for k in range(1, most + 1))
    snapshots = sorted(t for t in steps if t - timedelta(days=history_days) >= facts.begins_at)
    least = timedelta(days=history_days if fewest > 1 else 1)
    newest = end - timedelta(days=horizon_days)
    if fewest == 1 and not snapshots and newest - least >= facts.begins_at:
        return [newest]
    if len(snapshots) < fewest:
        longest = (end - least - facts.begins_at) // timedelta(days=fewest)
        needed = midnight_from(facts.begins_at) + least + timedelta(days=fewest * horizon_days + settle_days)
        wanted = "two are needed, one to learn from and one to test on" if fewest > 1 else "one is needed for rates"
        raise SettingError(
            f"as_of {moment(as_of).date()} with horizon_days {horizon_days} and inactive_days {history_days} leaves "
            f"{len(snapshots)} labelled snapshot(s); {wanted}. "
            f"The data begin {facts.begins_at:%Y-%m-%d}{_cure(facts, needed, longest)}."
        )
    return snapshots


def _cure(facts: Facts, needed: datetime, longest: int) -> str:
    """No as_of helps when it lies after the data end; then the horizon must fit between their begin and end."""
    if needed <= facts.known_until:
        return f": the earliest as_of that works is {needed.date()}"
    end = f" and end {facts.last_record_at:%Y-%m-%d}, too early for any as_of to work"
    if longest < 1:
        return f"{end}: load a longer history, or choose a smaller inactive_days"
    return f"{end}: the longest horizon_days that works is {longest}"
