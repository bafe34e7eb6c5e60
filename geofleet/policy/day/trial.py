"""Try changed days: drive them, ask the rules, and add up what they cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions import QUANTITIES
from geofleet.emissions.prepare import evaluate, prepare
from geofleet.fleet import Fleet
from geofleet.policy.day.charges import Charges
from geofleet.policy.day.drive import ChangedDay, Roads
from geofleet.policy.day.judge import DayDecisions, Judge, judged
from geofleet.policy.day.moments import INSTANT_S
from geofleet.policy.day.settings import Prices, Settings
from geofleet.policy.day.trips import Trips, trips_of
from geofleet.policy.decisions import PERMIT
from geofleet.policy.rules.days import DAY_S
from geofleet.routes import Itineraries

__all__ = ["COSTS", "FORBIDS", "NOT_KNOWN", "Batch", "DayCosts", "Task", "Tried", "try_days"]

COSTS = (
    "time_cost", "overtime_cost", "distance_cost", "energy_cost", "late_cost", "moved_cost",
    "retime_cost", "swap_cost", "dropped_cost", "charge_cost",
)  # fmt: skip
"""Parts of the cost of a changed day over the planned one."""

NOT_KNOWN = 1e9
"""Rank of a cost that is not known in full; no cost of a day comes near it."""

_S_PER_H, _M_PER_KM = 3600.0, 1000.0
_REACHED, _DELIVERY = "reached", "delivery"
FORBIDS, LONG = "not allowed", "longer than a shift"
_FUEL, _ENERGY, _KWH = (QUANTITIES.index(q) for q in ("fuel_g", "energy_mj", "electricity_kwh"))

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DayCosts:
    """What each of several vehicle-days costs to run, by part."""

    table: pd.DataFrame
    paid_s: Floats
    distance_m: Floats


@dataclass(eq=False)
class Task:
    """What all responses start from.

    Parameters
    ----------
    itineraries, stops
        The days as planned, and their stops as they can be driven again.
    grams
        Of the planned traversals, shape ``(traversals, quantities)``.
    decisions
        What the rules say of the plan.
    trips
        The plan as arrays, neighbouring drives in one place joined.
    load_kg
        Largest load of each planned vehicle-day.
    limit
        Worst answer that a changed day of the same vehicle may have.
    moved
        Whether waits and other departures keep the planned streets and speeds.
    """

    itineraries: Itineraries
    stops: list[pd.DataFrame]
    grams: Floats
    decisions: DayDecisions
    roads: Roads
    fleet: Fleet
    judge: Judge
    charges: Charges
    settings: Settings
    prices: Prices
    limit: int
    moved: bool
    country: str | None
    temperature_c: float | Sequence[float] | None
    defaults: Defaults
    planned: DayCosts = field(init=False)
    trips: Trips = field(init=False)
    load_kg: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Add up what the plan costs."""
        signatures = self.judge.signatures
        trips = trips_of(self.itineraries, signatures.of_link, signatures.of_stop)
        length = self.itineraries.traversals.frame["length_m"].to_numpy(np.float64)
        due = self.charges.due(trips, length, np.arange(len(trips.vehicle_id)))
        self.planned = day_costs(self, self.itineraries, self.grams, due)
        self.trips = trips.joined()
        self.load_kg = np.zeros(len(self.vehicle_days))
        stops = self.itineraries.stops
        load = stops["payload_kg"].to_numpy(np.float64)
        np.maximum.at(self.load_kg, stops["vehicle_day"].to_numpy(np.int64), load)

    @property
    def vehicle_days(self) -> pd.DataFrame:
        """The planned vehicle-days."""
        return self.itineraries.traversals.vehicle_days

    @cached_property
    def days_of(self) -> dict[str, list[int]]:
        """The planned vehicle-days of each vehicle."""
        found: dict[str, list[int]] = {}
        for day, name in enumerate(self.vehicle_days["vehicle_id"]):
            found.setdefault(str(name), []).append(day)
        return found

    @cached_property
    def away(self) -> list[tuple[float, float]]:
        """When each planned vehicle-day begins and ends, seconds of all time."""
        midnight = self.trips.date.astype(np.float64) * DAY_S
        depart = self.vehicle_days["depart_s"].to_numpy(np.float64)
        back = self.vehicle_days["return_s"].to_numpy(np.float64)
        return list(zip((midnight + depart).tolist(), (midnight + back).tolist(), strict=True))

    @cached_property
    def vehicles(self) -> dict[str, dict[str, Any]]:
        """What the fleet's table says of each vehicle."""
        table = self.fleet.vehicles
        rows = table.to_dict("records")
        return {
            str(name): {str(key): value for key, value in row.items()}
            for name, row in zip(table.index, rows, strict=True)
        }

    @property
    def swap_limit(self) -> int:
        """Worst answer that a day may have which another vehicle takes over: it must be allowed."""
        return min(self.limit, PERMIT)

    def busy(self, vehicle_id: str, *, without: frozenset[int]) -> list[tuple[float, float]]:
        """Return when a vehicle is away by the plan, leaving out some vehicle-days."""
        days = self.days_of.get(vehicle_id, [])
        return [self.away[day] for day in days if day not in without]

    def date(self, day: int) -> int:
        """Return the ordinal of the service date of a vehicle-day."""
        return int(self.trips.date[day])


@dataclass(frozen=True, eq=False)
class Tried:
    """A changed day as driven and judged.

    Parameters
    ----------
    changed
        What was tried.
    number
        Its vehicle-day in the batch.
    date
        Ordinal of its service date.
    batch
        Where its traversals, stops and grams are.
    cause
        Why it cannot be, empty when it can.
    costs
        By part, over the planned day.
    late, moved, cancelled
        Deliveries that begin after their window (and did not before), that begin otherwise than
        planned, and that are not made.
    """

    changed: ChangedDay
    number: int
    batch: Batch
    date: int
    cause: str
    costs: Mapping[str, float]
    late: int
    late_s: float
    moved: int
    cancelled: int
    undelivered_kg: float
    wait_s: float
    added_m: float
    added_s: float

    @property
    def fits(self) -> bool:
        """Whether rules, windows, shift and roads let it be."""
        return not self.cause

    @property
    def cost(self) -> float:
        """Cost over the planned day."""
        return float(sum(self.costs.values()))

    @cached_property
    def away(self) -> tuple[float, float]:
        """When its vehicle is away, or waits to be, in seconds of all time."""
        row = self.batch.itineraries.traversals.vehicle_days.iloc[self.number]
        midnight = self.date * float(DAY_S)
        start = float(np.fmin(row["depart_s"], self.changed.paid_from_s))
        return midnight + start, midnight + float(row["return_s"])

    @property
    def rank(self) -> float:
        """Cost for comparisons: what is not known in full comes last, least known cost first."""
        if not math.isnan(self.cost):
            return self.cost
        return NOT_KNOWN + sum(part for part in self.costs.values() if not math.isnan(part))


@dataclass(frozen=True, eq=False)
class Batch:
    """Changed days that were driven together.

    ``first`` and ``first_stop`` are the bounds of each day's rows.
    """

    itineraries: Itineraries
    grams: Floats
    decisions: DayDecisions
    first: npt.NDArray[np.int64]
    first_stop: npt.NDArray[np.int64]


def try_days(task: Task, days: Sequence[ChangedDay]) -> list[Tried]:
    """Drive changed days, judge them and add up their costs; each on its own.

    A day fits when it keeps to the rules, reaches all of its stops, is no longer than the longest
    shift (unless the plan was), does not overlap another day of its vehicle, and, where only the
    departure was changed, is nowhere later than the plan.
    """
    if not days:
        return []
    built = task.roads.drive(days)
    signature = task.judge.signatures.of_stop[built.stops["key"].to_numpy(np.int64)]
    decisions = judged(task.judge, built, stop_signature=signature)
    worst = decisions.by_day()
    # what nobody may drive needs no price
    grams = (
        _grams(task, days, built) if (worst <= task.limit).any()
        else np.full((len(built.traversals), len(QUANTITIES)), np.nan)
    )  # fmt: skip
    trips = trips_of(built, task.judge.signatures.of_link, signature)
    length = built.traversals.frame["length_m"].to_numpy(np.float64)
    planned = np.array([day.vehicle_day for day in days], np.int64)
    costs = day_costs(task, built, grams, task.charges.due(trips, length, planned), days)
    number = np.arange(len(days) + 1)
    batch = Batch(
        built, grams, decisions,
        np.searchsorted(built.traversals.frame["vehicle_day"].to_numpy(), number),
        np.searchsorted(built.stops["vehicle_day"].to_numpy(), number),
    )  # fmt: skip
    stops = _stop_outcomes(task, built)
    return [_tried(task, day, n, batch, costs, int(worst[n]), stops) for n, day in enumerate(days)]


def day_costs(
    task: Task,
    itineraries: Itineraries,
    grams: Floats,
    charges: Floats,
    changed: Sequence[ChangedDay] = (),
) -> DayCosts:
    """Return what vehicle-days cost to run; lateness is not in it."""
    days, frame = itineraries.traversals.vehicle_days, itineraries.traversals.frame
    count, day = len(days), frame["vehicle_day"].to_numpy()
    length = frame["length_m"].to_numpy(np.float64)
    distance = np.bincount(day, length, minlength=count).astype(np.float64)
    sums = [np.bincount(day, grams[:, q], minlength=count) for q in (_FUEL, _ENERGY, _KWH)]
    paid = (days["return_s"] - days["depart_s"]).to_numpy(np.float64).copy()
    for n, one in enumerate(changed):
        if not math.isnan(one.paid_from_s):
            paid[n] = float(days["return_s"].iloc[n]) - one.paid_from_s
        if one.response == "drop":
            before = task.planned.paid_s[one.vehicle_day]
            now = float(np.nan_to_num(paid[n]))
            # a way around may take longer than the deliveries that were left out
            saved = max(before - now, 0.0)
            paid[n] = max(before, now) - task.prices.time_saved_share * saved
    prices, vehicles = task.prices, task.fleet.vehicles
    hours = np.nan_to_num(paid) / _S_PER_H
    kinds = vehicles.loc[days["vehicle_id"], ["vehicle_class", "fuel"]]
    classes, fuels = kinds["vehicle_class"].to_numpy(object), kinds["fuel"].to_numpy(object)
    per_hour = np.array([prices.of_class(str(name), "per_hour") for name in classes])
    per_km = np.array([prices.of_class(str(name), "per_km") for name in classes])
    normal = task.settings.normal_shift_s / _S_PER_H
    table = pd.DataFrame({
        "time_cost": hours * per_hour,
        "overtime_cost": np.maximum(hours - normal, 0.0) * prices.overtime_hour,
        "distance_cost": distance / _M_PER_KM * per_km,
        "energy_cost": [
            prices.energy(str(fuel), fuel_g=g, energy_mj=mj, kwh=kwh)
            for fuel, g, mj, kwh in zip(fuels, *sums, strict=True)
        ],
        "charge_cost": charges,
    })  # fmt: skip
    return DayCosts(table, np.nan_to_num(paid), distance)


def _grams(task: Task, days: Sequence[ChangedDay], built: Itineraries) -> Floats:
    """Return what the traversals of changed days emit; moved days keep the grams of the plan."""
    frame = built.traversals.frame
    grams = np.empty((len(frame), len(QUANTITIES)))
    moved = np.array([day.moved and _same_vehicle(task, day) for day in days], bool)
    of_plan = moved[frame["vehicle_day"].to_numpy()]
    planned_day = task.itineraries.traversals.frame["vehicle_day"].to_numpy()
    rows = [
        np.flatnonzero(planned_day == day.vehicle_day)
        for day, keeps in zip(days, moved, strict=True) if keeps
    ]  # fmt: skip
    if rows:
        grams[of_plan] = task.grams[np.concatenate(rows)]
    if len(frame) and not of_plan.all():
        work = prepare(
            built.traversals, task.roads.network, task.fleet, country=task.country,
            temperature_c=task.temperature_c, defaults=task.defaults,
        )  # fmt: skip
        grams[~of_plan] = evaluate(work)[0].T[~of_plan]
    return grams


def _same_vehicle(task: Task, day: ChangedDay) -> bool:
    return bool(task.vehicle_days["vehicle_id"].iloc[day.vehicle_day] == day.vehicle_id)


def _stop_outcomes(task: Task, built: Itineraries) -> pd.DataFrame:
    """Return what became of each stop of changed days beside the plan."""
    stops = built.stops
    key = stops["key"].to_numpy(np.int64)
    plan = task.itineraries.stops
    planned_late = np.nan_to_num(plan["late_s"].to_numpy(np.float64))[key]
    late = np.nan_to_num(stops["late_s"].to_numpy(np.float64)) - planned_late
    reached = (stops["status"] == _REACHED).to_numpy()
    was_reached = (plan["status"] == _REACHED).to_numpy()[key]
    delivery = (stops["kind"] == _DELIVERY).to_numpy() & was_reached
    begin = stops["start_s"].to_numpy(np.float64) - plan["start_s"].to_numpy(np.float64)[key]
    is_late = delivery & reached & (late > INSTANT_S)
    # at the door longer than until the window of the plan opens
    opens = np.concatenate([one["window_start"].to_numpy(np.float64) for one in task.stops])[key]
    door = stops["start_s"].to_numpy() - np.fmax(stops["arrive_s"].to_numpy(), opens)
    door[~(delivery & reached)] = 0.0
    door[stops["stop_number"].to_numpy() == 0] = 0.0
    return pd.DataFrame({
        "lost": was_reached & ~reached,
        "late": is_late,
        "late_s": np.where(is_late, late, 0.0),
        "moved": delivery & reached & ~is_late & (np.abs(begin) >= task.settings.moved_from_s),
        "delivery": delivery & reached,
        "drop_kg": np.where(delivery & reached, stops["drop_kg"].to_numpy(np.float64), 0.0),
        "wait_s": stops["wait_s"].to_numpy(np.float64) + np.fmax(door, 0.0),
    })  # fmt: skip


def _tried(
    task: Task,
    day: ChangedDay,
    number: int,
    batch: Batch,
    costs: DayCosts,
    worst: int,
    stops: pd.DataFrame,
) -> Tried:
    own = stops.iloc[batch.first_stop[number] : batch.first_stop[number + 1]]
    plan = task.stops[day.vehicle_day]
    planned = (plan["kind"] == _DELIVERY) & (plan["planned_status"] == _REACHED)
    cancelled = int(planned.sum()) - int(own["delivery"].sum())
    late, late_s = int(own["late"].sum()), float(own["late_s"].sum())
    before = task.planned.table.iloc[day.vehicle_day]
    parts = dict.fromkeys(COSTS, 0.0)
    for name in costs.table.columns:
        parts[str(name)] = float(costs.table[name].iloc[number] - before[name])
    prices = task.prices
    parts["late_cost"] = late * prices.late_delivery + late_s / _S_PER_H * prices.late_hour
    parts["moved_cost"] = int(own["moved"].sum()) * prices.moved_delivery
    parts["retime_cost"] = prices.retimed_day if day.response == "retime" else 0.0
    parts["swap_cost"] = prices.swap if day.response == "swap" else 0.0
    parts["dropped_cost"] = cancelled * prices.dropped_delivery
    row = batch.itineraries.traversals.vehicle_days.iloc[number]
    wait = float(own["wait_s"].sum())
    if not math.isnan(day.paid_from_s):
        wait += max(float(row["depart_s"]) - day.paid_from_s, 0.0)
    return Tried(
        changed=day, number=number, batch=batch, date=task.date(day.vehicle_day),
        cause=_cause(task, day, costs.paid_s[number], worst, own, row, cancelled),
        costs=parts, late=late, late_s=late_s, moved=int(own["moved"].sum()),
        cancelled=cancelled,
        undelivered_kg=float(plan["drop_kg"][planned].sum() - own["drop_kg"].sum()),
        wait_s=wait,
        added_m=float(costs.distance_m[number] - task.planned.distance_m[day.vehicle_day]),
        added_s=float(costs.paid_s[number] - task.planned.paid_s[day.vehicle_day]),
    )  # fmt: skip


def _cause(
    task: Task,
    day: ChangedDay,
    paid_s: float,
    worst: int,
    own: pd.DataFrame,
    row: Any,
    cancelled: int,
) -> str:
    if own["lost"].any() or (cancelled and day.response != "drop"):
        return "a stop cannot be reached"
    longest = max(task.settings.longest_day_s, task.planned.paid_s[day.vehicle_day])
    if paid_s > longest + INSTANT_S:
        return LONG
    if worst > (task.swap_limit if day.response == "swap" else task.limit):
        return FORBIDS
    if day.response == "retime" and own["late"].any():
        return "late"
    midnight = task.date(day.vehicle_day) * float(DAY_S)
    # who waits at the depot is there from the planned departure
    start = midnight + float(np.fmin(row["depart_s"], day.paid_from_s))
    end = midnight + float(row["return_s"])
    if float(row["depart_s"]) < 0.0:
        return "before the service date"
    given = frozenset((day.vehicle_day, int(day.detail.get("gives", -1))))
    if any(
        start < last and first < end for first, last in task.busy(day.vehicle_id, without=given)
    ):
        return "another day of the vehicle"
    return ""
