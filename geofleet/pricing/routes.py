"""Routes between two points: the fastest, the cheapest, the least harmful, and what they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.pricing.model import COST, DISTANCE, TIME, Blend, LinkPrices, meaning_of
from geofleet.pricing.search import Path, Place, Search, whole_milliseconds, whole_steps
from geofleet.routes.snap import Snapper

__all__ = ["RouteChoices", "alternatives", "best_path", "detour_limit", "places_of"]

Point = tuple[float, float]

_TABLE = "pricing"
_EXACT, _BOUNDED, _SUPPORTED = (
    "shortest path", "within the longest detour", "within the longest detour, convex frontier only",
)  # fmt: skip
_DEFAULT = ("fastest", "cheapest", "least_harm")


@dataclass(frozen=True)
class RouteChoices:
    """Routes between two points at one hour, and what they cost.

    Parameters
    ----------
    table
        One row per route, index ``route``: every price (``time_s``, ``distance_m``, ``cost``,
        harms, grams), ``extra_<price>`` over the first route, ``saved_harm_share`` of it,
        ``how`` it was found, and for points of a frontier whether it is a corner of the convex one.
    paths
        Links of each route.
    prices, hour
        What they were priced with.
    truncated
        A frontier whose search stopped early: slower routes are missing.
    """

    table: pd.DataFrame
    paths: Mapping[str, Path]
    prices: LinkPrices
    hour: int
    truncated: bool = False

    def to_text(self) -> str:
        """Return a short table for people: minutes, kilometres, cost, harm and what is saved."""
        prices, lines = self.prices, []
        unit = meaning_of(prices.harm)[0]
        for route, row in self.table.iterrows():
            share = 100.0 * float(row["saved_harm_share"])
            first = row.name == self.table.index[0] or np.isnan(share)
            saved = "" if first else f", {share:.1f} % saved"
            lines.append(
                f"{route!s:<11}{row[TIME] / 60.0:7.1f} min {row[DISTANCE] / 1000.0:7.2f} km "
                f"{row[COST]:9.2f} {prices.currency} {row[prices.harm]:10.4g} {unit}{saved}"
            )
        return "\n".join(lines)

    def routes(self) -> gpd.GeoDataFrame:
        """Return one line per route with the columns of ``table``, EPSG:4326."""
        lines = [_line(_pieces(self.prices, self.paths[name])) for name in self.table.index]
        frame = self.table.reset_index()
        return gpd.GeoDataFrame(frame, geometry=lines, crs="EPSG:4326")

    def legs(self) -> gpd.GeoDataFrame:
        """Return one row per route and link driven, EPSG:4326.

        ``route, seq, edge, name, highway, from_fraction, to_fraction`` and every price of the
        part that is driven.
        """
        parts = []
        for route, path in self.paths.items():
            edges = self.prices.network.edges.iloc[path.edges]
            columns: dict[str, Any] = {
                "route": route,
                "seq": np.arange(len(path.edges)),
                "edge": path.edges,
                "name": edges["name"].to_numpy(object),
                "highway": edges["highway"].to_numpy(object),
                "from_fraction": path.from_fraction,
                "to_fraction": path.to_fraction,
            }
            for name in self.prices.names:
                columns[name] = self.prices.at(name, self.hour)[path.edges] * path.share
            geometry = _pieces(self.prices, path)
            parts.append(gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326"))
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4326")


def alternatives(
    prices: LinkPrices,
    origin: Point | Place,
    destination: Point | Place,
    *,
    hour: int,
    objectives: Sequence[str] = _DEFAULT,
    blend: Blend | None = None,
    max_detour: float | None = None,
    defaults: Defaults | None = None,
) -> RouteChoices:
    """Return the best routes between two points by several objectives.

    Prices of the hour of departure hold for the whole trip. Turn restrictions, truck access and
    one-way streets are those of the routing graph of the prices. Of equal routes the faster is
    taken; of equally fast ones that of least harm.

    Parameters
    ----------
    prices
        As :func:`geofleet.pricing.link_prices` makes them.
    origin, destination
        Longitude and latitude, snapped to the nearest usable link, or places on links.
    hour
        Local hour of departure.
    objectives
        Of ``OBJECTIVES``: ``fastest``, ``shortest``, ``cheapest``, ``least_co2e``, ``least_harm``,
        ``blended``.
    blend
        Weights of ``blended``.
    max_detour
        Longest time of a route over that of the fastest; row ``pricing:maximum_detour`` when not
        given, infinity for none. A route that would take longer is replaced by the best of those
        that do not, found on the whole frontier.

    Returns
    -------
    RouteChoices
        ``fastest`` always first.

    Raises
    ------
    InputError
        Points too far from a usable road, no legal way between them, unknown objectives or hours.
    """
    scope = (defaults or Defaults()).scope()
    limit = detour_limit(max_detour, scope)
    start, end = places_of(prices, (origin, destination), scope)
    most = int(scope.number(_TABLE, "frontier_labels"))
    paths: dict[str, Path] = {}
    how: dict[str, str] = {}
    for name in dict.fromkeys(("fastest", *objectives)):
        fastest = paths.get("fastest")
        longest = np.inf if fastest is None else limit * fastest.first
        paths[name], how[name] = best_path(
            prices, start, end, hour=hour, objective=name, blend=blend, longest_ms=longest,
            most=most,
        )  # fmt: skip
    table = _compared(prices, paths, hour)
    table["how"] = pd.Series(how)
    return RouteChoices(table, paths, prices, hour)


def best_path(
    prices: LinkPrices,
    origin: Place,
    destination: Place,
    *,
    hour: int,
    objective: str,
    blend: Blend | None = None,
    longest_ms: float,
    most: int,
) -> tuple[Path, str]:
    """Return the best path by one objective within a longest time, and how it was found.

    ``Path.first`` is the time in milliseconds.

    Raises
    ------
    InputError
        There is no legal way.
    """
    time = whole_milliseconds(prices.at(TIME, hour))
    by = prices.harm if objective == "fastest" else objective
    price = prices.at(by, hour) if by == prices.harm else prices.objective(by, hour, blend=blend)
    search = Search(prices.ways, origin, destination, time, whole_steps(price))
    path = search.least(by=0 if objective == "fastest" else 1)
    if path is None:
        kind = prices.vehicle_class
        expected = f"a destination that a {kind} can reach; there is no legal way to it"
        if prices.report.get("links_of_unknown_harm_excluded"):
            expected += " over links whose harm is known"
        raise InputError([Problem("route", "destination", expected=expected)])
    if path.first <= longest_ms:
        return path, _EXACT
    bounded, exact = search.within(longest_ms, most=most)
    # the fastest route is within the limit, so there is always one
    assert bounded is not None
    return bounded, _BOUNDED if exact else _SUPPORTED


def detour_limit(given: float | None, defaults: Defaults) -> float:
    """Return the longest time of a route over that of the fastest.

    Raises
    ------
    InputError
        Less than 1, or no number.
    """
    expected = "a factor of at least 1"
    if given is None:
        rows = CheckedRows(defaults)
        factor = rows.number(_TABLE, "maximum_detour", 1.0, np.inf, expected)
        rows.finish()
        return factor
    if not given >= 1.0:
        raise InputError([Problem("max_detour", value=str(given), expected=expected)])
    return given


def places_of(
    prices: LinkPrices, points: Sequence[Point | Place], defaults: Defaults
) -> list[Place]:
    """Return points as places on links that the vehicle may use.

    Raises
    ------
    InputError
        Points that are no longitude and latitude, or too far from a usable road; places on links
        that the vehicle may not use.
    """
    names = ("origin", "destination") if len(points) == 2 else [str(i) for i in range(len(points))]
    problems, found = [], dict[int, Place]()
    lonlat = []
    access = prices.graph.access
    for number, point in enumerate(points):
        if isinstance(point, Place):
            found[number] = point
            good = 0 <= point.edge < len(access) and access[point.edge] != 0
            if not (good and 0.0 <= point.fraction <= 1.0):
                expected = f"a link that a {prices.vehicle_class} may use, and a part from 0 to 1"
                problems.append(Problem("route", names[number], 0, str(point), expected))
        elif abs(point[0]) <= 180.0 and abs(point[1]) <= 90.0:
            lonlat.append(number)
        else:
            expected = "longitude and latitude in degrees (EPSG:4326)"
            problems.append(Problem("route", names[number], 0, str(point), expected))
    snapper = Snapper(prices.network, defaults=defaults)
    places = gpd.GeoSeries([shapely.Point(points[i]) for i in lonlat], crs="EPSG:4326")
    snapped = snapper.snap(places, allowed=access)
    for row, number in enumerate(lonlat):
        if snapped.edge[row] < 0:
            expected = (
                f"a place within {snapper.limit_m:g} m of a road that a {prices.vehicle_class} may "
                f"use; the nearest is at {snapped.distance_m[row]:.0f} m"
            )
            problems.append(Problem("route", names[number], 0, str(points[number]), expected))
        else:
            found[number] = Place(int(snapped.edge[row]), float(snapped.fraction[row]))
    if problems:
        raise InputError(problems)
    return [found[number] for number in range(len(points))]


def _compared(prices: LinkPrices, paths: Mapping[str, Path], hour: int) -> pd.DataFrame:
    """Return the prices of paths and their differences to the first."""
    table = pd.DataFrame({name: prices.totals(path, hour) for name, path in paths.items()}).T
    table.index.name = "route"
    first = table.iloc[0]
    for name in prices.names:
        table[f"extra_{name}"] = table[name] - first[name]
    harm = float(first[prices.harm])
    # of no harm nothing can be saved: the share is unknown, not zero
    saved = harm - table[prices.harm]
    table["saved_harm_share"] = saved / harm if harm > 0.0 else np.nan
    return table


def _pieces(prices: LinkPrices, path: Path) -> npt.NDArray[np.object_]:
    """Return the driven part of each link as a line in EPSG:4326."""
    network = prices.network
    lines: npt.NDArray[np.object_] = network.edges.geometry.to_numpy()[path.edges].copy()
    part = np.flatnonzero(path.share < 1.0)
    if len(part):
        metric = network.edges_metric.to_numpy()[path.edges[part]]
        cut = [
            shapely.ops.substring(line, path.from_fraction[i], path.to_fraction[i], normalized=True)
            for line, i in zip(metric, part.tolist(), strict=True)
        ]
        back = gpd.GeoSeries(cut, crs=network.crs_metric).to_crs("EPSG:4326")
        lines[part] = back.to_numpy()
    return lines


def _line(pieces: npt.NDArray[np.object_]) -> shapely.LineString:
    """Join lines end to end."""
    points = shapely.get_coordinates(pieces)
    if len(points) < 2:
        return shapely.LineString()
    new = np.append(True, np.any(np.diff(points, axis=0) != 0.0, axis=1))
    points = points[new]
    return shapely.LineString(points if len(points) > 1 else np.repeat(points, 2, axis=0))
