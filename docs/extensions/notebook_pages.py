"""Pages for the notebooks, with the outputs that they hold, and for the examples."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from written import write_pages

NOTEBOOKS, EXAMPLES = "notebooks", "examples"
PICTURES = {"image/png": "png", "image/svg+xml": "svg"}


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages before sources are read."""
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write(app: Sphinx) -> None:
    docs = Path(app.srcdir)
    pages: dict[str, str | bytes] = {}
    for path in sorted((docs.parent / NOTEBOOKS).glob("*.ipynb")):
        pages |= notebook_page(path)
    write_pages(docs / NOTEBOOKS, pages)
    found = sorted((docs.parent / EXAMPLES).rglob("README.md"))
    texts = {path.parent.name: path.read_text("utf-8") for path in found}
    names = "\n".join(name for name in texts if name != EXAMPLES)
    texts[EXAMPLES] += "\n" + _fenced("{toctree}", f":hidden:\n\n{names}") + "\n"
    cases = {"index" if name == EXAMPLES else name: text for name, text in texts.items()}
    write_pages(docs / EXAMPLES, {f"{name}.md": text for name, text in cases.items()})


def notebook_page(path: Path) -> dict[str, str | bytes]:
    """Return a notebook as a Markdown page, and its pictures."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    files: dict[str, str | bytes] = {}
    parts = []
    for number, cell in enumerate(cells, start=1):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif cell["cell_type"] == "code" and source.strip():
            parts.append(_fenced("python", source))
            for place, output in enumerate(cell["outputs"]):
                parts += _output(output, f"{path.stem}-{number}-{place}", files)
    return files | {f"{path.stem}.md": "\n\n".join(parts) + "\n"}


def _output(output: dict[str, Any], name: str, files: dict[str, str | bytes]) -> Iterator[str]:
    """Yield what a cell put out: a picture, else a table, else text."""
    if output["output_type"] == "stream":
        yield _fenced("text", "".join(output["text"]))
    data = output.get("data", {})
    for kind, ending in PICTURES.items():
        if kind in data:
            content = "".join(data[kind])
            picture = content if kind.endswith("xml") else base64.b64decode(content)
            files[f"{name}.{ending}"] = picture
            alt = "".join(data.get("text/plain", "")).strip().replace("\n", " ")
            yield f"![{_plain(alt)}]({name}.{ending})"
            return
    if "text/html" in data:
        yield _fenced("{raw} html", '<div class="output">' + "".join(data["text/html"]) + "</div>")
    elif "text/markdown" in data:
        yield "".join(data["text/markdown"])
    elif "text/plain" in data:
        yield _fenced("text", "".join(data["text/plain"]))


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter not in "[]<>`*_\\")


def _fenced(kind: str, text: str) -> str:
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}{kind}\n{text.rstrip()}\n{fence}"
