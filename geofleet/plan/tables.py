"""A plan as tables: who gets what, when, at whose cost, and who is not served and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.plan.evaluation import public_money
from geofleet.plan.model import CHEAPEST, KEEP, Plan
from geofleet.plan.reasons import REASONS

__all__ = ["NOT_CHOSEN", "PlanTables", "plan_table"]

Ints = npt.NDArray[np.int64]

NOT_CHOSEN = {
    "no money": "the money of none of its years is enough, after what the plan spends",
    "no place": "there is money, but chargers, power, floors or limits have no place for it",
    "no gain": "none of its options does better than keeping it",
    "no option": "nothing is listed that it could become",
}
"""Reasons why a vehicle with options is kept; those of options that are not listed are
``geofleet.plan.reasons.REASONS``."""


@dataclass(frozen=True)
class PlanTables:
    """A plan, seen from five sides.

    Parameters
    ----------
    vehicles
        Indexed by ``vehicle_id``: ``operator_id``, ``operator_size``, ``option``, ``year`` (missing
        where kept), ``spend``, each measure over the years of the plan, ``depot``, ``duty`` (whose
        work it does in the last year; missing where none) and ``reason`` why it is kept.
    years
        Indexed by year: ``vehicles``, ``spend`` on them, ``chargers`` and ``extensions`` put up,
        ``charging_spend``, ``total_spend``, ``cumulative_spend``, ``budget``,
        ``cumulative_budget``.
    depots
        Indexed by ``(depot, kind)``: ``vehicles`` and ``plugs`` in the end, ``chargers``,
        ``first_year``, ``power_w``, ``spend``, ``cost``; kind ``connection`` for its extensions.
    sizes
        Indexed by ``(operator_size, option)``: ``vehicles``, ``spend``, ``spend_share`` and each
        measure; ``keep`` for those not served.
    reasons
        Indexed by reason: ``vehicles`` kept, ``meaning``.
    """

    vehicles: pd.DataFrame
    years: pd.DataFrame
    depots: pd.DataFrame
    sizes: pd.DataFrame
    reasons: pd.DataFrame


def plan_table(plan: Plan) -> PlanTables:
    """Return a plan as tables.

    Notes
    -----
    Where vehicles exchange their work, the measures of a vehicle are those of the work that it then
    does against the same work done as today; they add up to the plan's.
    """
    vehicles = _vehicles(plan)
    return PlanTables(
        vehicles, _years(plan), _depots(plan), _sizes(plan, vehicles), _reasons(vehicles)
    )


def _vehicles(plan: Plan) -> pd.DataFrame:
    problem = plan.problem
    units = problem.units.set_index("vehicle_id")
    table = units[["operator_id", "operator_size"]].copy()
    count = len(table)
    of_unit = np.full(count, -1, np.int64)
    of_unit[problem.unit[plan.chosen]] = plan.chosen
    taken = of_unit >= 0
    table["option"] = KEEP
    table.loc[taken, "option"] = problem.option[of_unit[taken]]
    table["year"] = pd.array([pd.NA] * count, dtype="Int64")
    table.loc[taken, "year"] = problem.year[of_unit[taken]]
    table["spend"] = np.where(taken, problem.spend[of_unit], 0.0) if len(problem.unit) else 0.0
    for name, values in _by_vehicle(plan, of_unit).items():
        table[name] = values
    depots = problem.depots
    names = np.array([*depots.names, None] if depots is not None else [None], object)
    place = problem.depot if depots is not None else np.full(count, -1)
    table["depot"] = names[place]
    table["duty"] = _duties(plan)
    table["reason"] = ""
    table.loc[~taken, "reason"] = _why_kept(plan, of_unit)[~taken]
    return table


def _by_vehicle(plan: Plan, of_unit: Ints) -> dict[str, npt.NDArray[np.float64]]:
    """Each measure by vehicle, by the work that it does."""
    problem, work = plan.problem, plan.problem.work
    taken = of_unit >= 0
    found = {}
    for name, values in problem.measures.items():
        sums = np.zeros(len(of_unit))
        sums[taken] = values[of_unit[taken]]
        if work is not None and plan.assigned is not None:
            inside = taken & np.isin(np.arange(len(of_unit)), work.unit)
            sums[inside] = work.fixed[name][of_unit[inside]]
            for year in range(problem.years):
                rows = plan.assigned[:, year]
                gain = work.weights[name][year] * work.measures[name][rows]
                np.add.at(sums, work.unit[rows], gain)
        found[name] = sums
    return found


def _duties(plan: Plan) -> npt.NDArray[np.object_]:
    """Whose work each vehicle does in the last year."""
    names = plan.problem.units["vehicle_id"].to_numpy(object)
    work = plan.problem.work
    duties = names.copy()
    if work is not None and plan.assigned is not None:
        duties[work.unit] = None
        rows = plan.assigned[:, -1]
        duties[work.unit[rows]] = names[work.duty[rows]]
    return duties


def _why_kept(plan: Plan, of_unit: Ints) -> npt.NDArray[np.object_]:
    """Return the reason of each: what keeps the option that came closest to being chosen."""
    problem = plan.problem
    found: npt.NDArray[np.object_] = np.full(len(of_unit), "no option", dtype=object)
    order = {reason: place for place, reason in enumerate(REASONS)}
    furthest: dict[str, int] = {}
    for vehicle, reason in zip(
        problem.left_out["vehicle_id"], problem.left_out["reason"], strict=True
    ):
        furthest[vehicle] = max(furthest.get(vehicle, -1), order[reason])
    words = list(REASONS)
    for place, vehicle in enumerate(problem.units["vehicle_id"]):
        if vehicle in furthest:
            found[place] = words[furthest[vehicle]]
    sign = -1.0 if plan.objective == CHEAPEST else 1.0
    gain = sign * problem.measures[plan.objective]
    spent = public_money(problem, plan.chosen, plan.chargers, plan.extensions)
    left = np.asarray(problem.budget, np.float64) - spent
    if problem.carry_over:
        # what is there in a year and is not wanted in any year after it
        left = np.minimum.accumulate(np.cumsum(left)[::-1])[::-1]
    listed = np.unique(problem.unit)
    found[listed] = "no gain"
    better = gain > 0.0
    found[np.unique(problem.unit[better])] = "no money"
    payable = better & (problem.spend <= left[problem.year])
    found[np.unique(problem.unit[payable])] = "no place"
    return found


def _years(plan: Plan) -> pd.DataFrame:
    problem = plan.problem
    years = range(problem.years)
    when = problem.year[plan.chosen]
    total = public_money(problem, plan.chosen, plan.chargers, plan.extensions)
    built = public_money(problem, np.zeros(0, np.int64), plan.chargers, plan.extensions)
    own = np.bincount(when, weights=problem.spend[plan.chosen], minlength=problem.years)
    budget = np.asarray(problem.budget, np.float64)
    return pd.DataFrame(
        {
            "vehicles": np.bincount(when, minlength=problem.years),
            "spend": own,
            "chargers": plan.chargers.sum(axis=(0, 1)) if plan.chargers.size else 0,
            "extensions": plan.extensions.sum(axis=0) if plan.extensions.size else 0,
            "charging_spend": built,
            "total_spend": total,
            "cumulative_spend": np.cumsum(total),
            "budget": budget,
            "cumulative_budget": np.cumsum(budget),
        },
        index=pd.Index(years, name="year"),
    )


def _depots(plan: Plan) -> pd.DataFrame:
    problem, depots = plan.problem, plan.problem.depots
    rows = []
    if depots is not None:
        place = problem.depot[problem.unit[plan.chosen]]
        for depot, name in enumerate(depots.names):
            for number, kind in enumerate(depots.kinds):
                built = plan.chargers[depot, number]
                mine = plan.chosen[(place == depot) & (problem.kind[plan.chosen] == number)]
                if built.any() or len(mine):
                    rows.append(
                        _put_up(name, kind.name, built, kind.power_w, kind.spend, kind.cost)
                        | {"vehicles": len(mine), "plugs": float(problem.plugs[mine].sum())}
                    )
            steps = plan.extensions[depot]
            if steps.any():
                rows.append(
                    _put_up(
                        name, "connection", steps, depots.step_w, depots.step_spend,
                        depots.step_cost,
                    )
                )  # fmt: skip
    columns = [
        "depot", "kind", "vehicles", "plugs", "chargers", "first_year", "power_w", "spend", "cost",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index(["depot", "kind"])


def _put_up(
    depot: str,
    kind: str,
    built: Ints,
    power_w: float,
    spend: npt.NDArray[np.float64],
    cost: npt.NDArray[np.float64],
) -> dict[str, object]:
    years = np.flatnonzero(built)
    return {
        "depot": depot,
        "kind": kind,
        "vehicles": 0,
        "plugs": 0.0,
        "chargers": int(built.sum()),
        "first_year": int(years[0]) if len(years) else -1,
        "power_w": float(power_w * built.sum()),
        "spend": float(built @ spend),
        "cost": float(built @ cost),
    }


def _sizes(plan: Plan, vehicles: pd.DataFrame) -> pd.DataFrame:
    names = list(plan.problem.measures)
    grouped = vehicles.groupby(["operator_size", "option"], observed=True, sort=True)
    table = grouped[["spend", *names]].sum()
    table.insert(0, "vehicles", grouped.size())
    total = float(table["spend"].sum())
    table.insert(2, "spend_share", table["spend"] / total if total else 0.0)
    return table


def _reasons(vehicles: pd.DataFrame) -> pd.DataFrame:
    counted = vehicles.loc[vehicles["option"] == KEEP, "reason"].value_counts().sort_index()
    meaning = REASONS | NOT_CHOSEN
    return pd.DataFrame(
        {"vehicles": counted, "meaning": [meaning[reason] for reason in counted.index]},
        index=counted.index,
    ).rename_axis("reason")
