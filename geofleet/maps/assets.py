"""Scripts and styles inside the page, so that a map opens without internet."""

from __future__ import annotations

import re
from importlib import resources

from geofleet.maps.elements import Verbatim

__all__ = ["inline_assets"]

_SCRIPTS = ("static/layers.js", "static/days.js", "static/panel.js")
_BY_HOUR_SCRIPTS = ("static/hours.js",)
_BY_HOUR_STYLES = ("static/hours.css",)


def inline_assets(*, by_hour: bool = False) -> Verbatim:
    """Return Leaflet and geofleet's own script and styles as one piece of page head.

    Parameters
    ----------
    by_hour
        Adds what maps with a slider over the hours of the day need.
    """
    scripts = (*_SCRIPTS[:-1], *_BY_HOUR_SCRIPTS, _SCRIPTS[-1]) if by_hour else _SCRIPTS
    styles = ("static/map.css", *_BY_HOUR_STYLES) if by_hour else ("static/map.css",)
    folder = resources.files("geofleet.maps")
    read = {
        name: folder.joinpath(*name.split("/")).read_text(encoding="utf-8")
        for name in (
            "vendor/leaflet/leaflet.css",
            "vendor/leaflet/leaflet.js",
            "vendor/leaflet/LICENSE",
            *styles,
            *scripts,
        )
    }
    # pictures that Leaflet's style names belong to controls and markers that no map here uses
    css = re.sub(r"url\([^)]*\)", "none", read["vendor/leaflet/leaflet.css"])
    script = re.sub(r"//# sourceMappingURL=.*", "", read["vendor/leaflet/leaflet.js"])
    licence = read["vendor/leaflet/LICENSE"].replace("*/", "")
    return Verbatim(
        f"<style>{css}</style>\n"
        + "".join(f"<style>{read[name]}</style>\n" for name in styles)
        + f"<script>/* Leaflet:\n{licence}*/\n{script}</script>\n"
        + "".join(f"<script>{read[name]}</script>\n" for name in scripts)
    )
