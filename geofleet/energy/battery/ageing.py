"""Usable energy of a battery that has aged, by calendar and by cycles, and that is cold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.battery.pack import CHEMISTRIES, Battery
from geofleet.energy.battery.temperature import temperature_share
from geofleet.errors import InputError, Problem

__all__ = ["FadeRates", "fade_rates", "state_of_health", "usable_energy_wh", "years_to_end_of_life"]

_TABLE = "batteries"

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FadeRates:
    """Capacity that a battery loses, as a share of the new one.

    Parameters
    ----------
    per_year
        Loss of a year, driven or not.
    per_cycle
        Loss of a full cycle's worth of energy (equivalent full cycle).
    end_of_life_share
        Capacity over that of the new battery at which it counts as worn out.
    """

    per_year: float
    per_cycle: float
    end_of_life_share: float


def fade_rates(
    chemistry: str,
    *,
    fast_charging_share: float | None = None,
    air_cooled: bool = False,
    defaults: Defaults | None = None,
) -> FadeRates:
    """Return the rates of ageing of a chemistry.

    Both rates are of the average of a large fleet; they are scaled where more is known.

    Parameters
    ----------
    chemistry
        One of ``CHEMISTRIES``.
    fast_charging_share
        Part of the energy that is charged fast (0 to 1); that of an average fleet when not given.
    air_cooled
        The pack has no liquid cooling.

    Raises
    ------
    InputError
        An unknown chemistry, a share that is none, rows out of their limits.
    """
    problems = []
    if chemistry not in CHEMISTRIES:
        expected = "one of " + ", ".join(CHEMISTRIES)
        problems.append(Problem("battery", "chemistry", 0, chemistry, expected))
    if fast_charging_share is not None and not 0.0 <= fast_charging_share <= 1.0:
        shown = f"{fast_charging_share:g}"
        problems.append(Problem("battery", "fast_charging_share", 0, shown, "a share from 0 to 1"))
    if problems:
        raise InputError(problems)
    rows = CheckedRows(defaults or Defaults())

    def rate(row: str) -> float:
        return rows.number(_TABLE, row, 0.0, 1.0, "a share from 0 to 1")

    def rate_above(row: str) -> float:
        return rows.number(_TABLE, row, 0.0, 1.0, "a share above 0 and at most 1", above=True)

    per_year, per_cycle = rate(f"{chemistry}.calendar_fade"), rate(f"{chemistry}.cycle_fade")
    end_of_life_share = rate_above("end_of_life_share")
    # Over the average fleet: numerator, denominator.
    ratios = []
    if fast_charging_share is not None:
        slow, fast = rate("fade_mostly_ac"), rate("fade_fast_charging")
        mixed = slow + (fast - slow) * fast_charging_share
        ratios.append((mixed, rate_above("fade_fleet_average")))
    if air_cooled:
        ratios.append((rate("fade_air_cooled"), rate_above("fade_liquid_cooled")))
    rows.finish()
    scale = math.prod(above / below for above, below in ratios)
    return FadeRates(per_year * scale, per_cycle * scale, end_of_life_share)


def state_of_health(
    rates: FadeRates, age_years: npt.ArrayLike, equivalent_full_cycles: npt.ArrayLike
) -> Array:
    """Return capacity over that of the new battery, 0 to 1.

    Loss by calendar and by cycles add up, each in proportion, as the fleets that were measured
    lose it (2.3 % a year and 81.6 % after eight years are one straight line). Past the end of
    life nobody has measured, and packs may fail sooner: the line goes on, down to nothing.

    Parameters
    ----------
    age_years
        Years since it was made.
    equivalent_full_cycles
        Energy charged since, over the energy of the new battery.

    Raises
    ------
    InputError
        Age or cycles below nothing.
    """
    age = np.asarray(age_years, dtype=np.float64)
    cycles = np.asarray(equivalent_full_cycles, dtype=np.float64)
    problems = [
        Problem("battery", field, 0, f"{float(values.min()):g}", "a number of at least 0")
        for field, values in (("age_years", age), ("equivalent_full_cycles", cycles))
        if values.size and bool((values < 0.0).any())
    ]
    if problems:
        raise InputError(problems)
    # NaN (unknown) stays NaN.
    return np.maximum(1.0 - rates.per_year * age - rates.per_cycle * cycles, 0.0)


def usable_energy_wh(
    battery: Battery,
    age_years: npt.ArrayLike = 0.0,
    equivalent_full_cycles: npt.ArrayLike = 0.0,
    *,
    battery_temperature_c: npt.ArrayLike | None = None,
    fast_charging_share: float | None = None,
    air_cooled: bool = False,
    defaults: Defaults | None = None,
) -> Array:
    """Return the usable energy (Wh) of a battery of this age, use and temperature.

    Parameters broadcast. Warm when no temperature is given. Never above the energy of the new
    battery, never more at a greater age or after more cycles; NaN where an input is.

    Raises
    ------
    InputError
        As :func:`fade_rates` and :func:`state_of_health`.
    """
    rates = fade_rates(
        battery.chemistry, fast_charging_share=fast_charging_share, air_cooled=air_cooled,
        defaults=defaults,
    )  # fmt: skip
    energy = battery.usable_wh * state_of_health(rates, age_years, equivalent_full_cycles)
    if battery_temperature_c is None:
        return energy
    share = temperature_share(
        "capacity", battery.chemistry, battery_temperature_c, defaults=defaults
    )
    return np.asarray(energy * share, dtype=np.float64)


def years_to_end_of_life(rates: FadeRates, cycles_per_year: float) -> float:
    """Return the years until the capacity has fallen to the end-of-life share.

    Infinite when nothing fades.

    Raises
    ------
    InputError
        Cycles below nothing.
    """
    if not cycles_per_year >= 0.0:
        expected = "a number of at least 0"
        raise InputError(
            [Problem("battery", "cycles_per_year", 0, f"{cycles_per_year:g}", expected)]
        )
    lost_per_year = rates.per_year + rates.per_cycle * cycles_per_year
    if lost_per_year == 0.0:
        return float("inf")
    return (1.0 - rates.end_of_life_share) / lost_per_year
