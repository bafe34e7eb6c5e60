"""From a vehicle-day and charging stations on roads to an instance and its route."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.battery import Battery
from geofleet.energy.charging.model import ChargingInstance, FixedRoute
from geofleet.energy.charging.stations import chargers_for
from geofleet.energy.paths import EnergyRoads, PathBlend, leg_table
from geofleet.errors import InputError, Problem
from geofleet.network.model import RoadNetwork
from geofleet.network.routing.places import Place
from geofleet.routes.snap import Snapper

__all__ = ["route_on_roads"]

Floats = npt.NDArray[np.float64]

_MINUTE_S = 60.0
_SLACK = 1e-9


def route_on_roads(
    network: RoadNetwork,
    roads: EnergyRoads,
    stops: pd.DataFrame,
    stations: pd.DataFrame,
    battery: Battery,
    *,
    start_wh: float,
    reserve_wh: float = 0.0,
    end_wh: float = 0.0,
    start_s: float | None = None,
    usable_wh: float | None = None,
    blend: PathBlend | None = None,
    snap_limit_m: float | None = None,
    defaults: Defaults | None = None,
) -> tuple[ChargingInstance, FixedRoute]:
    """Return a vehicle-day as a route on which chargers may be visited by road.

    Between all stops and stations the quickest ways are driven (or those of least ``blend``), and
    the energy of each is that of its links with the load on board: net, the most that is needed
    on the way, and what a full battery refuses on a descent.

    Parameters
    ----------
    network, roads
        The roads, and the ways of the vehicle with time and energy by load.
    stops
        One vehicle-day in driving order: ``stop_id, lat, lon, service_min``, and where known
        ``payload_kg`` (on board when leaving; else empty) and ``window_start, window_end``
        (seconds after midnight).
    stations
        As :func:`geofleet.energy.charging.read_stations` returns them.
    battery
        What is charged.
    start_wh, reserve_wh, end_wh
        Energy in the beginning, at any time, at the end.
    start_s
        Seconds after midnight; the window of the first stop when not given.
    usable_wh
        Energy of the full battery of today; that of ``battery`` when not given.
    snap_limit_m
        Farthest road for a place; default row ``snap:limit_m``.

    Raises
    ------
    InputError
        Stops and stations without coordinates or too far from a road, stops that cannot be
        reached from the one before, loads beyond those of ``roads``: all of them, by name.
    """
    snapper = Snapper(network, limit_m=snap_limit_m, defaults=defaults)
    problems: list[Problem] = []
    places = _snapped(roads, snapper, stops, "stops", "stop_id", problems)
    places += _snapped(roads, snapper, stations, "charging stations", "charger_id", problems)
    if len(stops) < 2:
        problems.append(Problem("stops", "", 0, str(len(stops)), "at least two stops"))
    loads = _loads(roads, stops, problems)
    if start_s is None and not _column(stops, "window_start").notna().iloc[:1].any():
        expected = "when the vehicle leaves: start_s, or the first stop's window_start"
        problems.append(Problem("stops", "window_start", 1, expected=expected))
    if problems:
        raise InputError(problems)
    table = leg_table(
        roads, places, places, blend=blend or PathBlend(0.0, 1.0),
        payload_kg=float(np.mean(loads)) if len(roads.payload_kg) > 1 else 0.0,
    )  # fmt: skip
    full = battery.usable_wh if usable_wh is None else usable_wh
    drawn, need, refused, swing = (_at_loads(v, table.payload_kg, loads) for v in table.energy)
    # no battery of this size gets over such a leg, however full
    need = np.where(swing > full - reserve_wh + _SLACK * full, np.inf, need)
    count = len(stops)
    _check_gaps(table.time_s[:count, :count], stops)
    names = (*stops["stop_id"].astype(str), *stations["charger_id"].astype(str))
    instance = ChargingInstance(
        table.time_s, drawn,
        chargers_for(stations, battery, first_node=count, usable_wh=usable_wh, defaults=defaults),
        full, reserve_wh, need, refused, names,
    )  # fmt: skip
    opens = _column(stops, "window_start").fillna(-np.inf)
    late = _column(stops, "window_end").fillna(np.inf)
    begin = float(opens.iloc[0]) if start_s is None else start_s
    route = FixedRoute(
        tuple(range(count)), start_wh, begin,
        service_s=tuple((stops["service_min"].astype(float) * _MINUTE_S).tolist()),
        window_s=tuple(zip(opens.tolist(), late.tolist(), strict=True)),
        layers=tuple(range(count - 1)), end_wh=end_wh,
    )  # fmt: skip
    return instance, route


def _column(stops: pd.DataFrame, name: str) -> pd.Series:
    if name not in stops:
        return pd.Series(np.nan, index=stops.index)
    return stops[name].astype(float)


def _snapped(
    roads: EnergyRoads, snapper: Snapper, table: pd.DataFrame, file: str, key: str,
    problems: list[Problem],
) -> list[Place]:  # fmt: skip
    """Return where the rows lie on the roads; those that do not are named."""
    lat, lon = (table[name].to_numpy(np.float64, na_value=np.nan) for name in ("lat", "lon"))
    known = np.isfinite(lat) & np.isfinite(lon)
    points = gpd.GeoSeries.from_xy(
        np.where(known, lon, 0.0), np.where(known, lat, 0.0), crs="EPSG:4326"
    )
    found = snapper.snap(points, allowed=roads.graph.access)
    for row in np.flatnonzero(~known):
        value = str(table[key].iloc[row])
        problems.append(Problem(file, "lat, lon", int(row) + 1, value, "coordinates"))
    for row in np.flatnonzero(known & (found.edge < 0)):
        expected = (
            f"a place within {snapper.limit_m:g} m of a road that the vehicle may use; the "
            f"nearest is at {found.distance_m[row]:.0f} m"
        )
        value = f"{table[key].iloc[row]} ({lat[row]:g}, {lon[row]:g})"
        problems.append(Problem(file, "lat, lon", int(row) + 1, value, expected))
    pairs = zip(found.edge.tolist(), found.fraction.tolist(), strict=True)
    return [Place(edge, fraction) for edge, fraction in pairs]


def _loads(roads: EnergyRoads, stops: pd.DataFrame, problems: list[Problem]) -> Floats:
    """Load on board in each gap."""
    known = "payload_kg" in stops
    loads = stops["payload_kg"].to_numpy(np.float64)[:-1] if known else np.zeros(len(stops) - 1)
    most = roads.payload_kg[-1] if len(roads.payload_kg) > 1 else np.inf
    for row in np.flatnonzero(~((loads >= 0.0) & (loads <= most))):
        expected = f"a load from 0 to {most:g} kg, as the energies of the roads are given"
        problems.append(Problem("stops", "payload_kg", int(row) + 1, str(loads[row]), expected))
    return np.asarray(loads)


def _at_loads(values: Floats, levels: tuple[float, ...], loads: Floats) -> Floats:
    """Return values by gap, origin and destination, on the line between two loads."""
    if len(levels) == 1:
        return np.repeat(values[None, :, :, 0], len(loads), axis=0)
    out = []
    for load in loads:
        upper = min(max(int(np.searchsorted(levels, load)), 1), len(levels) - 1)
        share = (load - levels[upper - 1]) / (levels[upper] - levels[upper - 1])
        low, high = values[:, :, upper - 1], values[:, :, upper]
        # no way stays no way: infinity times 0 is not a number
        mixed = (1.0 - share) * np.where(np.isfinite(low), low, 0.0)
        mixed += share * np.where(np.isfinite(high), high, 0.0)
        out.append(np.where(np.isfinite(low) & np.isfinite(high), mixed, np.inf))
    return np.array(out)


def _check_gaps(time_s: Floats, stops: pd.DataFrame) -> None:
    lost = np.flatnonzero(~np.isfinite(np.diagonal(time_s, offset=1)))
    names = stops["stop_id"].astype(str).tolist()
    expected = "a legal way from every stop to the next"
    problems = [
        Problem("stops", "", int(k) + 2, f"{names[k]} to {names[k + 1]}", expected) for k in lost
    ]
    if problems:
        raise InputError(problems)
