"""Lanes for the kernels: every vehicle under every condition, as columns of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.battery import Battery, temperature_share, usable_energy_wh
from geofleet.energy.battery.charging import default_charging_power
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.driving.air import GAS_CONSTANT_DRY_AIR, ZERO_CELSIUS
from geofleet.energy.driving.conditions import Conditions
from geofleet.energy.driving.parameters import DrivingParameters
from geofleet.energy.driving.powertrain import WheelPolynomials, wheel_polynomials
from geofleet.energy.equipment import cabin_power_w
from geofleet.energy.vehicle import VehicleParameters
from geofleet.errors import InputError, Problem

__all__ = ["DrivenVehicle", "Lanes", "build_lanes"]

Floats = npt.NDArray[np.float64]
_JOULE_PER_WH = 3600.0


@dataclass(frozen=True, slots=True)
class DrivenVehicle:
    """A vehicle and, where it has one, its battery.

    Parameters
    ----------
    parameters
        What physics sees, battery new and warm.
    battery
        What decides ageing, cold and charging; none for a diesel.
    """

    parameters: VehicleParameters
    battery: Battery | None


@dataclass(frozen=True)
class Lanes:
    """Vehicles × conditions for the kernels; conditions change fastest.

    Parameters
    ----------
    matrix, hourly
        Shapes (rows, lanes) and (24, planes, lanes), filled up to whole blocks by repeating the
        last lane.
    count
        Lanes that mean something.
    battery_wh
        Shape (count,): usable energy of the battery of the lane, aged and cold.
    """

    matrix: Floats
    hourly: Floats
    count: int
    battery_wh: Floats


def build_lanes(
    vehicles: Sequence[DrivenVehicle],
    conditions: Conditions,
    parameters: DrivingParameters,
    *,
    defaults: Defaults,
) -> Lanes:
    """Lay vehicles under conditions.

    The battery is as warm as the mean air of its day. Cold takes from its energy, from what
    braking may put into it and from the power it gives. Wind counts by the share that reaches
    the street.

    Raises
    ------
    InputError
        A charging curve of more stretches than the kernels hold.
    """
    per = len(conditions)
    count = len(vehicles) * per
    width = -(-count // kernels.BLOCK) * kernels.BLOCK
    matrix = np.empty((kernels.LANE_ROWS, width))
    hourly = np.empty((24, kernels.PLANES, width))
    climate = cabin_power_w(conditions.temperature_c, defaults=defaults)
    for number, vehicle in enumerate(vehicles):
        here = slice(number * per, (number + 1) * per)
        fit = wheel_polynomials(
            vehicle.parameters,
            load_scale=parameters.load_scale,
            reference_speed_m_s=parameters.reference_speed_m_s,
        )
        _fill(matrix[:, here], vehicle, fit, conditions, parameters, defaults)
        hourly[:, kernels.CLIMATE, here] = climate.T * fit.climate_factor
        hourly[:, kernels.TEMPERATURE, here] = conditions.temperature_c.T
        kelvin = conditions.temperature_c.T + ZERO_CELSIUS
        hourly[:, kernels.INVERSE_RT, here] = 1.0 / (GAS_CONSTANT_DRY_AIR * kelvin)
        hourly[:, kernels.TRAFFIC, here] = conditions.traffic.T
        hourly[:, kernels.WIND_EAST, here] = conditions.wind_east_m_s.T * parameters.wind_share
        hourly[:, kernels.WIND_NORTH, here] = conditions.wind_north_m_s.T * parameters.wind_share
    matrix[:, count:] = matrix[:, count - 1 : count]
    hourly[:, :, count:] = hourly[:, :, count - 1 : count]
    return Lanes(matrix, hourly, count, matrix[kernels.BATTERY, :count] / _JOULE_PER_WH)


def _fill(
    out: Floats,
    vehicle: DrivenVehicle,
    fit: WheelPolynomials,
    conditions: Conditions,
    parameters: DrivingParameters,
    defaults: Defaults,
) -> None:
    """Write the lanes of one vehicle into ``out`` (rows, conditions)."""
    own = vehicle.parameters
    out[kernels.CURB] = own.curb_mass_kg
    out[kernels.LOAD] = conditions.payload_share
    out[kernels.ROLLING] = own.rolling_coefficient
    out[kernels.HALF_DRAG] = 0.5 * own.drag_area_m2
    out[kernels.ROTATING] = own.rotating_mass_kg
    for row, value in zip(
        (kernels.DRIVE_0, kernels.DRIVE_1, kernels.DRIVE_2), fit.drive, strict=True
    ):
        out[row] = value
    for row, value in zip(
        (kernels.RETURN_0, kernels.RETURN_1, kernels.RETURN_2), fit.back, strict=True
    ):
        out[row] = value
    out[kernels.KNEE] = fit.knee_w
    out[kernels.RETURN_SHARE] = own.regeneration_share
    out[kernels.RETURN_SPEED] = fit.back_speed_m_s
    out[kernels.ACCELERATION] = parameters.acceleration_m_s2 * conditions.driver
    out[kernels.BRAKING] = parameters.braking_m_s2 * conditions.driver
    out[kernels.AUXILIARY] = fit.auxiliary_w
    out[kernels.IDLE] = fit.idle_w
    out[kernels.STOP_SHARE] = parameters.stop_auxiliary_share
    out[kernels.CLIMBING_SPEED] = parameters.climbing_speed_m_s
    out[kernels.DEPTH_START] = 0.0
    battery = vehicle.battery
    if battery is None:
        # A tank is full in the morning and outlasts the day.
        out[kernels.DRIVE_LIMIT] = fit.motor_limit_w
        out[kernels.RETURN_LIMIT] = fit.generator_limit_w
        out[kernels.BATTERY] = np.inf
        out[kernels.DEPTH_LIMIT] = np.inf
        out[kernels.CHARGE :] = 0.0
        return
    warmth = conditions.temperature_c.mean(axis=1)

    def share(quantity: str) -> Floats:
        return temperature_share(quantity, battery.chemistry, warmth, defaults=defaults)  # type: ignore[arg-type]

    usable = parameters.state_of_health * usable_energy_wh(
        battery, conditions.battery_age_years, conditions.battery_cycles,
        battery_temperature_c=warmth, defaults=defaults,
    )  # fmt: skip
    out[kernels.BATTERY] = usable * _JOULE_PER_WH
    out[kernels.DEPTH_START] = (1.0 - parameters.start_soc) * out[kernels.BATTERY]
    out[kernels.DEPTH_LIMIT] = (1.0 - parameters.reserve_share) * out[kernels.BATTERY]
    out[kernels.DRIVE_LIMIT] = np.minimum(
        fit.motor_limit_w, fit.battery_limit_w * share("discharge")
    )
    accepted = share("acceptance")
    out[kernels.RETURN_LIMIT] = np.minimum(fit.generator_limit_w, fit.acceptance_limit_w * accepted)
    bands = battery.charging_power or default_charging_power(CheckedRows(defaults))
    if len(bands) > kernels.BANDS:
        table, expected = f"battery {battery.name}", f"at most {kernels.BANDS} stretches"
        raise InputError([Problem(table, "charging_power", 0, str(len(bands)), expected)])
    peak = np.nanmax([battery.dc_charge_w, battery.ac_charge_w, 0.0])
    uppers = [soc for soc, _ in bands[1:]] + [1.0]
    for band in range(kernels.BANDS):
        known = band < len(bands)
        out[kernels.CHARGE + band] = uppers[band] if known else 1.0
        power = bands[band][1] * peak if known else 0.0
        out[kernels.CHARGE + kernels.BANDS + band] = power * accepted
