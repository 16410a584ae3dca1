"""An executed notebook as a page that opens offline, its code shown or hidden by the reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from traitlets.config import Config

PAGE = ".html"
SWITCH = (
    '<nav aria-label="View"><label class="code-switch">'
    '<input type="checkbox" id="code-switch"> Show the code</label></nav>'
)
STYLE = """<style>
.code-switch { display: block; max-width: 60rem; margin: 1rem auto; padding: 0 1rem; font-family: sans-serif }
#code-switch:focus-visible { outline: 3px solid #0b5394 }
body:not(:has(#code-switch:checked)) .jp-CodeCell > .jp-Cell-inputWrapper { display: none }
.jp-InputPrompt, .jp-OutputPrompt { color: #444 !important; opacity: 1 !important }
.highlight :is(.c, .c1, .cm, .ch, .cp, .cs) { color: #3b5f5f !important }
.highlight :is(.o, .ow) { color: #6b1fa8 !important }
.highlight :is(.nv, .nd, .ni, .ne, .nl, .w) { color: #1c2f7a !important }
.highlight :is(.mi, .mf, .mb, .mh, .mo) { color: #2f5d2f !important }
.jp-RenderedHTMLCommon :is(th, td) { color: #1a1a1a }
.jp-OutputArea-output :is([role=region], .cw-scroll) { background:
  linear-gradient(90deg, #fff 1rem, #fff0) 0 / 2rem 100% no-repeat local,
  linear-gradient(270deg, #fff 1rem, #fff0) 100% / 2rem 100% no-repeat local,
  linear-gradient(90deg, #0004, #0000) 0 / .8rem 100% no-repeat,
  linear-gradient(270deg, #0004, #0000) 100% / .8rem 100% no-repeat }
.jp-OutputArea-output pre { word-break: normal !important; overflow-wrap: anywhere }
a { color: #0b5394 }
@media print { .code-switch { display: none } }
</style>"""
"""Letters of at least 4.5 to 1 against the page, a switch without a script, and a shadow where a table goes on."""


def tidy_notebook(path: Path) -> None:
    """Take times of day and drawn ids out of an executed notebook.

    So two runs of the same inputs leave the same notebooks; what took how long is in the manifest.
    """
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    _clean(notebook)
    nbformat.write(notebook, path)


def write_notebook_page(path: Path) -> None:
    """Write the page of an executed notebook beside it."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    path.with_suffix(PAGE).write_text(_page(notebook, path.stem), encoding="utf-8")


@contextmanager
def pages_beside() -> Iterator[Callable[[Path], None]]:
    """Give a function that has a notebook's page written beside the run; all are there at the end of the block."""
    with ThreadPoolExecutor(max_workers=1) as writer:
        begun = list[Future[None]]()
        try:
            yield lambda path: begun.append(writer.submit(write_notebook_page, path))
        except BaseException:
            writer.shutdown(cancel_futures=True)
            raise
        for page in begun:
            page.result()


def _clean(notebook: Any) -> None:
    for number, part in enumerate([notebook, *notebook.cells]):
        for timing in ("papermill", "execution"):
            part.metadata.pop(timing, None)
        if "injected-parameters" in part.metadata.get("tags", []):
            part.id = f"parameters-{number}"
        for output in part.get("outputs", []):
            _take_out_ids(output, number)


def _take_out_ids(output: Any, cell: int) -> None:
    """Name a styled table after its cell and place, and a warning's file "cell": both names are new at every run."""
    if "text" in output:
        output["text"] = re.sub(r"\S*/ipykernel_\d+/\d+\.py", "cell", output["text"])
    html = output.get("data", {}).get("text/html", "")
    for place, drawn in enumerate(dict.fromkeys(re.findall(r'<table id="(T_[0-9a-f]{5})"', html))):
        html = html.replace(drawn, f"T_{cell}_{place}")
    if html:
        output["data"]["text/html"] = html


@cache
def _exporter() -> Any:
    """Return nbconvert's exporter; it reads its templates once for all notebooks."""
    from nbconvert import HTMLExporter
    from nbconvert.filters import Highlight2HTML
    from nbconvert.filters.strings import clean_html

    exporter = HTMLExporter(config=Config({"HTMLExporter": {"exclude_anchor_links": True}}))
    highlight = Highlight2HTML(pygments_lexer="ipython3", parent=exporter)
    # What the highlighter wrote holds no foreign tags; looking for them took a third of the time of a page.
    exporter.filters = {
        "highlight_code": lambda source, **how: _Highlighted(highlight(source, **how)),
        "clean_html": lambda text: text if isinstance(text, _Highlighted) else clean_html(text),
    }
    return exporter


class _Highlighted(str):
    """Code as HTML, escaped by the highlighter."""

    __slots__ = ()


def _page(notebook: Any, name: str) -> str:
    html, _ = _exporter().from_notebook_node(notebook, resources={"metadata": {"name": name}})
    # Nothing in the notebooks needs a script, and the template's own would load from the web.
    html = re.sub(r"<script\b.*?</script>", "", html, flags=re.DOTALL)
    # The corner over a table's index names nothing: a cell, not a header.
    html = re.sub(r"<th>\s*</th>", "<td></td>", html)
    html = re.sub(r"<body([^>]*)>", rf"<body\1>\n{SWITCH}", html, count=1)
    return html.replace("</head>", f"{STYLE}\n</head>", 1)
