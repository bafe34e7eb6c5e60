"""Problems for VROOM: the day of a study, or orders that want routes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.redesign import VehicleType

__all__ = ["vroom_from_orders", "vroom_from_stops"]

_GRAMS = 1000.0
_DEPOT = "depot"


def vroom_from_stops(stops: pd.DataFrame, fleet: Fleet, *, date: str) -> dict[str, Any]:
    """Return the work of a day as a problem for VROOM: who may serve what is left open.

    Parameters
    ----------
    stops
        As :func:`geofleet.routes.read_stops` returns them.
    fleet
        Gives the payload capacities.
    date
        The service date (ISO); times are seconds after its midnight.

    Returns
    -------
    dict
        ``vehicles`` (ids from 1, names in ``description``) from their first stop to their last
        where that is a depot, and ``jobs``; amounts are grams, so that they are whole. Depots
        visited on the way are no jobs: VROOM plans the loads itself.
    """
    day = stops[stops["date"] == date].sort_values(["vehicle_id", "seq"], kind="stable")
    capacities = fleet.vehicles["payload_capacity_kg"].to_dict()
    vehicles: list[dict[str, Any]] = []
    jobs: list[dict[str, Any]] = []
    for number, (name, part) in enumerate(day.groupby("vehicle_id", sort=True), start=1):
        first, last = part.iloc[0], part.iloc[-1]
        capacity = float(capacities[str(name)])
        vehicle: dict[str, Any] = {
            "id": number, "description": str(name), "start": _place(first),
            "capacity": [_whole(capacity)],
        }  # fmt: skip
        if last["kind"] == _DEPOT:
            vehicle["end"] = _place(last)
        departure = _number(first.get("window_start"))
        if departure is not None:
            vehicle["time_window"] = [round(departure), 2 * 86_400]
        vehicles.append(vehicle)
        jobs += [
            _job(row, len(jobs) + place, str(row["stop_id"]), float(row["drop_kg"]))
            for place, (_, row) in enumerate(part[part["kind"] != _DEPOT].iterrows(), start=1)
        ]
    return {"vehicles": vehicles, "jobs": jobs}


def vroom_from_orders(
    orders: pd.DataFrame, depots: pd.DataFrame, vehicles: Sequence[VehicleType]
) -> dict[str, Any]:
    """Return orders, depots and vehicle types as a problem for VROOM.

    Parameters
    ----------
    orders
        As in ``ORDER_SCHEMA``, windows as seconds after midnight (see
        :func:`geofleet.redesign.check_orders`).
    depots
        As in ``DEPOT_SCHEMA``.
    vehicles
        Types; each of their vehicles is one of the problem. Batteries and costs are left out: VROOM
        knows no state of charge, and minimises time where no cost is given.

    Returns
    -------
    dict
        ``vehicles`` and ``jobs``, amounts in grams.
    """
    places = {str(row["depot_id"]): _place(row) for _, row in depots.iterrows()}
    listed: list[dict[str, Any]] = []
    for kind in vehicles:
        place = places[kind.depot_id]
        for number in range(kind.count):
            listed.append({
                "id": len(listed) + 1, "description": kind.vehicle_id(number), "start": place,
                "end": place, "capacity": [_whole(kind.capacity_kg)],
                "time_window": [math.ceil(kind.shift_start_s), math.floor(kind.shift_end_s)],
                **({} if math.isinf(kind.longest_shift_h)
                   else {"max_travel_time": math.floor(kind.longest_shift_h * 3600)}),
            })  # fmt: skip
    jobs = [
        _job(row, number, str(row["order_id"]), float(row["demand_kg"]))
        for number, (_, row) in enumerate(orders.iterrows(), start=1)
    ]
    return {"vehicles": listed, "jobs": jobs}


def _job(row: pd.Series, number: int, name: str, drop_kg: float) -> dict[str, Any]:
    job: dict[str, Any] = {
        "id": number, "description": name, "location": _place(row),
        "service": round(float(row["service_min"]) * 60), "delivery": [_whole(drop_kg)],
    }  # fmt: skip
    pickup = _number(row.get("pickup_kg"))
    if pickup:
        job["pickup"] = [_whole(pickup)]
    opens, closes = _number(row.get("window_start")), _number(row.get("window_end"))
    if opens is not None or closes is not None:
        job["time_windows"] = [[
            math.ceil(opens or 0.0), 2 * 86_400 if closes is None else math.floor(closes),
        ]]  # fmt: skip
    return job


def _place(row: pd.Series) -> list[float]:
    return [float(row["lon"]), float(row["lat"])]


def _whole(mass_kg: float) -> int:
    return round(mass_kg * _GRAMS)


def _number(value: Any) -> float | None:
    if value is None or pd.isna(value):
        return None
    return float(value)
