"""Physics of driving electric, read from the default table and checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy import _kernels as kernels
from geofleet.errors import InputError, Problem

__all__ = [
    "PRESSURES_PA",
    "EnergyParameters",
    "check_defaults",
    "climate_power_w",
    "read_parameters",
    "sea_level_pressure_pa",
    "stops_per_km",
]

PRESSURES_PA = (30000.0, 110000.0)
"""Air pressures between which people drive, lowest and highest."""

_TABLE = "energy"
_SHARES = ("friction_brake_share", "stop_auxiliary_share", "reserve_share", "replacement_gvw_share")
_EFFICIENCIES = (
    "inverter_efficiency", "motor_efficiency", "driveline_efficiency", "battery_efficiency",
    "converter_efficiency", "state_of_health", "start_soc",
)  # fmt: skip
_POSITIVE = ("acceleration", "braking", "climbing_speed_min", "replacement_gvw_share_max")
_NOT_NEGATIVE = (
    "stop_standing_time", "regeneration_power_share", "regeneration_cutoff_speed",
    "heating_power_per_k", "heating_power_max", "cooling_power_per_k", "cooling_power_max",
)  # fmt: skip
_ROAD_CLASSES = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential",
    "living_street", "service",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EnergyParameters:
    """Checked numbers of the ``energy`` table.

    Parameters
    ----------
    physics
        Vector for the kernels, SI units, laid out as their constants say.
    acceleration_m_s2, braking_m_s2
        Rates of every change of speed.
    stop_standing_s
        Time stood at a stop on the way.
    cruise_above_mean_m_s
        Cruise speed between stops less mean speed, at most.
    reserve_share
        Charge not to be used, of the usable battery.
    state_of_health
        Usable energy left over usable energy when new.
    heating, cooling
        Threshold (°C), slope (W/K) and limit (W) of cabin climate power.
    replacement_gvw_shares
        Gross weight over that of the vehicle, least and most, for a model to count as of its size.
    unknown_grade_share_max
        Part of the distance with unknown grade that is still taken as flat.
    """

    physics: npt.NDArray[np.float64]
    acceleration_m_s2: float
    braking_m_s2: float
    stop_standing_s: float
    cruise_above_mean_m_s: float
    reserve_share: float
    state_of_health: float
    heating: tuple[float, float, float]
    cooling: tuple[float, float, float]
    replacement_gvw_shares: tuple[float, float]
    unknown_grade_share_max: float


def read_parameters(defaults: Defaults) -> EnergyParameters:
    """Read and check the physics rows.

    Raises
    ------
    InputError
        Every row that is out of its limits, by name.
    """
    rows: dict[str, float] = {}
    checked = CheckedRows(defaults)

    def read(name: str, low: float, high: float, expected: str, *, above: bool = False) -> None:
        rows[name] = checked.number(_TABLE, name, low, high, expected, above=above)

    infinity = float("inf")
    for name in _EFFICIENCIES:
        read(name, 0.0, 1.0, "a share above 0 and at most 1", above=True)
    for name in _SHARES:
        read(name, 0.0, 1.0, "a share from 0 to 1")
    for name in _POSITIVE:
        read(name, 0.0, 1e6, "a number above 0", above=True)
    for name in _NOT_NEGATIVE:
        read(name, 0.0, 1e9, "a number of at least 0")
    read("rotating_inertia_factor", 1.0, 2.0, "a factor from 1 to 2")
    read("cruise_above_mean_max", 0.0, 100.0, "a speed from 0 to 100 km/h")
    read("unknown_grade_share_max", 0.0, 1.0, "a share from 0 to 1")
    for name in ("heating_below_c", "cooling_above_c"):
        read(name, -infinity, infinity, "a temperature")
    checked.finish()

    electric = rows["inverter_efficiency"] * rows["motor_efficiency"]
    chain = electric * rows["driveline_efficiency"] * rows["battery_efficiency"]
    physics = np.empty(14)
    physics[kernels.ACCELERATION] = rows["acceleration"]
    physics[kernels.BRAKING] = rows["braking"]
    physics[kernels.INERTIA] = rows["rotating_inertia_factor"]
    physics[kernels.DRIVE_EFFICIENCY] = chain
    physics[kernels.REGENERATION_EFFICIENCY] = chain
    physics[kernels.AUXILIARY_EFFICIENCY] = (
        rows["converter_efficiency"] * rows["battery_efficiency"]
    )
    physics[kernels.WHEEL_POWER_SHARE] = rows["driveline_efficiency"]
    physics[kernels.REGENERATION_POWER_SHARE] = rows["regeneration_power_share"]
    physics[kernels.REGENERATION_SHARE] = 1.0 - rows["friction_brake_share"]
    physics[kernels.CUTOFF_SPEED] = rows["regeneration_cutoff_speed"]
    physics[kernels.CLIMBING_SPEED] = rows["climbing_speed_min"] / 3.6
    physics[kernels.RESERVE] = rows["reserve_share"]
    physics[kernels.START] = rows["start_soc"]
    physics[kernels.STOP_SHARE] = rows["stop_auxiliary_share"]
    return EnergyParameters(
        physics=physics,
        acceleration_m_s2=rows["acceleration"],
        braking_m_s2=rows["braking"],
        stop_standing_s=rows["stop_standing_time"],
        cruise_above_mean_m_s=rows["cruise_above_mean_max"] / 3.6,
        reserve_share=rows["reserve_share"],
        state_of_health=rows["state_of_health"],
        heating=(rows["heating_below_c"], rows["heating_power_per_k"], rows["heating_power_max"]),
        cooling=(rows["cooling_above_c"], rows["cooling_power_per_k"], rows["cooling_power_max"]),
        replacement_gvw_shares=(
            rows["replacement_gvw_share"],
            rows["replacement_gvw_share_max"],
        ),
        unknown_grade_share_max=rows["unknown_grade_share_max"],
    )


def climate_power_w(
    temperature_c: npt.NDArray[np.float64], parameters: EnergyParameters
) -> npt.NDArray[np.float64]:
    """Power of the cabin heater or air conditioning (W) at air temperatures (°C).

    Linear in the distance from the comfort band, up to a limit on each side.
    """
    below, heat_slope, heat_limit = parameters.heating
    above, cool_slope, cool_limit = parameters.cooling
    heating = np.minimum(np.maximum(below - temperature_c, 0.0) * heat_slope, heat_limit)
    cooling = np.minimum(np.maximum(temperature_c - above, 0.0) * cool_slope, cool_limit)
    return np.asarray(heating + cooling, dtype=np.float64)


def _stop_rate(row: str, checked: CheckedRows) -> float:
    return checked.number(_TABLE, row, 0.0, 1000.0, "stops per km from 0 to 1000")


def stops_per_km(
    highway: npt.NDArray[np.object_], speed_kmh: npt.NDArray[np.float64], defaults: Defaults
) -> npt.NDArray[np.float64]:
    """Full stops per km by road class (``*_link`` counts as its class) and mean speed (km/h).

    The rate of the class holds down to a reference speed; in slower traffic stops per hour stay
    the same, so stops per km grow as the inverse of speed.

    Raises
    ------
    InputError
        Default rows out of their limits.
    """
    checked = CheckedRows(defaults)
    reference = checked.number(
        _TABLE, "stop_reference_speed", 0.0, 200.0, "a speed from 0 to 200 km/h"
    )
    codes, names = pd.factorize(highway, use_na_sentinel=False)
    rates = []
    for name in map(str, names):
        base = name.removesuffix("_link")
        row = f"stops_per_km.{base if base in _ROAD_CLASSES else 'other'}"
        rates.append(_stop_rate(row, checked))
    checked.finish()
    rate = np.array(rates, dtype=np.float64)[codes]
    moving = np.maximum(speed_kmh, np.finfo(np.float32).tiny)
    return np.asarray(rate * np.maximum(1.0, reference / moving), dtype=np.float64)


def sea_level_pressure_pa(defaults: Defaults) -> float:
    """Return the air pressure at sea level (Pa).

    Raises
    ------
    InputError
        A pressure that this planet does not have.
    """
    checked = CheckedRows(defaults)
    row, low, high = "sea_level_pressure", *PRESSURES_PA
    value = checked.number(_TABLE, row, low, high, f"a pressure from {low:g} to {high:g} Pa")
    checked.finish()
    return value


def check_defaults(defaults: Defaults) -> None:
    """Check every row of driving, before any work is done.

    Raises
    ------
    InputError
        Every row that is out of its limits, by name.
    """
    problems: list[Problem] = []
    classes = np.array([*_ROAD_CLASSES, "other"], dtype=object)
    for read in (
        lambda: read_parameters(defaults),
        lambda: stops_per_km(classes, np.ones(len(classes)), defaults),
        lambda: sea_level_pressure_pa(defaults),
    ):
        try:
            read()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
