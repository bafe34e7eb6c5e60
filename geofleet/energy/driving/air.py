"""Air and what comes in 24 hourly values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem

__all__ = ["PRESSURES_PA", "TEMPERATURES_C", "air_density_kg_m3", "hourly", "pressure_at_pa"]

Floats = npt.NDArray[np.float64]

GAS_CONSTANT_DRY_AIR = 287.05  # J/(kg K)
ZERO_CELSIUS = 273.15  # K
TEMPERATURES_C = (-60.0, 60.0)
"""Air temperatures between which people drive, lowest and highest."""
PRESSURES_PA = (30000.0, 110000.0)
"""Air pressures likewise."""
# ISO 2533 standard atmosphere, troposphere: p = p0 (1 - 2.25577e-5 h)^5.25588
_LAPSE, _EXPONENT = 2.25577e-5, 5.25588


def air_density_kg_m3(temperature_c: npt.ArrayLike, pressure_pa: npt.ArrayLike) -> Floats:
    """Density of dry air (kg/m³) from temperature (°C) and pressure (Pa), ideal gas."""
    kelvin = np.asarray(temperature_c, dtype=np.float64) + ZERO_CELSIUS
    return np.asarray(pressure_pa, dtype=np.float64) / (GAS_CONSTANT_DRY_AIR * kelvin)


def pressure_at_pa(elevation_m: npt.ArrayLike, sea_level_pa: float) -> Floats:
    """Air pressure (Pa) at a height (m) in the standard atmosphere (ISO 2533)."""
    metres = np.asarray(elevation_m, dtype=np.float64)
    return np.asarray(sea_level_pa * (1.0 - _LAPSE * metres) ** _EXPONENT)


def hourly(value: float | Sequence[float], name: str, low: float, high: float) -> Floats:
    """Return 24 values, one for each local hour, from a number or 24 numbers.

    Raises
    ------
    InputError
        Another count of values, or a value outside ``low`` to ``high``.
    """
    expected = "one number, or 24: one for each local hour"
    try:
        values = np.asarray(value, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        raise InputError([Problem(name, value=str(value)[:40], expected=expected)]) from None
    if values.size not in (1, 24):
        raise InputError([Problem(name, value=f"{values.size} numbers", expected=expected)])
    bad = values[~((values >= low) & (values <= high))]
    if bad.size:
        expected = f"a number from {low:g} to {high:g}"
        raise InputError([Problem(name, value=f"{bad[0]:g}", expected=expected)])
    return np.full(24, values[0]) if values.size == 1 else values
