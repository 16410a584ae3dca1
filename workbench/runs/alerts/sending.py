"""A process of its own that sends one text to one address, so that whatever it says or hangs on ends with it.

Run by :mod:`workbench.runs.alerts.notifications`; it reads address, title and text as JSON from its standard input,
where no list of processes shows them, and writes why it was not taken, nothing where it was. It imports nothing of the
workbench, which would take seconds.
"""

from __future__ import annotations

import json
import re
import sys


def problem(address: str, title: str, text: str) -> str:
    """Send a text; return why it was not taken, in words without any address; nothing where it was taken."""
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
        return "Apprise does not know its address (https://appriseit.com)"
    heard = list[str]()
    sent = sender.notify(
        title=title,
        body=text,
        body_format=apprise.NotifyFormat.TEXT,
        interpret_escapes=False,
        log_callback=lambda entry, _: heard.extend(re.findall(r"error\W{1,2}([1-5]\d\d)\b", str(entry))),
    )
    return "" if sent else f"it answered {heard[-1]}" if heard else "it could not be reached, or refused"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(problem(**json.load(sys.stdin))))
