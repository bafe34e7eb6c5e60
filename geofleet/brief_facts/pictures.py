"""The one map of each brief: drawn once in every language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
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

_WIDTH_PX = 440
_ROADS = "#d4d9dd"
_DOT = "#111111"
_DOT_M = 150.0
_ZONE = "#00707a"
_HARM = "harm_pm25_exhaust_per_km"
_COLOURS = {
    "keep": "#8a8f94", "dpf_retrofit": "#b35806", "euro_6": "#5e3c99", "cng": "#a6761d",
    "diesel_hybrid": "#1b7837", "electric": "#0868ac", "": "#0868ac",
}  # fmt: skip
_MARGIN = 0.02


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
    from geofleet.maps.scales import HARM, round_breaks

    links = layers["links"].frame
    driven = links[links[_HARM].fillna(0.0) > 0.0]
    if driven.empty:
        return None
    breaks = round_breaks(driven[_HARM].to_numpy(np.float64))
    classes = classed(driven.geometry, driven[_HARM].to_numpy(np.float64), breaks=breaks,
                      colours=HARM, widths_px=(0.8, 2.2))  # fmt: skip
    labels = _labels(breaks, about.readers)
    roads = layers["roads"].frame.geometry
    edges = worst.geometry.boundary

    def shapes(language: str) -> list[Shapes]:
        named = [replace(one, label=label[language]) for one, label in
                 zip(classes, labels, strict=True)]  # fmt: skip
        found = [Shapes(roads, _ROADS, 0.4), *named]
        if len(edges):
            found.append(Shapes(edges, _ZONE, 1.6, say("brief.map_zones")[language]))
        return found

    streets = [name for name, _ in today.streets]
    alt = say("brief.map_harm_alt_none", study=about.study) if not streets else say(
        "brief.map_harm_alt", study=about.study,
        streets={name: about.readers[name].list(streets) for name in LANGUAGES},
    )  # fmt: skip
    svg = _drawn(shapes, say("brief.map_harm"), about, _bounds(driven.geometry))
    return Figure(svg, alt, say("brief.map_harm_caption"))


def trucks_figure(
    layers: Mapping[str, Layer],
    about: About,
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
    metric = own.estimate_utm_crs()
    places = starts.geometry.drop_duplicates().to_crs(metric)
    south, north = own.to_crs(metric).total_bounds[[1, 3]]
    dots = gpd.GeoSeries(places.buffer(max(_DOT_M, (north - south) / 90.0)), crs=metric)
    dots = dots.to_crs(own.crs)
    became = own["vehicle_id"].map(dict(technologies)).to_numpy(object)
    kinds = [name for name in _COLOURS if name in set(became)]

    def shapes(language: str) -> list[Shapes]:
        found = [Shapes(layers["roads"].frame.geometry, _ROADS, 0.4)]
        for name in kinds:
            label = code("technology", name)[language] if name else ""
            found.append(Shapes(own.geometry[became == name], _COLOURS[name], 1.3, label))
        found.append(Shapes(dots, _DOT, 1.0, say("brief.map_depots")[language]))
        return found

    return Figure(_drawn(shapes, title, about, _bounds(own.geometry)), alt, caption)


def _drawn(
    shapes: Callable[[str], Sequence[Shapes]],
    title: Text,
    about: About,
    bounds: tuple[float, float, float, float],
) -> Text:
    from geofleet.maps import map_picture

    return {
        language: map_picture(
            {"": shapes(language)}, title=title[language], attribution="", bounds=bounds,
            width_px=_WIDTH_PX, north_label=say("brief.map_north")[language],
        ).svg
        for language in LANGUAGES
    }  # fmt: skip


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
