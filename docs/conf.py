"""Settings of the documentation: ``sphinx-build -W -n --keep-going -b html docs build/docs``.

Nothing is fetched, neither while building nor while reading: no inventories of other projects, no
fonts, no formula renderer from a network.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

from geofleet import __version__

# Trees of pages are kept to the end: looking through them for rubbish takes long and finds none.
gc.set_threshold(200_000, 100, 100)

project = "geofleet"
author = "The geofleet authors"
project_copyright = author
version = release = __version__
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "formulas",
    "outside_links",
    "notebook_pages",
    "public_names",
]
exclude_patterns = ["_build", "validation", "extensions", "**/README.md"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
# Links to files that stand beside the pages in the built site, see `outside_links`.
myst_url_schemes = {"http": None, "https": None, "mailto": None, "beside": {"url": "{{path}}"}}
# Formulas are MathML (extension `formulas`), not MathJax from a network.
html_math_renderer = "mathml"

toc_object_entries = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_numpy_docstring = True
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_preprocess_types = False
napoleon_attr_annotations = False

html_theme = "furo"
html_title = f"geofleet {release}"
html_static_path = ["_static"]
html_css_files = ["geofleet.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
# Excerpts under search results are fetched, which browsers refuse for files.
html_show_search_summary = False
