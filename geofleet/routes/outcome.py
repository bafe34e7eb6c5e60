"""What a routed day comes to: stops with times and loads, traversals, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.fleet.model import Fleet
from geofleet.routes.model import STOP_SCHEMA, TRAVERSAL_COLUMNS
from geofleet.routes.payload import payloads
from geofleet.routes.snap import Snapped

__all__ = [
    "Day",
    "ordered",
    "stop_problems",
    "stop_table",
    "traversal_frame",
    "vehicle_days",
]

REACHED, UNREACHABLE, FAR = "reached", "unreachable", "too far from a road"
_KMH = 3.6
_MINUTE_S = 60.0
_GRAM_KG = 1e-3

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


class Day(NamedTuple):
    """One vehicle-day as driven: arrays by stop, then arrays by link driven."""

    arrive_s: Floats
    start_s: Floats
    depart_s: Floats
    late_s: Floats
    reached: npt.NDArray[np.int8]
    origin: Ints
    edge: Ints
    stop_before: Ints
    from_fraction: Floats
    to_fraction: Floats
    enter_s: Floats
    duration_s: Floats
    length_m: Floats


def ordered(stops: pd.DataFrame, fleet: Fleet) -> tuple[pd.DataFrame, list[Problem]]:
    """Return stops sorted and numbered by vehicle-day, and those of unknown vehicles as problems.

    Vehicle-days are in order of ``vehicle_id, date``; stops of vehicles that the fleet does not
    hold are left out.

    Raises
    ------
    InputError
        Stops without a place, a service time or a mass.
    """
    file = str(stops.attrs.get("file", "stops"))
    table = stops.copy()
    if "row" not in table.columns:
        table["row"] = np.arange(1, len(table) + 1)
    incomplete = _incomplete(table, file)
    if incomplete:
        raise InputError(incomplete)
    for column in ("window_start", "window_end", "pickup_kg"):
        if column not in table.columns:
            table[column] = np.nan
    table["date"] = table["date"].astype(str)
    known = table["vehicle_id"].isin(fleet.vehicles.index)
    problems = [
        Problem(file, "vehicle_id", int(group["row"].iloc[0]), str(name),
                f"a vehicle of the vehicles table; its {len(group)} stops are left out")
        for name, group in table[~known].groupby("vehicle_id", sort=True)
    ]  # fmt: skip
    table = table[known].sort_values(["vehicle_id", "date", "seq"], kind="stable")
    table = table.reset_index(drop=True)
    by_day = table.groupby(["vehicle_id", "date"], sort=True)
    table["vehicle_day"] = by_day.ngroup().astype(np.int32)
    table["stop_number"] = by_day.cumcount().astype(np.int32)
    table.attrs["file"] = file
    return table, problems


def _incomplete(table: pd.DataFrame, file: str) -> list[Problem]:
    """Return a fault for each number that no stop can do without and that is not there."""
    problems = []
    for name in ("lat", "lon", "service_min", "drop_kg"):
        values = table[name].to_numpy(np.float64, na_value=np.nan)
        lowest = -np.inf if name in ("lat", "lon") else 0.0
        expected = STOP_SCHEMA.column(name).expectation()
        problems += [
            Problem(file, name, int(table["row"].iloc[at]), f"{values[at]:g}", expected)
            for at in np.flatnonzero(~(np.isfinite(values) & (values >= lowest)))
        ]
    return problems


def stop_table(table: pd.DataFrame, days: Mapping[int, Day], places: Snapped) -> pd.DataFrame:
    """Return the stops with place, time, load and status; ``load_kg`` is the load on arrival."""
    out = table.copy()
    driven = [days[number] for number in sorted(days)]
    out["edge"] = places.edge
    out["fraction"] = places.fraction
    out["snap_distance_m"] = places.distance_m
    for column in ("arrive_s", "start_s", "depart_s", "late_s"):
        out[column] = _joined([getattr(day, column) for day in driven], np.float64)
    reached = _joined([day.reached for day in driven], np.int8).astype(bool)
    out["origin"] = _joined([day.origin for day in driven], np.int32)
    out["status"] = np.where(reached, REACHED, np.where(places.edge < 0, FAR, UNREACHABLE))
    drop = out["drop_kg"].to_numpy(np.float64)
    pickup = out["pickup_kg"].fillna(0.0).to_numpy(np.float64)
    load = np.zeros(len(out))
    for rows in out.groupby("vehicle_day", sort=True).indices.values():
        _, load[rows] = payloads(drop[rows], pickup[rows], reached[rows])
    out["payload_kg"] = load
    out.attrs["file"] = table.attrs["file"]
    return out


def traversal_frame(days: Mapping[int, Day], stops: pd.DataFrame) -> pd.DataFrame:
    """Return the traversals of all vehicle-days, as in ``TRAVERSAL_COLUMNS``."""
    numbers = sorted(days)
    driven = [days[number] for number in numbers]
    counts = [len(day.edge) for day in driven]
    length = _joined([day.length_m for day in driven], np.float64)
    duration = _joined([day.duration_s for day in driven], np.float64)
    vehicle_day = np.repeat(np.array(numbers, dtype=np.int32), counts)
    stop_before = _joined([day.stop_before for day in driven], np.int32)
    first_stop = np.zeros(len(numbers) + 1, np.int64)
    np.cumsum([len(day.arrive_s) for day in driven], out=first_stop[1:])
    columns = {
        "vehicle_day": vehicle_day,
        "seq": _joined([np.arange(count) for count in counts], np.int32),
        "edge": _joined([day.edge for day in driven], np.int32),
        "stop_before": stop_before,
        "enter_s": _joined([day.enter_s for day in driven], np.float64),
        "length_m": length,
        "speed_kmh": length / duration * _KMH,
        "payload_kg": stops["payload_kg"].to_numpy()[first_stop[vehicle_day] + stop_before],
        "from_fraction": _joined([day.from_fraction for day in driven], np.float64),
        "to_fraction": _joined([day.to_fraction for day in driven], np.float64),
    }
    return pd.DataFrame({name: columns[name].astype(t) for name, t in TRAVERSAL_COLUMNS.items()})


def vehicle_days(stops: pd.DataFrame, fleet: Fleet) -> pd.DataFrame:
    """Return one row per vehicle-day with its first departure and its return."""
    reached = stops[stops["status"] == REACHED].groupby("vehicle_day")
    first, last = reached.first(), reached.last()
    days = stops.groupby("vehicle_day")[["vehicle_id", "date"]].first()
    vehicles = fleet.vehicles.loc[days["vehicle_id"]]
    at_depot = last["kind"] == "depot"
    returns = last["arrive_s"].where(at_depot, last["depart_s"])
    return pd.DataFrame(
        {
            "vehicle_id": days["vehicle_id"].to_numpy(object),
            "operator_id": vehicles["operator_id"].to_numpy(object),
            "vehicle_class": vehicles["vehicle_class"].to_numpy(object),
            "date": days["date"].to_numpy(object),
            "depart_s": first["depart_s"].reindex(days.index).to_numpy(np.float64),
            "return_s": returns.reindex(days.index).to_numpy(np.float64),
        }
    )


def stop_problems(stops: pd.DataFrame, fleet: Fleet, limit_m: float) -> list[Problem]:
    """Name stops not reached, late starts and loads above the capacity."""
    file = str(stops.attrs["file"])
    problems = []
    classes = fleet.vehicles["vehicle_class"].to_dict()
    capacity = fleet.vehicles["payload_capacity_kg"].to_dict()
    keys = zip(stops["vehicle_day"], stops["stop_number"], strict=True)
    names = dict(zip(keys, stops["stop_id"], strict=True))
    for stop in _records(stops[stops["status"] == FAR]):
        vehicle, distance = stop["vehicle_id"], stop["snap_distance_m"]
        nearest = (
            f"the nearest is at {distance:.0f} m" if np.isfinite(distance) else "there is none"
        )
        place = f"{stop['stop_id']} ({stop['lat']:.6f}, {stop['lon']:.6f})"
        expected = (
            f"a place within {limit_m:g} m of a road that vehicle {vehicle} ({classes[vehicle]}) "
            f"may use and reach; {nearest}; the stop is passed over"
        )
        problems.append(Problem(file, "lat, lon", int(stop["row"]), place, expected))
    for stop in _records(stops[stops["status"] == UNREACHABLE]):
        vehicle = stop["vehicle_id"]
        origin = names.get((stop["vehicle_day"], stop["origin"]), "the depot")
        expected = (
            f"a place that vehicle {vehicle} ({classes[vehicle]}) can reach; there is no legal "
            f"way for it from {origin}; the stop is passed over"
        )
        problems.append(Problem(file, "lat, lon", int(stop["row"]), str(stop["stop_id"]), expected))
    for stop in _records(stops[stops["late_s"] > 0]):
        late = f"service begins {stop['late_s'] / _MINUTE_S:.1f} min late"
        expected = f"a window that vehicle {stop['vehicle_id']} can meet; {late}"
        problems.append(
            Problem(file, "window_end", int(stop["row"]), str(stop["stop_id"]), expected)
        )
    heaviest = stops.loc[stops.groupby("vehicle_day")["payload_kg"].idxmax()]
    for stop in _records(heaviest):
        vehicle = stop["vehicle_id"]
        if stop["payload_kg"] > capacity[vehicle] + _GRAM_KG:
            value = f"{stop['payload_kg']:.0f} kg on board when leaving {stop['stop_id']}"
            expected = f"at most the capacity of vehicle {vehicle}, {capacity[vehicle]:.0f} kg"
            problems.append(Problem(file, "drop_kg, pickup_kg", int(stop["row"]), value, expected))
    return problems


def _joined(parts: Sequence[npt.NDArray[Any]], dtype: type) -> npt.NDArray[Any]:
    return np.concatenate(parts).astype(dtype) if parts else np.empty(0, dtype)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as dictionaries."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
