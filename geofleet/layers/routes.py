"""Layers of the working day: routes, their stops, and electric feasibility."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions.model import QUANTITIES, TraversalEmissions
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.energy.robust import RobustFeasibility
from geofleet.fleet.model import Fleet
from geofleet.layers.model import Layer, as_layer
from geofleet.layers.paths import driven_paths
from geofleet.layers.schemas import FEASIBILITY, ROUTES, STOPS
from geofleet.network.model import RoadNetwork
from geofleet.routes.model import Itineraries

__all__ = ["feasibility_layer", "routes_layer", "stops_layer"]

_VEHICLE = ("fuel", "standard", "model_year")


def routes_layer(
    network: RoadNetwork,
    *,
    itineraries: Itineraries,
    fleet: Fleet | None = None,
    emissions: TraversalEmissions | None = None,
    feasibility: Feasibility | None = None,
    models: ElectricModels | None = None,
    robust: RobustFeasibility | None = None,
) -> Layer:
    """Return one row per vehicle-day; without a verdict its electric status is ``unknown``."""
    traversals = itineraries.traversals
    days = traversals.vehicle_days.reset_index(drop=True)
    count = len(days)
    day = traversals.frame["vehicle_day"].to_numpy()
    metres = np.bincount(day, traversals.frame["length_m"].to_numpy(np.float64), count)
    delivery = (itineraries.stops["kind"] == "delivery").to_numpy()
    reached = delivery & (itineraries.stops["status"] == "reached").to_numpy()
    stop_day = itineraries.stops["vehicle_day"].to_numpy()
    columns: dict[str, Any] = {
        "vehicle_day": np.arange(count),
        "depart": _iso(days["date"], days["depart_s"], traversals.timezone),
        "return": _iso(days["date"], days["return_s"], traversals.timezone),
        "duration_h": (days["return_s"] - days["depart_s"]).to_numpy(np.float64) / 3600.0,
        "distance_km": metres / 1000.0,
        "stops": np.bincount(stop_day[delivery], minlength=count),
        "stops_reached": np.bincount(stop_day[reached], minlength=count),
    }
    for name in ("vehicle_id", "operator_id", "vehicle_class", "date"):
        columns[name] = days[name].to_numpy(object)
    columns |= _owner(days, fleet)
    for name in QUANTITIES:
        columns[name] = np.full(count, np.nan)
        if emissions is not None:
            columns[name] = np.bincount(day, emissions.grams[name].to_numpy(np.float64), count)
    best = None if feasibility is None else feasibility.best.set_index("vehicle_day")
    columns |= _verdict(best, days.index.to_numpy(), models)
    columns |= _year(best, robust, count)
    geometry = driven_paths(traversals.frame, edges=network.edges, count=count)
    return as_layer(columns, ROUTES, geometry=geometry)


def stops_layer(itineraries: Itineraries, *, feasibility: Feasibility | None = None) -> Layer:
    """Return every stop, reached or not, with the charge of the best electric model on arrival."""
    stops = itineraries.stops.reset_index(drop=True)
    zone = itineraries.traversals.timezone
    edge = stops["edge"].astype("Int64")
    columns: dict[str, Any] = {
        "edge": edge.where(edge >= 0),
        "late_min": stops["late_s"].to_numpy(np.float64) / 60.0,
        "stop_name": stops["name"] if "name" in stops else [None] * len(stops),
        "pickup_kg": stops["pickup_kg"] if "pickup_kg" in stops else np.full(len(stops), np.nan),
    }
    for name in ("arrive", "start", "depart"):
        columns[name] = _iso(stops["date"], stops[f"{name}_s"], zone)
    for column in STOPS.columns:
        if column.name in stops.columns and column.name not in columns:
            columns[column.name] = stops[column.name].to_numpy()
    columns |= _charge(stops, feasibility)
    return as_layer(columns, STOPS, geometry=stops.geometry.array)


def feasibility_layer(
    itineraries: Itineraries, *, feasibility: Feasibility, models: ElectricModels | None = None
) -> Layer:
    """Return every vehicle-day × model, placed at the first stop of the vehicle-day."""
    verdicts = feasibility.verdicts.reset_index(drop=True)
    stops = itineraries.stops
    first = stops[stops["stop_number"] == 0].set_index("vehicle_day").geometry
    best = set(zip(feasibility.best["vehicle_day"], feasibility.best["model_id"], strict=True))
    pairs = zip(verdicts["vehicle_day"], verdicts["model_id"], strict=True)
    columns: dict[str, Any] = {
        "best": [pair in best for pair in pairs],
        "regenerated_kwh": verdicts["regenerated_wh"].to_numpy(np.float64) / 1000.0,
        "braking_kwh": verdicts["braking_wh"].to_numpy(np.float64) / 1000.0,
        "distance_km": verdicts["distance_km"].to_numpy(np.float64),
        "vehicle_day": verdicts["vehicle_day"].to_numpy(),
        "vehicle_id": verdicts["vehicle_id"].to_numpy(object),
    }
    columns |= _verdict(verdicts, verdicts.index.to_numpy(), models)
    geometry = first.reindex(verdicts["vehicle_day"].to_numpy()).array
    return as_layer(columns, FEASIBILITY, geometry=geometry)


def _owner(days: pd.DataFrame, fleet: Fleet | None) -> dict[str, Any]:
    if fleet is None:
        return dict.fromkeys(
            (*_VEHICLE, "operator_name", "operator_size"), pd.Series([None] * len(days))
        )
    vehicles = fleet.vehicles.reindex(days["vehicle_id"])
    operators = fleet.operators.reindex(days["operator_id"])
    columns: dict[str, Any] = {name: vehicles[name].array for name in _VEHICLE}
    columns["operator_name"] = operators["name"].array
    columns["operator_size"] = operators["operator_size"].array
    return columns


def _verdict(
    verdicts: pd.DataFrame | None, rows: npt.NDArray[np.int64], models: ElectricModels | None
) -> dict[str, Any]:
    """Return the verdict columns for ``rows`` of the index; unknown where there is none."""
    if verdicts is None:
        empty = pd.Series([None] * len(rows), dtype=object)
        names = ("model_id", "electric_model", "energy_kwh", "battery_kwh", "soc_end", "soc_min",
                 "margin_kwh", "margin_km", "margin_kg", "first_failing_stop", "cause")  # fmt: skip
        return dict.fromkeys(names, empty) | {"electric_status": ["unknown"] * len(rows)}
    frame = verdicts.reindex(rows)
    known = frame["model_id"].notna() & ~frame["cause"].isin(["unknown", "no model"])
    feasible = known & (frame["feasible"] == True)  # noqa: E712 - missing rows are not feasible
    status = np.where(feasible, "feasible", np.where(known, "not feasible", "unknown"))
    failing = frame["first_failing_stop"].astype("Int64")
    columns: dict[str, Any] = {
        "model_id": frame["model_id"].array,
        "electric_model": _model_names(frame["model_id"], models),
        "electric_status": status,
        "energy_kwh": frame["energy_wh"].to_numpy(np.float64) / 1000.0,
        "battery_kwh": frame["battery_wh"].to_numpy(np.float64) / 1000.0,
        "margin_kwh": frame["margin_wh"].to_numpy(np.float64) / 1000.0,
        "first_failing_stop": failing.where(failing >= 0).array,
        "cause": frame["cause"].array,
    }
    for name in ("soc_end", "soc_min", "margin_km", "margin_kg"):
        columns[name] = frame[name].to_numpy(np.float64)
    return columns


def _year(
    best: pd.DataFrame | None, robust: RobustFeasibility | None, count: int
) -> dict[str, Any]:
    """Return what a year of days says of the best model of each vehicle-day."""
    nothing = np.full(count, np.nan)
    columns: dict[str, Any] = {
        "probability": nothing,
        "energy_p10_kwh": nothing,
        "energy_p90_kwh": nothing,
        "worst_day": pd.Series([None] * count, dtype=object),
    }
    if best is None or robust is None:
        return columns
    chosen = pd.DataFrame({"vehicle_day": np.arange(count)}).merge(
        best["model_id"].reset_index(), on="vehicle_day", how="left"
    )
    found = chosen.merge(
        robust.verdicts, on=["vehicle_day", "model_id"], how="left", validate="one_to_one"
    )
    worst = found["worst_day"].astype(object)
    return {
        "probability": found["probability"].to_numpy(np.float64),
        "energy_p10_kwh": found["energy_p10_wh"].to_numpy(np.float64) / 1000.0,
        "energy_p90_kwh": found["energy_p90_wh"].to_numpy(np.float64) / 1000.0,
        "worst_day": worst.where(worst.notna() & (worst != ""), None).array,
    }


def _model_names(model_id: pd.Series, models: ElectricModels | None) -> list[str | None]:
    if models is None:
        return [None if pd.isna(value) else str(value) for value in model_id]
    names = models.frame["make"].astype(str) + " " + models.frame["model"].astype(str)
    return [None if pd.isna(value) else str(names.get(value, value)) for value in model_id]


def _charge(stops: pd.DataFrame, feasibility: Feasibility | None) -> dict[str, Any]:
    """Return state of charge and energy of the best model at each stop."""
    count = len(stops)
    if feasibility is None:
        unknown = np.full(count, np.nan)
        return {
            "model_id": pd.Series([None] * count, dtype=object),
            "soc_arrival": unknown,
            "energy_wh": unknown,
            "is_first_failing": np.zeros(count, dtype=bool),
        }
    best = feasibility.best[["vehicle_day", "model_id", "first_failing_stop"]]
    at = feasibility.stops.merge(best, on=["vehicle_day", "model_id"])
    table = stops[["vehicle_day", "stop_number"]].merge(
        best, on="vehicle_day", how="left", validate="many_to_one"
    )
    table = table.merge(
        at[["vehicle_day", "stop_number", "soc", "energy_wh"]],
        on=["vehicle_day", "stop_number"], how="left", validate="one_to_one",
    )  # fmt: skip
    failing = (table["first_failing_stop"] == table["stop_number"]).to_numpy()
    return {
        "model_id": table["model_id"].array,
        "soc_arrival": table["soc"].to_numpy(np.float64),
        "energy_wh": table["energy_wh"].to_numpy(np.float64),
        "is_first_failing": failing,
    }


def _iso(dates: pd.Series, seconds: pd.Series, timezone: str) -> list[str | None]:
    """Return local times as ISO text with offset, None where the seconds are missing.

    Seconds are those of the clock on the wall since midnight. Where clocks go forward (in Chile
    at midnight itself) a time that does not exist becomes the first that does; where they go
    back, an hour that comes twice is the earlier one.
    """
    wall = pd.to_datetime(dates) + pd.to_timedelta(seconds.to_numpy(np.float64), unit="s")
    earlier = np.ones(len(wall), dtype=bool)
    stamps = wall.dt.tz_localize(timezone, ambiguous=earlier, nonexistent="shift_forward")
    return [None if pd.isna(t) else t.isoformat(timespec="seconds") for t in stamps]
