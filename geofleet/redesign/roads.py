"""From a road network to the legs of a task: snapping, and the ways between all places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.charging import Charger
from geofleet.energy.paths import EnergyRoads, EnergyUse, LegTable, PathBlend, leg_table
from geofleet.errors import InputError, Problem
from geofleet.network.model import RoadNetwork
from geofleet.network.routing.paths import RoutingGraph
from geofleet.network.routing.places import Place
from geofleet.redesign.model import Task, VehicleType
from geofleet.redesign.orders import check_orders
from geofleet.routes.snap import Snapper
from geofleet.routes.speeds import HourlySpeeds, hourly_speeds

__all__ = ["link_time_s", "task_on_roads"]

Floats = npt.NDArray[np.float64]


def link_time_s(
    network: RoadNetwork,
    graph: RoutingGraph,
    *,
    hour: int | None = None,
    speeds: HourlySpeeds | None = None,
    defaults: Defaults | None = None,
) -> Floats:
    """Return the time over each link at an hour, or at the slowest hour of its road class.

    Parameters
    ----------
    network, graph
        Roads, and the ways of the vehicle over them.
    hour
        Local hour; the slowest of the day for each class when not given, so that a plan made with
        it is not late at any hour.
    speeds
        Factors by road class and hour; table ``traffic_speed_profile`` when not given.

    Raises
    ------
    InputError
        An hour that is none.
    """
    if hour is not None and hour not in range(24):
        raise InputError([Problem("link times", "hour", 0, str(hour), "an hour from 0 to 23")])
    scope = (defaults or Defaults()).scope()
    hourly = speeds or hourly_speeds(network.edges["highway"], defaults=scope)
    factors = hourly.factors.min(axis=1) if hour is None else hourly.factors[:, hour]
    speed = np.minimum(graph.speed_ms * factors[hourly.edge_row], graph.cap_ms)
    with np.errstate(divide="ignore", invalid="ignore"):
        time = graph.arrays.length_m / speed
    return np.where(graph.access != 0, time, 0.0)


def task_on_roads(
    network: RoadNetwork,
    orders: pd.DataFrame,
    depots: pd.DataFrame,
    vehicles: Sequence[VehicleType],
    roads: Mapping[str, EnergyRoads | tuple[RoutingGraph, Floats]],
    *,
    chargers: Sequence[Charger] = (),
    charger_places: pd.DataFrame | None = None,
    snap_limit_m: float | None = None,
    defaults: Defaults | None = None,
) -> Task:
    """Return a task whose legs are the ways of least money over the roads.

    Parameters
    ----------
    network
        The roads.
    orders, depots, vehicles
        As in :class:`geofleet.redesign.Task`.
    roads
        By name of the vehicle type its ways with energy by load, or, for a vehicle whose energy
        does not matter, its graph and the seconds over each link (:func:`link_time_s`).
    chargers, charger_places
        Where vehicles may charge; ``node`` is set here.
    snap_limit_m
        Farthest road for a place; default row ``snap:limit_m``.

    Raises
    ------
    InputError
        Every fault of the tables, and places too far from a road that the vehicle may use.
    """
    orders = check_orders(orders)
    first = len(depots) + len(orders)
    numbered = tuple(
        Charger(c.charger_id, first + i, c.curve, c.open_s, c.wait_s, c.price_per_kwh)
        for i, c in enumerate(chargers)
    )
    if chargers and charger_places is None:
        raise InputError([Problem("charger_places", expected="lat and lon of each charger")])
    tables = [("depots", depots), ("orders", orders)]
    if charger_places is not None:
        tables.append(("charger_places", charger_places))
    missing = [vehicle.name for vehicle in vehicles if vehicle.name not in roads]
    if missing:
        expected = "ways for every vehicle type"
        raise InputError([Problem("roads", name, expected=expected) for name in missing])
    snapper = Snapper(network, limit_m=snap_limit_m, defaults=defaults)
    legs: dict[str, LegTable] = {}
    made: dict[tuple[int, PathBlend], LegTable] = {}
    for vehicle in vehicles:
        ways = roads[vehicle.name]
        blend = _blend(vehicle)
        key = (id(ways), blend)
        if key not in made:
            made[key] = _legs(ways, tables, vehicle, blend, snapper)
        legs[vehicle.name] = made[key]
    return Task(orders, depots, tuple(vehicles), legs, numbered, charger_places)


def _blend(vehicle: VehicleType) -> PathBlend:
    if not (vehicle.per_kwh or vehicle.per_h or vehicle.per_km):
        return PathBlend(energy_per_kwh=0.0, time_per_h=1.0)
    return PathBlend(vehicle.per_kwh, vehicle.per_h, vehicle.per_km)


def _legs(
    ways: EnergyRoads | tuple[RoutingGraph, Floats],
    tables: Sequence[tuple[str, pd.DataFrame]],
    vehicle: VehicleType,
    blend: PathBlend,
    snapper: Snapper,
) -> LegTable:
    unknown = isinstance(ways, tuple)
    if isinstance(ways, tuple):
        if vehicle.electric or vehicle.per_kwh > 0.0:
            expected = "ways with energy (EnergyRoads): the vehicle is electric or pays for energy"
            raise InputError([Problem("roads", vehicle.name, expected=expected)])
        graph, time = ways
        ways = EnergyRoads(graph, np.zeros(graph.arrays.edge_count), time_s=time)
    places = _places(ways.graph, tables, vehicle, snapper)
    heaviest = ways.payload_kg[-1]
    load = min(0.5 * vehicle.capacity_kg, heaviest)
    table = leg_table(ways, places, places, blend=blend, payload_kg=load)
    if not unknown:
        return table
    nothing = EnergyUse(*(np.full_like(values, np.nan) for values in table.energy))
    return LegTable(table.time_s, table.length_m, nothing, table.payload_kg)


def _places(
    graph: RoutingGraph,
    tables: Sequence[tuple[str, pd.DataFrame]],
    vehicle: VehicleType,
    snapper: Snapper,
) -> list[Place]:
    places, problems = [], []
    for name, table in tables:
        points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs="EPSG:4326")
        found = snapper.snap(points, allowed=graph.access)
        for row, (edge, part, far) in enumerate(
            zip(found.edge.tolist(), found.fraction.tolist(), found.distance_m.tolist(),
                strict=True), start=1,
        ):  # fmt: skip
            if edge >= 0:
                places.append(Place(edge, part))
                continue
            expected = (
                f"a place within {snapper.limit_m:g} m of a road that a {vehicle.name} may use; "
                f"the nearest is at {far:.0f} m"
            )
            value = ", ".join(str(table[c].iloc[row - 1]) for c in ("lat", "lon"))
            problems.append(Problem(name, "lat, lon", row, value, expected))
    if problems:
        raise InputError(problems)
    return places
