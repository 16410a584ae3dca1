"""The page on paper: a browser that is installed prints it to a PDF file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from workbench.errors import UserError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
LONGEST_SECONDS = 120
"""How long a browser may take; one that hangs is ended."""


def print_page(page: Path, out: Path) -> Path:
    """Print a page to a PDF file, A4 with page numbers, by the Chromium or Chrome that is installed; return the file.

    The browser works in a folder of its own that is removed after, and fetches nothing. Raises UserError where none is
    installed, it fails or takes more than two minutes, or the file cannot be written.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise UserError(
            f"no browser to print with: install Chromium (Debian: apt install chromium), or open {page} in any browser "
            "and print it there."
        )
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder, "report.pdf")
        _run([browser, *_options(Path(folder)), f"--print-to-pdf={printed}", page.resolve().as_uri()])
        if not printed.is_file():
            raise UserError(f"{Path(browser).name} printed nothing of {page}; open the page and print it there.")
        try:
            shutil.copyfile(printed, out)
        except OSError as problem:
            raise UserError(f"{out}: cannot be written: {problem.strerror}. Name another with --out.") from None
    return out


def _options(folder: Path) -> list[str]:
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium has no sandbox for root
    return [
        "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
        "--no-pdf-header-footer", f"--user-data-dir={folder / 'profile'}", *(["--no-sandbox"] if as_root else []),
    ]  # fmt: skip


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, capture_output=True, timeout=LONGEST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise UserError(
            f"{Path(command[0]).name} took more than {LONGEST_SECONDS} s to print; nothing was written."
        ) from None
