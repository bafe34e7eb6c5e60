"""From traversals, roads and weather to the arrays that the kernels drive over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.energy import _kernels as kernels
from geofleet.energy.catalogue import check_models
from geofleet.energy.model import ElectricModels
from geofleet.energy.parameters import (
    PRESSURES_PA,
    EnergyParameters,
    climate_power_w,
    read_parameters,
    sea_level_pressure_pa,
    stops_per_km,
)
from geofleet.errors import InputError, Problem
from geofleet.network import RoadNetwork
from geofleet.routes import Traversals

__all__ = [
    "TEMPERATURES_C",
    "DriveArrays",
    "air_density_kg_m3",
    "drive_arrays",
    "hourly",
    "model_matrix",
]

FloatArray = npt.NDArray[np.float64]

GAS_CONSTANT_DRY_AIR = 287.05  # J/(kg K)
ZERO_CELSIUS = 273.15  # K
TEMPERATURES_C = (-60.0, 60.0)  # air temperatures between which people drive
# ISO 2533 standard atmosphere, troposphere: p = p0 (1 - 2.25577e-5 h)^5.25588
_LAPSE, _EXPONENT = 2.25577e-5, 5.25588


@dataclass(frozen=True)
class DriveArrays:
    """One entry per traversal, in the order of the table.

    ``entry``, ``peak`` and ``leave`` are speeds (m/s), ``stops`` full stops that fit,
    ``stops_wanted`` those of the default row, ``grade_known`` False where a DEM is silent;
    ``surveyed`` False when the network has no elevation at all and grade 0 is an assumption.
    """

    day_start: npt.NDArray[np.int64]
    leg: npt.NDArray[np.int64]
    length: FloatArray
    speed: FloatArray
    payload: FloatArray
    grade: FloatArray
    grade_known: npt.NDArray[np.bool_]
    density: FloatArray
    climate: FloatArray
    entry: FloatArray
    peak: FloatArray
    leave: FloatArray
    stops: FloatArray
    stops_wanted: FloatArray
    parameters: EnergyParameters
    surveyed: bool


def air_density_kg_m3(temperature_c: npt.ArrayLike, pressure_pa: npt.ArrayLike) -> FloatArray:
    """Density of dry air (kg/m³) from temperature (°C) and pressure (Pa), ideal gas."""
    kelvin = np.asarray(temperature_c, dtype=np.float64) + ZERO_CELSIUS
    return np.asarray(pressure_pa, dtype=np.float64) / (GAS_CONSTANT_DRY_AIR * kelvin)


def hourly(value: float | Sequence[float], name: str, low: float, high: float) -> FloatArray:
    """Return 24 values, one for each local hour, from a number or 24 numbers.

    Raises
    ------
    InputError
        Another count of values, or a value outside ``low`` to ``high``.
    """
    values = np.asarray(value, dtype=np.float64).ravel()
    if values.size not in (1, 24):
        expected = "one number, or 24: one for each local hour"
        raise InputError([Problem(name, value=f"{values.size} numbers", expected=expected)])
    bad = values[~((values >= low) & (values <= high))]
    if bad.size:
        expected = f"a number from {low:g} to {high:g}"
        raise InputError([Problem(name, value=f"{bad[0]:g}", expected=expected)])
    return np.full(24, values[0]) if values.size == 1 else values


def model_matrix(models: ElectricModels, health: float) -> FloatArray:
    """Return one row of kernel numbers per model; the battery in joules, aged."""
    check_models(models.frame)
    if models.frame.empty:
        raise InputError([Problem("electric models", expected="at least one model to try")])
    frame = models.frame
    matrix = np.empty((len(frame), 6))
    matrix[:, kernels.CURB] = frame["curb_mass_kg"]
    matrix[:, kernels.DRAG_AREA] = frame["drag_area_m2"]
    matrix[:, kernels.ROLLING] = frame["rolling_coefficient"]
    matrix[:, kernels.MOTOR_POWER] = frame["motor_power_w"]
    matrix[:, kernels.AUXILIARY] = frame["auxiliary_power_w"]
    matrix[:, kernels.BATTERY] = frame["battery_usable_wh"] * 3600.0 * health
    return matrix


def drive_arrays(
    traversals: Traversals,
    network: RoadNetwork,
    *,
    temperature_c: float | Sequence[float],
    pressure_pa: float | Sequence[float] | None,
    defaults: Defaults,
) -> DriveArrays:
    """Gather what the kernels need of every traversal and lay speed profiles through it.

    Raises
    ------
    InputError
        Rows that cannot be driven: unknown edges, negative masses or lengths, no speed over a
        length, rows out of order.
    """
    frame = traversals.frame
    parameters = read_parameters(defaults)
    _check(traversals, network)
    edge = frame["edge"].to_numpy(np.int64)
    hour = traversals.hour.astype(np.int64)
    length = frame["length_m"].to_numpy(np.float64)
    speed = frame["speed_kmh"].to_numpy(np.float64) / 3.6
    temperature = hourly(temperature_c, "temperature_c", *TEMPERATURES_C)
    pressure = _pressure(network, pressure_pa, edge, hour, defaults)
    # Heights, or slopes that came with the network without them, both mean that it was surveyed.
    sloped = np.nan_to_num(network.arrays.grade) != 0.0
    surveyed = bool(np.isfinite(_heights(network)).any() or sloped.any())
    grade = network.arrays.grade[edge]
    grade_known = ~np.isnan(grade)
    highway = network.edges["highway"].to_numpy(object)[edge]
    wanted = stops_per_km(highway, speed * 3.6, defaults) * length / 1000.0
    days = frame["vehicle_day"].to_numpy(np.int64)
    day_start = np.searchsorted(days, np.arange(len(traversals.vehicle_days) + 1))
    leg = frame["stop_before"].to_numpy(np.int64)
    entry, peak, leave, stops = kernels.speed_profiles(
        day_start, leg, length, speed, wanted, parameters.acceleration_m_s2,
        parameters.braking_m_s2, parameters.stop_standing_s, parameters.cruise_above_mean_m_s,
    )  # fmt: skip
    return DriveArrays(
        day_start=day_start,
        leg=leg,
        length=length,
        speed=speed,
        payload=frame["payload_kg"].to_numpy(np.float64),
        grade=np.where(grade_known, grade, 0.0),
        grade_known=grade_known,
        density=air_density_kg_m3(temperature[hour], pressure),
        climate=climate_power_w(temperature, parameters)[hour],
        entry=entry,
        peak=peak,
        leave=leave,
        stops=stops,
        stops_wanted=wanted,
        parameters=parameters,
        surveyed=surveyed,
    )


def _heights(network: RoadNetwork) -> FloatArray:
    """Node elevations (m), NaN where unknown."""
    if "elevation_m" in network.nodes.columns:
        return np.asarray(network.nodes["elevation_m"], dtype=np.float64)
    return np.full(len(network.nodes), np.nan)


def _pressure(
    network: RoadNetwork,
    pressure_pa: float | Sequence[float] | None,
    edge: npt.NDArray[np.int64],
    hour: npt.NDArray[np.int64],
    defaults: Defaults,
) -> FloatArray:
    """Air pressure of every traversal: as given, else by height, else that of the sea level."""
    if pressure_pa is not None:
        return hourly(pressure_pa, "pressure_pa", *PRESSURES_PA)[hour]
    sea_level = sea_level_pressure_pa(defaults)
    height = _heights(network)
    if not np.isfinite(height).any():
        return np.full(len(edge), sea_level)
    arrays = network.arrays
    ends = np.stack([height[arrays.edge_from[edge]], height[arrays.edge_to[edge]]])
    known = np.isfinite(ends)
    count = known.sum(axis=0)
    # A traversal whose ends the DEM does not cover takes the mean height of the network: air
    # density changes by 1 % in 100 m, the grade it is missing is dealt with on its own.
    total = np.where(known, ends, 0.0).sum(axis=0)
    metres = np.where(count > 0, total / np.maximum(count, 1), float(np.nanmean(height)))
    return np.asarray(sea_level * (1.0 - _LAPSE * metres) ** _EXPONENT, dtype=np.float64)


def _check(traversals: Traversals, network: RoadNetwork) -> None:
    """Raise one InputError for everything that cannot be driven."""
    frame = traversals.frame
    problems: list[Problem] = []
    name = "traversals"

    def report(bad: npt.NDArray[np.bool_], column: str, expected: str) -> None:
        for position in np.flatnonzero(bad)[:5]:
            shown = str(frame[column].iloc[position])
            problems.append(Problem(name, column, int(position) + 1, shown, expected))

    edge = frame["edge"].to_numpy(np.int64)
    count = len(network.edges)
    report((edge < 0) | (edge >= count), "edge", f"an edge number from 0 to {count - 1}")
    length = frame["length_m"].to_numpy(np.float64)
    speed = frame["speed_kmh"].to_numpy(np.float64)
    report(~((length >= 0.0) & np.isfinite(length)), "length_m", "a length of at least 0")
    report(~((speed >= 0.0) & np.isfinite(speed)), "speed_kmh", "a speed of at least 0")
    expected = "a speed above 0 where a length is driven"
    report((length > 0.0) & (speed == 0.0), "speed_kmh", expected)
    payload = frame["payload_kg"].to_numpy(np.float64)
    report(~((payload >= 0.0) & np.isfinite(payload)), "payload_kg", "a mass of at least 0")
    enter = frame["enter_s"].to_numpy(np.float64)
    report(~np.isfinite(enter), "enter_s", "seconds after local midnight")
    day = frame["vehicle_day"].to_numpy(np.int64)
    days = len(traversals.vehicle_days)
    report((day < 0) | (day >= days), "vehicle_day", f"a vehicle-day from 0 to {days - 1}")
    leg = frame["stop_before"].to_numpy(np.int64)
    back = np.zeros(len(frame), dtype=bool)
    back[1:] = np.diff(day) < 0
    report(back, "vehicle_day", "rows in order of vehicle_day")
    back[1:] = (np.diff(day) == 0) & (np.diff(leg) < 0)
    report(back, "stop_before", "stops in ascending order within the vehicle-day")
    if problems:
        raise InputError(problems)
