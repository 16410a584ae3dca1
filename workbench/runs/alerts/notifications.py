"""Sending: texts to the addresses that an alert file names, which stand nowhere else and are never written or shown."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import SettingError

if TYPE_CHECKING:
    from workbench.actions import Alerts

MOST_SECONDS = 60
"""A channel that takes longer is given up until the next run."""


def addresses(alerts: Alerts) -> tuple[dict[str, str], dict[str, str]]:
    """Return the address of each channel by its name, and why those that have none do not.

    A channel is named after its variable, or its line of the file. A file that others can read is refused whole.
    """
    found, problems = dict[str, str](), dict[str, str]()
    for name in alerts.variables:
        address = os.environ.get(name, "").strip()
        if address:
            found[f"${name}"] = address
        else:
            problems[f"${name}"] = "the variable is not set in the environment of the run; set it"
    if alerts.send_file:
        try:
            found |= _from_file(alerts.send_file)
        except SettingError as problem:
            problems[alerts.send_file.name] = str(problem)
    return found, problems


def _from_file(path: Path) -> dict[str, str]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise SettingError(f"others can read or change it (mode {mode:o}); chmod 600 {path}")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingError(f"it cannot be read ({type(problem).__name__}); check {path}") from None
    written = [(i, line.strip()) for i, line in enumerate(lines, 1)]
    return {f"{path.name}, line {i}": line for i, line in written if line and not line.startswith("#")}


def send(channels: Mapping[str, str], title: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Send each channel its text; return why those that did not take it failed, in words without any address.

    Nothing is raised, logged or printed: what the library says may hold an address. Each channel is tried by a process
    of its own, all at once, and given up after MOST_SECONDS.
    """
    tried = {name: _sender({"address": channels[name], "title": title, "text": text}) for name, text in texts.items()}
    until = time.monotonic() + MOST_SECONDS
    results = {name: _answer(process, until - time.monotonic()) for name, process in tried.items()}
    return {name: reason for name, reason in results.items() if reason}


def _sender(message: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a process that sends a message; its folder is no place to import from."""
    script = Path(__file__).with_name("sending.py")
    pipe, silence = subprocess.PIPE, subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, "-P", str(script)], stdin=pipe, stdout=pipe, stderr=silence, text=True)
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin:
        json.dump(message, process.stdin)
    process.stdin = None
    return process


def _answer(process: subprocess.Popen[str], seconds: float) -> str:
    """Return why a message was not taken; nothing where it was. A process that does not end is ended."""
    with process:
        try:
            said, _ = process.communicate(timeout=max(0.0, seconds))
        except subprocess.TimeoutExpired:
            process.kill()
            return f"it did not answer within {MOST_SECONDS} seconds"
    return str(json.loads(said)) if process.returncode == 0 else "sending failed"
