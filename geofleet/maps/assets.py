"""Scripts and styles inside the page, so that a map opens without internet."""

from __future__ import annotations

import re
from importlib import resources

from geofleet.maps.elements import Verbatim, to_script
from geofleet.wording import keys, say

__all__ = ["inline_assets"]

_SCRIPTS = (
    "words",
    "layers",
    "lines_decode",
    "lines_draw",
    "lines_pieces",
    "lines_told",
    "lines",
    "lines_panel",
    "streams",
    "ways",
    "chart",
    "player",
    "electric",
    "dock",
    "paged",
    "tables",
    "hours",
    "plan",
    "search",
    "print",
    "shell",
    "panel",
    "compare",
)
"""In the order in which they build on each other."""
_STYLES = ("head", "map", "lines", "player", "hours")
_ROOMS = ("page", "lines")
"""Message catalogues that the scripts speak from: ``geofleet.words.<room>.<name>``."""


def inline_assets() -> Verbatim:
    """Return Leaflet and geofleet's own scripts, words and styles as one piece of page head."""
    folder = resources.files("geofleet.maps")
    read = {
        name: folder.joinpath(*name.split("/")).read_text(encoding="utf-8")
        for name in (
            "vendor/leaflet/leaflet.css",
            "vendor/leaflet/leaflet.js",
            "vendor/leaflet/LICENSE",
            *(f"static/{name}.css" for name in _STYLES),
            *(f"static/{name}.js" for name in _SCRIPTS),
        )
    }
    # pictures that Leaflet's style names belong to controls and markers that no map here uses
    css = re.sub(r"url\([^)]*\)", "none", read["vendor/leaflet/leaflet.css"])
    script = re.sub(r"//# sourceMappingURL=.*", "", read["vendor/leaflet/leaflet.js"])
    licence = read["vendor/leaflet/LICENSE"].replace("*/", "")
    words = {room: {name: say(f"{room}.{name}") for name in keys(room)} for room in _ROOMS}
    own = [read[f"static/{name}.js"] for name in _SCRIPTS]
    own.insert(1, f"geofleet.words = {to_script(words)};")
    return Verbatim(
        f"<style>{css}</style>\n"
        + "".join(f"<style>{read[f'static/{name}.css']}</style>\n" for name in _STYLES)
        + f"<script>/* Leaflet:\n{licence}*/\n{script}</script>\n"
        + "".join(f"<script>{text}</script>\n" for text in own)
    )
