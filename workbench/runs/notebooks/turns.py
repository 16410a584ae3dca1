"""Notebooks in their order: the next begins once the one before has handed over its tables, and shows and checks on.

Only in a small run, as two notebooks take the memory of two.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
from jupyter_core.utils import ensure_event_loop

from workbench.runs.notebooks.progress import Stage
from workbench.runs.stages.folders import Run
from workbench.runs.stages.params import NOTEBOOKS, RunParams

HANDS_OVER = {"01_load": "crm/crm.json", "02_label": "rules.json", "03_features": "suspects.json"}
"""The file a notebook writes last for those after it; one that is not named hands over at its end."""
SMALL_ROWS = 1_000_000
"""Rows of loaded tables up to which notebooks run beside each other."""
LOOKS_S = 0.1
"""How often is looked whether a notebook has failed, or the run is to stop."""


@dataclass
class Turn:
    """A notebook under way: what was there when it began, and what once it had handed over."""

    notebook: str
    params: RunParams
    before: Set[Path]
    stop: threading.Event = field(default_factory=threading.Event)
    passed_on: threading.Event = field(default_factory=threading.Event)
    written: Set[Path] = frozenset()
    result: Future[tuple[float, float | None]] = field(default_factory=Future)

    @property
    def failed(self) -> bool:
        """Whether it ended by an error."""
        return self.result.done() and self.result.exception() is not None

    def stage(self, staged: Run) -> Stage:
        """Return what the notebook, which has ended, cost and made."""
        made = [p for p in sorted(self.written - self.before) if p.parent in (staged.derived, staged.derived / "crm")]
        tables = {str(p.relative_to(staged.derived).with_suffix("")): p for p in made if p.suffix == ".parquet"}
        seconds, peak_mb = self.result.result()
        return Stage(staged.name, self.notebook, seconds, peak_mb, {name: _rows(p) for name, p in tables.items()})


class Turns:
    """The notebooks of a run that are under way."""

    def __init__(self, staged: Run, asked: threading.Event, pool: ThreadPoolExecutor) -> None:
        """``asked`` stops all."""
        self._staged, self._asked, self._pool = staged, asked, pool
        self._under_way = list[Turn]()

    @property
    def to_end(self) -> bool:
        """Whether the run is to end, as it is asked to or a notebook has failed."""
        return self._asked.is_set() or any(turn.failed for turn in self._under_way)

    def begin(self, notebook: str, params: RunParams, run: Callable[[Turn], tuple[float, float | None]]) -> Turn:
        """Run a notebook in a thread."""
        turn = Turn(notebook, params, before=files(self._staged.derived))

        def whole() -> tuple[float, float | None]:
            try:
                return run(turn)
            finally:
                if not turn.passed_on.is_set():
                    turn.written = files(self._staged.derived)
                ensure_event_loop().close()  # Jupyter's, of this thread

        turn.result = self._pool.submit(whole)
        turn.result.add_done_callback(lambda _: turn.passed_on.set())
        self._under_way.append(turn)
        return turn

    def ended_before(self, turn: Turn) -> Iterator[Turn]:
        """Yield the notebooks before one that end until it has handed over, has ended, or the run is to end."""
        while not turn.passed_on.wait(LOOKS_S):
            if self.to_end:
                return
            while (first := self._under_way[0]) is not turn and first.result.done() and not first.failed:
                yield self._under_way.pop(0)

    def look(self, turn: Turn) -> None:
        """Let the next notebook begin if this one has handed over and the run is small; called after each cell."""
        last, folder = HANDS_OVER.get(turn.notebook), self._staged.derived
        if last is None or turn.passed_on.is_set() or not (folder / last).is_file():
            return
        if sum(map(_rows, (folder / "crm").glob("*.parquet"))) <= SMALL_ROWS:
            turn.written = files(folder)
            turn.passed_on.set()

    def ended(self, *, leaving: int = 1) -> Iterator[Turn]:
        """Yield the notebooks that have ended, in their order, and wait until no more than ``leaving`` are under way.

        Raises what the first of the notebooks that failed raised, once those before it have ended; those after it are
        stopped. Where the run is to stop all are.
        """
        while self._under_way:
            self._stop_after_a_failure()
            first = self._under_way[0]
            if first.result.done():
                first.result.result()
                yield self._under_way.pop(0)
            elif len(self._under_way) > leaving or self.to_end:
                wait([first.result], timeout=LOOKS_S)
            else:
                return

    def _stop_after_a_failure(self) -> None:
        failed = next((i for i, turn in enumerate(self._under_way) if turn.failed), len(self._under_way))
        self.stop(self._under_way if self._asked.is_set() else self._under_way[failed:])

    def stop(self, turns: Sequence[Turn] | None = None) -> None:
        """Have notebooks end, all where none is named."""
        for turn in self._under_way if turns is None else turns:
            turn.stop.set()


@contextmanager
def in_turns(staged: Run, asked: threading.Event) -> Iterator[Turns]:
    """Give the notebooks of a run their turns; when the block ends, none is under way."""
    with ThreadPoolExecutor(max_workers=len(NOTEBOOKS)) as pool:
        turns = Turns(staged, asked, pool)
        try:
            yield turns
        finally:
            turns.stop()


def files(folder: Path) -> frozenset[Path]:
    """Return the files below a run's folder, but for those half written."""
    return frozenset(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".unfinished")


def _rows(table: Path) -> int:
    return int(pq.read_metadata(table).num_rows)
