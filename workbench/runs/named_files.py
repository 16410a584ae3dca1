"""The analyst's files that a run names, checked before it begins: a slip is not to be found after minutes of work."""

from __future__ import annotations

from pathlib import Path

from workbench.actions import CHANNELS, OCCASION, Line, empty_customers, read_alerts, read_health, read_playbook
from workbench.features import FEATURES
from workbench.runs.params import RunParams
from workbench.segments import Condition, read_segments


def check_files(params: RunParams, root: Path) -> None:
    """Raise SettingError for a mistake in the files of alerts, segments, health points or playbook that a run names.

    Names of columns and the types they are compared with are checked too, unless own features add columns. Whether the
    source names a channel of the playbook shows when it is loaded.
    """
    if params.alerts:
        read_alerts(root / params.alerts)
    segments = read_segments(root / params.own_segments) if params.own_segments else ()
    points = read_health(root / params.health_points).behaviours if params.health_points else ()
    lines = read_playbook(root / params.playbook) if params.playbook else ()
    if params.own_features:
        return
    _check_conditions([rule for each in segments for rule in each.segments.values()])
    _check_conditions([each.condition for each in points], only={*FEATURES})
    _check_lines(lines, [f"{each.name}_segment" for each in segments])


def _check_conditions(conditions: list[Condition], only: set[str] | None = None) -> None:
    known = empty_customers()
    for each in conditions:
        each.check(known if only is None else known[[name for name in known if name in only]])


def _check_lines(lines: tuple[Line, ...], segments: list[str]) -> None:
    known = empty_customers(segments)
    for line in lines:
        line.check({*known} - {*OCCASION}, {*CHANNELS, *line.channels})
        line.when.check(known)
