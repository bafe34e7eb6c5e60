"""Scripts, words and styles that packed lines need on a page that is not geofleet's."""

from __future__ import annotations

from importlib import resources

from geofleet.maps.elements import Verbatim, to_script
from geofleet.wording import keys, say

__all__ = ["LINE_SCRIPTS", "line_assets"]

LINE_SCRIPTS = (
    "lines_decode", "lines_draw", "lines_pieces", "lines_told", "lines", "lines_panel",
)  # fmt: skip
"""After ``words``, in the order in which they build on each other."""
_ROOMS = ("page", "lines")


def line_assets() -> Verbatim:
    """Return the pieces of the page's head; Leaflet is the page's own."""
    folder = resources.files("geofleet.maps").joinpath("static")
    read = {
        name: folder.joinpath(name).read_text(encoding="utf-8")
        for name in ("words.js", "lines.css", *(f"{script}.js" for script in LINE_SCRIPTS))
    }
    words = {room: {name: say(f"{room}.{name}") for name in keys(room)} for room in _ROOMS}
    scripts = [read["words.js"], f"geofleet.words = {to_script(words)};"]
    scripts += [read[f"{name}.js"] for name in LINE_SCRIPTS]
    return Verbatim(
        f"<style>{read['lines.css']}</style>\n"
        + "".join(f"<script>{text}</script>\n" for text in scripts)
    )
