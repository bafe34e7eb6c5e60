"""With what probability each vehicle-day ends above the reserve, over a year of days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.day.drive import (
    PreparedDays,
    check_plugs,
    drive_by_days,
    driven_vehicles,
    prepare_days,
)
from geofleet.energy.day.verdict import overloads, unknown_days
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.driving.conditions import Conditions
from geofleet.energy.driving.lanes import DrivenVehicle, Lanes, build_lanes
from geofleet.energy.equipment import fleet_equipment
from geofleet.energy.model import ElectricModels
from geofleet.energy.robust.chance import chance_above, chance_with_plugs
from geofleet.energy.robust.scenarios import Sampler, Scenarios, draw_scenarios, read_draws
from geofleet.energy.robust.weather import DayWeather
from geofleet.errors import InputError, Problem
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork
from geofleet.routes import Itineraries, Traversals

__all__ = ["RobustFeasibility", "robust_feasibility"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_JOULES_PER_WH = 3600.0
_QUANTILES = (0.1, 0.5, 0.9)
_FAILING = ("power", "charging", "energy", "time window", "none")


@dataclass(frozen=True)
class RobustFeasibility:
    """Verdicts over a year of days.

    Parameters
    ----------
    verdicts
        One row per vehicle-day and model asked for: ``vehicle_day, vehicle_id, model_id``,
        ``probability`` that the day ends above the reserve without its charge ever falling below
        it, on roads that the motor can climb; ``probability_on_time`` that it also begins every
        stop in its window (or as late as planned); ``energy_p10_wh, energy_p50_wh,
        energy_p90_wh``; ``battery_wh`` (usable when new and warm); and of the days of the weather,
        driven as planned with the battery of middle age: ``worst_day`` (its label),
        ``worst_margin_wh``, ``worst_temperature_c`` (mean), ``days_short`` (of the year, by
        weight), ``days``. A day that cannot be judged has NaN; a load above the model's capacity
        has probability 0. ``cause``: what fails most of the draws that fail (``none`` where none
        does).
    scenarios
        The draws, for repeating.
    """

    verdicts: pd.DataFrame
    scenarios: Scenarios
    weather: DayWeather
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()


def robust_feasibility(
    itineraries: Itineraries | Traversals,
    network: RoadNetwork,
    models: ElectricModels,
    weather: DayWeather,
    *,
    pairs: pd.DataFrame | None = None,
    stops: pd.DataFrame | None = None,
    fleet: Fleet | None = None,
    plug_power_w: npt.ArrayLike | None = None,
    draws: int | None = None,
    seed: int = 0,
    sampler: Sampler = "sobol",
    defaults: Defaults | None = None,
) -> RobustFeasibility:
    """Drive every vehicle-day through many days that may come.

    Every vehicle and route meets the same draws, so that differences between them are not those
    of chance. What the model itself gets wrong is a factor on the energy used; its share of the
    probability is exact, not drawn: with the depth of discharge D that the model finds in a draw,
    the limit B and the spread σ it is Φ(ln(B / D) / σ). Where plugs give back on the way what does
    not grow with the error, the factor at which the day fails is found in each draw by driving
    with several. A larger battery in the same vehicle lowers the probability in no draw, so it
    does not in all.

    Parameters
    ----------
    itineraries, network, models, stops, fleet, plug_power_w
        As in ``feasibility``.
    weather
        Days of the year.
    pairs
        ``vehicle_day`` and ``model_id`` to judge, such as ``Feasibility.best``; every day with
        every model when not given. Rows without a model are passed over.
    draws, seed, sampler
        As in ``draw_scenarios``; the number of the default row when not given.

    Raises
    ------
    InputError
        Input that cannot be used, a pair that names no day or model.
    """
    scope = (defaults or Defaults()).scope()
    count = read_draws(scope) if draws is None else draws
    scenarios = draw_scenarios(weather, draws=count, seed=seed, sampler=sampler, defaults=scope)
    equipment = None if fleet is None else fleet_equipment(fleet.vehicles, defaults=scope)
    prepared = prepare_days(
        itineraries, network, stops=stops, equipment=equipment, plug_power_w=plug_power_w,
        defaults=scope,
    )  # fmt: skip
    check_plugs(prepared, models)
    wanted = _pairs(pairs, len(prepared), models)
    unknown, _ = unknown_days(prepared)
    first_overload, _ = overloads(prepared, models, equipment)
    overloaded = first_overload.reshape(len(prepared), len(models.frame)) >= 0
    middle = _middle_days(weather, scenarios)
    vehicles = driven_vehicles(models, scope)
    parts = []
    # Without any pair the table has no rows, but its columns.
    for number, days in (wanted or {0: np.zeros(0, dtype=np.int64)}).items():
        vehicle = vehicles[number]
        drawn = _judge(prepared, vehicle, scenarios, days, scope)
        yearly = _calendar(prepared, vehicle, weather, middle, days, scope)
        part = pd.DataFrame({"vehicle_day": days.astype(np.int32)} | drawn | yearly)
        part.insert(1, "model_id", str(models.frame.index[number]))
        part.loc[overloaded[days, number], ["probability", "probability_on_time"]] = 0.0
        part.loc[overloaded[days, number], "cause"] = "payload"
        known = part.columns.difference(["vehicle_day", "model_id", "cause", "worst_day", "days"])
        part.loc[unknown[days], known] = np.nan
        part.loc[unknown[days], ["cause", "worst_day"]] = ["unknown", ""]
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values(["vehicle_day", "model_id"], kind="stable", ignore_index=True)
    ids = prepared.traversals.vehicle_days["vehicle_id"].to_numpy(object)
    table.insert(1, "vehicle_id", ids[table["vehicle_day"]])
    report = {"draws": count, "seed": seed, "sampler": sampler, **weather.report}
    return RobustFeasibility(
        table, scenarios, weather, report, tuple(sorted({*scope.used, *models.provenance}))
    )


def _pairs(pairs: pd.DataFrame | None, days: int, models: ElectricModels) -> dict[int, Integers]:
    """Days to judge by position of their model."""
    if pairs is None:
        return {number: np.arange(days) for number in range(len(models.frame))}
    missing = [name for name in ("vehicle_day", "model_id") if name not in pairs.columns]
    if missing:
        raise InputError(Problem("pairs", name, expected="a column") for name in missing)
    given = pairs[pairs["model_id"] != ""]
    number = models.frame.index.get_indexer(pd.Index(given["model_id"]))
    day = given["vehicle_day"].to_numpy(np.int64)
    problems = [
        Problem("pairs", "model_id", int(i) + 1, str(given["model_id"].iloc[i]), "a model tried")
        for i in np.flatnonzero(number < 0)[:5]
    ]
    problems += [
        Problem("pairs", "vehicle_day", int(i) + 1, str(day[i]), f"a vehicle-day below {days}")
        for i in np.flatnonzero((day < 0) | (day >= days))[:5]
    ]
    if problems:
        raise InputError(problems)
    return {int(one): np.unique(day[number == one]) for one in np.unique(number)}


def _judge(
    prepared: PreparedDays,
    vehicle: DrivenVehicle,
    scenarios: Scenarios,
    days: Integers,
    defaults: Defaults,
) -> dict[str, Any]:
    """Probability and energy of one vehicle on some days, over the draws."""
    parameters = prepared.links.parameters
    lanes = build_lanes([vehicle], scenarios.conditions, parameters, defaults=defaults)
    limit = lanes.matrix[kernels.DEPTH_LIMIT, : lanes.count]
    start = lanes.matrix[kernels.DEPTH_START, : lanes.count]
    probability, on_time = np.empty(len(days)), np.empty(len(days))
    quantiles = np.empty((len(_QUANTILES), len(days)))
    causes: list[str] = []
    row = 0
    for part, driven in drive_by_days(prepared, lanes, days):
        size = len(driven.totals)
        deep = driven.totals[:, kernels.DEEPEST]
        held = chance_above(deep - start, limit - start, scenarios.spreads.model)
        plugged = np.flatnonzero((driven.totals[:, kernels.CHARGED] > 0.0).any(axis=1))
        if plugged.size and scenarios.spreads.model > 0.0:
            held[plugged] = chance_with_plugs(
                prepared, lanes, part[plugged], scenarios.spreads.model
            )
        climbs = driven.first[:, 1] < 0
        punctual = driven.first[:, 2] < 0
        here = slice(row, row + size)
        probability[here] = (held * climbs).mean(axis=1)
        on_time[here] = (held * climbs * punctual).mean(axis=1)
        energy = driven.totals[:, kernels.USED] * np.exp(scenarios.model_error)
        quantiles[:, here] = np.quantile(energy, _QUANTILES, axis=1) / _JOULES_PER_WH
        charged = (driven.totals[:, kernels.CHARGED] > 0.0).any(axis=1)
        short = (1.0 - held).mean(axis=1)
        failing = np.stack(
            [
                (~climbs).mean(axis=1),
                np.where(charged, short, 0.0),
                np.where(charged, 0.0, short),
                (~punctual).mean(axis=1),
                np.full(size, 0.5 / len(scenarios)),  # less than half a draw is nothing
            ]
        )
        causes += [_FAILING[number] for number in np.argmax(failing, axis=0).tolist()]
        row += size
    return {
        "probability": probability,
        "probability_on_time": on_time,
        "energy_p10_wh": quantiles[0],
        "energy_p50_wh": quantiles[1],
        "energy_p90_wh": quantiles[2],
        "battery_wh": vehicle.parameters.battery_usable_wh,
        "cause": causes,
    }


def _middle_days(weather: DayWeather, scenarios: Scenarios) -> Conditions:
    """Every day of the weather, driven as planned with a battery of middle age."""
    planned = Conditions.planned(
        weather.temperature_c,
        wind_east_m_s=weather.wind_east_m_s,
        wind_north_m_s=weather.wind_north_m_s,
    )
    age = float(np.mean(scenarios.spreads.age_years))
    count = len(weather)
    return Conditions(
        temperature_c=planned.temperature_c,
        traffic=planned.traffic,
        wind_east_m_s=planned.wind_east_m_s,
        wind_north_m_s=planned.wind_north_m_s,
        payload_share=planned.payload_share,
        driver=planned.driver,
        battery_age_years=np.full(count, age),
        battery_cycles=np.full(count, age * scenarios.spreads.cycles_per_year),
    )


def _calendar(
    prepared: PreparedDays,
    vehicle: DrivenVehicle,
    weather: DayWeather,
    conditions: Conditions,
    days: Integers,
    defaults: Defaults,
) -> dict[str, Any]:
    """Worst day of the weather, and days of the year that fail, for one vehicle."""
    parameters = prepared.links.parameters
    lanes: Lanes = build_lanes([vehicle], conditions, parameters, defaults=defaults)
    limit = lanes.matrix[kernels.DEPTH_LIMIT, : lanes.count]
    worst = np.empty(len(days), dtype=np.int64)
    margin, short = np.empty(len(days)), np.empty(len(days))
    row = 0
    for _, driven in drive_by_days(prepared, lanes, days):
        here = slice(row, row + len(driven.totals))
        spare = limit - driven.totals[:, kernels.DEEPEST]
        worst[here] = spare.argmin(axis=1)
        margin[here] = spare.min(axis=1)
        failed = (spare < 0.0) | (driven.first[:, 1] >= 0)
        short[here] = (failed * weather.weight_days).sum(axis=1)
        row += len(driven.totals)
    return {
        "worst_day": np.asarray(weather.labels, dtype=object)[worst],
        "worst_margin_wh": margin / _JOULES_PER_WH,
        "worst_temperature_c": weather.temperature_c.mean(axis=1)[worst],
        "days_short": short,
        "days": float(np.sum(weather.weight_days)),
    }
