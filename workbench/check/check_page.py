"""A report of findings as one HTML page that needs nothing else: no scripts, readable on a phone and on paper."""

from __future__ import annotations

from html import escape

from workbench.check.findings import LIMITS, Finding, Report

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --page: #fff; --stop: #a40e26;
  --warning: #7a4b00; --card: #f6f8fa }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b1; --line: #3d444d; --page: #0d1117;
  --stop: #ff9492; --warning: #f0b72f; --card: #161b22 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere } p { margin: .35rem 0 }
.lead { font-size: 1.1rem } .soft { color: var(--soft) }
article { border: 1px solid var(--line); border-left: .4rem solid var(--warning); border-radius: .4rem;
  background: var(--card); padding: .75rem 1rem; margin: .75rem 0; break-inside: avoid }
article.stop { border-left-color: var(--stop) }
.mark { font-weight: 700; color: var(--warning) } .stop .mark { color: var(--stop) }
code { font-size: .9em; overflow-wrap: anywhere } ul { margin: .35rem 0; padding-left: 1.25rem }
.wide { overflow-x: auto } .wide td:last-child { min-width: 14rem } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line) }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
@media print { :root { --ink: #000; --soft: #444; --line: #999; --page: #fff; --card: #fff; --stop: #a40e26;
  --warning: #7a4b00 } body { max-width: none; padding: 0; font-size: 10pt } }
"""


def render_page(report: Report) -> str:
    """Return the page: the verdict, what was loaded, each finding, and the limits; every value is escaped.

    >>> page = render_page(Report("<shop>", {"orders": 3}, "2024-01-01 to 2024-02-01", ()))
    >>> "&lt;shop&gt;" in page, "<script" in page
    (True, False)
    """
    title = f"Data check: {report.source}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n"
        f'<p class="lead">{escape(report.summary)}</p>\n'
        f'<p class="soft">Activity from {escape(report.span)}.</p>\n'
        f"{_loaded(report)}{_section('Stops', report.stops)}{_section('Warnings', report.warnings)}{_limits()}"
        "</main>\n</body>\n</html>\n"
    )


def _loaded(report: Report) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="n">{rows:,}</td></tr>\n'
        for name, rows in report.loaded.items()
    )
    head = '<tr><th scope="col">table</th><th scope="col" class="n">rows loaded</th></tr>'
    return f"<h2>Loaded</h2>\n<table>\n<thead>{head}</thead>\n<tbody>\n{rows}</tbody>\n</table>\n"


def _section(heading: str, findings: tuple[Finding, ...]) -> str:
    if not findings:
        return ""
    return f"<h2>{heading} ({len(findings)})</h2>\n" + "".join(_article(finding) for finding in findings)


def _article(finding: Finding) -> str:
    shown = "".join(f"<li><code>{escape(example)}</code></li>" for example in finding.examples)
    examples = f"<ul>{shown}</ul>\n" if shown else ""
    return (
        f'<article class="{finding.severity}">\n'
        f'<h3><span class="mark">{finding.severity.capitalize()}</span>: {escape(finding.rule)}, '
        f"<code>{escape(finding.where)}</code></h3>\n"
        f"<p>{escape(finding.sentence)}</p>\n{examples}"
        f'<p class="soft">{escape(finding.cure)}</p>\n</article>\n'
    )


def _limits() -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(rule)}</th><td class="n">{limit.warn:.0%}</td>'
        f'<td class="n">{"never" if limit.stop is None else f"{limit.stop:.0%}"}</td>'
        f"<td>{escape(limit.why)}</td></tr>\n"
        for rule, limit in LIMITS.items()
    )
    head = "".join(
        f'<th scope="col"{cls}>{text}</th>'
        for text, cls in (("rule", ""), ("warns above", ' class="n"'), ("stops above", ' class="n"'), ("why", ""))
    )
    return (
        "<h2>Limits</h2>\n<p>Share of the rows a rule applies to.</p>\n"
        f'<div class="wide" role="region" aria-label="Limits" tabindex="0">\n<table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
