"""From instances and routes to the arrays in SI units that the kernels take."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import index

import numpy as np
import numpy.typing as npt

from geofleet.energy.charging import _kernels_bounds as bounds
from geofleet.energy.charging import _kernels_prepare as kernels
from geofleet.energy.charging.model import Charger, ChargingInstance, FixedRoute
from geofleet.errors import InputError, Problem

__all__ = ["HOURS", "InstanceArrays", "RouteArrays", "instance_arrays", "route_arrays"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

HOURS = 24
JOULES_PER_WH = 3600.0
_FILLING = threading.Lock()  # rows that a kernel reads are not written again


@dataclass(frozen=True, slots=True)
class InstanceArrays:
    """Arguments of the kernels that all routes of an instance share."""

    matrices: bounds.Matrices
    chargers: bounds.Chargers
    battery: Floats
    between: Floats  # least time, then least energies by load, from charger to charger
    known: npt.NDArray[np.bool_]  # nodes whose least times and energies are filled

    def fill(self, nodes: Integers) -> None:
        """Fill least times and energies of ways between these nodes and chargers."""
        time, energy, _, _, least_time, least_energy = self.matrices
        with _FILLING:
            kernels.fill_least(
                time, energy, self.chargers[0], self.between, nodes, self.known, least_time,
                least_energy,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RouteArrays:
    """Arguments of the kernels for many routes, stops after one another."""

    stops: bounds.Stops
    starts: Floats
    ends: Floats
    first: Integers


def instance_arrays(instance: ChargingInstance) -> InstanceArrays:
    """Lay an instance out for the kernels.

    Raises
    ------
    InputError
        A round trip over chargers that gains energy.
    """
    nodes = instance.node_count
    drive = np.ascontiguousarray(instance.drive_s, dtype=np.float64)
    energy = _joules(instance.energy_wh, nodes)
    low = energy if energy.min() >= 0.0 else np.maximum(energy, 0.0)
    need = low if instance.need_wh is None else np.maximum(_joules(instance.need_wh, nodes), low)
    refused = instance.refused_wh
    rise = low if refused is None else np.maximum(_joules(refused, nodes), low)
    at = np.array([charger.node for charger in instance.chargers], dtype=np.int64)
    battery, reserve = instance.battery_wh * JOULES_PER_WH, instance.reserve_wh * JOULES_PER_WH
    between, hop = kernels.least_between(drive, energy, need, at, reserve)
    if between.min(initial=0.0) == -np.inf:
        expected = "energies between chargers with which no round trip ends with more than it began"
        raise InputError([Problem("matrices", "energy_wh", expected=expected)])
    fastest = max(
        (c.curve.energy_wh[1] * JOULES_PER_WH / c.curve.time_s[1] for c in instance.chargers),
        default=1.0,
    )
    shape = (2, nodes, len(at))
    return InstanceArrays(
        (drive, energy, need, rise, np.empty(shape), np.empty((len(energy), *shape))),
        (at, *_curves(instance.chargers), *_clocks(instance.chargers), hop),
        np.array([battery, reserve, fastest]),
        between,
        np.zeros(nodes, bool),
    )


def _joules(energy_wh: npt.ArrayLike, nodes: int) -> Floats:
    joules = np.asarray(energy_wh, dtype=np.float64).reshape(-1, nodes, nodes) * JOULES_PER_WH
    return np.ascontiguousarray(joules)


def _curves(chargers: Sequence[Charger]) -> tuple[Integers, Floats, Floats, Integers]:
    """Return the number of each charger's curve, breakpoints as rows and how many they are."""
    curves = [c.curve for c in chargers]
    each = [id(curve) for curve in curves]
    shapes = {i: (c.time_s, c.energy_wh) for i, c in dict(zip(each, curves, strict=True)).items()}
    kinds = list(dict.fromkeys(shapes.values()))
    number = {kind: k for k, kind in enumerate(kinds)}
    rows = {i: number[kind] for i, kind in shapes.items()}
    which = np.array([rows[i] for i in each], np.int64)
    points = np.array([len(time) for time, _ in kinds], np.int64)
    widest = int(points.max(initial=2))
    clock, level = np.zeros((len(kinds), widest)), np.zeros((len(kinds), widest))
    for k, (time, energy) in enumerate(kinds):
        clock[k], level[k] = time[-1], energy[-1]
        clock[k, : len(time)], level[k, : len(time)] = time, energy
    return which, clock, level * JOULES_PER_WH, points


def _clocks(
    chargers: Sequence[Charger],
) -> tuple[npt.NDArray[np.bool_], Floats, Integers, Floats, Floats]:
    """Queues and opening hours."""
    waits = [c.wait_s for c in chargers]
    if any(isinstance(wait, tuple) for wait in waits):
        wait = np.array([hourly(wait) for wait in waits], dtype=np.float64)
    else:
        wait = np.repeat(np.array(waits, dtype=np.float64)[:, None], HOURS, axis=1)
    hours = [c.open_s for c in chargers]
    first = np.zeros(len(chargers) + 1, np.int64)
    np.cumsum([len(spans) for spans in hours], out=first[1:])
    timed = (first[1:] > first[:-1]) | (wait > 0.0).any(axis=1)
    opens = np.array([span[0] for spans in hours for span in spans], dtype=np.float64)
    closes = np.array([span[1] for spans in hours for span in spans], dtype=np.float64)
    return timed, wait, first, opens, closes


def hourly(value: float | tuple[float, ...]) -> Floats:
    """Spread one number over the hours of the day."""
    return np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), (HOURS,)))


def route_arrays(routes: Sequence[FixedRoute]) -> RouteArrays:
    """Lay checked routes out for the kernels."""
    first = np.zeros(len(routes) + 1, np.int64)
    np.cumsum([len(route.nodes) for route in routes], out=first[1:])
    count = int(first[-1])
    each = map(index, chain.from_iterable(r.nodes for r in routes))  # no 1.5 that becomes 1
    node = np.fromiter(each, np.int64, count)
    layer = np.zeros(count, np.int64)
    seconds: list[float] = []
    opens, late = np.full(count, -np.inf), np.full(count, np.inf)
    ends, begin = [], 0
    for route in routes:
        end = begin + len(route.nodes)
        seconds += route.service_s or (0.0,) * len(route.nodes)
        if route.layers:
            layer[begin : end - 1] = route.layers
        if route.window_s:
            opens[begin:end], late[begin:end] = np.array(route.window_s, dtype=np.float64).T
        ends.append((
            route.start_s, route.start_wh * JOULES_PER_WH, route.end_wh * JOULES_PER_WH,
            route.latest_end_s,
        ))  # fmt: skip
        begin = end
    limits = np.array(ends, dtype=np.float64).reshape(-1, 4)
    service = np.array(seconds, dtype=np.float64)
    return RouteArrays(
        (node, layer, service, opens, late), limits[:, :2].copy(), limits[:, 2:].copy(), first
    )
