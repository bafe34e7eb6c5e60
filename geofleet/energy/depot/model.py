"""Vehicles, chargers and stays of a depot."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.energy.battery import ChargingCurve
from geofleet.energy.depot.horizon import Horizon
from geofleet.errors import InputError, Problem

__all__ = [
    "CURRENTS", "Chargers", "DailyStay", "DatedStay", "Depot", "DepotMonth", "DepotVehicle",
    "PlacedStay", "chargers", "concave_taper",
]  # fmt: skip

CURRENTS = ("AC", "DC")
IntArray = npt.NDArray[np.int64]
_KNEES = 40


@dataclass(frozen=True, slots=True)
class DepotVehicle:
    """A vehicle as its charger sees it.

    Parameters
    ----------
    vehicle_id
        Its name.
    battery_wh
        Usable energy.
    ac_power_w
        Most that its on-board charger takes from the grid; 0 when it has none.
    dc_power_w
        Most that its battery takes from a direct-current charger; 0 when it cannot.
    taper
        Nodes ``(state of charge, power into the battery in W)`` of the most that the battery
        takes, a concave curve from 0 to 1; empty when only the limits above hold.
        :func:`concave_taper` makes one of a charging curve.

    Raises
    ------
    InputError
        Every number that no vehicle can have, a taper that is not concave.
    """

    vehicle_id: str
    battery_wh: float
    ac_power_w: float
    dc_power_w: float
    taper: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        place = f"vehicle {self.vehicle_id}"
        problems = []
        if not 0.0 < self.battery_wh < math.inf:
            shown = str(self.battery_wh)
            problems.append(Problem(place, "battery_wh", 0, shown, "an energy above 0"))
        for name in ("ac_power_w", "dc_power_w"):
            value = getattr(self, name)
            if not 0.0 <= value < math.inf:
                problems.append(Problem(place, name, 0, str(value), "a power of at least 0"))
        problems += _taper_problems(self.taper, place)
        if problems:
            raise InputError(problems)

    def lines(self) -> list[tuple[float, float]]:
        """Return the taper as lines ``power <= a - b * soc``: pairs (a, b) in W."""
        out = []
        for (left, high), (right, low) in itertools.pairwise(self.taper):
            slope = (high - low) / (right - left)
            out.append((high + slope * left, slope))
        return out


@dataclass(frozen=True, slots=True)
class Chargers:
    """The chargers of a depot, all alike.

    Parameters
    ----------
    count
        How many.
    power_w
        Of each: taken from the grid for ``AC``, given to the battery for ``DC``.
    current
        One of ``CURRENTS``.
    efficiency
        Energy into the battery over energy from the grid.
    """

    count: int
    power_w: float
    current: str
    efficiency: float

    def __post_init__(self) -> None:
        problems = []
        if not (0 <= self.count < math.inf and int(self.count) == self.count):
            expected = "a whole number of at least 0"
            problems.append(Problem("chargers", "count", 0, str(self.count), expected))
        if not 0.0 < self.power_w < math.inf:
            problems.append(Problem("chargers", "power_w", 0, str(self.power_w), "a power above 0"))
        if self.current not in CURRENTS:
            expected = "one of " + ", ".join(CURRENTS)
            problems.append(Problem("chargers", "current", 0, self.current, expected))
        if not 0.0 < self.efficiency <= 1.0:
            expected = "a share above 0 and at most 1"
            problems.append(Problem("chargers", "efficiency", 0, str(self.efficiency), expected))
        if problems:
            raise InputError(problems)

    def battery_power_w(self, vehicle: DepotVehicle) -> float:
        """Return the most that reaches the battery of a vehicle."""
        if self.current == "AC":
            return min(self.power_w, vehicle.ac_power_w) * self.efficiency
        return min(self.power_w, vehicle.dc_power_w)


def chargers(
    count: int,
    power_w: float,
    current: str,
    *,
    efficiency: float | None = None,
    defaults: Defaults | None = None,
) -> Chargers:
    """Return chargers whose efficiency, when not given, is that of the default rows."""
    if efficiency is None:
        known = current if current in CURRENTS else CURRENTS[0]
        efficiency = (defaults or Defaults()).number(
            "batteries", f"charger_efficiency.{known.lower()}"
        )
    return Chargers(count, power_w, current, efficiency)


@dataclass(frozen=True)
class Depot:
    """What a depot offers.

    Parameters
    ----------
    chargers
        Its chargers.
    connection_w
        Most that it may draw from the grid, other loads included; infinity for no limit.
    base_load_w
        Its other loads: one number, 24 by local hour, or one per slot of the month.
    plugs
        ``swap``: vehicles may change places at a charger at any time, within a slot too (those
        with a taper from slot to slot). ``once``: a vehicle is plugged in at most once a stay.
    staffed_h
        For ``once``: local hours ``(from, to)`` in which someone changes plugs, over midnight
        when ``to`` is not after ``from``. At other times only arriving drivers plug in, and a
        plug stays until someone comes or the vehicle leaves. None: always.

    Raises
    ------
    InputError
        Every number that no depot can have.
    """

    chargers: Chargers
    connection_w: float = math.inf
    base_load_w: float | tuple[float, ...] = 0.0
    plugs: str = "swap"
    staffed_h: tuple[tuple[float, float], ...] | None = None

    def __post_init__(self) -> None:
        problems = []
        if not self.connection_w >= 0.0:
            expected = "a power of at least 0"
            problems.append(Problem("depot", "connection_w", 0, str(self.connection_w), expected))
        if self.plugs not in ("swap", "once"):
            problems.append(Problem("depot", "plugs", 0, self.plugs, "swap or once"))
        if self.plugs == "swap" and self.staffed_h is not None:
            expected = "hours of staff only for plugs='once'"
            problems.append(Problem("depot", "staffed_h", 0, str(self.staffed_h), expected))
        for begin, end in self.staffed_h or ():
            if not (0.0 <= begin <= 24.0 and 0.0 <= end <= 24.0):
                expected = "hours from 0 to 24"
                problems.append(Problem("depot", "staffed_h", 0, f"{begin}-{end}", expected))
        if problems:
            raise InputError(problems)


@dataclass(frozen=True, slots=True)
class DatedStay:
    """One stay of a vehicle at the depot, between two dated times.

    Parameters
    ----------
    vehicle_id
        Who stays.
    arrival, departure
        Timezone-aware.
    arrival_wh
        Usable energy in the battery on arrival (after a day that began as planned).
    departure_wh
        Energy that it must hold on departure; that of the arrival where nothing is needed.

    Raises
    ------
    InputError
        Naive times, departure before arrival, negative energy, less at departure than on arrival.
    """

    vehicle_id: str
    arrival: dt.datetime
    departure: dt.datetime
    arrival_wh: float
    departure_wh: float

    def __post_init__(self) -> None:
        place = f"stay of {self.vehicle_id}"
        problems = _energy_problems(place, self.arrival_wh, self.departure_wh)
        naive = [name for name in ("arrival", "departure") if getattr(self, name).tzinfo is None]
        for name in naive:
            expected = "a time with its zone"
            problems.append(Problem(place, name, 0, str(getattr(self, name)), expected))
        if not naive and not self.departure > self.arrival:
            expected = f"a departure after the arrival, {self.arrival}"
            problems.append(Problem(place, "departure", 0, str(self.departure), expected))
        if problems:
            raise InputError(problems)


@dataclass(frozen=True, slots=True)
class DailyStay:
    """A stay that a vehicle makes on every operating day.

    Parameters
    ----------
    vehicle_id
        Who stays.
    arrival_s, departure_s
        Seconds after local midnight of the operating day; of the *next* operating day for the
        departure of an overnight stay.
    arrival_wh, departure_wh
        As for a dated stay.
    overnight
        Whether it ends on the next operating day.

    Raises
    ------
    InputError
        As for a dated stay; an arrival beyond 48 h.
    """

    vehicle_id: str
    arrival_s: float
    departure_s: float
    arrival_wh: float
    departure_wh: float
    overnight: bool = True

    def __post_init__(self) -> None:
        place = f"stay of {self.vehicle_id}"
        problems = _energy_problems(place, self.arrival_wh, self.departure_wh)
        for name in ("arrival_s", "departure_s"):
            value = getattr(self, name)
            if not 0.0 <= value < 2 * 86400.0:
                expected = "seconds after midnight, from 0 to below 48 h"
                problems.append(Problem(place, name, 0, str(value), expected))
        end = self.departure_s + (86400.0 if self.overnight else 0.0)
        if not problems and end <= self.arrival_s:
            expected = f"a departure after the arrival, {self.arrival_s:g} s"
            problems.append(Problem(place, "departure_s", 0, str(self.departure_s), expected))
        if problems:
            raise InputError(problems)


@dataclass(frozen=True)
class PlacedStay:
    """A stay on the planned slots of a month.

    Parameters
    ----------
    vehicle
        Who stays.
    slots
        Planned slots in which it is there from beginning to end, in order of time.
    arrival_wh, departure_wh
        As for a dated stay.
    repeats
        How many stays of the month it stands for.
    after
        Number of the vehicle's stay before this one that hands on what it charged beyond its
        need; -1 when none does.
    """

    vehicle: DepotVehicle
    slots: IntArray
    arrival_wh: float
    departure_wh: float
    repeats: int = 1
    after: int = -1

    @property
    def need_wh(self) -> float:
        """Energy that the battery lacks."""
        return self.departure_wh - self.arrival_wh


@dataclass(frozen=True)
class DepotMonth:
    """A month of stays on its slots: what there is to plan.

    Parameters
    ----------
    horizon
        The month.
    stays
        On its planned slots.
    pieces
        First planned slot of each piece. A piece is planned for itself and closed to a ring: a
        stay may go on from its last slot to its first.
    """

    horizon: Horizon
    stays: tuple[PlacedStay, ...]
    pieces: tuple[int, ...] = (0,)

    @property
    def need_wh(self) -> float:
        """Energy that all batteries take in the month."""
        return math.fsum(stay.need_wh * stay.repeats for stay in self.stays)


def concave_taper(curve: ChargingCurve) -> tuple[tuple[float, float], ...]:
    """Return a taper that never asks more of the battery than a charging curve gives.

    A charging curve steps down from power to power, which is not concave in the state of charge.
    In its place stands full power up to a knee and a straight line from there to a low power
    when full, everywhere at or below the steps; of all such the one that fills the battery
    soonest.

    Raises
    ------
    InputError
        Steps that leave no room for such a line.
    """
    power = curve.power_w
    full, last = power[0], power[-1]
    steps = list(zip(curve.soc[1:-1], power[1:], strict=True))
    falling = [(soc, step) for soc, step in steps if step < full]
    if not falling:
        return ((0.0, full), (1.0, full))
    best: tuple[float, float, float] | None = None
    for part in range(1, _KNEES):
        end = last * part / _KNEES
        drops = [(soc, (full - step) / (full - end)) for soc, step in falling]
        knee = min((soc - drop) / (1.0 - drop) for soc, drop in drops)
        if knee >= 0.0:
            hours = knee / full + (1.0 - knee) * math.log(full / end) / (full - end)
            best = min(best or (math.inf, 0.0, 0.0), (hours, knee, end))
    if best is None:
        expected = "power that falls late enough for a line below its steps"
        raise InputError([Problem(f"charging curve {curve.name}", "power_w", 0, "", expected)])
    _, knee, end = best
    return ((0.0, full), (knee, full), (1.0, end)) if knee > 0.0 else ((0.0, full), (1.0, end))


def _energy_problems(place: str, arrival_wh: float, departure_wh: float) -> list[Problem]:
    """Find energies that no stay can have."""
    problems = []
    for name, value in (("arrival_wh", arrival_wh), ("departure_wh", departure_wh)):
        if not 0.0 <= value < math.inf:
            problems.append(Problem(place, name, 0, str(value), "an energy of at least 0"))
    if not problems and departure_wh < arrival_wh:
        expected = f"at least the energy on arrival, {arrival_wh:g} Wh"
        problems.append(Problem(place, "departure_wh", 0, f"{departure_wh:g}", expected))
    return problems


def _taper_problems(taper: tuple[tuple[float, float], ...], place: str) -> Iterable[Problem]:
    """Find what keeps nodes from being a concave curve over the state of charge."""
    if not taper:
        return
    soc = [node[0] for node in taper]
    power = [node[1] for node in taper]
    if len(taper) < 2 or soc[0] != 0.0 or soc[-1] != 1.0 or sorted(set(soc)) != soc:
        expected = "states of charge ascending from 0 to 1"
        yield Problem(place, "taper", 0, str(soc), expected)
        return
    if not all(0.0 <= value < math.inf for value in power):
        yield Problem(place, "taper", 0, str(power), "powers of at least 0")
        return
    pairs = itertools.pairwise(taper)
    slopes = [(low - high) / (right - left) for (left, high), (right, low) in pairs]
    scale = max(power) or 1.0
    if slopes[0] > 1e-9 * scale or any(b > a + 1e-9 * scale for a, b in itertools.pairwise(slopes)):
        expected = "a power that never rises and falls ever faster (concave)"
        yield Problem(place, "taper", 0, str(power), expected)
