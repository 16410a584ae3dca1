"""Faults of every kind, at every moment: what people see stays whole and of one run, and the next run puts all right."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runs.miniature import damage, left, miniature, say, seen, start
from workbench.errors import ParameterError, RunFailure, UserError
from workbench.runs.notebooks import progress, turns
from workbench.runs.stages.folders import Run
from workbench.runs.stages.locks import locked
from workbench.runs.stages.params import NOTEBOOKS

__all__ = ["miniature"]
pytestmark = pytest.mark.slow
CHANGES = {
    "os.rename",
    "os.symlink",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "shutil.rmtree",
    "shutil.copyfile",
    "os.truncate",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def in_a_process_of_its_own(job: Callable[[], Any]) -> int:
    """Do a job in a copy of this process; return its exit code."""
    child = os.fork()
    if child == 0:
        try:
            job()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def on_each_change(act: Callable[[], None]) -> None:
    """Have ``act`` called before every step by which this process changes the disk."""

    def look(event: str, words: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and isinstance(words[2], int) and words[2] & WRITES):
            act()

    sys.addaudithook(look)


def killed(project: Path, moment: int) -> bool:
    """Run until the step of that number and be killed there; return whether the run came to its end before."""

    def run() -> None:
        steps = [moment]

        def count() -> None:
            steps[0] -= 1
            if steps[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        on_each_change(count)
        start(project)

    return in_a_process_of_its_own(run) == 0


def steps_of_a_run(project: Path) -> int:
    """How many steps a whole run takes."""

    def run() -> None:
        taken = [0]
        on_each_change(lambda: taken.__setitem__(0, taken[0] + 1))
        start(project, name="counted")
        os.write(out, str(taken[0]).encode())

    into, out = os.pipe()
    assert in_a_process_of_its_own(run) == 0
    return int(os.read(into, 99))


def stopped_after(project: Path, notebook: str) -> None:
    """Run and be killed once a notebook has finished."""

    def kill(stage: progress.Stage) -> None:
        if stage.notebook == notebook:
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_process_of_its_own(lambda: start(project, on_stage=kill)) == -signal.SIGKILL


def hashes(project: Path) -> dict[str, str]:
    manifest = json.loads((project / "reports" / "nightly" / "manifest.json").read_text())
    return {**manifest["tables"], **manifest["outputs"]}


def test_a_kill_at_any_moment_leaves_one_whole_run_and_the_next_goes_on_and_tidies_up(miniature: Path) -> None:
    steps = steps_of_a_run(miniature)
    moments = [*range(0, steps, steps // 9), *range(steps - 9, steps, 3)]
    ends = set()
    for moment in moments:
        say(miniature, f"new{moment}")
        before = seen(miniature)
        killed(miniature, moment)
        assert seen(miniature) in (before, {f"new{moment}"}), moment
        ends.add(seen(miniature) == before)
        (said,) = start(miniature, resume=True)
        assert re.fullmatch(r"The run (goes on after 0\d_\w+|starts over: no notebook had finished)\.", said)
        assert seen(miniature) == {f"new{moment}"}, moment
        assert left(miniature) == [], moment
    assert ends == {True, False}, "some kills come before the switch, some after"


def test_the_link_that_a_kill_amid_the_switch_leaves_is_no_run_to_go_on_from(miniature: Path) -> None:
    stopped_after(miniature, "05_report")
    (version,) = left(miniature)
    link = miniature / "reports" / ".nightly.link"
    link.symlink_to(version)
    assert (progress.is_kept(link.with_name(version)), progress.is_kept(link)) == (True, False)
    assert start(miniature, resume=True) == ["The run goes on after 05_report."]
    assert (seen(miniature), left(miniature)) == ({"new"}, [])


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_run_killed_between_two_notebooks_goes_on_after_the_first_and_ends_as_if_never_killed(
    miniature: Path, notebook: str
) -> None:
    stopped_after(miniature, notebook)
    assert seen(miniature) == {"old"}
    assert start(miniature, resume=True) == [f"The run goes on after {notebook}."]
    went_on = hashes(miniature)
    manifest = json.loads((miniature / "reports" / "nightly" / "manifest.json").read_text())
    assert (manifest["resumed_after"], list(manifest["seconds"])) == (notebook, list(NOTEBOOKS))
    start(miniature)
    assert hashes(miniature) == went_on
    assert (seen(miniature), left(miniature)) == ({"new"}, [])


@pytest.mark.parametrize("small_rows", [0, 1_000_000])
def test_what_is_kept_of_the_run_before_outlives_a_kill_in_a_small_and_in_a_large_run(
    miniature: Path, monkeypatch: pytest.MonkeyPatch, small_rows: int
) -> None:
    def keep(_: Run, staged: Run, __: object) -> None:
        staged.before.mkdir()
        (staged.before / "summary.json").write_text("{}")

    monkeypatch.setattr(turns, "SMALL_ROWS", small_rows)
    monkeypatch.setattr("workbench.runs.commands.execute.keep_before", keep)
    stopped_after(miniature, "01_load")
    assert start(miniature, resume=True) == ["The run goes on after 01_load."]
    assert (miniature / "data" / "derived" / "nightly" / "before" / "summary.json").is_file()


def test_two_runs_of_the_same_inputs_leave_the_same_files(miniature: Path) -> None:
    start(miniature)
    once = hashes(miniature)
    start(miniature)
    assert hashes(miniature) == once
    assert {"labels.parquet", "crm/orders.parquet", "index.html", "notebooks/04_train.html"} <= set(once)


def edit(path: str, old: str, new: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        (project / path).write_text((project / path).read_text().replace(old, new))

    return change


def damage_labels(project: Path) -> None:
    (version,) = left(project)
    damage(project / "data" / "derived" / version / "labels.parquet")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (damage_labels, r"goes on after 01_load: data/derived/.*labels.parquet is not as 02_label wrote it\."),
        (edit("notebooks/02_label.ipynb", "table(", "table( "), r"goes on after 01_load: notebooks/02_label.ipynb has ch"),
        (edit("notebooks/04_train.ipynb", "table(", "table( "), r"goes on after 03_features\.$"),
        (edit("nightly.yaml", "2024-05-14", "2024-05-13"), r"starts over: as_of was '2024-05-14' and is '2024-05-13'\."),
        (lambda p: say(p, "newer"), r"starts over: sales.csv has changed\."),
        (edit("source.yaml", "shop", "store"), r"starts over: source.yaml has changed\."),
    ],
)  # fmt: skip
def test_what_has_changed_since_is_named_and_made_anew(
    miniature: Path, change: Callable[[Path], None], sentence: str
) -> None:
    stopped_after(miniature, "03_features")
    change(miniature)
    (said,) = start(miniature, resume=True)
    assert re.search(sentence, said), said
    assert len(seen(miniature)) == 1
    assert seen(miniature) != {"old"}
    assert left(miniature) == []


def test_a_parameter_of_a_notebook_that_had_not_finished_may_be_changed(miniature: Path) -> None:
    stopped_after(miniature, "04_train")
    assert start(miniature, resume=True, changes={"margin_rate": 0.5}) == ["The run goes on after 04_train."]


def test_another_release_starts_over(miniature: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped_after(miniature, "02_label")
    monkeypatch.setattr(progress, "version", lambda name: "99" if name == "pandas" else "1")
    (said,) = start(miniature, resume=True)
    assert said.startswith("The run starts over: churn-workbench was ")


def test_without_resume_a_run_starts_anew_and_without_anything_to_go_on_from_it_says_so(miniature: Path) -> None:
    stopped_after(miniature, "03_features")
    assert start(miniature) == []
    assert left(miniature) == []
    assert start(miniature, resume=True) == ["The run starts over: no notebook had finished."]


@pytest.mark.parametrize(("days", "stays"), [(-400, True), (6, True), (8, False)])
def test_what_a_killed_run_left_stays_for_a_week_beside_runs_of_other_names_whatever_the_clock_says(
    miniature: Path, days: int, stays: bool
) -> None:
    stopped_after(miniature, "01_load")
    (version,) = left(miniature)
    at = time.time() - days * 86_400
    os.utime(miniature / "reports" / version / progress.PROGRESS, (at, at))
    failed = miniature / "reports" / ".failed" / "monthly"
    failed.mkdir(parents=True)
    os.utime(failed, (at, at))
    start(miniature, name="weekly")
    assert (left(miniature) == [version], failed.exists()) == (stays, stays)
    assert seen(miniature) == {"old"}


def test_a_run_beside_another_never_sweeps_what_that_one_is_writing(miniature: Path) -> None:
    def meet(stage: progress.Stage) -> None:
        if stage.notebook == "02_label":
            os.write(ready, b"!")
            os.read(go, 1)

    (hear, ready), (go, say_go) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        start(miniature, on_stage=meet)
        os._exit(0)
    os.read(hear, 1)
    with pytest.raises(ParameterError, match="run 'nightly' is under way"):
        start(miniature)
    start(miniature, name="weekly")
    assert len(left(miniature)) == 1
    os.write(say_go, b"!")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (seen(miniature), left(miniature)) == ({"new"}, [])


def test_a_notebook_that_fails_leaves_the_old_run_and_says_where_resume_goes_on(miniature: Path) -> None:
    edit("notebooks/03_features.ipynb", 'table(\\"features\\"', '1 / 0; table(\\"features\\"')(miniature)
    with pytest.raises(
        RunFailure, match=r"03_features: ZeroDivisionError.*Once fixed, --resume goes on after 02_label\."
    ):
        start(miniature)
    assert seen(miniature) == {"old"}
    edit("notebooks/03_features.ipynb", "1 / 0; ", "")(miniature)
    assert start(miniature, resume=True) == ["The run goes on after 02_label."]
    assert not (miniature / "reports" / ".failed" / "nightly").exists()


@pytest.fixture
def small_disk(miniature: Path) -> Iterator[Path]:
    """A project whose tables lie on a disk of their own that is nearly full."""
    disk = miniature / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a disk")
    try:
        shutil.copytree(miniature / "data" / "derived", disk / "derived", symlinks=True)
        shutil.rmtree(miniature / "data" / "derived")
        (miniature / "data" / "derived").symlink_to(disk / "derived")
        yield miniature
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_ends_the_run_with_a_sentence_and_leaves_the_old_one(small_disk: Path) -> None:
    say(small_disk, os.urandom(300_000).hex())  # does not get smaller by packing
    with pytest.raises((UserError, RunFailure), match="No space left on device"):
        start(small_disk)
    say(small_disk, "new")
    with locked(Run("nightly", small_disk, "")):
        assert left(small_disk) == []
