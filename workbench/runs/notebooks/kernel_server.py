"""A process that imports what notebooks need, and is copied for each: five kernels start at the cost of one.

Each kernel is a process of its own with names of its own; nothing computed is shared. Only on Linux, where a process
with such libraries may be copied; elsewhere, and under plain papermill, kernels start as Jupyter starts them.

The server ends, and its kernels with it, when the run's process ends, however it ends.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

IMPORTS = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ibis.backends.duckdb", "workbench.check",
    "workbench.runs.live.params_file", "matplotlib_inline.backend_inline", "seaborn", "workbench.report",
    "workbench.runs.live.controls", "workbench.runs.live.one_customer", "sklearn.linear_model", "xgboost", "lifelines",
)  # fmt: skip
"""What the notebooks import, in the order of need and without a computation: threads of one would not be in the copies.
"""
FIRST = 7
"""How many of them the first kernel is copied with, at the least; the rest is imported while it works."""
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "16777216",
}
"""Fits of few parameters do thousands of tiny steps of linear algebra, in which threads only wait for each other; and
Arrow's own store of memory, one for each thread, and large arrays kept for the next ones take a third of a kernel after
they are free."""
LAUNCHER = ["-m", "ipykernel_launcher"]
START_S = 120
"""How long the server may take to start a kernel, its imports included."""
LOOKS_FOR_GARBAGE = (200_000, 100)
"""Compiling queries makes objects by the million and leaves little garbage: looking for it after each 700 new ones, as
Python does, takes a third of the processor time, and finds next to nothing."""
LOOKS_S = 0.1
"""How often the server looks whether a kernel has ended, and the run whether one has started."""
DIE_WITH_PARENT = 1


class Kernel:
    """A kernel of the server, with what Jupyter asks of a process."""

    stdin = stdout = stderr = None

    def __init__(self, server: KernelServer, pid: int) -> None:
        """Name the process of the server."""
        self.server, self.pid, self.killed = server, pid, False

    def poll(self) -> int | None:
        """Return the exit code, None while the kernel lives; it ends with its server."""
        return -signal.SIGKILL if self.killed else self.server.exit_code(self.pid)

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        while (code := self.poll()) is None:
            time.sleep(LOOKS_S)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and the processes it started."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            self.killed = number == signal.SIGKILL

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)


class KernelServer:
    """The run's side of the server."""

    def __init__(self, imports: Sequence[str] = IMPORTS) -> None:
        """Start the server; it imports while the run goes on."""
        self._line, theirs = socket.socketpair()
        self._starting, self._reading = threading.Lock(), threading.Lock()
        self._codes, self._pids, self._rest = dict[int, int](), list[int](), b""
        command = [sys.executable, "-m", "workbench.runs.notebooks.kernel_server", str(theirs.fileno()), *imports]
        self.process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True,
            env={**ENVIRONMENT, **os.environ},
        )  # fmt: skip
        theirs.close()

    def start(self, argv: list[str], cwd: str, env: Mapping[str, str], asked: threading.Event) -> Kernel:
        """Start a kernel with the words after ``ipykernel_launcher``.

        Raises ChildProcessError if the server cannot, or once ``asked`` to stop.
        """
        with self._starting:  # notebooks beside each other are started one by one
            self._line.sendall(json.dumps({"argv": argv, "cwd": cwd, "env": dict(env)}).encode() + b"\n")
            until = time.monotonic() + START_S
            while not self._pids:
                if asked.is_set() or not self._read(wait_s=LOOKS_S) or time.monotonic() > until:
                    raise ChildProcessError("the process that starts kernels has ended, or does not answer")
            return Kernel(self, self._pids.pop())

    def exit_code(self, pid: int) -> int | None:
        """Return a kernel's exit code, None while it lives."""
        alive = self._read(wait_s=0)
        return self._codes.get(pid, None if alive else -signal.SIGKILL)

    def _read(self, *, wait_s: float) -> bool:
        """Read what the server has reported; return whether it is still there."""
        with self._reading:
            return self._read_alone(wait_s)

    def _read_alone(self, wait_s: float) -> bool:
        if not select.select([self._line], [], [], wait_s)[0]:
            return True
        with suppress(ConnectionResetError):
            if more := self._line.recv(65536):
                *lines, self._rest = (self._rest + more).split(b"\n")
                for report in map(json.loads, lines):
                    if "code" in report:
                        self._codes[report["pid"]] = report["code"]
                    else:
                        self._pids.append(report["pid"])
                return True
        return False

    def close(self) -> None:
        """End the server, and with it what is left of its kernels."""
        self._line.close()
        self.process.kill()
        self.process.wait()


_early: list[KernelServer] = []
"""The server that was started before the run that will use it."""


@contextmanager
def kernel_server() -> Iterator[KernelServer | None]:
    """Start a server and end it at the end of the block; None where a process cannot be copied safely."""
    server = _early.pop() if _early else KernelServer() if sys.platform == "linux" else None
    try:
        yield server
    finally:
        if server:
            server.close()


@contextmanager
def started_early() -> Iterator[None]:
    """Have a server import what notebooks need while this process imports what it needs; the first run takes it."""
    if sys.platform == "linux":
        _early.append(KernelServer())
    try:
        yield
    finally:
        while _early:
            _early.pop().close()


class CopiedKernel(LocalProvisioner):
    """Jupyter's starter of kernels on this machine, by way of the server."""

    server: KernelServer
    asked: threading.Event

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel of this Python by the server, any other as usual."""
        if cmd[:3] != [sys.executable, *LAUNCHER]:
            return await super().launch_kernel(cmd, **kwargs)
        kernel: Any = self.server.start(cmd[3:], kwargs.get("cwd") or str(Path.cwd()), kwargs["env"], self.asked)
        self.process, self.pid, self.pgid, self.cwd = kernel, kernel.pid, kernel.pid, kwargs.get("cwd")
        return self.connection_info


def serve(line: socket.socket, imports: Sequence[str]) -> list[str]:
    """Copy this process for each request, and import in between; return, in the copy, the words of its kernel.

    In the server: never.
    """
    kernels, rest, to_import = set[int](), b"", list(imports)
    while True:
        if to_import:
            _import_next(to_import)
        if select.select([line], [], [], 0 if to_import else LOOKS_S)[0]:
            more = line.recv(65536)
            if not more:
                _end(kernels)
            *requests, rest = (rest + more).split(b"\n")
            for request in map(json.loads, requests):
                sys.stdout.flush()
                sys.stderr.flush()
                server, pid = os.getpid(), os.fork()
                if pid == 0:
                    line.close()
                    _become_kernel(server, request["cwd"], request["env"])
                    return list(request["argv"])
                kernels.add(pid)
                _report(line, pid=pid)
        _reap(kernels, line)


def _import_next(to_import: list[str]) -> None:
    importlib.import_module(to_import.pop(0))
    if not to_import:
        gc.collect()
        gc.freeze()  # else looking for garbage would copy all that is shared


def _reap(kernels: set[int], line: socket.socket) -> None:
    """Report the kernels that have ended."""
    for pid in sorted(kernels):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            kernels.remove(pid)
            _report(line, pid=pid, code=os.waitstatus_to_exitcode(status))


def _report(line: socket.socket, **fact: int) -> None:
    with suppress(BrokenPipeError):  # the next look finds the run ended
        line.sendall(json.dumps(fact).encode() + b"\n")


def _end(kernels: set[int]) -> None:
    """End the kernels, stopped ones too, then the server."""
    for pid in kernels:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    os._exit(0)


def _become_kernel(server: int, cwd: str, env: Mapping[str, str]) -> None:
    """Give a copy what a started process would have: a group, folder, environment and draws of its own."""
    import numpy as np

    os.setsid()
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update({**env, "JPY_PARENT_PID": str(server)})
    time.tzset()
    np.random.seed()  # noqa: NPY002  # as in a new process


def main() -> None:
    """Import, then serve; in each copy, run a kernel."""
    from ipykernel.kernelapp import IPKernelApp

    if not sys.flags.safe_path:
        sys.path.pop(0)  # the folder it was started in; a kernel adds its own
    first, later = sys.argv[2 : 2 + FIRST], sys.argv[2 + FIRST :]
    for name in first:
        importlib.import_module(name)
    gc.set_threshold(*LOOKS_FOR_GARBAGE)
    argv = serve(socket.socket(fileno=int(sys.argv[1])), later)
    sys.argv[1:] = argv
    try:
        IPKernelApp.launch_instance(argv=argv)
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # libraries would end threads that the copy does not have


if __name__ == "__main__":
    main()
