"""What a fixed route with chargers is, and what a charging plan says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from geofleet.energy.battery import ChargingCurve

if TYPE_CHECKING:
    from geofleet.energy.charging.prepare import InstanceArrays

__all__ = [
    "Charger",
    "ChargingInstance",
    "ChargingPlan",
    "ChargingPlans",
    "ChargingVisit",
    "FixedRoute",
    "Prices",
    "Status",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Status = Literal["optimal", "infeasible"]


@dataclass(frozen=True, slots=True)
class Charger:
    """One place to charge on the way.

    Parameters
    ----------
    charger_id
        Its name in plans and messages.
    node
        Row of the instance's matrices.
    curve
        Charging curve of the instance's battery there: the lower of what charger and vehicle can.
    open_s
        Opening hours of the day as ``(from, to)`` in seconds after midnight, in order; always
        open when empty. A vehicle that stands there when it closes keeps its place.
    wait_s
        Expected seconds from arrival to the plug: one number, or 24 by hour of arrival.
    price_per_kwh
        Of energy from the grid: one number, or 24 by hour. Read where cost is the objective,
        which it cannot be where a price is unknown.
    """

    charger_id: str
    node: int
    curve: ChargingCurve
    open_s: tuple[tuple[float, float], ...] = ()
    wait_s: float | tuple[float, ...] = 0.0
    price_per_kwh: float | tuple[float, ...] = np.nan

    def __post_init__(self) -> None:
        for name in ("wait_s", "price_per_kwh"):
            value = getattr(self, name)
            if not isinstance(value, (float, int, tuple)) and np.ndim(value) == 1:
                object.__setattr__(self, name, tuple(float(hour) for hour in value))


@dataclass(frozen=True)
class ChargingInstance:
    """Places, ways between them, chargers and the battery: what many routes share.

    Parameters
    ----------
    drive_s
        Seconds from node to node, ``(nodes, nodes)``.
    energy_wh
        Net energy from the battery, ``(nodes, nodes)`` or ``(layers, nodes, nodes)`` where it
        depends on the load; negative where a descent gives more than it takes. No round trip
        may gain energy.
    chargers
        Where the battery can be charged.
    battery_wh
        Usable energy of the full battery.
    reserve_wh
        Least energy at any time on the way.
    need_wh
        Energy above the reserve with which a leg must be begun: the highest point of its running
        sum, at least 0 and at least ``energy_wh``, which stands in where it is not given.
    refused_wh
        What a battery that leaves full lacks on arrival: the highest sum from any point of the
        leg to its end, at least 0 and at least ``energy_wh``. A full battery takes no energy back
        on a descent. As ``need_wh`` where it is not given.
    node_ids
        Names of nodes for messages.
    """

    drive_s: Floats
    energy_wh: Floats
    chargers: tuple[Charger, ...]
    battery_wh: float
    reserve_wh: float = 0.0
    need_wh: Floats | None = None
    refused_wh: Floats | None = None
    node_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        from geofleet.energy.charging.check import check_instance, numbers

        for name in ("drive_s", "energy_wh", "need_wh", "refused_wh"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, numbers(getattr(self, name), name))
        check_instance(self)
        _ = self.arrays  # now, for a round trip that gains energy is a fault of the instance

    @cached_property
    def arrays(self) -> InstanceArrays:
        """Return the arguments of the kernels that all routes share.

        Raises
        ------
        InputError
            A round trip over chargers that gains energy.
        """
        from geofleet.energy.charging.prepare import instance_arrays

        return instance_arrays(self)

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.drive_s)

    @property
    def layer_count(self) -> int:
        """Number of loads for which energy is known."""
        return 1 if self.energy_wh.ndim == 2 else len(self.energy_wh)


@dataclass(frozen=True, slots=True)
class FixedRoute:
    """Stops in an order that does not change, the depot first and usually last.

    Parameters
    ----------
    nodes
        Row of the instance's matrices for each stop, at least two.
    start_wh
        Energy in the battery in the beginning.
    start_s
        Seconds after midnight at which the vehicle is ready.
    service_s
        Seconds spent at each stop; none when empty.
    window_s
        Earliest and latest begin of service of each stop, ``(-inf, inf)`` where none;
        no windows when empty.
    layers
        For each gap between two stops the layer of ``energy_wh`` that holds for the load on
        board; the only one when empty.
    end_wh
        Least energy at the end, the reserve if that is more.
    latest_end_s
        Latest end of the route.
    """

    nodes: tuple[int, ...]
    start_wh: float
    start_s: float = 0.0
    service_s: tuple[float, ...] = ()
    window_s: tuple[tuple[float, float], ...] = ()
    layers: tuple[int, ...] = ()
    end_wh: float = 0.0
    latest_end_s: float = np.inf


@dataclass(frozen=True, slots=True)
class Prices:
    """What the objective ``cost`` weighs besides the chargers' prices.

    Parameters
    ----------
    driver_per_h
        Cost of an hour from start to end, waiting included.
    end_energy_per_kwh
        Value of a kWh that is in the battery at the end: what it costs to put in at the depot.
    """

    driver_per_h: float
    end_energy_per_kwh: float = 0.0


@dataclass(frozen=True, slots=True)
class ChargingVisit:
    """One visit to a charger.

    ``gap`` is the number of the stop before it. Energies are in the battery; ``cost`` is the
    price of the energy from the grid, NaN where the plan was made without prices.
    """

    gap: int
    charger_id: str
    arrive_s: float
    begin_s: float
    end_s: float
    arrive_wh: float
    leave_wh: float
    cost: float = np.nan

    @property
    def energy_wh(self) -> float:
        """Energy charged into the battery."""
        return self.leave_wh - self.arrive_wh

    @property
    def minutes(self) -> float:
        """Minutes at the plug, closed hours in between included."""
        return (self.end_s - self.begin_s) / 60.0


@dataclass(frozen=True)
class ChargingPlan:
    """Where, when and how long to charge: proven optimal, or proven that there is no way.

    Parameters
    ----------
    status
        ``optimal`` or ``infeasible``; there is no third.
    duration_s
        From ready to end of service at the last stop; NaN when infeasible, as all below.
    cost
        Of energy and driver, less the value of the energy left; NaN without prices.
    visits
        In driving order.
    stops
        One row per stop: arrival, begin and end of service (seconds after midnight), energy in
        the battery on arrival (Wh).
    """

    status: Status
    duration_s: float
    cost: float = np.nan
    visits: tuple[ChargingVisit, ...] = ()
    stops: Floats = field(default_factory=lambda: np.empty((0, 4)), compare=False)

    @property
    def is_feasible(self) -> bool:
        """Whether the route can be driven."""
        return self.status == "optimal"


@dataclass(frozen=True)
class ChargingPlans(Sequence[ChargingPlan]):
    """Plans of many routes of one instance, as arrays; ``plans[i]`` is one of them.

    Parameters
    ----------
    duration_s
        Per route, NaN where infeasible.
    is_feasible
        Per route.
    visit_count
        Chargers visited, per route.
    """

    duration_s: Floats
    is_feasible: npt.NDArray[np.bool_]
    visit_count: Integers
    _chargers: tuple[Charger, ...]
    _first: Integers
    _stops: Floats
    _visits: Floats

    def __len__(self) -> int:
        """Return the number of routes."""
        return len(self.duration_s)

    def __getitem__(self, number):  # type: ignore[no-untyped-def]
        """Return the plan of one route, or a list of some."""
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        i = range(len(self))[number]
        if not self.is_feasible[i]:
            return ChargingPlan("infeasible", np.nan)
        visits = tuple(
            ChargingVisit(int(row[0]), self._chargers[int(row[1])].charger_id, *map(float, row[2:]))
            for row in self._visits[i, : self.visit_count[i]]
        )
        stops = self._stops[self._first[i] : self._first[i + 1]]
        return ChargingPlan("optimal", float(self.duration_s[i]), np.nan, visits, stops)
