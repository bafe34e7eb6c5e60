"""Scripts and styles inside the page, so that a map opens without internet."""

from __future__ import annotations

import re
from importlib import resources

from geofleet.maps.elements import Verbatim

__all__ = ["inline_assets"]

_SCRIPTS = ("static/layers.js", "static/days.js", "static/panel.js")


def inline_assets() -> Verbatim:
    """Return Leaflet and geofleet's own script and styles as one piece of page head."""
    folder = resources.files("geofleet.maps")
    read = {
        name: folder.joinpath(*name.split("/")).read_text(encoding="utf-8")
        for name in (
            "vendor/leaflet/leaflet.css",
            "vendor/leaflet/leaflet.js",
            "vendor/leaflet/LICENSE",
            "static/map.css",
            *_SCRIPTS,
        )
    }
    # pictures that Leaflet's style names belong to controls and markers that no map here uses
    css = re.sub(r"url\([^)]*\)", "none", read["vendor/leaflet/leaflet.css"])
    script = re.sub(r"//# sourceMappingURL=.*", "", read["vendor/leaflet/leaflet.js"])
    licence = read["vendor/leaflet/LICENSE"].replace("*/", "")
    return Verbatim(
        f"<style>{css}</style>\n<style>{read['static/map.css']}</style>\n"
        f"<script>/* Leaflet:\n{licence}*/\n{script}</script>\n"
        + "".join(f"<script>{read[name]}</script>\n" for name in _SCRIPTS)
    )
