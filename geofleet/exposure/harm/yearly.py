"""From a day's concentrations of emission quantities to the yearly mean of a pollutant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.harm.nitrogen import added_arm2_no2

__all__ = ["QUANTITIES_OF", "yearly_increment"]

Floats = npt.NDArray[np.float64]

QUANTITIES_OF = {
    "pm25": ("pm25_exhaust_g", "pm25_wear_g"),
    "bc": ("bc_exhaust_g",),
    "no2": ("nox_exhaust_g",),
}
"""Emission quantities that make up each pollutant; sources of one pollutant are added as
concentrations, before any function of risk."""

_DAYS = 365.0


def yearly_increment(
    concentrations: Mapping[str, Floats],
    pollutant: str,
    *,
    days_per_year: float,
    background_nox_ug_m3: float | Floats | None = None,
    defaults: Defaults | None = None,
) -> Floats:
    """Return the yearly mean that the studied vehicles add at each receptor, µg/m3.

    Parameters
    ----------
    concentrations
        µg/m3 by emission quantity, shape (receptors, 24): mean of a day with this traffic.
    pollutant
        ``pm25`` (exhaust and wear together), ``bc`` or ``no2``.
    days_per_year
        Days of the year with such traffic; on the others the vehicles add nothing.
    background_nox_ug_m3
        For NO2, made by ARM2 hour by hour: NOx of all other sources, one number or one for each
        hour of the day. At averages of an hour of the day the ratio is an approximation.

    Raises
    ------
    InputError
        Quantities that are missing, days that no year has, NO2 without background.
    """
    problems = []
    if pollutant not in QUANTITIES_OF:
        expected = "one of " + ", ".join(QUANTITIES_OF)
        raise InputError([Problem("health", "pollutant", value=pollutant, expected=expected)])
    needed = QUANTITIES_OF[pollutant]
    for name in needed:
        if name not in concentrations:
            expected = f"concentrations of {name}"
            problems.append(Problem("health", "concentrations", expected=expected))
    if not 0.0 < days_per_year <= 366.0:
        expected = "days of the year with such traffic, above 0 and up to 366"
        problems.append(Problem("health", "days_per_year", 0, f"{days_per_year:g}", expected))
    if pollutant == "no2" and background_nox_ug_m3 is None:
        expected = "NOx of all other sources in µg/m3 as NO2: the share that is NO2 depends on it"
        problems.append(Problem("health", "background_nox_ug_m3", expected=expected))
    if problems:
        raise InputError(problems)
    air = np.sum([np.asarray(concentrations[name], np.float64) for name in needed], axis=0)
    if air.ndim != 2 or air.shape[1] != 24:
        expected = "concentrations of shape (receptors, 24)"
        raise InputError([Problem("health", "concentrations", 0, str(air.shape), expected)])
    if pollutant == "no2" and background_nox_ug_m3 is not None:
        air = added_arm2_no2(air, background_nox_ug_m3=background_nox_ug_m3, defaults=defaults)
    return np.asarray(air.mean(axis=1) * (days_per_year / _DAYS))
