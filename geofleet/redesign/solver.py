"""The routing solver (PyVRP): orders and vehicle types in, routes out. It knows no batteries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geofleet.errors import MissingExtraError
from geofleet.redesign.model import Floats, PlannedRoute, Task, VehicleType

__all__ = ["is_installed", "solve"]

_GRAMS = 1000.0
_S_PER_H = 3600.0
_STEPS = 100.0  # of the smallest price of a second: costs are whole numbers in the solver
_FAR = 10**9


def is_installed() -> bool:
    """Say whether the extra is there."""
    import importlib.util

    return importlib.util.find_spec("pyvrp") is not None


def solve(
    task: Task,
    *,
    iterations: int,
    seed: int,
    seconds: float | None = None,
    by_energy: bool = False,
    start: Sequence[tuple[int, ...]] | None = None,
) -> list[PlannedRoute]:
    """Return routes of least money, batteries not looked at.

    Clock and load are rounded against the vehicle (seconds and grams), so that what is in time
    and within capacity there is so in truth.

    Parameters
    ----------
    task
        Orders, vehicles, legs.
    iterations, seed
        Of the search; the same ones give the same routes.
    seconds
        Stop after so many seconds if that comes first; the answer then depends on the machine.
    by_energy
        Give electric types energy at half load for distance, and the battery as longest distance.
    start
        Orders of routes of the first type to begin from.

    Raises
    ------
    MissingExtraError
        The extra ``redesign`` is not installed.
    """
    try:
        import pyvrp
        from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria
    except ImportError as error:
        raise MissingExtraError(
            "routes from orders need PyVRP: pip install 'geofleet[redesign]'"
        ) from error
    data = _problem(pyvrp, task, by_energy=by_energy)
    stop: Any = MaxIterations(iterations)
    if seconds is not None:
        stop = MultipleCriteria([stop, MaxRuntime(seconds)])
    given = None
    if start is not None:
        given = pyvrp.Solution(data, [list(orders) for orders in start])
    found = pyvrp.solve(
        data, stop=stop, seed=seed, collect_stats=False, display=False, initial_solution=given
    )
    return [
        PlannedRoute(
            int(route.vehicle_type()),
            tuple(int(part.idx) for part in route.schedule() if part.is_client()),
        )
        for route in found.best.routes()
    ]


def _problem(pyvrp: Any, task: Task, *, by_energy: bool) -> Any:
    depots, orders = len(task.depots), len(task.orders)
    size = depots + orders
    unit = _unit(task)
    lon = np.concatenate([task.depots["lon"], task.orders["lon"]]).astype(float)
    lat = np.concatenate([task.depots["lat"], task.orders["lat"]]).astype(float)
    clients = [_client(pyvrp, task, node) for node in task.order_nodes.tolist()]
    types, distances, durations = [], [], []
    for profile, vehicle in enumerate(task.vehicles):
        legs = task.legs[vehicle.name]
        time = legs.time_s[:size, :size]
        money = leg_money(task, vehicle)[:size, :size] / unit
        longest: dict[str, int] = {}
        per_distance = 1
        if by_energy and vehicle.electric:
            energy = np.maximum(energy_at(task, vehicle, 0.5 * vehicle.capacity_kg), 0.0)
            energy = energy[:size, :size]
            known = np.isfinite(energy) & (energy > 0.0)
            if known.any():
                per_distance = max(round(float(money[known].sum() / energy[known].sum())), 1)
            money = energy
            longest["max_distance"] = int(vehicle.departure_wh - vehicle.reserve_wh)
        distances.append(_whole(money, np.rint))
        durations.append(_whole(time, np.ceil))
        depot = task.depot_node(vehicle)
        if np.isfinite(vehicle.longest_shift_h):
            longest["shift_duration"] = int(vehicle.longest_shift_h * _S_PER_H)
        types.append(
            pyvrp.VehicleType(
                vehicle.count, [int(vehicle.capacity_kg * _GRAMS)], depot, depot,
                fixed_cost=round(vehicle.fixed_cost / unit),
                tw_early=int(np.ceil(vehicle.shift_start_s)), tw_late=int(vehicle.shift_end_s),
                unit_distance_cost=per_distance,
                unit_duration_cost=round(vehicle.per_h / _S_PER_H / unit), profile=profile,
                name=vehicle.name, **longest,
            )
        )  # fmt: skip
    return pyvrp.ProblemData(
        [pyvrp.Location(float(x), float(y)) for x, y in zip(lon, lat, strict=True)], clients,
        [pyvrp.Depot(i) for i in range(depots)], types, distances, durations,
    )  # fmt: skip


def _client(pyvrp: Any, task: Task, node: int) -> Any:
    window: dict[str, int] = {}
    if np.isfinite(task.opens_s[node]):
        window["tw_early"] = int(np.ceil(task.opens_s[node]))
    if np.isfinite(task.closes_s[node]):
        # a window of less than a second stays one
        window["tw_late"] = max(int(task.closes_s[node]), window.get("tw_early", 0))
    return pyvrp.Client(
        node, [int(np.ceil(task.drop_kg[node] * _GRAMS))],
        [int(np.ceil(task.pickup_kg[node] * _GRAMS))],
        service_duration=int(np.ceil(task.service_s[node])), **window,
    )  # fmt: skip


def leg_money(task: Task, vehicle: VehicleType) -> Floats:
    """Return the money of each leg without the time: distance, and energy at half load."""
    legs = task.legs[vehicle.name]
    money = vehicle.per_km * legs.length_m / 1000.0
    if vehicle.per_kwh > 0.0:
        energy = energy_at(task, vehicle, 0.5 * vehicle.capacity_kg)
        money = money + vehicle.per_kwh * energy / 1000.0
    return np.asarray(np.maximum(money, 0.0))


def energy_at(task: Task, vehicle: VehicleType, load_kg: float) -> Floats:
    """Return the energy of each leg at a load."""
    legs = task.legs[vehicle.name]
    loads = np.array(legs.payload_kg)
    if len(loads) == 1:
        return legs.energy.total_wh[..., 0]
    upper = min(max(int(np.searchsorted(loads, load_kg)), 1), len(loads) - 1)
    share = min((load_kg - loads[upper - 1]) / (loads[upper] - loads[upper - 1]), 1.0)
    total = legs.energy.total_wh
    with np.errstate(invalid="ignore"):
        mixed = (1.0 - share) * total[..., upper - 1] + share * total[..., upper]
    return np.where(np.isnan(mixed), np.inf, mixed)


def _unit(task: Task) -> float:
    """Return the money of one whole step in the solver."""
    rates = [vehicle.per_h / _S_PER_H for vehicle in task.vehicles if vehicle.per_h > 0.0]
    if rates:
        return min(rates) / _STEPS
    largest = [float(_finite(leg_money(task, v)).max(initial=0.0)) for v in task.vehicles]
    largest += [vehicle.fixed_cost for vehicle in task.vehicles]
    return max(largest) / 1e6 or 1.0


def _finite(values: Floats) -> Floats:
    return values[np.isfinite(values)]


def _whole(values: Floats, rounding: Any) -> Any:
    """Return whole numbers, a leg without a way longer than any route."""
    far = max(_FAR, 100 * int(np.ceil(_finite(values).max(initial=0.0))))
    out = rounding(np.where(np.isfinite(values), values, far)).astype(np.int64)
    np.fill_diagonal(out, 0)
    return out
