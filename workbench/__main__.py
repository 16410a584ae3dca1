"""The console command's way in: signals are heard before the seconds that its imports take."""

from __future__ import annotations

import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command; Ctrl-C, SIGTERM and SIGHUP end it with a sentence, whenever they come."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, signal.default_int_handler)
    try:
        from workbench.cli import main as command

        command()
    except KeyboardInterrupt:
        print("Interrupted; nothing was published.", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
