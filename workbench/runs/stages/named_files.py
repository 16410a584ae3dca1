"""The analyst's files that a run names, checked before it begins: a slip is not to be found after minutes of work."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd

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
from workbench.contract import is_own
from workbench.crm import load_tables
from workbench.errors import SettingError, UserError
from workbench.features import FEATURES
from workbench.label import read_reasons
from workbench.metrics import read_themes
from workbench.report import read_style
from workbench.runs.stages.params import RunParams
from workbench.segments import Condition, read_segments, segment_titles
from workbench.sources import read_source

READ: dict[str, Callable[[Path], object]] = {
    "alerts": read_alerts,
    "reasons": read_reasons,
    "themes": read_themes,
    "report_style": read_style,
}
"""How each file is read that is a matter of its own."""

LONGEST_S = 30
"""Seconds that own features may take to be read here."""
_NAMES = """
import json, sys
from workbench.errors import UserError
from workbench.features import columns, read_own
try:
    print("", json.dumps([column.name for column in columns(read_own(sys.argv[1]))]), sep=chr(10))
except UserError as mistake:
    sys.exit(str(mistake))
"""


def check_files(params: RunParams, root: Path) -> None:
    """Raise SettingError for a mistake in a YAML file of alerts, reasons, segments, playbook … that a run names.

    Names of columns and the types they are compared with are checked too, but not where own features take too long
    to be read or end the process: notebook 03 reports that. A channel of the playbook that is not one of the usual ones
    must be named in the source, which is loaded to see it.
    """
    for named, read in READ.items():
        if file := getattr(params, named):
            read(root / file)
    segments = read_segments(root / params.own_segments) if params.own_segments else ()
    points = read_health(root / params.health_points).behaviours if params.health_points else ()
    segment_titles(segments)
    lines = read_playbook(root / params.playbook) if params.playbook else ()
    _check_channels(lines, root / params.source)
    ruled = segments or points or lines
    own = _own_columns(params.own_features, root) if params.own_features and ruled else []
    if own is None:
        return
    texts = _own_texts(root / params.source) if segments or lines else []
    known = _customers([*texts, *(f"{name}_segment" for name in (*texts, *(each.name for each in segments)))], own)
    _check_conditions([rule for each in segments for rule in each.segments.values()], _customers(texts, own))
    _check_conditions([each.condition for each in points], known[[*FEATURES, *own]])
    _check_lines(lines, known)


def _own_columns(file: str, root: Path) -> list[str] | None:
    """Return the columns of own features; None where they are not known in time.

    They are code of the analyst's, which may loop or end its process, so another process reads them. Raises
    SettingError for what does not run or defines none.
    """
    command = [sys.executable, "-c", _NAMES, file]
    with suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST_S
        )
        if done.returncode == 0:
            return [str(name) for name in json.loads(done.stdout.splitlines()[-1])]
        if done.returncode == 1 and (said := done.stderr.splitlines()):
            raise SettingError(said[-1])
    return None


def _own_texts(source: Path) -> list[str]:
    """Return the company's own columns of customers; none where the source cannot be read: notebook 01 says why."""
    with suppress(UserError):
        tables = read_source(source).tables
        return [name for name in tables["customers"].columns if is_own(name)] if "customers" in tables else []
    return []


def _customers(texts: list[str], own: list[str]) -> pd.DataFrame:
    """No customers, with every column that a condition may name, these texts and those of own features among them."""
    known = empty_customers(texts)
    return known.assign(**{name: pd.Series(dtype="float64") for name in own})


def _check_conditions(conditions: list[Condition], known: pd.DataFrame) -> None:
    for each in conditions:
        each.check(known)


def _check_lines(lines: Sequence[Line], known: pd.DataFrame) -> None:
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
