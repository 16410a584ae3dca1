"""At the end of a run: what its alerts newly report is sent, and what could not be sent is kept for the next time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterError, UserError, visible
from workbench.runs.alerts.alert_state import MOST_UNSENT, News, State, news, read_state, write_state
from workbench.runs.alerts.notifications import addresses, send
from workbench.runs.notebooks.stopping import stoppable
from workbench.runs.publishing.overview import read_plain
from workbench.runs.stages.folders import Run, published_run
from workbench.runs.stages.locks import locked

if TYPE_CHECKING:
    from workbench.actions import Alerts


@dataclass(frozen=True)
class Reported:
    """What a run had to report and what became of it.

    ``lines`` are new; ``sent`` names the channels that took what there was, ``problems`` (channel: reason) those that
    did not and get it the next time.
    """

    lines: Sequence[str]
    sent: Sequence[str] = ()
    problems: dict[str, str] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """Return what happened, for a screen or a log."""
        to = f", sent to {', '.join(self.sent)}" if self.sent else ""
        failed = [
            f"Alerts not sent to {name}: {reason}. Tried again next time." for name, reason in self.problems.items()
        ]
        return [f"Alerts: {len(self.lines)} new{to}.", *failed]


def report_alerts(run: Run, file: Path) -> Reported:
    """Send what the alerts of a published run newly report, and what was left unsent before.

    A run of an earlier day than the last one that reported sends nothing. It never raises for what a channel, an
    address or the alert file lacks: that is in ``problems``.
    """
    with locked(run), stoppable():
        state = read_state(run)
        try:
            alerts = _read(file)
        except UserError as problem:
            return _kept(run, state, Reported([], problems={file.name: str(problem)}))
        fresh, known, as_of = _news(run, state)
        lines = [line for each in fresh for line in each.lines(customer_ids=alerts.customer_ids)]
        known_state = {**state, "as_of": max(as_of, state["as_of"]), "open": known, "failed": False}
        return _delivered(run, alerts, known_state, lines, as_of)


def report_failure(run: Run, file: Path, day: date) -> Reported | None:
    """Send that a run failed, where its alerts ask for it, and once until it succeeds; None: nothing to send.

    The reason is not sent, for it may name customers: ``workbench runs`` has it.

    Raises UserError where the alert file has a mistake, or a run of this name is under way.
    """
    from workbench.actions import RunFailed

    with locked(run), stoppable():
        alerts, state = _read(file), read_state(run)
        if state["failed"] or not any(isinstance(rule, RunFailed) for rule in alerts.rules.values()):
            return None
        lines = ["The run failed; the report published before stays. 'workbench runs' has the reason."]
        return _delivered(run, alerts, {**state, "failed": True}, lines, day.isoformat())


def _delivered(run: Run, alerts: Alerts, state: State, lines: Sequence[str], day: str) -> Reported:
    """Send each channel the lines, and what it missed before; keep the state with what it did not take."""
    channels, problems = addresses(alerts)
    due = _due(state, lines, [*channels, *problems], day)
    texts = {name: _text(alerts, run, due[name]) for name in channels if due[name]}
    problems |= send(channels, f"{run.name}: {_count(lines)}, {day}", texts)
    problems = {name: reason for name, reason in problems.items() if due[name]}
    unsent = {name: due[name][-MOST_UNSENT:] for name in problems}
    sent = [name for name in texts if name not in problems]
    return _kept(run, {**state, "unsent": unsent}, Reported(lines, sent, problems))


def preview_alerts(name: str, root: Path) -> tuple[Reported, list[str]]:
    """Return what a published run would report now, and where to; nothing is sent or changed.

    Raises ParameterError for a name that no run has, or a run without alerts.
    """
    run = published_run(name, root)
    alerts = _read(alert_file(run))
    state = read_state(run)
    fresh, _, as_of = _news(run, state)
    channels, problems = addresses(alerts)
    due = _due(state, [line for each in fresh for line in each.lines(customer_ids=alerts.customer_ids)], ["new"], as_of)
    kept = dict.fromkeys(line for lines in state["unsent"].values() for line in lines)
    return Reported([*kept, *due["new"]], problems=problems), [*channels]


def alert_file(run: Run) -> Path:
    """Return the alert file that a published run named; raises ParameterError where it named none."""
    named = read_plain(run.reports / "manifest.json").get("parameters", {}).get("alerts")
    if not named:
        raise ParameterError(f"run {run.name!r} names no file in its parameter 'alerts'; add one and run it again.")
    return run.root / str(named)


def _read(file: Path) -> Alerts:
    from workbench.actions import read_alerts  # seconds that a run without alerts does not need

    return read_alerts(file)


def _news(run: Run, state: State) -> tuple[list[News], dict[str, dict[str, str]], str]:
    """Return what is new, all that holds, and the day; nothing new for a day before the last one reported."""
    as_of = str(read_plain(run.reports / "summary.json").get("as_of", ""))
    path = run.derived / "alerts.json"
    if not path.is_file() or as_of < state["as_of"]:
        return [], state["open"], as_of
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return *news(found, state, as_of), as_of


def _due(state: State, lines: Sequence[str], channels: Sequence[str], as_of: str) -> dict[str, list[str]]:
    """Return the lines each channel has to get: what it missed before, with its day, and what is new."""
    day = f"{date.fromisoformat(as_of):%d %B %Y}".lstrip("0") if as_of else ""
    fresh = [f"{day}: {visible(line)}" for line in lines]
    whole = {name: name.split(", line ")[0] for name in channels}  # a file that could not be read kept its lines
    unsent = {name: state["unsent"].get(name, state["unsent"].get(file, [])) for name, file in whole.items()}
    return {name: [*unsent[name], *fresh] for name in channels}


def _text(alerts: Alerts, run: Run, lines: Sequence[str]) -> str:
    page = f"{alerts.link}/{run.name}/index.html" if alerts.link else f"reports/{run.name}/index.html"
    return "\n".join([*lines, "", f"Report: {page}"])


def _count(lines: Sequence[str]) -> str:
    return "1 alert" if len(lines) == 1 else f"{len(lines)} alerts"


def _kept(run: Run, state: State, reported: Reported) -> Reported:
    write_state(run, {**state, "problems": [f"{name}: {reason}" for name, reason in reported.problems.items()]})
    return reported
