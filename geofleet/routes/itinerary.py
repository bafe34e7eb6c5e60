"""From stops to traversals: snapping, quickest ways through the day, times and loads."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.fleet.model import Fleet
from geofleet.network.access import access_codes, edge_speeds_kmh
from geofleet.network.model import RoadNetwork
from geofleet.network.profile import VehicleProfile
from geofleet.network.routing import _kernels
from geofleet.network.routing.paths import RoutingGraph, connected_access
from geofleet.network.routing.turns import applies
from geofleet.routes import outcome
from geofleet.routes.model import Itineraries, Traversals
from geofleet.routes.profiles import vehicle_profile
from geofleet.routes.snap import Snapped, Snapper
from geofleet.routes.speeds import HourlySpeeds, hourly_speeds

__all__ = ["Driver", "RoadGroup", "build_itineraries", "misses", "road_groups"]

_log = logging.getLogger(__name__)
_SECONDS = 60.0
_KG_PER_T = 1000.0


@dataclass(frozen=True)
class RoadGroup:
    """Vehicles that may use the same roads at the same speeds, and their roads."""

    profile: VehicleProfile
    access: npt.NDArray[np.int8]
    caps_kmh: npt.NDArray[np.float64]
    vehicles: tuple[str, ...]

    def graph(
        self, network: RoadNetwork, u_turn_radius_m: float | None, defaults: Defaults
    ) -> RoutingGraph:
        """Build the ways these vehicles may take."""
        return RoutingGraph.build(
            network,
            allowed=self.access,
            caps_kmh=self.caps_kmh,
            profile=self.profile,
            u_turn_radius_m=u_turn_radius_m,
            defaults=defaults,
        )


def build_itineraries(
    network: RoadNetwork,
    fleet: Fleet,
    stops: pd.DataFrame,
    *,
    timezone: str,
    snap_limit_m: float | None = None,
    speeds: HourlySpeeds | None = None,
    u_turn_radius_m: float | None = None,
    workers: int | None = None,
    defaults: Defaults | None = None,
    progress: Callable[[float], None] | None = None,
) -> Itineraries:
    """Drive every vehicle-day through its stops on the quickest legal roads.

    Each vehicle follows its own profile: access rules, turn restrictions, its own speed limit.
    Speeds change with the hour by road class, also while a vehicle is under way (Ichoua, Gendreau
    and Potvin, 2003). A stop is served from the nearest usable link, in either direction on a
    two-way street; a vehicle may turn round at a stop, so a leg can begin on the other direction
    of the street where the last one ended. A vehicle waits for a window to open. Two
    stops at one place give no traversal between them.

    A stop that is too far from a usable road or that cannot be reached from the stop before is
    named in ``problems`` and stays in ``stops`` with its ``status``; the vehicle goes on from the
    last stop that it reached, with the goods still on board. Loads above the capacity, late
    starts and unknown vehicles are named too.

    Parameters
    ----------
    network, fleet
        Roads and vehicles.
    stops
        As in ``STOP_SCHEMA`` (:func:`geofleet.routes.read_stops`), any order; the first stop
        of a day by ``seq`` is where it begins, at its ``window_start`` (default row
        ``routing:departure_s``), after its service.
    timezone
        IANA name; times are local clock times on a day without clock change.
    snap_limit_m
        Farthest road for a stop; default row ``snap:limit_m``.
    speeds
        Speed factors by road class and hour; table ``traffic_speed_profile`` when not given.
    u_turn_radius_m
        See :meth:`geofleet.network.routing.paths.RoutingGraph.build`. A day in which a stop
        cannot be reached so is driven again with turning round allowed everywhere.
    workers
        Threads; one for each core when not given. The answer does not depend on it.
    progress
        Called with the fraction done.

    Returns
    -------
    Itineraries
        ``vehicle_days.return_s`` is the arrival at the last stop reached when that is a depot,
        else the end of service there.

    Raises
    ------
    InputError
        Stops without a place, a service time or a mass; a speed factor that is not above zero.
    """
    scope = (defaults or Defaults()).scope()
    table, problems = outcome.ordered(stops, fleet)
    hourly = speeds or hourly_speeds(network.edges["highway"], defaults=scope)
    snapper = Snapper(network, limit_m=snap_limit_m, defaults=scope)
    departure_s = scope.number("routing", "departure_s")
    groups = road_groups(network, fleet, table["vehicle_id"].unique().tolist(), scope)
    points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs="EPSG:4326")
    places = Snapped.nowhere(len(table))
    day_of_stop = table["vehicle_day"].to_numpy()
    days: dict[int, outcome.Day] = {}
    report = _counter(progress, len(table))
    for group in groups:
        mine = np.flatnonzero(table["vehicle_id"].isin(group.vehicles))
        places.put(mine, snapper.snap(points.iloc[mine], allowed=group.access))
        driver = Driver(group.graph(network, u_turn_radius_m, scope), hourly, table, places)
        numbers, first = np.unique(day_of_stop[mine], return_index=True)
        rows = dict(zip(numbers.tolist(), np.split(mine, first[1:]), strict=True))
        with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
            drive = partial(driver, departure_s=departure_s)
            for number, day in zip(rows, pool.map(drive, rows.values()), strict=True):
                days[number] = day
                report(len(day.arrive_s))
        stuck = [n for n, at in rows.items() if misses(days[n], places.edge[at])]
        if stuck:
            # nobody is stranded because it should not turn round near a restricted junction
            driver = Driver(group.graph(network, 0.0, scope), hourly, table, places)
            for number in stuck:
                days[number] = driver(rows[number], departure_s=departure_s)
    result = outcome.stop_table(table, days, places)
    problems += outcome.stop_problems(result, fleet, snapper.limit_m)
    frame = outcome.traversal_frame(days, result)
    vehicle_days = outcome.vehicle_days(result, fleet)
    _log.info(
        "routed %d vehicle-days with %d stops on %d graphs: %d traversals, %d problems",
        len(vehicle_days), len(result), len(groups), len(frame), len(problems),
    )  # fmt: skip
    return Itineraries(
        traversals=Traversals(frame, vehicle_days, timezone, scope.used),
        stops=gpd.GeoDataFrame(result, geometry=points.to_numpy(), crs="EPSG:4326"),
        problems=tuple(problems),
    )


def road_groups(
    network: RoadNetwork, fleet: Fleet, vehicle_ids: list[str], defaults: Defaults
) -> list[RoadGroup]:
    """Put vehicles together that may use the same roads at the same speeds."""
    limits = np.unique(network.edges["maxweight_t"].dropna().to_numpy(np.float64)) * _KG_PER_T
    rows = {str(vehicle_id): row for vehicle_id, row in fleet.vehicles.iterrows()}
    alike: dict[Any, tuple[VehicleProfile, list[str]]] = {}
    for vehicle_id in sorted(vehicle_ids):
        profile = vehicle_profile(rows[vehicle_id], defaults=defaults)
        # gross weights between the same two limits of this network open the same roads
        weight = int(np.searchsorted(limits, profile.gvw_kg))
        key = (profile.is_hgv, weight, replace(profile, name="", gvw_kg=0.0))
        alike.setdefault(key, (profile, []))[1].append(vehicle_id)
    free = network.arrays.speed_free_kmh
    found: dict[Any, RoadGroup] = {}
    for profile, members in alike.values():
        codes = access_codes(network, profile, defaults=defaults)
        speed = edge_speeds_kmh(network, profile)
        caps = np.where(speed < free, speed, profile.max_speed_kmh)
        binding = tuple(applies(rule, profile) for rule in network.turn_restrictions)
        same = (codes.tobytes(), caps.tobytes(), binding)
        if same in found:
            found[same] = replace(found[same], vehicles=(*found[same].vehicles, *members))
        else:
            access = connected_access(network, codes, profile=profile)
            found[same] = RoadGroup(profile, access, caps, tuple(members))
    return list(found.values())


class Driver:
    """Drives one vehicle-day after another over one graph."""

    def __init__(
        self,
        graph: RoutingGraph,
        hourly: HourlySpeeds,
        table: pd.DataFrame,
        places: Snapped,
    ) -> None:
        expansion = graph.expansion
        edge_indptr, edge_arcs = graph.edge_arcs
        self._roads = (
            expansion.indptr, expansion.arc_head, expansion.arc_edge, graph.arc_tail,
            edge_indptr, edge_arcs, expansion.edge_start,
            *graph.state_places,
            graph.arrays.length_m, graph.speed_ms, graph.cap_ms,
            hourly.edge_row, hourly.factors, graph.bound_ms(hourly.best),
        )  # fmt: skip
        twin = graph.arrays.twin
        usable = (twin >= 0) & (graph.access[twin] != 0)
        self._twin = np.where(usable, twin, -1).astype(np.int32)
        self._edge, self._fraction = places.edge, places.fraction
        self._service = table["service_min"].to_numpy(np.float64) * _SECONDS
        self._opens = table["window_start"].to_numpy(np.float64)
        self._closes = table["window_end"].to_numpy(np.float64)

    def __call__(self, rows: npt.NDArray[np.intp], *, departure_s: float) -> outcome.Day:
        """Drive the stops in ``rows``, one vehicle-day in order."""
        edge = self._edge[rows]
        twin = np.where(edge >= 0, self._twin[edge], -1).astype(np.int32)
        depart = self._opens[rows[0]]
        if np.isnan(depart):
            depart = departure_s
        *at_stops, edges, stop_before, links = _kernels.drive_day(
            *self._roads,
            edge,
            twin,
            self._fraction[rows],
            self._service[rows],
            self._opens[rows],
            self._closes[rows],
            depart,
        )
        return outcome.Day._make((*at_stops, edges, stop_before, *links.T))


def misses(day: outcome.Day, edge: npt.NDArray[np.int32]) -> bool:
    """Say whether a stop that lies on a road was not reached."""
    return bool(((day.reached == 0) & (edge >= 0)).any())


def _counter(progress: Callable[[float], None] | None, total: int) -> Callable[[int], None]:
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done / total)

    return count
