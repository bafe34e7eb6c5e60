"""What a path over energy is the best by, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem
from geofleet.network.routing.paths import RoutingGraph
from geofleet.network.routing.places import Place
from geofleet.network.routing.turns import FORBIDDEN

__all__ = ["Battery", "ElectricPath", "EnergyUse", "PathBlend", "Spot"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Spot = Place | int
"""Where a path begins or ends: a place on a link, or a node number."""

SLACK = 1e-9  # of the battery: sums of links are not exact
_S_PER_H, _WH_PER_KWH, _M_PER_KM = 3600.0, 1000.0, 1000.0


@dataclass(frozen=True, slots=True)
class PathBlend:
    """What a path should keep low together, in money: energy, time, distance.

    Parameters
    ----------
    energy_per_kwh
        Money for a kilowatt-hour taken from the battery. Energy given back is paid back.
    time_per_h
        Money for an hour: the driver, and the vehicle that does nothing else meanwhile.
    distance_per_km
        Money for a kilometre: wear and tolls by distance.
    """

    energy_per_kwh: float = 1.0
    time_per_h: float = 0.0
    distance_per_km: float = 0.0

    def __post_init__(self) -> None:
        values = {name: getattr(self, name) for name in self.__slots__}
        problems = [
            Problem("path blend", name, value=str(value), expected="a number of at least 0")
            for name, value in values.items()
            if not (np.isfinite(value) and value >= 0.0)
        ]
        if not problems and not any(values.values()):
            problems = [Problem("path blend", expected="at least one price above 0")]
        if problems:
            raise InputError(problems)

    def shared(self, energy_share: float) -> PathBlend:
        """Return these prices with energy weighed by a share and all else by the rest of it.

        1 keeps energy alone low, 0 only time and distance.
        """
        if not 0.0 <= energy_share <= 1.0:
            expected = "a share from 0 to 1"
            raise InputError(
                [Problem("path blend", "energy_share", 0, str(energy_share), expected)]
            )
        rest = 1.0 - energy_share
        return PathBlend(
            energy_share * self.energy_per_kwh, rest * self.time_per_h, rest * self.distance_per_km
        )

    def of(
        self, *, energy_wh: npt.ArrayLike, time_s: npt.ArrayLike, length_m: npt.ArrayLike
    ) -> Floats:
        """Return the money for each entry."""
        return np.asarray(
            self.energy_per_kwh / _WH_PER_KWH * np.asarray(energy_wh)
            + self.time_per_h / _S_PER_H * np.asarray(time_s)
            + self.distance_per_km / _M_PER_KM * np.asarray(length_m)
        )


@dataclass(frozen=True, slots=True)
class Battery:
    """What a vehicle sets out with.

    Parameters
    ----------
    usable_wh
        Energy between empty and full.
    charge_wh
        What is in it; full when not given.
    reserve_wh
        What must stay in it everywhere on the way.
    """

    usable_wh: float
    charge_wh: float | None = None
    reserve_wh: float = 0.0

    def __post_init__(self) -> None:
        problems = []

        def report(field: str, value: object, expected: str) -> None:
            problems.append(Problem("battery", field, 0, str(value), expected))

        if not 0.0 < self.usable_wh < np.inf:
            report("usable_wh", self.usable_wh, "an energy above 0")
        else:
            if not 0.0 <= self.start_wh <= self.usable_wh:
                report("charge_wh", self.charge_wh, f"an energy from 0 to {self.usable_wh:g}")
            if not 0.0 <= self.reserve_wh < self.usable_wh:
                expected = f"an energy of at least 0 and below {self.usable_wh:g}"
                report("reserve_wh", self.reserve_wh, expected)
        if problems:
            raise InputError(problems)

    @property
    def start_wh(self) -> float:
        """Charge at the start."""
        return self.usable_wh if self.charge_wh is None else self.charge_wh


class EnergyUse(NamedTuple):
    """Four numbers that say what a path does to any battery (Wh; arrays or numbers).

    Parameters
    ----------
    total_wh
        Taken from the battery in sum; negative when more comes back.
    need_wh
        Largest sum from the start: what must be in the battery at the least.
    spare_wh
        Largest sum up to the end: how far below full the battery is on arrival at the least,
        since a full battery refuses what braking offers.
    swing_wh
        Largest sum of any stretch: the smallest battery that can drive it.
    """

    total_wh: Floats
    need_wh: Floats
    spare_wh: Floats
    swing_wh: Floats

    @classmethod
    def of(cls, energy_wh: npt.ArrayLike) -> EnergyUse:
        """Summarise the energies of the links of one path, in driving order."""
        energy = np.asarray(energy_wh, dtype=np.float64)
        sums = np.concatenate([[0.0], np.cumsum(energy)])
        need = sums.max()
        spare = sums[-1] - sums.min()
        swing = (sums - np.minimum.accumulate(sums)).max()
        return cls(np.asarray(sums[-1]), np.asarray(need), np.asarray(spare), np.asarray(swing))

    def arrival_wh(self, battery: Battery) -> Floats:
        """Return the charge on arrival; NaN where the reserve does not hold all the way."""
        start, reserve, full = battery.start_wh, battery.reserve_wh, battery.usable_wh
        slack = SLACK * full
        can = (self.need_wh <= start - reserve + slack) & (self.swing_wh <= full - reserve + slack)
        left = np.minimum(start - self.total_wh, full - self.spare_wh)
        return np.asarray(np.where(can, left, np.nan))


@dataclass(frozen=True, slots=True)
class ElectricPath:
    """Links in driving order, the part of each that is driven, and what they come to.

    ``arrival_wh`` is the charge on arrival, NaN when no battery was asked about.
    """

    edges: Ints
    from_fraction: Floats
    to_fraction: Floats
    time_s: float
    length_m: float
    energy: EnergyUse
    arrival_wh: float = np.nan

    @property
    def share(self) -> Floats:
        """Part of each link that is driven."""
        return self.to_fraction - self.from_fraction

    @property
    def energy_wh(self) -> float:
        """Energy taken from the battery in sum."""
        return float(self.energy.total_wh)


def edge_values(
    graph: RoutingGraph, values: npt.ArrayLike, name: str, *, negative: bool = False
) -> Floats:
    """Return one number for each link, checked on the links that may be driven.

    Raises
    ------
    InputError
        Another count of values, or a usable link without one.
    """
    array = np.asarray(values, dtype=np.float64)
    count = graph.arrays.edge_count
    if array.shape != (count,):
        expected = f"{count} values, one for each link"
        raise InputError([Problem(name, value=f"shape {array.shape}", expected=expected)])
    usable = graph.access != FORBIDDEN
    bad = usable & ~(np.isfinite(array) & (negative | (array >= 0.0)))
    if bad.any():
        expected = (
            "a finite number" + ("" if negative else " of at least 0") + " on every open link"
        )
        raise InputError(
            [
                Problem(name, row=int(edge) + 1, value=str(array[edge]), expected=expected)
                for edge in np.flatnonzero(bad)[:5]
            ]
        )
    return np.where(usable, array, 0.0)
