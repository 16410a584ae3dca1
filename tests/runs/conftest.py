"""A copy of the project with a small shop, and ways to run it."""

import io
import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import papermill
import pytest

from tests.conftest import ROOT
from workbench import cli
from workbench.runs.notebooks import kernel_server as servers
from workbench.runs.notebooks.kernel_server import KernelServer, kernel_server
from workbench.runs.notebooks.kernels import ENGINE, Limits

SECRET = "hush5ecret7"
EVIL = '=HYPERLINK("http://x")<script>alert(1)</script>'


def project(folder: Path) -> Path:
    shutil.copytree(
        ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints", "own")
    )
    (folder / "data").mkdir()
    shutil.copytree(ROOT / "data" / "sources", folder / "data" / "sources")
    (folder / "data" / "online_retail.csv.gz").symlink_to(ROOT / "data" / "online_retail.csv.gz")
    return folder


@contextmanager
def listening(*answers: int) -> Iterator[tuple[int, list[dict[str, str]]]]:
    """Serve on the loopback: the port, and what was posted; the answers in order (the last again and again; 200)."""
    taken, codes = list[dict[str, str]](), list(answers)

    class Post(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(codes.pop(0) if len(codes) > 1 else (codes or [200])[0])
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Post) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, taken
        server.shutdown()


Call = Callable[..., tuple[int, str, str]]
Server = Callable[[], KernelServer | None]


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Server]:
    """The server of kernels of all runs of these tests, from the first: importing what notebooks need takes seconds."""
    with ExitStack() as until_the_end:

        @cache
        def once() -> KernelServer | None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("PYTHONPATH", str(ROOT))
                return until_the_end.enter_context(kernel_server())

        yield once


def of_tests(patch: pytest.MonkeyPatch, folder: Path, server: Server) -> None:
    """Have runs be of a folder, on kernels of the shared server."""
    patch.setenv("PYTHONPATH", str(ROOT))
    patch.setattr(servers, "kernel_server", lambda: nullcontext(server()))
    patch.setattr(servers, "started_early", nullcontext)
    patch.chdir(folder)


@pytest.fixture(scope="session")
def workbench(shared_server: Server) -> Call:
    """Call the console command in this process; return exit code, output and errors."""

    def call(folder: Path, *words: str) -> tuple[int, str, str]:
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            of_tests(patch, folder, shared_server)
            patch.setattr(sys, "argv", ["workbench", *words])
            with pytest.raises(SystemExit) as left:
                cli.main()
        for number, handler in handlers.items():
            signal.signal(number, handler)
        return int(left.value.code or 0), out.getvalue(), err.getvalue()

    return call


def run_notebook(notebook: Path, done: Path, server: KernelServer | None, **more: Any) -> None:
    """Run a notebook in papermill on a kernel of its own, which the server starts."""
    patience = Limits(300, 300, time.monotonic() + 300, threading.Event())
    papermill.execute_notebook(
        notebook, done, engine_name=ENGINE, progress_bar=False, limits=patience, server=server,
        on_cell=lambda *_: None, on_end=lambda _: None, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small shop that the tests of a file may change."""
    return small_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, workbench: Call) -> Path:
    """The small shop after a whole run, what the command printed in ``progress.txt``, what was sent in ``taken.json``."""
    folder = small_shop(tmp_path_factory.mktemp("published"))
    with listening() as (port, taken), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_ALERT_URL", f"json://ann:{SECRET}@127.0.0.1:{port}/{SECRET}?token={SECRET}")
        code, out, err = workbench(folder, "run", "nightly.yaml")
    assert code == 0, err
    assert out.splitlines()[-2:] == ["Report: reports/nightly/index.html", "Alerts: 2 new, sent to $SHOP_ALERT_URL."]
    assert err == ""
    (folder / "progress.txt").write_text("\n".join(out.splitlines()[:-1]))
    (folder / "taken.json").write_text(json.dumps(taken))
    return folder


def small_shop(folder: Path) -> Path:
    """Write a project with a small shop of its own, one of whose customers has a hostile name."""
    project(folder)
    rng = np.random.default_rng(11)
    rate = rng.gamma(1.0, 1 / 40, 400)
    days = [np.sort(rng.uniform(0, 500, rng.poisson(500 * r) + 1)) for r in rate]
    names = [EVIL, "../../etc", "o'neil; DROP TABLE orders", "کوروش", "🙂", *(f"00{i}" for i in range(395))]
    lines = [
        (f"i{c}-{k}", names[c], pd.Timestamp("2023-01-01") + pd.Timedelta(days=float(d)), rng.integers(20, 900))
        for c, when in enumerate(days)
        for k, d in enumerate(when)
    ]
    frame = pd.DataFrame(lines, columns=["invoice", "client", "when", "total"])
    frame["when"] = frame["when"].dt.floor("s").astype(str)
    frame.loc[len(frame)] = ["bad", names[3], "not a date", 5]
    frame.to_csv(folder / "shop.csv", index=False)
    (folder / "shop.yaml").write_text(
        "name: A shop <b>\ncurrency: EUR\nfiles:\n  sales: {path: shop.csv}\ntables:\n  orders:\n    from: sales\n"
        "    columns: {order_id: invoice, customer_id: client, ordered_at: '\"when\"', amount: total}\n"
    )
    (folder / "nightly.yaml").write_text(
        "source: shop.yaml\nas_of: 2024-05-14\nhorizon_days: 60\ninactive_days: 60\nown_features: mine.py\nalerts: alerts.yaml\n"
    )
    (folder / "alerts.yaml").write_text(
        "send: $SHOP_ALERT_URL\nlink: https://reports.example.com\nalerts:\n"
        "  many: {rule: customers, when: at_risk = true and n_orders > 1, meaning: ordered more than once}\n"
        "  risky: {rule: entered_high_risk}\n"
        "  revenue: {rule: figure, figure: revenue_at_risk, above: 1}\n"
    )
    (folder / "mine.py").write_text(
        "import workbench as wb\n"
        "FEATURES = [wb.Feature('n_dear', 'money', 'orders', 'lines', 'dear lines in {days} days', 'low',\n"
        "                       'dear lines in {days} days: {value}',\n"
        "                       wb.Aggregate('count', where=lambda t: t.amount > 500), windows=(60,))]\n"
    )
    return folder
