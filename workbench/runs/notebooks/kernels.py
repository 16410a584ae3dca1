"""One notebook on a kernel of its own, watched: papermill's engine, ended when the kernel or the run takes too long."""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from workbench.runs.notebooks.kernel_server import CopiedKernel, KernelServer

ENGINE = "workbench"
START_TIMEOUT_S = 120
SILENT_S = 30
"""A kernel whose heart has not beaten for so many looks, one a second, is given up; it beats also while it computes."""
SAVED_S = 10
"""How old the notebook on the disk may be while it runs."""

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())  # what nbclient would print is in the one sentence that ends a run

OnCell = Callable[[int, int, str], None]
OnEnd = Callable[[float | None], None]


class KernelEnded(Exception):
    """A notebook was ended before its last cell; the message says in which and why."""


@dataclass(frozen=True)
class Limits:
    """When a run ends before its last cell: seconds a cell and it may take, its deadline, being asked to."""

    cell_s: int
    run_s: int
    deadline: float
    asked: threading.Event


class WatchedClient(PapermillNotebookClient):  # type: ignore[misc]
    """Papermill's client, which also notices a kernel that is stopped rather than dead."""

    limits: Limits
    server: KernelServer | None = None
    missed = 0
    peak_mb: float | None = None
    reason = "its kernel died"

    def create_kernel_manager(self) -> Any:
        """Return Jupyter's manager of the kernel, which the server starts if there is one."""
        manager = super().create_kernel_manager()
        if self.server:
            manager.kernel_id = str(uuid.uuid4())
            copied = CopiedKernel(kernel_id=manager.kernel_id, kernel_spec=manager.kernel_spec, parent=manager)
            copied.server, copied.asked, manager.provisioner = self.server, self.limits.asked, copied
        return manager

    def papermill_execute_cells(self) -> None:
        """Run all cells, then look how much memory they took."""
        super().papermill_execute_cells()
        self.peak_mb = _peak_mb(self.km.provisioner.pid)

    async def _async_check_alive(self) -> None:
        """Raise DeadKernelError when the notebook is to end; nbclient calls it once a second."""
        await super()._async_check_alive()
        self.missed = 0 if self.kc.hb_channel.is_beating() else self.missed + 1
        if self.limits.asked.is_set():
            self.reason = "it was asked to stop"
        elif time.monotonic() > self.limits.deadline:
            self.reason = f"the run has taken longer than {minutes(self.limits.run_s)} (run_timeout_minutes)"
        elif self.missed >= SILENT_S:
            self.reason = f"its kernel has not answered for {SILENT_S} seconds, though it still exists"
        else:
            return
        raise DeadKernelError(self.reason)


class WatchedEngine(NBClientEngine):  # type: ignore[misc]
    """Papermill's own engine with a watched client, which reports each finished code cell."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        on_cell: OnCell,
        limits: Limits,
        on_end: OnEnd,
        folder: Path | None = None,
        server: KernelServer | None = None,
        **_: Any,
    ) -> None:
        """Run a notebook, and report the memory its kernel used; raise KernelEnded when it does not come to its end."""
        _report_cells(nb_man, on_cell)
        client = WatchedClient(
            nb_man,
            kernel_name=kernel_name,
            timeout=limits.cell_s,
            startup_timeout=START_TIMEOUT_S,
            resources={"metadata": {"path": str(folder or Path.cwd())}},
            extra_arguments=["--log-level=CRITICAL"],
            log=_LOG,
            coalesce_streams=True,  # else the pieces of what is printed depend on the moment
        )
        client.limits, client.server = limits, server
        with _saved_seldom(nb_man):
            try:
                client.execute()
            except CellTimeoutError:
                reason = f"it took longer than {minutes(limits.cell_s)} (cell_timeout_minutes)"
                raise KernelEnded(f"{_place(nb_man.nb.cells)}: {reason}") from None
            except DeadKernelError:
                raise KernelEnded(f"{_place(nb_man.nb.cells)}: {client.reason}") from None
        on_end(client.peak_mb)


@contextmanager
def _saved_seldom(nb_man: Any) -> Iterator[None]:
    """Have papermill write the notebook every few seconds, and once more when it ends early.

    It would before and after each cell, which took a tenth of a run.
    """
    save = nb_man.save

    def if_due() -> None:
        if (nb_man.now() - nb_man.last_save_time).total_seconds() > SAVED_S:
            save()

    nb_man.save = if_due
    try:
        yield
    except BaseException:
        save()
        raise


def minutes(seconds: int) -> str:
    """Return seconds in words, as whole minutes.

    >>> minutes(60), minutes(1800)
    ('1 minute', '30 minutes')
    """
    whole = seconds // 60
    return f"{whole} minute{'s' if whole != 1 else ''}"


def _place(cells: list[Any]) -> str:
    """Return which cell ran last: its number, and the last heading above; papermill calls one not begun pending."""
    begun = [number for number, cell in enumerate(cells, 1) if cell.metadata.papermill["status"] != "pending"]
    heading = _heading(cells[: begun[-1]]) if begun else ""
    return f"cell {max(begun, default=0)}{f' ({heading})' if heading else ''}"


def _peak_mb(process: int) -> float | None:
    """Return the most memory (MB) a process has held at once; None where the system does not say."""
    with suppress(OSError):
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{process}/status").read_text())
        return round(int(found[1]) / 1024, 1) if found else None
    return None


def _report_cells(nb_man: Any, on_cell: OnCell) -> None:
    """Have papermill's own bookkeeping of a finished code cell also call ``on_cell``."""
    complete, cells = nb_man.cell_complete, nb_man.nb.cells

    def completed(cell: Any, cell_index: int, **more: Any) -> None:
        complete(cell, cell_index, **more)
        if cell.cell_type == "code":
            on_cell(cell_index + 1, len(cells), _heading(cells[:cell_index]))

    nb_man.cell_complete = completed


def _heading(cells: list[Any]) -> str:
    """The last heading above a cell: what it is about."""
    lines = [line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines()]
    headings = [line.lstrip("# ") for line in lines if line.startswith("#")]
    return headings[-1] if headings else ""


papermill_engines.register(ENGINE, WatchedEngine)
