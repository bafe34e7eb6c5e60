"""Power of heating and cooling the cabin by air temperature."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem

__all__ = ["COP_NODES_C", "HEATERS", "Heater", "cabin_power_w"]

Heater = Literal["resistive", "heat_pump"]

HEATERS: tuple[Heater, ...] = ("resistive", "heat_pump")
COP_NODES_C = (-20, -10, 0, 10, 20)
"""Air temperatures of the rows of the heat pump."""


def cabin_power_w(
    temperature_c: npt.ArrayLike,
    *,
    heater: Heater = "resistive",
    defaults: Defaults | None = None,
) -> npt.NDArray[np.float64]:
    """Return the electric power of cabin heating and cooling (W), any shape.

    The heat wanted is linear in the distance from a comfort band, up to a limit on each side. A
    resistance heater draws as much; a heat pump that over its coefficient of performance, which
    falls with the temperature outside. NaN where the temperature is.

    Raises
    ------
    InputError
        An unknown heater; rows out of their limits.
    """
    if heater not in HEATERS:
        expected = "one of " + ", ".join(HEATERS)
        raise InputError([Problem("cabin", "heater", 0, str(heater), expected)])
    rows = CheckedRows(defaults or Defaults())

    def number(row: str) -> float:
        return rows.number("energy", row, 0.0, 1e9, "a number of at least 0")

    def temperature(row: str) -> float:
        return rows.number("energy", row, -100.0, 100.0, "a temperature")

    below, above = temperature("heating_below_c"), temperature("cooling_above_c")
    heat_slope, heat_limit = number("heating_power_per_k"), number("heating_power_max")
    cool_slope, cool_limit = number("cooling_power_per_k"), number("cooling_power_max")
    performance = [1.0] * len(COP_NODES_C)
    if heater == "heat_pump":
        performance = [
            rows.number("equipment", _cop_row(node), 0.0, 20.0, "a number above 0", above=True)
            for node in COP_NODES_C
        ]
    rows.finish()
    air = np.asarray(temperature_c, dtype=np.float64)
    heat = np.minimum(np.maximum(below - air, 0.0) * heat_slope, heat_limit)
    cold = np.minimum(np.maximum(air - above, 0.0) * cool_slope, cool_limit)
    return np.asarray(heat / np.interp(air, COP_NODES_C, performance) + cold, dtype=np.float64)


def _cop_row(node_c: int) -> str:
    return f"heat_pump_cop.at_{'minus_' if node_c < 0 else ''}{abs(node_c)}"
