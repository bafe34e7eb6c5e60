"""From traversals and roads to the links that the kernels drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.driving.air import PRESSURES_PA, hourly, pressure_at_pa
from geofleet.energy.driving.parameters import (
    DrivingParameters,
    driving_parameters,
    full_stops_per_km,
    sea_level_pressure_pa,
)
from geofleet.errors import InputError, Problem
from geofleet.network import RoadNetwork
from geofleet.routes import Traversals

__all__ = [
    "DrivenLinks",
    "air_pressure_pa",
    "driven_links",
    "edge_stops",
    "headings",
    "link_matrix",
]

Floats = npt.NDArray[np.float64]
_FRACTION_SLACK = 1e-3  # of a link; fractions are single floats


@dataclass(frozen=True)
class DrivenLinks:
    """One entry per traversal, in the order of the table.

    Parameters
    ----------
    day_start
        Shape (days + 1,): first traversal of each vehicle-day.
    leg, hour
        Stop left last; local hour.
    links
        Shape (traversals, 10), laid out as the kernels say.
    grade_known
        False where a DEM is silent (grade 0 is driven).
    surveyed
        False when the network has no elevation at all and grade 0 is an assumption.
    stops_from_map
        Whether signals and stop signs are those of the map.
    parameters
        Rows of driving.
    """

    day_start: npt.NDArray[np.int64]
    leg: npt.NDArray[np.int64]
    hour: npt.NDArray[np.int64]
    links: Floats
    grade_known: npt.NDArray[np.bool_]
    surveyed: bool
    stops_from_map: bool
    parameters: DrivingParameters

    @property
    def length_m(self) -> Floats:
        """Length of every traversal."""
        return np.asarray(self.links[:, kernels.LENGTH])

    @property
    def payload_kg(self) -> Floats:
        """Load of every traversal."""
        return np.asarray(self.links[:, kernels.PAYLOAD])


def driven_links(
    traversals: Traversals,
    network: RoadNetwork,
    *,
    pressure_pa: float | Sequence[float] | None,
    defaults: Defaults,
) -> DrivenLinks:
    """Gather what the kernels need of every traversal.

    Raises
    ------
    InputError
        Rows that cannot be driven: unknown edges, negative masses or lengths, no speed over a
        length, rows out of order.
    """
    frame = traversals.frame
    parameters = driving_parameters(defaults)
    _check(traversals, network)
    edge = frame["edge"].to_numpy(np.int64)
    hour = traversals.hour.astype(np.int64)
    # Heights, or slopes that came with the network without them, both mean that it was surveyed.
    sloped = np.nan_to_num(network.arrays.grade) != 0.0
    surveyed = bool(np.isfinite(_heights(network)).any() or sloped.any())
    links, from_map = link_matrix(
        network,
        edge,
        length_m=frame["length_m"].to_numpy(np.float64),
        speed_m_s=frame["speed_kmh"].to_numpy(np.float64) / 3.6,
        payload_kg=frame["payload_kg"].to_numpy(np.float64),
        pressure_pa=air_pressure_pa(network, pressure_pa, edge, hour, defaults),
        parameters=parameters,
        defaults=defaults,
    )
    days = frame["vehicle_day"].to_numpy(np.int64)
    return DrivenLinks(
        day_start=np.searchsorted(days, np.arange(len(traversals.vehicle_days) + 1)),
        leg=frame["stop_before"].to_numpy(np.int64),
        hour=hour,
        links=links,
        grade_known=~np.isnan(network.arrays.grade[edge]),
        surveyed=surveyed,
        stops_from_map=from_map,
        parameters=parameters,
    )


def link_matrix(
    network: RoadNetwork,
    edge: npt.NDArray[np.int64],
    *,
    length_m: Floats,
    speed_m_s: Floats,
    payload_kg: Floats,
    pressure_pa: Floats,
    parameters: DrivingParameters,
    defaults: Defaults,
) -> tuple[Floats, bool]:
    """Lay out edges for the kernels, and say whether the map knows its signals.

    All arrays have one entry per drive over an edge; unknown grades are driven as flat.
    """
    free = np.maximum(network.arrays.speed_free_kmh[edge] / 3.6, speed_m_s)
    per_m, from_map = edge_stops(network, parameters, defaults)
    full = per_m[edge] * length_m
    stops = full + parameters.slowing_per_m(speed_m_s, free) * length_m
    east, north = headings(network)
    links = np.empty((len(edge), kernels.LINK_COLUMNS))
    links[:, kernels.LENGTH] = length_m
    links[:, kernels.SPEED] = speed_m_s
    links[:, kernels.FREE] = free
    links[:, kernels.STOPS] = stops
    standing = full * parameters.stop_standing_s
    links[:, kernels.STANDING] = np.divide(
        standing, stops, out=np.zeros_like(stops), where=stops > 0.0
    )
    links[:, kernels.PAYLOAD] = payload_kg
    links[:, kernels.GRADE] = np.nan_to_num(network.arrays.grade[edge])
    links[:, kernels.PRESSURE] = pressure_pa
    links[:, kernels.EAST] = east[edge]
    links[:, kernels.NORTH] = north[edge]
    return links, from_map


def edge_stops(
    network: RoadNetwork, parameters: DrivingParameters, defaults: Defaults
) -> tuple[Floats, bool]:
    """Full stops per metre of every edge, and whether the map says where signals are.

    Where it does, each signal stops its share of vehicles and each stop sign all; else the rate
    of the road class holds.
    """
    edges = network.edges
    if {"signals", "stop_signs"} <= set(edges.columns):
        signals = edges["signals"].to_numpy(np.float64, na_value=np.nan)
        signs = edges["stop_signs"].to_numpy(np.float64, na_value=np.nan)
        if np.isfinite(signals).any() and np.isfinite(signs).any():
            halts = np.nan_to_num(signals) * parameters.signal_stop_share + np.nan_to_num(signs)
            length = np.maximum(network.arrays.length_m, kernels.SHORTEST)
            return np.asarray(halts / length), True
    highway = edges["highway"].to_numpy(object)
    return full_stops_per_km(highway, defaults) / 1000.0, False


def headings(network: RoadNetwork) -> tuple[Floats, Floats]:
    """Mean direction of every edge, east and north, shorter than 1 where it winds."""
    lines = network.edges_metric
    ends = lines.get_coordinates(ignore_index=False).groupby(level=list(range(lines.index.nlevels)))
    first, last = ends.first(), ends.last()
    length = np.maximum(network.arrays.length_m, kernels.SHORTEST)
    steps = (last - first).reindex(network.edges.index)
    east, north = steps["x"].to_numpy(np.float64), steps["y"].to_numpy(np.float64)
    # A projected chord can be a trifle longer than the street.
    scale = np.maximum(length, np.hypot(east, north))
    return east / scale, north / scale


def _heights(network: RoadNetwork) -> Floats:
    """Node elevations (m), NaN where unknown."""
    if "elevation_m" in network.nodes.columns:
        return np.asarray(network.nodes["elevation_m"], dtype=np.float64)
    return np.full(len(network.nodes), np.nan)


def air_pressure_pa(
    network: RoadNetwork,
    pressure_pa: float | Sequence[float] | None,
    edge: npt.NDArray[np.int64],
    hour: npt.NDArray[np.int64],
    defaults: Defaults,
) -> Floats:
    """Air pressure of every traversal: as given, else by height, else that of the sea level."""
    if pressure_pa is not None:
        return hourly(pressure_pa, "pressure_pa", *PRESSURES_PA)[hour]
    sea_level = sea_level_pressure_pa(defaults)
    height = _heights(network)
    if not np.isfinite(height).any():
        return np.full(len(edge), sea_level)
    arrays = network.arrays
    ends = np.stack([height[arrays.edge_from[edge]], height[arrays.edge_to[edge]]])
    known = np.isfinite(ends)
    count = known.sum(axis=0)
    # A traversal whose ends the DEM does not cover takes the mean height of the network: air
    # density changes by 1 % in 100 m, the grade it is missing is dealt with on its own.
    total = np.where(known, ends, 0.0).sum(axis=0)
    metres = np.where(count > 0, total / np.maximum(count, 1), float(np.nanmean(height)))
    return pressure_at_pa(metres, sea_level)


def _check(traversals: Traversals, network: RoadNetwork) -> None:
    """Raise one InputError for everything that cannot be driven."""
    frame = traversals.frame
    problems: list[Problem] = []
    name = "traversals"

    def report(bad: npt.NDArray[np.bool_], column: str, expected: str) -> None:
        for position in np.flatnonzero(bad)[:5]:
            shown = str(frame[column].iloc[position])
            problems.append(Problem(name, column, int(position) + 1, shown, expected))

    edge = frame["edge"].to_numpy(np.int64)
    count = len(network.edges)
    report((edge < 0) | (edge >= count), "edge", f"an edge number from 0 to {count - 1}")
    length = frame["length_m"].to_numpy(np.float64)
    speed = frame["speed_kmh"].to_numpy(np.float64)
    report(~((length >= 0.0) & np.isfinite(length)), "length_m", "a length of at least 0")
    report(~((speed >= 0.0) & np.isfinite(speed)), "speed_kmh", "a speed of at least 0")
    expected = "a speed above 0 where a length is driven"
    report((length > 0.0) & (speed == 0.0), "speed_kmh", expected)
    payload = frame["payload_kg"].to_numpy(np.float64)
    report(~((payload >= 0.0) & np.isfinite(payload)), "payload_kg", "a mass of at least 0")
    enter = frame["enter_s"].to_numpy(np.float64)
    report(~np.isfinite(enter), "enter_s", "seconds after local midnight")
    day = frame["vehicle_day"].to_numpy(np.int64)
    days = len(traversals.vehicle_days)
    report((day < 0) | (day >= days), "vehicle_day", f"a vehicle-day from 0 to {days - 1}")
    leg = frame["stop_before"].to_numpy(np.int64)
    back = np.zeros(len(frame), dtype=bool)
    back[1:] = np.diff(day) < 0
    report(back, "vehicle_day", "rows in order of vehicle_day")
    back[1:] = (np.diff(day) == 0) & (np.diff(leg) < 0)
    report(back, "stop_before", "stops in ascending order within the vehicle-day")
    if not problems:
        expected = "an edge that begins where the one before ended, up to the next stop"
        report(_gaps(traversals, network), "edge", expected)
    if problems:
        raise InputError(problems)


def _gaps(traversals: Traversals, network: RoadNetwork) -> npt.NDArray[np.bool_]:
    """Find traversals that begin elsewhere than where the one before, of the same leg, ended."""
    frame, arrays = traversals.frame, network.arrays
    edge = frame["edge"].to_numpy(np.int64)
    day, leg = frame["vehicle_day"].to_numpy(np.int64), frame["stop_before"].to_numpy(np.int64)
    gap = np.zeros(len(frame), dtype=bool)
    before, after = edge[:-1], edge[1:]
    joined = arrays.edge_to[before] == arrays.edge_from[after]
    # A link may be driven in parts, one after another.
    start, end = frame["from_fraction"].to_numpy(), frame["to_fraction"].to_numpy()
    going_on = (before == after) & (start[1:] >= end[:-1] - _FRACTION_SLACK)
    gap[1:] = (np.diff(day) == 0) & (np.diff(leg) == 0) & ~joined & ~going_on
    return gap
