"""The one map of each brief: drawn once in every language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from geofleet.report.codes import code
from geofleet.report.model import About, Figure
from geofleet.wording import LANGUAGES, Readers, Text, say

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.layers import Layer
    from geofleet.maps import Shapes
    from geofleet.report.contents import HarmToday

__all__ = ["harm_figure", "trucks_figure"]

_WIDTH_PX = 360
_ROADS = "#d4d9dd"
_DOT = "#111111"
_DOT_M = 150.0
_ZONE = "#00707a"
_HARM = "harm_pm25_exhaust_per_km"
_COLOURS = {
    "keep": "#8a8f94", "dpf_retrofit": "#b35806", "euro_6": "#5e3c99", "cng": "#a6761d",
    "diesel_hybrid": "#1b7837", "electric": "#0868ac", "": "#0868ac",
}  # fmt: skip
# from a shade that stands out from paper to near black, as thin lines need it
_PURPLES = ("#8f8ac0", "#766fb0", "#5f4a9e", "#4a1f8c", "#2d0057")
_MARGIN = 0.02
_MARK = re.compile(r"@@\d+@@")


def harm_figure(
    layers: Mapping[str, Layer], about: About, today: HarmToday, worst: gpd.GeoDataFrame
) -> Figure | None:
    """Return streets by the exposure that begins on them, the worst zones outlined.

    Parameters
    ----------
    layers
        Of the run.
    worst
        Zones to outline.
    """
    from geofleet.maps import Shapes, classed
    from geofleet.maps.scales import round_breaks

    links = layers["links"].frame
    driven = links[links[_HARM].fillna(0.0) > 0.0]
    if driven.empty:
        return None
    breaks = round_breaks(driven[_HARM].to_numpy(np.float64))
    classes = classed(driven.geometry, driven[_HARM].to_numpy(np.float64), breaks=breaks,
                      colours=_PURPLES, widths_px=(0.8, 2.2))  # fmt: skip
    labels = _labels(breaks, about.readers)
    roads = layers["roads"].frame.geometry
    edges = worst.geometry.boundary

    shapes: list[tuple[Shapes, Text | None]] = [(Shapes(roads, _ROADS, 0.4), None)]
    shapes += zip(classes, labels, strict=True)
    if len(edges):
        shapes.append((Shapes(edges, _ZONE, 2.0), say("brief.map_zones")))

    streets = [name for name, _ in today.streets]
    alt = say("brief.map_harm_alt_none", study=about.study) if not streets else say(
        "brief.map_harm_alt", study=about.study,
        streets={name: about.readers[name].list(streets) for name in LANGUAGES},
    )  # fmt: skip
    svg = _drawn(shapes, say("brief.map_harm"), _bounds(driven.geometry))
    return Figure(svg, alt, say("brief.map_harm_caption"))


def trucks_figure(
    layers: Mapping[str, Layer],
    technologies: Mapping[str, str],
    *,
    title: Text,
    alt: Text,
    caption: Text,
) -> Figure | None:
    """Return what trucks drive, by what becomes of them, and where their days begin.

    Parameters
    ----------
    layers
        Of the run.
    technologies
        By vehicle: what it becomes; empty where there is no plan.
    title, alt, caption
        What the map says of itself.
    """
    import geopandas as gpd

    from geofleet.maps import Shapes

    routes = layers["routes"].frame
    own = routes[routes["vehicle_id"].isin(list(technologies)) & routes.geometry.notna()]
    if own.empty:
        return None
    stops = layers["stops"].frame
    starts = stops[stops["vehicle_id"].isin(list(technologies)) & (stops["kind"] == "depot")]
    ways = gpd.GeoSeries(own["geometry"], crs=routes.crs)
    metric = ways.estimate_utm_crs()
    places = gpd.GeoSeries(starts["geometry"].drop_duplicates(), crs=stops.crs).to_crs(metric)
    south, north = ways.to_crs(metric).total_bounds[[1, 3]]
    dots = places.buffer(max(_DOT_M, (north - south) / 90.0)).to_crs(routes.crs)
    became = own["vehicle_id"].map(dict(technologies)).to_numpy(object)
    kinds = [name for name in _COLOURS if name in set(became)]

    roads = layers["roads"].frame.geometry
    shapes: list[tuple[Shapes, Text | None]] = [(Shapes(roads, _ROADS, 0.4), None)]
    shapes += [
        (Shapes(ways[became == name], _COLOURS[name], 1.3),
         code("technology", name) if name else None)
        for name in kinds
    ]  # fmt: skip
    shapes.append((Shapes(dots, _DOT), say("brief.map_depots")))
    return Figure(_drawn(shapes, title, _bounds(ways)), alt, caption)


def _drawn(
    shapes: Sequence[tuple[Shapes, Text | None]],
    title: Text,
    bounds: tuple[float, float, float, float],
) -> Text:
    """Draw once, with marks in place of words, and put the words of each language in."""
    from geofleet.maps import map_picture

    words: dict[str, Text] = {_mark(0): title, _mark(1): say("brief.map_north")}
    drawn = []
    for shape, label in shapes:
        mark = ""
        if label is not None:
            mark = next((one for one, text in words.items() if text == label), _mark(len(words)))
            words[mark] = label
        drawn.append(replace(shape, label=mark))
    svg = map_picture(
        {"": drawn}, title=_mark(0), attribution="", bounds=bounds, width_px=_WIDTH_PX,
        north_label=_mark(1),
    ).svg  # fmt: skip
    return {
        language: _MARK.sub(lambda found: escape(words[found[0]][language]), svg)  # noqa: B023
        for language in LANGUAGES
    }


def _mark(number: int) -> str:
    return f"@@{number}@@"


def _bounds(geometry: gpd.GeoSeries) -> tuple[float, float, float, float]:
    west, south, east, north = (float(value) for value in geometry.total_bounds)
    wide, high = _MARGIN * (east - west), _MARGIN * (north - south)
    return west - wide, south - high, east + wide, north + high


def _labels(breaks: Sequence[float], readers: Readers) -> list[Text]:
    """Return what each class holds, one more than there are breaks."""
    if not breaks:
        return [say("brief.map_any")]
    written = [readers.number(value) for value in breaks]
    middle = [say("brief.map_between", low=low, high=high) for low, high in pairwise(written)]
    return [say("brief.map_less", value=written[0]), *middle,
            say("brief.map_more", value=written[-1])]  # fmt: skip
