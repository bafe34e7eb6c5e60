"""What a powertrain makes of power at the wheels, as polynomials that integrate in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.energy.vehicle import VehicleParameters

__all__ = ["WheelPolynomials", "wheel_polynomials"]

Floats = npt.NDArray[np.float64]
_NODES = 400  # of the power axis; twice as many change no coefficient by 1e-4
_FADE_NODES = 200
_KNEES = (0.0, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08)  # shares of full power that are tried
_NO_LIMIT = 1e9  # W; of an engine as a brake
_LEAST_SHARE = 1e-12  # of braking left to the motor; none would divide by zero


@dataclass(frozen=True, slots=True)
class WheelPolynomials:
    """Store power (battery with its losses, or fuel) as a function of power at the wheels.

    Driving at P the vehicle draws ``drive[0] P / (P + knee) + drive[1] P + drive[2] P²`` beside its
    auxiliaries; braking with G at the motor it gets back ``back[1] G - back[2] G²`` less
    ``back[0] G / (G + knee)``. Over a link the quotients are those of its mean powers.

    Parameters
    ----------
    drive, back
        Coefficients, W, 1 and 1/W.
    knee_w
        Power about which the first loss sets in.
    motor_limit_w, battery_limit_w
        Most that the motor, and the warm battery, bring to the wheels.
    generator_limit_w, acceptance_limit_w
        Braking power at the wheels above which the motor, and the warm battery, take no more;
        friction brakes' part included.
    back_speed_m_s
        Below it the motor takes nothing: the sharp edge that regains as much, in a halt from
        ``reference_speed_m_s``, as the gradual fade of the vehicle.
    auxiliary_w
        Drawn from the store for the auxiliaries; of a diesel in ``idle_w`` and ``drive``.
    idle_w
        Drawn by an engine that turns and drives nothing.
    climate_factor
        Store power per watt of further load of the auxiliaries.
    """

    drive: tuple[float, float, float]
    back: tuple[float, float, float]
    knee_w: float
    motor_limit_w: float
    battery_limit_w: float
    generator_limit_w: float
    acceptance_limit_w: float
    back_speed_m_s: float
    auxiliary_w: float
    idle_w: float
    climate_factor: float


def wheel_polynomials(
    vehicle: VehicleParameters, *, load_scale: float, reference_speed_m_s: float
) -> WheelPolynomials:
    """Fit the polynomials of a vehicle.

    Least squares of the relative error, each power weighted by ``exp(-load / load_scale)``: city
    traffic asks mostly for a small part of full power.

    Parameters
    ----------
    vehicle
        The vehicle; all of its losses are at hand second by second.
    load_scale
        Share of full power over which the weight falls to 1/e.
    reference_speed_m_s
        Speed of the halt for which the fade of regeneration is replaced by an edge.
    """
    if vehicle.powertrain == "diesel":
        return _diesel(vehicle, load_scale)
    auxiliary = float(_store(vehicle, np.array([vehicle.auxiliary_power_w]))[0])
    full = vehicle.motor_power_w * vehicle.driveline_efficiency
    power = np.linspace(0.0, full, _NODES + 1)[1:]
    electric = _electric(vehicle, power / vehicle.driveline_efficiency)
    within = electric + vehicle.auxiliary_power_w <= vehicle.discharge_power_w
    within[0] = True
    drawn = _store(vehicle, electric + vehicle.auxiliary_power_w) - auxiliary
    drive, knee = _fit_knee(power[within], drawn[within], power[within] / full, load_scale)
    generator = min(vehicle.motor_power_w, vehicle.generating_power_w)
    caught = np.linspace(0.0, generator / vehicle.driveline_efficiency, _NODES + 1)[1:]
    made = caught * vehicle.driveline_efficiency
    made = made * _efficiency(vehicle, made / vehicle.motor_power_w)
    room = vehicle.charge_power_w
    if vehicle.battery_loss_per_w > 0.0:  # beyond it more power would fill the battery less
        room = min(room, 0.5 * vehicle.battery_efficiency / vehicle.battery_loss_per_w)
    taken = made - vehicle.auxiliary_power_w <= room
    taken[0] = True
    returned = auxiliary - _store(vehicle, vehicle.auxiliary_power_w - made)
    _, back = _fit_at(caught[taken], returned[taken], caught[taken] / full, load_scale, knee)
    step = 1.0  # W
    shift = _store(vehicle, np.array([vehicle.auxiliary_power_w + step]))[0] - auxiliary
    share = max(vehicle.regeneration_share, _LEAST_SHARE)
    return WheelPolynomials(
        drive=drive,
        back=(-back[0], back[1], -back[2]),
        knee_w=knee,
        motor_limit_w=full,
        battery_limit_w=math.inf if within.all() else float(power[within][-1]),
        generator_limit_w=float(caught[-1]) / share,
        acceptance_limit_w=math.inf if taken.all() else float(caught[taken][-1]) / share,
        back_speed_m_s=_edge(vehicle, reference_speed_m_s),
        auxiliary_w=auxiliary,
        idle_w=0.0,
        climate_factor=float(shift / step),
    )


def _diesel(vehicle: VehicleParameters, load_scale: float) -> WheelPolynomials:
    """Fit fuel power: auxiliaries load the engine, and nothing comes back."""
    auxiliary = vehicle.auxiliary_power_w
    limit = (vehicle.motor_power_w - auxiliary) * vehicle.driveline_efficiency

    def fuel(shaft: Floats) -> Floats:
        burnt = shaft / _efficiency(vehicle, shaft / vehicle.motor_power_w)
        return np.asarray(np.maximum(burnt, vehicle.idle_power_w))

    power = np.linspace(0.0, limit, _NODES + 1)[1:]
    drive = _fit(
        power, fuel(power / vehicle.driveline_efficiency + auxiliary), power / limit, load_scale
    )
    idle = float(fuel(np.array([auxiliary]))[0])
    half = np.array([0.5 * vehicle.motor_power_w])
    return WheelPolynomials(
        drive=drive,
        back=(0.0, 0.0, 0.0),
        knee_w=0.0,  # an engine burns its idle fuel at any power
        motor_limit_w=limit,
        battery_limit_w=math.inf,
        generator_limit_w=_NO_LIMIT,
        acceptance_limit_w=_NO_LIMIT,
        back_speed_m_s=_overrun_edge(vehicle),
        auxiliary_w=0.0,
        idle_w=idle,
        climate_factor=float(fuel(half)[0] / half[0]),
    )


def _fit_knee(
    power: Floats, store: Floats, load: Floats, scale: float
) -> tuple[tuple[float, float, float], float]:
    """Return coefficients and the knee that fit best."""
    found = [(*_fit_at(power, store, load, scale, knee * power[-1]), knee) for knee in _KNEES]
    _, drive, knee = min(found, key=lambda one: one[0])
    return drive, float(knee * power[-1])


def _fit(power: Floats, store: Floats, load: Floats, scale: float) -> tuple[float, float, float]:
    """Return coefficients of 1, P and P² by weighted relative least squares."""
    return _fit_at(power, store, load, scale, 0.0)[1]


def _fit_at(
    power: Floats, store: Floats, load: Floats, scale: float, knee: float
) -> tuple[float, tuple[float, float, float]]:
    """Sum of weighted squares, and coefficients, with the knee given."""
    weight = np.sqrt(np.exp(-load / scale)) / power
    matrix = np.stack([power / (power + knee), power, power * power], axis=1)
    reach = power[-1]
    scales = np.array([reach, 1.0, 1.0 / reach])
    scaled = matrix * scales * weight[:, None]
    solved = np.linalg.lstsq(scaled, store * weight, rcond=None)[0]
    missed = float(np.sum((scaled @ solved - store * weight) ** 2))
    first, second, third = (float(value) for value in solved * scales)
    return missed, (first, second, third)


def _efficiency(vehicle: VehicleParameters, load: Floats) -> Floats:
    """Efficiency of the motor at a share of its power."""
    nodes, values = np.array(vehicle.motor_load), np.array(vehicle.motor_efficiency)
    if vehicle.motor_lookup == "lower_bin":
        return np.asarray(values[np.clip(np.searchsorted(nodes, load, "right") - 1, 0, None)])
    return np.asarray(np.interp(load, nodes, values), dtype=np.float64)


def _electric(vehicle: VehicleParameters, shaft: Floats) -> Floats:
    """Electric power that the motor needs for a power at its shaft."""
    return np.asarray(shaft / _efficiency(vehicle, shaft / vehicle.motor_power_w))


def _store(vehicle: VehicleParameters, terminal: Floats) -> Floats:
    """Power that leaves the cells (below 0: enters) for a power at the terminals."""
    one_way = np.where(
        terminal > 0.0, terminal / vehicle.battery_efficiency, terminal * vehicle.battery_efficiency
    )
    return np.asarray(one_way + vehicle.battery_loss_per_w * terminal * terminal)


def _overrun_edge(vehicle: VehicleParameters) -> float:
    """Speed above which braking turns the engine."""
    if vehicle.regeneration_share == 0.0:
        return math.inf
    if vehicle.regeneration_fade_scale <= 1.0:
        return 0.0
    half = math.log(vehicle.regeneration_fade_scale) / vehicle.regeneration_fade_per_m_s
    return max(half - vehicle.regeneration_fade_shift_m_s, 0.0)


def _edge(vehicle: VehicleParameters, reference: float) -> float:
    """Speed of the sharp edge that stands for the gradual fade."""
    if vehicle.regeneration_fade_scale == 0.0:
        return 0.0
    speed = (np.arange(_FADE_NODES) + 0.5) / _FADE_NODES * reference
    shift = vehicle.regeneration_fade_per_m_s * (speed + vehicle.regeneration_fade_shift_m_s)
    lost = 1.0 - 1.0 / (1.0 + vehicle.regeneration_fade_scale * np.exp(-shift))
    square = 2.0 * float(np.sum(lost * speed)) * reference / _FADE_NODES
    return float(np.sqrt(square))
