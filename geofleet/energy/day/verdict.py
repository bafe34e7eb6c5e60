"""State of charge along every vehicle-day for every model, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.day.best import best_models
from geofleet.energy.day.drive import (
    Driven,
    PreparedDays,
    check_plugs,
    drive,
    planned,
    prepare_days,
)
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.driving.air import TEMPERATURES_C, hourly
from geofleet.energy.driving.lanes import Lanes
from geofleet.energy.equipment import Equipment, fleet_equipment
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork
from geofleet.routes import Itineraries, Traversals

__all__ = ["feasibility", "overloads", "unknown_days"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
_JOULES_PER_WH = 3600.0
_M_PER_KM = 1000.0


def feasibility(
    itineraries: Itineraries | Traversals,
    network: RoadNetwork,
    models: ElectricModels,
    *,
    stops: pd.DataFrame | None = None,
    fleet: Fleet | None = None,
    plug_power_w: npt.ArrayLike | None = None,
    temperature_c: float | Sequence[float],
    pressure_pa: float | Sequence[float] | None = None,
    defaults: Defaults | None = None,
) -> Feasibility:
    """Say for every vehicle-day and every model whether it gets through the day.

    The battery starts at ``start_soc`` (a default row, full), pays for every link, for auxiliaries
    at every stop and for what the body carries, and must not fall below ``reserve_share``. The
    first stop (the depot at departure) and a depot at the end cost no standing time: the vehicle
    can be plugged in there. Cold takes from the battery what the ``batteries`` table says.

    Parameters
    ----------
    itineraries
        Routed days; or Traversals alone, then ``stops`` may be given, else legs are counted as
        stops without standing time.
    network
        ``grade``, ``highway``, ``speed_free_kmh``, and ``signals`` and ``stop_signs`` where the
        map has them, of the links; node heights where there are any.
    models
        Models to try.
    stops
        Table like ``Itineraries.stops``, in its place.
    fleet
        For ``best``: take vehicle classes from here instead of from the vehicle-days, and
        prefer models of the vehicle's own size by its gross weight. Refrigeration units and
        lift gates of its vehicles are carried and fed.
    plug_power_w
        Per stop, power that a plug there brings into the battery while the vehicle stands (W); 0
        for none.
    temperature_c
        Air temperature, one number or 24 by local hour.
    pressure_pa
        Air pressure likewise; by the standard atmosphere from elevation when not given, at sea
        level where no elevation is known.
    defaults
        Physics and rules of the ``energy``, ``powertrain``, ``batteries`` and ``equipment``
        tables.

    Raises
    ------
    InputError
        Traversals, stops, models or default rows that cannot be used.
    """
    scope = (defaults or Defaults()).scope()
    equipment = None if fleet is None else fleet_equipment(fleet.vehicles, defaults=scope)
    prepared = prepare_days(
        itineraries, network, stops=stops, equipment=equipment, plug_power_w=plug_power_w,
        pressure_pa=pressure_pa, defaults=scope,
    )  # fmt: skip
    check_plugs(prepared, models)
    temperature = hourly(temperature_c, "temperature_c", *TEMPERATURES_C)
    lanes = planned(models, temperature, prepared.links, scope)
    driven = drive(prepared, lanes, by_stop=True)
    unknown, blind = unknown_days(prepared)
    verdicts = _verdicts(prepared, models, lanes, driven, unknown, equipment)
    parameters = prepared.links.parameters
    traversals = prepared.traversals
    return Feasibility(
        verdicts=verdicts,
        stops=_arrivals(prepared, models, lanes, driven),
        best=best_models(verdicts, traversals, models, fleet, parameters.replacement_gvw_shares),
        report=_report(prepared, unknown, blind, verdicts, equipment),
        provenance=tuple(sorted({*scope.used, *models.provenance})),
    )


def _arrivals(
    prepared: PreparedDays, models: ElectricModels, lanes: Lanes, driven: Driven
) -> pd.DataFrame:
    """Lay out charge and energy on arrival by vehicle-day, model and stop, as verdicts are."""
    halts, count = prepared.halts, len(models.frame)
    rows = np.where(halts.reached[:, None, None], driven.at_stops, np.nan)
    battery = lanes.battery_wh[None, :] * _JOULES_PER_WH
    soc = 1.0 - rows[:, 0] / battery
    model = np.tile(np.arange(count), len(halts.day))
    day, number = np.repeat(halts.day, count), np.repeat(halts.number, count)
    order = np.lexsort((number, model, day))
    return pd.DataFrame(
        {
            "vehicle_day": day[order].astype(np.int32),
            "model_id": models.frame.index.to_numpy()[model[order]],
            "stop_number": number[order].astype(np.int32),
            "soc": soc.ravel()[order],
            "energy_wh": rows[:, 1].ravel()[order] / _JOULES_PER_WH,
        }
    )


def unknown_days(prepared: PreparedDays) -> tuple[Booleans, Booleans]:
    """Vehicle-days that cannot be judged, and those among them for want of grades."""
    links, halts = prepared.links, prepared.halts
    days = len(prepared)
    counts = np.diff(links.day_start)
    owner = np.repeat(np.arange(days), counts)
    distance = np.bincount(owner, links.length_m, days)
    blind = np.zeros(days, dtype=bool)
    if links.surveyed:
        dark = np.bincount(owner, np.where(links.grade_known, 0.0, links.length_m), days)
        blind = dark > links.parameters.unknown_grade_share_max * distance
    missed = np.bincount(halts.day, ~halts.reached, days) > 0
    return missed | blind | (counts == 0), blind


def _verdicts(
    prepared: PreparedDays,
    models: ElectricModels,
    lanes: Lanes,
    driven: Driven,
    unknown: Booleans,
    equipment: Mapping[str, Equipment] | None,
) -> pd.DataFrame:
    """Turn kernel sums into one row per vehicle-day and model."""
    days, count = len(prepared), len(models.frame)
    joules = np.swapaxes(driven.totals, 1, 2).reshape(days * count, kernels.TOTALS)
    wh = joules / _JOULES_PER_WH
    battery = np.tile(lanes.battery_wh, days)
    unsure = np.repeat(unknown, count)
    soc_end = np.where(unsure, np.nan, 1.0 - wh[:, kernels.DEPTH] / battery)
    soc_min = np.where(unsure, np.nan, 1.0 - wh[:, kernels.DEEPEST] / battery)
    reserve = prepared.links.parameters.reserve_share
    margin = battery * (soc_min - reserve)
    overloaded, spare = overloads(prepared, models, equipment)
    short, weak, late = (driven.first[:, i].ravel() for i in range(3))
    low = margin < 0.0
    # Charges taken on the way before the battery runs low are what fell short.
    plugged = low & (wh[:, kernels.CHARGED] > 0.0)
    choices = [unsure, overloaded >= 0, weak >= 0, plugged, low, late >= 0]
    names = ["unknown", "payload", "power", "charging", "energy", "time window"]
    cause = np.select(choices, names, "none")
    none = np.full(len(low), -1)
    first = np.select(choices, [none, overloaded, weak, short, short, late], -1)
    links = prepared.links
    distance = np.add.reduceat(np.append(links.length_m, 0.0), links.day_start[:-1])
    distance[np.diff(links.day_start) == 0] = 0.0
    km = np.repeat(distance / _M_PER_KM, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        margin_km = np.where(wh[:, kernels.USED] > 0.0, margin * km / wh[:, kernels.USED], np.nan)
    late_s = np.maximum(wh[:, kernels.LATE] * _JOULES_PER_WH, 0.0)
    ids = prepared.traversals.vehicle_days["vehicle_id"].to_numpy()
    return pd.DataFrame(
        {
            "vehicle_day": np.repeat(np.arange(days, dtype=np.int32), count),
            "vehicle_id": np.repeat(ids, count),
            "model_id": np.tile(models.frame.index.to_numpy(), days),
            "energy_wh": wh[:, kernels.USED],
            "traction_wh": wh[:, kernels.TRACTION],
            "auxiliary_wh": wh[:, kernels.AUXILIARIES],
            "stop_auxiliary_wh": wh[:, kernels.STOOD],
            "regenerated_wh": wh[:, kernels.RETURNED],
            "refused_wh": wh[:, kernels.REFUSED],
            "braking_wh": wh[:, kernels.BRAKED],
            "charged_wh": wh[:, kernels.CHARGED],
            "battery_wh": battery,
            "distance_km": km,
            "soc_end": soc_end,
            "soc_min": soc_min,
            "margin_wh": margin,
            "margin_km": margin_km,
            "margin_kg": spare,
            "late_s": np.where(unsure, np.nan, late_s),
            "feasible": cause == "none",
            "first_failing_stop": first.astype(np.int32),
            "cause": cause,
        }
    )


def overloads(
    prepared: PreparedDays,
    models: ElectricModels,
    equipment: Mapping[str, Equipment] | None,
) -> tuple[Integers, Floats]:
    """Stop number left with more than the model carries (-1: none), and least spare mass; flat."""
    links = prepared.links
    capacity = models.frame["payload_capacity_kg"].to_numpy(np.float64)
    body = prepared.days[:, kernels.BODY_MASS] if equipment is not None else np.zeros(len(prepared))
    first = np.full((len(prepared), len(capacity)), -1, dtype=np.int64)
    spare = np.repeat(capacity[None, :], len(prepared), axis=0) - body[:, None]
    for day in range(len(prepared)):
        span = slice(links.day_start[day], links.day_start[day + 1])
        payload = links.payload_kg[span] + body[day]
        if payload.size == 0:
            continue
        # Payloads are float32 in the table: a load equal to the capacity is not too much.
        over = payload[:, None] > capacity[None, :] * (1.0 + np.finfo(np.float32).eps)
        found = over.any(axis=0)
        first[day, found] = links.leg[span][over.argmax(axis=0)[found]]
        spare[day] = capacity - payload.max()
    return first.ravel(), spare.ravel()


def _report(
    prepared: PreparedDays,
    unknown: Booleans,
    blind: Booleans,
    verdicts: pd.DataFrame,
    equipment: Mapping[str, Equipment] | None,
) -> dict[str, Any]:
    """Count what was assumed and what was left out."""
    links = prepared.links
    causes = verdicts["cause"].value_counts()
    report = {
        "elevation": "grade known" if links.surveyed else "none: grade 0",
        "full_stops": "signals of the map" if links.stops_from_map else "rates by road class",
        "traversals": len(links.leg),
        "traversals_grade_unknown": int((~links.grade_known).sum()),
        "vehicle_days_unknown": int(unknown.sum()),
        "vehicle_days_grade_unknown": int(blind.sum()),
        "link_stops_assumed": float(links.links[:, kernels.STOPS].sum()),
        "verdicts_by_cause": {str(name): int(number) for name, number in causes.items()},
    }
    if equipment is not None:
        silent = sum(not one.stated for one in equipment.values())
        report["vehicles_equipment_unknown"] = silent
    return report
