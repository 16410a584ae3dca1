"""Publishing in one step: at every moment the pages and the tables people see belong to one run."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import ParameterError
from workbench.runs.publishing.publish import check_places, publish, sweep
from workbench.runs.stages.folders import Run

Before = Callable[[Path], None]


def staged(root: Path, version: str) -> Run:
    """A finished run that is not published yet; its pages and tables name its version."""
    run = Run("nightly", root, version)
    write(run.reports, run.derived, version)
    return run


def write(reports: Path, derived: Path, text: str) -> None:
    for folder, name in ((reports, "index.html"), (derived, "labels.parquet")):
        folder.mkdir(parents=True)
        (folder / name).write_text(text)


def seen(root: Path) -> tuple[str, str]:
    """What people find at the two paths they know."""
    paths = (root / "reports" / "nightly" / "index.html", root / "data" / "derived" / "nightly" / "labels.parquet")
    page, table = (path.read_text() if path.is_file() else "nothing" for path in paths)
    return page, table


def target(root: Path) -> Run:
    return Run("nightly", root, "")


def nothing_yet(root: Path) -> None:
    for folder in ("reports", "data/derived"):
        (root / folder).mkdir(parents=True)


def a_published_run(root: Path) -> None:
    publish(staged(root, "old"), target(root))


def plain_folders(root: Path) -> None:
    write(root / "reports" / "nightly", root / "data" / "derived" / "nightly", "old")


def folders_that_are_links(root: Path) -> None:
    for folder in ("reports", "data/derived"):
        (root / "disk" / folder).mkdir(parents=True)
    (root / "data").mkdir()
    (root / "reports").symlink_to(root / "disk" / "reports")
    (root / "data" / "derived").symlink_to(root / "disk" / "data" / "derived")


BEFORE = [nothing_yet, a_published_run, plain_folders, folders_that_are_links]


@pytest.mark.parametrize("before", BEFORE)
def test_a_published_run_is_seen_whole_and_nothing_else_is_left(tmp_path: Path, before: Before) -> None:
    before(tmp_path)
    publish(staged(tmp_path, "new"), target(tmp_path))
    assert seen(tmp_path) == ("new", "new")
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {"nightly", ".nightly", ".nightly.new"}
    assert {path.name for path in (tmp_path / "data" / "derived").iterdir()} == {"nightly", ".nightly.new"}


def test_a_published_run_survives_a_move_of_the_project(tmp_path: Path) -> None:
    publish(staged(tmp_path / "here", "old"), target(tmp_path / "here"))
    (tmp_path / "here").rename(tmp_path / "there")
    assert seen(tmp_path / "there") == ("old", "old")


@pytest.mark.parametrize("before", BEFORE[:3])
def test_a_kill_at_any_step_leaves_pages_and_tables_of_one_run_and_the_next_run_tidies_up(
    tmp_path: Path, before: Before
) -> None:
    moments, outcomes = 0, set()
    while True:
        root = tmp_path / str(moments)
        before(root)
        old = seen(root)
        finished = publish_until(moments, staged(root, "new"), target(root))
        assert seen(root) in {old, ("new", "new")}
        outcomes.add(seen(root))
        sweep(target(root))
        publish(staged(root, "newer"), target(root))
        assert seen(root) == ("newer", "newer")
        assert not [path for path in root.rglob(".nightly.*") if path.name != ".nightly.newer"]
        if finished:
            break
        moments += 1
    assert moments > 4
    assert len(outcomes) == 2


def publish_until(moment: int, run: Run, shown: Run) -> bool:
    """Publish in a process that dies before its step of that number; return whether it came to the end."""
    child = os.fork()
    if child == 0:
        left = [moment]

        def die(event: str, _: object) -> None:
            if event in {"os.rename", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}:
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)

        sys.addaudithook(die)
        publish(run, shown)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("place", ["reports/nightly", "data/derived/nightly"])
def test_a_linked_folder_in_a_runs_place_is_refused_before_anything_is_replaced(tmp_path: Path, place: str) -> None:
    nothing_yet(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / place).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ParameterError, match=rf"{place} is a link to .*elsewhere, .*: remove the link, or give"):
        check_places(target(tmp_path))


def test_a_mount_point_in_a_runs_place_is_refused_before_anything_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain_folders(tmp_path)
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "nightly")
    with pytest.raises(ParameterError, match="is a mount point, so a run cannot replace it: mount the folder above"):
        check_places(target(tmp_path))


def test_a_file_in_a_runs_place_is_refused(tmp_path: Path) -> None:
    nothing_yet(tmp_path)
    (tmp_path / "reports" / "nightly").write_text("")
    with pytest.raises(ParameterError, match="is a file, so a run cannot replace it: move it away"):
        check_places(target(tmp_path))


def test_the_places_of_a_published_run_are_accepted(tmp_path: Path) -> None:
    a_published_run(tmp_path)
    check_places(target(tmp_path))


def test_sweeping_keeps_the_published_version_and_runs_of_other_names(tmp_path: Path) -> None:
    a_published_run(tmp_path)
    staged(tmp_path, "left")
    write(tmp_path / "reports" / ".other.1", tmp_path / "data" / "derived" / ".other.1", "other")
    sweep(target(tmp_path))
    assert seen(tmp_path) == ("old", "old")
    assert not (tmp_path / "reports" / ".nightly.left").exists()
    assert (tmp_path / "reports" / ".other.1").is_dir()


def test_a_copied_report_takes_no_tables_along(tmp_path: Path) -> None:
    a_published_run(tmp_path)
    shutil.copytree(tmp_path / "reports" / "nightly", tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").rglob("*")] == ["index.html"]
