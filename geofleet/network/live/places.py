"""Roads of a place, live from OpenStreetMap through OSMnx.

One path builds networks. A live place is fetched as OpenStreetMap data (ways with every tag, their
nodes, and the turn restrictions among them), written as a file and read by
:func:`geofleet.network.osm.build.read_osm` like any other file: tags, speeds, access and turn
restrictions mean the same wherever roads come from, and the file can be kept with a study.

OSMnx finds the outline of the place (``geocode_to_gdf``) and asks Overpass for its roads
(``graph_from_polygon`` in its mode that only fetches: area split in parts, 500 m more on every
side, whole ways). Only its public functions and settings are used. It does not know turn
restrictions; they are asked for in one further request.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import osmium
import osmnx as ox
import requests
import shapely
from shapely import MultiPolygon, Polygon

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.network.live.elements import (
    NOT_OSM,
    collect,
    restrictions,
    timestamp,
    write_osm,
)
from geofleet.network.live.services import Guard, LiveSettings, osmnx_session
from geofleet.network.model import RoadNetwork

__all__ = ["LiveSettings", "download_area", "find_place", "load_bbox", "load_place", "load_point"]

log = logging.getLogger(__name__)

ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
_FORMAT = "1"  # part of every cache key: raise it when what is stored changes
_EARTH_RADIUS_KM = 6371.0072  # of the sphere with the area of WGS84
Area: TypeAlias = Polygon | MultiPolygon
Sleep = Callable[[float], None]


def load_place(
    place: str,
    *,
    settings: LiveSettings | None = None,
    country: str | None = None,
    defaults: Defaults | None = None,
    sleep: Sleep = time.sleep,
) -> RoadNetwork:
    """Load the roads of a named place.

    Parameters
    ----------
    place
        A place that has an outline in OpenStreetMap, e.g. ``Coyoacán, Ciudad de México``.
    settings
        Services and patience; the default rows when None.
    country
        ISO 3166 code for the speed table.
    sleep
        How to wait for a busy service.

    Raises
    ------
    InputError
        The place is unknown or has no outline.
    RemoteServiceError
        A service did not answer, or not wholly. Nothing is kept of such an answer.
    NetworkDataError
        The area has no road that vehicles can use.
    """
    settings = settings or LiveSettings.from_defaults(defaults)
    area = find_place(place, settings=settings, sleep=sleep)
    return _load(area, place, settings, country, defaults, sleep)


def load_bbox(
    bbox: tuple[float, float, float, float],
    *,
    settings: LiveSettings | None = None,
    country: str | None = None,
    defaults: Defaults | None = None,
    sleep: Sleep = time.sleep,
) -> RoadNetwork:
    """Load the roads in a box ``(west, south, east, north)`` in degrees; see :func:`load_place`."""
    west, south, east, north = bbox
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        expected = "west, south, east, north in degrees, west < east and south < north"
        raise InputError([Problem("bbox", value=str(bbox), expected=expected)])
    settings = settings or LiveSettings.from_defaults(defaults)
    return _load(shapely.box(*bbox), f"box {bbox}", settings, country, defaults, sleep)


def load_point(
    lat: float,
    lon: float,
    *,
    radius_m: float,
    settings: LiveSettings | None = None,
    country: str | None = None,
    defaults: Defaults | None = None,
    sleep: Sleep = time.sleep,
) -> RoadNetwork:
    """Load the roads within a distance of a point in degrees; see :func:`load_place`."""
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and radius_m > 0):
        expected = "latitude, longitude in degrees and a radius above 0 m"
        raise InputError([Problem("point", value=f"{lat}, {lon}, {radius_m}", expected=expected)])
    point = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326)
    circle = point.to_crs(point.estimate_utm_crs()).buffer(radius_m).to_crs(4326).iloc[0]
    settings = settings or LiveSettings.from_defaults(defaults)
    name = f"{radius_m:g} m around {lat}, {lon}"
    return _load(circle, name, settings, country, defaults, sleep)


def _load(
    area: Area, name: str, settings: LiveSettings, country: str | None,
    defaults: Defaults | None, sleep: Sleep,
) -> RoadNetwork:  # fmt: skip
    from geofleet.network.osm.build import read_osm

    with tempfile.TemporaryDirectory(prefix="geofleet-") as folder:
        path = Path(folder) / "roads.osm.pbf"
        facts = download_area(area, path, settings=settings, sleep=sleep)
        network = read_osm(path, country=country, defaults=defaults)
    return network.replace(
        report={**network.report, "live": {"place": name, **facts}},
        provenance=tuple(sorted({*network.provenance, *settings.provenance})),
    )


def find_place(place: str, *, settings: LiveSettings, sleep: Sleep = time.sleep) -> Area:
    """Return the outline of a named place in degrees.

    Raises
    ------
    InputError
        The place is unknown or has no outline.
    RemoteServiceError
        The geocoder did not answer, or not wholly.
    """
    kept = _cache_path(settings, ".geojson", settings.nominatim_url, place)
    if kept is not None and kept.is_file():
        return shapely.from_geojson(kept.read_text(encoding="utf-8"))
    guard = Guard(settings, sleep=sleep)
    try:
        with osmnx_session(settings, guard):
            found = ox.geocode_to_gdf(place)
    except (ValueError, TypeError, KeyError) as error:
        results = guard.answers[-1] if guard.answers else None
        if not isinstance(results, list) or not all(isinstance(item, dict) for item in results):
            raise guard.failure(settings.nominatim_url, "sent no list of places") from error
        if any("Polygon" in kind for kind in _kinds(results)):
            raise guard.failure(settings.nominatim_url, "sent an unusual list of places") from error
        raise InputError([_no_outline(place, results, settings)]) from error
    area = found.geometry.iloc[0]
    area = None if area is None else _polygons(area)
    if area is None or not area.area > 0:
        raise guard.failure(settings.nominatim_url, "sent an outline without an area")
    if kept is not None:
        _write_whole(kept, lambda path: path.write_text(shapely.to_geojson(area), encoding="utf-8"))
    return area


def _no_outline(place: str, results: list[Any], settings: LiveSettings) -> Problem:
    service = settings.nominatim_url
    if not results:
        expected = f"a place that {service} knows; write it as 'town, state, country'"
        return Problem("place", value=place, expected=expected)
    kinds = ", ".join(_kinds(results))
    expected = (
        f"a place with an outline in OpenStreetMap; {service} knows it only as {kinds}. "
        "Name the town or district around it, or give an OpenStreetMap file (--osm FILE.osm.pbf)"
    )
    return Problem("place", value=place, expected=expected)


def _kinds(results: list[Any]) -> list[str]:
    """Kinds of geometry among the places found, sorted."""
    shapes = [item.get("geojson") for item in results]
    return sorted({str((shape or {"type": "nothing"}).get("type")) for shape in shapes})


def _polygons(shape: Any) -> Area:
    """Make an outline valid, leaving out the lines and points that this may split off."""
    if shape.is_valid:
        return shape
    parts = shapely.get_parts(shapely.make_valid(shape))
    return shapely.union_all([part for part in parts if part.geom_type.endswith("Polygon")])


def download_area(
    area: Area, path: Path, *, settings: LiveSettings, sleep: Sleep = time.sleep
) -> dict[str, Any]:
    """Fetch the roads of an area and write them as an OpenStreetMap file.

    Parameters
    ----------
    area
        Outline in degrees. Roads up to 500 m outside it come too, and every way whole.
    path
        The file to write, ending in ``.osm.pbf`` (or ``.osm``); written whole or not at all.

    Returns
    -------
    dict
        ``service, osm_timestamp, ways, restrictions, attribution, from_cache``.

    Raises
    ------
    InputError
        The area is larger than ``max_area_km2``.
    RemoteServiceError
        The service did not answer, or not wholly, or knows no road there.
    """
    area = _polygons(area)
    _check_size(area, settings)
    key = (settings.overpass_url, settings.way_filter, shapely.to_wkt(area, rounding_precision=7))
    kept = _cache_path(settings, ".osm.pbf", *key)
    if kept is not None and kept.is_file():
        _write_whole(path, lambda to: _copy(kept, to))
        return {**_facts(path), "service": settings.overpass_url, "from_cache": True}
    guard = Guard(settings, sleep=sleep)
    not_osm = guard.failure(settings.overpass_url, "sent something that is not OpenStreetMap data")
    with osmnx_session(settings, guard):
        try:
            # Told to fetch only, OSMnx ends with this error.
            with contextlib.suppress(InterruptedError):
                ox.graph_from_polygon(area, custom_filter=settings.way_filter, retain_all=True)
            nodes, ways = collect(guard.answers)
        except NOT_OSM as error:
            raise not_osm from error
        if not ways:
            raise guard.failure(settings.overpass_url, "answered, but with no road in this area")
        missing = {node for way in ways for node in way["nodes"]} - nodes.keys()
        if missing:
            what = f"sent half an answer ({len(missing)} of the roads' points are missing)"
            raise guard.failure(settings.overpass_url, what)
        _ask_restrictions(nodes, settings)
        try:
            relations = restrictions(guard.answers[-1], ways)
            stamp = timestamp(guard.answers)
        except NOT_OSM as error:
            raise not_osm from error
    _write_whole(path, lambda to: write_osm(to, nodes.values(), ways, relations, stamp))
    if kept is not None:
        _write_whole(kept, lambda to: _copy(path, to))
    return {**_facts(path), "service": settings.overpass_url, "from_cache": False}


def _check_size(area: Area, settings: LiveSettings) -> None:
    # Lambert's cylindrical equal-area map: also right for outlines around the whole globe.
    flat = shapely.transform(
        area, lambda p: np.column_stack([np.radians(p[:, 0]), np.sin(np.radians(p[:, 1]))])
    )
    size_km2 = flat.area * _EARTH_RADIUS_KM**2
    if size_km2 > settings.max_area_km2:
        expected = (
            f"an area of at most {settings.max_area_km2:,.0f} km² (max_area_km2); for more, "
            "download an extract of the country or state and use it: --osm FILE.osm.pbf"
        )
        raise InputError(
            [Problem("place", "area", value=f"{size_km2:,.0f} km²", expected=expected)]
        )


def _ask_restrictions(nodes: dict[int, Any], settings: LiveSettings) -> None:
    """Ask for the turn restrictions around the roads; the guard keeps the answer."""
    lat = [item["lat"] for item in nodes.values()]
    lon = [item["lon"] for item in nodes.values()]
    box = f"({min(lat):.6f},{min(lon):.6f},{max(lat):.6f},{max(lon):.6f})"
    query = f'{settings.overpass_prefix};relation["type"="restriction"]{box};out;'
    headers = {"User-Agent": ox.settings.http_user_agent, "Referer": ox.settings.http_referer}
    requests.post(
        settings.overpass_url.rstrip("/") + "/interpreter",
        data={"data": query}, timeout=settings.timeout_s, headers=headers,
        **ox.settings.requests_kwargs,
    )  # fmt: skip


def _facts(path: Path) -> dict[str, Any]:
    counts = {"w": 0, "r": 0}
    reader = osmium.FileProcessor(str(path), osmium.osm.WAY | osmium.osm.RELATION)
    for item in reader:
        counts[item.type_str()] += 1
    stamp = reader.header.get("osmosis_replication_timestamp", "")
    return {"osm_timestamp": stamp, "ways": counts["w"], "restrictions": counts["r"],
            "attribution": ATTRIBUTION}  # fmt: skip


def _cache_path(settings: LiveSettings, suffix: str, *key: str) -> Path | None:
    if settings.cache_folder is None:
        return None
    text = json.dumps([_FORMAT, *key])
    return settings.cache_folder / (hashlib.sha256(text.encode()).hexdigest()[:32] + suffix)


def _copy(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())


def _write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the target, then rename: the target is whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
