"""VehicleParameters: one vehicle as the equations of motion and of its powertrain see it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from geofleet.errors import InputError, Problem

__all__ = ["LOOKUPS", "POWERTRAINS", "VehicleParameters"]

POWERTRAINS = ("electric", "diesel")
LOOKUPS = ("linear", "lower_bin")
"""How an efficiency is read between its nodes: on the line, or that of the node below."""

_SHARES = ("driveline_efficiency", "battery_efficiency")  # above 0, at most 1
_POSITIVE = ("curb_mass_kg", "drag_area_m2", "rolling_coefficient", "motor_power_w")
_NOT_NEGATIVE = (
    "payload_capacity_kg", "rotating_mass_kg", "auxiliary_power_w", "battery_loss_per_w",
    "regeneration_fade_scale", "regeneration_fade_per_m_s", "idle_power_w",
)  # fmt: skip
_ABOVE_ZERO_OR_INFINITE = (
    "discharge_power_w", "charge_power_w", "generating_power_w", "motor_rise_w_per_s",
    "traction_limit_m_s2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VehicleParameters:
    """Everything about a vehicle that decides what it draws from its battery or tank.

    Both resolutions of the model (second by second, link by link) read these numbers and no
    others.

    Parameters
    ----------
    name
        What the vehicle is called in tables and messages.
    powertrain
        ``electric`` or ``diesel``.
    curb_mass_kg
        Without load, driver included.
    payload_capacity_kg
        Most that it may carry.
    drag_area_m2
        Drag coefficient times frontal area.
    rolling_coefficient
        Rolling resistance over weight.
    rotating_mass_kg
        Inertia of wheels and rotor, as a mass moving with the vehicle: it resists change of
        speed and weighs nothing.
    driveline_efficiency
        Between motor shaft and wheel, both ways.
    motor_power_w
        Largest mechanical power at the shaft of the motor, or of the engine of a diesel.
    motor_load, motor_efficiency
        Nodes of the efficiency curve of motor and inverter (of the engine, fuel to shaft): shaft
        power over ``motor_power_w``, ascending, from 0 to 1; efficiency at each.
    motor_lookup
        One of ``LOOKUPS``.
    auxiliary_power_w
        Drawn from the battery whenever the vehicle is on, converter included, cabin climate not;
        of a diesel, mechanical power at the engine.
    battery_usable_wh
        Energy between the lowest and the highest charge that the vehicle allows.
    battery_efficiency
        One way, the part of the loss that is proportional to power.
    battery_loss_per_w
        Heat in the battery over terminal power squared, 1/W: inner resistance over voltage
        squared.
    discharge_power_w, charge_power_w
        Limits at the terminals of the battery; of the charge taken while braking.
    generating_power_w
        Limit of the motor as a generator, at its shaft; that of driving when not given.
    regeneration_share
        Part of the braking that the driven axle and the blending leave to the motor at speed. Of a
        diesel: part that turns the engine, which needs no fuel while that covers its auxiliaries.
    regeneration_fade_scale, regeneration_fade_per_m_s
        At low speed that part fades: it is ``share / (1 + scale exp(-fade (v + v0)))`` at mean
        speed v of a step, with v0 = ``regeneration_fade_shift_m_s``.
    regeneration_fade_shift_m_s
        See above.
    idle_power_w
        Fuel power of an engine that turns and delivers nothing.
    motor_rise_w_per_s
        How fast the power of motor or engine can grow.
    traction_limit_m_s2
        Greatest force of the driven tyres on the road over the mass of the vehicle.

    Raises
    ------
    InputError
        Every number that no vehicle can have.
    """

    name: str
    powertrain: str
    curb_mass_kg: float
    payload_capacity_kg: float
    drag_area_m2: float
    rolling_coefficient: float
    rotating_mass_kg: float
    driveline_efficiency: float
    motor_power_w: float
    motor_load: tuple[float, ...]
    motor_efficiency: tuple[float, ...]
    auxiliary_power_w: float
    motor_lookup: str = "linear"
    battery_usable_wh: float = math.nan
    battery_efficiency: float = 1.0
    battery_loss_per_w: float = 0.0
    discharge_power_w: float = math.inf
    charge_power_w: float = math.inf
    generating_power_w: float = math.inf
    regeneration_share: float = 0.0
    regeneration_fade_scale: float = 0.0
    regeneration_fade_per_m_s: float = 0.0
    regeneration_fade_shift_m_s: float = 0.0
    idle_power_w: float = 0.0
    motor_rise_w_per_s: float = math.inf
    traction_limit_m_s2: float = math.inf

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise InputError(problems)


def _problems(vehicle: VehicleParameters) -> Sequence[Problem]:
    """Find every number that no vehicle can have."""
    found: list[Problem] = []

    def report(field: str, value: object, expected: str) -> None:
        found.append(Problem(f"vehicle {vehicle.name}", field, 0, str(value), expected))

    for field in _POSITIVE:
        value = getattr(vehicle, field)
        if not (0.0 < value < math.inf):
            report(field, value, "a number above 0")
    for field in _NOT_NEGATIVE:
        value = getattr(vehicle, field)
        if not (0.0 <= value < math.inf):
            report(field, value, "a number of at least 0")
    for field in _ABOVE_ZERO_OR_INFINITE:
        value = getattr(vehicle, field)
        if not value > 0.0:
            report(field, value, "a power above 0")
    for field in _SHARES:
        value = getattr(vehicle, field)
        if not 0.0 < value <= 1.0:
            report(field, value, "a share above 0 and at most 1")
    if not 0.0 <= vehicle.regeneration_share <= 1.0:
        report("regeneration_share", vehicle.regeneration_share, "a share from 0 to 1")
    if vehicle.powertrain not in POWERTRAINS:
        report("powertrain", vehicle.powertrain, "one of " + ", ".join(POWERTRAINS))
    elif vehicle.powertrain == "electric" and not 0.0 < vehicle.battery_usable_wh < math.inf:
        report("battery_usable_wh", vehicle.battery_usable_wh, "an energy above 0")
    if vehicle.motor_lookup not in LOOKUPS:
        report("motor_lookup", vehicle.motor_lookup, "one of " + ", ".join(LOOKUPS))
    found += _curve_problems(vehicle)
    return found


def _curve_problems(vehicle: VehicleParameters) -> list[Problem]:
    """Find what is wrong with the efficiency curve."""
    table = f"vehicle {vehicle.name}"
    load, efficiency = vehicle.motor_load, vehicle.motor_efficiency
    if len(load) != len(efficiency) or len(load) < 2:
        expected = "as many efficiencies as loads, at least two"
        return [Problem(table, "motor_efficiency", 0, str(len(efficiency)), expected)]
    problems = []
    rising = all(a < b for a, b in itertools.pairwise(load))
    if not rising or load[0] != 0.0 or load[-1] != 1.0:
        problems.append(Problem(table, "motor_load", 0, str(load), "ascending from 0 to 1"))
    wrong = [value for value in efficiency if not 0.0 < value <= 1.0]
    if wrong:
        expected = "efficiencies above 0 and at most 1"
        problems.append(Problem(table, "motor_efficiency", 0, str(wrong[0]), expected))
    return problems
