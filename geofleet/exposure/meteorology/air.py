"""Constants and state of the air: pressure, humidity, density."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "GAS_CONSTANT",
    "GRAVITY",
    "HEAT_CAPACITY",
    "KAPPA",
    "air_density",
    "altitude_m",
    "standard_pressure_pa",
    "vapour_pressure_pa",
]

Array = npt.NDArray[np.float64]

KAPPA = 0.4
GRAVITY = 9.80616
HEAT_CAPACITY = 1004.0
GAS_CONSTANT = 287.04
_LAPSE, _SEA_LEVEL_K, _SEA_LEVEL_PA = 0.0065, 288.15, 101325.0
_EXPONENT = GAS_CONSTANT * _LAPSE / 9.80665
_LIGHTER = 0.378  # one minus the ratio of the molar masses of vapour and dry air


def altitude_m(pressure_pa: float) -> float:
    """Return the height above the sea at which air pressure is usual, in metres.

    The troposphere of the ICAO standard atmosphere (Doc 7488, 3rd edition, 1993): 288.15 K and
    101,325 Pa at the sea, 6.5 K less each kilometre; 77,500 Pa (Mexico City) is 2,200 m.
    """
    return float(_SEA_LEVEL_K / _LAPSE * (1.0 - (pressure_pa / _SEA_LEVEL_PA) ** _EXPONENT))


def standard_pressure_pa(height_m: float) -> float:
    """Return the usual air pressure at a height above the sea (as :func:`altitude_m`)."""
    return float(_SEA_LEVEL_PA * (1.0 - _LAPSE * height_m / _SEA_LEVEL_K) ** (1.0 / _EXPONENT))


def vapour_pressure_pa(relative_humidity_percent: Array, temperature_k: Array) -> Array:
    """Vapour pressure in Pa, saturation after Bolton (1980), Mon. Weather Rev. 108, 1046-1053."""
    celsius = temperature_k - 273.15
    saturation = 611.2 * np.exp(17.67 * celsius / (celsius + 243.5))
    result: Array = relative_humidity_percent / 100.0 * saturation
    return result


def air_density(temperature_k: Array, pressure_pa: Array, vapour_pa: Array | float = 0.0) -> Array:
    """Density of moist air, kg/m3; unknown humidity (NaN) counts as dry (1 % at most)."""
    vapour = np.nan_to_num(vapour_pa)
    result: Array = (pressure_pa - _LIGHTER * vapour) / (GAS_CONSTANT * temperature_k)
    return result
