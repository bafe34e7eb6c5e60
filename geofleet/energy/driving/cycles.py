"""Drive cycles as links: what links know of a drive, and what they make of it.

The link form sees a road as links with a mean speed, a free speed and stops; a cycle cut into links
shows what is lost by that, beside the same cycle second by second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.driving.conditions import Conditions as DayConditions
from geofleet.energy.driving.lanes import DrivenVehicle, Lanes, build_lanes
from geofleet.energy.driving.parameters import DrivingParameters, driving_parameters
from geofleet.energy.driving.powertrain import wheel_polynomials
from geofleet.energy.vehicle import Conditions, Cycle, VehicleParameters
from geofleet.errors import InputError, Problem

__all__ = ["CycleLinks", "LinkFormResult", "cycle_link_energy", "links_of_cycle"]

Floats = npt.NDArray[np.float64]
_JOULE_PER_WH = 3600.0
_HALT = 0.1  # m/s; cycles recorded on the road creep at this speed while they stand
_MILD = 20.0  # degC; neither heating nor cooling, which the conditions of a cycle bring


@dataclass(frozen=True, slots=True, eq=False)
class CycleLinks:
    """A cycle cut into links of one length; every array has one entry per link.

    Parameters
    ----------
    length_m, duration_s
        Way and time, standing included.
    free_m_s
        Highest speed on the link.
    full_stops, standing_s
        Halts on the link, and the time stood.
    grade
        Mean rise over run.
    payload_kg
        Mean load, beside that of the conditions.
    """

    length_m: Floats
    duration_s: Floats
    free_m_s: Floats
    full_stops: Floats
    standing_s: Floats
    grade: Floats
    payload_kg: Floats

    @property
    def speed_m_s(self) -> Floats:
        """Mean speed, standing included."""
        return self.length_m / self.duration_s

    def __len__(self) -> int:
        return len(self.length_m)


@dataclass(frozen=True, slots=True)
class LinkFormResult:
    """Energies of one drive by links.

    Parameters
    ----------
    energy_wh
        Net energy out of the battery with its inner loss, or out of the tank.
    traction_wh, regenerated_wh, auxiliary_wh
        What it is made of: drawn for driving, brought back by braking, drawn by auxiliaries and
        climate. The fuel of an idling engine counts as driving.
    braking_wh
        Braked at the wheels, friction brakes included.
    refused_wh
        Brought back to a battery that was full.
    distance_m, duration_s
        Way and time.
    """

    energy_wh: float
    traction_wh: float
    regenerated_wh: float
    auxiliary_wh: float
    braking_wh: float
    refused_wh: float
    distance_m: float
    duration_s: float


def links_of_cycle(cycle: Cycle, length_m: float) -> CycleLinks:
    """Cut a cycle into links of equal length.

    Parameters
    ----------
    cycle
        Speed over time; halts count where speed falls below 0.1 m/s.
    length_m
        Length wanted; that of the links divides the way evenly.

    Returns
    -------
    CycleLinks
        In order. The time of a cut is interpolated between the moments of the cycle; time stood
        before the first metre and after the last belongs to the first and the last link.

    Raises
    ------
    InputError
        A length that is not above 0, a cycle that goes nowhere.
    """
    problems = []
    if not 0.0 < length_m < np.inf:
        problems.append(Problem("links", "length_m", 0, str(length_m), "a length above 0"))
    if not cycle.distance_m > 0.0:
        expected = "a cycle that moves"
        problems.append(Problem(f"cycle {cycle.name}", "speed_m_s", 0, "0 everywhere", expected))
    if problems:
        raise InputError(problems)
    assert cycle.grade is not None
    assert cycle.payload_kg is not None
    speed, step = cycle.speed_m_s, np.diff(cycle.time_s)
    metres = 0.5 * (speed[1:] + speed[:-1]) * step
    way = np.concatenate([[0.0], np.cumsum(metres)])
    count = max(round(way[-1] / length_m), 1)
    cuts = np.linspace(0.0, way[-1], count + 1)
    length = np.diff(cuts)
    # A step that ends on a cut belongs to the link before it.
    owner = np.clip(np.searchsorted(cuts, way[1:] - 1e-9, "right") - 1, 0, count - 1)
    time = np.interp(cuts, way, cycle.time_s)
    time[0], time[-1] = cycle.time_s[0], cycle.time_s[-1]
    still = (speed[1:] < _HALT) & (speed[:-1] < _HALT)
    halted = (speed[1:] < _HALT) & (speed[:-1] >= _HALT)
    free = np.zeros(count)
    np.maximum.at(free, owner, np.maximum(speed[1:], speed[:-1]))
    return CycleLinks(
        length_m=length,
        duration_s=np.diff(time),
        free_m_s=free,
        full_stops=np.bincount(owner, halted, count).astype(np.float64),
        standing_s=np.asarray(np.bincount(owner, np.where(still, step, 0.0), count), np.float64),
        grade=_mean_between(cuts, way, cycle.grade[1:] * metres),
        payload_kg=_mean_between(cuts, way, cycle.payload_kg[1:] * metres),
    )


def cycle_link_energy(
    cycle: Cycle,
    vehicle: VehicleParameters,
    conditions: Conditions,
    *,
    length_m: float,
    defaults: Defaults | None = None,
) -> LinkFormResult:
    """Drive a cycle by the links that it is made of.

    Beside the halts of the cycle, unsteady driving on a link is that of the ``energy`` table, as
    on roads.

    Parameters
    ----------
    cycle
        See ``links_of_cycle``.
    vehicle
        Electric or diesel.
    conditions
        As for ``trace_energy``.
    length_m
        Of the links.
    defaults
        Rates of speeding up and slowing down, and unsteadiness.

    Returns
    -------
    LinkFormResult
        Energies of the drive.

    Raises
    ------
    InputError
        A cycle that cannot be cut, another gravity than that of the earth.
    """
    if conditions.gravity_m_s2 != kernels.GRAVITY:
        value, expected = str(conditions.gravity_m_s2), f"{kernels.GRAVITY}, standard gravity"
        raise InputError([Problem("conditions", "gravity_m_s2", 0, value, expected)])
    scope = (defaults or Defaults()).scope()
    parameters = driving_parameters(scope)
    links = links_of_cycle(cycle, length_m)
    lanes = _lanes(vehicle, conditions, parameters, scope)
    zero, none = np.zeros(len(links), np.int64), np.zeros(0, np.int64)
    totals = kernels.drive_days(
        np.array([[0, len(links)]]), zero, zero, _rows(links, conditions, parameters),
        np.zeros((1, kernels.DAY_COLUMNS)), np.zeros((1, 2), np.int64), none, none,
        np.zeros((0, kernels.STOP_COLUMNS)), lanes.matrix, lanes.hourly, False, False,
    )[0][0, :, 0] / _JOULE_PER_WH  # fmt: skip
    return LinkFormResult(
        energy_wh=float(totals[kernels.USED]),
        traction_wh=float(totals[kernels.TRACTION]),
        regenerated_wh=float(totals[kernels.RETURNED]),
        auxiliary_wh=float(totals[kernels.AUXILIARIES]),
        braking_wh=float(totals[kernels.BRAKED]),
        refused_wh=float(totals[kernels.REFUSED]),
        distance_m=float(links.length_m.sum()),
        duration_s=float(links.duration_s.sum()),
    )


def _mean_between(cuts: Floats, way: Floats, steps: Floats) -> Floats:
    """Mean over the way between cuts of what adds up by ``steps``."""
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.diff(np.interp(cuts, way, total)) / np.diff(cuts))


def _rows(links: CycleLinks, conditions: Conditions, parameters: DrivingParameters) -> Floats:
    """Lay links out as the kernels want them: all eastwards, in air of the density given."""
    rows = np.zeros((len(links), kernels.LINK_COLUMNS))
    slowing = parameters.slowing_per_m(links.speed_m_s, links.free_m_s) * links.length_m
    stops = links.full_stops + slowing
    rows[:, kernels.LENGTH] = links.length_m
    rows[:, kernels.SPEED] = links.speed_m_s
    rows[:, kernels.FREE] = links.free_m_s
    rows[:, kernels.STOPS] = stops
    rows[:, kernels.STANDING] = np.divide(
        links.standing_s, stops, out=np.zeros_like(stops), where=stops > 0.0
    )
    rows[:, kernels.PAYLOAD] = links.payload_kg + conditions.payload_kg
    rows[:, kernels.GRADE] = links.grade
    rows[:, kernels.PRESSURE] = conditions.air_density_kg_m3  # times 1 in the hourly table
    rows[:, kernels.EAST] = 1.0
    return rows


def _lanes(
    vehicle: VehicleParameters,
    conditions: Conditions,
    parameters: DrivingParameters,
    defaults: Defaults,
) -> Lanes:
    """Return the one lane of a vehicle under the conditions of a cycle."""
    mild = DayConditions.of_hours(np.full(24, _MILD))
    lanes = build_lanes([DrivenVehicle(vehicle, None)], mild, parameters, defaults=defaults)
    fit = wheel_polynomials(
        vehicle,
        load_scale=parameters.load_scale,
        reference_speed_m_s=parameters.reference_speed_m_s,
    )
    lanes.hourly[:, kernels.CLIMATE] = conditions.climate_power_w * fit.climate_factor
    lanes.hourly[:, kernels.INVERSE_RT] = 1.0
    lanes.hourly[:, kernels.WIND_EAST] = -conditions.headwind_m_s
    if vehicle.powertrain == "electric":
        full = vehicle.battery_usable_wh * _JOULE_PER_WH
        lanes.matrix[kernels.BATTERY] = full
        lanes.matrix[kernels.DEPTH_START] = (1.0 - conditions.start_soc) * full
        lanes.matrix[kernels.DRIVE_LIMIT] = min(fit.motor_limit_w, fit.battery_limit_w)
        lanes.matrix[kernels.RETURN_LIMIT] = min(fit.generator_limit_w, fit.acceptance_limit_w)
    return lanes
