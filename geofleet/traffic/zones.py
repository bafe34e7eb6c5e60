"""Flows of a whole fleet from what is in the zones of a city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.network.access import access_codes
from geofleet.network.model import RoadNetwork
from geofleet.network.profile import VehicleProfile
from geofleet.network.routing.paths import RoutingGraph, connected_access, many_to_many
from geofleet.routes.profiles import vehicle_profile
from geofleet.routes.speeds import hourly_speeds
from geofleet.traffic.assign import assign
from geofleet.traffic.connectors import zone_connectors
from geofleet.traffic.demand import demand_group, fleet_km, trip_ends
from geofleet.traffic.distribution import Balanced, deterrence, gravity
from geofleet.traffic.expand import expand_flows
from geofleet.traffic.model import LinkFlows
from geofleet.traffic.places import check_zones
from geofleet.traffic.split import ClassSplit

__all__ = ["flows_from_zones"]

_TABLE = "traffic_demand"
_KM = 1e-3
_MINUTE_S = 60.0
_MS = 1000.0

Floats = npt.NDArray[np.float64]


class _Settings(NamedTuple):
    draws: int
    spread_ms: float
    hour: int
    connectors: int
    limit_m: float
    near_share: float


@dataclass(frozen=True)
class _Ways:
    """The roads of vehicles that may use the same links at the same speeds, and zones on them."""

    graph: RoutingGraph
    connectors: npt.NDArray[np.int32]
    minutes: Floats


class _Loaded(NamedTuple):
    """Trips of a demand group on the roads of some classes, before scaling."""

    vehicles: Floats
    lost: float
    standing: float
    balanced: Balanced
    unserved: npt.NDArray[np.bool_]
    unserved_ends: float


def flows_from_zones(
    network: RoadNetwork,
    zones: gpd.GeoDataFrame,
    fleet: Mapping[str, float],
    *,
    columns: Mapping[str, str],
    id_column: str = "zone_id",
    annual_km: Mapping[str, float] | None = None,
    days: float | None = None,
    day_kind: str = "average",
    seed: int = 0,
    draws: int | None = None,
    spread_s: float | None = None,
    connectors: int | None = None,
    file: str = "zones",
    defaults: Defaults | None = None,
) -> LinkFlows:
    """Work out the flows of a fleet of which only the size is known.

    Trip ends of each zone from what is in it (:func:`trip_ends`); trips between zones by the
    doubly constrained gravity model (:func:`gravity`) over travel times on the network; ways by
    multi-path assignment (:func:`assign`), with the access rules, turn restrictions and speeds of
    each vehicle class; hours by the profile of the group. The trips of each class are scaled so
    that its vehicle-km are its vehicles times annual distance over days a year (times
    the level of the day, where ``day_kind`` is not ``average``).

    Parameters
    ----------
    network
        The roads.
    zones
        Areas or points, in any CRS.
    fleet
        Vehicles of each class at work on this network.
    columns
        ``{"population": …, "shops": …, "industry": …}``: the columns of ``zones``, any of them.
    annual_km
        Distance of a vehicle of each class on this network; default rows
        ``traffic_demand:annual_km.<class>``.
    days
        Days a year; default row ``days_per_year``.
    seed
        Of the perceived link times.
    draws, spread_s, connectors
        Sets of perceived times, their variance over mean, connectors of each zone; default rows
        ``assignment.draws``, ``assignment.spread_s``, ``connectors.per_zone``.

    Returns
    -------
    LinkFlows
        ``report`` names zones without a road for a class and the share of trip ends in them, the
        share of trips within one junction, trips a day, and mean length of a trip.

    Raises
    ------
    InputError
        Every fault of zones, fleet and rows; a class that can reach no zone.
    """
    scope = (defaults or Defaults()).scope()
    check_zones(zones, id_column, polygons=False, file=file)
    settings = _settings(draws, spread_s, connectors, scope)
    daily_km = fleet_km(fleet, annual_km, days=days, defaults=scope)
    group_of = {name: demand_group(name, defaults=scope) for name in daily_km}
    groups = tuple(dict.fromkeys(group_of.values()))
    ends = trip_ends(zones, columns, groups, file=file, defaults=scope)
    ids = zones[id_column].astype(str).to_numpy(object)
    split = ClassSplit({}, day_kind=day_kind, defaults=scope)
    length_km = network.arrays.length_m * _KM
    ways: dict[bytes, _Ways] = {}
    key_of: dict[str, bytes] = {}
    for name in daily_km:
        profile = vehicle_profile(pd.Series({"vehicle_class": name}), defaults=scope)
        key, allowed, caps = _signature(network, profile, scope)
        if key not in ways:
            ways[key] = _build(network, zones, profile, allowed, caps, settings, scope)
        key_of[name] = key
    loads: dict[tuple[bytes, str], _Loaded] = {}
    for key in ways:
        on_them = tuple(dict.fromkeys(group_of[name] for name in key_of if key_of[name] == key))
        found = _load(ways[key], {g: ends[g] for g in on_them}, settings, seed, ids, scope)
        loads |= {(key, group): loaded for group, loaded in found.items()}
    daily: dict[str, Floats] = {}
    report: dict[str, Any] = {"zones": len(zones), "seed": seed, "draws": settings.draws}
    for name, km in daily_km.items():
        loaded = loads[key_of[name], group_of[name]]
        raw_km = float((loaded.vehicles * length_km).sum())
        if not raw_km > 0:
            expected = f"zones between which a {name} can drive on this network"
            raise InputError([Problem(file, id_column, value=name, expected=expected)])
        wanted = km * split.driven(name).level
        daily[name] = loaded.vehicles * (wanted / raw_km)
        report[name] = _notes(loaded, wanted / raw_km, wanted, ids)
    used = np.flatnonzero(np.any(list(daily.values()), axis=0))
    daily = {name: values[used] for name, values in daily.items()}
    classes, vehicles = expand_flows(daily, split)
    return LinkFlows.of(
        network, used, classes, vehicles, day_kind=day_kind, report=report, provenance=scope.used
    )


def _settings(
    draws: int | None, spread_s: float | None, connectors: int | None, defaults: Defaults
) -> _Settings:
    rows = CheckedRows(defaults)

    def number(given: float | None, row: str, low: float, high: float) -> float:
        expected = f"a number from {low:g} to {high:g}"
        if given is None:
            return rows.number(_TABLE, row, low, high, expected)
        if not low <= given <= high:
            rows.problems.append(Problem("traffic", row, 0, str(given), expected))
        return float(given)

    values = (
        number(draws, "assignment.draws", 1, 1000),
        number(spread_s, "assignment.spread_s", 0, 3600) * _MS,
        number(None, "assignment.hour", 0, 23),
        number(connectors, "connectors.per_zone", 1, 100),
        number(None, "connectors.limit_m", 0, 1e5),
        number(None, "intrazonal.share_of_nearest", 0, 10),
    )
    rows.finish()
    return _Settings(int(values[0]), values[1], int(values[2]), int(values[3]), *values[4:])


def _signature(
    network: RoadNetwork, profile: VehicleProfile, defaults: Defaults
) -> tuple[bytes, npt.NDArray[np.int8], Floats]:
    """Return what tells vehicles with other ways apart, access codes and speed caps."""
    allowed = access_codes(network, profile, defaults=defaults)
    caps = np.full(len(allowed), profile.max_speed_kmh)
    if profile.is_hgv and "maxspeed_hgv_kmh" in network.edges.columns:
        tagged = network.edges["maxspeed_hgv_kmh"].to_numpy(np.float64, na_value=np.nan)
        caps = np.fmin(caps, tagged)
    return allowed.tobytes() + caps.tobytes() + bytes([profile.is_hgv]), allowed, caps


def _build(
    network: RoadNetwork,
    zones: gpd.GeoDataFrame,
    profile: VehicleProfile,
    allowed: npt.NDArray[np.int8],
    caps_kmh: Floats,
    settings: _Settings,
    defaults: Defaults,
) -> _Ways:
    access = connected_access(network, allowed, profile=profile)
    speeds = hourly_speeds(network.edges["highway"], defaults=defaults)
    factor = speeds.factors[speeds.edge_row, settings.hour]
    graph = RoutingGraph.build(
        network, allowed=access, speeds_kmh=network.arrays.speed_free_kmh * factor,
        caps_kmh=caps_kmh, profile=profile, defaults=defaults,
    )  # fmt: skip
    places = zone_connectors(
        network, zones, access, count=settings.connectors, limit_m=settings.limit_m,
        defaults=defaults,
    )  # fmt: skip
    return _Ways(graph, places, _minutes(graph, places, settings.near_share))


def _minutes(graph: RoutingGraph, connectors: npt.NDArray[np.int32], near_share: float) -> Floats:
    """Return travel times between zones: from the middle connector to all, averaged.

    Within a zone, from its middle connector to its others; where it has but one, a share of the
    time to the nearest other zone.
    """
    zones, each = connectors.shape
    minutes = np.full((zones, zones), np.inf)
    served = np.flatnonzero(connectors[:, 0] >= 0)
    if not len(served):
        return minutes
    middle = connectors[served, each // 2]
    targets = connectors[served].ravel()
    seconds, _ = many_to_many(graph, middle, targets)
    by_connector = seconds.reshape(len(served), len(served), each) / _MINUTE_S
    times = by_connector.mean(axis=2)
    inside = np.einsum("iik->ik", by_connector)
    others = connectors[served] != middle[:, None]
    away = times.copy()
    np.fill_diagonal(away, np.inf)
    nearest = away.min(axis=1) if len(served) > 1 else np.full(1, np.inf)
    nearest = np.where(np.isfinite(nearest), nearest, 0.0)
    count = others.sum(axis=1)
    own = np.where(others, inside, 0.0).sum(axis=1) / np.maximum(count, 1)
    np.fill_diagonal(times, np.where(count > 0, own, near_share * nearest))
    minutes[np.ix_(served, served)] = times
    return minutes


def _load(
    ways: _Ways,
    ends: Mapping[str, Floats],
    settings: _Settings,
    seed: int,
    ids: npt.NDArray[np.object_],
    defaults: Defaults,
) -> dict[str, _Loaded]:
    """Distribute and assign the trips of the demand groups that share these ways."""
    tables: dict[str, Balanced] = {}
    unserved: dict[str, npt.NDArray[np.bool_]] = {}
    shares: dict[str, float] = {}
    for group, amounts in ends.items():
        rows = CheckedRows(defaults)
        row = f"deterrence.{group}"
        beta = rows.number(_TABLE, f"{row}.beta_per_min", 0.0, 10.0, "a number from 0 to 10")
        alpha = rows.number(_TABLE, f"{row}.alpha", -10.0, 10.0, "a number from -10 to 10")
        rows.finish()
        willingness = deterrence(ways.minutes, beta_per_min=beta, alpha=alpha)
        served = (ways.connectors[:, 0] >= 0) & (willingness.sum(axis=1) > 0)
        served &= willingness.sum(axis=0) > 0
        wanted = np.where(served, amounts, 0.0)
        if not wanted.sum() > 0:
            expected = "a zone with trip ends on or near a road that trucks may use"
            first = ", ".join(map(str, ids[:3]))
            raise InputError([Problem("zones", "geometry", value=first, expected=expected)])
        tables[group] = gravity(wanted, wanted, willingness)
        unserved[group] = (amounts > 0) & ~served
        shares[group] = 1.0 - float(wanted.sum() / amounts.sum())
    done = assign(
        ways.graph, np.stack([table.trips for table in tables.values()]), ways.connectors,
        draws=settings.draws, spread_ms=settings.spread_ms, seed=seed,
    )  # fmt: skip
    return {
        group: _Loaded(
            done.vehicles[i], float(done.lost[i]), float(done.standing[i]), tables[group],
            unserved[group], shares[group],
        )
        for i, group in enumerate(tables)
    }  # fmt: skip


def _notes(
    loaded: _Loaded, factor: float, km: float, ids: npt.NDArray[np.object_]
) -> dict[str, Any]:
    trips = float(loaded.balanced.trips.sum())
    moving = trips - loaded.lost - loaded.standing
    return {
        "vehicle_km": km,
        "trips": trips * factor,
        "mean_trip_km": km / (moving * factor) if moving > 0 else 0.0,
        "share_of_trips_within_a_junction": loaded.standing / trips,
        "share_of_trips_without_way": loaded.lost / trips,
        "zones_without_road": ids[loaded.unserved].tolist(),
        "share_of_trip_ends_in_them": loaded.unserved_ends,
        "gravity_error": loaded.balanced.largest_error,
    }
