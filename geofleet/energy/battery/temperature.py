"""What a battery gives and takes when it is cold or hot."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.battery.pack import CHEMISTRIES
from geofleet.errors import InputError, Problem

__all__ = ["NODES_C", "Quantity", "temperature_share"]

Quantity = Literal["capacity", "acceptance", "discharge"]

NODES_C = (-20, -10, 0, 10, 20, 40, 50)
"""Battery temperatures of the default rows."""

_TABLE = "batteries"


def temperature_share(
    quantity: Quantity,
    chemistry: str,
    battery_temperature_c: npt.ArrayLike,
    *,
    defaults: Defaults | None = None,
) -> npt.NDArray[np.float64]:
    """Return a quantity of a battery over what it is when warm (20 °C), 0 to 1.

    Linear between the rows, level outside them; NaN where the temperature is.

    Parameters
    ----------
    quantity
        ``capacity``: usable energy; ``acceptance``: charging power, at a charger and while
        braking; ``discharge``: power given.
    chemistry
        One of ``CHEMISTRIES``.
    battery_temperature_c
        Temperature of the cells (°C), any shape. Air temperature stands for it where a vehicle
        has stood outside; a pack that is heated or has been driven is warmer.

    Raises
    ------
    InputError
        An unknown chemistry; rows that are not shares.
    """
    if chemistry not in CHEMISTRIES:
        expected = "one of " + ", ".join(CHEMISTRIES)
        raise InputError([Problem("battery", "chemistry", 0, chemistry, expected)])
    rows = CheckedRows(defaults or Defaults())
    expected = "a share above 0 and at most 1"
    shares = [
        rows.number(_TABLE, f"{chemistry}.{quantity}.{_at(node)}", 0.0, 1.0, expected, above=True)
        for node in NODES_C
    ]
    rows.finish()
    return np.interp(np.asarray(battery_temperature_c, dtype=np.float64), NODES_C, shares)


def _at(node_c: int) -> str:
    """Name a temperature as the ids of the rows do."""
    return f"at_{'minus_' if node_c < 0 else ''}{abs(node_c)}"
