"""The analyst's files that a run names, checked before it begins: a slip is not to be found after minutes of work."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from workbench.actions import (
    CHANNELS,
    OCCASION,
    Line,
    empty_customers,
    known_channels,
    read_alerts,
    read_health,
    read_playbook,
)
from workbench.crm import load_tables
from workbench.errors import UserError
from workbench.features import FEATURES
from workbench.label import read_reasons
from workbench.metrics import read_themes
from workbench.report import read_style
from workbench.runs.params import RunParams
from workbench.segments import Condition, read_segments, segment_titles

READ: dict[str, Callable[[Path], object]] = {
    "alerts": read_alerts,
    "reasons": read_reasons,
    "themes": read_themes,
    "report_style": read_style,
}
"""How each file is read that is a matter of its own."""


def check_files(params: RunParams, root: Path) -> None:
    """Raise SettingError for a mistake in a YAML file of alerts, reasons, segments, playbook … that a run names.

    Names of columns and the types they are compared with are checked too, unless own features add columns. A channel of
    the playbook that is not one of the usual ones must be named in the source, which is loaded to see it.
    """
    for named, read in READ.items():
        if file := getattr(params, named):
            read(root / file)
    segments = read_segments(root / params.own_segments) if params.own_segments else ()
    points = read_health(root / params.health_points).behaviours if params.health_points else ()
    segment_titles(segments)
    lines = read_playbook(root / params.playbook) if params.playbook else ()
    _check_channels(lines, root / params.source)
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
        line.check({*known} - {*OCCASION}, line.channels)
        line.when.check(known)


def _check_channels(lines: tuple[Line, ...], source: Path) -> None:
    unusual = {channel for line in lines for channel in line.channels} - {*CHANNELS}
    channels = {*CHANNELS, *(_channels_of(source, unusual) if unusual else ())}
    for line in lines:
        line.check_channels(channels)


def _channels_of(source: Path, asked: Collection[str]) -> Collection[str]:
    """Return the channels a source names; those asked for where it cannot be loaded: the first notebook says why."""
    try:
        return known_channels(load_tables(source))
    except UserError:
        return asked
