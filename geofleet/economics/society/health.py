"""Deaths behind exposure that is avoided: the marginal form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.harm import baseline_mortality, limits, response_function

if TYPE_CHECKING:
    from geofleet.exposure.harm import BaselineMortality, ResponseFunction

__all__ = ["HOURS_PER_YEAR", "DeathRate", "death_rate"]

HOURS_PER_YEAR = 8760.0


@dataclass(frozen=True, slots=True)
class DeathRate:
    """Deaths for each person·µg/m3·h, with the range of what it is made of.

    Parameters
    ----------
    per_harm
        Expected deaths per person·µg/m3·h of PM2.5.
    relative_error
        Standard error of the coefficient of the function over the coefficient.
    baseline_low, baseline_high
        Ends of baseline mortality over its central value.
    notes
        What the figure leaves out.
    """

    per_harm: float
    relative_error: float
    baseline_low: float
    baseline_high: float
    notes: tuple[str, ...]
    provenance: tuple[str, ...] = ()


def death_rate(
    country: str = "MX",
    *,
    background_ug_m3: float,
    function: ResponseFunction | None = None,
    mortality: BaselineMortality | None = None,
    defaults: Defaults | None = None,
) -> DeathRate:
    """Return deaths per person·µg/m3·h of PM2.5 at the margin.

    A person who breathes one more µg/m3 for a year has 8,760 of them: deaths per person and year x
    slope of ln RR at the background / 8,760, as :func:`geofleet.exposure.harm.harm_price` has it
    for everyone. The line is straight: right for what a fleet changes, which is a small part of the
    background; too much for large changes where the function bends.

    Parameters
    ----------
    background_ug_m3
        Yearly mean of PM2.5 that people breathe. There is no default.
    function, mortality
        Of PM2.5, and of the country, where not given.

    Raises
    ------
    InputError
        A function of another pollutant (harm here is that of PM2.5), a background that is none.
    """
    used = (defaults or Defaults()).scope()
    function = function or response_function("pm25", defaults=used)
    mortality = mortality or baseline_mortality(country, function.cause, defaults=used)
    problems = []
    if function.pollutant != "pm25":
        expected = "a function of pm25: harm is that of PM2.5, and deaths overlap"
        problems.append(Problem("health", "function", 0, function.name, expected))
    if mortality.cause != function.cause:
        expected = f"baseline mortality of {function.cause}"
        problems.append(Problem("mortality", "cause", 0, mortality.cause, expected))
    if not (np.isfinite(background_ug_m3) and background_ug_m3 >= 0.0):
        expected = "the yearly mean of PM2.5 in µg/m3"
        problems.append(Problem("health", "background_ug_m3", 0, f"{background_ug_m3:g}", expected))
    if problems:
        raise InputError(problems)
    slope = float(function.slope(background_ug_m3))
    per_person = mortality.deaths_per_person(function.minimum_age)
    return DeathRate(
        per_harm=per_person * slope / HOURS_PER_YEAR,
        relative_error=function.standard_error / function.coefficient,
        baseline_low=mortality.low,
        baseline_high=mortality.high,
        notes=limits("pm25", deaths=True),
        provenance=tuple(sorted({*function.provenance, *mortality.provenance, *used.used})),
    )
