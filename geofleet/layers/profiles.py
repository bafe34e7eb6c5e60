"""Layers of the way: the charge along every route, and what would mend a day that fails."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geofleet.energy.mend import Mends
from geofleet.energy.mend.model import KINDS
from geofleet.energy.model import ElectricModels
from geofleet.layers.model import Layer, as_layer
from geofleet.routes.model import Itineraries
from geofleet.schema import Column, TableSchema

__all__ = ["MENDS", "ROUTE_PROFILES", "mends_layer", "profiles_layer"]

_MIDNIGHT = "after local midnight of the route's date"
_SOC = "state of charge of the electric model of the route, 1 = full, below 0 what is missing"

ROUTE_PROFILES = TableSchema(
    "route_profiles",
    "Every link of every route in driving order, with the charge of its electric model",
    (
        Column("vehicle_day", "integer", "number of the vehicle-day, as in routes"),
        Column("seq", "integer", "place in driving order, from 0"),
        Column("edge", "integer", "link, as in links"),
        Column("from_fraction", "number", "where on the link it begins, 0 = u, 1 = v", "1"),
        Column("to_fraction", "number", "where on the link it ends", "1"),
        Column("stop_before", "integer", "number of the stop left last"),
        Column("enter_s", "number", f"when it begins, {_MIDNIGHT}", "s"),
        Column("exit_s", "number", f"when it ends, {_MIDNIGHT}", "s"),
        Column("km", "number", "driven since the day's start, at the end of the link", "km"),
        Column("speed_kmh", "number", "mean speed on the link", "km/h"),
        Column("payload_kg", "number", "mass on board", "kg"),
        Column("energy_wh", "number", "taken from the battery, net of what comes back", "Wh",
               nullable=True),
        Column("soc_enter", "number", f"{_SOC}, where the link begins", "1", nullable=True),
        Column("soc_exit", "number", f"{_SOC}, where it ends", "1", nullable=True),
    ),
    key=("vehicle_day", "seq"),
)  # fmt: skip

MENDS = TableSchema(
    "mends",
    "What would mend a vehicle-day that its electric model cannot run, best first",
    (
        Column("vehicle_day", "integer", "number of the vehicle-day, as in routes"),
        Column("rank", "integer", "from 1; driven again and found feasible before others, then by "
               "cost"),
        Column("kind", "text", "a larger battery, one charge on the way, stops moved to another "
               "route, another vehicle, another departure; none; or not known", choices=KINDS),
        Column("place", "text", "where to charge", nullable=True),
        Column("minutes", "number", "time at the plug", "min", nullable=True),
        Column("power_kw", "number", "power of the plug", "kW", nullable=True),
        Column("kwh", "number", "charged; of a larger battery its usable energy", "kWh",
               nullable=True),
        Column("payload_lost_kg", "number", "payload that a larger battery costs", "kg",
               nullable=True),
        Column("stops_moved", "text", "stop ids, joined by ;", nullable=True),
        Column("to_vehicle", "text", "vehicle that takes them", nullable=True),
        Column("model", "text", "make and name of the other model, or of the one that takes the "
               "stops", nullable=True),
        Column("depart_shift_min", "number", "minutes later, earlier where negative", "min",
               nullable=True),
        Column("cost_per_day", "number", "cost of a working day over the same day if its battery "
               "lasted, below 0 where it saves; empty where unknown", "MXN", nullable=True),
        Column("verified", "boolean", "driven again with it and found feasible"),
    ),
    key=("vehicle_day", "rank"),
)  # fmt: skip


def profiles_layer(itineraries: Itineraries, profiles: pd.DataFrame) -> Layer:
    """Return the way of every vehicle-day link by link.

    Parameters
    ----------
    itineraries
        Routed days.
    profiles
        As from ``geofleet.energy.charge_profiles``.
    """
    frame = itineraries.traversals.frame.reset_index(drop=True)
    metres = frame["length_m"].to_numpy(np.float64)
    day = frame["vehicle_day"].to_numpy()
    enter = frame["enter_s"].to_numpy(np.float64)
    km = np.cumsum(metres)
    first = np.searchsorted(day, day)
    km = (km - (km[first] - metres[first])) / 1000.0
    columns = {name: frame[name].to_numpy() for name in
               ("vehicle_day", "seq", "edge", "stop_before")}  # fmt: skip
    # rounded to what a file needs: parts of a metre, of a watt hour, of a hundredth of a second
    columns |= {
        "from_fraction": frame["from_fraction"].to_numpy(np.float64).round(6),
        "to_fraction": frame["to_fraction"].to_numpy(np.float64).round(6),
        "enter_s": enter.round(2),
        "exit_s": (enter + metres / frame["speed_kmh"].to_numpy(np.float64) * 3.6).round(2),
        "km": km.round(4),
        "speed_kmh": frame["speed_kmh"].to_numpy(np.float64).round(2),
        "payload_kg": frame["payload_kg"].to_numpy(np.float64).round(1),
        "energy_wh": profiles["energy_wh"].to_numpy(np.float64).round(3),
        "soc_enter": profiles["soc_enter"].to_numpy(np.float64).round(7),
        "soc_exit": profiles["soc_exit"].to_numpy(np.float64).round(7),
    }
    return as_layer(columns, ROUTE_PROFILES, size=len(frame))


def mends_layer(
    mends: Mends, *, itineraries: Itineraries, models: ElectricModels, best: pd.DataFrame
) -> Layer:
    """Return what would mend the best model of each vehicle-day.

    Parameters
    ----------
    mends
        Of the pairs of ``best``.
    itineraries
        For the vehicles that take stops over.
    models
        For the names of models.
    best
        ``vehicle_day`` and ``model_id``, as ``Feasibility.best``.
    """
    frame = mends.frame.merge(best[["vehicle_day", "model_id"]], on=["vehicle_day", "model_id"])
    names = models.frame["make"].astype(str) + " " + models.frame["model"].astype(str)
    vehicles = itineraries.traversals.vehicle_days["vehicle_id"].to_numpy(object)
    other = frame["new_model_id"].where(frame["new_model_id"] != "", frame["to_model_id"])
    takes = frame["to_vehicle_day"].to_numpy()
    columns: dict[str, Any] = {name: frame[name].to_numpy() for name in
               ("vehicle_day", "rank", "kind", "minutes", "power_kw", "kwh", "payload_lost_kg",
                "depart_shift_min", "verified")}  # fmt: skip
    columns |= {
        "place": frame["place"].replace("", None),
        "stops_moved": frame["stops_moved"].replace("", None),
        "to_vehicle": [None if day < 0 else vehicles[day] for day in takes],
        "model": [None if not name else str(names.get(name, name)) for name in other],
        "cost_per_day": frame["cost_mxn_per_day"].to_numpy(np.float64),
    }
    return as_layer(columns, MENDS, size=len(frame))
