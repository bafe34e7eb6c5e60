"""State of charge along every vehicle-day for every model, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy import _kernels as kernels
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.energy.parameters import climate_power_w
from geofleet.energy.prepare import (
    TEMPERATURES_C,
    DriveArrays,
    drive_arrays,
    hourly,
    model_matrix,
)
from geofleet.errors import InputError, Problem
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork
from geofleet.routes import Itineraries, Traversals

__all__ = ["feasibility"]

FloatArray = npt.NDArray[np.float64]
_JOULES_PER_WH = 3600.0


@dataclass(frozen=True)
class _Stops:
    """Stops of all vehicle-days, in order."""

    start: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    reached: npt.NDArray[np.bool_]
    dwell_s: FloatArray
    hour: npt.NDArray[np.int64]


def feasibility(
    itineraries: Itineraries | Traversals,
    network: RoadNetwork,
    models: ElectricModels,
    *,
    stops: pd.DataFrame | None = None,
    fleet: Fleet | None = None,
    temperature_c: float | Sequence[float],
    pressure_pa: float | Sequence[float] | None = None,
    defaults: Defaults | None = None,
) -> Feasibility:
    """Say for every vehicle-day and every model whether it gets through the day.

    The battery starts at ``start_soc`` (a default row, full), pays for every link and for
    auxiliaries at every stop, and must not fall below ``reserve_share``. There is no charging on
    the way. The first stop (the depot at departure) and a depot at the end cost no standing
    time: the vehicle can be plugged in there.

    Parameters
    ----------
    itineraries
        Routed days; or Traversals alone, then ``stops`` may be given, else legs are counted as
        stops without standing time.
    network
        ``grade`` of the links and ``highway``; node heights where there are any.
    models
        Models to try.
    stops
        Table like ``Itineraries.stops``, in its place.
    fleet
        For ``best``: take vehicle classes from here instead of from the vehicle-days, and
        prefer models of the vehicle's own size by its gross weight.
    temperature_c, pressure_pa
        As in ``traversal_energy``.
    defaults
        Physics and rules of the ``energy`` table.

    Raises
    ------
    InputError
        Traversals, stops, models or default rows that cannot be used.
    """
    scope = (defaults or Defaults()).scope()
    if isinstance(itineraries, Itineraries):
        traversals = itineraries.traversals
        table = itineraries.stops if stops is None else stops
    else:
        traversals, table = itineraries, stops
    arrays = drive_arrays(
        traversals, network, temperature_c=temperature_c, pressure_pa=pressure_pa, defaults=scope
    )
    parameters = arrays.parameters
    matrix = model_matrix(models, parameters.state_of_health)
    halts = _legs_as_stops(traversals) if table is None else _stops(table, traversals)
    temperature = hourly(temperature_c, "temperature_c", *TEMPERATURES_C)
    totals, failing, soc, used = kernels.day_charge(
        arrays.day_start, arrays.leg, arrays.length, arrays.speed, arrays.payload, arrays.grade,
        arrays.density, arrays.climate, arrays.entry, arrays.peak, arrays.leave, arrays.stops,
        halts.start, halts.number, halts.reached, halts.dwell_s,
        climate_power_w(temperature, parameters)[halts.hour], matrix, parameters.physics,
    )  # fmt: skip
    unknown, blind = _unknown_days(arrays, halts)
    verdicts = _verdicts(traversals, models, matrix, arrays, totals, failing, unknown)
    arrivals = _arrivals(models, halts, soc, used)
    return Feasibility(
        verdicts=verdicts,
        stops=arrivals,
        best=_best(verdicts, traversals, models, fleet, parameters.replacement_gvw_shares),
        report=_report(arrays, unknown, blind, verdicts),
        provenance=tuple(sorted({*scope.used, *models.provenance})),
    )


def _arrivals(
    models: ElectricModels, halts: _Stops, soc: FloatArray, used: FloatArray
) -> pd.DataFrame:
    """Lay out charge and energy on arrival by vehicle-day, model and stop, as verdicts are."""
    count = len(models.frame)
    model = np.repeat(np.arange(count), len(halts.day))
    day, number = np.tile(halts.day, count), np.tile(halts.number, count)
    order = np.lexsort((number, model, day))
    return pd.DataFrame(
        {
            "vehicle_day": day[order].astype(np.int32),
            "model_id": models.frame.index.to_numpy()[model[order]],
            "stop_number": number[order].astype(np.int32),
            "soc": soc.ravel()[order],
            "energy_wh": used.ravel()[order] / _JOULES_PER_WH,
        }
    )


def _legs_as_stops(traversals: Traversals) -> _Stops:
    """Make stops of the legs: one before each leg and one after the last, no standing time."""
    frame = traversals.frame
    days = len(traversals.vehicle_days)
    last = np.full(days, -1, dtype=np.int64)
    np.maximum.at(last, frame["vehicle_day"].to_numpy(), frame["stop_before"].to_numpy(np.int64))
    counts = np.where(last >= 0, last + 2, 0)
    start = np.concatenate([[0], np.cumsum(counts)])
    day = np.repeat(np.arange(days), counts)
    size = int(start[-1])
    return _Stops(
        start=start,
        day=day,
        number=np.arange(size) - start[day],
        reached=np.ones(size, dtype=bool),
        dwell_s=np.zeros(size),
        hour=np.zeros(size, dtype=np.int64),
    )


def _stops(table: pd.DataFrame, traversals: Traversals) -> _Stops:
    """Take stops from a table like ``Itineraries.stops``."""
    needed = ("vehicle_day", "stop_number", "kind", "service_min", "status")
    missing = [name for name in needed if name not in table.columns]
    if missing:
        expected = "the columns of Itineraries.stops"
        raise InputError(Problem("stops", name, expected=expected) for name in missing)
    day = table["vehicle_day"].to_numpy(np.int64)
    number = table["stop_number"].to_numpy(np.int64)
    days = len(traversals.vehicle_days)
    late = (np.diff(day) < 0) | ((np.diff(day) == 0) & (np.diff(number) <= 0))
    problems = [
        Problem("stops", "stop_number", int(i) + 2, str(number[i + 1]), "ascending stop numbers")
        for i in np.flatnonzero(late)[:5]
    ]
    problems += [
        Problem("stops", "vehicle_day", int(i) + 1, str(day[i]), f"a vehicle-day below {days}")
        for i in np.flatnonzero((day < 0) | (day >= days))[:5]
    ]
    service = table["service_min"].to_numpy(np.float64, na_value=np.nan) * 60.0
    problems += [
        Problem("stops", "service_min", int(i) + 1, str(service[i] / 60.0), "at least 0 minutes")
        for i in np.flatnonzero(~(service >= 0.0))[:5]
    ]
    if problems:
        raise InputError(problems)
    start = np.searchsorted(day, np.arange(days + 1))
    reached = (table["status"] == "reached").to_numpy(bool)
    dwell, hour = service.copy(), np.zeros(len(table), dtype=np.int64)
    if {"arrive_s", "depart_s"} <= set(table.columns):
        arrive = table["arrive_s"].to_numpy(np.float64, na_value=np.nan)
        depart = table["depart_s"].to_numpy(np.float64, na_value=np.nan)
        timed = np.isfinite(arrive) & np.isfinite(depart)
        # From arrival, not from the start of service: waiting for a window costs as well.
        dwell[timed] = np.maximum(depart - arrive, 0.0)[timed]
        hour[timed] = (np.floor_divide(arrive[timed], 3600.0) % 24).astype(np.int64)
    depot = (table["kind"] == "depot").to_numpy(bool)
    filled = np.flatnonzero(np.diff(start) > 0)
    final = start[filled + 1] - 1
    dwell[final[depot[final]]] = 0.0
    dwell[start[filled]] = 0.0
    dwell[~reached] = 0.0
    return _Stops(start, day, number, reached, dwell, hour)


def _unknown_days(
    arrays: DriveArrays, halts: _Stops
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Vehicle-days that cannot be judged, and those among them for want of grades."""
    days = len(arrays.day_start) - 1
    owner = np.repeat(np.arange(days), np.diff(arrays.day_start))
    distance = np.bincount(owner, arrays.length, days)
    blind = np.zeros(days, dtype=bool)
    if arrays.surveyed:
        dark = np.bincount(owner, np.where(arrays.grade_known, 0.0, arrays.length), days)
        blind = dark > arrays.parameters.unknown_grade_share_max * distance
    missed = np.bincount(halts.day, ~halts.reached, days) > 0
    return missed | blind | (np.diff(arrays.day_start) == 0), blind


def _verdicts(
    traversals: Traversals,
    models: ElectricModels,
    matrix: FloatArray,
    arrays: DriveArrays,
    totals: FloatArray,
    failing: npt.NDArray[np.int64],
    unknown: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Turn kernel sums into one row per vehicle-day and model."""
    days, count = totals.shape[:2]
    names = models.frame.index.to_numpy()
    battery_wh = matrix[:, kernels.BATTERY] / _JOULES_PER_WH
    wh = totals.reshape(-1, 8)[:, [0, 1, 2, 3, 4, 7]] / _JOULES_PER_WH
    unsure = np.repeat(unknown, count)
    soc_end = np.where(unsure, np.nan, totals[:, :, 5].ravel())
    soc_min = np.where(unsure, np.nan, totals[:, :, 6].ravel())
    margin = np.tile(battery_wh, days) * (soc_min - arrays.parameters.reserve_share)
    overloaded = _first_overload(arrays, models)
    short, weak = failing[:, :, 0].ravel(), failing[:, :, 1].ravel()
    low = margin < 0.0
    choices = [unsure, overloaded >= 0, weak >= 0, low]
    cause = np.select(choices, ["unknown", "payload", "power", "energy"], "none")
    first = np.select(choices, [np.full(len(low), -1), overloaded, weak, short], -1)
    distance = np.add.reduceat(np.append(arrays.length, 0.0), arrays.day_start[:-1])
    distance[np.diff(arrays.day_start) == 0] = 0.0
    return pd.DataFrame(
        {
            "vehicle_day": np.repeat(np.arange(days, dtype=np.int32), count),
            "vehicle_id": np.repeat(traversals.vehicle_days["vehicle_id"].to_numpy(), count),
            "model_id": np.tile(names, days),
            "energy_wh": wh[:, 0] + wh[:, 2] - wh[:, 1],
            "traction_wh": wh[:, 0],
            "auxiliary_wh": wh[:, 2],
            "stop_auxiliary_wh": wh[:, 5],
            "regenerated_wh": wh[:, 1],
            "refused_wh": wh[:, 4],
            "braking_wh": wh[:, 3],
            "distance_km": np.repeat(distance / 1000.0, count),
            "soc_end": soc_end,
            "soc_min": soc_min,
            "margin_wh": margin,
            "feasible": cause == "none",
            "first_failing_stop": first.astype(np.int32),
            "cause": cause,
        }
    )


def _first_overload(arrays: DriveArrays, models: ElectricModels) -> npt.NDArray[np.int64]:
    """Stop number that is left with more than the model carries, -1 when none; flat."""
    days = len(arrays.day_start) - 1
    capacity = models.frame["payload_capacity_kg"].to_numpy(np.float64)
    out = np.full((days, len(capacity)), -1, dtype=np.int64)
    for day in range(days):
        span = slice(arrays.day_start[day], arrays.day_start[day + 1])
        payload = arrays.payload[span]
        if payload.size == 0:
            continue
        # Payloads are float32 in the table: a load equal to the capacity is not too much.
        over = payload[:, None] > capacity[None, :] * (1.0 + np.finfo(np.float32).eps)
        found = over.any(axis=0)
        out[day, found] = arrays.leg[span][over.argmax(axis=0)[found]]
    return out.ravel()


def _best(
    verdicts: pd.DataFrame,
    traversals: Traversals,
    models: ElectricModels,
    fleet: Fleet | None,
    gvw_shares: tuple[float, float],
) -> pd.DataFrame:
    """Choose one row per vehicle-day by the rule in ``Feasibility``."""
    days = traversals.vehicle_days
    classes = days["vehicle_class"].to_numpy(object)
    own_gvw = np.full(len(days), np.nan)
    if fleet is not None:
        own = _own_vehicles(days, fleet)
        classes = own["vehicle_class"].to_numpy(object)
        own_gvw = own["gvw_kg"].to_numpy(np.float64)
    frame = models.frame
    replaces = {str(i): set(str(text).split(";")) for i, text in frame["replaces"].items()}
    ids = verdicts["model_id"].astype(str)
    fits = [
        str(name) in replaces[model]
        for name, model in zip(classes[verdicts["vehicle_day"]], ids, strict=True)
    ]
    pool = verdicts[np.asarray(fits, dtype=bool)]
    chosen = frame.loc[pool["model_id"]]
    feasible = pool["feasible"].to_numpy(bool)
    share = chosen["gvw_kg"].to_numpy(np.float64) / own_gvw[pool["vehicle_day"]]
    other_size = (share < gvw_shares[0]) | (share > gvw_shares[1])
    keys = pd.DataFrame(
        {
            "day": pool["vehicle_day"].to_numpy(),
            "infeasible": ~feasible,
            "other_size": feasible & other_size,
            "overloaded": (pool["cause"] == "payload").to_numpy(),
            "battery": np.where(feasible, chosen["battery_usable_wh"].to_numpy(), 0.0),
            "curb": np.where(feasible, chosen["curb_mass_kg"].to_numpy(), 0.0),
            "short": np.where(feasible, 0.0, -pool["margin_wh"].to_numpy()),
            "model_id": pool["model_id"].to_numpy(),
        },
        index=pool.index,
    )
    order = keys.sort_values(list(keys.columns), kind="stable")
    best = verdicts.loc[order.drop_duplicates("day").index]
    missing = sorted(set(range(len(days))) - set(best["vehicle_day"]))
    if missing:
        best = pd.concat([best, _no_model(missing, verdicts)], ignore_index=True)
    return best.sort_values("vehicle_day", ignore_index=True)


def _own_vehicles(days: pd.DataFrame, fleet: Fleet) -> pd.DataFrame:
    """Fleet rows of the vehicle-days, in their order."""
    vehicles = fleet.vehicles
    lost = sorted({str(name) for name in days["vehicle_id"] if name not in vehicles.index})
    if lost:
        expected = "a vehicle of the fleet"
        raise InputError(Problem("vehicle-days", "vehicle_id", 0, name, expected) for name in lost)
    return vehicles.loc[days["vehicle_id"]]


def _no_model(missing: list[int], verdicts: pd.DataFrame) -> pd.DataFrame:
    """Rows for vehicle-days whose class no model tried replaces."""
    rows = verdicts.drop_duplicates("vehicle_day").set_index("vehicle_day", drop=False)
    rows = rows.loc[missing].copy()
    numbers = rows.select_dtypes("float").columns
    rows[[name for name in numbers if name != "distance_km"]] = np.nan
    rows["model_id"] = ""
    rows["feasible"] = False
    rows["first_failing_stop"] = np.int32(-1)
    rows["cause"] = "no model"
    return rows


def _report(
    arrays: DriveArrays,
    unknown: npt.NDArray[np.bool_],
    blind: npt.NDArray[np.bool_],
    verdicts: pd.DataFrame,
) -> dict[str, Any]:
    """Count what was assumed and what was left out."""
    causes = verdicts["cause"].value_counts()
    return {
        "elevation": "grade known" if arrays.surveyed else "none: grade 0",
        "traversals": len(arrays.length),
        "traversals_grade_unknown": int((~arrays.grade_known).sum()),
        "vehicle_days_unknown": int(unknown.sum()),
        "vehicle_days_grade_unknown": int(blind.sum()),
        "link_stops_assumed": float(arrays.stops.sum()),
        "link_stops_left_out": float((arrays.stops_wanted - arrays.stops).sum()),
        "verdicts_by_cause": {str(name): int(number) for name, number in causes.items()},
    }
