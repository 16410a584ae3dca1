"""Which notebook of a run begins when, and what the failure of one means for those beside it."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench.errors import RunFailure
from workbench.runs.notebooks import turns as room
from workbench.runs.notebooks.turns import Turn, Turns, in_turns
from workbench.runs.stages.folders import Run

Work = Callable[[Turn], None]
ANY: Any = None


@pytest.fixture
def staged(tmp_path: Path) -> Run:
    run = Run("nightly", tmp_path, "1")
    (run.derived / "crm").mkdir(parents=True)
    return run


def load(staged: Run, turns: Turns, turn: Turn) -> None:
    """Hand over one order, as the first notebook does."""
    pd.DataFrame({"amount": [1.0]}).to_parquet(staged.derived / "crm" / "orders.parquet")
    (staged.derived / "crm" / "crm.json").write_text("{}")
    turns.look(turn)


def under_way(turns: Turns, notebook: str, work: Work) -> Turn:
    def run(turn: Turn) -> tuple[float, float | None]:
        work(turn)
        return 1.0, None

    return turns.begin(notebook, ANY, run)


def begin(turns: Turns, notebook: str, work: Work) -> Turn:
    turn = under_way(turns, notebook, work)
    assert not list(turns.ended_before(turn))
    return turn


def fail(why: str) -> None:
    raise RunFailure(why)


def test_a_notebook_begins_while_the_one_before_checks_on_and_each_is_told_what_it_wrote(staged: Run) -> None:
    met = threading.Barrier(2, timeout=20)
    with in_turns(staged, threading.Event()) as turns:
        begin(turns, "01_load", lambda turn: (load(staged, turns, turn), met.wait()))  # type: ignore[arg-type, return-value]

        def label(_: Turn) -> None:
            met.wait()
            pd.DataFrame({"kind": ["active"]}).to_parquet(staged.derived / "labels.parquet")

        begin(turns, "02_label", label)
        stages = [turn.stage(staged) for turn in turns.ended(leaving=0)]
    assert [(stage.notebook, stage.rows) for stage in stages] == [
        ("01_load", {"crm/orders": 1}),
        ("02_label", {"labels": 1}),
    ]


def test_in_a_large_run_the_next_waits_for_the_end(staged: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SMALL_ROWS", 0)
    with in_turns(staged, threading.Event()) as turns:
        loaded = begin(turns, "01_load", lambda turn: load(staged, turns, turn))
        assert loaded.result.done()


def test_a_notebook_that_ends_is_told_while_the_next_works_on(staged: Run) -> None:
    told = threading.Event()

    def check(turn: Turn) -> None:
        load(staged, turns, turn)
        training.wait(20)

    def train_on(_: Turn) -> None:
        training.set()
        told.wait(20)

    training = threading.Event()
    with in_turns(staged, threading.Event()) as turns:
        begin(turns, "01_load", check)
        assert not list(turns.ended())
        train = under_way(turns, "04_train", train_on)
        for turn in turns.ended_before(train):
            assert (turn.notebook, train.result.done()) == ("01_load", False)
            told.set()
        assert told.is_set()
        assert [turn.notebook for turn in turns.ended(leaving=0)] == ["04_train"]


def test_a_third_notebook_waits_for_the_end_of_the_first(staged: Run) -> None:
    def label(turn: Turn) -> None:
        (staged.derived / "rules.json").write_text("{}")
        turns.look(turn)
        labelled.set()
        checked.wait(20)

    def check(turn: Turn) -> None:
        load(staged, turns, turn)
        labelled.wait(20)

    labelled, checked = threading.Event(), threading.Event()
    with in_turns(staged, threading.Event()) as turns:
        begin(turns, "01_load", check)
        under_way(turns, "02_label", label)
        assert [turn.notebook for turn in turns.ended()] == ["01_load"]
        checked.set()
        assert [turn.notebook for turn in turns.ended(leaving=0)] == ["02_label"]


def test_what_stops_a_notebook_stops_those_after_it(staged: Run) -> None:
    def check(turn: Turn) -> None:
        load(staged, turns, turn)
        labelling.wait(20)
        fail("01_load: a stop")

    def label(turn: Turn) -> None:
        labelling.set()
        assert turn.stop.wait(20)
        fail("02_label: asked to stop")

    labelling = threading.Event()
    with pytest.raises(RunFailure, match="01_load: a stop"), in_turns(staged, threading.Event()) as turns:
        begin(turns, "01_load", check)
        begin(turns, "02_label", label)
        list(turns.ended(leaving=0))


def test_of_two_failures_that_of_the_notebook_before_is_reported(staged: Run) -> None:
    def check(turn: Turn) -> None:
        load(staged, turns, turn)
        while not labelled.failed:
            turn.stop.wait(0.01)
        assert not turn.stop.is_set()
        fail("01_load: why")

    with pytest.raises(RunFailure, match="01_load: why"), in_turns(staged, threading.Event()) as turns:
        labelled = Turn("02_label", ANY, frozenset())
        begin(turns, "01_load", check)
        labelled = begin(turns, "02_label", lambda _: fail("02_label: what came of it"))
        list(turns.ended())


def test_being_asked_to_stop_stops_all(staged: Run) -> None:
    asked = threading.Event()

    def check(turn: Turn) -> None:
        load(staged, turns, turn)
        assert turn.stop.wait(20)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), in_turns(staged, asked) as turns:
        begin(turns, "01_load", check)
        asked.set()
        list(turns.ended())
