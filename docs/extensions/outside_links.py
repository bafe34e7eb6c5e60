"""Links of the pages that lead out of ``docs``: right on a code host, and in the site too.

On a code host ``../notebooks/01-first-look.ipynb`` opens the notebook, and links within a notebook
are relative to its folder. The site has a page of its own for each notebook and each example
(extension ``notebook_pages``), and copies of the maps and of the tables of default numbers beside
the pages. Links are turned to these when a page is read.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

_NOTEBOOK = re.compile(r"\]\((?:\.\./)*(?:notebooks/)?([\w.-]+)\.ipynb\)")
_EXAMPLES = re.compile(r"\]\((?:\.\./)+examples/README\.md\)")
_EXAMPLE = re.compile(r"\]\((?:\.\./)*(?:examples/)?(\w+)/README\.md\)")
_INTO_DOCS = re.compile(r"\]\((?:\.\./)+docs/([\w./#-]+)\)")
_MAP = re.compile(r"\]\((?:\.\./)+maps/([\w./-]+\.html)\)")
_DEFAULTS = re.compile(r"\]\((?:\.\./)+geofleet/defaults/tables/(\w+\.csv)\)")


def setup(app: Sphinx) -> dict[str, bool]:
    """Turn the links of every page that is read; put maps and tables beside the pages."""
    app.connect("source-read", _turn)
    app.connect("build-finished", _copy_beside)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _turn(_app: Sphinx, name: str, source: list[str]) -> None:
    text = _NOTEBOOK.sub(r"](/notebooks/\1.md)", source[0])
    text = _EXAMPLES.sub(r"](/examples/index.md)", text)
    text = _EXAMPLE.sub(r"](/examples/\1.md)", text)
    text = _INTO_DOCS.sub(r"](/\1)", text)
    up = "../" * name.count("/")
    text = _MAP.sub(rf"](beside:{up}maps/\1)", text)
    source[0] = _DEFAULTS.sub(rf"](beside:{up}defaults/\1)", text)


def _copy_beside(app: Sphinx, error: Exception | None) -> None:
    """Put the gallery of maps and the tables of default numbers beside the pages."""
    if error is not None or app.builder.format != "html":
        return
    root = Path(app.srcdir).parent
    for source, name, endings in (
        (root / "maps", "maps", (".csv", ".html", ".json", ".pdf", ".png", ".svg")),
        (root / "geofleet" / "defaults" / "tables", "defaults", (".csv",)),
    ):
        for path in sorted(source.rglob("*")):
            if path.suffix in endings:
                target = Path(app.outdir) / name / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
