"""The stops of each vehicle-day in another order, kept only where it is better."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.paths import EnergyRoads
from geofleet.errors import InputError, Problem
from geofleet.network.model import RoadNetwork
from geofleet.network.routing.paths import RoutingGraph
from geofleet.redesign.judge import Judge, Verdict
from geofleet.redesign.mend import mend
from geofleet.redesign.model import Floats, PlannedRoute, Task, VehicleType
from geofleet.redesign.plan import search_settings
from geofleet.redesign.roads import task_on_roads
from geofleet.redesign.solver import solve
from geofleet.routes.model import STOP_SCHEMA

__all__ = ["Resequenced", "resequence"]


@dataclass(frozen=True)
class Resequenced:
    """Vehicle-days in their best order found, beside the given one.

    Parameters
    ----------
    stops
        As in ``STOP_SCHEMA``, with the columns that were given; ``seq`` is the new order, and
        ``window_start`` of the first stop of a changed day the departure that goes with it.
    days
        One row per vehicle-day: ``vehicle_id, date, stops, status`` (``resequenced``, ``kept``,
        or why the day was left out), and before and after ``distance_km, duration_h,
        energy_kwh, cost, feasible, cause``, named ``..._before`` and ``..._after``.
    """

    stops: pd.DataFrame
    days: pd.DataFrame
    seed: int
    iterations: int
    provenance: tuple[str, ...] = ()

    def totals(self) -> pd.DataFrame:
        """Return km, hours, kWh, cost and feasible days: ``before, after, change``.

        Days that were left out are in neither.
        """
        days = self.days[self.days["status"].isin(["resequenced", "kept"])]
        names = ["distance_km", "duration_h", "energy_kwh", "cost", "feasible"]
        table = pd.DataFrame(
            {when: [days[f"{name}_{when}"].astype(float).sum(min_count=1) for name in names]
             for when in ("before", "after")},
            index=names,
        )  # fmt: skip
        return table.assign(change=table["after"] - table["before"])


def resequence(
    stops: pd.DataFrame,
    network: RoadNetwork,
    vehicles: Mapping[str, VehicleType],
    roads: Mapping[str, EnergyRoads | tuple[RoutingGraph, Floats]],
    *,
    seed: int | None = None,
    iterations: int | None = None,
    snap_limit_m: float | None = None,
    defaults: Defaults | None = None,
    progress: Callable[[float], None] | None = None,
) -> Resequenced:
    """Return the stops of each vehicle-day in the order of least cost that can be found.

    The day keeps its depot, windows, services and loads, and a day of several tours keeps the
    stops of each tour; the next one begins with the clock and the charge that the last one
    leaves. A new order is taken only if it can be driven and costs less, or can be driven where
    the given one cannot. The vehicle leaves when it saves waiting, not before ``shift_start_s`` of
    its type. ``duration_h`` and cost are those of the tours, time at the depot not counted.

    Parameters
    ----------
    stops
        As in ``STOP_SCHEMA``, the depot first and last.
    network
        The roads.
    vehicles
        By ``vehicle_id`` what drives it: its type with one vehicle; ``depot_id`` is not read.
    roads
        By ``vehicle_id``, as in :func:`geofleet.redesign.task_on_roads`.
    seed, iterations
        As :func:`geofleet.redesign.redesign_routes`.

    Returns
    -------
    Resequenced
        Days that do not begin and end at one depot, or pass by another, are left as they are and
        say so.

    Raises
    ------
    InputError
        Vehicles without a type or ways; places too far from a road.
    MissingExtraError
        The extra ``redesign`` is not installed.
    """
    scope = (defaults or Defaults()).scope()
    seed, iterations = search_settings(seed, iterations, scope)
    wanted = stops["vehicle_id"].unique().tolist()
    missing = [v for v in wanted if v not in vehicles or v not in roads]
    if missing:
        expected = "a vehicle type and ways"
        raise InputError([Problem("stops", "vehicle_id", 0, str(v), expected) for v in missing])
    ordered = stops.sort_values(["vehicle_id", "date", "seq"], kind="stable")
    groups = list(ordered.groupby(["vehicle_id", "date"], sort=True))
    rows, parts = [], []
    for number, ((name, date), day) in enumerate(groups, start=1):
        vehicle = replace(vehicles[str(name)], count=1, depot_id="depot", vehicle_ids=())
        row: dict[str, object] = {"vehicle_id": name, "date": date, "stops": len(day)}
        status = _left_out(day)
        if not status:
            tours = _tours(day, network, vehicle, roads[str(name)], snap_limit_m, scope)
            day, status, before, after = _best(day, tours, vehicle, seed, iterations)
            row |= {**_figures(before, "before"), **_figures(after, "after")}
        rows.append({**row, "status": status})
        parts.append(day)
        if progress is not None:
            progress(number / len(groups))
    joined = pd.concat(parts, ignore_index=True)
    columns = [c.name for c in STOP_SCHEMA.columns if c.name in joined.columns]
    others = [name for name in joined.columns if name not in columns]
    result = joined[columns + others]
    return Resequenced(result, pd.DataFrame(rows), seed, iterations, scope.used)


@dataclass(frozen=True)
class _Tour:
    """From the depot to the depot: positions of its stops in the day, and its legs."""

    rows: list[int]
    task: Task
    load_s: float  # spent at the depot before it
    opens_s: float
    closes_s: float  # of the depot at its end


@dataclass(frozen=True)
class _Day:
    """What comes of all tours of a day."""

    verdicts: list[Verdict]
    cause: str

    @property
    def cost(self) -> float:
        return sum(verdict.cost for verdict in self.verdicts)


def _left_out(day: pd.DataFrame) -> str:
    kinds = day["kind"].tolist()
    if len(day) < 3 or kinds[0] != "depot" or kinds[-1] != "depot":
        return "left out: not from depot to depot"
    places = day.loc[day["kind"] == "depot", ["lat", "lon"]].to_numpy(np.float64)
    if np.abs(places - places[0]).max() > 1e-6:
        return "left out: more than one depot"
    return ""


def _tours(
    day: pd.DataFrame,
    network: RoadNetwork,
    vehicle: VehicleType,
    ways: EnergyRoads | tuple[RoutingGraph, Floats],
    snap_limit_m: float | None,
    defaults: Defaults,
) -> list[_Tour]:
    at = np.flatnonzero((day["kind"] == "depot").to_numpy(bool)).tolist()
    depot = day.iloc[[0]].assign(depot_id="depot")[["depot_id", "lat", "lon"]]
    tours = []
    for first, last in itertools.pairwise(at):
        if last == first + 1:
            continue
        inner = day.iloc[first + 1 : last]
        orders = pd.DataFrame(
            {
                "order_id": [str(i) for i in range(len(inner))],
                "lat": inner["lat"].to_numpy(), "lon": inner["lon"].to_numpy(),
                "demand_kg": inner["drop_kg"].to_numpy(),
                "service_min": inner["service_min"].to_numpy(),
            }
        )  # fmt: skip
        for column in ("pickup_kg", "window_start", "window_end"):
            if column in inner.columns:
                orders[column] = inner[column].to_numpy()
        task = task_on_roads(
            network, orders, depot, (vehicle,), {vehicle.name: ways}, snap_limit_m=snap_limit_m,
            defaults=defaults,
        )  # fmt: skip
        load_s = float(day["service_min"].iloc[first]) * 60.0 if first else 0.0
        opens = _clock(day, "window_start", first) if first else np.nan
        closes = _clock(day, "window_end", last)
        tours.append(_Tour(list(range(first + 1, last)), task, load_s, opens, closes))
    return tours


def _clock(day: pd.DataFrame, column: str, row: int) -> float:
    return float(day[column].iloc[row]) if column in day.columns else np.nan


def _drive(
    tours: list[_Tour], vehicle: VehicleType, choose: Callable[[int, Judge], PlannedRoute]
) -> tuple[list[PlannedRoute], _Day]:
    """Drive tour after tour, each from the clock and the charge that the one before leaves."""
    now, charge = vehicle.shift_start_s, vehicle.departure_wh
    routes, verdicts = [], []
    for number, tour in enumerate(tours):
        now += tour.load_s
        now = now if np.isnan(tour.opens_s) else max(now, tour.opens_s)
        end = vehicle.shift_end_s
        end = end if np.isnan(tour.closes_s) else min(end, tour.closes_s)
        # a tour that begins after its end is late, and says so
        own = replace(
            vehicle, shift_start_s=now, shift_end_s=max(end, now + 1.0),
            start_wh=max(charge, 0.0) if vehicle.electric else None,
        )  # fmt: skip
        judge = Judge(replace(tour.task, vehicles=(own,)))
        route = choose(number, judge)
        verdict = judge(route)
        routes.append(route)
        verdicts.append(verdict)
        now, charge = float(verdict.stops[-1, 2]), float(verdict.stops[-1, 4])
    cause = next((verdict.cause for verdict in verdicts if not verdict.feasible), "none")
    length = now - float(verdicts[0].stops[0, 2])
    if cause == "none" and length > vehicle.longest_shift_h * 3600.0 + 1e-6:
        cause = "time"
    return routes, _Day(verdicts, cause)


def _best(
    day: pd.DataFrame, tours: list[_Tour], vehicle: VehicleType, seed: int, iterations: int
) -> tuple[pd.DataFrame, str, _Day, _Day]:
    given = [PlannedRoute(0, tuple(range(len(tour.rows)))) for tour in tours]

    def better(number: int, judge: Judge) -> PlannedRoute:
        best = given[number]
        start = [best.orders] if judge(best).feasible else None
        found = solve(judge.task, iterations=iterations, seed=seed, start=start)
        for route, _ in mend(judge, found):
            whole = len(route.orders) == len(best.orders) and not route.visits
            verdict, known = judge(route), judge(best)
            cheaper = not known.feasible or verdict.cost < known.cost - 1e-6
            if whole and verdict.feasible and cheaper:
                best = route
        return best

    _, before = _drive(tours, vehicle, lambda number, _: given[number])
    routes, after = _drive(tours, vehicle, better)
    cheaper = before.cause != "none" or after.cost < before.cost - 1e-6
    if routes == given or after.cause != "none" or not cheaper:
        return day, "kept", before, before
    order = np.arange(len(day))
    for tour, route in zip(tours, routes, strict=True):
        order[tour.rows] = np.array(tour.rows)[list(route.orders)]
    changed = day.iloc[order].copy()
    changed["seq"] = day["seq"].to_numpy()
    # the departure is that of the plan: windows hold with it
    leave = float(after.verdicts[0].stops[0, 2])
    opens = changed["window_start"] if "window_start" in changed.columns else np.nan
    changed["window_start"] = np.where(np.arange(len(changed)) == 0, leave, opens)
    return changed, "resequenced", before, after


def _figures(day: _Day, when: str) -> dict[str, object]:
    verdicts = day.verdicts
    figures = {
        "distance_km": sum(v.length_m for v in verdicts) / 1000.0,
        "duration_h": sum(v.duration_s for v in verdicts) / 3600.0,
        "energy_kwh": sum(v.energy_wh for v in verdicts) / 1000.0, "cost": day.cost,
        "feasible": day.cause == "none", "cause": day.cause,
    }  # fmt: skip
    return {f"{name}_{when}": value for name, value in figures.items()}
