"""The reports over HTTP, for this machine alone: pages and files of published runs, nothing else."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' data:"
"""What a page may do: what stands in it. It may load nothing from elsewhere and send nothing anywhere."""


class Reports(SimpleHTTPRequestHandler):
    """Answers GET and HEAD with a file below the reports' folder: no list of files, no hidden one, no other host."""

    def send_head(self) -> Any:
        """Return the file asked for; answer 403 to another host's name, 404 to anything that is no report."""
        server: Any = self.server
        names = {f"{name}:{server.server_port}" for name in (LOOPBACK, "localhost")}
        if self.headers.get("Host") not in names:  # a page from the web whose name leads here
            return self.send_error(403)
        asked = Path(self.translate_path(self.path))
        root = Path(self.directory)
        hidden = asked != root and any(part.startswith(".") for part in asked.relative_to(root).parts)
        file = asked / "index.html" if asked.is_dir() else asked
        if hidden or not file.is_file() or not file.resolve().is_relative_to(root.resolve()):
            return self.send_error(404)
        return super().send_head()

    def end_headers(self) -> None:
        """Add what keeps a page to itself."""
        for name, value in (("Content-Security-Policy", POLICY), ("X-Content-Type-Options", "nosniff"),
                            ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store")):  # fmt: skip
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing: a path may hold a customer's id."""


def reports_server(root: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of a project's reports on this machine's own address; port 0 takes a free one.

    Raises OSError where the port is taken.
    """
    return ThreadingHTTPServer((LOOPBACK, port), partial(Reports, directory=str(root / "reports")))
