"""What is spilled or unpacked is private, and gone when its process is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from workbench.engines import scratch, scratch_folder, settings, without_bar
from workbench.engines.scratch import PREFIX

HOLD = """
import runpy, sys
folder = runpy.run_path(sys.argv[1])["scratch_folder"]()  # the module alone: its room imports for seconds
(folder / "rows").write_text("customers")
print(folder, flush=True)
sys.stdin.read()
"""


def test_only_the_owner_may_read_what_is_spilled() -> None:
    assert scratch_folder().stat().st_mode & 0o077 == 0
    assert Path(settings()["temp_directory"]).parent == scratch_folder()


def test_a_killed_process_leaves_a_folder_that_the_next_one_sweeps_and_a_live_one_keeps_its_own(
    tmp_path: Path,
) -> None:
    here = {"TMPDIR": str(tmp_path)}

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, scratch.__file__]
        return subprocess.Popen(command, env=here, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    with start() as killed:
        assert killed.stdout is not None
        left = Path(killed.stdout.readline().strip())
        killed.kill()
    assert (left / "rows").read_text() == "customers"
    with start() as live, start() as ended:
        assert live.stdout is not None and ended.stdout is not None
        own, other = (Path(process.stdout.readline().strip()) for process in (live, ended) if process.stdout)
        assert not left.exists()
        assert sorted(tmp_path.glob(f"{PREFIX}*")) == sorted([own, other])
    assert not list(tmp_path.glob(f"{PREFIX}*"))


@pytest.mark.parametrize(("stated", "threads"), [("3", 3), ("0", None), ("many", None), ("", None)])
def test_a_connection_uses_as_many_threads_as_the_environment_says(
    stated: str, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", stated)
    assert settings().get("threads") == threads


def test_no_bar_of_progress_reaches_a_notebook_or_a_log() -> None:
    con = duckdb.connect(config=settings())
    without_bar(con)
    assert con.sql("SELECT current_setting('enable_progress_bar')").fetchone() == (False,)
