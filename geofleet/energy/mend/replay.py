"""Drive changed days again: routed over the network, then judged as every day is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from geofleet.energy.day import feasibility
from geofleet.energy.mend.task import Task
from geofleet.energy.model import ElectricModels
from geofleet.fleet import Fleet
from geofleet.routes import Itineraries

__all__ = ["ChangedDay", "Replayed", "replay", "routed_differently"]

_DAYS_AT_ONCE = 512
_SAME = 1.0  # m and s
_CLOCK_S = 1e-3  # clocks that were summed in another order differ by rounding


@dataclass(frozen=True, eq=False)
class ChangedDay:
    """A day that was changed, and the model that is to run it.

    Parameters
    ----------
    vehicle_day
        Whose vehicle, roads and body it is driven with.
    stops
        In order, as ``Task.stops``; candidates that share the object are routed once.
    """

    vehicle_day: int
    model_id: str
    stops: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a changed day.

    Parameters
    ----------
    fits
        Feasible, windows kept, not too long.
    late_s
        Latest start of service beyond its window and beyond what the plan is late; 0 when none.
    """

    fits: bool
    too_long: bool
    cause: str
    margin_wh: float
    energy_wh: float
    charged_wh: float
    distance_km: float
    duration_s: float
    late_s: float


def replay(task: Task, days: Sequence[ChangedDay]) -> list[Replayed]:
    """Route and drive changed days; the answer to each does not depend on the others."""
    # Neighbours share models and tables, so that days in order are driven in few lanes.
    found: list[Replayed] = []
    for first in range(0, len(days), _DAYS_AT_ONCE):
        found += _replay(task, days[first : first + _DAYS_AT_ONCE])
    return found


def routed_differently(task: Task, days: Sequence[int]) -> int:
    """Count days that, routed again without a change, are not what the itineraries say.

    Their mends are verified all the same, but their costs hold part of that difference.
    """
    if not days:
        return 0
    model = str(task.models.frame.index[0])
    built, _ = _route(task, [ChangedDay(day, model, task.stops[day]) for day in days])
    planned = task.itineraries.traversals
    own = (
        planned.frame.groupby("vehicle_day")["length_m"]
        .sum()
        .reindex(np.asarray(days), fill_value=0.0)
    )
    new = built.traversals.frame.groupby("vehicle_day")["length_m"].sum()
    far = np.abs(own.to_numpy() - new.reindex(range(len(days)), fill_value=0.0).to_numpy())
    back = planned.vehicle_days["return_s"].iloc[list(days)].to_numpy(np.float64)
    late = np.abs(back - built.traversals.vehicle_days["return_s"].to_numpy(np.float64))
    return int(((far > _SAME) | ~(late <= _SAME)).sum())


def _replay(task: Task, days: Sequence[ChangedDay]) -> list[Replayed]:
    routes = {(day.vehicle_day, id(day.stops)): day for day in days}
    number = {key: n for n, key in enumerate(routes)}
    built, fleet = _route(task, list(routes.values()))
    names = list(dict.fromkeys(day.model_id for day in days))
    models = ElectricModels(task.models.frame.loc[names], task.models.provenance)
    plugs = built.stops["plug_w"].to_numpy(np.float64)
    verdicts = feasibility(
        built, task.roads.network, models, fleet=fleet, plug_power_w=plugs,
        temperature_c=task.temperature_c, pressure_pa=task.pressure_pa, defaults=task.defaults,
    ).verdicts  # fmt: skip
    late = _late_s(task, built)
    rows = verdicts.to_dict("records")
    routed = built.traversals.vehicle_days
    duration = (routed["return_s"] - routed["depart_s"]).to_numpy(np.float64)
    found = []
    for day in days:
        n = number[day.vehicle_day, id(day.stops)]
        row = rows[n * len(names) + names.index(day.model_id)]
        longest = max(task.rules.longest_day_s, task.duration_s(day.vehicle_day))
        # A replay holds lateness of its own itinerary to be planned; the plan is that of today.
        behind = max(late[n], row["late_s"], 0.0) if not math.isnan(row["late_s"]) else math.nan
        too_long = bool(duration[n] > longest + _CLOCK_S)
        found.append(
            Replayed(
                fits=bool(row["feasible"]) and behind <= _CLOCK_S and not too_long,
                too_long=too_long,
                cause=str(row["cause"]),
                margin_wh=float(row["margin_wh"]),
                energy_wh=float(row["energy_wh"]),
                charged_wh=float(row["charged_wh"]),
                distance_km=float(row["distance_km"]),
                duration_s=float(duration[n]),
                late_s=behind if behind > _CLOCK_S or math.isnan(behind) else 0.0,
            )
        )
    return found


def _route(task: Task, days: Sequence[ChangedDay]) -> tuple[Itineraries, Fleet]:
    """Route days as those of vehicles of their own, numbered in the order given."""
    from geofleet.routes import build_itineraries  # brings scipy

    planned = task.itineraries.traversals.vehicle_days["vehicle_id"]
    names = [f"{n:07d}" for n in range(len(days))]  # sorts as it counts
    own = task.fleet.vehicles.loc[[planned.iloc[day.vehicle_day] for day in days]]
    vehicles = own.set_index(pd.Index(names, name=own.index.name))
    if "vehicle_id" in vehicles.columns:
        vehicles["vehicle_id"] = names
    table = pd.concat([day.stops for day in days], ignore_index=True)
    counts = [len(day.stops) for day in days]
    table["vehicle_id"] = np.repeat(names, counts).astype(object)
    table["seq"] = np.concatenate([np.arange(count) for count in counts])
    table = table.drop(columns="stop_number")
    fleet = replace(task.fleet, vehicles=vehicles)
    built = build_itineraries(
        task.roads.network, fleet, table, timezone=task.itineraries.traversals.timezone,
        snap_limit_m=task.roads.snap_limit_m, speeds=task.roads.speeds,
        u_turn_radius_m=task.roads.u_turn_radius_m, defaults=task.defaults,
    )  # fmt: skip
    return built, fleet


def _late_s(task: Task, built: Itineraries) -> list[float]:
    """Greatest lateness of each day beyond that of the plan, below 0 where there is none."""
    key = built.stops["key"].to_numpy(np.int64)
    planned = np.zeros(len(task.itineraries.stops))
    if "late_s" in task.itineraries.stops:
        planned = np.nan_to_num(task.itineraries.stops["late_s"].to_numpy(np.float64))
    late = np.nan_to_num(built.stops["late_s"].to_numpy(np.float64))
    beyond = np.where(late > 0.0, late - np.where(key >= 0, planned[key], 0.0), 0.0)
    days = built.stops["vehicle_day"].to_numpy(np.int64)
    worst = np.full(len(built.traversals.vehicle_days), -np.inf)
    np.maximum.at(worst, days, beyond)
    return [float(value) for value in worst]
