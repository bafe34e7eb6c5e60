"""The page: one folium map of all layers of a study, and its file."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import folium
from branca.element import Figure

from geofleet.layers import Layer
from geofleet.maps.assets import inline_assets
from geofleet.maps.days import (
    STOP_LEGEND,
    promised_probability,
    route_legend,
    route_names,
    routes_layer,
    routes_source,
    stops_layers,
    stops_source,
)
from geofleet.maps.elements import GroundPane, Panel, Ref
from geofleet.maps.people import zone_themes, zones_source
from geofleet.maps.scales import short
from geofleet.maps.shell import write_map
from geofleet.maps.streets import ground, street_themes, streets_source, whole_streets

__all__ = ["OSM_TILES", "study_map", "write_map"]

_M_PER_KM = 1000.0
_OTHER_FLEET = 1.5
"""How many times the known kilometres must pass on links for them to be another fleet's."""

OSM_TILES = {
    "url": "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    "attribution": "Map tiles © OpenStreetMap contributors",
    "label": "OpenStreetMap background (needs internet)",
}


def study_map(
    layers: Mapping[str, Layer],
    *,
    title: str,
    attribution: str | Sequence[str] = "© OpenStreetMap contributors, ODbL",
    notes: str | Sequence[str] = (),
    streets_by: str = "harm_pm25_exhaust",
    show_routes: bool = False,
    show_stops: bool = False,
    tiles: Mapping[str, str] | None = None,
    promised: float | None = None,
) -> folium.Map:
    """Draw the layers of a study on one map that opens without internet.

    Parameters
    ----------
    layers
        As from ``build_layers``; ``links``, ``routes`` and ``stops`` are needed, ``roads`` and
        ``zones`` are drawn when they are there.
    title
        Shown at the head of the panel and as the page's title.
    attribution
        Who must be named for the data.
    notes
        What a reader must know (that the freight is synthetic, say), shown under the title.
    streets_by
        Theme of the streets at first: a quantity or harm column of ``links``, ``co2_kg`` or
        ``vehicles``; the first theme with data when that one has none.
    show_routes, show_stops
        Whether routes and stops are shown at first.
    tiles
        ``url``, ``attribution`` and ``label`` of background tiles, which are only asked for when
        the reader ticks them; OpenStreetMap's when not given.
    promised
        Probability over the year from which on a route counts as feasible on nearly every day;
        the default row ``robust:promised_probability`` when not given.

    Returns
    -------
    folium.Map
        Other folium elements may be added to it. Equal layers give an equal page.
    """
    page = folium.Map(location=[0.0, 0.0], tiles=None, control_scale=False, prefer_canvas=True,
                      zoom_control="topright", zoom_snap=0.25)  # fmt: skip
    page.default_js, page.default_css = [], []
    page._name, page._id = "map", "study"
    figure = page.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("folium made a map without a figure")
    figure.title = html.escape(title)
    figure.header.add_child(inline_assets(), name="assets")

    links, routes, stops = (layers[name] for name in ("links", "routes", "stops"))
    GroundPane().add_to(page)
    if "roads" in layers:
        sources, lines = ground(layers["roads"])
        for element in (*sources, *lines):
            element.add_to(page)

    per = _period(routes)
    streets = whole_streets(links.frame)
    source = streets_source(streets)
    source.add_to(page)
    themes, street_options = street_themes(streets, source, per=per)
    zone_layers: list[Any] = []
    zone_options: list[dict[str, Any]] = []
    if "zones" in layers:
        zone_source = zones_source(layers["zones"])
        zone_source.add_to(page)
        zone_layers, zone_options = zone_themes(layers["zones"], zone_source)
    stop_source = stops_source(stops)
    nearly_always = promised_probability() if promised is None else promised
    day_source = routes_source(routes, stops, promised=nearly_always)
    for element in (stop_source, day_source):
        element.add_to(page)
    days = routes_layer(day_source, stop_source)
    marks = stops_layers(stop_source)
    stack = [*zone_layers, *themes, days, marks]
    for layer in stack:
        layer.add_to(page)

    columns = [option["column"] for option in street_options]
    groups: list[dict[str, Any]] = [
        {
            "kind": "choice",
            "name": "streets",
            "label": "Colour the streets by",
            "selected": 1 + (columns.index(streets_by) if streets_by in columns else 0)
            if columns else 0,
            "options": [{"label": "Nothing"}, *street_options],
        },
        {
            "kind": "toggle",
            "name": "routes",
            "label": "Routes: could an electric vehicle do them?",
            "layer": Ref(days.get_name()),
            "shown": show_routes,
            "clears": "streets",
            "legend": route_legend(nearly_always),
            "picker": {
                "label": "Look at one vehicle's day",
                "always": True,
                "options": ["All vehicle-days", *route_names(routes, promised=nearly_always)],
            },
        },
        {
            "kind": "toggle",
            "name": "stops",
            "label": "Stops, depots and where electric runs short",
            "layer": Ref(marks.get_name()),
            "shown": show_stops,
            "legend": STOP_LEGEND,
        },
    ]  # fmt: skip
    if zone_options:
        groups.insert(1, {
            "kind": "choice",
            "name": "zones",
            "label": "Colour the neighbourhoods by",
            "selected": 0,
            "options": [{"label": "Nothing"}, *zone_options],
        })  # fmt: skip
    Panel(
        {
            "title": title,
            "notes": _lines(notes),
            "attribution": _lines(attribution),
            "facts": _facts(layers, per),
            "bounds": _bounds(links),
            "groups": groups,
            "stack": [Ref(layer.get_name()) for layer in stack],
            "tiles": dict(OSM_TILES if tiles is None else tiles),
        }
    ).add_to(page)
    return page


def _lines(text: str | Sequence[str]) -> list[str]:
    return [line for line in ([text] if isinstance(text, str) else text) if line.strip()]


def _period(routes: Layer) -> str:
    days = routes.frame["date"].nunique()
    return "per day" if days <= 1 else f"over {days} days"


def _facts(layers: Mapping[str, Layer], per: str) -> list[dict[str, str]]:
    routes, links = layers["routes"].frame, layers["links"].frame
    able = int((routes["electric_status"] == "feasible").sum())
    known_km = float(routes["distance_km"].sum())
    passed_km = float((links["vehicles"] * links["length_m"]).sum() / _M_PER_KM)
    # Vehicle-days drive parts of links at their stops, so only much more is another fleet.
    others = passed_km > _OTHER_FLEET * known_km
    facts = [
        (f"{len(routes):,}", "vehicle-days"),
        (
            f"{short(round(passed_km if others else known_km))} km",
            f"driven {per}, all freight" if others else f"driven {per}",
        ),
        (f"{able} of {len(routes)}", "days an electric model can do"),
        (_mass(links["nox_exhaust_g"].sum()), f"NOx {per}"),
        (_mass(links["pm25_exhaust_g"].sum()), f"exhaust PM2.5 {per}"),
        (_mass(links["co2_g"].sum()), f"CO2 {per}"),
    ]
    return [{"value": value, "label": label} for value, label in facts]


def _mass(grams: float) -> str:
    """Return a mass to three digits, in the unit that reads best."""
    for size, unit in ((1e6, "t"), (1e3, "kg")):
        if grams >= size:
            return f"{short(float(f'{grams / size:.3g}'))} {unit}"
    return f"{short(float(f'{grams:.3g}'))} g"


def _bounds(links: Layer) -> list[list[float]] | None:
    """Return south-west and north-east corners of the links, as latitude and longitude."""
    if links.frame.empty:
        return None
    west, south, east, north = (float(value) for value in links.frame.total_bounds)
    return [[south, west], [north, east]]
