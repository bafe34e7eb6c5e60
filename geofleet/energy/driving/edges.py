"""What every edge of a network takes from a vehicle, for routing by energy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.driving.air import TEMPERATURES_C, hourly
from geofleet.energy.driving.conditions import Conditions
from geofleet.energy.driving.lanes import DrivenVehicle, Lanes, build_lanes
from geofleet.energy.driving.parameters import driving_parameters
from geofleet.energy.driving.roads import air_pressure_pa, link_matrix
from geofleet.errors import InputError, Problem
from geofleet.network import RoadNetwork

__all__ = ["edge_energy_wh"]

Floats = npt.NDArray[np.float64]
_JOULES_PER_WH = 3600.0
_EDGES = 4096  # driven at once: 5 numbers for each of three drives in every lane, 16 MB
_HALF_EMPTY = 1e12  # J below full: no edge fills the battery


def edge_energy_wh(
    network: RoadNetwork,
    vehicle: DrivenVehicle,
    *,
    speed_kmh: npt.ArrayLike,
    payload_kg: float | Sequence[float] = 0.0,
    temperature_c: float,
    pressure_pa: float | None = None,
    defaults: Defaults | None = None,
) -> Floats:
    """Return the energy (Wh) that each edge takes from the battery, or the tank.

    Every edge is driven between two of its like, at its mean speed: routing cannot know the edge
    before. Negative where a descent gives more than is used.

    Parameters
    ----------
    network
        Roads; unknown grades are taken as flat.
    vehicle
        From ``driven_vehicles``.
    speed_kmh
        Mean speed on each edge, one number or shape (edges,), above 0.
    payload_kg, temperature_c, pressure_pa
        Load (one or several), air temperature, and pressure (by the standard atmosphere from
        elevation when not given).

    Returns
    -------
    ndarray
        Shape (edges,), or (loads, edges) where several loads are given.

    Raises
    ------
    InputError
        Speeds, loads or air out of their limits.
    """
    scope = (defaults or Defaults()).scope()
    count = len(network.edges)
    speed = np.broadcast_to(np.asarray(speed_kmh, dtype=np.float64), (count,)) / 3.6
    problems = []
    if not ((speed > 0.0) & np.isfinite(speed)).all():
        bad = speed[~((speed > 0.0) & np.isfinite(speed))][0] * 3.6
        problems.append(Problem("edges", "speed_kmh", 0, f"{bad:g}", "a speed above 0"))
    loads = np.atleast_1d(np.asarray(payload_kg, dtype=np.float64))
    if not ((loads >= 0.0) & np.isfinite(loads)).all():
        problems.append(Problem("edges", "payload_kg", 0, str(payload_kg), "at least 0"))
    if problems:
        raise InputError(problems)
    temperature = hourly(temperature_c, "temperature_c", *TEMPERATURES_C)
    parameters = driving_parameters(scope)
    edge = np.arange(count)
    links, _ = link_matrix(
        network,
        edge,
        length_m=network.arrays.length_m,
        speed_m_s=speed,
        payload_kg=np.ones(count),
        pressure_pa=air_pressure_pa(network, pressure_pa, edge, np.zeros(count, int), scope),
        parameters=parameters,
        defaults=scope,
    )
    conditions = Conditions.planned(np.repeat(temperature[None, :], len(loads), axis=0))
    lanes = build_lanes([vehicle], conditions, parameters, defaults=scope)
    lanes.matrix[kernels.LOAD, : len(loads)] = loads
    # Nothing fills or empties the battery on a single edge.
    lanes.matrix[kernels.DEPTH_START] = _HALF_EMPTY
    found = np.empty((len(loads), count))
    for first in range(0, count, _EDGES):
        part = edge[first : first + _EDGES]
        found[:, part] = _drive(links[part], lanes)[:, : len(loads)].T
    found /= _JOULES_PER_WH
    return found if np.ndim(payload_kg) else found[0]


def _drive(links: Floats, lanes: Lanes) -> Floats:
    """Joules of each edge in each lane, from the middle of three drives over it."""
    count = len(links)
    spans = np.stack([np.arange(count) * 3, np.arange(count) * 3 + 3], axis=1)
    nothing = np.zeros(0, dtype=np.int64)
    rows = np.zeros(3 * count, dtype=np.int64)
    on_links = kernels.drive_days(
        spans, rows, rows, np.repeat(links, 3, axis=0), np.zeros((count, kernels.DAY_COLUMNS)),
        np.zeros((count, 2), dtype=np.int64), nothing, nothing,
        np.zeros((0, kernels.STOP_COLUMNS)), lanes.matrix, lanes.hourly, False, True,
    )[3]  # fmt: skip
    middle = on_links[1::3]
    return np.asarray(middle[:, 0] - middle[:, 1] + middle[:, 2])
