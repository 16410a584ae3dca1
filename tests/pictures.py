"""The pictures in the README, made of the run on the shipped data by the Chromium or Chrome that is installed.

Run: ``make pictures``
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from workbench.report.html_page.printing import BROWSERS

ROOT = Path(__file__).resolve().parents[1]
RUN = ROOT / "reports" / "online_retail"
PICTURES = {
    "example.png": ("index.html", "body", 1180),
    "example_notebook.png": ("notebooks/02_label.html", 'h2:has-text("History")', 640),
}
"""Each picture: the page, what stands at its top, and its height."""


def main() -> None:
    """Write the pictures beside the reports; end with a sentence where there is no run or no browser."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    missing = [page for page, *_ in PICTURES.values() if not (RUN / page).is_file()]
    if found is None or missing:
        sys.exit(
            f"no Chromium: looked for {', '.join(BROWSERS)}"
            if found is None
            else f"no {RUN / missing[0]}: 'make report' makes it"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for name, (page, top, height) in PICTURES.items():
            picture(browser, RUN / page, top, ROOT / "reports" / name, height=height)
        browser.close()


def picture(browser: Any, page: Path, top: str, out: Path, *, height: int) -> None:
    """Write what a reader sees of a page on a screen, from the element ``top`` on."""
    context = browser.new_context(viewport={"width": 1100, "height": height}, offline=True, color_scheme="light")
    shown = context.new_page()
    shown.goto(page.as_uri(), wait_until="load", timeout=120_000)
    shown.locator(top).first.evaluate("element => { element.scrollIntoView(); window.scrollBy(0, -20) }")
    shown.screenshot(path=out)
    context.close()


if __name__ == "__main__":
    main()
