"""A reader of one page in a browser: what was fetched, what the console said, what cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class Reader:
    """A reader of one page: what was asked for beside it, and what the console said."""

    def __init__(self, browser: Any, page: Path, *, width: int = 1280, dark: bool = False) -> None:
        self.requests: list[str] = []
        self.console: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True, color_scheme="dark" if dark else "light"
        )
        self.page = self.context.new_page()
        self.page.on("request", lambda asked: self.requests.append(asked.url))
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda problem: self.console.append(str(problem)))
        self.page.goto(page.resolve().as_uri(), wait_until="load", timeout=120_000)

    def close(self) -> None:
        """Close the page."""
        self.context.close()


CONTRAST = """() => {
  const rgb = s => (s.match(/[\\d.]+/g) || []).map(Number);
  const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const over = (top, under) => { const a = top[3] ?? 1; return top.slice(0, 3).map((v, i) => v * a + under[i] * (1 - a)) };
  const behind = node => { const layers = [];
    for (let e = node; e; e = e.parentElement) layers.unshift(rgb(getComputedStyle(e).backgroundColor));
    const dark = getComputedStyle(document.documentElement).colorScheme.includes('dark') &&
      matchMedia('(prefers-color-scheme: dark)').matches;
    return layers.reduce((under, top) => top.length ? over(top, under) : under, dark ? [18, 18, 18] : [255, 255, 255]) };
  const found = {};
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) { const text = walk.currentNode.textContent.trim(), e = walk.currentNode.parentElement;
    if (!text || !e.checkVisibility() || e.closest('style, script, svg')) continue;
    const style = getComputedStyle(e), back = behind(e), ink = over(rgb(style.color), back);
    const [a, b] = [light(ink), light(back)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found[`${e.tagName}.${e.className}: ${style.color}`] = [ratio.toFixed(2), text.slice(0, 40)];
  }
  return found }"""
"""Texts whose contrast with what lies behind them is too low to read (WCAG 2.2, 1.4.3)."""
