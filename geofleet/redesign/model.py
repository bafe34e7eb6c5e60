"""Vehicle types, the task of a day, and the routes that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.charging import Charger
from geofleet.energy.paths import LegTable
from geofleet.errors import InputError, Problem
from geofleet.redesign.orders import DEPOT_SCHEMA, check_orders
from geofleet.schema import check_frame

__all__ = ["PlannedRoute", "Task", "VehicleType", "Visit"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CAUSES = ("none", "payload", "time", "energy", "unreachable")
"""Why a route cannot be driven, the first that holds."""


@dataclass(frozen=True, slots=True)
class VehicleType:
    """Vehicles that are alike, with what they cost and, if electric, their battery.

    Parameters
    ----------
    name
        In tables and messages, and of the legs that they drive.
    count
        How many there are.
    capacity_kg
        Largest load.
    depot_id
        Where they begin and end the day.
    shift_start_s, shift_end_s
        Earliest departure and latest return, seconds after local midnight.
    longest_shift_h
        Longest time from departure to return.
    fixed_cost, per_km, per_h
        Money for a vehicle that drives at all, for a kilometre, for an hour from departure to
        return.
    per_kwh
        Money for energy: that from the battery of an electric vehicle, charged at the depot, or
        that of the fuel where the legs know it.
    battery_wh
        Usable energy of the full battery; None for vehicles that burn fuel.
    start_wh
        Charge on departure; full when not given.
    reserve_wh
        What must stay in the battery everywhere.
    standing_power_w
        Drawn while the vehicle stands at stops (cooling, lights, lift).
    vehicle_ids
        Names of the vehicles; ``name-1``, ``name-2`` … when empty.

    Raises
    ------
    InputError
        Every number that cannot be.
    """

    name: str
    count: int
    capacity_kg: float
    depot_id: str
    shift_start_s: float
    shift_end_s: float
    longest_shift_h: float = np.inf
    fixed_cost: float = 0.0
    per_km: float = 0.0
    per_h: float = 0.0
    per_kwh: float = 0.0
    battery_wh: float | None = None
    start_wh: float | None = None
    reserve_wh: float = 0.0
    standing_power_w: float = 0.0
    vehicle_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        found: list[Problem] = []

        def need(field: str, good: bool, expected: str) -> None:
            if not good:
                value = str(getattr(self, field))
                found.append(Problem(f"vehicle type {self.name}", field, 0, value, expected))

        need("count", self.count >= 1, "at least one vehicle")
        need("capacity_kg", 0.0 < self.capacity_kg < np.inf, "a mass above 0")
        for name in ("fixed_cost", "per_km", "per_h", "per_kwh", "standing_power_w"):
            need(name, 0.0 <= getattr(self, name) < np.inf, "a number of at least 0")
        need("shift_start_s", 0.0 <= self.shift_start_s < np.inf, "seconds after midnight")
        later = self.shift_start_s < self.shift_end_s < np.inf
        need("shift_end_s", later, "a time after shift_start_s")
        need("longest_shift_h", self.longest_shift_h > 0.0, "a time above 0")
        full = self.battery_wh
        if full is not None:
            need("battery_wh", 0.0 < full < np.inf, "an energy above 0, or None without a battery")
            start = full if self.start_wh is None else self.start_wh
            need("start_wh", 0.0 <= start <= full, "an energy from 0 to battery_wh")
            need("reserve_wh", 0.0 <= self.reserve_wh < full, "an energy below battery_wh")
        named = len(self.vehicle_ids) in (0, self.count)
        need("vehicle_ids", named, f"none, or {self.count} names")
        if not any((self.fixed_cost, self.per_km, self.per_h, self.per_kwh)):
            found.append(Problem(f"vehicle type {self.name}", expected="at least one cost above 0"))
        if found:
            raise InputError(found)

    @property
    def electric(self) -> bool:
        """Whether it has a battery."""
        return self.battery_wh is not None

    @property
    def usable_wh(self) -> float:
        """Usable energy of the battery, infinite without one."""
        return np.inf if self.battery_wh is None else self.battery_wh

    @property
    def departure_wh(self) -> float:
        """Charge on departure, infinite without a battery."""
        return self.usable_wh if self.start_wh is None else self.start_wh

    def vehicle_id(self, number: int) -> str:
        """Return the name of one vehicle, from 0."""
        return self.vehicle_ids[number] if self.vehicle_ids else f"{self.name}-{number + 1}"


@dataclass(frozen=True)
class Task:
    """A day's orders, the depots, the vehicles and the ways between all places.

    Nodes of the tables of legs are the depots, then the orders, then the chargers.

    Parameters
    ----------
    orders
        As in ``ORDER_SCHEMA``.
    depots
        As in ``DEPOT_SCHEMA``.
    vehicles
        Types of vehicles.
    legs
        By name of the vehicle type, square over all nodes. Energies may be NaN for types without
        a battery and without ``per_kwh``.
    chargers
        Where vehicles may charge on the way; ``node`` is that of the tables.
    charger_places
        ``lat`` and ``lon`` of each charger, needed for stops that are to be driven on roads.

    Raises
    ------
    InputError
        Every fault at once: of the tables, types without legs or depot, orders that no vehicle
        can carry or reach in time, energies that are not known.
    """

    orders: pd.DataFrame
    depots: pd.DataFrame
    vehicles: tuple[VehicleType, ...]
    legs: Mapping[str, LegTable]
    chargers: tuple[Charger, ...] = ()
    charger_places: pd.DataFrame | None = None
    drop_kg: Floats = field(init=False, repr=False)
    pickup_kg: Floats = field(init=False, repr=False)
    service_s: Floats = field(init=False, repr=False)
    opens_s: Floats = field(init=False, repr=False)
    closes_s: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        orders = check_orders(self.orders)
        depots = check_frame(self.depots.reset_index(drop=True), DEPOT_SCHEMA, file="depots")
        object.__setattr__(self, "orders", orders)
        object.__setattr__(self, "depots", depots)
        object.__setattr__(self, "vehicles", tuple(self.vehicles))

        def by_node(column: str, empty: float, scale: float = 1.0) -> Floats:
            values = np.full(self.node_count, empty)
            given = orders[column].to_numpy(np.float64) * scale
            values[self.order_nodes] = np.where(np.isnan(given), empty, given)
            return values

        object.__setattr__(self, "drop_kg", by_node("demand_kg", 0.0))
        object.__setattr__(self, "pickup_kg", by_node("pickup_kg", 0.0))
        object.__setattr__(self, "service_s", by_node("service_min", 0.0, 60.0))
        object.__setattr__(self, "opens_s", by_node("window_start", -np.inf))
        object.__setattr__(self, "closes_s", by_node("window_end", np.inf))
        problems = [*_vehicle_problems(self), *_order_problems(self), *_charger_problems(self)]
        if problems:
            raise InputError(problems)

    @property
    def node_count(self) -> int:
        """Number of depots, orders and chargers."""
        return len(self.depots) + len(self.orders) + len(self.chargers)

    @property
    def order_nodes(self) -> Ints:
        """Nodes of the orders."""
        return np.arange(len(self.orders)) + len(self.depots)

    def depot_node(self, vehicle: VehicleType) -> int:
        """Return the node where a vehicle begins and ends."""
        return self.depots["depot_id"].tolist().index(vehicle.depot_id)


@dataclass(frozen=True, slots=True)
class Visit:
    """A charge on a route: after which stop (0: the depot), where, and how much."""

    after: int
    charger: int
    added_wh: float
    stand_s: float
    cost: float


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """One vehicle's day: its type, its orders in sequence, and where it charges.

    Parameters
    ----------
    vehicle
        Position of the type in ``Task.vehicles``.
    orders
        Positions in ``Task.orders``.
    visits
        Charges on the way, in driving order.
    """

    vehicle: int
    orders: tuple[int, ...]
    visits: tuple[Visit, ...] = ()


def _vehicle_problems(task: Task) -> list[Problem]:
    found = []
    if not task.vehicles:
        found.append(Problem("vehicle types", expected="at least one"))
    names = [vehicle.name for vehicle in task.vehicles]
    found += [
        Problem("vehicle types", "name", value=name, expected="each name once")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    known = set(task.depots["depot_id"])
    for vehicle in task.vehicles:
        file = f"vehicle type {vehicle.name}"
        if vehicle.depot_id not in known:
            expected = "one of " + ", ".join(sorted(known))
            found.append(Problem(file, "depot_id", 0, vehicle.depot_id, expected))
        table = task.legs.get(vehicle.name)
        shape = (task.node_count, task.node_count)
        if table is None or table.time_s.shape != shape:
            value = "none" if table is None else str(table.time_s.shape)
            found.append(Problem(file, "legs", 0, value, f"legs of shape {shape}"))
            continue
        reached = np.isfinite(table.time_s)
        known_wh = np.isfinite(table.energy.total_wh[reached]).all()
        if (vehicle.electric or vehicle.per_kwh > 0.0) and not known_wh:
            expected = "the energy of every leg that can be driven"
            found.append(Problem(file, "legs", expected=expected))
        heaviest = table.payload_kg[-1]
        # one load alone stands for every load
        if vehicle.electric and len(table.payload_kg) > 1 and heaviest < vehicle.capacity_kg:
            expected = f"energies up to the capacity, {vehicle.capacity_kg:g} kg"
            found.append(Problem(file, "legs", 0, f"{heaviest:g}", expected))
    return found


def _charger_problems(task: Task) -> list[Problem]:
    first = len(task.depots) + len(task.orders)
    found = [
        Problem("chargers", "node", i + 1, str(charger.node), f"the node {first + i}")
        for i, charger in enumerate(task.chargers)
        if charger.node != first + i
    ]
    for i, charger in enumerate(task.chargers):
        price = charger.price_per_kwh
        hourly = price if isinstance(price, tuple) else (price,)
        if not all(0.0 <= value < np.inf for value in hourly):
            expected = f"a price of at least 0: routes are of least money ({charger.charger_id})"
            found.append(Problem("chargers", "price_per_kwh", i + 1, str(price), expected))
    places = task.charger_places
    if places is not None and len(places) != len(task.chargers):
        expected = f"{len(task.chargers)} rows, one for each charger"
        found.append(Problem("charger_places", value=str(len(places)), expected=expected))
    return found


def _order_problems(task: Task) -> list[Problem]:
    able = [
        vehicle for vehicle in task.vehicles
        if vehicle.name in task.legs and vehicle.depot_id in set(task.depots["depot_id"])
        and task.legs[vehicle.name].time_s.shape == (task.node_count,) * 2
    ]  # fmt: skip
    if not able:
        return []
    largest = max(vehicle.capacity_kg for vehicle in able)
    found = []
    for row, node in enumerate(task.order_nodes.tolist()):
        heaviest = max(task.drop_kg[node], task.pickup_kg[node])
        if heaviest > largest:
            expected = f"at most the largest capacity, {largest:g} kg; split the order"
            found.append(Problem("orders", "demand_kg", row + 1, f"{heaviest:g}", expected))
        there = [
            task.legs[v.name].time_s[task.depot_node(v), node]
            + task.legs[v.name].time_s[node, task.depot_node(v)]
            for v in able
        ]
        if not np.isfinite(min(there)):
            expected = "a place that some vehicle can reach from its depot and leave again"
            name = str(task.orders["order_id"].iloc[row])
            found.append(Problem("orders", "order_id", row + 1, name, expected))
    return found
