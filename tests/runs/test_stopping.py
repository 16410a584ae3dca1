"""Being asked to stop is noted, never thrown into whatever runs just then."""

import os
import signal
import threading

import pytest

from workbench.runs.notebooks.stopping import SIGNALS, stoppable


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_only_sets_the_event_and_the_handler_before_comes_back(number: signal.Signals) -> None:
    found = signal.signal(number, signal.default_int_handler)  # a shell's job in the background ignores Ctrl-C
    try:
        with stoppable() as asked:
            os.kill(os.getpid(), number)
            assert asked.wait(10)
        assert signal.getsignal(number) == signal.default_int_handler
    finally:
        signal.signal(number, found)


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable() as asked:
            os.kill(os.getpid(), signal.SIGHUP)
        assert not asked.is_set()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_nothing_changes() -> None:
    changed = []

    def look() -> None:
        before = [signal.getsignal(number) for number in SIGNALS]
        with stoppable():
            changed.append(before != [signal.getsignal(number) for number in SIGNALS])

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert changed == [False]
