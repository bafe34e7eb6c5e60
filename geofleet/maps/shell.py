"""The shell of every page: folium map, ground of the study, head, panel."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
from branca.element import Figure
from folium.template import Template

from geofleet.files import write_text
from geofleet.layers import Layer
from geofleet.maps.assets import inline_assets
from geofleet.maps.base import base_layers
from geofleet.maps.elements import GroundPane, Panel
from geofleet.maps.frame import PageFrame
from geofleet.maps.page_head import page_head
from geofleet.maps.streets import ground
from geofleet.wording import Text, say

__all__ = ["furnish", "new_page", "write_map"]


class _Document(Figure):
    """The HTML around a map, with what readers of every kind need to know first."""

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.language }}">\n<head>\n<meta charset="utf-8">\n'
        "{{ this.head }}\n{{ this.header.render(**kwargs) }}\n</head>\n"
        "<body>\n<noscript>{{ this.without_script }}</noscript>\n"
        "{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )

    def __init__(self, frame: PageFrame) -> None:
        super().__init__()
        self.header._children.clear()  # the character set stands at the head of the document
        self.language = frame.readers[frame.language].tag
        self.head = page_head(frame)
        self.without_script = "".join(
            f'<p lang="{language}">{html.escape(text)}</p>'
            for language, text in say("page.needs_script").items()
        )


class _Map(folium.Map):
    """A folium map that a reader may enlarge: folium's own forbids it on phones."""

    water = False
    """Whether any water is drawn."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}
            <style>
                html, body { width: 100%; height: 100%; margin: 0; padding: 0; }
                .folium-map { position: fixed; inset: var(--gf-top, 0px) 0 0 0; }
            </style>
        {% endmacro %}
        {% macro html(this, kwargs) %}
            <div class="folium-map" id={{ this.get_name()|tojson }}></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
                center: {{ this.location|tojson }}, crs: L.CRS.{{ this.crs }},
                ...{{ this.options|tojavascript }}
            });
            L.control.zoom({ position: "topright" }).addTo({{ this.get_name() }});
        {% endmacro %}
        """
    )


def new_page(
    frame: PageFrame,
    *,
    roads: Layer | None = None,
    base: Mapping[str, gpd.GeoDataFrame] | None = None,
) -> folium.Map:
    """Return a page with the quiet ground of a study; ``map_page`` in its scripts.

    Add sources and layers, then call :func:`furnish`.

    Parameters
    ----------
    frame
        Title, study, language and the like.
    roads
        Layer ``roads``: every road, faint, wider by class.
    base
        ``water``, ``green`` and ``boundaries`` of the study, polygons or lines in any CRS, drawn
        below the roads; any may be left out.

    Returns
    -------
    folium.Map
        Equal inputs give an equal page. It asks nothing of the network.
    """
    page = _Map(location=[0.0, 0.0], tiles=None, control_scale=False, prefer_canvas=True,
                zoom_control=False, zoom_snap=0.25)  # fmt: skip
    page.default_js, page.default_css = [], []
    page._name, page._id = "map", "page"
    document = _Document(frame)
    document.add_child(page)
    document.header.add_child(inline_assets(), name="assets")
    page.water = base is not None and "water" in base and not base["water"].empty
    GroundPane().add_to(page)
    for element in base_layers(base or {}):
        element.add_to(page)
    if roads is not None:
        sources, lines = ground(roads)
        for element in (*sources, *lines):
            element.add_to(page)
    return page


def furnish(
    page: folium.Map,
    frame: PageFrame,
    *,
    groups: Sequence[Mapping[str, Any]] = (),
    facts: Sequence[Mapping[str, str | Text]] = (),
    shown: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    stack: Sequence[Any] = (),
) -> None:
    """Add head and panel to a page; all layers must be on it.

    Parameters
    ----------
    groups
        Parts of the panel in order: ``kind`` names the script that makes it (``choice``,
        ``toggle``, ``hours``, ``lines``, ``player``: ``geofleet.groups[kind](map, group)``), the
        rest is for that script.
    facts
        Key figures: ``value`` and ``label``.
    shown
        What the view holds at first, in EPSG:4326.
    stack
        Names (``Ref``) of layers, the lowest first, that keep this order.
    """
    bounds = None
    if shown is not None and not shown.empty:
        west, south, east, north = (float(value) for value in shown.total_bounds)
        if west == west:  # not all of them without a place
            bounds = [[south, west], [north, east]]
    Panel({
        "title": frame.title, "answer": list(frame.answer),
        "notes": [note for note in frame.notes if _says(note)],
        "attribution": [line for line in frame.attribution if line.strip()],
        "facts": list(facts), "bounds": bounds, "groups": list(groups), "stack": list(stack),
        "tiles": {**frame.tiles, "label": say("page.tiles")} if frame.tiles else None,
        "ground": None if getattr(page, "water", True) else say("page.no_water"),
        "frame": {
            "name": frame.name, "title": frame.title, "study": frame.study,
            "language": frame.language, "locales": frame.readers.tags,
            "sisters": [{"name": one.name, "label": one.label} for one in frame.sisters],
        },
    }).add_to(page)  # fmt: skip


def write_map(page: folium.Map, path: str | Path) -> Path:
    """Write a page as one HTML file, whole or not at all."""
    target = Path(path)
    write_text(target, page.get_root().render())
    return target


def _says(note: str | Text) -> bool:
    return any(text.strip() for text in ([note] if isinstance(note, str) else note.values()))
