"""Sending: texts to the addresses that an alert file names, which stand nowhere else and are never written or shown."""

from __future__ import annotations

import logging
import os
import re
import stat
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from workbench.actions import Alerts
from workbench.errors import SettingError

MOST_SECONDS = 60
"""A channel that takes longer is given up until the next run."""
CHATTERING = ("apprise", "urllib3", "requests")
"""Loggers of the libraries that send; their messages may hold parts of an address."""


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

    Nothing is raised, logged or printed: what the library says may hold an address. All channels are tried at
    once, and given up after MOST_SECONDS.
    """
    results = dict.fromkeys(texts, f"it did not answer within {MOST_SECONDS} seconds")
    with _unheard():
        threads = [
            threading.Thread(target=_send_one, args=(name, channels[name], title, text, results), daemon=True)
            for name, text in texts.items()
        ]
        for thread in threads:
            thread.start()
        until = time.monotonic() + MOST_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
    return {name: reason for name, reason in results.items() if reason}


def _send_one(name: str, address: str, title: str, text: str, results: dict[str, str]) -> None:
    try:
        results[name] = _problem(address, title, text)
    except Exception as problem:  # whatever a plug-in raises, its text may hold the address
        results[name] = f"sending failed ({type(problem).__name__})"


def _problem(address: str, title: str, text: str) -> str:
    """Send a text; return why it was not taken, nothing where it was."""
    import apprise

    quiet = apprise.AppriseAsset(
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        app_id="Churn Workbench",
        async_mode=False,
        allow_templates=False,
        result_log_disk_size=0,
    )
    sender = apprise.Apprise(asset=quiet)
    if not sender.add(address):
        return "its address is none that Apprise knows (https://appriseit.com)"
    heard = list[str]()
    sent = sender.notify(
        title=title,
        body=text,
        body_format=apprise.NotifyFormat.TEXT,
        interpret_escapes=False,
        log_callback=lambda entry, _: heard.extend(re.findall(r"error\W{1,2}([1-5]\d\d)\b", str(entry))),
    )
    return "" if sent else f"it answered {heard[-1]}" if heard else "it could not be reached, or refused"


@contextmanager
def _unheard() -> Iterator[None]:
    """Within, nothing the libraries say is written anywhere."""
    loggers = [logging.getLogger(name) for name in CHATTERING]
    before = [logger.propagate for logger in loggers]
    silent = logging.NullHandler()
    for logger in loggers:
        logger.propagate = False
        logger.addHandler(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(silent)
            logger.propagate = propagate
