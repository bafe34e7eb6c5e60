"""What all policy maps share: the page, its panel, and the places of rules."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from branca.element import Figure

from geofleet.layers import Layer
from geofleet.maps.assets import inline_assets
from geofleet.maps.elements import GroundPane, Panel, Ref, Source
from geofleet.maps.hours import HOURS, rules_spec
from geofleet.maps.packing import pack
from geofleet.maps.page import OSM_TILES
from geofleet.maps.policy_words import PolicyWords, words_in
from geofleet.maps.streets import ground

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "ATTRIBUTION", "Frame", "checked_hour", "fill", "new_page", "rules_and_places", "texts",
]  # fmt: skip

ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
# dark and neutral: the colours of lines have meanings of their own
_ZONE, _PERHAPS = "#1b1f23", "#8a8a8a"
_BEND_DEGREES = 1e-4  # ten metres: areas are outlines, not survey plans
_SPECK = 1e-3  # share of the largest part below which parts and holes are seams of joined areas


@dataclass(frozen=True)
class Frame:
    """What surrounds a map: its words, credits and background.

    Parameters
    ----------
    title, notes, attribution, tiles
        As for :func:`geofleet.maps.contingency_map`.
    language
        ``en`` or ``es``.
    """

    title: str
    attribution: str | Sequence[str]
    notes: str | Sequence[str]
    language: str
    tiles: Mapping[str, str] | None

    @property
    def words(self) -> PolicyWords:
        """Words of the language."""
        return words_in(self.language)


def new_page(layers: Mapping[str, Layer], frame: Frame) -> folium.Map:
    """Return a page with all roads, where there are any, faint on the ground."""
    page = folium.Map(location=[0.0, 0.0], tiles=None, control_scale=False, prefer_canvas=True,
                      zoom_control="topright", zoom_snap=0.25)  # fmt: skip
    page.default_js, page.default_css = [], []
    page._name, page._id = "map", "policy"
    figure = page.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("folium made a map without a figure")
    figure.title = html.escape(frame.title)
    figure.header.add_child(inline_assets(), name="assets")
    if "roads" in layers:
        sources, lines = ground(layers["roads"])
        for element in (GroundPane(), *sources, *lines):
            element.add_to(page)
    return page


def fill(
    page: folium.Map,
    frame: Frame,
    spec: Mapping[str, Any],
    *,
    facts: Sequence[Mapping[str, str]] = (),
    shown: gpd.GeoDataFrame,
) -> None:
    """Add the panel with what the hours show.

    Parameters
    ----------
    spec
        What the script of hours takes.
    facts
        Key figures of the day.
    shown
        What the view is to hold.
    """
    words = frame.words
    tiles = OSM_TILES if frame.tiles is None else frame.tiles
    bounds = None
    if not shown.empty:
        west, south, east, north = (float(value) for value in shown.total_bounds)
        bounds = [[south, west], [north, east]]
    Panel({
        "title": frame.title, "notes": _lines(frame.notes),
        "attribution": _lines(frame.attribution), "facts": list(facts), "bounds": bounds,
        "groups": [{"kind": "hours", "words": dict(words.page), **spec}], "stack": [],
        "tiles": {**tiles, "label": words["tiles"]}, "language": frame.language,
    }).add_to(page)  # fmt: skip


def _lines(text: str | Sequence[str]) -> list[str]:
    return [line for line in ([text] if isinstance(text, str) else text) if line.strip()]


def texts(column: pd.Series) -> list[str | None]:
    """Return the cells of a column as text, None where there is none."""
    return [None if pd.isna(cell) else str(cell) for cell in column]


def checked_hour(hour: int) -> int:
    """Return an hour of the day.

    Raises
    ------
    ValueError
        None of 0 to 23.
    """
    if not 0 <= hour < HOURS:
        raise ValueError(f"hour {hour}; hours of the day are 0 to 23")
    return hour


def rules_and_places(
    layers: Mapping[str, Layer],
    page: folium.Map,
    words: PolicyWords,
    *,
    deciding: Collection[str] = (),
) -> dict[str, Any]:
    """Return what the page must know of rules and their places; adds the source of their shapes."""
    if "policy_rules" not in layers:
        return {"rules": []}
    rules, places = rules_spec(layers["policy_rules"].frame, words, deciding=deciding)
    if "policy_zones" not in layers:
        return {"rules": rules}
    nothing: dict[str, Any] = {"rules": [], "binds": "0" * HOURS}
    frame = layers["policy_zones"].frame
    frame = frame[frame.geometry.notna() & frame["geography_id"].isin(list(places))]
    frame = frame[_told(frame, places, rules)]
    shapes = [
        _drawn(shape) if kind == "area" else shape
        for shape, kind in zip(frame.geometry, frame["kind"], strict=True)
    ]
    source = Source(pack(np.array([*shapes, None], dtype=object)[:-1]), "zones")
    source.add_to(page)
    listed = [
        {"id": key, "name": name, "area": kind == "area", **places.get(key, nothing)}
        for key, name, kind in zip(
            frame["geography_id"], frame["name"], frame["kind"], strict=True
        )
    ]  # fmt: skip
    zones = {
        "source": Ref(source.get_name()), "list": listed, "colour": _ZONE, "perhaps": _PERHAPS,
    }  # fmt: skip
    return {"rules": rules, "zones": zones}


def _told(
    frame: gpd.GeoDataFrame, places: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]
) -> npt.NDArray[np.bool_]:
    """Say which places have a rule that decides."""
    return np.array([
        any(rules[number]["decides"] for number in places[name]["rules"])
        for name in frame["geography_id"]
    ], bool)  # fmt: skip


def _drawn(area: BaseGeometry) -> BaseGeometry:
    """Return an area as it is drawn: bends and specks too small to be seen are left out."""
    parts = shapely.get_parts(area.simplify(_BEND_DEGREES))
    least = _SPECK * float(shapely.area(parts).max(initial=0.0))
    kept = [
        shapely.Polygon(
            part.exterior, [hole for hole in part.interiors if shapely.Polygon(hole).area >= least]
        )
        for part in parts if part.area >= least
    ]  # fmt: skip
    return shapely.MultiPolygon(kept)
