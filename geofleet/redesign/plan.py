"""Orders to routes for diesel and electric vehicles, every battery checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.redesign.improve import improve
from geofleet.redesign.judge import Judge, Verdict
from geofleet.redesign.mend import mend
from geofleet.redesign.model import PlannedRoute, Task
from geofleet.redesign.solver import solve

__all__ = ["Redesign", "judge_routes", "redesign_routes", "search_settings"]

_TABLE = "redesign"


@dataclass(frozen=True)
class Redesign:
    """Routes for a day, each with its verdict.

    Parameters
    ----------
    task
        What was asked.
    routes
        One row per route: ``vehicle_id, vehicle_type, electric, orders, distance_km, duration_h,
        energy_kwh`` (NaN where unknown), ``cost, depart_s, return_s, load_kg, margin_kwh`` (lowest
        charge above the reserve, NaN without a battery), ``charges, feasible, cause, late_s,
        overload_kg, short_kwh, mended`` (what was changed after the solver).
    stops
        One row per stop as in ``STOP_SCHEMA``, and ``charge_kwh, load_kg, added_kwh, arrive_s,
        begin_s, depart_s``; a charge is a stop that drops nothing, named as its charger.
    planned
        The routes as positions.
    seed, iterations
        Of the search.
    """

    task: Task
    routes: pd.DataFrame
    stops: pd.DataFrame
    planned: tuple[PlannedRoute, ...]
    seed: int = 0
    iterations: int = 0
    provenance: tuple[str, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether every route can be driven and every order is on one."""
        served = sorted(order for route in self.planned for order in route.orders)
        whole = served == list(range(len(self.task.orders)))
        return whole and bool(self.routes["feasible"].all())

    def totals(self) -> pd.Series:
        """Return vehicles, km, hours, kWh, cost and feasible routes of the day."""
        routes = self.routes
        return pd.Series(
            {
                "vehicles": len(routes),
                "electric_vehicles": int(routes["electric"].sum()),
                "distance_km": routes["distance_km"].sum(),
                "electric_km": routes.loc[routes["electric"], "distance_km"].sum(),
                "duration_h": routes["duration_h"].sum(),
                "electric_kwh": routes.loc[routes["electric"], "energy_kwh"].sum(),
                "cost": routes["cost"].sum(),
                "feasible_routes": int(routes["feasible"].sum()),
                "unserved_orders": len(self.task.orders) - int(routes["orders"].sum()),
            }
        )

    def compared(self, before: Redesign) -> pd.DataFrame:
        """Return the totals beside those of other routes: ``before, after, change``."""
        table = pd.DataFrame({"before": before.totals(), "after": self.totals()})
        return table.assign(change=table["after"] - table["before"])


def redesign_routes(
    task: Task,
    *,
    date: str,
    seed: int | None = None,
    iterations: int | None = None,
    seconds: float | None = None,
    defaults: Defaults | None = None,
) -> Redesign:
    """Return routes of low cost for a day's orders on which no battery runs out.

    A solver that knows no batteries makes routes (PyVRP: Wouda, Lan and Kool 2024, INFORMS J.
    Comput. 36, 943–955). Each is driven leg by leg with the energy at its load; those that
    break are mended (another sequence, another vehicle, charges on the way, stops handed over).
    Where some broke, the solver is also asked for routes within the battery at half load, which
    are checked and mended likewise, and all plans are bettered by moving stops between routes
    that may charge on the way; the best plan is returned.

    Parameters
    ----------
    task
        Orders, depots, vehicles, legs, chargers.
    date
        Service date, local, like 2024-05-14.
    seed
        Of the search; row ``redesign:seed``.
    iterations
        Of the search; row ``redesign:iterations``. Equal seeds and iterations give equal routes.
    seconds
        Also stop after so many seconds; the routes then depend on the machine.

    Raises
    ------
    InputError
        A date, a seed or numbers of iterations that are none.
    MissingExtraError
        The extra ``redesign`` is not installed.
    """
    scope = (defaults or Defaults()).scope()
    seed, iterations = search_settings(seed, iterations, scope)
    judge = Judge(task)
    solved = solve(task, iterations=iterations, seed=seed, seconds=seconds)
    plans = [mend(judge, solved)]
    if not all(judge(route).feasible for route in solved):
        aware = solve(task, iterations=iterations, seed=seed, seconds=seconds, by_energy=True)
        plans.append(mend(judge, aware))
        trials = int(scope.number(_TABLE, "charge_trials"))
        # the solver's own routes too: with charges they may be better than mended ones
        starts = [*plans, [(route, "") for route in solved]]
        better = [improve(judge, [r for r, _ in start], trials=trials) for start in starts]
        plans += [_noted(start, plan) for start, plan in zip(starts, better, strict=True)]

    def worth(plan: list[tuple[PlannedRoute, str]]) -> tuple[int, float]:
        verdicts = [judge(route) for route, _ in plan]
        missing = len(task.orders) - sum(len(route.orders) for route, _ in plan)
        bad = sum(len(route.orders) for route, _ in plan if not judge(route).feasible)
        return bad + missing, sum(verdict.cost for verdict in verdicts)

    best = min(plans, key=worth)
    return _told(judge, best, date=date, seed=seed, iterations=iterations, used=scope.used)


def _noted(
    before: Sequence[tuple[PlannedRoute, str]], after: Sequence[PlannedRoute]
) -> list[tuple[PlannedRoute, str]]:
    """Return routes with what was done to them before, or that stops were moved since."""
    known = dict(before)
    notes = []
    for route in after:
        done = known.get(route, "stops moved")
        if route.visits and "charge" not in done:
            done = f"{done}, charge on the way"
        notes.append((route, done))
    return notes


def judge_routes(task: Task, routes: Sequence[PlannedRoute], *, date: str) -> Redesign:
    """Return the verdicts of routes as they stand: the state before a redesign, say."""
    return _told(Judge(task), [(route, "") for route in routes], date=date)


def search_settings(
    seed: int | None, iterations: int | None, defaults: Defaults
) -> tuple[int, int]:
    """Return seed and iterations, from the default rows where not given.

    Raises
    ------
    InputError
        A negative seed, or no iterations.
    """
    problems = []
    seed = int(defaults.number(_TABLE, "seed")) if seed is None else seed
    if iterations is None:
        iterations = int(defaults.number(_TABLE, "iterations"))
    if seed < 0:
        problems.append(Problem("redesign", "seed", 0, str(seed), "a whole number of at least 0"))
    if iterations < 1:
        expected = "a whole number of at least 1"
        problems.append(Problem("redesign", "iterations", 0, str(iterations), expected))
    if problems:
        raise InputError(problems)
    return seed, iterations


def _told(
    judge: Judge, plan: Sequence[tuple[PlannedRoute, str]], *, date: str, seed: int = 0,
    iterations: int = 0, used: tuple[str, ...] = (),
) -> Redesign:  # fmt: skip
    try:
        day = pd.Timestamp(date).date().isoformat()
    except ValueError:
        expected = "a date like 2024-05-14"
        raise InputError([Problem("redesign", "date", 0, date, expected)]) from None
    ordered = sorted(plan, key=lambda pair: (pair[0].vehicle, pair[0].orders))
    numbers = [0] * len(judge.task.vehicles)
    routes, stops = [], []
    for route, done in ordered:
        vehicle = judge.task.vehicles[route.vehicle]
        name = vehicle.vehicle_id(numbers[route.vehicle])
        numbers[route.vehicle] += 1
        verdict = judge(route)
        routes.append(_route_row(judge.task, route, verdict, name, done))
        stops += _stop_rows(judge, route, verdict, name, day)
    return Redesign(
        judge.task, pd.DataFrame(routes), pd.DataFrame(stops),
        tuple(route for route, _ in ordered), seed, iterations, used,
    )  # fmt: skip


def _route_row(
    task: Task, route: PlannedRoute, verdict: Verdict, name: str, done: str
) -> dict[str, object]:
    vehicle = task.vehicles[route.vehicle]
    return {
        "vehicle_id": name, "vehicle_type": vehicle.name, "electric": vehicle.electric,
        "orders": len(route.orders), "distance_km": verdict.length_m / 1000.0,
        "duration_h": verdict.duration_s / 3600.0, "energy_kwh": verdict.energy_wh / 1000.0,
        "cost": verdict.cost, "depart_s": verdict.stops[0, 2], "return_s": verdict.stops[-1, 0],
        "load_kg": float(verdict.stops[:, 3].max()), "margin_kwh": verdict.margin_wh / 1000.0,
        "charges": len(route.visits), "feasible": verdict.feasible, "cause": verdict.cause,
        "late_s": verdict.late_s, "overload_kg": verdict.overload_kg,
        "short_kwh": verdict.short_wh / 1000.0, "mended": done,
    }  # fmt: skip


def _stop_rows(
    judge: Judge, route: PlannedRoute, verdict: Verdict, name: str, date: str
) -> list[dict[str, object]]:
    task, vehicle = judge.task, judge.task.vehicles[route.vehicle]
    depots, orders = len(task.depots), len(task.orders)
    _, charges = judge.nodes(route)
    fetched = sum(task.pickup_kg[node] for node in verdict.nodes)
    taken = sum(task.drop_kg[node] for node in verdict.nodes)
    rows = []
    last = len(verdict.nodes) - 1
    for seq, node in enumerate(verdict.nodes):
        arrive, begin, depart, load, charge = verdict.stops[seq].tolist()
        visit = route.visits[charges[seq]] if seq in charges else None
        row: dict[str, object] = {
            "vehicle_id": name, "date": date, "seq": seq,
            "service_min": (task.service_s[node] if visit is None else visit.stand_s) / 60.0,
            "window_start": _or_nan(task.opens_s[node]),
            "window_end": _or_nan(task.closes_s[node]),
            "drop_kg": float(task.drop_kg[node]), "pickup_kg": float(task.pickup_kg[node]),
        }  # fmt: skip
        if node < depots:
            place = task.depots.iloc[node]
            row |= {"stop_id": place["depot_id"], "kind": "depot"}
            if seq == 0:
                row |= {"window_start": depart, "pickup_kg": float(taken)}
            if seq == last:
                row |= {"window_end": vehicle.shift_end_s, "drop_kg": float(fetched)}
        elif node < depots + orders:
            place = task.orders.iloc[node - depots]
            row |= {"stop_id": place["order_id"], "kind": "delivery"}
        else:
            charger = task.chargers[node - depots - orders]
            place = pd.Series({"lat": np.nan, "lon": np.nan})
            if task.charger_places is not None:
                place = task.charger_places.iloc[node - depots - orders]
            row |= {"stop_id": charger.charger_id, "kind": "delivery"}
        row |= {
            "lat": float(place["lat"]), "lon": float(place["lon"]),
            "arrive_s": arrive, "begin_s": begin, "depart_s": depart, "load_kg": load,
            "charge_kwh": charge / 1000.0 if vehicle.electric else np.nan,
            "added_kwh": 0.0 if visit is None else visit.added_wh / 1000.0,
        }  # fmt: skip
        rows.append(row)
    return rows


def _or_nan(value: float) -> float:
    return float(value) if np.isfinite(value) else np.nan
