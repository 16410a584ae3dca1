"""Being asked to stop: by Ctrl-C, by a service manager, or by a terminal that closes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Within, a signal only sets the event: the run looks at it once a second, and so always tidies up.

    An exception thrown into whatever line runs just then could be lost, or break the tidying up itself. A signal that
    is ignored, as under nohup, stays so; outside the main thread nothing changes.
    """
    asked = threading.Event()
    before = {}
    if threading.current_thread() is threading.main_thread():
        heard = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, lambda *_: asked.set()) for number in heard}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
