"""ChargingCurve: how much energy a battery holds after how long at a charger."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import cast, overload

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem

__all__ = ["SECONDS_PER_HOUR", "ChargingCurve"]

SECONDS_PER_HOUR = 3600.0

# Slopes of breakpoints that came through a file differ by rounding where power is level.
_SLOPE_TOLERANCE = 1e-9

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChargingCurve:
    """Energy in a battery as a concave, piecewise-linear function of time at the charger.

    The curve begins with an empty battery (usable energy 0) and ends with a full one. Where a
    charge starts does not matter: it moves along the same curve (Montoya et al. 2017,
    *Transportation Research Part B* 103, 87-110, doi:10.1016/j.trb.2017.02.004).

    Parameters
    ----------
    name
        Battery and charger, as messages call them.
    time_s
        Breakpoints: seconds since the battery was empty, from 0, ascending.
    energy_wh
        Usable energy in the battery at each, from 0, ascending; the last is the full battery.
    grid_efficiency
        Energy into the battery over energy out of the grid.
    exact_from_wh
        Below this energy the curve is replaced by its concave envelope (see
        :func:`~geofleet.energy.battery.charging_curve`), above it is the battery's own.

    Raises
    ------
    InputError
        Breakpoints that do not ascend from zero, a power that rises with the state of charge (the
        curve would not be concave), an efficiency above 1.
    """

    name: str
    time_s: tuple[float, ...]
    energy_wh: tuple[float, ...]
    grid_efficiency: float = 1.0
    exact_from_wh: float = 0.0

    def __post_init__(self) -> None:
        problems = _problems(self)
        if problems:
            raise InputError(problems)

    @classmethod
    def from_shares(
        cls,
        name: str,
        *,
        soc: tuple[float, ...],
        time_s: tuple[float, ...],
        battery_wh: float,
        grid_efficiency: float = 1.0,
    ) -> ChargingCurve:
        """Build a curve from states of charge (0 to 1) instead of energies.

        Raises
        ------
        InputError
            As the class; also a state of charge that does not run from 0 to 1.
        """
        above = [share for share in soc if not 0.0 <= share <= 1.0]
        if above or not soc or soc[-1] != 1.0:
            shown = str(above[0] if above else soc[-1] if soc else "")
            expected = "states of charge from 0 to 1 (1 is full), the last of them 1"
            raise InputError([Problem(f"charging curve {name}", "soc", 0, shown, expected)])
        if not 0.0 < battery_wh < math.inf:
            expected = "an energy above 0"
            raise InputError(
                [Problem(f"charging curve {name}", "battery_wh", 0, f"{battery_wh:g}", expected)]
            )
        energy = tuple(share * battery_wh for share in soc)
        return cls(name, time_s, energy, grid_efficiency)

    @property
    def battery_wh(self) -> float:
        """Usable energy of the full battery."""
        return self.energy_wh[-1]

    @property
    def full_s(self) -> float:
        """Seconds from empty to full."""
        return self.time_s[-1]

    @property
    def soc(self) -> tuple[float, ...]:
        """State of charge at the breakpoints, 0 to 1."""
        return tuple(energy / self.battery_wh for energy in self.energy_wh)

    @property
    def power_w(self) -> tuple[float, ...]:
        """Power into the battery between breakpoints; one fewer than these, never rising."""
        return tuple(_slopes(self))

    @overload
    def energy_after(self, start_wh: float, seconds: float) -> float: ...
    @overload
    def energy_after(self, start_wh: Array, seconds: Array | float) -> Array: ...
    @overload
    def energy_after(self, start_wh: float, seconds: Array) -> Array: ...
    def energy_after(self, start_wh: float | Array, seconds: float | Array) -> float | Array:
        """Return the energy in the battery (Wh) after ``seconds`` at the charger.

        Scalars or arrays that broadcast. A battery that is full stays full.

        Raises
        ------
        InputError
            A start outside the battery (below 0, above full), time that runs backwards.
        """
        begin = np.asarray(start_wh, dtype=np.float64)
        waited = np.asarray(seconds, dtype=np.float64)
        self._check("start_wh", begin)
        if not bool((waited >= 0.0).all()):
            expected = "seconds of at least 0"
            raise InputError([Problem(self._table, "seconds", 0, _first(waited, 0.0), expected)])
        at = np.interp(begin, self.energy_wh, self.time_s) + waited
        # Rounding must not let energy fall at the charger.
        after = np.maximum(np.interp(at, self.time_s, self.energy_wh), begin)
        return float(after) if after.ndim == 0 else cast(Array, after)

    @overload
    def time_for(self, start_wh: float, end_wh: float) -> float: ...
    @overload
    def time_for(self, start_wh: Array, end_wh: Array | float) -> Array: ...
    @overload
    def time_for(self, start_wh: float, end_wh: Array) -> Array: ...
    def time_for(self, start_wh: float | Array, end_wh: float | Array) -> float | Array:
        """Return the seconds from one energy in the battery (Wh) to another that is not lower.

        Raises
        ------
        InputError
            An energy outside the battery (a state of charge below 0 or above 100 %), an end
            below the start.
        """
        begin = np.asarray(start_wh, dtype=np.float64)
        end = np.asarray(end_wh, dtype=np.float64)
        self._check("start_wh", begin)
        self._check("end_wh", end)
        if not bool((end >= begin).all()):
            low = (end - begin).min()
            expected = "an end that is not below the start: a charger adds energy"
            raise InputError([Problem(self._table, "end_wh", 0, f"{low:g} Wh", expected)])
        taken = np.interp(end, self.energy_wh, self.time_s) - np.interp(
            begin, self.energy_wh, self.time_s
        )
        return float(taken) if taken.ndim == 0 else taken

    def grid_wh(self, start_wh: float, end_wh: float) -> float:
        """Return the energy (Wh) that the grid gives for a charge from start to end."""
        return (end_wh - start_wh) / self.grid_efficiency

    @property
    def _table(self) -> str:
        return f"charging curve {self.name}"

    def _check(self, field: str, energy: Array) -> None:
        full = self.battery_wh
        wrong = ~((energy >= 0.0) & (energy <= full))
        if bool(wrong.any()):
            value = float(energy[wrong].flat[0]) if energy.ndim else float(energy)
            shown = f"{value:g} Wh ({value / full:.1%} of the battery)"
            expected = f"an energy from 0 to the full battery ({full:g} Wh, 100 %)"
            raise InputError([Problem(self._table, field, 0, shown, expected)])


def _first(values: Array, low: float) -> str:
    wrong = values[~(values >= low)] if values.ndim else values
    return f"{float(wrong.flat[0]):g}"


def _slopes(curve: ChargingCurve) -> list[float]:
    """Power (W) between breakpoints."""
    times, energies = itertools.pairwise(curve.time_s), itertools.pairwise(curve.energy_wh)
    return [
        (high - low) * SECONDS_PER_HOUR / (end - begin)
        for (begin, end), (low, high) in zip(times, energies, strict=True)
    ]


def _problems(curve: ChargingCurve) -> list[Problem]:
    """Find what keeps the breakpoints from being a charging curve."""
    table = f"charging curve {curve.name}"
    problems = []
    if len(curve.time_s) != len(curve.energy_wh) or len(curve.time_s) < 2:
        expected = "as many times as energies, at least two"
        return [Problem(table, "time_s", 0, str(len(curve.time_s)), expected)]
    for field in ("time_s", "energy_wh"):
        points = getattr(curve, field)
        rising = all(a < b < math.inf for a, b in itertools.pairwise(points))
        if points[0] != 0.0 or not rising:
            problems.append(Problem(table, field, 0, str(points), "ascending from 0"))
    if not 0.0 < curve.grid_efficiency <= 1.0:
        expected = "a share above 0 and at most 1"
        problems.append(Problem(table, "grid_efficiency", 0, str(curve.grid_efficiency), expected))
    if problems:
        return problems
    power = _slopes(curve)
    for number, (before, after) in enumerate(itertools.pairwise(power), start=1):
        if after > before * (1.0 + _SLOPE_TOLERANCE):
            share = curve.energy_wh[number] / curve.energy_wh[-1]
            expected = (
                f"a concave curve: power that does not rise with charge ({before:g} W up to "
                f"{share:.0%}, {after:g} W above)"
            )
            problems.append(Problem(table, "energy_wh", 0, f"{after:g} W", expected))
    return problems
